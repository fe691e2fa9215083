import type { TimeUs } from '../units/index.ts';

/** A bucket's numbers as the exchange states them, and how much of it we allow ourselves. */
export interface BucketTerms {
  readonly refillPerSecond: number;
  readonly capacity: number;
  /** Share of the refill we use, 0..1: other programs and clock drift need the rest. */
  readonly share: number;
  /** Largest difference in travel time between two requests that we allow for, milliseconds. */
  readonly jitterMs: number;
}

/**
 * How the exchange's limits are read. `tokens`: as `/account/limits` and `/account/endpoint_costs` say (since April 2026).
 * `writes`: the older view, a tier being so many writes a second, a second's worth at once, a batched cancel a fifth of
 * one and everything else one. It is the same bucket with 10 tokens to a write.
 */
export type BudgetView = 'tokens' | 'writes';

/** Tokens of one write in the older view, and of a batched cancel. */
export const TOKENS_A_WRITE = 10;
export const TOKENS_A_BATCHED_CANCEL = 2;

/** A local mirror's terms from the limits read, in the view configured. */
export function bucketTerms(
  view: BudgetView,
  limits: { readonly refillPerSecond: number; readonly capacity: number },
  own: Pick<BucketTerms, 'share' | 'jitterMs'>,
): BucketTerms {
  const capacity = view === 'tokens' ? limits.capacity : limits.refillPerSecond;
  return { refillPerSecond: limits.refillPerSecond, capacity, ...own };
}

/**
 * A local mirror of one of the exchange's token buckets that is never fuller than the original.
 *
 * The exchange debits a request when it arrives; we when we send it. While a request is under way the original may be
 * full and waste its refill, so the mirror never holds more than the capacity less what has not arrived for certain:
 * then original >= mirror + what has not arrived, at all times and whatever the travel times. By induction: a request
 * that is sent moves from one term of the sum to the other; one that arrives is debited there and leaves the sum; both
 * sides earn at the same rate, and where the original is full and earns nothing, the sum is at its cap already. A
 * request whose answer is lost stays in the sum until it is too late for it to arrive. No rule that is safe can send
 * more: whatever has not arrived may arrive at one moment, and a full bucket must pay it all. `jitterMs` of refill is
 * never used besides, for callers that do not say what was answered. Works in thousandths of a token, integers.
 */
export class TokenBucket {
  private milliTokens = 0;
  private capacityMilli = 0;
  private refillMilliPerSecond = 0;
  private updated = 0 as TimeUs;
  private carry = 0;
  /** Thousandths of tokens of requests without an outcome, and of those whose answer was lost and until when they may arrive. */
  private unanswered = 0;
  private lost = 0;
  private readonly losses: { readonly milli: number; readonly until: TimeUs }[] = [];
  /** Tokens spent in this session. */
  spent = 0;
  /** Times the exchange refused us for want of tokens. Stays 0 while the mirror is right. */
  refusals = 0;

  /** `full` false: nothing is known of what a predecessor spent, so begin from nothing. */
  constructor(terms: BucketTerms, time: TimeUs, full = true) {
    this.retune(terms, time);
    this.milliTokens = full ? this.capacityMilli : 0;
  }

  /** Take over new terms; what is in the bucket stays, cut to the new capacity. */
  retune(terms: BucketTerms, time: TimeUs): void {
    this.refill(time);
    this.refillMilliPerSecond = Math.floor(terms.refillPerSecond * 1000 * terms.share);
    const held = Math.ceil(terms.refillPerSecond * terms.jitterMs);
    const capacity = terms.capacity * 1000;
    this.capacityMilli = Math.max(Math.floor(capacity / 2), capacity - held);
    this.milliTokens = Math.min(this.milliTokens, this.capacityMilli);
  }

  /** Tokens to be had now. */
  available(time: TimeUs): number {
    this.refill(time);
    return this.milliTokens / 1000;
  }

  /** Most tokens the mirror ever holds. */
  get capacity(): number {
    return this.capacityMilli / 1000;
  }

  /** The same as long as requests whose answers were lost may still arrive. */
  get room(): number {
    return (this.capacityMilli - this.lost) / 1000;
  }

  /** Tokens that come in a second. */
  get refillPerSecond(): number {
    return this.refillMilliPerSecond / 1000;
  }

  /** Take `tokens` if `tokens + reserve` are there. */
  take(tokens: number, reserve: number, time: TimeUs): boolean {
    this.refill(time);
    if (this.milliTokens < (tokens + reserve) * 1000) return false;
    this.milliTokens -= tokens * 1000;
    this.spent += tokens;
    return true;
  }

  /** Debit regardless, into debt if need be: for requests that must go and for those that may arrive late. */
  charge(tokens: number, time: TimeUs): void {
    this.refill(time);
    this.milliTokens -= tokens * 1000;
    this.spent += tokens;
  }

  /**
   * The clock leapt: some of the time since the last look may never have passed. None of it earns.
   * @param before the last moment that is known to have been reached in order
   */
  leapt(before: TimeUs, time: TimeUs): void {
    this.refill(before);
    if (time > this.updated) this.updated = time;
  }

  /** A request whose tokens were taken leaves. */
  left(tokens: number): void {
    this.unanswered += tokens * 1000;
  }

  /** It was answered, or it certainly never left: its tokens are where they belong. */
  answered(tokens: number, time: TimeUs): void {
    // What the bucket earned up to now it earned under the lower cap.
    this.refill(time);
    this.unanswered -= tokens * 1000;
  }

  /** Its answer was lost: it may still arrive, until `until`. Told in the order of `until`. */
  mayArrive(tokens: number, until: TimeUs, time: TimeUs): void {
    this.answered(tokens, time);
    this.lost += tokens * 1000;
    this.losses.push({ milli: tokens * 1000, until });
  }

  /** Give back what a request that certainly never left had taken. */
  refund(tokens: number, time: TimeUs): void {
    this.refill(time);
    this.milliTokens = Math.min(this.cap, this.milliTokens + tokens * 1000);
    this.spent -= tokens;
  }

  /** The exchange said 429: the mirror was wrong (somebody else spends too). Start again from nothing. */
  refused(time: TimeUs): void {
    this.refill(time);
    this.milliTokens = Math.min(0, this.milliTokens);
    this.refusals++;
  }

  /** Most the mirror may hold now. */
  private get cap(): number {
    return this.capacityMilli - this.unanswered - this.lost;
  }

  private refill(time: TimeUs): void {
    const elapsedUs = time - this.updated;
    if (elapsedUs <= 0) return;
    this.updated = time;
    // A minute fills any bucket the exchange has; capping keeps the product exact.
    const earned = Math.min(elapsedUs, 60_000_000) * this.refillMilliPerSecond + this.carry;
    const whole = Math.floor(earned / 1_000_000);
    this.carry = earned - whole * 1_000_000;
    const { cap } = this;
    this.milliTokens += whole;
    if (this.milliTokens >= cap) {
      this.milliTokens = cap;
      this.carry = 0;
    }
    // Only now: what was earned up to here counted under the lower cap.
    while (this.losses.length > 0 && this.losses[0]!.until <= time) this.lost -= this.losses.shift()!.milli;
  }
}
