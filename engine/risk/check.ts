import { BID, type Count, formatDollars, type Money, type Price, type Side } from '../units/index.ts';
import { collateralEach } from './collateral.ts';
import { CONSTRAINTS, type RiskCode, type RiskUnit } from './constraints.ts';
import type { MarketLimits } from './limits.ts';
import { roomsOf } from './rooms.ts';

/** What is wanted, and the state it is judged in: the set of orders that would result, not the order alone. */
export class RiskContext {
  // The order.
  side: Side = BID;
  price = 0 as Price;
  count = 0 as Count;
  /** What one contract of it can lose, at the dearer of its prices while it is being moved; 1e-4 dollars. */
  each = 0;
  /** What filling it costs in fees, 1e-4 dollars a contract. */
  feeEach = 0;
  /** Of an order that is moved: what may still fill of it where it is. All sums below are without it. 0: a new order. */
  movedCount = 0;
  /** Contracts of it that close a position, whatever else of ours fills on its side. */
  closing = 0;
  isOnGrid = true;

  // Where it goes.
  /** 0 normal, 1 reduce only, 2 and above no orders. */
  killLevel = 0;
  /** The position as a gain of this side adds to it, and what may still fill on the side. */
  held = 0;
  sideExposure = 0;
  /** What may still fill on both sides. */
  resting = 0;
  ownOpposite = 0 as Price;
  /** The book's best price on the other side, 0 for empty; what others' book says the market is worth, NaN for nothing. */
  bookOpposite = 0 as Price;
  mid = Number.NaN;
  ordersInMarket = 0;
  ordersInAll = 0;
  /** Since the same order was last sent, milliseconds; until another may go at the market's rate. */
  sameSentMs = Number.POSITIVE_INFINITY;
  rateWaitMs = 0;
  tradesInDay = 0;

  // Money, micro-dollars.
  /** Worth of the market in the outcome this order loses in, and of the event in the worst outcome it loses in. */
  marketWorst = 0;
  eventWorst = 0;
  /** Risk of the level beside what `eventWorst` tells of. */
  besidesEvent = 0;
  besidesSeries = 0;
  besidesStrategy = 0;
  besidesTotal = 0;
  /** Most contracts of the level's other markets. */
  othersEvent = 0;
  othersSeries = 0;
  othersStrategy = 0;
  othersTotal = 0;
  capitalUsed = 0;
  /** Cash on the shard that nothing of ours lays claim to; Infinity while none was told. */
  available = Number.POSITIVE_INFINITY;
  equity = Number.POSITIVE_INFINITY;

  /** Take an order in. `moved`: price and contracts of the one that is moved there. Held and exposure come first. */
  take(side: Side, price: Price, count: Count, movedPrice = 0 as Price, movedCount = 0): void {
    this.side = side;
    this.price = price;
    this.count = count;
    this.movedCount = movedCount;
    const each = collateralEach(side, price);
    this.each = movedCount > 0 ? Math.max(each, collateralEach(side, movedPrice)) : each;
    this.closing = Math.min(count, Math.max(0, -this.held - this.sideExposure));
  }
}

/** The verdict on an order: how many contracts may go, and why not more. Reused between calls. */
export class RiskVerdict {
  count = 0 as Count;
  code: RiskCode = 'ok';
  /** The number that bound and its limit, for the reader of a reason; in the constraint's unit. */
  value = 0;
  limit = 0;

  set(count: number, code: RiskCode, value: number, limit: number): void {
    this.count = Math.max(0, count) as Count;
    this.code = code;
    this.value = value;
    this.limit = limit;
  }
}

const WHOLE = 100;
/** Reused between calls. */
const ROOMS = new Float64Array(CONSTRAINTS.length);

/**
 * Judge a post-only order, or the move of one, by every constraint in order (docs/risk.md). Each sees what the ones
 * before it left; the last one that cut is named. Whole contracts stay whole. Pure; the time it takes does not depend
 * on how much is held or rests.
 */
export function checkOrder(limits: MarketLimits, context: RiskContext, verdict: RiskVerdict): void {
  const { count: asked, closing } = context;
  verdict.set(asked, 'ok', 0, 0);
  let allowed: number = asked;
  roomsOf(limits, context, ROOMS);
  for (let i = 0; i < ROOMS.length; i++) {
    const room = ROOMS[i]!;
    if (room >= allowed) continue;
    const rule = CONSTRAINTS[i]!;
    let left = rule.action === 'resize' ? Math.max(0, room) : 0;
    if (rule.sparesClosing && closing > left) left = closing;
    if (left >= allowed) continue;
    if (asked % WHOLE === 0) left -= left % WHOLE;
    verdict.set(left, rule.name, rule.value(limits, context, allowed), rule.limit(limits, context));
    allowed = left;
    if (allowed === 0) return;
  }
}

const RULES: ReadonlyMap<RiskCode, (typeof CONSTRAINTS)[number]> = new Map(
  CONSTRAINTS.map((rule) => [rule.name, rule]),
);

/** What is done about an order that breaks this constraint. */
export function actionOf(code: RiskCode): 'reject' | 'resize' | 'delay' {
  return RULES.get(code)?.action ?? 'reject';
}

/** The verdict with its numbers for a person: `event_risk: $128.80, at most $100.00`. */
export function describeVerdict({ code, value, limit }: RiskVerdict): string {
  const rule = RULES.get(code);
  if (rule === undefined) return code;
  const numbers = rule.unit === '' ? '' : `: ${amount(value, rule.unit)}, ${rule.must} ${amount(limit, rule.unit)}`;
  return `${code}${numbers}`;
}

function amount(value: number, unit: RiskUnit): string {
  if (unit === 'dollars') return formatDollars(Math.round(value) as Money);
  if (unit === 'contracts') return `${value / 100} contracts`;
  if (unit === 'cents') return `${value / 100} cents`;
  return unit === 'ms' ? `${Math.round(value)} ms` : `${value} ${unit}`;
}
