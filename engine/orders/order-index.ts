import type { Side } from '../units/index.ts';
import type { Order } from './order.ts';

/** How many finished orders are kept so that late evidence about them is recognised. */
const KEEP_DONE = 10_000;

/** Finds orders: by the id we gave, by the exchange's, and those not done by market and side. */
export class OrderIndex {
  private readonly byClientId = new Map<string, Order>();
  private readonly byOrderId = new Map<string, Order>();
  /** Orders not done, per market * 2 + side. */
  private readonly live: Order[][] = [];
  /** Ids under which orders were known before an amend gave them another. */
  private readonly formerIds = new Map<Order, string[]>();
  private readonly doneQueue: Order[] = [];
  private liveTotal = 0;

  /** Orders not done, over all markets. */
  get liveCount(): number {
    return this.liveTotal;
  }

  /** The orders of a side that are not done. */
  on(market: number, side: Side): Order[] {
    const at = market * 2 + side;
    for (let n = this.live.length; n <= at; n++) this.live.push([]);
    return this.live[at]!;
  }

  /** All orders that are not done. Allocates. */
  all(): Order[] {
    return this.live.flat();
  }

  byClient(clientOrderId: string): Order | undefined {
    return this.byClientId.get(clientOrderId);
  }

  byExchange(orderId: string): Order | undefined {
    return this.byOrderId.get(orderId);
  }

  /** @throws Error when the client id was used before in this session */
  add(order: Order): void {
    const { clientOrderId } = order;
    if (this.byClientId.has(clientOrderId)) throw new Error(`client order id ${clientOrderId} was used before`);
    this.byClientId.set(clientOrderId, order);
    this.on(order.market, order.side).push(order);
    this.liveTotal++;
  }

  /** The exchange knows the order by this id, from now on or as well. */
  name(order: Order, orderId: string): void {
    if (order.orderId !== '') this.formerIds.set(order, [...(this.formerIds.get(order) ?? []), order.orderId]);
    order.orderId = orderId;
    this.byOrderId.set(orderId, order);
  }

  /** The order is done: it is kept for a while, for what is told of it late. */
  retire(order: Order): void {
    const side = this.on(order.market, order.side);
    const at = side.indexOf(order);
    if (at >= 0) {
      side.splice(at, 1);
      this.liveTotal--;
    }
    this.doneQueue.push(order);
    if (this.doneQueue.length <= KEEP_DONE) return;
    const oldest = this.doneQueue.shift()!;
    // One whose fills are still missing is kept: they have to be learnt and booked to it.
    if (oldest.fillsMissingSince === 0) this.forget(oldest);
    else this.doneQueue.push(oldest);
  }

  private forget(order: Order): void {
    this.byClientId.delete(order.clientOrderId);
    if (order.orderId !== '') this.byOrderId.delete(order.orderId);
    for (const id of this.formerIds.get(order) ?? []) this.byOrderId.delete(id);
    this.formerIds.delete(order);
  }
}
