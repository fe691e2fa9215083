import type { Count, Price, Side, TimeUs } from '../units/index.ts';
import { ASK, BID } from '../units/index.ts';
import { asArray, asObject, dollarPrice, flag, size, text, textTime, wrong } from './fields.ts';
import { type EventRecord, eventRecord, type MarketRecord, marketRecord } from './records.ts';
import { type Page, page } from './rest.ts';

/** An event and all its markets. */
export interface EventBody {
  readonly event: EventRecord;
  readonly markets: readonly MarketRecord[];
}

/** `GET /markets`. @throws WireError */
export function marketsPage(value: unknown): Page<MarketRecord> {
  return page(value, 'markets', marketRecord);
}

/** `GET /events/{ticker}`: the markets lie beside the event, or in it with `with_nested_markets`. @throws WireError */
export function eventBody(value: unknown): EventBody {
  const o = asObject(value, 'body');
  const event = asObject(o['event'], 'event');
  const markets = asArray(event['markets'] ?? o['markets'] ?? [], 'markets');
  return { event: eventRecord(event), markets: markets.map(marketRecord) };
}

/** `GET /events/{ticker}`, the event alone: its markets are not looked at. @throws WireError */
export function eventOnly(value: unknown): EventRecord {
  return eventRecord(asObject(value, 'body')['event']);
}

/** `GET /events` with nested markets (without, the lists of markets are empty). @throws WireError */
export function eventsPage(value: unknown): Page<EventBody> {
  return page(value, 'events', (entry) => eventBody({ event: entry }));
}

/** A public trade. */
export interface TradeRecord {
  readonly tradeId: string;
  readonly ticker: string;
  /** YES space. */
  readonly price: Price;
  readonly count: Count;
  /** `BID`: whoever took bought YES. */
  readonly takerSide: Side;
  /** Agreed outside the book. */
  readonly isBlockTrade: boolean;
  readonly time: TimeUs;
}

/** `GET /markets/trades`, newest first. @throws WireError */
export function tradesPage(value: unknown): Page<TradeRecord> {
  return page(value, 'trades', (entry) => {
    const o = asObject(entry, 'trades[]');
    const taker = o['taker_outcome_side'] ?? o['taker_side'];
    if (taker !== 'yes' && taker !== 'no') throw wrong('taker_outcome_side', taker, 'yes or no');
    return {
      tradeId: text(o, 'trade_id'),
      ticker: text(o, 'ticker'),
      price: dollarPrice(o, 'yes_price_dollars'),
      count: size(o, 'count_fp'),
      takerSide: taker === 'yes' ? BID : ASK,
      isBlockTrade: flag(o, 'is_block_trade'),
      time: textTime(o, 'created_time'),
    };
  });
}
