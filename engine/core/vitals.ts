import type { Context } from './context.ts';

/** The little that somebody who has to pull our orders without us must know. */
export interface Vitals {
  /** The feed is connected. */
  readonly linkUp: boolean;
  /** Orders that may rest, those of unknown state included. */
  readonly resting: number;
  /** Order groups that orders of ours may name. `latched`: triggered, and not by ourselves to pull everything. */
  readonly groups: readonly { readonly shard: number; readonly id: string; readonly latched: boolean }[];
}

/** A session's vitals now. */
export function vitalsOf(ctx: Context): Vitals {
  const groups = [];
  for (const { exchangeIndex: shard, id, life, cause } of ctx.groups.values()) {
    if (id === '' || life === 'deleted') continue;
    groups.push({ shard, id, latched: life === 'triggered' && cause !== 'pull' });
  }
  return { linkUp: ctx.linkUp, resting: ctx.orders.liveCount, groups };
}
