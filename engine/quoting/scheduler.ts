import type { TimeUs } from '../units/index.ts';
import type { ValueTerms } from './action-value.ts';
import { RankHeap } from './rank-heap.ts';

/**
 * In which order what cannot all be paid is sent. `value`: by expected value a token. `arrival`: who has waited longest
 * first. `round_robin`: the side that was served least recently first.
 */
export type ScheduleOrder = 'value' | 'arrival' | 'round_robin';

/** How tokens are given out. docs/scheduler.md says where the defaults come from. */
export interface ScheduleTerms {
  readonly order: ScheduleOrder;
  /** Pull what is ahead of all targets where it cannot be moved for want of tokens; else it waits for its amend. */
  readonly pulls: boolean;
  /** Share of a bucket that is left for pulls, 0 to 0.8; never more than pulling all that rests would take. */
  readonly pullShare: number;
  /** A side that has waited this long gets a share of the tokens whatever it is worth, milliseconds. */
  readonly maxWaitMs: number;
  /** For every token spent by value, above 0 to 1. */
  readonly agedShare: number;
}

/** What to do with an action: send it, pull its order instead (cheaper), or leave it for a later look. */
export type Grant = 'send' | 'pull' | 'wait';

/** A bucket as the scheduler sees it at one moment. */
export interface BucketView {
  /** Tokens that this action may use, what must be left for others already taken off. */
  readonly available: number;
  /** Tokens that pulling an order may use. */
  readonly forPulls: number;
  readonly refillPerSecond: number;
}

/** Defaults of everything that can be set; docs/scheduler.md says where they come from. */
export const SCHEDULE_DEFAULTS: ScheduleTerms & ValueTerms = {
  order: 'value',
  pulls: true,
  pullShare: 0.5,
  maxWaitMs: 3000,
  agedShare: 0.1,
  staleEdgeShare: 0.5,
  fillsPerSecond: 0.03,
  decayPerCent: 0.7,
  takerContracts: 30,
  staleHitsPerSecond: 1,
  quoteLifeSeconds: 5,
  latencySeconds: 0.05,
  urgencyFactor: 4,
  reducingFactor: 4,
};

/** Weight of the newest action in the going price of a token. */
const PRICE_MEMORY = 0.05;

/**
 * Ranks everything that all markets want sent and says of each, best first, whether its tokens are well spent on it.
 * Works on arrays that are kept; a candidate is the number of its place in the caller's list. Pure: time is given.
 *
 * Rules (docs/scheduler.md): best value a token first; what a stale order's pull may cost is kept for it; who waits keeps
 * its claim against newcomers that are worth less; and for every token so spent `agedShare` of one goes to the side that
 * has waited longest beyond `maxWaitMs`.
 */
export class Scheduler {
  private readonly terms: ScheduleTerms;
  private readonly heap = new RankHeap();
  /** Those who have waited too long, longest first. */
  private readonly aged = new RankHeap();
  private length = 0;
  private side = new Int32Array(64);
  private bucket = new Int32Array(64);
  private cost = new Float64Array(64);
  private value = new Float64Array(64);
  private loss = new Float64Array(64);
  private rate = new Float64Array(64);
  private pullCost = new Float64Array(64);
  private stale = new Uint8Array(64);
  private keys = new Float64Array(64);
  private taken = new Uint8Array(64);
  /** By side: since when it waits (NaN: it does not), and when it was last served. */
  private since = new Float64Array(64).fill(Number.NaN);
  private served = new Float64Array(64);
  /** By bucket: tokens that pulls still to come may need, tokens waited for, and the best that waits. */
  private pulls = new Float64Array(4);
  private queued = new Float64Array(4);
  private claim = new Float64Array(4).fill(Number.NEGATIVE_INFINITY);
  /** By bucket: the side whose claim that is, -1 for none; and whether one of these was looked at since all were. */
  private claimants = new Int32Array(4).fill(-1);
  private isStirred = false;
  /** When the next side will have waited too long. */
  private nextDue = Number.POSITIVE_INFINITY;
  private now = 0;
  private isFull = true;
  private credit = 0;
  private current = -1;
  private isAged = false;
  private price = 0;

  constructor(terms: ScheduleTerms) {
    this.terms = terms;
  }

  /** Value a token of what was sent lately, micro-dollars. */
  get tokenPrice(): number {
    return this.price;
  }

  /** The candidate given out last got its turn for having waited, not for its worth. */
  get servesAged(): boolean {
    return this.isAged;
  }

