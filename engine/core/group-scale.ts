import { remaining, SIDES } from '../orders/index.ts';
import { MAX_GROUP_LIMIT, MIN_GROUP_LIMIT, type ShardGroup } from '../risk/index.ts';
import type { Count, TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';

const SAMPLE_MS = 1000;
const SPAN_MS = 30_000;
/** A limit is lowered only to less than this share of what it is: each change costs 10 tokens. */
const LOWER_SHARE = 0.75;

interface Peak {
  before: number;
  now: number;
  since: TimeUs;
}

/**
 * Keeps a group's limit in proportion to what is quoted: `orderGroup.scaleToQuotes` times the largest total of live
 * orders on the shard within the last half minute to minute, never above the ceiling. Raised at once, lowered by a
 * quarter or more only. With nothing quoted it stays as it is.
 */
export class GroupScale {
  private readonly ctx: Context;
  private readonly peaks = new Map<ShardGroup, Peak>();
  private sampledAt = 0 as TimeUs;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  tick(): void {
    const { ctx } = this;
    const { scaleToQuotes } = ctx.config.groups;
    if (scaleToQuotes === 0 || ctx.phase !== 'running' || !ctx.passed(this.sampledAt, SAMPLE_MS)) return;
    this.sampledAt = ctx.now;
    for (const group of ctx.groups.values()) {
      const most = this.most(group);
      if (most === 0) continue;
      const scaled = Math.ceil(most * scaleToQuotes);
      const wanted = Math.min(group.ceiling, Math.max(MIN_GROUP_LIMIT, Math.min(scaled, MAX_GROUP_LIMIT))) as Count;
      const isLower = wanted < group.wantedLimit;
      if (!isLower || wanted < group.wantedLimit * LOWER_SHARE || group.ceiling < group.wantedLimit)
        group.wantedLimit = wanted;
    }
  }

  /** The largest total of live orders on the group's shard in this span and the one before, 1e-2 contracts. */
  private most(group: ShardGroup): number {
    const { ctx } = this;
    let total = 0;
    for (const { index, exchangeIndex } of ctx.markets) {
      if (exchangeIndex !== group.exchangeIndex) continue;
      for (const side of SIDES) for (const order of ctx.orders.on(index, side)) total += remaining(order);
    }
    const peak = this.peaks.get(group) ?? { before: 0, now: 0, since: ctx.now };
    this.peaks.set(group, peak);
    if (ctx.passed(peak.since, SPAN_MS)) {
      peak.before = peak.now;
      peak.now = 0;
      peak.since = ctx.now;
    }
    peak.now = Math.max(peak.now, total);
    return Math.max(peak.before, peak.now);
  }
}
