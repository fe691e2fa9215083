import { ASK, BID, type Count, ONE_DOLLAR, type Price, type Side } from '../units/index.ts';
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

/** Words of a ladder's head; a book's two heads are one cache line. */
const HEAD = 8;
/** Rank of the best occupied level, `NO_RANK` where none is. */
const BEST = 0;
/** The price there, 0 where none is. */
const BEST_PRICE = 1;
/** Where the bitset of occupied ranks begins in the slab. */
const BITS = 2;
/** Words of the bitset, its summary not counted. */
const WORDS = 3;
/** Where the row of counts begins in the slab, by level. */
const SIZES = 4;
/** What turns a level into a rank: see `turn`. */
const TURN = 5;
/** Where the grid's price -> level table begins in `levels`. */
const TABLE = 6;

/** Books begin on multiples of this, so that heads lie on no more cache lines than they must. */
const ALIGN = 16;

/** Behind every rank there is. */
const NO_RANK = 0x7fffffff;

/** A size too large for its word: the real one is in `large`. No size is negative, so it cannot be mistaken. */
const LARGE = -1;

/**
 * All books of a session in one slab of 32-bit words. Per market: the two ladders' heads, their bitsets, and two rows of
 * resting counts indexed by the price level of the market's own grid. What one update touches lies together and in one
 * array. The ask ladder is the NO bids seen from the YES side: a NO bid at `q` is stored on the level of `10,000 - q`, so
 * that best ask = lowest occupied level.
 *
 * Counts are 1e-2 contracts. Nearly all fit a word; the few levels above 21 million contracts keep their count in a map
 * on the side, exact to 2^53, and cost more.
 *
 * Occupied levels are mirrored in a bitset (with a summary word per 32 words on fine grids) and the best of each ladder
 * is cached with its price, which keeps the worst case (a flickering best over an empty ladder) within a few word scans.
 * The bitset counts ranks, not levels: from the best possible level on, 0 the highest bid or the lowest ask. So both
 * sides are one and the same code, without a branch on the side.
 *
 * Memory: 8 bytes per level and book plus about 1 bit per level and side (a whole-cent book is 0.9 KB).
 */
export class Books {
  private slab = new Int32Array(1024);
  private used = 0;
  /** Where each book begins in the slab. */
  private bases = new Int32Array(32);
  private readonly grids: Grid[] = [];
  /** Room that books have left behind by moving to another grid, by their grid's levels. */
  private readonly vacant = new Map<number, number[]>();
  /** The distinct grids' price -> level tables, one behind the other. */
  private levels = new Int16Array(0);
  private readonly tables = new Map<Grid, number>();
  /** Counts above a word's range by their place in the slab. */
  private readonly large = new Map<number, number>();

  /** How many books there are. */
  get length(): number {
    return this.grids.length;
  }

  /** Add an empty book on `grid`. */
  open(grid: Grid): BookId {
    const id = this.grids.length;
    this.bases = grown(this.bases, id + 1);
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
    this.vacant.set(from.levels, [...(this.vacant.get(from.levels) ?? []), this.bases[book]!]);
    this.grids[book] = grid;
    this.place(book, grid);
    for (const { side, price, size } of kept) this.set(book, side, grid.level(price), size);
    return misfits;
  }

  /** Give a book empty room in the slab, used room where there is any of the size. */
  private place(id: BookId, grid: Grid): void {
    const words = (grid.levels + 31) >>> 5;
    const bits = words >= SUMMARY_FROM_WORDS ? words + ((words + 31) >>> 5) : words;
    const base = this.vacant.get(grid.levels)?.pop() ?? this.used;
    const end = Math.ceil((base + 2 * (HEAD + bits + grid.levels)) / ALIGN) * ALIGN;
    this.used = Math.max(this.used, end);
    this.slab = grown(this.slab, this.used);
    this.bases[id] = base;
    const table = this.tableOf(grid);
    for (const side of [BID, ASK]) {
      const head = base + side * HEAD;
      this.slab[head + BEST] = NO_RANK;
      this.slab[head + BITS] = base + 2 * HEAD + side * bits;
      this.slab[head + WORDS] = words;
      this.slab[head + SIZES] = base + 2 * (HEAD + bits) + side * grid.levels;
      this.slab[head + TURN] = side === BID ? grid.levels : 0;
      this.slab[head + TABLE] = table;
    }
  }

