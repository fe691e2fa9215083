import type { MarketStatus, PriceBand } from '../market/index.ts';
import {
  ASK,
  BID,
  type Count,
  type Money,
  type Price,
  parseRfc3339,
  price,
  type Side,
  type TimeUs,
  timeFromMs,
} from '../units/index.ts';
import {
  asArray,
  asObject,
  contracts,
  dollarPrice,
  dollars,
  flag,
  integer,
  type JsonObject,
  optionalDollars,
  optionalInteger,
  optionalText,
  size,
  text,
  wrong,
} from './fields.ts';

/** An order as the exchange describes it, the same in REST bodies and in `user_order` frames. Prices in YES space. */
export interface OrderRecord {
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly ticker: string;
  readonly side: Side;
  readonly price: Price;
  /** `resting`, `canceled`, `executed`, or another word we do not know. */
  readonly status: string;
  readonly fillCount: Count;
  readonly remainingCount: Count;
  readonly initialCount: Count;
  readonly makerFees: Money;
  readonly takerFees: Money;
  readonly groupId: string;
  /** Why it last changed (`Trade`, `ExpiryCancel`, ...), '' where not said. */
  readonly reason: string;
  /** When it last changed at the exchange, 0 where not said. */
  readonly updatedTime: TimeUs;
  readonly exchangeIndex: number;
}

/** One execution of an order of ours. */
export interface FillRecord {
  readonly tradeId: string;
  readonly orderId: string;
  /** '' in REST fills, which do not carry it. */
  readonly clientOrderId: string;
  readonly ticker: string;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  readonly fee: Money;
  readonly isTaker: boolean;
  readonly time: TimeUs;
}

/** Our net position in a market, negative = NO. */
export interface PositionRecord {
  readonly ticker: string;
  readonly position: Count;
  readonly feesPaid: Money;
  readonly realizedPnl: Money;
}

/** An order group. `armed` false: triggered, every create that names it is refused until reset. */
export interface GroupRecord {
  readonly groupId: string;
  readonly armed: boolean;
  readonly exchangeIndex: number;
}

/** A market as REST describes it, unresolved fees included. */
export interface MarketRecord {
  readonly ticker: string;
  readonly eventTicker: string;
  readonly status: MarketStatus;
  readonly bands: readonly PriceBand[];
  readonly closeTime: TimeUs;
  readonly exchangeIndex: number;
}

/**
 * Which side of the YES book an order or fill is on: `book_side`, else `outcome_side`, else the deprecated pair
 * (buy yes = sell no = bid; buy no = sell yes = ask). @throws WireError
 */
export function sideOf(o: JsonObject): Side {
  const bookSide = o['book_side'];
  if (bookSide === 'bid') return BID;
  if (bookSide === 'ask') return ASK;
  const outcome = o['outcome_side'];
  if (outcome === 'yes') return BID;
  if (outcome === 'no') return ASK;
  const side = o['side'];
  const action = o['action'];
  if (side === 'bid') return BID;
  if (side === 'ask') return ASK;
  if ((side === 'yes' || side === 'no') && (action === 'buy' || action === 'sell')) {
    return (side === 'yes') === (action === 'buy') ? BID : ASK;
  }
  throw wrong('book_side', bookSide ?? outcome ?? side, 'bid or ask');
}

function momentOf(o: JsonObject, msField: string, textField: string): TimeUs {
  const ms = o[msField];
  if (Number.isSafeInteger(ms)) return timeFromMs(ms as number);
  const written = optionalText(o, textField);
  return written === '' ? (0 as TimeUs) : parseRfc3339(written);
}

/** Decode an order. @throws WireError */
export function orderRecord(value: unknown): OrderRecord {
  const o = asObject(value, 'order');
  return {
    orderId: text(o, 'order_id'),
    clientOrderId: optionalText(o, 'client_order_id'),
    ticker: text(o, 'ticker'),
    side: sideOf(o),
    price: dollarPrice(o, 'yes_price_dollars'),
    status: text(o, 'status'),
    fillCount: size(o, 'fill_count_fp'),
    remainingCount: size(o, 'remaining_count_fp'),
    initialCount: size(o, 'initial_count_fp'),
    makerFees: optionalDollars(o, 'maker_fees_dollars'),
    takerFees: optionalDollars(o, 'taker_fees_dollars'),
    groupId: optionalText(o, 'order_group_id'),
    reason: optionalText(o, 'last_update_reason'),
    updatedTime: momentOf(o, 'last_updated_ts_ms', 'last_update_time'),
    exchangeIndex: optionalInteger(o, 'exchange_index', 0),
  };
}