  /** Begin a round at `time`. `isFull`: everybody who waits will be in it, so no claims are left to be kept. */
  begin(time: TimeUs, isFull: boolean): void {
    this.length = 0;
    this.now = time;
    this.isFull = isFull;
    this.pulls.fill(0);
    this.queued.fill(0);
    if (!isFull) return;
    this.claim.fill(Number.NEGATIVE_INFINITY);
    this.claimants.fill(-1);
    this.isStirred = false;
    this.nextDue = Number.POSITIVE_INFINITY;
  }

  /**
   * A round of everybody who waits that can pay for nothing, and pulls nothing, would leave all as it is: the claims are
   * still those of who made them, and nobody has come to be owed a turn since the last one.
   */
  isSettled(time: TimeUs): boolean {
    return !this.isStirred && time < this.nextDue;
  }

  /**
   * Enter a candidate; its number is how many were entered before it.
   * @param side a number of its market and side, from 0
   * @param bucket a number of the bucket that pays, from 0
   * @param cost tokens
   * @param value what sending it is worth, micro-dollars
   * @param loss the part of it that pulling its order instead would save, 0 where there is nothing to be pulled
   * @param hitRate hits a second until then
   * @param pullCost tokens of pulling it
   * @param isStale its order is pulled in any case where it cannot be moved
   */
  add(
    side: number,
    bucket: number,
    cost: number,
    value: number,
    loss = 0,
    hitRate = 0,
    pullCost = 0,
    isStale = false,
  ): void {
    const i = this.length++;
    if (i === this.cost.length) this.grow();
    if (side >= this.since.length) this.growSides(side);
    if (bucket >= this.pulls.length) this.growBuckets(bucket);
    this.side[i] = side;
    this.bucket[i] = bucket;
    this.cost[i] = cost;
    this.value[i] = value;
    this.loss[i] = loss;
    this.rate[i] = hitRate;
    this.pullCost[i] = pullCost;
    this.stale[i] = Number(isStale);
    this.taken[i] = 0;
    if (loss > 0) this.pulls[bucket]! += pullCost;
    if (!this.isFull) this.stir(side);
  }

  /** All are entered: rank them. */
  rank(): void {
    const { heap, aged, length } = this;
    const { order, maxWaitMs } = this.terms;
    const due = this.now - maxWaitMs * 1000;
    heap.clear(length);
    aged.clear(length);
    for (let i = 0; i < length; i++) {
      const key = this.key(i);
      this.keys[i] = key;
      heap.put(i, key);
      const since = this.since[this.side[i]!]!;
      // Only where everybody is asked can it be said who has waited longest.
      if (order === 'value' && this.isFull && since <= due) aged.put(i, -since);
      else if (since > due) this.nextDue = Math.min(this.nextDue, since + maxWaitMs * 1000);
    }
    heap.build();
    aged.build();
  }

  /** The next candidate, -1 when there is none. `decide` (once it is known to be allowed) says what becomes of it. */
  next(): number {
    let i = this.credit > 0 ? this.nextAged() : -1;
    this.isAged = i >= 0;
    if (i < 0) i = this.untaken(this.heap);
    this.current = i;
    if (i < 0) return -1;
    this.taken[i] = 1;
    if (this.loss[i]! > 0) this.pulls[this.bucket[i]!]! -= this.pullCost[i]!;
    return i;
  }

  /** Whether the candidate given out last is to be sent. */
  decide(view: BucketView): Grant {
    const i = this.current;
    const cost = this.cost[i]!;
    const bucket = this.bucket[i]!;
    const byValue = this.terms.order === 'value';
    // Whose turn it is for having waited gets the next tokens, whatever comes in between.
    const key = this.isAged ? Number.POSITIVE_INFINITY : this.keys[i]!;
    const isFirst = key >= this.claim[bucket]!;
    const isPaid = view.available >= cost && (!byValue || view.forPulls - cost >= this.pulls[bucket]!);
    if (isPaid && isFirst) return 'send';
    if (key > this.claim[bucket]!) {
      this.claim[bucket] = key;
      this.claimants[bucket] = this.side[i]!;
    }
    const isPull = this.terms.pulls && this.loss[i]! > 0 && this.isPullDue(i, view);
    this.queued[bucket]! += cost;
    if (!isPull) return 'wait';
    // Pulls are sent together at the end of the round: until then their tokens are spoken for.
    this.pulls[bucket]! += this.pullCost[i]!;
    return 'pull';
  }

