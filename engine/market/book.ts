import { ASK, BID, type Count, ONE_DOLLAR, type Price, type Side } from '../units/index.ts';
import { type Grid, OFF_GRID } from './grid.ts';

/** A book's number in its `Books`. */
export type BookId = number;

/** Returned by level queries where there is no such level. */
export const NO_LEVEL = -1;

/** Returned by `add` when the change would make the level negative or lose precision; the book is left as it was. */
export const REFUSED = -1;

/** A level of a book that a grid has no place for. */
export interface Misfit {
  readonly side: Side;
  readonly price: Price;
  readonly size: Count;
}

/** Words of a book's head. The first three things are there per side: add the side. */
const HEAD = 8;
/** Rank of the best occupied level, `NO_RANK` where none is. */
const BEST = 0;
/** The price there, 0 where none is. */
const BEST_PRICE = 2;
/** The ladder's place in the slab: see `Books`. */
const ROW = 4;
/** Where the grid's price -> level table begins in `tables`; its level -> price table lies behind it. */
const TABLE = 6;
/** Words of a ladder's bitset, its summary not counted. */
const WORDS = 7;

/** Entries of a price -> level table. */
const PRICES = ONE_DOLLAR + 1;

/** Behind every rank there is. */
const NO_RANK = 0x7fffffff;

/** A size too large for its word: the real one is in `large`. No size is negative, so it cannot be mistaken. */
const LARGE = -1;

/**
 * All books of a session in one slab of 32-bit words: per ladder a row of resting counts, indexed by the price level of
 * the market's own grid, and a bitset of the occupied ones. The ask ladder is the NO bids seen from the YES side: a NO
 * bid at `q` is stored on the level of `10,000 - q`, so that best ask = lowest occupied level.
 *
 * Counts are 1e-2 contracts. Nearly all fit a word; the few levels above 21 million contracts keep their count in a map
 * on the side, exact to 2^53, and cost more.
 *
 * Inside, a level has a *rank*, lower is better: an ask's is its level, a bid's is `~level`, which is negative. So both
 * sides are one and the same code. A ladder's row extends both ways from its place: rank `r` has its count at `row + ~r`
 * and its bit in the word at `row + (r >> 5)`; behind the bitset lies a summary with a bit per word of it. The best rank
 * of each ladder is cached with its price. However far apart levels lie, the next best is found in three words, or in
 * a few more where the summary has several words (from 1,025 levels on).
 *
 *     ask counts, worst first | ask bits | summary | summary | bid bits | bid counts, worst first
 *                             ^ ask row                                 ^ bid row
 *
 * Memory of a book: 8 bytes per level, 2 bits per level for the bitsets and 32 to 112 bytes beside: 864 bytes on whole
 * cents, 8.3 KB on tenths of a cent, 82.6 KB on hundredths (`bytesPerBook`).
 */
export class Books {
  private slab = new Int32Array(1024);
  private used = 0;
  private heads = new Int32Array(32 * HEAD);
  private readonly grids: Grid[] = [];
  /** Room that books have left behind by moving to another grid, by their grid's levels. */
  private readonly vacant = new Map<number, number[]>();
  /** The distinct grids' price -> level and level -> price tables, one behind the other. */
  private tables = new Int16Array(0);
  private readonly tableOf = new Map<Grid, number>();
  /** Counts above a word's range by their place in the slab. An entry counts only while the word there is `LARGE`. */
  private readonly large = new Map<number, number>();

  /** How many books there are. */
  get length(): number {
    return this.grids.length;
  }

  /** Add an empty book on `grid`. */
  open(grid: Grid): BookId {
    const id = this.grids.length;
    this.heads = grown(this.heads, (id + 1) * HEAD);
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
    this.vacant.set(from.levels, [...(this.vacant.get(from.levels) ?? []), this.start(book)]);
    this.grids[book] = grid;
    this.place(book, grid);
    for (const { side, price, size } of kept) this.set(book, side, grid.level(price), size);
    return misfits;
  }

  /** Give a book empty room in the slab, used room where there is any of the size. */
  private place(id: BookId, grid: Grid): void {
    const { levels } = grid;
    const words = bitWords(levels);
    const start = this.vacant.get(levels)?.pop() ?? this.used;
    const end = start + bookWords(levels);
    this.used = Math.max(this.used, end);
    this.slab = grown(this.slab, this.used);
    const { heads } = this;
    const head = id * HEAD;
    heads[head + ROW + ASK] = start + levels;
    heads[head + ROW + BID] = end - levels;
    heads[head + TABLE] = this.table(grid);
    heads[head + WORDS] = words;
    this.forget(head);
  }

  /** Where a book's room begins in the slab. */
  private start(book: BookId): number {
    return this.heads[book * HEAD + ROW + ASK]! - this.grids[book]!.levels;
  }