/** Decode a fill, REST or stream. @throws WireError */
export function fillRecord(value: unknown): FillRecord {
  const o = asObject(value, 'fill');
  const seconds = optionalInteger(o, 'ts', 0);
  const exact = momentOf(o, 'ts_ms', 'created_time');
  return {
    tradeId: text(o, 'trade_id'),
    orderId: text(o, 'order_id'),
    clientOrderId: optionalText(o, 'client_order_id'),
    ticker: optionalText(o, 'market_ticker') || text(o, 'ticker'),
    side: sideOf(o),
    price: dollarPrice(o, 'yes_price_dollars'),
    count: size(o, 'count_fp'),
    fee: dollars(o, 'fee_cost'),
    isTaker: flag(o, 'is_taker'),
    time: exact !== 0 ? exact : timeFromMs(seconds * 1000),
  };
}

/** Decode a position from REST. @throws WireError */
export function positionRecord(value: unknown): PositionRecord {
  const o = asObject(value, 'market_position');
  return {
    ticker: optionalText(o, 'ticker') || text(o, 'market_ticker'),
    position: contracts(o, 'position_fp'),
    feesPaid: optionalDollars(o, 'fees_paid_dollars'),
    realizedPnl: optionalDollars(o, 'realized_pnl_dollars'),
  };
}

/** Decode one entry of the order-group list. @throws WireError */
export function groupRecord(value: unknown): GroupRecord {
  const o = asObject(value, 'order_group');
  return {
    groupId: text(o, 'id'),
    armed: flag(o, 'is_auto_cancel_enabled'),
    exchangeIndex: optionalInteger(o, 'exchange_index', 0),
  };
}

const STATUSES: readonly string[] = [
  'initialized',
  'inactive',
  'active',
  'closed',
  'determined',
  'disputed',
  'amended',
  'finalized',
];

/** Decode a market. A status word we do not know becomes `unknown`, which is never quoted. @throws WireError */
export function marketRecord(value: unknown): MarketRecord {
  const o = asObject(value, 'market');
  const status = text(o, 'status');
  const close = optionalText(o, 'close_time');
  return {
    ticker: text(o, 'ticker'),
    eventTicker: text(o, 'event_ticker'),
    status: (STATUSES.includes(status) ? status : 'unknown') as MarketStatus,
    bands: priceBands(o['price_ranges']),
    closeTime: close === '' ? (0 as TimeUs) : parseRfc3339(close),
    exchangeIndex: optionalInteger(o, 'exchange_index', 0),
  };
}

/** Decode `price_ranges`. @throws WireError */
export function priceBands(value: unknown): PriceBand[] {
  return asArray(value, 'price_ranges').map((entry) => {
    const o = asObject(entry, 'price_ranges[]');
    return { start: dollarPrice(o, 'start'), end: dollarPrice(o, 'end'), step: price(dollarPrice(o, 'step')) };
  });
}

/** A token bucket's numbers: tokens per second and the most it holds. */
export interface BucketLimits {
  readonly refillPerSecond: number;
  readonly capacity: number;
}

/** What the account may spend. */
export interface AccountLimits {
  readonly tier: string;
  readonly read: BucketLimits;
  readonly write: BucketLimits;
}

/** Decode `GET /account/limits` (today's nested form, or the flat numbers before May 2026). @throws WireError */
export function accountLimits(value: unknown): AccountLimits {
  const o = asObject(value, 'limits');
  return {
    tier: optionalText(o, 'usage_tier'),
    read: bucketLimits(o, 'read'),
    write: bucketLimits(o, 'write'),
  };
}

function bucketLimits(o: JsonObject, name: 'read' | 'write'): BucketLimits {
  if (o[name] === undefined && Number.isSafeInteger(o[`${name}_limit`])) {
    const perSecond = integer(o, `${name}_limit`) * 10;
    return { refillPerSecond: perSecond, capacity: perSecond };
  }
  const b = asObject(o[name], name);
  const limits = { refillPerSecond: integer(b, 'refill_rate'), capacity: integer(b, 'bucket_capacity') };
  if (limits.refillPerSecond <= 0) throw wrong(`${name}.refill_rate`, limits.refillPerSecond, 'a positive number');
  if (limits.capacity <= 0) throw wrong(`${name}.bucket_capacity`, limits.capacity, 'a positive number');
  return limits;
}
