import {
  type Count,
  complement,
  count,
  countFromContracts,
  type Price,
  parseCount,
  parsePrice,
  priceFromCents,
  timeFromMs,
  timeUs,
} from '../units/index.ts';
import {
  asArray,
  asObject,
  contracts,
  dollarPrice,
  integer,
  type JsonObject,
  optionalDollars,
  optionalInteger,
  optionalText,
  text,
  wrong,
} from './fields.ts';
import type {
  ErrorMessage,
  GroupMessage,
  LifecycleMessage,
  OkMessage,
  PositionMessage,
  SnapshotMessage,
} from './frames.ts';

/** A delta or trade from the full parser, in the money of the frame's own leg. */
export interface TapeFields {
  readonly ticker: string;
  readonly price: Price;
  readonly count: Count;
  readonly yes: boolean;
  readonly isBlockTrade: boolean;
  readonly timeMs: number;
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
    isBlockTrade: o['is_block_trade'] === true,
    timeMs: timeMs(o),
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

function levels(o: JsonObject, leg: 'yes' | 'no', flip: boolean): number[] {
  const field = [`${leg}_dollars_fp`, `${leg}_dollars`, leg].find((name) => o[name] !== undefined && o[name] !== null);
  const flat: number[] = [];
  if (field === undefined) return flat;
  for (const entry of asArray(o[field], field)) {
    const [rawPrice, rawCount] = asArray(entry, `${field}[]`);
    const at = typeof rawPrice === 'string' ? parsePrice(rawPrice) : priceFromCents(numberIn(field, rawPrice));
    const size = typeof rawCount === 'string' ? parseCount(rawCount) : countFromContracts(numberIn(field, rawCount));
    if (size < 0) throw wrong(field, rawCount, 'counts of at least 0');
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
  if (Array.isArray(value) || value === undefined || value === null) return { tickers: [] };
  const listed = asObject(value, 'msg')['market_tickers'];
  if (listed === undefined || listed === null) return { tickers: [] };
  return { tickers: asArray(listed, 'market_tickers').filter((t) => typeof t === 'string') };
}

/** Body of an `error` reply; some servers put the code at the top level. @throws WireError */
export function errorMessage(frame: JsonObject): ErrorMessage {
  const body = frame['msg'];
  if (typeof body === 'object' && body !== null) {
    const o = body as JsonObject;
    if (Number.isSafeInteger(o['code'])) return { code: o['code'] as number, text: optionalText(o, 'msg') };
  }
  return { code: integer(frame, 'code'), text: typeof body === 'string' ? body : '' };
}

/** Body of `market_position`. @throws WireError */
export function positionMessage(o: JsonObject): PositionMessage {
  return {
    position: contracts(o, 'position_fp'),
    feesPaid: optionalDollars(o, 'fees_paid_dollars'),
    realizedPnl: optionalDollars(o, 'realized_pnl_dollars'),
  };
}

/** Body of `order_group_updates`. @throws WireError */
export function groupMessage(o: JsonObject): GroupMessage {
  return {
    event: text(o, 'event_type'),
    groupId: text(o, 'order_group_id'),
    time: timeFromMs(optionalInteger(o, 'ts_ms', 0)),
  };
}

/** Body of `market_lifecycle_v2`. @throws WireError */
export function lifecycleMessage(o: JsonObject): LifecycleMessage {
  const value = o['settlement_value'];
  return {
    event: text(o, 'event_type'),
    ticker: text(o, 'market_ticker'),
    closeTime: timeUs(optionalInteger(o, 'close_ts', 0) * 1_000_000),
    settlementPrice: value === undefined || value === null ? (0 as Price) : dollarPrice(o, 'settlement_value'),
  };
}
