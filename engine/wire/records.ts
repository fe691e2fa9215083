import type { MarketStatus, PriceBand, Strike } from '../market/index.ts';
import { ASK, BID, type Count, type Money, type Price, price, type Side, type TimeUs } from '../units/index.ts';
import {
  absent,
  asArray,
  asObject,
  contracts,
  dollarPrice,
  dollars,
  flag,
  flagOrNull,
  integer,
  type JsonObject,
  millisTime,
  naturalOrNull,
  numberOrNull,
  optionalDollars,
  optionalInteger,
  optionalText,
  priceOrNull,
  secondsTime,
  size,
  sizeOrNull,
  text,
  textTime,
  wrong,
} from './fields.ts';
import { strikeRecord } from './strike.ts';

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
  readonly createdTime: TimeUs;
  /** When it goes by itself, 0: never. */
  readonly expirationTime: TimeUs;
  readonly exchangeIndex: number;
  readonly subaccount: number;
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
  readonly exchangeIndex: number;
  /** Net position after it, negative = NO; null in REST fills, which do not tell it. */
  readonly postPosition: Count | null;
  readonly subaccount: number;
}

/** Our net position in a market, negative = NO. */
export interface PositionRecord {
  readonly ticker: string;
  readonly position: Count;
  readonly feesPaid: Money;
  readonly realizedPnl: Money;
  readonly exchangeIndex: number;
}

/** An order group. `armed` false: triggered, every create that names it is refused until reset. */
export interface GroupRecord {
  readonly groupId: string;
  /** Contracts per rolling 15 s; null where not said. */
  readonly limit: Count | null;
  readonly armed: boolean;
  readonly exchangeIndex: number;
}

/** A market as REST describes it, unresolved fees included. */
export interface MarketRecord {
  readonly ticker: string;
  readonly eventTicker: string;
  readonly status: MarketStatus;
  readonly bands: readonly PriceBand[];
  /** 0 where not said. */
  readonly openTime: TimeUs;
  readonly closeTime: TimeUs;
  readonly exchangeIndex: number;
  /** What it is measured against, and the words for its YES. */
  readonly strike: Strike;
  readonly yesSubTitle: string;
  /** `yes`, `no`, `scalar`, '' while undecided. */
  readonly result: string;
  /** What a YES contract settled at, null while undecided. */
  readonly settlementPrice: Price | null;
  readonly canCloseEarly: boolean;
  /** Its fees are waived until then; 0: no waiver. */
  readonly feeWaiverUntil: TimeUs;
}

/**
 * Which side of the YES book an order or fill is on: `book_side`, else `outcome_side`, else the deprecated pair
 * (buy yes = sell no = bid; buy no = sell yes = ask). @throws WireError
 */
export function sideOf(o: JsonObject): Side {
  const bookSide = o['book_side'];
  if (bookSide === 'bid') return BID;
  if (bookSide === 'ask') return ASK;
  if (!isUnsaid(bookSide)) throw wrong('book_side', bookSide, 'bid or ask');
  const outcome = o['outcome_side'];
  if (outcome === 'yes') return BID;
  if (outcome === 'no') return ASK;
  if (!isUnsaid(outcome)) throw wrong('outcome_side', outcome, 'yes or no');
  const side = o['side'];
  const action = o['action'];
  if (side === 'bid') return BID;
  if (side === 'ask') return ASK;
  if ((side === 'yes' || side === 'no') && (action === 'buy' || action === 'sell')) {
    return (side === 'yes') === (action === 'buy') ? BID : ASK;
  }
  throw wrong('book_side', side, 'bid or ask');
}

function isUnsaid(word: unknown): boolean {
  return word === undefined || word === null || word === '';
}

/** Milliseconds where they are given, else text, else 0. */
function momentOf(o: JsonObject, msField: string, textField: string): TimeUs {
  return absent(o, msField) ? textTime(o, textField) : millisTime(o, msField);
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
    createdTime: momentOf(o, 'created_ts_ms', 'created_time'),
    expirationTime: momentOf(o, 'expiration_ts_ms', 'expiration_time'),
    exchangeIndex: naturalOrNull(o, 'exchange_index') ?? 0,
    subaccount: naturalOrNull(o, 'subaccount_number') ?? 0,
  };
}

/** Decode a fill, REST or stream. @throws WireError */
export function fillRecord(value: unknown): FillRecord {
  const o = asObject(value, 'fill');
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
    time: exact !== 0 ? exact : secondsTime(o, 'ts'),
    exchangeIndex: naturalOrNull(o, 'exchange_index') ?? 0,
    postPosition: absent(o, 'post_position_fp') ? null : contracts(o, 'post_position_fp'),
    subaccount: naturalOrNull(o, 'subaccount') ?? naturalOrNull(o, 'subaccount_number') ?? 0,
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
    exchangeIndex: naturalOrNull(o, 'exchange_index') ?? 0,
  };
}

/** Decode one entry of the order-group list. @throws WireError */
export function groupRecord(value: unknown): GroupRecord {
  const o = asObject(value, 'order_group');
  return {
    groupId: text(o, 'id'),
    limit: sizeOrNull(o, 'contracts_limit_fp'),
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
  return {
    ticker: text(o, 'ticker'),
    eventTicker: text(o, 'event_ticker'),
    status: (STATUSES.includes(status) ? status : 'unknown') as MarketStatus,
    bands: priceBands(o['price_ranges']),
    openTime: textTime(o, 'open_time'),
    closeTime: textTime(o, 'close_time'),
    exchangeIndex: naturalOrNull(o, 'exchange_index') ?? 0,
    strike: strikeRecord(o),
    yesSubTitle: optionalText(o, 'yes_sub_title'),
    result: optionalText(o, 'result'),
    settlementPrice: priceOrNull(o, 'settlement_value_dollars'),
    canCloseEarly: flag(o, 'can_close_early'),
    feeWaiverUntil: textTime(o, 'fee_waiver_expiration_time'),
  };
}

/** An event: what its markets have in common. */
export interface EventRecord {
  readonly eventTicker: string;
  readonly seriesTicker: string;
  /** At most one of its markets settles YES; null where not said. */
  readonly mutuallyExclusive: boolean | null;
  /** `MECNET` (mutually exclusive), `DIRECNET` (directional), '' (none), or a word we do not know. */
  readonly collateralReturn: string;
  readonly exchangeIndex: number;
  /** Fees that differ from the series'; null where they do not. */
  readonly feeType: string | null;
  readonly feeMultiplier: string | null;
}

/** Decode an event. @throws WireError */
export function eventRecord(value: unknown): EventRecord {
  const o = asObject(value, 'event');
  return {
    eventTicker: text(o, 'event_ticker'),
    seriesTicker: text(o, 'series_ticker'),
    mutuallyExclusive: flagOrNull(o, 'mutually_exclusive'),
    collateralReturn: optionalText(o, 'collateral_return_type'),
    exchangeIndex: naturalOrNull(o, 'exchange_index') ?? 0,
    feeType: optionalText(o, 'fee_type_override') || null,
    feeMultiplier: feeMultiplier(o, 'fee_multiplier_override'),
  };
}

/** A fee multiplier as decimal text; null where it is null or absent. @throws WireError */
export function feeMultiplier(o: JsonObject, field: string): string | null {
  const value = numberOrNull(o, field);
  if (value !== null && value < 0) throw wrong(field, value, 'a number of at least 0');
  return value === null ? null : String(value);
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
