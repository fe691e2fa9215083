import { type Order, remaining } from '../orders/index.ts';
import { BID, type Count, type Price, type Side } from '../units/index.ts';
import type { SideTargets } from './strategy.ts';

/** A create the reconciler wants on a side. */
export interface WantedOrder {
  price: Price;
  count: Count;
  edge: number;
  urgency: number;
}

/** What to do on one side. Reused between calls. */
export class SidePlan {
  readonly cancels: Order[] = [];
  readonly creates: WantedOrder[] = [];

  clear(): void {
    this.cancels.length = 0;
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
 * Compare a side's targets with what is alive there and say what to cancel and what to create. Pure.
 *
 * Contracts of all live orders (those being cancelled, unanswered and unknown included) plus new creates never exceed
 * the targets' total: a replacement is only made once its predecessor is known to be gone, so nothing is doubled in
 * flight. A side with an order in unknown state gets no creates at all. A target that a resting order serves only in
 * part (after a fill) is topped up by a second order, so that the first keeps its queue place.
 */
export function reconcileSide(
  side: Side,
  wanted: SideTargets,
  live: readonly Order[],
  blocked: boolean,
  levelOf: (price: Price) => number,
  tolerance: Tolerance,
  plan: SidePlan,
): void {
  plan.clear();
  let total = 0;
  for (let t = 0; t < wanted.length; t++) total += wanted.targets[t]!.count;
  let alive = 0;
  for (const order of live) alive += remaining(order);
  const served = new Array<number>(wanted.length).fill(0);
  const leftOver: Order[] = [];
  // Exact prices first, so that an order one level behind cannot take the place of the one that is right.
  for (const order of live)
    if (!serve(side, order, wanted, served, levelOf, 0, tolerance.countShare)) leftOver.push(order);
  for (const order of leftOver) {
    if (serve(side, order, wanted, served, levelOf, tolerance.levelsBehind, tolerance.countShare)) continue;
    if (order.life === 'resting' && order.cancel === 'none') plan.cancels.push(order);
  }
  if (blocked) return;
  let room = total - alive;
  for (let t = 0; t < wanted.length && room > 0; t++) {
    const target = wanted.targets[t]!;
    const short = target.count - served[t]!;
    if (short <= target.count * tolerance.countShare) continue;
    const size = Math.min(short, room) as Count;
    plan.creates.push({ price: target.price, count: size, edge: target.edge, urgency: target.urgency });
    room -= size;
  }
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
  const level = levelOf(order.price);
  if (level < 0) return false;
  const left = remaining(order);
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
