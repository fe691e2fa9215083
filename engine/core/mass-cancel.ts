import type { Order } from '../orders/index.ts';
import type { QuietReason } from '../quoting/index.ts';
import type { ShardGroup } from '../risk/index.ts';
import type { TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import { callGroup, resultOf } from './group-call.ts';
import type { MarketState } from './market-state.ts';

/** Reasons that pull everything without anything being placed anew at once. */
const LASTING: ReadonlySet<QuietReason> = new Set<QuietReason>([
  'halted',
  'link_down',
  'paused',
  'calendar',
  'exchange_paused',
  'closing_soon',
  'market_not_active',
]);
/** A trigger without a certain outcome is repeated after this; after this long the stream should have told of cancels. */
const RETRIGGER_MS = 250;
const STREAM_LAG_MS = 1000;

/** A cancel that waits to be sent. */
export interface QueuedCancel {
  readonly order: Order;
  readonly market: MarketState;
}

/**
 * Pulls everything of a shard by triggering its group, where all its markets are to be empty for more than a moment and
 * the trigger, with the reset that follows, costs less than the cancels, or the cancels cannot be paid for now. While
 * quoting goes on it is never used: a reset can fail.
 */
export class MassCancel {
  private readonly ctx: Context;
  private readonly gone: (group: ShardGroup, why: string) => void;
  /** Orders a trigger is to have cancelled, and since when they should be known to be gone. */
  private readonly covered = new Map<ShardGroup, { orders: Order[]; since: TimeUs }>();
  private readonly againAt = new Map<ShardGroup, TimeUs>();
  private readonly heldUntil = new Map<ShardGroup, TimeUs>();
  private readonly mayArrive = new Map<ShardGroup, TimeUs>();

  constructor(ctx: Context, gone: (group: ShardGroup, why: string) => void) {
    this.ctx = ctx;
    this.gone = gone;
  }

  /** Of the cancels queued, those that a trigger does not take care of. */
  sift<T extends QueuedCancel>(queue: T[]): T[] {
    const { ctx } = this;
    if (!ctx.config.groups.massCancel || ctx.phase !== 'running' || queue.length === 0) return queue;
    let left = queue;
    for (const group of ctx.groups.values()) {
      if (group.life !== 'armed' || !group.holdsAll || ctx.now < (this.heldUntil.get(group) ?? 0)) continue;
      const its = queue.filter(({ market }) => market.exchangeIndex === group.exchangeIndex);
      if (its.length === 0 || !this.isCheaper(group, its.length) || !this.pullsAll(group)) continue;
      if (!ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) continue;
      for (const { order } of its) ctx.orders.cancelSent(order);
      this.covered.set(group, { orders: its.map(({ order }) => order), since: ctx.now });
      const text = `shard ${group.exchangeIndex}: ${its.length} orders are pulled by one trigger of order group ${group.id}`;
      ctx.report('info', 'mass_cancel', text, { group: group.id, shard: group.exchangeIndex, orders: its.length });
      this.trigger(group);
      left = left.filter((item) => !its.includes(item));
    }
    return left;
  }

  /** Nothing is to be quoted on the shard for more than a moment. */
  pullsAll({ exchangeIndex }: ShardGroup): boolean {
    // Asked whenever tokens are short: it ends at the first market that is quoted.
    return this.ctx.markets.every(
      (market) => market.exchangeIndex !== exchangeIndex || market.reasons.every((reason) => LASTING.has(reason)),
    );
  }

  /** Until when a trigger whose answer was lost may still arrive: a reset before that could be undone by it. */
  mayArriveUntil(group: ShardGroup): number {
    return this.mayArrive.get(group) ?? 0;
  }

  /** Repeat what was not answered, and ask for orders that nobody told of. */
  tick(): void {
    const { ctx } = this;
    for (const [group, { orders, since }] of this.covered) {
      if (group.life === 'triggering' && ctx.now >= (this.againAt.get(group) ?? Number.POSITIVE_INFINITY)) {
        if (ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) this.trigger(group);
      }
      if (group.life !== 'triggered' || (ctx.linkUp && !ctx.passed(since, STREAM_LAG_MS))) continue;
      // No stream, or none that told: what became of them is read.
      this.covered.delete(group);
      for (const order of orders) if (order.cancel === 'sent') ctx.orders.cancelDoubted(order, ctx.now);
    }
  }

  /** Trigger and reset together, as against the cancels; each where it is billed. */
  private isCheaper({ exchangeIndex }: ShardGroup, orders: number): boolean {
    const { ctx } = this;
    const own = ctx.bucketOf(exchangeIndex);
    const isCommon = own === ctx.writes;
    const cancels = orders * (isCommon ? ctx.costs.cancelCost : ctx.costs.singleCancelCost);
    const payable = own.available(ctx.now) - (isCommon ? ctx.triggerReserve : 0);
    return cancels > 2 * ctx.costs.defaultCost || cancels > payable;
  }

  private trigger(group: ShardGroup): void {
    const { ctx } = this;
    group.life = 'triggering';
    group.awaitsWord = ctx.linkUp;
    this.againAt.set(group, Number.POSITIVE_INFINITY as TimeUs);
    callGroup(ctx, group, 'trigger', (outcome) => {
      const result = resultOf(outcome);
      if (result === 'unknown') this.mayArrive.set(group, ctx.after(ctx.config.timing.unknownMinAgeMs));
      if (group.life !== 'triggering') return;
      if (result === 'done') {
        group.trigger('pull', ctx.now);
        const its = this.covered.get(group);
        if (its !== undefined) its.since = ctx.now;
      } else if (result === 'unknown') {
        this.againAt.set(group, ctx.after(RETRIGGER_MS));
        for (const order of this.covered.get(group)?.orders ?? []) ctx.orders.cancelDoubted(order, ctx.now);
      } else this.withdraw(group, result === 'gone');
      ctx.touchAll();
    });
  }

  /** Nothing happened: the orders are cancelled one by one. */
  private withdraw(group: ShardGroup, isGone: boolean): void {
    const { ctx } = this;
    // Of several tries an earlier one may have arrived.
    const isUncertain = ctx.now < this.mayArriveUntil(group);
    for (const order of this.covered.get(group)?.orders ?? []) ctx.orders.cancelWithdrawn(order);
    this.heldUntil.set(group, ctx.after(ctx.config.timing.retryMs));
    if (isGone) {
      this.covered.delete(group);
      this.gone(group, 'the exchange does not know it');
    } else if (isUncertain) this.againAt.set(group, ctx.after(RETRIGGER_MS));
    else {
      this.covered.delete(group);
      group.life = 'armed';
    }
  }
}
