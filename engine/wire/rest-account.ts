import { type Count, type Money, money, type Price, price, type TimeUs } from '../units/index.ts';
import {
  absent,
  asObject,
  dollars,
  integer,
  type JsonObject,
  naturalOrNull,
  numberOrNull,
  optionalText,
  size,
  text,
  textTime,
  wrong,
} from './fields.ts';
import { feeMultiplier } from './records.ts';
import { type Page, page } from './rest.ts';

/** What a market paid us when it ended. */
export interface SettlementRecord {
  readonly ticker: string;
  readonly eventTicker: string;
  readonly exchangeIndex: number;
  /** `yes`, `no`, `scalar`, or a word we do not know. */
  readonly result: string;
  readonly yesCount: Count;
  readonly yesCost: Money;
  readonly noCount: Count;
  readonly noCost: Money;
  /** Cash received; the exchange tells whole cents. */
  readonly revenue: Money;
  readonly fee: Money;
  /** What a YES contract was worth; null where not said. */
  readonly value: Price | null;
  readonly time: TimeUs;
}

/** `GET /portfolio/settlements`. @throws WireError */
export function settlementsPage(value: unknown): Page<SettlementRecord> {
  return page(value, 'settlements', (entry) => {
    const o = asObject(entry, 'settlements[]');
    return {
      ticker: text(o, 'ticker'),
      eventTicker: optionalText(o, 'event_ticker'),
      exchangeIndex: naturalOrNull(o, 'exchange_index') ?? 0,
      result: text(o, 'market_result'),
      yesCount: size(o, 'yes_count_fp'),
      yesCost: dollars(o, 'yes_total_cost_dollars'),
      noCount: size(o, 'no_count_fp'),
      noCost: dollars(o, 'no_total_cost_dollars'),
      revenue: money(integer(o, 'revenue') * 10_000),
      fee: dollars(o, 'fee_cost'),
      value: absent(o, 'value') ? null : centsPrice(o, 'value'),
      time: textTime(o, 'settled_time'),
    };
  });
}

/** A price in cents as a JSON number, parts of a cent included as far as a price has them. */
function centsPrice(o: JsonObject, field: string): Price {
  const cents = numberOrNull(o, field) ?? Number.NaN;
  const at = Math.round(cents * 100);
  if (!(Math.abs(at - cents * 100) < 1e-6)) throw wrong(field, o[field], 'a price in cents');
  return price(at);
}

/** How many contracts stand before an order of ours at its price. 0: it is at the front. */
export interface QueuePosition {
  readonly orderId: string;
  readonly ticker: string;
  readonly ahead: Count;
}

/** `GET /portfolio/orders/queue_positions`. @throws WireError */
export function queuePositions(value: unknown): readonly QueuePosition[] {
  return page(value, 'queue_positions', (entry) => {
    const o = asObject(entry, 'queue_positions[]');
    return { orderId: text(o, 'order_id'), ticker: text(o, 'market_ticker'), ahead: size(o, 'queue_position_fp') };
  }).items;
}

/** `GET /portfolio/orders/{id}/queue_position`: contracts ahead. @throws WireError */
export function queuePosition(value: unknown): Count {
  return size(asObject(value, 'body'), 'queue_position_fp');
}

/** Fees of a series will change. */
export interface SeriesFeeChange {
  readonly id: string;
  readonly seriesTicker: string;
  readonly feeType: string;
  /** Decimal text. */
  readonly multiplier: string;
  readonly time: TimeUs;
}

/** `GET /series/fee_changes`. @throws WireError */
export function seriesFeeChanges(value: unknown): readonly SeriesFeeChange[] {
  return page(value, 'series_fee_change_arr', (entry) => {
    const o = asObject(entry, 'series_fee_change_arr[]');
    const multiplier = feeMultiplier(o, 'fee_multiplier');
    if (multiplier === null) throw wrong('fee_multiplier', o['fee_multiplier'], 'a number');
    return { ...changeOf(o), seriesTicker: text(o, 'series_ticker'), feeType: text(o, 'fee_type'), multiplier };
  }).items;
}

/** An event's own fees will change; nulls: it goes back to its series'. */
export interface EventFeeChange {
  readonly id: string;
  readonly eventTicker: string;
  readonly seriesTicker: string;
  readonly feeType: string | null;
  readonly multiplier: string | null;
  readonly time: TimeUs;
}

/** `GET /events/fee_changes`. @throws WireError */
export function eventFeeChanges(value: unknown): Page<EventFeeChange> {
  return page(value, 'event_fee_changes', (entry) => {
    const o = asObject(entry, 'event_fee_changes[]');
    return {
      ...changeOf(o),
      eventTicker: text(o, 'event_ticker'),
      seriesTicker: optionalText(o, 'series_ticker'),
      feeType: optionalText(o, 'fee_type_override') || null,
      multiplier: feeMultiplier(o, 'fee_multiplier_override'),
    };
  });
}

function changeOf(o: JsonObject): { readonly id: string; readonly time: TimeUs } {
  text(o, 'scheduled_ts');
  return { id: optionalText(o, 'id'), time: textTime(o, 'scheduled_ts') };
}

/** `GET /exchange/user_data_timestamp`: balances, orders, fills and positions are read as of this time. @throws */
export function userDataTime(value: unknown): TimeUs {
  const o = asObject(value, 'body');
  text(o, 'as_of_time');
  return textTime(o, 'as_of_time');
}
