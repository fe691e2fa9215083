import { intendedLeft, intendedPrice, type Order, remaining } from '../orders/index.ts';
import { BID, type Count, type Price, type Side } from '../units/index.ts';
import type { SideTargets } from './strategy.ts';

/** A create the reconciler wants on a side. */
export interface WantedOrder {
  price: Price;
  count: Count;
  edge: number;
  urgency: number;
}

/** A resting order to be moved where a new one is wanted: one request instead of a cancel and a create. */
export interface WantedAmend extends WantedOrder {
  order: Order;
  /** The order is priced better for others than anything wanted: it must go if it cannot be amended. */
  isAhead: boolean;
}

/** A resting order to be made smaller at its place in the queue. */
export interface WantedDecrease {
  order: Order;
  left: Count;
}

/** How an order that has to move is moved. */
export type Replace = 'amend' | 'cancel_create';

/** What to do on one side. Reused between calls. */
export class SidePlan {
  readonly cancels: Order[] = [];
  readonly decreases: WantedDecrease[] = [];
  readonly amends: WantedAmend[] = [];
  readonly creates: WantedOrder[] = [];

  clear(): void {
    this.cancels.length = 0;
    this.decreases.length = 0;
    this.amends.length = 0;
    this.creates.length = 0;
  }
}

/** How much noise a resting order may show before it is worth tokens and queue place to move it. */
export interface Tolerance {
  /** Levels an order may lie behind its target (less aggressive). An order ahead of its target is always pulled. */
  readonly levelsBehind: number;
  /** Share of the target count by which an order's remainder may differ, 0..1. */
  readonly countShare: number;
}

/**
 * Compare a side's targets with what is alive there and say what to cancel, shrink, move and create. Pure.
 *
 * Contracts of all live orders (those being cancelled, unanswered and unknown included, and those being changed at the
 * larger of both sizes) plus new ones never exceed the targets' total: a replacement is only made once its predecessor
 * is known to be gone, or by moving the order itself, so nothing is doubled in flight. A side with an order in unknown
 * state gets no creates at all. A target that a resting order serves only in part (after a fill) is topped up by a
 * second order, and an order that is merely too large is made smaller, so that both keep their queue places.
 */
export function reconcileSide(
  side: Side,
  wanted: SideTargets,
  live: readonly Order[],
  blocked: boolean,
  levelOf: (price: Price) => number,
  tolerance: Tolerance,
  replace: Replace,
  plan: SidePlan,
): void {
  plan.clear();
  let total = 0;
  for (let t = 0; t < wanted.length; t++) total += wanted.targets[t]!.count;
  let alive = 0;
  for (const order of live) alive += remaining(order);
  const served = new Array<number>(wanted.length).fill(0);
  const near: Order[] = [];
  const leftOver: Order[] = [];
  const { levelsBehind, countShare } = tolerance;
  // Exact prices first, so that an order one level behind cannot take the place of the one that is right.
  for (const order of live) {
    // What is on its way out still counts as alive, but holds no place that another could keep.
    if (order.cancel !== 'none') continue;
    if (!serve(side, order, wanted, served, levelOf, 0, countShare) && !shrink(order, wanted, served, plan))
      near.push(order);
  }
  for (const order of near) {
    if (serve(side, order, wanted, served, levelOf, levelsBehind, countShare) || !isFree(order)) continue;
    // A change is answered soon: only what goes where it must not rest even so long is pulled before.
    if (order.change?.life === 'sent' && wanted.length > 0 && !isAhead(side, order, wanted, levelOf, levelsBehind))
      continue;
    leftOver.push(order);
  }
  let room = blocked ? 0 : Math.max(0, total - alive);
  for (let t = 0; t < wanted.length && !blocked; t++) {
    const target = wanted.targets[t]!;
    const short = target.count - served[t]!;
    const slack = target.count * countShare;
    if (short <= slack) continue;
    const { price, edge, urgency } = target;
    const at =
      replace === 'amend'
        ? mover(leftOver, room, short - slack, plan.amends.length === 0 && !served.some(Boolean))
        : -1;
    if (at >= 0) {
      const order = leftOver.splice(at, 1)[0]!;
      const old = remaining(order);
      const count = Math.min(short, old + room) as Count;
      room -= Math.max(0, count - old);
      plan.amends.push({ order, price, count, edge, urgency, isAhead: isAhead(side, order, wanted, levelOf, 0) });
      continue;
    }
    const count = Math.min(short, room) as Count;
    if (count <= 0) continue;
    plan.creates.push({ price, count, edge, urgency });
    room -= count;
  }
  for (const order of leftOver) plan.cancels.push(order);
}

/**
 * Which order to move into a gap, -1 for none. Only one that fills it: pieces would have to be joined later, at twice the
 * price. On a side that would be left without any quote the largest goes all the same.
 */
function mover(orders: readonly Order[], room: number, least: number, isNaked: boolean): number {
  let largest = -1;
  for (const [at, order] of orders.entries()) {
    if (!movable(order)) continue;
    if (remaining(order) + room >= least) return at;
    if (largest < 0 || remaining(order) > remaining(orders[largest]!)) largest = at;
  }
  return isNaked ? largest : -1;
}

/** It rests, and no request on it is under way. */
function movable(order: Order): boolean {
  return isFree(order) && order.change === null;
}

/** Its request can be made now: it rests and no cancel is on its way. */
function isFree(order: Order): boolean {
  return order.life === 'resting' && order.cancel === 'none';
}

/** True when the order, where it is going, is by more than `levels` more aggressive than anything wanted. */
function isAhead(
  side: Side,
  order: Order,
  wanted: SideTargets,
  levelOf: (price: Price) => number,
  levels: number,
): boolean {
  const level = levelOf(intendedPrice(order));
  for (let t = 0; t < wanted.length; t++) {
    const target = wanted.targets[t]!.level;
    if (level >= 0 && (side === BID ? level - target : target - level) <= levels) return false;
  }
  return true;
}

/** Plan to make an order smaller that lies at a target's price and is merely too large for it. */
function shrink(order: Order, wanted: SideTargets, served: number[], plan: SidePlan): boolean {
  if (!movable(order)) return false;
  for (let t = 0; t < wanted.length; t++) {
    const { price, count } = wanted.targets[t]!;
    if (price !== order.price || served[t] !== 0 || count >= remaining(order)) continue;
    served[t] = count;
    plan.decreases.push({ order, left: count });
    return true;
  }
  return false;
}

/** Let an order serve a target it fits, at most `levelsBehind` levels less aggressive; false when it fits none. */
function serve(
  side: Side,
  order: Order,
  wanted: SideTargets,
  served: number[],
  levelOf: (price: Price) => number,
  levelsBehind: number,
  countShare: number,
): boolean {
  const level = levelOf(intendedPrice(order));
  if (level < 0) return false;
  const left = intendedLeft(order);
  for (let t = 0; t < wanted.length; t++) {
    const target = wanted.targets[t]!;
    const behind = side === BID ? target.level - level : level - target.level;
    if (behind < 0 || behind > levelsBehind) continue;
    if (served[t]! + left > target.count * (1 + countShare)) continue;
    served[t] = served[t]! + left;
    return true;
  }
  return false;
}
