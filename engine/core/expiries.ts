import { intendedLeft, type Order, remaining, SIDES } from '../orders/index.ts';
import type { SidePlan } from '../quoting/index.ts';
import type { Count, Side, TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/** Lives are spread over this share of the full one, so that orders made together do not go together. */
const SPREAD = 0.25;
/** The golden ratio's fraction: multiples of it fill an interval evenly, however many there are. */
const GOLDEN = 0.6180339887498949;
/** An order is renewed so long before it expires, or a fifth of its life where that is less. */
const LEAD_MS = 60_000;
/** So long after its expiry an order that nothing was heard of is asked for. */
const GRACE_MS = 5000;
const LOOK_MS = 1000;
/** What stays of a side's only order while its successor is on the way. */
const KEPT_SHARE = 0.25;
const ONE_CONTRACT = 100;

/**
 * The last line of defence: every order expires, so that what nobody is left to cancel goes by itself. An order's expiry
 * cannot be moved (an amend has no field for it, API section 4), so orders are renewed: late, because a new one stands at
 * the back of its queue, one at a time on each side, and only when the bucket pays for the successor too. A side's only
 * order is first made smaller and its successor placed beside it, so that the side is never empty and never doubled.
 */
export class Expiries {
  private readonly ctx: Context;
  private readonly lifeMs: number;
  private readonly leadMs: number;
  private count = 0;
  private nextLook = 0 as TimeUs;

  constructor(ctx: Context) {
    this.ctx = ctx;
    this.lifeMs = ctx.config.expireMs ?? 0;
    this.leadMs = Math.min(LEAD_MS, this.lifeMs / 5);
  }

  /** When the next new order is to expire: Unix seconds, 0 for never. */
  next(): number {
    if (this.lifeMs === 0) return 0;
    const early = ((this.count++ * GOLDEN) % 1) * SPREAD;
    return Math.floor((this.ctx.now / 1000 + this.lifeMs * (1 - early)) / 1000);
  }

  /** Time has passed: have markets with orders to be renewed looked at, and ask for orders that should be gone. */
  tick(): void {
    const { ctx } = this;
    if (this.lifeMs === 0 || ctx.now < this.nextLook) return;
    let next = ctx.after(this.lifeMs / 2);
    for (const market of ctx.markets) {
      for (const side of SIDES) {
        for (const order of ctx.orders.on(market.index, side)) {
          if (order.expiresTime === 0) continue;
          const due = order.expiresTime - this.leadMs * 1000;
          if (due <= ctx.now) ctx.touch(market);
          next = Math.min(next, due) as TimeUs;
          const isOverdue = ctx.passed(order.expiresTime, GRACE_MS);
          // Its message was lost: only a look can tell whether it expired or filled before.
          if (isOverdue && order.life === 'resting' && order.cancel !== 'sent') ctx.orders.doubt(order, ctx.now);
        }
      }
    }
    this.nextLook = Math.max(next, ctx.after(LOOK_MS)) as TimeUs;
  }

  /** Add to a side's plan the one step that renews the order that is due first, if one is and can be. */
  renew(market: MarketState, side: Side, wanted: number, plan: SidePlan): void {
    if (this.lifeMs === 0 || wanted === 0) return;
    const { ctx } = this;
    // What has to move loses its place anyway.
    for (let i = plan.amends.length - 1; i >= 0; i--) {
      if (!this.isDue(plan.amends[i]!.order)) continue;
      plan.cancels.push(plan.amends[i]!.order);
      plan.amends.splice(i, 1);
    }
    if (plan.cancels.length + plan.decreases.length + plan.amends.length + plan.creates.length > 0) return;
    const live = ctx.orders.on(market.index, side);
    let first: Order | null = null;
    for (const order of live) {
      if (order.life !== 'resting' || order.cancel !== 'none' || order.change !== null) return;
      if (this.isDue(order) && (first === null || order.expiresTime < first.expiresTime)) first = order;
    }
    if (first === null) return;
    const { costs } = ctx;
    const price = Math.max(costs.cancelCost, costs.singleCancelCost) + costs.createCost + costs.decreaseCost;
    if (ctx.bucketOf(market.exchangeIndex).available(ctx.now) < price + ctx.keptFor(false)) return ctx.wait(market);
    const kept = live.length > 1 ? 0 : this.keptOf(first);
    if (kept === 0) plan.cancels.push(first);
    else plan.decreases.push({ order: first, left: kept });
  }

  /** Whole contracts to leave of a side's only order, few enough that the rest is worth an order; 0: it has to go whole. */
  private keptOf(order: Order): Count {
    const share = Math.min(KEPT_SHARE, (1 - this.ctx.config.tolerance.countShare) / 2);
    const left = intendedLeft(order);
    const kept = Math.max(ONE_CONTRACT, Math.floor((left * share) / ONE_CONTRACT) * ONE_CONTRACT);
    return (share > 0 && kept <= left * 2 * share && kept < remaining(order) ? kept : 0) as Count;
  }

  private isDue(order: Order): boolean {
    return order.expiresTime !== 0 && this.ctx.now >= order.expiresTime - this.leadMs * 1000;
  }
}
