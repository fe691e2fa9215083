import type { TimeUs } from '../units/index.ts';

/**
 * Tokens per second by tier: read, write; and seconds of budget a bucket holds. The exchange's documents and live
 * accounts disagree on the seconds: these are the newest numbers seen.
 */
export const TIERS: Readonly<
  Record<string, { read: number; write: number; readSeconds: number; writeSeconds: number }>
> = {
  basic: { read: 200, write: 100, readSeconds: 3, writeSeconds: 1 },
  advanced: { read: 300, write: 300, readSeconds: 3, writeSeconds: 3 },
  expert: { read: 600, write: 600, readSeconds: 1, writeSeconds: 3 },
  premier: { read: 1200, write: 1200, readSeconds: 1, writeSeconds: 3 },
  paragon: { read: 2400, write: 2400, readSeconds: 1, writeSeconds: 3 },
  prime: { read: 4800, write: 4800, readSeconds: 1, writeSeconds: 3 },
  prestige: { read: 12_000, write: 9600, readSeconds: 1, writeSeconds: 3 },
};

/** Longest refill that is counted; every bucket is full long before. */
const REFILL_US = 60_000_000;
const MICRO = 1_000_000;

/** A token bucket with continuous refill, exact in millionths of a token. All or nothing. */
export class Bucket {
  readonly perSecond: number;
  readonly capacity: number;
  private micro: number;
  private time: TimeUs;

  constructor(perSecond: number, capacity: number, time: TimeUs) {
    this.perSecond = perSecond;
    this.capacity = capacity;
    this.micro = capacity * MICRO;
    this.time = time;
  }

  /** Whether `tokens` could be taken now. */
  holds(tokens: number, time: TimeUs): boolean {
    if (time > this.time) {
      const earned = Math.min(time - this.time, REFILL_US) * this.perSecond;
      this.micro = Math.min(this.capacity * MICRO, this.micro + earned);
      this.time = time;
    }
    return this.micro >= tokens * MICRO;
  }

  take(tokens: number, time: TimeUs): boolean {
    if (!this.holds(tokens, time)) return false;
    this.micro -= tokens * MICRO;
    return true;
  }
}

/** What a call costs and where it is billed. */
export interface Cost {
  readonly bucket: 'read' | 'write';
  readonly tokens: number;
  /** Write bucket: that shard's own (1 and up), the common one (0), or the common one and every shard's. */
  readonly shard: number | 'every';
}

/** One account's buckets: reads, writes, and writes by shard, each shard with the tier's full budget. */
export class AccountBuckets {
  readonly tier: string;
  private readonly read: Bucket;
  private readonly write: Bucket;
  private readonly shards = new Map<number, Bucket>();

  constructor(tier: string, shards: Iterable<number>, time: TimeUs) {
    this.tier = tier;
    const t = TIERS[tier]!;
    this.read = new Bucket(t.read, t.read * t.readSeconds, time);
    this.write = new Bucket(t.write, t.write * t.writeSeconds, time);
    for (const shard of shards)
      if (shard > 0) this.shards.set(shard, new Bucket(t.write, t.write * t.writeSeconds, time));
  }

  /** Bill a call: all of it or nothing. */
  take(cost: Cost, time: TimeUs): boolean {
    const billed = this.billed(cost);
    if (!billed.every((bucket) => bucket.holds(cost.tokens, time))) return false;
    for (const bucket of billed) bucket.take(cost.tokens, time);
    return true;
  }

  private billed({ bucket, shard }: Cost): Bucket[] {
    if (bucket === 'read') return [this.read];
    if (shard === 'every') return [this.write, ...this.shards.values()];
    return [this.shards.get(shard) ?? this.write];
  }
}
