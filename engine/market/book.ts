import { ASK, BID, type Count, type Price, type Side } from '../units/index.ts';
import { type Grid, OFF_GRID } from './grid.ts';

/** A book's number in its `Books`. */
export type BookId = number;

/** Returned by level queries where there is no such level. */
export const NO_LEVEL = -1;

/** Returned by `add` when the change would make the level negative or lose precision; the book is left as it was. */
export const REFUSED = -1;

const SUMMARY_FROM_WORDS = 32;

/** A level of a book that a grid has no place for. */
export interface Misfit {
  readonly side: Side;
  readonly price: Price;
  readonly size: Count;
}

/**
 * All books of a session in one slab: two bid ladders per market, each a row of resting counts indexed by the price
 * level of the market's own grid. The ask ladder is the NO bids seen from the YES side: a NO bid at `q` is stored on
 * the level of `10,000 - q`, so that best ask = lowest occupied level. Counts are 1e-2 contracts in doubles: exact to
 * 2^53, so no level size a market can hold overflows (2^31 would, at 21 million contracts).
 *
 * Occupied levels are mirrored in a bitset (with a summary word per 32 words on fine grids) and the best level of each
 * ladder is cached, which keeps the worst case (a flickering best over an empty ladder) within a few word scans.
 *
 * Memory: 16 bytes per level and book, 1 bit per level and side, 40 bytes a book. In use: 1.7 KB for a whole-cent book,
 * 4.6 KB tapered, 16 KB at 0.1 cent, 163 KB at 0.01 cent; the arrays double as they grow, so up to twice that is held.
 * Measured: 10,000 whole-cent books hold 18 MB, 10,000 of mixed grids (95 % whole cents, 2 % tapered, 2 % 0.1 cent, 1 %
 * 0.01 cent) hold 42 MB. A book that moves to another grid leaves its rows to the next book of that length.
 */
export class Books {
  private sizes = new Float64Array(1024);
  private bits = new Int32Array(64);
  private sizesUsed = 0;
  private bitsUsed = 0;
  private readonly grids: Grid[] = [];
  /** Rows that books have left behind by moving to another grid, by their grid's levels. */
  private readonly vacant = new Map<number, { readonly size: number; readonly bit: number }[]>();
  /** Per ladder (book * 2 + side): offset into `sizes`, offset into `bits`, best level, occupied levels, bitset words. */
  private sizeAtLadder = new Int32Array(64);
  private bitAtLadder = new Int32Array(64);
  private best = new Int32Array(64);
  private occupied = new Int32Array(64);
  private words = new Int32Array(64);

  /** How many books there are. */
  get length(): number {
    return this.grids.length;
  }

  /** Add an empty book on `grid`. */
  open(grid: Grid): BookId {
    const id = this.grids.length;
    const ladders = 2 * (id + 1);
    this.sizeAtLadder = grown(this.sizeAtLadder, ladders);
    this.bitAtLadder = grown(this.bitAtLadder, ladders);
    this.best = grown(this.best, ladders);
    this.occupied = grown(this.occupied, ladders);
    this.words = grown(this.words, ladders);
    this.grids.push(grid);
    this.place(id, grid);
    return id;
  }

  /**
   * Move a book to another grid, levels and all. Finer: always. Where levels do not lie on the new grid nothing is
   * changed and they are returned; an empty list says the book has moved. The room it leaves is used by later books.
   */
  regrid(book: BookId, grid: Grid): readonly Misfit[] {
    const from = this.grids[book]!;
    if (from === grid) return [];
    const kept: Misfit[] = [];
    const misfits: Misfit[] = [];
    for (const side of [BID, ASK] as const) {
      for (let level = this.bestLevel(book, side); level !== NO_LEVEL; level = this.nextLevel(book, side, level)) {
        const price = from.price(level);
        const fits = grid.level(price) !== OFF_GRID;
        (fits ? kept : misfits).push({ side, price, size: this.sizeAt(book, side, level) });
      }
    }
    if (misfits.length > 0) return misfits;
    this.clear(book);
    const left = { size: this.sizeAtLadder[book * 2]!, bit: this.bitAtLadder[book * 2]! };
    this.vacant.set(from.levels, [...(this.vacant.get(from.levels) ?? []), left]);
    this.grids[book] = grid;
    this.place(book, grid);
    for (const { side, price, size } of kept) this.set(book, side, grid.level(price), size);
    return misfits;
  }

