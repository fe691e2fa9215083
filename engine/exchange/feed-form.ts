import {
  ASK,
  BID,
  type Count,
  complement,
  formatCount,
  formatPrice,
  formatRfc3339,
  type Price,
  type Side,
  type TimeUs,
  timeToMs,
} from '../units/index.ts';
import { marketId, sideLevels } from './bodies.ts';
import type { LiveMarket } from './listing.ts';
import type { ExchangeOrder } from './order.ts';

export type Json = Readonly<Record<string, unknown>>;

/** One change of a level, as all who follow its book hear of it. */
export interface BookChange {
  readonly ticker: string;
  readonly side: Side;
  readonly price: Price;
  readonly change: Count;
  readonly time: TimeUs;
}

/** How the bodies of feed frames are written. */
export interface FeedForm {
  /** Body of a delta as text, without its closing brace. `yesPrices`: the NO side in YES money. */
  delta(change: BookChange, yesPrices: boolean): string;
  /** What a delta tells the owner of the order behind it, to be put before the closing brace. */
  cause(order: ExchangeOrder): string;
  /** Body of a snapshot; a market there is not has an empty book. */
  snapshot(ticker: string, market: LiveMarket | undefined, yesPrices: boolean): Json;
  /** Any other body. */
  body(type: string, msg: Json): Json;
}

/** Price of a change in the money it is shown in. */
export function shownPrice({ side, price }: BookChange, yesPrices: boolean): Price {
  return side === ASK && !yesPrices ? complement(price) : price;
}

/** The client order id as the next field of a body that is text; nothing where there is none. */
export function clientIdOf({ clientOrderId }: ExchangeOrder): string {
  return clientOrderId === '' ? '' : `,"client_order_id":${JSON.stringify(clientOrderId)}`;
}

/** Today's form: dollars and counts as decimal strings. */
export const FIXED_POINT: FeedForm = {
  delta(c, yesPrices) {
    const price = formatPrice(shownPrice(c, yesPrices));
    const side = c.side === BID ? 'yes' : 'no';
    return `{"market_ticker":"${c.ticker}","market_id":"${marketId(c.ticker)}","price_dollars":"${price}","delta_fp":"${formatCount(c.change)}","side":"${side}","ts":"${formatRfc3339(c.time)}","ts_ms":${timeToMs(c.time)}`;
  },

  cause(order) {
    return `${clientIdOf(order)},"subaccount":${order.subaccount}`;
  },

  snapshot(ticker, market, yesPrices) {
    const yes = market === undefined ? [] : sideLevels(market, BID, 0, true);
    const no = market === undefined ? [] : sideLevels(market, ASK, 0, !yesPrices);
    return {
      market_ticker: ticker,
      market_id: marketId(ticker),
      ...(yes.length > 0 ? { yes_dollars_fp: yes } : {}),
      ...(no.length > 0 ? { no_dollars_fp: no } : {}),
    };
  },

  body: (_, msg) => msg,
};
