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
 * A local mirror of one of the exchange's token buckets that is never fuller than the original.
 *
 * The exchange debits a request when it arrives; we when we send it. Two requests may travel at different speeds, so
 * the refill between their arrivals can be up to `jitterMs` shorter than between their departures. Against the bucket's
 * cap that error does not add up over a session, so it is enough to hold back `jitterMs` of refill once: the mirror's
 * capacity is the original's less that. A request whose answer is lost may arrive late, after refill was wasted on a
 * full bucket: it is debited a second time. Works in thousandths of a token, integers.
 */
export class TokenBucket {
  private milliTokens = 0;
  private capacityMilli = 0;
  private refillMilliPerSecond = 0;
  private updated = 0 as TimeUs;
  private carry = 0;
  /** Tokens spent in this session. */
  spent = 0;
  /** Times the exchange refused us for want of tokens. Stays 0 while the mirror is right. */
  refusals = 0;

  constructor(terms: BucketTerms, time: TimeUs) {
    this.retune(terms, time);
    this.milliTokens = this.capacityMilli;
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

  /** Give back what a request that certainly never left had taken. */
  refund(tokens: number, time: TimeUs): void {
    this.refill(time);
    this.milliTokens = Math.min(this.capacityMilli, this.milliTokens + tokens * 1000);
    this.spent -= tokens;
  }

  /** The exchange said 429: the mirror was wrong (somebody else spends too). Start again from nothing. */
  refused(time: TimeUs): void {
    this.refill(time);
    this.milliTokens = Math.min(0, this.milliTokens);
    this.refusals++;
  }

  private refill(time: TimeUs): void {
    const elapsedUs = time - this.updated;
    if (elapsedUs <= 0) return;
    this.updated = time;
    // A minute fills any bucket the exchange has; capping keeps the product exact.
    const earned = Math.min(elapsedUs, 60_000_000) * this.refillMilliPerSecond + this.carry;
    const whole = Math.floor(earned / 1_000_000);
    this.carry = earned - whole * 1_000_000;
    this.milliTokens += whole;
    if (this.milliTokens >= this.capacityMilli) {
      this.milliTokens = this.capacityMilli;
      this.carry = 0;
    }
  }
}
