import { type FaultPlan, faultPlan } from '../../engine/exchange/faults/plan.ts';
import { Random } from '../../engine/exchange/random.ts';

/** Everything that can befall a world. What a kind does with its `amount` is said where it is carried out. */
export const KINDS = [
  // Of the exchange's fault plan.
  'requests_lost',
  'answers_lost',
  'answers_silent',
  'requests_late',
  'answers_late',
  'errors_before',
  'errors_after',
  'rate_limited',
  'reads_stale',
  'frames_lost',
  'channel_deaf',
  'frames_doubled',
  'frames_reordered',
  'frames_delayed',
  'shard_down',
  'maintenance',
  'group_trigger',
  // Done to the world by hand.
  'link_down',
  'half_open',
  'frames_bad',
  'unsent',
  'market_paused',
  'shard_paused',
  'closed_early',
  'settled',
  'grid_changed',
  'fees_changed',
  'clock_jump',
  'stalled',
  'operator_pause',
  'operator_level',
  'operator_reset',
  'panic',
  'gauges_off',
  'killed',
] as const;

export type Kind = (typeof KINDS)[number];

/** One thing that goes wrong: from `atMs` since the opening, for `forMs` where it lasts. */
export interface Disaster {
  readonly kind: Kind;
  readonly atMs: number;
  readonly forMs: number;
  /** How bad, or which, in [0, 1). */
  readonly amount: number;
}

/** Disasters begin within this of a world's opening; then the sun comes out. */
export const STORM_MS = 3000;
/** The longest a disaster lasts. */
export const LONGEST_MS = 1200;
/** How far lagging reads lag: one of these. */
const LAGS_MS = [150, 400] as const;
const CHANNELS = ['orderbook_delta', 'fill', 'user_orders', 'order_group_updates', 'market_lifecycle_v2', undefined];

/** What a world of this seed goes through, in order of time. */
export function disastersOf(seed: number): Disaster[] {
  const random = new Random(seed, 'disasters');
  const calmness = random.next();
  const count = calmness < 0.05 ? 0 : random.integer(1, calmness < 0.5 ? 4 : 9);
  const drawn = Array.from({ length: count }, (): Disaster => {
    const kind = KINDS[random.integer(0, KINDS.length - 1)]!;
    const atMs = random.integer(0, STORM_MS);
    return { kind, atMs, forMs: random.integer(50, LONGEST_MS), amount: random.next() };
  });
  return drawn.sort((a, b) => a.atMs - b.atMs);
}

/** The channel that falls silent: mostly that of fills. */
function deafened(amount: number): string {
  return amount < 0.6 ? 'fill' : amount < 0.9 ? 'user_orders' : 'order_group_updates';
}

/** The fault plan of the embedded exchange that carries out the disasters it knows. */
export function planOf(seed: number, disasters: readonly Disaster[], shards: readonly number[]): FaultPlan {
  const requests: object[] = [];
  const frames: object[] = [];
  const groups: object[] = [];
  const shardsDown: object[] = [];
  const maintenance: object[] = [];
  for (const { kind, atMs, forMs, amount } of disasters) {
    const when = { afterMs: atMs, forMs };
    const often = { ...when, probability: 0.2 + 0.8 * amount };
    const seldom = { ...when, probability: 0.01 + 0.2 * amount };
    const channel = CHANNELS[Math.floor(amount * CHANNELS.length)];
    const on = channel === undefined ? {} : { channel };
    const status = [500, 502, 503, 504][Math.floor(amount * 4)];
    if (kind === 'requests_lost') requests.push({ fault: 'drop', stage: 'before', ...often });
    else if (kind === 'answers_lost') requests.push({ fault: 'drop', stage: 'after', ...often });
    else if (kind === 'answers_silent') requests.push({ fault: 'silence', stage: 'after', ...often });
    else if (kind === 'requests_late')
      requests.push({ fault: 'latency', beforeMs: 50, jitterMs: 800 * amount, ...when });
    else if (kind === 'answers_late') requests.push({ fault: 'latency', backMs: 100 + 1000 * amount, ...when });
    else if (kind === 'errors_before') requests.push({ fault: 'error', stage: 'before', status, ...often });
    else if (kind === 'errors_after') requests.push({ fault: 'error', stage: 'after', status, ...often });
    else if (kind === 'rate_limited') requests.push({ fault: 'rateLimit', ...often });
    else if (kind === 'reads_stale') requests.push({ fault: 'stale', lagMs: LAGS_MS[amount < 0.5 ? 0 : 1], ...when });
    else if (kind === 'frames_lost') frames.push({ fault: 'drop', ...on, ...seldom });
    else if (kind === 'channel_deaf') frames.push({ fault: 'drop', channel: deafened(amount), ...when });
    else if (kind === 'frames_doubled') frames.push({ fault: 'duplicate', ...on, ...often });
    else if (kind === 'frames_reordered')
      frames.push({ fault: 'reorder', by: 1 + Math.floor(amount * 6), ...on, ...seldom });
    else if (kind === 'frames_delayed')
      frames.push({ fault: 'delay', delayMs: 50, jitterMs: 800 * amount, ...on, ...when });
    else if (kind === 'shard_down') shardsDown.push({ shard: shards[Math.floor(amount * shards.length)], ...when });
    else if (kind === 'maintenance') maintenance.push(when);
    else if (kind === 'group_trigger') groups.push({ on: amount < 0.5 ? 'create' : 'fill', ...when, to: 1000 });
  }
  return faultPlan({ seed, requests, frames, groups, shards: shardsDown, maintenance });
}

/** A disaster for a person: `answers_lost at 1200 ms for 800 ms (0.31)`. */
export function describe({ kind, atMs, forMs, amount }: Disaster): string {
  return `${kind} at ${atMs} ms for ${forMs} ms (${amount.toFixed(2)})`;
}
