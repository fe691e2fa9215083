import type { Context } from './context.ts';

/** The little that somebody who has to pull our orders without us must know. */
export interface Vitals {
  /** The feed is connected. */
  readonly linkUp: boolean;
  /** Orders that may rest, those of unknown state included. */
  readonly resting: number;
  /** Order groups that orders of ours may name. */
  readonly groups: readonly { readonly shard: number; readonly id: string }[];
}

/** A session's vitals now. */
export function vitalsOf(ctx: Context): Vitals {
  const groups = [];
  for (const { exchangeIndex: shard, id, life } of ctx.groups.values())
    if (id !== '' && life !== 'deleted') groups.push({ shard, id });
  return { linkUp: ctx.linkUp, resting: ctx.orders.liveCount, groups };
}
