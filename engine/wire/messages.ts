import {
  type Count,
  complement,
  count,
  countFromContracts,
  ONE_DOLLAR,
  type Price,
  parseCount,
  parsePrice,
  priceFromCents,
} from '../units/index.ts';
import { feedError } from './feed-errors.ts';
import {
  asArray,
  asObject,
  contracts,
  dollarPrice,
  dollarsOrNull,
  flag,
  integer,
  type JsonObject,
  millisTime,
  naturalOrNull,
  optionalDollars,
  optionalInteger,
  optionalText,
  priceOrNull,
  sizeOrNull,
  text,
  texts,
  wrong,
} from './fields.ts';
import type {
  ErrorMessage,
  GroupMessage,
  OkMessage,
  PositionMessage,
  SnapshotMessage,
  TickerMessage,
} from './frames.ts';

/** A delta or trade from the full parser, in the money of the frame's own leg. */
export interface TapeFields {
  readonly ticker: string;
  readonly price: Price;
  readonly count: Count;
  readonly yes: boolean;
  readonly isBlockTrade: boolean;
  readonly timeMs: number;
  /** The order of ours that caused a delta, '' where it is nobody's or somebody else's. */
  readonly clientOrderId: string;
}

function legOf(o: JsonObject, field: string): boolean {
  const value = o[field];
  if (value !== 'yes' && value !== 'no') throw wrong(field, value, 'yes or no');
  return value === 'yes';
}

/** Body of `orderbook_delta`, dollar strings or old cents. @throws WireError */
export function deltaFields(o: JsonObject): TapeFields {
  return {
    ticker: text(o, 'market_ticker'),
    price: o['price_dollars'] === undefined ? priceFromCents(integer(o, 'price')) : dollarPrice(o, 'price_dollars'),
    count: o['delta_fp'] === undefined ? countFromContracts(integer(o, 'delta')) : contracts(o, 'delta_fp'),
    yes: legOf(o, 'side'),
    isBlockTrade: false,
    timeMs: timeMs(o),
    clientOrderId: optionalText(o, 'client_order_id'),
  };
}

/** Body of `trade`. The price is always the YES price. @throws WireError */
export function tradeFields(o: JsonObject): TapeFields {
  const size = o['count_fp'] === undefined ? countFromContracts(integer(o, 'count')) : contracts(o, 'count_fp');
  if (size < 0) throw wrong('count_fp', o['count_fp'] ?? o['count'], 'a count of at least 0');
  return {
    ticker: text(o, 'market_ticker'),
    price:
      o['yes_price_dollars'] === undefined
        ? priceFromCents(integer(o, 'yes_price'))
        : dollarPrice(o, 'yes_price_dollars'),
    count: size,
    yes: legOf(o, o['taker_outcome_side'] === undefined ? 'taker_side' : 'taker_outcome_side'),
    isBlockTrade: flag(o, 'is_block_trade'),
    timeMs: timeMs(o),
    clientOrderId: '',
  };
}

function timeMs(o: JsonObject): number {
  const ms = optionalInteger(o, 'ts_ms', 0);
  if (ms < 0) throw wrong('ts_ms', ms, 'a time');
  return ms;
}

/** Body of `orderbook_snapshot`: `*_dollars_fp`, else `*_dollars`, else cents. An absent key is an empty side. @throws */
export function snapshotMessage(o: JsonObject, yesPrices: boolean): SnapshotMessage {
  return { bids: levels(o, 'yes', false), asks: levels(o, 'no', !yesPrices) };
}

/** No more prices than that exist between 0 and a dollar, both included. */
const MOST_LEVELS = ONE_DOLLAR + 1;

function levels(o: JsonObject, leg: 'yes' | 'no', flip: boolean): number[] {
  const field = [`${leg}_dollars_fp`, `${leg}_dollars`, leg].find((name) => o[name] !== undefined && o[name] !== null);
  const flat: number[] = [];
  const seen = new Set<number>();
  if (field === undefined) return flat;
  const entries = asArray(o[field], field);
  if (entries.length > MOST_LEVELS) throw wrong(field, entries, `at most ${MOST_LEVELS} levels`);
  for (const entry of entries) {
    const [rawPrice, rawCount] = asArray(entry, `${field}[]`);
    const at = typeof rawPrice === 'string' ? parsePrice(rawPrice) : priceFromCents(numberIn(field, rawPrice));
    const size = typeof rawCount === 'string' ? parseCount(rawCount) : countFromContracts(numberIn(field, rawCount));
    if (size < 0) throw wrong(field, rawCount, 'counts of at least 0');
    // Which of the two counts holds, nobody can tell.
    if (seen.has(at)) throw wrong(field, rawPrice, 'each price once');
    seen.add(at);
    flat.push(flip ? complement(at) : at, count(size));
  }
  return flat;
}