  private forget(head: number): void {
    for (const side of [BID, ASK]) {
      this.heads[head + BEST + side] = NO_RANK;
      this.heads[head + BEST_PRICE + side] = 0;
    }
  }

  /** The grid a book is indexed by. */
  grid(book: BookId): Grid {
    return this.grids[book]!;
  }

  /** The level of a price on the book's grid, or `OFF_GRID`: `grid(book).level(at)` in fewer steps. */
  levelOf(book: BookId, at: Price): number {
    return this.tables[(this.heads[(((book * HEAD) | 0) + TABLE) | 0]! + at) | 0]!;
  }

  /** Empty both ladders of a book. */
  clear(book: BookId): void {
    const start = this.start(book);
    const end = start + bookWords(this.grids[book]!.levels);
    this.slab.fill(0, start, end);
    this.forget(book * HEAD);
  }

  /**
   * Change a level's resting count by `delta` (signed, 1e-2 contracts) and return the new count, or `REFUSED` when the
   * count would turn negative or leave the exact range: the book is then untouched and the caller must distrust it.
   * A zero delta changes nothing. `level` must be a level of the book's grid.
   */
  add(book: BookId, side: Side, level: number, delta: number): number {
    const { slab } = this;
    const head = (((book * HEAD) | 0) + side) | 0;
    const row = this.heads[(head + ROW) | 0]!;
    const rank = level ^ (side - 1);
    const at = (row + ~rank) | 0;
    const before = slab[at]!;
    const after = (before + delta) | 0;
    // All that is not plain: a large count before, one after (its sum wraps), a negative one, no whole number.
    if ((before | after) < 0 || (delta | 0) !== delta) return this.addLarge(head, rank, delta);
    slab[at] = after;
    this.mark(head, row, rank, after);
    return after;
  }

  /** Set a level's resting count (>= 0), as snapshots do. */
  set(book: BookId, side: Side, level: number, size: Count): void {
    this.add(book, side, level, size - this.sizeAt(book, side, level));
  }

  /** The best occupied level of a side (highest bid, lowest ask), or `NO_LEVEL`. */
  bestLevel(book: BookId, side: Side): number {
    const rank = this.heads[book * HEAD + BEST + side]!;
    return rank === NO_RANK ? NO_LEVEL : rank ^ (side - 1);
  }

  /** The best price of a side in YES space, or 0 where the side is empty (no valid price is 0). */
  bestPrice(book: BookId, side: Side): Price {
    return this.heads[(((book * HEAD) | 0) + BEST_PRICE + side) | 0]! as Price;
  }

  /** The resting count at a level. */
  sizeAt(book: BookId, side: Side, level: number): Count {
    return this.size(this.heads[book * HEAD + ROW + side]! + ~(level ^ (side - 1)));
  }

  /** The resting count at the best level, 0 where the side is empty. */
  bestSize(book: BookId, side: Side): Count {
    const level = this.bestLevel(book, side);
    return level === NO_LEVEL ? (0 as Count) : this.sizeAt(book, side, level);
  }

  /** The next occupied level behind `level` (lower for bids, higher for asks), or `NO_LEVEL`. */
  nextLevel(book: BookId, side: Side, level: number): number {
    const rank = this.behind(book * HEAD + side, level ^ (side - 1));
    return rank === NO_RANK ? NO_LEVEL : rank ^ (side - 1);
  }

  /** How many levels of a side are occupied. Counts them: not for every message. */
  depth(book: BookId, side: Side): number {
    const row = this.heads[book * HEAD + ROW + side]!;
    const words = this.heads[book * HEAD + WORDS]!;
    const from = side === BID ? row - words : row;
    let levels = 0;
    for (let at = from; at < from + words; at++) {
      for (let word = this.slab[at]!; word !== 0; word &= word - 1) levels++;
    }
    return levels;
  }

  /** True when both sides are there and the best bid is at or above the best ask: crossed or locked. */
  isCrossed(book: BookId): boolean {
    const bid = this.bestPrice(book, BID);
    const ask = this.bestPrice(book, ASK);
    return ask !== 0 && bid >= ask;
  }

  /** Bytes held by the slab, the heads and the tables, room for growth included. */
  get byteLength(): number {
    return this.slab.byteLength + this.heads.byteLength + this.tables.byteLength;
  }