  /** The grid a book is indexed by. */
  grid(book: BookId): Grid {
    return this.grids[book]!;
  }

  /** The level of a price on the book's grid, or `OFF_GRID`: `grid(book).level(at)` in fewer steps. */
  levelOf(book: BookId, at: Price): number {
    return this.levels[this.slab[this.bases[book]! + TABLE]! + at]!;
  }

  /** Empty both ladders of a book. */
  clear(book: BookId): void {
    const { slab } = this;
    const base = this.bases[book]!;
    const sizes = slab[base + SIZES]!;
    const end = sizes + 2 * this.grids[book]!.levels;
    slab.fill(0, slab[base + BITS]!, end);
    for (const at of this.large.keys()) if (at >= sizes && at < end) this.large.delete(at);
    for (const side of [BID, ASK]) {
      slab[base + side * HEAD + BEST] = NO_RANK;
      slab[base + side * HEAD + BEST_PRICE] = 0;
    }
  }

  /**
   * Change a level's resting count by `delta` (signed, 1e-2 contracts) and return the new count, or `REFUSED` when the
   * count would turn negative or leave the exact range: the book is then untouched and the caller must distrust it.
   * A zero delta changes nothing. `level` must be a level of the book's grid.
   */
  add(book: BookId, side: Side, level: number, delta: number): number {
    const { slab } = this;
    const head = this.bases[book]! + side * HEAD;
    const at = slab[head + SIZES]! + level;
    const before = slab[at]!;
    const sum = before + delta;
    const after = sum | 0;
    // One test for all that is not plain: a large count before or after, a negative one, no whole number.
    if (after !== sum || after < 0 || before < 0) return this.addLarge(book, side, level, delta);
    slab[at] = after;
    // One of the two is zero and the other is not: one sign bit of the two.
    if (((before - 1) ^ (after - 1)) < 0) this.toggle(book, side, head, level);
    return after;
  }

  /** Set a level's resting count (>= 0), as snapshots do. */
  set(book: BookId, side: Side, level: number, size: Count): void {
    this.add(book, side, level, size - this.sizeAt(book, side, level));
  }

  /** The best occupied level of a side (highest bid, lowest ask), or `NO_LEVEL`. */
  bestLevel(book: BookId, side: Side): number {
    const head = this.bases[book]! + side * HEAD;
    const rank = this.slab[head + BEST]!;
    return rank === NO_RANK ? NO_LEVEL : turn(rank, side, this.slab[head + TURN]!);
  }

  /** The best price of a side in YES space, or 0 where the side is empty (no valid price is 0). */
  bestPrice(book: BookId, side: Side): Price {
    return this.slab[this.bases[book]! + side * HEAD + BEST_PRICE]! as Price;
  }

  /** The resting count at a level. */
  sizeAt(book: BookId, side: Side, level: number): Count {
    return this.size(this.slab[this.bases[book]! + side * HEAD + SIZES]! + level);
  }

  /** The resting count at the best level, 0 where the side is empty. */
  bestSize(book: BookId, side: Side): Count {
    const level = this.bestLevel(book, side);
    return level === NO_LEVEL ? (0 as Count) : this.sizeAt(book, side, level);
  }

  /** The next occupied level behind `level` (lower for bids, higher for asks), or `NO_LEVEL`. */
  nextLevel(book: BookId, side: Side, level: number): number {
    const head = this.bases[book]! + side * HEAD;
    const by = this.slab[head + TURN]!;
    const rank = this.behind(head, turn(level, side, by));
    return rank === NO_RANK ? NO_LEVEL : turn(rank, side, by);
  }

  /** How many levels of a side are occupied. Counts them: not for every message. */
  depth(book: BookId, side: Side): number {
    const { slab } = this;
    const head = this.bases[book]! + side * HEAD;
    const bits = slab[head + BITS]!;
    let levels = 0;
    for (let at = bits; at < bits + slab[head + WORDS]!; at++) {
      for (let word = slab[at]!; word !== 0; word &= word - 1) levels++;
    }
    return levels;
  }

