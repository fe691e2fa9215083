import { ASK, BID, type Count, type Money, type Price, type Side } from '../units/index.ts';
import { type BookId, type Books, NO_LEVEL } from './book.ts';

/** What of a book's levels is our own and shall not count. */
export interface OwnSizes {
  /** Contracts of ours that the book shows at a level, 0 or more. */
  sizeAt(book: BookId, side: Side, level: number): Count;
}

/**
 * Others' contracts at a level. A level smaller than our own orders on it shows that they are not there any more: taking
 * them off all the same would make others' quotes vanish, and ours chase that.
 */
export function othersAt(books: Books, own: OwnSizes | null, book: BookId, side: Side, level: number): Count {
  const size = books.sizeAt(book, side, level);
  if (own === null || size === 0) return size;
  const mine = own.sizeAt(book, side, level);
  return (mine > size ? size : size - mine) as Count;
}

/** The first level from `from` on, going worse, where somebody else rests, or `NO_LEVEL`. */
export function othersFrom(books: Books, own: OwnSizes | null, book: BookId, side: Side, from: number): number {
  let level = from;
  while (level !== NO_LEVEL && othersAt(books, own, book, side, level) === 0)
    level = books.nextLevel(book, side, level);
  return level;
}

/** The best levels of a side, read into memory of its own that is reused: no allocation after construction. */
export class Depth {
  /** Levels read last. */
  length = 0;
  /** Prices in YES space, 1e-4 dollars, best first. */
  readonly prices: Int32Array;
  /** Contracts, 1e-2, beside them. */
  readonly sizes: Float64Array;

  /** @param most levels it can hold, at least 1 */
  constructor(most: number) {
    this.prices = new Int32Array(most);
    this.sizes = new Float64Array(most);
  }

  /** Read the best `most` levels at which somebody else rests; returns how many there are. */
  read(books: Books, book: BookId, side: Side, own: OwnSizes | null = null): number {
    const { prices, sizes } = this;
    const grid = books.grid(book);
    let n = 0;
    for (let level = books.bestLevel(book, side); level !== NO_LEVEL; level = books.nextLevel(book, side, level)) {
      const size = othersAt(books, own, book, side, level);
      if (size === 0) continue;
      prices[n] = grid.price(level);
      sizes[n] = size;
      if (++n === prices.length) break;
    }
    this.length = n;
    return n;
  }
}

/** Contracts resting at `price` (YES space) or better: what an order at that price would meet at most. */
export function volumeTo(books: Books, book: BookId, side: Side, price: Price, own: OwnSizes | null = null): Count {
  const grid = books.grid(book);
  const last = side === BID ? grid.ceilLevel(price) : grid.floorLevel(price);
  let sum = 0;
  if (last < 0) return 0 as Count;
  for (let level = books.bestLevel(book, side); level !== NO_LEVEL; level = books.nextLevel(book, side, level)) {
    if (side === BID ? level < last : level > last) break;
    sum += othersAt(books, own, book, side, level);
  }
  return sum as Count;
}

/** What taking contracts from a side would do. Reused between calls. */
export class Sweep {
  /** Contracts found, at most as many as were asked for. */
  count = 0 as Count;
  /** Sum of price x count over them, exact: the cost of lifting asks, the proceeds of hitting bids. */
  notional = 0 as Money;
  /** Worst price reached, 0 where nothing was found. */
  worst = 0 as Price;

  /** Mean price in 1e-4 dollars, not rounded (an estimate, not a price); NaN where nothing was found. */
  get average(): number {
    return this.count === 0 ? Number.NaN : this.notional / this.count;
  }

  /** Walk `side` from its best level until `count` contracts are found. */
  walk(books: Books, book: BookId, side: Side, count: Count, own: OwnSizes | null = null): this {
    const grid = books.grid(book);
    let left: number = count;
    let notional = 0;
    let worst = 0;
    for (
      let level = books.bestLevel(book, side);
      level !== NO_LEVEL && left > 0;
      level = books.nextLevel(book, side, level)
    ) {
      const size = othersAt(books, own, book, side, level);
      if (size === 0) continue;
      const part = size < left ? size : left;
      worst = grid.price(level);
      notional += worst * part;
      left -= part;
    }
    this.count = (count - left) as Count;
    this.notional = notional as Money;
    this.worst = worst as Price;
    return this;
  }
}

/** Sizes and size-weighted prices of the best levels of both sides. Reused between calls. */
export class Balance {
  bidSize = 0 as Count;
  askSize = 0 as Count;
  /** Sums of price x count. */
  private bidNotional = 0;
  private askNotional = 0;

  /** Look at the best `levels` levels of each side at which somebody else rests. */
  read(books: Books, book: BookId, levels: number, own: OwnSizes | null = null): this {
    this.side(books, book, BID, levels, own);
    this.side(books, book, ASK, levels, own);
    return this;
  }

  /** (bids - asks) / (bids + asks): 1 all bids, -1 all asks, NaN where both sides are empty. */
  get imbalance(): number {
    return (this.bidSize - this.askSize) / (this.bidSize + this.askSize);
  }

  /**
   * Each side's size-weighted price weighted with the other side's size, in 1e-4 dollars (an estimate of the value, not a
   * price). With one level it is the microprice of the touch. NaN where a side is empty.
   */
  get microprice(): number {
    const { bidSize, askSize } = this;
    if (bidSize === 0 || askSize === 0) return Number.NaN;
    const bid = this.bidNotional / bidSize;
    const ask = this.askNotional / askSize;
    return (bid * askSize + ask * bidSize) / (bidSize + askSize);
  }

  private side(books: Books, book: BookId, side: Side, levels: number, own: OwnSizes | null): void {
    const grid = books.grid(book);
    let size = 0;
    let notional = 0;
    let left = levels;
    for (
      let level = books.bestLevel(book, side);
      level !== NO_LEVEL && left > 0;
      level = books.nextLevel(book, side, level)
    ) {
      const others = othersAt(books, own, book, side, level);
      if (others === 0) continue;
      size += others;
      notional += others * grid.price(level);
      left--;
    }
    if (side === BID) {
      this.bidSize = size as Count;
      this.bidNotional = notional;
    } else {
      this.askSize = size as Count;
      this.askNotional = notional;
    }
  }
}
