import {
  BID,
  type Count,
  complement,
  type Money,
  money,
  notional,
  ONE_DOLLAR,
  type Price,
  type Side,
} from '../units/index.ts';

/** Pre-trade limits. Contracts in 1e-2, dollars in micro-dollars. */
export interface RiskLimits {
  /** Most contracts held in one market either way, open orders counted as if they filled. */
  readonly maxPosition: Count;
  /** Largest single order. */
  readonly maxOrderCount: Count;
  /** Most live orders in one market and in all. */
  readonly maxOrdersPerMarket: number;
  readonly maxOrders: number;
  /** Most collateral that positions and live orders may need together. */
  readonly maxCapital: Money;
  /** How far beyond the mid an order may be priced to our disadvantage, 1e-4 dollars. */
  readonly priceBand: number;
}

/** The names of the checks, in order of evaluation. `ok` may come with a smaller count. */
export type RiskCode =
  | 'ok'
  | 'order_size'
  | 'price_band'
  | 'would_cross'
  | 'self_cross'
  | 'open_orders'
  | 'position_limit'
  | 'capital_limit';

/** The state an order is judged against: the set that would result, not the order alone. */
export interface RiskContext {
  /** Net contracts held. */
  position: Count;
  /** Contracts of ours on the order's side that may still fill. */
  sideExposure: Count;
  /** Our most aggressive live price on the other side, 0 for none. */
  ownOpposite: Price;
  /** The book's best price on the other side, 0 for empty; and the mid of others' book, NaN without one. */
  bookOpposite: Price;
  mid: number;
  ordersInMarket: number;
  ordersInAll: number;
  /** Collateral of everything held and resting. */
  capitalUsed: Money;
}

/** The verdict on an order: how many contracts may go, and why not more. Reused between calls. */
export class RiskVerdict {
  count = 0 as Count;
  code: RiskCode = 'ok';
  /** The number that bound and its limit, for the reader of a reason. */
  value = 0;
  limit = 0;

  set(count: number, code: RiskCode, value: number, limit: number): void {
    this.count = Math.max(0, count) as Count;
    this.code = code;
    this.value = value;
    this.limit = limit;
  }
}

/** Collateral an order or a position of this side and price needs when nothing nets: p for YES, 1 - p for NO. */
export function collateral(side: Side, price: Price, count: Count): Money {
  return notional(side === BID ? price : complement(price), count);
}

/** Judge one post-only order against the limits. Sizes are cut where a limit allows part of them. Pure, constant time. */
export function checkOrder(
  limits: RiskLimits,
  context: RiskContext,
  side: Side,
  price: Price,
  count: Count,
  verdict: RiskVerdict,
): void {
  const refused = refusal(limits, context, side, price, verdict);
  if (refused) return;
  let allowed: number = count;
  verdict.set(allowed, 'ok', 0, 0);
  if (allowed > limits.maxOrderCount) {
    verdict.set(limits.maxOrderCount, 'order_size', allowed, limits.maxOrderCount);
    allowed = limits.maxOrderCount;
  }
  const signed = side === BID ? context.position : -context.position;
  const room = limits.maxPosition - signed - context.sideExposure;
  if (allowed > room) {
    verdict.set(room, 'position_limit', signed + context.sideExposure + allowed, limits.maxPosition);
    allowed = Math.max(0, room);
  }
  const perContract = side === BID ? price : ONE_DOLLAR - price;
  const reducing = Math.max(0, -signed - context.sideExposure);
  const opening = Math.max(0, allowed - reducing);
  const capitalRoom = limits.maxCapital - context.capitalUsed;
  if (opening > 0 && opening * perContract > capitalRoom) {
    const fits = reducing + Math.max(0, Math.floor(capitalRoom / perContract));
    verdict.set(
      Math.min(allowed, fits),
      'capital_limit',
      money(context.capitalUsed + opening * perContract),
      limits.maxCapital,
    );
  }
}

function refusal(limits: RiskLimits, context: RiskContext, side: Side, price: Price, verdict: RiskVerdict): boolean {
  const buys = side === BID;
  if (!Number.isNaN(context.mid) && (buys ? price - context.mid : context.mid - price) > limits.priceBand) {
    verdict.set(0, 'price_band', price, limits.priceBand);
    return true;
  }
  if (context.bookOpposite !== 0 && (buys ? price >= context.bookOpposite : price <= context.bookOpposite)) {
    verdict.set(0, 'would_cross', price, context.bookOpposite);
    return true;
  }
  if (context.ownOpposite !== 0 && (buys ? price >= context.ownOpposite : price <= context.ownOpposite)) {
    verdict.set(0, 'self_cross', price, context.ownOpposite);
    return true;
  }
  if (context.ordersInMarket >= limits.maxOrdersPerMarket) {
    verdict.set(0, 'open_orders', context.ordersInMarket, limits.maxOrdersPerMarket);
    return true;
  }
  if (context.ordersInAll >= limits.maxOrders) {
    verdict.set(0, 'open_orders', context.ordersInAll, limits.maxOrders);
    return true;
  }
  return false;
}