  /** True when both sides are there and the best bid is at or above the best ask: crossed or locked. */
  isCrossed(book: BookId): boolean {
    const bid = this.bestPrice(book, BID);
    const ask = this.bestPrice(book, ASK);
    return bid !== 0 && ask !== 0 && bid >= ask;
  }

  /** Bytes held by the slab and its tables, for metrics. */
  get byteLength(): number {
    return this.slab.byteLength + this.bases.byteLength + this.levels.byteLength;
  }

  /** Where the grid's price -> level table begins; made when the grid is new. */
  private tableOf(grid: Grid): number {
    const known = this.tables.get(grid);
    if (known !== undefined) return known;
    const at = this.levels.length;
    const bigger = new Int16Array(at + ONE_DOLLAR + 1);
    bigger.set(this.levels);
    for (let price = 0; price <= ONE_DOLLAR; price++) bigger[at + price] = grid.level(price as Price);
    this.levels = bigger;
    this.tables.set(grid, at);
    return at;
  }

  private size(at: number): Count {
    const size = this.slab[at]!;
    return (size === LARGE ? this.large.get(at)! : size) as Count;
  }

  /** `add` in full: counts of more than a word, and refusals. */
  private addLarge(book: BookId, side: Side, level: number, delta: number): number {
    const head = this.bases[book]! + side * HEAD;
    const at = this.slab[head + SIZES]! + level;
    const before = this.size(at);
    const after = before + delta;
    if (!Number.isSafeInteger(after) || after < 0) return REFUSED;
    const fits = after === (after | 0);
    this.slab[at] = fits ? after : LARGE;
    if (fits) this.large.delete(at);
    else this.large.set(at, after);
    if ((before === 0) !== (after === 0)) this.toggle(book, side, head, level);
    return after;
  }

  /** A level has become occupied, or empty. */
  private toggle(book: BookId, side: Side, head: number, level: number): void {
    const { slab } = this;
    const rank = turn(level, side, slab[head + TURN]!);
    const word = rank >>> 5;
    const bits = slab[head + BITS]!;
    const left = slab[bits + word]! ^ (1 << (rank & 31));
    slab[bits + word] = left;
    const words = slab[head + WORDS]!;
    if (words >= SUMMARY_FROM_WORDS) {
      const at = bits + words + (word >>> 5);
      const mask = 1 << (word & 31);
      slab[at] = left === 0 ? slab[at]! & ~mask : slab[at]! | mask;
    }
    const best = slab[head + BEST]!;
    if (rank > best) return;
    const next = rank < best ? rank : this.behind(head, rank);
    slab[head + BEST] = next;
    slab[head + BEST_PRICE] = next === NO_RANK ? 0 : this.grids[book]!.price(turn(next, side, slab[head + TURN]!));
  }

  /** The next occupied rank behind `rank`, or `NO_RANK`. */
  private behind(head: number, rank: number): number {
    const { slab } = this;
    const bits = slab[head + BITS]!;
    const words = slab[head + WORDS]!;
    let word = rank >>> 5;
    // Twice by one and not once by two: a shift by 32 is a shift by nothing.
    const rest = slab[bits + word]! & ((-1 << (rank & 31)) << 1);
    if (rest !== 0) return (word << 5) | lowestBit(rest);
    if (words < SUMMARY_FROM_WORDS) {
      while (++word < words) {
        const w = slab[bits + word]!;
        if (w !== 0) return (word << 5) | lowestBit(w);
      }
      return NO_RANK;
    }
    const end = (words + 31) >>> 5;
    let summary = word >>> 5;
    let occupied = slab[bits + words + summary]! & ((-1 << (word & 31)) << 1);
    while (occupied === 0) {
      if (++summary >= end) return NO_RANK;
      occupied = slab[bits + words + summary]!;
    }
    word = (summary << 5) | lowestBit(occupied);
    return (word << 5) | lowestBit(slab[bits + word]!);
  }
}

/** Level to rank, and rank to level: `by` is 0 for asks, the number of levels for bids, which are turned upside down. */
function turn(at: number, side: Side, by: number): number {
  return (at ^ (side - 1)) + by;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function grown(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const bigger = new Int32Array(Math.max(needed, array.length * 2));
  bigger.set(array);
  return bigger;
}
