import type { FeeAccumulator } from '../market/index.ts';
import type { Count, Money, Price, Side, TimeUs } from '../units/index.ts';
import type { Listing } from './listing.ts';

export type TimeInForce = 'good_till_canceled' | 'immediate_or_cancel' | 'fill_or_kill';
export type SelfTrade = 'taker_at_cross' | 'maker';
export type OrderStatus = 'resting' | 'canceled' | 'executed';

/** What a client asks for, already checked for form. */
export interface OrderRequest {
  readonly ticker: string;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  readonly timeInForce: TimeInForce;
  readonly selfTrade: SelfTrade;
  readonly clientOrderId: string;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly cancelOnPause: boolean;
  readonly groupId: string;
  /** Unix seconds, 0 for never. */
  readonly expirationSeconds: number;
  /** The shard asked for; absent or -1: the market's. */
  readonly exchangeIndex?: number;
  /** 0 to 63; absent: 0. */
  readonly subaccount?: number;
}

/** An order in the exchange's books and records. */
export interface ExchangeOrder {
  readonly orderId: string;
  /** An amend may change it; every id it ever had stays used. */
  clientOrderId: string;
  readonly userId: string;
  readonly ticker: string;
  readonly side: Side;
  price: Price;
  initialCount: Count;
  fillCount: Count;
  remainingCount: Count;
  status: OrderStatus;
  readonly selfTrade: SelfTrade;
  readonly postOnly: boolean;
  readonly cancelOnPause: boolean;
  readonly groupId: string;
  readonly expirationSeconds: number;
  readonly exchangeIndex: number;
  readonly subaccount: number;
  readonly createdTime: TimeUs;
  updatedTime: TimeUs;
  makerFees: Money;
  takerFees: Money;
  makerCost: Money;
  takerCost: Money;
  readonly feeCarry: FeeAccumulator;
  reason: string;
}

/** One execution of one account's order. */
export interface ExchangeFill {
  readonly tradeId: string;
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly userId: string;
  readonly ticker: string;
  readonly exchangeIndex: number;
  readonly subaccount: number;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  readonly fee: Money;
  readonly isTaker: boolean;
  readonly position: Count;
  readonly time: TimeUs;
}

/** A public print. */
export interface ExchangeTrade {
  readonly tradeId: string;
  readonly ticker: string;
  readonly price: Price;
  readonly count: Count;
  /** Side of the one who took: `BID` bought YES. */
  readonly takerSide: Side;
  readonly time: TimeUs;
}

/** A refusal with the exchange's code, to be answered with this HTTP status. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: string;

  constructor(status: number, code: string, message = code.replaceAll('_', ' '), details = '') {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** An order as it is when it is accepted: nothing filled. */
export function newOrder(
  orderId: string,
  userId: string,
  request: OrderRequest,
  initialCount: Count,
  listing: Listing,
  time: TimeUs,
): ExchangeOrder {
  const { clientOrderId, ticker, side, price, selfTrade, postOnly, cancelOnPause, groupId, expirationSeconds } =
    request;
  const { exchangeIndex } = listing;
  const asked = { clientOrderId, ticker, side, price, selfTrade, postOnly, cancelOnPause, groupId, expirationSeconds };
  return {
    orderId,
    userId,
    ...asked,
    exchangeIndex,
    subaccount: request.subaccount ?? 0,
    initialCount,
    fillCount: 0 as Count,
    remainingCount: initialCount,
    status: 'resting',
    createdTime: time,
    updatedTime: time,
    makerFees: 0 as Money,
    takerFees: 0 as Money,
    makerCost: 0 as Money,
    takerCost: 0 as Money,
    feeCarry: { carried: 0 },
    reason: '',
  };
}
