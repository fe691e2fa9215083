import { type BookId, type Books, type FeeSchedule, type Grid, NO_LEVEL } from '../market/index.ts';
import type { Ledger, Orders } from '../orders/index.ts';
import type { Count, Side, TimeUs } from '../units/index.ts';
import type { MarketView } from './strategy.ts';

/** The view handed to strategies: one instance, pointed at a market before each call. */
export class BookView implements MarketView {
  ticker = '';
  time = 0 as TimeUs;
  closeTime = 0 as TimeUs;
  positionLimit = 0 as Count;
  grid!: Grid;
  fees!: FeeSchedule;
  private market = 0;
  private book: BookId = 0;
  private readonly books: Books;
  private readonly orders: Orders;
  private readonly ledger: Ledger;

  constructor(books: Books, orders: Orders, ledger: Ledger) {
    this.books = books;
    this.orders = orders;
    this.ledger = ledger;
  }

  /** Point the view at a market. */
  aim(market: number, book: BookId): void {
    this.market = market;
    this.book = book;
    this.grid = this.books.grid(book);
  }

  get position(): Count {
    return this.ledger.position(this.market);
  }

  bestLevel(side: Side): number {
    return this.othersFrom(side, this.books.bestLevel(this.book, side));
  }

  sizeAt(side: Side, level: number): Count {
    const all = this.books.sizeAt(this.book, side, level);
    if (all === 0) return all;
    const own = this.orders.restingAt(this.market, side, this.grid.price(level), this.time);
    // A level smaller than our own orders on it shows that they are not there any more: taking them off all the same
    // would make others' quotes vanish, and ours chase that.
    return (own > all ? all : all - own) as Count;
  }

  nextLevel(side: Side, level: number): number {
    return this.othersFrom(side, this.books.nextLevel(this.book, side, level));
  }

  /** The first level from here on, going worse, where somebody else rests. */
  private othersFrom(side: Side, from: number): number {
    let level = from;
    while (level !== NO_LEVEL && this.sizeAt(side, level) === 0) level = this.books.nextLevel(this.book, side, level);
    return level;
  }
}