  /** Give a book two empty rows, used ones where there are any of the length. */
  private place(id: BookId, grid: Grid): void {
    const words = wordsFor(grid.levels);
    const summary = words >= SUMMARY_FROM_WORDS ? (words + 31) >>> 5 : 0;
    const at = this.vacant.get(grid.levels)?.pop() ?? { size: this.sizesUsed, bit: this.bitsUsed };
    this.sizesUsed = Math.max(this.sizesUsed, at.size + 2 * grid.levels);
    this.bitsUsed = Math.max(this.bitsUsed, at.bit + 2 * (words + summary));
    this.sizes = grown(this.sizes, this.sizesUsed);
    this.bits = grown(this.bits, this.bitsUsed);
    for (let side = 0; side < 2; side++) {
      const ladder = id * 2 + side;
      this.sizeAtLadder[ladder] = at.size + side * grid.levels;
      this.bitAtLadder[ladder] = at.bit + side * (words + summary);
      this.best[ladder] = NO_LEVEL;
      this.occupied[ladder] = 0;
      this.words[ladder] = words;
    }
  }

  /** The grid a book is indexed by. */
  grid(book: BookId): Grid {
    return this.grids[book]!;
  }

  /** Empty both ladders of a book. */
  clear(book: BookId): void {
    const grid = this.grids[book]!;
    const words = wordsFor(grid.levels);
    const summary = words >= SUMMARY_FROM_WORDS ? (words + 31) >>> 5 : 0;
    for (let ladder = book * 2; ladder < book * 2 + 2; ladder++) {
      const size = this.sizeAtLadder[ladder]!;
      const bit = this.bitAtLadder[ladder]!;
      this.sizes.fill(0, size, size + grid.levels);
      this.bits.fill(0, bit, bit + words + summary);
      this.best[ladder] = NO_LEVEL;
      this.occupied[ladder] = 0;
    }
  }

  /**
   * Change a level's resting count by `delta` (signed, 1e-2 contracts) and return the new count, or `REFUSED` when the
   * count would turn negative or leave the exact range: the book is then untouched and the caller must distrust it.
   * A zero delta changes nothing. `level` must be a level of the book's grid.
   */
  add(book: BookId, side: Side, level: number, delta: number): number {
    const ladder = book * 2 + side;
    const at = this.sizeAtLadder[ladder]! + level;
    const before = this.sizes[at]!;
    const after = before + delta;
    if (!(after >= 0 && after <= Number.MAX_SAFE_INTEGER)) return REFUSED;
    this.sizes[at] = after;
    if (before === 0) {
      if (after !== 0) this.occupy(ladder, side, level);
    } else if (after === 0) this.vacate(ladder, side, level);
    return after;
  }

  /** Set a level's resting count (>= 0), as snapshots do. */
  set(book: BookId, side: Side, level: number, size: Count): void {
    const at = this.sizeAtLadder[book * 2 + side]! + level;
    this.add(book, side, level, size - this.sizes[at]!);
  }

  /** The best occupied level of a side (highest bid, lowest ask), or `NO_LEVEL`. */
  bestLevel(book: BookId, side: Side): number {
    return this.best[book * 2 + side]!;
  }

  /** The best price of a side in YES space, or 0 where the side is empty (no valid price is 0). */
  bestPrice(book: BookId, side: Side): Price {
    const level = this.best[book * 2 + side]!;
    return level === NO_LEVEL ? (0 as Price) : this.grids[book]!.price(level);
  }

  /** The resting count at a level. */
  sizeAt(book: BookId, side: Side, level: number): Count {
    return this.sizes[this.sizeAtLadder[book * 2 + side]! + level]! as Count;
  }

  /** The resting count at the best level, 0 where the side is empty. */
  bestSize(book: BookId, side: Side): Count {
    const ladder = book * 2 + side;
    const level = this.best[ladder]!;
    return (level === NO_LEVEL ? 0 : this.sizes[this.sizeAtLadder[ladder]! + level]!) as Count;
  }

  /** The next occupied level behind `level` (lower for bids, higher for asks), or `NO_LEVEL`. */
  nextLevel(book: BookId, side: Side, level: number): number {
    const words = this.words[book * 2 + side]!;
    const base = this.bitAtLadder[book * 2 + side]!;
    return side === BID ? this.below(base, words, level) : this.above(base, words, level);
  }

