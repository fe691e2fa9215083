import type { Order } from '../orders/index.ts';
import { orderPath } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { VenueRequest } from './port.ts';

type Expect = (method: VenueRequest['method'], path: string, likely: boolean) => void;

/**
 * Tells the venue which requests on single orders are to be expected: those that may be made of an order while it rests.
 * As many orders as rest are remembered, and each until it is done.
 */
export class OrderPaths {
  private readonly ctx: Context;
  private readonly expect: Expect;
  /** The exchange's id under which each order was told of. */
  private readonly told = new Map<Order, string>();

  constructor(ctx: Context, expect: Expect) {
    this.ctx = ctx;
    this.expect = expect;
  }

  /** It rests, or rests under another id than before. */
  rests(order: Order): void {
    const before = this.told.get(order);
    if (before === order.orderId || order.orderId === '') return;
    if (before !== undefined) this.tell(order, before, false);
    this.told.set(order, order.orderId);
    this.tell(order, order.orderId, true);
  }

  /** It is done. */
  ended(order: Order): void {
    const orderId = this.told.get(order);
    if (orderId === undefined) return;
    this.told.delete(order);
    this.tell(order, orderId, false);
  }

  private tell(order: Order, orderId: string, likely: boolean): void {
    const { ctx } = this;
    if (!likely || ctx.config.replace === 'amend') this.expect('POST', orderPath(orderId, 'amend'), likely);
    const { exchangeIndex } = ctx.markets[order.market]!;
    // Where orders are cancelled one by one, each by its own path.
    if (!likely || ctx.bucketOf(exchangeIndex) !== ctx.writes) this.expect('DELETE', orderPath(orderId), likely);
    this.expect('POST', orderPath(orderId, 'decrease'), likely);
  }
}
