import type { ShardGroup } from '../risk/index.ts';
import type { TimeUs } from '../units/index.ts';
import { type OrderRecord, ordersPage, Paths } from '../wire/index.ts';
import type { Context } from './context.ts';
import { callGroup, resultOf } from './group-call.ts';
import type { RequestOutcome } from './port.ts';
import { readList } from './reader.ts';
import type { Sync } from './sync.ts';
import type { OrderWriter } from './writer.ts';

/** How stopping ended. */
export interface StopResult {
  /** The exchange confirmed, twice in a row, that nothing of ours rests. */
  readonly clean: boolean;
  /** Orders of ours that rested at the last look, or that we could not look for. */
  readonly resting: number;
  readonly text: string;
}

/** Reads in a row that must show nothing: the exchange's reads lag its book. */
const CLEAN_READS = 2;
const LOOK_EVERY_MS = 200;
/** A trigger that failed is repeated after this; after this long stopping no token is waited for. */
const RETRIGGER_MS = 250;
const IMPATIENT_MS = 1000;

/**
 * The way out: trigger the order groups (one request pulls everything at once), cancel what is known to rest, then ask
 * the exchange until it confirms that nothing of ours is left, then delete the groups. Gives up at the deadline and
 * says what may still rest.
 */
export class Shutdown {
  result: StopResult | null = null;
  private readonly ctx: Context;
  private readonly writer: OrderWriter;
  private readonly sync: Sync;
  private readonly deadline: number;
  /** When a group's trigger may be sent (again), by shard; and since when the stop has been under way. */
  private readonly triggerAt = new Map<number, number>();
  private readonly began: number;
  private nextLook = 0;
  /** When the cash that was not right is compared again. */
  private compareAt = Number.POSITIVE_INFINITY;
  private looking = false;
  private confirmed = false;
  private cleanReads = 0;
  private lastResting = 0;
  private lastWhy = 'not verified yet';

  constructor(ctx: Context, writer: OrderWriter, sync: Sync) {
    this.ctx = ctx;
    this.sync = sync;
    this.writer = writer;
    this.began = ctx.now;
    this.deadline = ctx.after(ctx.config.timing.stopTimeoutMs);
  }

  tick(): void {
    const { ctx } = this;
    if (this.result !== null) return;
    this.triggerGroups();
    this.writer.cancelAll();
    if (ctx.now >= this.compareAt) {
      this.compareAt = Number.POSITIVE_INFINITY;
      this.compareCash(() => this.conclude());
    }
    if (ctx.now >= this.nextLook && !this.looking && !this.confirmed) this.look();
    if (this.result === null && ctx.now >= this.deadline) this.giveUp();
  }

  private triggerGroups(): void {
    const { ctx } = this;
    for (const group of ctx.groups.values()) {
      if (!group.takesOrders || ctx.now < (this.triggerAt.get(group.exchangeIndex) ?? 0)) continue;
      const cost = ctx.costs.defaultCost;
      if (!ctx.writes.take(cost, 0, ctx.now)) {
        // The mirror may be deep in debt for requests whose answers were lost; the kill switch does not wait for that.
        if (!ctx.passed(this.began as TimeUs, IMPATIENT_MS)) continue;
        ctx.writes.charge(cost, ctx.now);
      }
      this.triggerAt.set(group.exchangeIndex, Number.POSITIVE_INFINITY);
      // The stream may tell of it before, or instead of, the answer.
      group.life = 'triggering';
      callGroup(ctx, group, 'trigger', (outcome) => this.triggered(group, outcome));
    }
  }

  private triggered(group: ShardGroup, outcome: RequestOutcome): void {
    const { ctx } = this;
    const result = resultOf(outcome);
    if (result === 'done' && group.takesOrders) group.trigger('pull', ctx.now);
    // A group that is gone takes no orders either.
    if (result === 'gone') group.life = 'deleted';
    // Again where it failed, and where a reset that was under way opens the latch after all.
    this.triggerAt.set(group.exchangeIndex, ctx.after(RETRIGGER_MS));
  }

  private look(): void {
    const { ctx } = this;
    this.looking = true;
    this.nextLook = ctx.after(LOOK_EVERY_MS);
    readList(ctx, 'getOrders', Paths.orders, `status=resting&limit=1000&${ctx.scope}`, ordersPage, (orders, why) => {
      this.looking = false;
      this.nextLook = ctx.after(LOOK_EVERY_MS);
      if (orders === null) {
        this.cleanReads = 0;
        this.lastWhy = why;
        return;
      }
      this.judge(orders);
    });
  }

  private judge(resting: readonly OrderRecord[]): void {
    const { ctx } = this;
    const { clientPrefix, subaccount } = ctx.config;
    const ours = resting.filter((o) => o.subaccount === subaccount && o.clientOrderId.startsWith(`${clientPrefix}-`));
    for (const record of ours) {
      if (ctx.orders.observe(record, ctx.now) === undefined) this.writer.cancelLeftover(record);
    }
    this.lastResting = ours.length;
    const open = this.mayLand();
    this.lastWhy = ours.length === 0 && open !== '' ? open : `${ours.length} of our orders still rest`;
    this.cleanReads = ours.length === 0 && open === '' ? this.cleanReads + 1 : 0;
    if (this.cleanReads < CLEAN_READS) return;
    this.confirmed = true;
    this.deleteGroups();
    this.compareCash(() => {
      if (this.sync.cash.disagrees) this.compareAt = ctx.after(ctx.config.timing.retryMs);
      else this.conclude();
    });
  }

  /**
   * With nothing resting the cash has to be right to the micro-dollar, once the last fills are known: they may have gone
   * past us. Reads lag, so a difference is looked at again a little later.
   */
  private compareCash(done: () => void): void {
    const { sync } = this;
    sync.readFills((why) => {
      if (why === '') sync.cash.read(done);
      else this.conclude();
    });
  }

  private conclude(): void {
    this.result ??= { clean: true, resting: 0, text: 'the exchange confirms that nothing of ours rests' };
  }

  /** Why an order could come to rest after a read that shows none, '' when none can. */
  private mayLand(): string {
    const { ctx } = this;
    let doubtful = 0;
    for (const order of ctx.orders.all()) {
      if (order.life === 'sent') return 'creates are not answered yet';
      if (order.life === 'unknown') doubtful++;
    }
    // A triggered group refuses what arrives late; until it is known to be triggered a lost create may still land.
    if (doubtful === 0 || [...ctx.groups.values()].every((group) => !group.takesOrders)) return '';
    return `${doubtful} creates may still arrive and the group trigger is not confirmed`;
  }

  private deleteGroups(): void {
    const { ctx } = this;
    for (const group of ctx.groups.values()) {
      // One that was triggered for a cause is left for the next session to find: a restart does not open the latch.
      const isCaused = group.isLatched || group.rolling(ctx.now) >= group.limit;
      if (group.id === '' || isCaused || !ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) continue;
      callGroup(ctx, group, 'delete', () => {});
      group.life = 'deleted';
    }
  }

  private giveUp(): void {
    if (this.confirmed) return this.conclude();
    const { ctx } = this;
    const known = ctx.orders.liveCount;
    const text = `could not verify within ${ctx.config.timing.stopTimeoutMs / 1000} s that nothing rests: ${this.lastWhy}`;
    this.result = { clean: false, resting: Math.max(known, this.lastResting), text };
  }
}
