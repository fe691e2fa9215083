import type { Order } from '../orders/index.ts';
import { QueueEstimate, type QueueTerms } from '../quoting/index.ts';
import { BID, type Count, opposite, type Price, type Side } from '../units/index.ts';
import { Paths, queuePositions } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import { understood } from './reader.ts';

/** Terms where the configuration has none: cancels come from behind rather than from before, asked for twice a minute. */
export const DEFAULT_QUEUE = { model: 'power3', n: 3, pollMs: 30_000 } as const;

/** How far estimates were off where the exchange told, hundredths of contracts. */
export interface QueueErrors {
  readonly polled: number;
  readonly meanAbsolute: number;
  /** Positive: we thought more stood before us than did. */
  readonly bias: number;
}

/** Our place at each price we rest at: estimated from book and tape, corrected by what the exchange says now and then. */
export class Queues {
  private readonly ctx: Context;
  private readonly terms: QueueTerms;
  private readonly pollMs: number;
  private readonly estimates = new Map<Order, QueueEstimate>();
  private polledAt: number;
  private asking = false;
  private polled = 0;
  private absolute = 0;
  private signed = 0;

  constructor(ctx: Context) {
    this.ctx = ctx;
    const { model, n, pollMs } = ctx.config.queue ?? DEFAULT_QUEUE;
    this.terms = { model, n };
    this.pollMs = pollMs;
    this.polledAt = ctx.now;
  }

  /** Contracts thought to stand before the first order of ours at a price, -1 where none of ours is known to rest. */
  ahead(market: number, side: Side, price: Price): Count {
    let least = -1;
    for (const order of this.ctx.orders.on(market, side)) {
      if (order.shownPrice !== price) continue;
      const front = this.estimates.get(order)?.front;
      if (front !== undefined && (least < 0 || front < least)) least = front;
    }
    return Math.round(least) as Count;
  }

  /** Contracts thought to stand before an order at its price, -1 where no frame has shown it there. */
  aheadOf(order: Order): Count {
    if (order.shownCount === 0 || order.shownPrice !== order.price) return -1 as Count;
    return Math.round(this.estimates.get(order)?.front ?? -1) as Count;
  }

  /** A level changed; the book and the orders know it already. `named`: the order that caused it, '' for none. */
  changed(market: MarketState, side: Side, price: Price, delta: number, named: string): void {
    const { ctx, estimates } = this;
    const live = ctx.orders.on(market.index, side);
    if (live.length === 0) return;
    const level = ctx.books.levelOf(market.book, price);
    const size = ctx.books.sizeAt(market.book, side, level);
    const mover = named === '' ? undefined : ctx.orders.byClient(named);
    const moverFront = mover === undefined ? undefined : estimates.get(mover)?.front;
    for (const order of live) {
      const known = estimates.get(order);
      const rests = order.shownCount > 0 && order.shownPrice === price;
      if (!rests) {
        if (known !== undefined && order.shownCount === 0) estimates.delete(order);
        continue;
      }
      const others = size - order.shownCount;
      if (known === undefined || (order === mover && delta > 0)) {
        // It came just now, or moved here, or grew: to the end of the queue.
        estimates.set(order, new QueueEstimate(this.terms, others));
      } else if (order === mover) continue;
      else if (mover !== undefined) known.moved(others, delta, (moverFront ?? Number.MAX_VALUE) < known.front);
      else known.resize(others, ctx.now);
    }
  }

  /** A trade printed. `taker`: `BID` took asks. */
  traded(market: MarketState, taker: Side, price: Price, count: Count): void {
    const side = opposite(taker);
    for (const order of this.ctx.orders.on(market.index, side)) {
      const estimate = this.estimates.get(order);
      if (estimate === undefined) continue;
      if (order.shownPrice === price) estimate.trade(count, this.ctx.now);
      else if (side === BID ? price < order.shownPrice : price > order.shownPrice) estimate.tradeThrough();
    }
  }

  /** A whole book came: whatever happened in between, no more stand before us than there are. */
  shown(market: MarketState): void {
    const { ctx } = this;
    for (const side of [0, 1] as const) {
      for (const order of ctx.orders.on(market.index, side)) {
        if (order.shownCount === 0) continue;
        const level = ctx.books.levelOf(market.book, order.shownPrice);
        const others = Math.max(0, ctx.books.sizeAt(market.book, side, level) - order.shownCount);
        const known = this.estimates.get(order);
        if (known === undefined) this.estimates.set(order, new QueueEstimate(this.terms, others));
        else known.resize(others, ctx.now);
      }
    }
  }

  /** Time has passed: ask the exchange where we stand when it is time, leaving half of the read budget to others. */
  tick(): void {
    const { ctx } = this;
    for (const order of this.estimates.keys()) if (order.life === 'done') this.estimates.delete(order);
    if (this.pollMs === 0 || this.asking || !ctx.linkUp || !ctx.passed(this.polledAt as typeof ctx.now, this.pollMs))
      return;
    const tickers = new Set([...this.estimates.keys()].map((order) => ctx.markets[order.market]!.ticker));
    const cost = ctx.costs.defaultCost;
    if (tickers.size === 0 || ctx.reads.available(ctx.now) - cost < ctx.reads.capacity / 2) return;
    this.polledAt = ctx.now;
    this.asking = true;
    const query = `market_tickers=${[...tickers].map(encodeURIComponent).join(',')}`;
    ctx.read('getQueue', Paths.queuePositions, query, cost, (outcome) => {
      this.asking = false;
      const decoded = understood(outcome, queuePositions);
      if (decoded.kind !== 'ok') return;
      for (const { orderId, ahead } of decoded.value) this.correct(orderId, ahead);
    });
  }

  get errors(): QueueErrors {
    const n = Math.max(1, this.polled);
    return { polled: this.polled, meanAbsolute: this.absolute / n, bias: this.signed / n };
  }

  private correct(orderId: string, ahead: Count): void {
    const order = this.ctx.orders.byExchange(orderId);
    const estimate = order === undefined ? undefined : this.estimates.get(order);
    if (estimate === undefined) return;
    const error = estimate.correct(ahead);
    this.polled++;
    this.absolute += Math.abs(error);
    this.signed += error;
  }
}
