import { type OrderRecord, ordersPage, Paths } from '../wire/index.ts';
import type { Context } from './context.ts';
import { readList } from './reader.ts';
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

/**
 * The way out: trigger the order groups (one request pulls everything at once), cancel what is known to rest, then ask
 * the exchange until it confirms that nothing of ours is left, then delete the groups. Gives up at the deadline and
 * says what may still rest.
 */
export class Shutdown {
  result: StopResult | null = null;
  private readonly ctx: Context;
  private readonly writer: OrderWriter;
  private readonly deadline: number;
  private readonly triggered = new Set<number>();
  private nextLook = 0;
  private looking = false;
  private cleanReads = 0;
  private lastResting = 0;
  private lastWhy = 'not verified yet';

  constructor(ctx: Context, writer: OrderWriter) {
    this.ctx = ctx;
    this.writer = writer;
    this.deadline = ctx.after(ctx.config.timing.stopTimeoutMs);
  }

  tick(): void {
    const { ctx } = this;
    if (this.result !== null) return;
    this.triggerGroups();
    this.writer.cancelAll();
    if (ctx.now >= this.nextLook && !this.looking) this.look();
    if (this.result === null && ctx.now >= this.deadline) this.giveUp();
  }

  private triggerGroups(): void {
    const { ctx } = this;
    for (const group of ctx.groups.values()) {
      if (group.life !== 'armed' || this.triggered.has(group.exchangeIndex)) continue;
      // The kill switch goes out whatever the bucket says: the reserve is kept for it.
      ctx.writes.charge(ctx.costs.defaultCost, ctx.now);
      this.triggered.add(group.exchangeIndex);
      const path = `${Paths.groups}/${encodeURIComponent(group.id)}/trigger`;
      const query = `exchange_index=${group.exchangeIndex}`;
      const done = (outcome: { readonly kind: string; readonly status?: number }): void => {
        if (outcome.kind === 'response' && outcome.status === 200) group.life = 'triggered';
        else this.triggered.delete(group.exchangeIndex);
      };
      ctx.write('triggerGroup', 'PUT', path, '{}', ctx.costs.defaultCost, done, query);
    }
  }

  private look(): void {
    const { ctx } = this;
    this.looking = true;
    this.nextLook = ctx.after(LOOK_EVERY_MS);
    readList(ctx, 'getOrders', Paths.orders, 'status=resting&limit=1000', ordersPage, (orders, why) => {
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
    const ours = resting.filter((o) => o.clientOrderId.startsWith(`${ctx.config.clientPrefix}-`));
    for (const record of ours) ctx.orders.observe(record, ctx.now);
    this.lastResting = ours.length;
    this.lastWhy = `${ours.length} of our orders still rest`;
    const unanswered = ctx.orders.all().some((o) => o.life === 'sent');
    this.cleanReads = ours.length === 0 && !unanswered ? this.cleanReads + 1 : 0;
    if (this.cleanReads < CLEAN_READS) return;
    const text = 'the exchange confirms that nothing of ours rests';
    this.result = { clean: true, resting: 0, text };
    this.deleteGroups();
  }

  private deleteGroups(): void {
    const { ctx } = this;
    for (const group of ctx.groups.values()) {
      if (group.id === '' || !ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) continue;
      const path = `${Paths.groups}/${encodeURIComponent(group.id)}`;
      const query = `exchange_index=${group.exchangeIndex}`;
      ctx.write('deleteGroup', 'DELETE', path, '', ctx.costs.defaultCost, () => {}, query);
      group.life = 'deleted';
    }
  }

  private giveUp(): void {
    const { ctx } = this;
    const known = ctx.orders.liveCount;
    const text = `could not verify within ${ctx.config.timing.stopTimeoutMs / 1000} s that nothing rests: ${this.lastWhy}`;
    this.result = { clean: false, resting: Math.max(known, this.lastResting), text };
  }
}
