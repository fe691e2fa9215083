import type { Count, Side, TimeUs } from '../units/index.ts';
import type { Order } from './order.ts';

/** How many exchange ids are kept for which fills were heard of before the order was known by that id. */
const KEEP_EARLY = 10_000;

/** Keeps apart what orders are known to have filled and what of it is booked: either may be heard of first. */
export class MissingFills {
  /** Orders, done ones included, whose booked fills are behind what the exchange reported. */
  private readonly missing = new Set<Order>();
  /** Contracts of fills booked under an exchange id that no order of ours is known by yet. */
  private readonly early = new Map<string, Count>();

  /** Orders, done ones included, whose booked fills are behind what the exchange reported. */
  list(): Order[] {
    return [...this.missing];
  }

  /** Contracts of a side that are known to have filled and are not booked. */
  unbooked(market: number, side: Side): Count {
    let sum = 0;
    for (const o of this.missing) if (o.market === market && o.side === side) sum += o.fillCount - o.bookedCount;
    return sum as Count;
  }

  /** What an order has filled, or what is booked of it, has changed. */
  note(order: Order, time: TimeUs): void {
    if (order.bookedCount >= order.fillCount) this.complete(order);
    else if (order.fillsMissingSince === 0) {
      order.fillsMissingSince = time;
      this.missing.add(order);
    }
  }

  /** Its fills are all booked, or what is missing will not be had. */
  complete(order: Order): void {
    order.fillsMissingSince = 0 as TimeUs;
    this.missing.delete(order);
  }

  /** A fill was booked for an order that is not known by this exchange id. */
  bookedEarly(orderId: string, count: Count): void {
    this.early.set(orderId, ((this.early.get(orderId) ?? 0) + count) as Count);
    if (this.early.size <= KEEP_EARLY) return;
    for (const oldest of this.early.keys()) {
      this.early.delete(oldest);
      return;
    }
  }

  /** Contracts booked early under an exchange id that has now turned out to be an order's, 0 for none. */
  takeEarly(orderId: string): Count {
    const early = this.early.get(orderId) ?? (0 as Count);
    this.early.delete(orderId);
    return early;
  }
}
