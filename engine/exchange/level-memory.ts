import type { Taken } from './ladder.ts';

/** Recorded time within which a print and a book removal of the same level are taken for the same execution. */
const PAIR_US = 250_000;

/** What a print does to a level, the part that other frames have already done left out. */
export interface PrintEffect {
  /** Contracts by which accounts' orders move forward, or fill. */
  readonly volume: number;
  /** Liquidity that the recording took off the back and that this print shows to have been eaten from the front. */
  readonly undone: readonly Taken[];
}

/** What a removal does to a level. */
export interface RemovalEffect {
  /** Contracts to take off recorded liquidity. */
  readonly left: number;
  /** The part of `left` that is a trade which accounts' orders have not felt yet. */
  readonly traded: number;
  /** The part of `left` that may yet turn out to be a trade, when its print comes. */
  readonly open: number;
}

/**
 * What a level of a recording remembers. A recording tells of an execution up to twice, as a print and as a removal, in
 * either order; accounts' orders must feel it once. And accounts may have taken liquidity that the recording still shows.
 */
export class LevelMemory {
  /** Contracts that accounts took and the recording still shows. */
  consumed = 0;
  /** The part of `consumed` that prints have met whose removals are still to come. */
  private met = 0;
  /** Printed volume whose removal is still to come. */
  private printed = 0;
  private printedAt = Number.NEGATIVE_INFINITY;
  /** Removals that may yet turn out to be a trade: what they took off the queue, and what accounts had taken before. */
  private removals: Taken[] = [];
  private absorbed = 0;
  private removedAt = Number.NEGATIVE_INFINITY;
  /** Volume of removals flagged as trades whose prints are still to come. */
  private flagged = 0;
  private flaggedAt = Number.NEGATIVE_INFINITY;

  /** A print of `count` contracts. */
  print(count: number, time: number): PrintEffect {
    if (time - this.flaggedAt > PAIR_US) this.flagged = 0;
    if (time - this.removedAt > PAIR_US) this.forgetRemovals();
    if (time - this.printedAt > PAIR_US) this.printed = 0;
    const known = Math.min(this.flagged, count);
    this.flagged -= known;
    let news = count - known;
    const wasAbsorbed = Math.min(this.absorbed, news);
    this.absorbed -= wasAbsorbed;
    news -= wasAbsorbed;
    const undone: Taken[] = [];
    let toCome = news;
    while (toCome > 0 && this.removals.length > 0) {
      const last = this.removals.pop()!;
      const part = Math.min(toCome, last.count);
      undone.push({ place: last.place, count: part });
      if (part < last.count) this.removals.push({ place: last.place, count: last.count - part });
      toCome -= part;
    }
    this.printed += toCome;
    this.printedAt = time;
    const meets = Math.min(this.consumed - this.met, toCome);
    this.met += meets;
    return { volume: news - meets, undone };
  }

  /** A removal of `count` contracts, `flagged` where the recording knows it to be a trade. */
  remove(count: number, flagged: boolean, time: number): RemovalEffect {
    if (time - this.printedAt > PAIR_US) this.printed = 0;
    const absorbed = Math.min(count, this.consumed);
    this.consumed -= absorbed;
    this.met = Math.min(Math.max(0, this.met - absorbed), this.consumed);
    const left = count - absorbed;
    const explained = Math.min(this.printed, count);
    this.printed -= explained;
    const unexplained = count - explained;
    if (flagged) {
      this.flagged = (time - this.flaggedAt > PAIR_US ? 0 : this.flagged) + unexplained;
      this.flaggedAt = time;
    } else if (unexplained > 0) {
      if (time - this.removedAt > PAIR_US) this.forgetRemovals();
      this.absorbed += Math.min(absorbed, unexplained);
      this.removedAt = time;
    }
    const unfelt = Math.max(0, unexplained - absorbed);
    return flagged ? { left, traded: unfelt, open: 0 } : { left, traded: 0, open: unfelt };
  }

  /** What a removal took off the queue, from the back; the last `open` contracts of it may turn out to be a trade. */
  remember(taken: readonly Taken[], open: number): void {
    let closed = taken.reduce((sum, t) => sum + t.count, 0) - open;
    for (const { place, count } of taken) {
      const skipped = Math.min(closed, count);
      closed -= skipped;
      if (count > skipped) this.removals.push({ place, count: count - skipped });
    }
  }

  private forgetRemovals(): void {
    this.removals = [];
    this.absorbed = 0;
  }
}
