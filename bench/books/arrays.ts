import { BID, ONE_DOLLAR } from '../../engine/units/index.ts';
import { type Candidate, mix, touch } from './candidate.ts';
import { STRIDE, type Stream } from './stream.ts';

interface Level {
  readonly price: number;
  size: number;
}

/** Levels best first: bids by falling price, asks by rising price. */
interface SortedBook {
  readonly bids: Level[];
  readonly asks: Level[];
}

/** Index of the price, or where it belongs. */
function place(levels: readonly Level[], isBid: boolean, price: number): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = levels[middle]!.price;
    if (isBid ? at > price : at < price) low = middle + 1;
    else high = middle;
  }
  return low;
}

function changeSorted(book: SortedBook, isBid: boolean, price: number, delta: number): number {
  const levels = isBid ? book.bids : book.asks;
  const at = place(levels, isBid, price);
  const level = levels[at];
  if (level === undefined || level.price !== price) {
    levels.splice(at, 0, { price, size: delta });
    return delta;
  }
  level.size += delta;
  if (level.size === 0) levels.splice(at, 1);
  return level.size;
}

/** What many published engines do: an array of levels kept sorted, best first; found by bisection, changed by splice. */
export class SortedArrays implements Candidate {
  readonly works = { apply: () => this.apply() };
  private readonly stream: Stream;
  private readonly books: readonly SortedBook[];

  constructor(stream: Stream) {
    this.stream = stream;
    this.books = Array.from({ length: stream.markets }, () => ({ bids: [], asks: [] }));
    this.rewind();
  }

  rewind(): void {
    for (const book of this.books) {
      book.bids.length = 0;
      book.asks.length = 0;
    }
    for (const { market, side, price, delta } of this.stream.opening) {
      changeSorted(this.books[market]!, side === BID, price, delta);
    }
  }

  private apply(): number {
    const { changes } = this.stream;
    let sum = 0;
    for (let i = 0; i < changes.length; i += STRIDE) {
      const book = this.books[changes[i]!]!;
      const after = changeSorted(book, changes[i + 1] === BID, changes[i + 2]!, changes[i + 3]!);
      sum = mix(sum, touch(book.bids[0]?.price ?? 0, book.asks[0]?.price ?? 0), after);
    }
    return sum;
  }
}

/**
 * A typed array of sizes by level and a cached best that is looked for level by level when it empties: as quick as can
 * be on average, and without protection against a best that flickers over an empty ladder.
 */
export class LinearRescan implements Candidate {
  readonly works = { apply: () => this.apply() };
  private readonly stream: Stream;
  private readonly step: number;
  private readonly sizes: Int32Array;
  /** Best level per ladder: -1 for no bid, `levels` for no ask. */
  private readonly best: Int32Array;

  constructor(stream: Stream) {
    this.stream = stream;
    this.step = ONE_DOLLAR / (stream.levels + 1);
    this.sizes = new Int32Array(stream.markets * 2 * stream.levels);
    this.best = new Int32Array(stream.markets * 2);
    this.rewind();
  }

  rewind(): void {
    this.sizes.fill(0);
    for (let ladder = 0; ladder < this.best.length; ladder++) {
      this.best[ladder] = ladder % 2 === BID ? -1 : this.stream.levels;
    }
    for (const { market, side, price, delta } of this.stream.opening) this.change(market * 2 + side, price, delta);
  }

  private change(ladder: number, price: number, delta: number): number {
    const { levels } = this.stream;
    const level = price / this.step - 1;
    const base = ladder * levels;
    const after = this.sizes[base + level]! + delta;
    this.sizes[base + level] = after;
    let best = this.best[ladder]!;
    if ((ladder & 1) === BID) {
      if (after > 0 && level > best) best = level;
      else if (after === 0 && level === best) while (best >= 0 && this.sizes[base + best] === 0) best--;
    } else if (after > 0 && level < best) best = level;
    else if (after === 0 && level === best) while (best < levels && this.sizes[base + best] === 0) best++;
    this.best[ladder] = best;
    return after;
  }

  private apply(): number {
    const { changes, levels } = this.stream;
    const { best, step } = this;
    let sum = 0;
    for (let i = 0; i < changes.length; i += STRIDE) {
      const book = changes[i]! * 2;
      const after = this.change(book + changes[i + 1]!, changes[i + 2]!, changes[i + 3]!);
      const ask = best[book + 1]!;
      sum = mix(sum, touch((best[book]! + 1) * step, ask === levels ? 0 : (ask + 1) * step), after);
    }
    return sum;
  }
}
