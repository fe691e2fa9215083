import type { Count, TimeUs } from '../units/index.ts';

/**
 * Life of an order group of ours at the exchange. `triggering` and `resetting`: asked for, not confirmed. `triggered` is
 * latched: only a reset opens it, and only `GroupPolicy` has one made.
 */
export type GroupLife = 'absent' | 'creating' | 'armed' | 'triggering' | 'triggered' | 'resetting' | 'deleted';

/**
 * Why a group is triggered: `limit` by the exchange, whatever led to it; `pull` by us, to cancel everything at once;
 * `found` before this session began. '' while it is not.
 */
export type TriggerCause = '' | 'limit' | 'pull' | 'found';

/** What becomes of triggered groups, and of groups that are found at the start. */
export interface GroupPolicy {
  /** `operator`: quoting halts until a person says so. `coolOff`: by itself, after a time and under conditions. */
  readonly reset: 'operator' | 'coolOff';
  readonly coolOffMs: number;
  /** Resets by cool-off in a session, a shard; the trigger after the last one is left to the operator. */
  readonly maxResets: number;
  /** The operator has looked: groups found triggered at the start are reset. */
  readonly resetFound: boolean;
  /** Groups of the account that no order names: left alone, or deleted because nobody else uses the account. */
  readonly orphans: 'leave' | 'delete';
  /** Pull everything of a shard by a trigger where that is cheaper than cancels. */
  readonly massCancel: boolean;
  /** The limit follows this many times what is quoted at once, up to the ceiling; 0: it is the ceiling. */
  readonly scaleToQuotes: number;
}

/** Limits a group may have, 1e-2 contracts (API 4). */
export const MIN_GROUP_LIMIT = 100;
export const MAX_GROUP_LIMIT = 100_000_000;

/** Nothing is reset but by a person. */
export const GROUP_DEFAULTS: GroupPolicy = {
  reset: 'operator',
  coolOffMs: 60_000,
  maxResets: 3,
  resetFound: false,
  orphans: 'leave',
  massCancel: true,
  scaleToQuotes: 0,
};

const WINDOW_US = 15_000_000;

interface GroupFill {
  readonly time: TimeUs;
  readonly market: number;
  readonly count: Count;
}

/**
 * The order group of one shard and strategy: the exchange's own limit on how much of ours may fill in a rolling 15
 * seconds. Every order names it; a trigger (by fills, by us or by an operator) cancels them all and refuses new ones
 * until reset. Keeps our own count of the window, to say what led to a trigger.
 */
export class ShardGroup {
  readonly exchangeIndex: number;
  readonly strategy: string;
  /** As the exchange has it, as it shall be, and the most it may be by configuration or an operator. */
  limit: Count;
  wantedLimit: Count;
  ceiling: Count;
  id = '';
  life: GroupLife = 'absent';
  cause: TriggerCause = '';
  /** When it was triggered as far as we know, 0 while it is not. */
  triggeredTime = 0 as TimeUs;
  /** Resets by cool-off in this session. */
  resets = 0;
  /** A person wants it reset: the cool-off and its conditions are waived. */
  isResetOrdered = false;
  /** The stream has yet to tell of a trigger of ours. */
  awaitsWord = false;
  /** Every order of ours on the shard names it, so that a trigger pulls them all. */
  holdsAll = true;
  private fills: GroupFill[] = [];

  constructor(exchangeIndex: number, limit: Count, strategy = '') {
    this.exchangeIndex = exchangeIndex;
    this.limit = limit;
    this.wantedLimit = limit;
    this.ceiling = limit;
    this.strategy = strategy;
  }

  /** Seconds until it may be reset once triggered; NaN where a person decides. */
  secondsToReset({ coolOffMs, reset }: GroupPolicy, time: TimeUs): number {
    if (this.cause === 'pull' || this.isResetOrdered) return 0;
    if (reset === 'operator' || this.life === 'deleted') return Number.NaN;
    return Math.max(0, (this.triggeredTime - time) / 1_000_000 + coolOffMs / 1000);
  }

  /** An order that names it may come to rest: it is armed, or not known not to be. */
  get takesOrders(): boolean {
    return this.life === 'armed' || this.life === 'triggering' || this.life === 'resetting';
  }

  /** Triggered by more than a pull of ours, and nobody has said that it may be reset. */
  get isLatched(): boolean {
    return this.life === 'triggered' && this.cause !== 'pull' && !this.isResetOrdered;
  }

  /** It is latched from now on; what a person decided was about what was known then. */
  trigger(cause: TriggerCause, time: TimeUs): void {
    this.life = 'triggered';
    this.isResetOrdered = false;
    this.cause = cause;
    this.triggeredTime = time;
  }

  /** The latch is open and the count begins anew, as the exchange's does. */
  arm(): void {
    if (this.life === 'resetting') this.fills = [];
    this.life = 'armed';
    this.cause = '';
    this.triggeredTime = 0 as TimeUs;
    this.isResetOrdered = false;
  }

  /** A fill of an order of this group, heard of at `time`. */
  filled(count: Count, time: TimeUs, market = -1): void {
    this.fills.push({ time, market, count });
    this.forget(time);
  }

  /** Contracts filled in the 15 seconds up to `time`, or up to the trigger, as far as we heard of them by now. */
  rolling(time: TimeUs): Count {
    this.forget(time);
    return this.fills.reduce((sum, fill) => sum + fill.count, 0) as Count;
  }

  /** The same by market, the largest first. */
  byMarket(time: TimeUs): [market: number, count: Count][] {
    this.forget(time);
    const sums = new Map<number, Count>();
    for (const { market, count } of this.fills) sums.set(market, ((sums.get(market) ?? 0) + count) as Count);
    return [...sums].sort((a, b) => b[1] - a[1]);
  }

  /** What led to a trigger is kept: fills before it may be heard of after it. */
  private forget(time: TimeUs): void {
    const end = this.triggeredTime === 0 ? time : this.triggeredTime;
    while (this.fills.length > 0 && this.fills[0]!.time <= end - WINDOW_US) this.fills.shift();
  }
}
