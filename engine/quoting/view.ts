import {
  Balance,
  type BookId,
  type Books,
  type Depth,
  type FeeSchedule,
  type Grid,
  NO_LEVEL,
  type OwnSizes,
  othersAt,
  othersFrom,
  volumeTo,
} from '../market/index.ts';
import type { Ledger, Orders } from '../orders/index.ts';
import { BID, type Count, ONE_DOLLAR, type Price, type Side, type TimeUs } from '../units/index.ts';
import type { EventView } from './event-view.ts';
import { type ExternalValue, ExternalValues } from './external.ts';
import { type Incentive, type IncentiveRule, type ScoredLevel, type SideScore, sideScore } from './incentive.ts';
import type { MarketView } from './strategy.ts';

/** What the books show of our own orders: the one place that says what is ours. Pointed at a market before use. */
export class OwnResting implements OwnSizes {
  market = 0;
  time = 0 as TimeUs;
  private readonly books: Books;
  private readonly orders: Orders;

  constructor(books: Books, orders: Orders) {
    this.books = books;
    this.orders = orders;
  }

  sizeAt(book: BookId, side: Side, level: number): Count {
    return this.orders.restingAt(this.market, side, this.books.grid(book).price(level), this.time);
  }
}

/** The view handed to strategies: one instance, pointed at a market before each call. */
export class BookView implements MarketView {
  ticker = '';
  closeTime = 0 as TimeUs;
  positionLimit = 0 as Count;
  event: EventView | null = null;
  grid!: Grid;
  fees!: FeeSchedule;
  incentive: Incentive | null = null;
  externals: { get(name: string, now: TimeUs): ExternalValue | null } = new ExternalValues();
  queues: { ahead(market: number, side: Side, price: Price): Count } | null = null;
  private book: BookId = 0;
  private readonly books: Books;
  private readonly own: OwnResting;
  private readonly ledger: Ledger;
  private readonly found = new Balance();

  constructor(books: Books, orders: Orders, ledger: Ledger) {
    this.books = books;
    this.own = new OwnResting(books, orders);
    this.ledger = ledger;
  }

  /** Point the view at a market. */
  aim(market: number, book: BookId): void {
    this.own.market = market;
    this.book = book;
    this.grid = this.books.grid(book);
  }

  get time(): TimeUs {
    return this.own.time;
  }

  set time(time: TimeUs) {
    this.own.time = time;
  }

  get timeToCloseMs(): number {
    return this.closeTime === 0 ? Number.POSITIVE_INFINITY : (this.closeTime - this.time) / 1000;
  }

  queueAhead(side: Side, price: Price): Count {
    return this.queues?.ahead(this.own.market, side, price) ?? (-1 as Count);
  }

  incentiveScore(side: Side, rule: IncentiveRule): SideScore | null {
    if (this.incentive === null) return null;
    const { target, discount } = this.incentive;
    return sideScore(rule, this.scored(side), target, discount);
  }

  private *scored(side: Side): Generator<ScoredLevel> {
    const { books, book, grid } = this;
    for (let at = books.bestLevel(book, side); at !== NO_LEVEL; at = books.nextLevel(book, side, at)) {
      const count = books.sizeAt(book, side, at);
      const price = side === BID ? grid.price(at) : ONE_DOLLAR - grid.price(at);
      yield { price, count, ours: Math.min(count, this.own.sizeAt(book, side, at)) };
    }
  }

  external(name: string): ExternalValue | null {
    return this.externals.get(name, this.time);
  }

  get position(): Count {
    return this.ledger.position(this.own.market);
  }

  bestLevel(side: Side): number {
    return this.othersFrom(side, this.books.bestLevel(this.book, side));
  }

  sizeAt(side: Side, level: number): Count {
    return othersAt(this.books, this.own, this.book, side, level);
  }

  nextLevel(side: Side, level: number): number {
    return this.othersFrom(side, this.books.nextLevel(this.book, side, level));
  }

  depth(side: Side, into: Depth): number {
    return into.read(this.books, this.book, side, this.own);
  }

  volumeTo(side: Side, price: Price): Count {
    return volumeTo(this.books, this.book, side, price, this.own);
  }

  balance(levels: number): Balance {
    return this.found.read(this.books, this.book, levels, this.own);
  }

  private othersFrom(side: Side, from: number): number {
    return from === NO_LEVEL ? from : othersFrom(this.books, this.own, this.book, side, from);
  }
}