/** A number of the old form; anything else in its place is refused, never converted. @throws WireError */
function numberIn(field: string, value: unknown): number {
  if (typeof value !== 'number') throw wrong(field, value, 'pairs of price and count');
  return value;
}

/** Body of an `ok` reply, list form included. @throws WireError */
export function okMessage(value: unknown): OkMessage {
  const o = Array.isArray(value) || value === undefined || value === null ? {} : asObject(value, 'msg');
  return {
    tickers: texts(o, 'market_tickers'),
    marketIds: texts(o, 'market_ids'),
    indexIds: texts(o, 'index_ids'),
    underlyings: texts(o, 'underlying_tickers'),
    subscriptions: Array.isArray(value) ? value.map(subscription) : null,
  };
}

function subscription(value: unknown): { readonly channel: string; readonly sid: number } {
  const o = asObject(value, 'msg[]');
  return { channel: text(o, 'channel'), sid: integer(o, 'sid') };
}

/** Body of an `error` reply; some servers put the code at the top level. @throws WireError */
export function errorMessage(frame: JsonObject): ErrorMessage {
  const body = frame['msg'];
  const o = typeof body === 'object' && body !== null ? (body as JsonObject) : null;
  const inside = o !== null && Number.isSafeInteger(o['code']);
  const code = integer(inside ? o : frame, 'code');
  if (code < 0) throw wrong('code', code, 'a code of at least 0');
  const error = feedError(code);
  const said = inside ? optionalText(o, 'msg') : typeof body === 'string' ? body : '';
  const one = inside ? optionalText(o, 'market_ticker') : '';
  const tickers = one === '' ? (inside ? texts(o, 'market_tickers') : []) : [one];
  return { ...error, text: said, tickers };
}

/** Body of `ticker`. @throws WireError */
export function tickerMessage(o: JsonObject): TickerMessage {
  text(o, 'market_ticker');
  return {
    lastPrice: priceOrNull(o, 'price_dollars'),
    bidPrice: priceOrNull(o, 'yes_bid_dollars'),
    askPrice: priceOrNull(o, 'yes_ask_dollars'),
    bidSize: sizeOrNull(o, 'yes_bid_size_fp'),
    askSize: sizeOrNull(o, 'yes_ask_size_fp'),
    lastSize: sizeOrNull(o, 'last_trade_size_fp'),
    volume: sizeOrNull(o, 'volume_fp'),
    openInterest: sizeOrNull(o, 'open_interest_fp'),
    dollarVolume: naturalOrNull(o, 'dollar_volume'),
    dollarOpenInterest: naturalOrNull(o, 'dollar_open_interest'),
    time: millisTime(o, 'ts_ms'),
  };
}

/** Body of `market_position`. @throws WireError */
export function positionMessage(o: JsonObject): PositionMessage {
  text(o, 'market_ticker');
  return {
    position: contracts(o, 'position_fp'),
    feesPaid: optionalDollars(o, 'fees_paid_dollars'),
    realizedPnl: optionalDollars(o, 'realized_pnl_dollars'),
    cost: dollarsOrNull(o, 'position_cost_dollars'),
    feeCost: dollarsOrNull(o, 'position_fee_cost_dollars'),
    volume: sizeOrNull(o, 'volume_fp'),
    subaccount: naturalOrNull(o, 'subaccount') ?? 0,
  };
}

/** Body of `order_group_updates`. @throws WireError */
export function groupMessage(o: JsonObject): GroupMessage {
  return {
    event: text(o, 'event_type'),
    groupId: text(o, 'order_group_id'),
    limit: sizeOrNull(o, 'contracts_limit_fp'),
    time: millisTime(o, 'ts_ms'),
  };
}
