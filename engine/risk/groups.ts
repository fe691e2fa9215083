import type { Count, TimeUs } from '../units/index.ts';

/** Life of an order group of ours at the exchange. `triggered` is final in a session: nothing resets it by itself. */
export type GroupLife = 'absent' | 'creating' | 'armed' | 'triggered' | 'deleted';

const WINDOW_US = 15_000_000;

/**
 * The order group of one shard: the exchange's own limit on how much of ours may fill in a rolling 15 seconds. Every
 * order names it; a trigger (by fills, by us or by an operator) cancels them all and refuses new ones until reset.
 * Keeps our own count of the window, to say what led to a trigger.
 */
export class ShardGroup {
  readonly exchangeIndex: number;
  readonly limit: Count;
  id = '';
  life: GroupLife = 'absent';
  private readonly times: TimeUs[] = [];
  private readonly counts: Count[] = [];

  constructor(exchangeIndex: number, limit: Count) {
    this.exchangeIndex = exchangeIndex;
    this.limit = limit;
  }

  /** A fill of an order of this group. */
  filled(count: Count, time: TimeUs): void {
    this.times.push(time);
    this.counts.push(count);
    this.forget(time);
  }

  /** Contracts filled in the 15 seconds up to `time`, as far as we saw them. */
  rolling(time: TimeUs): Count {
    this.forget(time);
    let sum = 0;
    for (const c of this.counts) sum += c;
    return sum as Count;
  }

  private forget(time: TimeUs): void {
    while (this.times.length > 0 && this.times[0]! <= time - WINDOW_US) {
      this.times.shift();
      this.counts.shift();
    }
  }
}
