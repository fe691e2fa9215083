import type { TimeUs } from '../units/index.ts';

/** Tokens per second by tier: read, write; and seconds of budget a bucket holds. */
export const TIERS: Readonly<
  Record<string, { read: number; write: number; readSeconds: number; writeSeconds: number }>
> = {
  basic: { read: 200, write: 100, readSeconds: 1, writeSeconds: 1 },
  advanced: { read: 300, write: 300, readSeconds: 3, writeSeconds: 3 },
  expert: { read: 600, write: 600, readSeconds: 1, writeSeconds: 3 },
  premier: { read: 1200, write: 1200, readSeconds: 1, writeSeconds: 3 },
  paragon: { read: 2400, write: 2400, readSeconds: 1, writeSeconds: 3 },
  prime: { read: 4800, write: 4800, readSeconds: 1, writeSeconds: 3 },
  prestige: { read: 12_000, write: 9600, readSeconds: 1, writeSeconds: 3 },
};

/** A token bucket with continuous refill; exact in thousandths of a token. All or nothing. */
export class Bucket {
  readonly perSecond: number;
  readonly capacity: number;
  private milli: number;
  private time: TimeUs;

  constructor(perSecond: number, capacity: number, time: TimeUs) {
    this.perSecond = perSecond;
    this.capacity = capacity;
    this.milli = capacity * 1000;
    this.time = time;
  }

  take(tokens: number, time: TimeUs): boolean {
    if (time > this.time) {
      const earned = (Math.min(time - this.time, 60_000_000) * this.perSecond) / 1000;
      this.milli = Math.min(this.capacity * 1000, this.milli + earned);
      this.time = time;
    }
    if (this.milli < tokens * 1000) return false;
    this.milli -= tokens * 1000;
    return true;
  }
}
