import type { ShardGroup } from '../risk/index.ts';
import type { TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import { callGroup, readGroup, resultOf } from './group-call.ts';

/** A group's window, and a second for clocks that differ. */
const WINDOW_MS = 16_000;

/**
 * Brings a group's limit at the exchange to the one wanted. A limit at or below what has filled in the last 15 seconds
 * would trigger the group at once (API 4), so it is lowered when that has aged.
 */
export class GroupLimits {
  private readonly ctx: Context;
  private readonly busy = new Set<ShardGroup>();
  private readonly retryAt = new Map<ShardGroup, TimeUs>();

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** For a group that is armed. */
  tick(group: ShardGroup): void {
    const { ctx } = this;
    const { wantedLimit } = group;
    if (group.limit === wantedLimit || this.busy.has(group) || ctx.now < (this.retryAt.get(group) ?? 0)) return;
    // Of a group found again nobody knows how much of an earlier session is in its window: that has to age as well.
    if (wantedLimit < group.limit && !ctx.passed(ctx.earlierFillTime, WINDOW_MS)) return;
    if (group.rolling(ctx.now) >= wantedLimit || !ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) return;
    this.busy.add(group);
    const body = JSON.stringify({ contracts_limit_fp: (wantedLimit / 100).toFixed(2) });
    const done = (took: boolean, why: string): void => {
      this.busy.delete(group);
      const { id, exchangeIndex: shard } = group;
      if (took) {
        const text = `order group ${id} on shard ${shard}: limit ${group.limit / 100} is now ${wantedLimit / 100} contracts per 15 s`;
        group.limit = wantedLimit;
        ctx.report('info', 'group_limit', text, { group: id, shard, limit: wantedLimit / 100 });
        return;
      }
      this.retryAt.set(group, ctx.after(ctx.config.timing.retryMs));
      ctx.report('warn', 'group_limit_retry', `order group ${id} on shard ${shard}: limit not changed: ${why}`);
    };
    callGroup(
      ctx,
      group,
      'limit',
      (outcome) => {
        const result = resultOf(outcome);
        if (result === 'done') return done(true, '');
        if (result !== 'unknown') return done(false, result);
        readGroup(ctx, group, (record, why) => done(record?.limit === wantedLimit, why || 'the group has another'));
      },
      body,
    );
  }
}
