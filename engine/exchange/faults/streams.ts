import { draw } from './draw.ts';
import type { Occasion } from './plan.ts';

/**
 * Counts the events of every stream and decides which of them a rule strikes. But for rules with a window of time, the
 * decision for the n-th event of a stream depends on the seed, the stream's name and n alone.
 */
export class Streams {
  private readonly seed: number;
  private readonly counts = new Map<string, number>();

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Count an event of a stream. Its number where the rule strikes it, else 0. */
  strike(occasion: Occasion, stream: string, elapsedMs: number): number {
    const n = (this.counts.get(stream) ?? 0) + 1;
    this.counts.set(stream, n);
    const { probability, from, to, every, afterMs, forMs } = occasion;
    if (n < from || n > to || (n - from) % every !== 0) return 0;
    if (elapsedMs < afterMs || elapsedMs >= afterMs + forMs) return 0;
    return probability >= 1 || draw(this.seed, stream, n) < probability ? n : 0;
  }

  /** A second, independent draw for an event that was struck, in [0, 1). */
  amount(stream: string, n: number, what: string): number {
    return draw(this.seed, `${stream}/${what}`, n);
  }
}
