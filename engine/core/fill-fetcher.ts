import type { Order } from '../orders/index.ts';
import { type FillRecord, fillsPage, Paths } from '../wire/index.ts';
import type { Context } from './context.ts';
import { readList } from './reader.ts';

/** Reads of an order's fills that may come back short before they are believed. */
const MAX_FETCHES = 10;

/** What fetching fills leads to. */
export interface FetcherEvents {
  /** Book a fill. */
  fill(fill: FillRecord): void;
  /** Something is odd: the whole account should be compared. */
  want(): void;
}

/** Fetches fills that order messages told of and the stream did not bring. */
export class FillFetcher {
  private readonly ctx: Context;
  private readonly events: FetcherEvents;
  private readonly fetching = new Set<Order>();
  /** Fruitless fetches of an order's missing fills. */
  private readonly fetches = new Map<Order, number>();

  constructor(ctx: Context, events: FetcherEvents) {
    this.ctx = ctx;
    this.events = events;
  }

  /** Ask for the fills of every order that has waited for them long enough. */
  tick(): void {
    const { ctx } = this;
    for (const order of ctx.orders.missingFills()) {
      if (order.orderId === '' || this.fetching.has(order)) continue;
      if (!ctx.passed(order.fillsMissingSince, ctx.config.timing.missingFillMs)) continue;
      this.fetching.add(order);
      const query = `order_id=${encodeURIComponent(order.orderId)}&limit=1000&${ctx.scope}`;
      readList(ctx, 'getFills', Paths.fills, query, fillsPage, (fills, why) => {
        this.fetching.delete(order);
        if (fills === null) ctx.report('warn', 'fills_retry', `fills of ${order.clientOrderId} not available: ${why}`);
        else this.fetched(order, fills);
        if (order.fillsMissingSince !== 0) order.fillsMissingSince = ctx.now;
      });
    }
  }

  /** Reads lag, but not for ever: what the exchange cannot show is left to the comparison of positions. */
  private fetched(order: Order, fills: readonly FillRecord[]): void {
    const { ctx } = this;
    for (const fill of fills) this.events.fill(fill);
    const tries = (this.fetches.get(order) ?? 0) + 1;
    if (order.fillsMissingSince === 0 || tries >= MAX_FETCHES) this.fetches.delete(order);
    else this.fetches.set(order, tries);
    if (order.fillsMissingSince === 0 || tries < MAX_FETCHES) return;
    ctx.orders.fillsComplete(order);
    ctx.touch(ctx.markets[order.market]!);
    const counts = `${order.fillCount / 100} contracts filled, the fills it shows add up to ${order.bookedCount / 100}`;
    const text = `${ctx.markets[order.market]!.ticker}: the exchange says of ${order.clientOrderId} ${counts}`;
    ctx.report('warn', 'fills_missing', text);
    this.events.want();
  }
}