  /** How many levels of a side are occupied. */
  depth(book: BookId, side: Side): number {
    return this.occupied[book * 2 + side]!;
  }

  /** True when both sides are there and the best bid is at or above the best ask: crossed or locked. */
  isCrossed(book: BookId): boolean {
    const bid = this.best[book * 2]!;
    const ask = this.best[book * 2 + 1]!;
    return bid !== NO_LEVEL && ask !== NO_LEVEL && bid >= ask;
  }

  /** Bytes held by the slab, for metrics. */
  get byteLength(): number {
    return this.sizes.byteLength + this.bits.byteLength + this.best.byteLength * 5;
  }

  private occupy(ladder: number, side: Side, level: number): void {
    const word = level >>> 5;
    const base = this.bitAtLadder[ladder]!;
    this.bits[base + word] = this.bits[base + word]! | (1 << (level & 31));
    const words = this.words[ladder]!;
    if (words >= SUMMARY_FROM_WORDS) {
      const at = base + words + (word >>> 5);
      this.bits[at] = this.bits[at]! | (1 << (word & 31));
    }
    this.occupied[ladder] = this.occupied[ladder]! + 1;
    const best = this.best[ladder]!;
    if (best === NO_LEVEL || (side === BID ? level > best : level < best)) this.best[ladder] = level;
  }

  private vacate(ladder: number, side: Side, level: number): void {
    const word = level >>> 5;
    const base = this.bitAtLadder[ladder]!;
    const left = this.bits[base + word]! & ~(1 << (level & 31));
    this.bits[base + word] = left;
    const words = this.words[ladder]!;
    if (left === 0 && words >= SUMMARY_FROM_WORDS) {
      const at = base + words + (word >>> 5);
      this.bits[at] = this.bits[at]! & ~(1 << (word & 31));
    }
    this.occupied[ladder] = this.occupied[ladder]! - 1;
    if (level === this.best[ladder]!) {
      this.best[ladder] = side === BID ? this.below(base, words, level) : this.above(base, words, level);
    }
  }

  /** Highest set bit strictly below `level`. */
  private below(base: number, words: number, level: number): number {
    let word = level >>> 5;
    const bits = this.bits[base + word]! & ((1 << (level & 31)) - 1);
    if (bits !== 0) return (word << 5) | (31 - Math.clz32(bits));
    if (words < SUMMARY_FROM_WORDS) {
      for (word--; word >= 0; word--) {
        const w = this.bits[base + word]!;
        if (w !== 0) return (word << 5) | (31 - Math.clz32(w));
      }
      return NO_LEVEL;
    }
    let summary = word >>> 5;
    let occupied = this.bits[base + words + summary]! & ((1 << (word & 31)) - 1);
    while (occupied === 0) {
      if (--summary < 0) return NO_LEVEL;
      occupied = this.bits[base + words + summary]!;
    }
    word = (summary << 5) | (31 - Math.clz32(occupied));
    return (word << 5) | (31 - Math.clz32(this.bits[base + word]!));
  }

  /** Lowest set bit strictly above `level`. */
  private above(base: number, words: number, level: number): number {
    let word = level >>> 5;
    const inWord = level & 31;
    const bits = inWord === 31 ? 0 : this.bits[base + word]! & (-1 << (inWord + 1));
    if (bits !== 0) return (word << 5) | lowestBit(bits);
    if (words < SUMMARY_FROM_WORDS) {
      for (word++; word < words; word++) {
        const w = this.bits[base + word]!;
        if (w !== 0) return (word << 5) | lowestBit(w);
      }
      return NO_LEVEL;
    }
    const summaries = (words + 31) >>> 5;
    let summary = word >>> 5;
    let occupied = (word & 31) === 31 ? 0 : this.bits[base + words + summary]! & (-1 << ((word & 31) + 1));
    while (occupied === 0) {
      if (++summary >= summaries) return NO_LEVEL;
      occupied = this.bits[base + words + summary]!;
    }
    word = (summary << 5) | lowestBit(occupied);
    return (word << 5) | lowestBit(this.bits[base + word]!);
  }
}

function wordsFor(levels: number): number {
  return (levels + 31) >>> 5;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function grown<T extends Float64Array | Int32Array>(array: T, needed: number): T {
  if (needed <= array.length) return array;
  const bigger = new (array.constructor as new (length: number) => T)(Math.max(needed, array.length * 2));
  bigger.set(array);
  return bigger;
}
