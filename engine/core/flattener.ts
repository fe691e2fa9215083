import { reducingSide, SIDES } from '../orders/index.ts';
import { flattenLimit } from '../risk/index.ts';
import { ASK, BID, type Count, opposite, type Price, priceInCents, type Side, type TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/** Between two orders of a market: the answer, the fill and the book after it have to arrive. */
const PAUSE_MS = 1000;
/** Without a usable book for this long a position is given up. */
const PATIENCE_MS = 30_000;

/** How flattening stands in one market. */
export interface FlattenStatus {
  readonly ticker: string;
  readonly position: Count;
  readonly orders: number;
  /** Worst price it may be closed at, 0 while there was no book to tell. */
  readonly limit: Price;
  /** `closing`, or what became of it. */
  readonly state: string;
}

/** Sends an order that closes a position. False when its tokens are not there. */
export type Closing = (market: MarketState, side: Side, price: Price, count: Count) => boolean;

interface Position {
  readonly market: MarketState;
  orders: number;
  limit: Price;
  notBefore: TimeUs;
  state: string;
}

/**
 * Level 3: once nothing of ours rests in a market its position is closed by orders that take or vanish and can only
 * reduce, within a band around the mid of the first look: a market that runs away is not chased. After so many orders
 * what is left is given up, with its numbers.
 */
export class Flattener {
  private readonly ctx: Context;
  private readonly send: Closing;
  private began = 0 as TimeUs;
  private readonly closings = new Map<number, Position>();

  constructor(ctx: Context, send: Closing) {
    this.ctx = ctx;
    this.send = send;
  }

  /** Every position is closed or given up. */
  get isDone(): boolean {
    return this.began !== 0 && [...this.closings.values()].every(({ state }) => state !== 'closing');
  }

  status(): readonly FlattenStatus[] {
    return [...this.closings.values()].map(({ market, orders, limit, state }) => {
      return { ticker: market.ticker, position: this.ctx.ledger.position(market.index), orders, limit, state };
    });
  }

  /** Time has passed. */
  tick(): void {
    const { ctx } = this;
    if (ctx.halts.level !== 3) {
      this.began = 0 as TimeUs;
      this.closings.clear();
      return;
    }
    if (this.began === 0) this.begin();
    for (const closing of this.closings.values()) if (closing.state === 'closing') this.close(closing);
  }

  private begin(): void {
    const { ctx } = this;
    this.began = ctx.now;
    for (const market of ctx.markets) {
      // An order that still rests may fill before it is gone.
      this.closings.set(market.index, { market, orders: 0, limit: 0 as Price, notBefore: ctx.now, state: 'closing' });
    }
  }

  private close(closing: Position): void {
    const { ctx } = this;
    const { market } = closing;
    if (SIDES.some((side) => ctx.orders.on(market.index, side).length > 0)) return this.beImpatient(closing);
    if (SIDES.some((side) => ctx.orders.unbooked(market.index, side) > 0)) return this.beImpatient(closing);
    const position = ctx.ledger.position(market.index);
    if (position === 0) return this.end(closing, closing.orders === 0 ? 'nothing held' : 'closed');
    if (ctx.now < closing.notBefore) return;
    if (closing.orders >= ctx.terms.flattenAttempts) return this.giveUp(closing, `after ${closing.orders} orders`);
    const side = reducingSide(position);
    const best = this.best(market, opposite(side));
    if (best === 0) return this.beImpatient(closing);
    if (closing.limit === 0) {
      const { flattenBand } = ctx.terms;
      const grid = ctx.books.grid(market.book);
      closing.limit = flattenLimit(grid, side, this.best(market, BID), this.best(market, ASK), flattenBand);
    }
    // Beyond the band no order is sent; the market gets as many looks as it would get orders.
    if (side === ASK ? best >= closing.limit : best <= closing.limit) {
      if (!this.send(market, side, closing.limit, Math.abs(position) as Count)) return;
    }
    closing.orders++;
    closing.notBefore = ctx.after(PAUSE_MS);
  }

  /** Best price of a side of a book that can be acted on, 0 for none. */
  private best(market: MarketState, side: Side): Price {
    const { ctx } = this;
    const isUsable = ctx.linkUp && market.book >= 0 && market.seen && market.stale === '' && market.status === 'active';
    return isUsable ? ctx.books.bestPrice(market.book, side) : (0 as Price);
  }

  private beImpatient(closing: Position): void {
    if (this.ctx.passed(this.began, PATIENCE_MS)) this.giveUp(closing, `after ${PATIENCE_MS / 1000} s without a way`);
  }

  private giveUp(closing: Position, when: string): void {
    const { ctx } = this;
    const { market, limit } = closing;
    const position = ctx.ledger.position(market.index);
    const [bid, ask] = [this.best(market, BID), this.best(market, ASK)];
    const book = `book ${bid === 0 ? '-' : priceInCents(bid)} / ${ask === 0 ? '-' : priceInCents(ask)} cents`;
    const band = limit === 0 ? 'no price to go by' : `not beyond ${priceInCents(limit)} cents`;
    this.end(closing, `given up ${when}: ${position / 100} contracts are left (${book}, ${band})`);
  }

  private end(closing: Position, state: string): void {
    const { ctx } = this;
    closing.state = state;
    const { ticker } = closing.market;
    if (state === 'closed') ctx.report('warn', 'flattened', `${ticker}: the position is closed`);
    else if (state !== 'nothing held') ctx.report('error', 'flatten_given_up', `${ticker}: ${state}`);
  }
}