  /** The candidate given out last was sent. */
  sent(): void {
    const i = this.current;
    const side = this.side[i]!;
    const cost = this.cost[i]!;
    this.served[side] = this.now;
    // Who is owed a turn by this is only seen among all.
    if (!this.isFull) this.isStirred = true;
    if (this.isAged) {
      // Back to the end of the line, if it still wants something.
      this.since[side] = Number.NaN;
      this.credit -= cost;
      return;
    }
    this.credit = Math.min(this.credit + cost * this.terms.agedShare, cost);
    this.price += PRICE_MEMORY * (Math.max(0, this.value[i]! / cost) - this.price);
  }

  /** The candidate given out last could not be sent for want of tokens, or not yet. */
  waits(): void {
    const side = this.side[this.current]!;
    if (!Number.isNaN(this.since[side]!)) return;
    this.since[side] = this.now;
    this.nextDue = Math.min(this.nextDue, this.now + this.terms.maxWaitMs * 1000);
  }

  /** A side has all it wants, or nothing can be sent for it whatever the tokens. */
  satisfied(side: number): void {
    if (side < this.since.length) this.since[side] = Number.NaN;
    this.stir(side);
  }

  /** Since when a side waits, NaN where it does not. */
  waitingSince(side: number): number {
    return side < this.since.length ? this.since[side]! : Number.NaN;
  }

  /** A side is looked at on its own: if a claim is its, that may not hold any more. */
  private stir(side: number): void {
    for (const claimant of this.claimants) if (claimant === side) this.isStirred = true;
  }

  private key(i: number): number {
    const side = this.side[i]!;
    switch (this.terms.order) {
      case 'value':
        return Math.max(this.value[i]! / this.cost[i]!, this.loss[i]! > 0 ? this.loss[i]! / this.pullCost[i]! : 0);
      case 'arrival': {
        const since = this.since[side]!;
        return -(Number.isNaN(since) ? this.now : since);
      }
      case 'round_robin':
        return -this.served[side]!;
    }
  }

  /** A side that got its turn in this round has no second one. */
  private nextAged(): number {
    let i = this.untaken(this.aged);
    while (i >= 0 && Number.isNaN(this.since[this.side[i]!]!)) i = this.untaken(this.aged);
    return i;
  }

  private untaken(heap: RankHeap): number {
    let i = heap.pop();
    while (i >= 0 && this.taken[i] === 1) i = heap.pop();
    return i;
  }

  /** Certainly where it is stale; else where it may lose more until it could be moved than the tokens are worth elsewhere. */
  private isPullDue(i: number, view: BucketView): boolean {
    if (this.stale[i] === 1) return true;
    const bucket = this.bucket[i]!;
    const short = this.cost[i]! + this.queued[bucket]! + this.pulls[bucket]! - view.available;
    const seconds = Math.max(0, short) / Math.max(1e-9, view.refillPerSecond);
    return this.loss[i]! * (1 - Math.exp(-this.rate[i]! * seconds)) > this.pullCost[i]! * this.price;
  }

  private grow(): void {
    const size = this.cost.length * 2;
    this.side = widened(this.side, new Int32Array(size));
    this.bucket = widened(this.bucket, new Int32Array(size));
    this.cost = widened(this.cost, new Float64Array(size));
    this.value = widened(this.value, new Float64Array(size));
    this.loss = widened(this.loss, new Float64Array(size));
    this.rate = widened(this.rate, new Float64Array(size));
    this.pullCost = widened(this.pullCost, new Float64Array(size));
    this.stale = widened(this.stale, new Uint8Array(size));
    this.keys = widened(this.keys, new Float64Array(size));
    this.taken = widened(this.taken, new Uint8Array(size));
  }

  private growSides(side: number): void {
    const size = Math.max(side + 1, this.since.length * 2);
    this.since = widened(this.since, new Float64Array(size).fill(Number.NaN));
    this.served = widened(this.served, new Float64Array(size));
  }

  private growBuckets(bucket: number): void {
    const size = Math.max(bucket + 1, this.pulls.length * 2);
    this.pulls = widened(this.pulls, new Float64Array(size));
    this.queued = widened(this.queued, new Float64Array(size));
    this.claim = widened(this.claim, new Float64Array(size).fill(Number.NEGATIVE_INFINITY));
    this.claimants = widened(this.claimants, new Int32Array(size).fill(-1));
  }
}

function widened<T extends Int32Array | Float64Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