  /** Bytes in use for the books themselves: what 10,000 of them cost. */
  get bytesUsed(): number {
    return (this.used + this.grids.length * HEAD) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Where the grid's tables begin; made when the grid is new. */
  private table(grid: Grid): number {
    const known = this.tableOf.get(grid);
    if (known !== undefined) return known;
    const at = this.tables.length;
    const bigger = new Int16Array(at + PRICES + grid.levels);
    bigger.set(this.tables);
    for (let price = 0; price < PRICES; price++) bigger[at + price] = grid.level(price as Price);
    for (let level = 0; level < grid.levels; level++) bigger[at + PRICES + level] = grid.price(level);
    this.tables = bigger;
    this.tableOf.set(grid, at);
    return at;
  }

  private size(at: number): Count {
    const size = this.slab[at]!;
    return (size === LARGE ? this.large.get(at)! : size) as Count;
  }

  /** `add` in full: counts of more than a word, and refusals. `head` is the book's, the side added. */
  private addLarge(head: number, rank: number, delta: number): number {
    const row = this.heads[head + ROW]!;
    const at = row + ~rank;
    const after = this.size(at) + delta;
    if (!Number.isSafeInteger(after) || after < 0) return REFUSED;
    const fits = after === (after | 0);
    this.slab[at] = fits ? after : LARGE;
    if (fits) this.large.delete(at);
    else this.large.set(at, after);
    this.mark(head, row, rank, fits ? after : 1);
    return after;
  }

  /**
   * Bring the bitset and the best up to date with a level that now holds `count` (0, or any positive number). On a live
   * feed nobody can guess whether a change empties a level: a branch on it is mispredicted again and again, so the bit
   * is always written.
   */
  private mark(head: number, row: number, rank: number, count: number): void {
    const { slab, heads } = this;
    const at = (row + (rank >> 5)) | 0;
    const before = slab[at]!;
    const word = (before & ~(1 << rank)) | (((0 - count) >>> 31) << rank);
    slab[at] = word;
    if (before === 0 || word === 0) this.summarize(head, row, rank, word);
    if (rank > heads[head + BEST]!) return;
    // Nothing lies before the best: where it emptied the next is in its word or, rarely, in a later one.
    if (word === 0) return this.emptied(head, rank);
    const best = (rank & ~31) | (31 - Math.clz32(word & -word));
    heads[head + BEST] = best;
    const table = (heads[((head & ~1) + TABLE) | 0]! + PRICES) | 0;
    heads[(head + BEST_PRICE) | 0] = this.tables[(table + (best ^ ((head & 1) - 1))) | 0]!;
  }

  /** The best has emptied, and all of its word. */
  private emptied(head: number, rank: number): void {
    const { heads } = this;
    const best = this.behind(head, rank);
    const level = best ^ ((head & 1) - 1);
    heads[head + BEST] = best;
    heads[head + BEST_PRICE] = best === NO_RANK ? 0 : this.tables[heads[(head & ~1) + TABLE]! + PRICES + level]!;
  }

  /** A word of the bitset may have become empty, or not empty. */
  private summarize(head: number, row: number, rank: number, word: number): void {
    const at = this.summary(head, row) + (rank >> 10);
    const bit = 1 << (rank >> 5);
    this.slab[at] = word === 0 ? this.slab[at]! & ~bit : this.slab[at]! | bit;
  }

  /** Where a ladder's summary lies: ranks of the bids are negative, and so is its place counted from there. */
  private summary(head: number, row: number): number {
    const words = this.heads[(head & ~1) + WORDS]!;
    return (head & 1) === BID ? row - words : row + words;
  }

  /** The next occupied rank behind `rank`, or `NO_RANK`. */
  private behind(head: number, rank: number): number {
    const { slab } = this;
    const row = this.heads[head + ROW]!;
    // Not -1 by one more: a shift by 32 is a shift by nothing.
    const rest = slab[row + (rank >> 5)]! & (-2 << rank);
    if (rest !== 0) return (rank & ~31) | lowestBit(rest);
    const summary = this.summary(head, row);
    // Its last word: the bids' ranks end at -1, the asks' with the bitset.
    const last = (head & 1) === BID ? -1 : (this.heads[(head & ~1) + WORDS]! - 1) >> 5;
    let group = rank >> 10;
    let occupied = slab[summary + group]! & (-2 << (rank >> 5));
    while (occupied === 0) {
      if (++group > last) return NO_RANK;
      occupied = slab[summary + group]!;
    }
    const word = (group << 5) | lowestBit(occupied);
    return (word << 5) | lowestBit(slab[row + word]!);
  }
}

/** Words of a ladder's bitset. */
function bitWords(levels: number): number {
  return (levels + 31) >>> 5;
}

/** Words of a book in the slab. */
function bookWords(levels: number): number {
  const words = bitWords(levels);
  return 2 * (levels + words + ((words + 31) >>> 5));
}

/** Bytes that one more book on a grid of so many levels takes. */
export function bytesPerBook(levels: number): number {
  return (bookWords(levels) + HEAD) * Int32Array.BYTES_PER_ELEMENT;
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
