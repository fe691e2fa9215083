import type { Count, Price, TimeUs } from '../units/index.ts';
import { type Order, type OrderChange, remaining } from './order.ts';

/** How long after an order is known to rest its book frame may take. */
const SETTLED_US = 1_000_000;

/** What the exchange says about an order, from the stream or a read. */
export interface OrderEvidence {
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly status: string;
  readonly fillCount: Count;
  readonly remainingCount: Count;
  /** Where it rests, and when it last changed at the exchange; 0 or left out where not said. */
  readonly price?: Price;
  readonly updatedTime?: TimeUs;
  /** When it will expire, 0 for never. */
  readonly expirationTime?: TimeUs;
}

/** What the exchange answered to an amend or a decrease. */
export interface ChangeResult {
  /** '' where not said. */
  readonly orderId: string;
  /** What rests after it; null where the exchange left it out, as it does when nothing changed. */
  readonly remainingCount: Count | null;
  /** When it was carried out by the exchange's clock, 0 where not said. */
  readonly time: TimeUs;
}

/** Begin a change. One at a time: two on their way could arrive in either order. @throws Error */
export function newChange(
  order: Order,
  kind: OrderChange['kind'],
  price: Price,
  total: Count,
  left: Count,
): OrderChange {
  if (order.life !== 'resting' || order.cancel !== 'none' || order.change !== null)
    throw new Error(`order ${order.clientOrderId} cannot be changed now`);
  const change: OrderChange = { kind, price, total, left, life: 'sent', unknownSince: 0 as TimeUs, misses: 0 };
  order.change = change;
  return change;
}

/** The exchange acknowledged the change under way. */
export function applyChange(order: Order, change: OrderChange, result: ChangeResult, time: TimeUs): void {
  const at = Math.floor(result.time / 1000) * 1000;
  if (at > order.updatedTime) order.updatedTime = at as TimeUs;
  order.change = null;
  if (change.kind === 'amend') {
    if (change.price !== order.price) order.knownTime = time;
    order.price = change.price;
    order.initialCount = change.total;
    order.leastCount = change.total;
    order.leftAtMost = result.remainingCount ?? change.total;
    return;
  }
  // What had filled before it arrived is not said: the total is known to a range until a message tells.
  const left = result.remainingCount ?? change.left;
  order.leftAtMost = Math.min(order.leftAtMost, left) as Count;
  order.leastCount = Math.min(order.leastCount, order.fillCount + left) as Count;
}

/** The answer to the change under way was lost. */
export function doubtChange(order: Order, change: OrderChange, time: TimeUs): void {
  change.life = 'unknown';
  change.unknownSince = time;
  change.misses = 0;
  order.lastAskedTime = 0 as TimeUs;
}

/** Price and size as a description of the resting order has them: the change happened, or another hand made one. */
export function takeShape(order: Order, evidence: OrderEvidence, time: TimeUs): void {
  const { price, updatedTime, fillCount, remainingCount } = evidence;
  if (price === undefined) return;
  if (order.change !== null) {
    if (!isShownBy(order, order.change, price, fillCount, remainingCount)) return;
    order.change = null;
  } else if (updatedTime === undefined || updatedTime === 0) return;
  // Without its time a description may be from before what we know.
  if (price !== order.price) order.knownTime = time;
  order.price = price;
  order.initialCount = (fillCount + remainingCount) as Count;
  order.leastCount = order.initialCount;
  order.leftAtMost = remainingCount;
}

/** Whether this description of a resting order is one of the time after the change. */
function isShownBy(order: Order, change: OrderChange, price: Price, fillCount: Count, remainingCount: Count): boolean {
  const total = fillCount + remainingCount;
  if (change.kind === 'amend') return price === change.price && total === change.total;
  return remainingCount <= change.left && total < order.initialCount;
}

/** Recognise an order of ours in a change of a book's level, by its size: it came, went, moved or shrank. */
export function recognise(o: Order, price: Price, delta: number): boolean {
  const { change } = o;
  // A move shows as one level shrinking and another growing, before its answer or after.
  const target = change?.price ?? o.price;
  if (delta > 0) {
    const size = change?.kind === 'amend' ? change.total - o.fillCount : remaining(o);
    const isNew = o.shownCount === 0 || o.shownPrice !== price;
    if (!isNew || price !== target || delta !== size) return false;
    o.shownCount = delta as Count;
    o.shownPrice = price;
    return true;
  }
  if (o.shownPrice !== price || o.shownCount === 0) return false;
  if (change?.kind === 'decrease' && -delta === o.shownCount - change.left) {
    o.shownCount = change.left;
    return true;
  }
  const moves = change?.kind === 'amend' || price !== o.price;
  const size = moves ? o.shownCount : Math.min(o.shownCount, remaining(o));
  if (!(moves || o.cancel !== 'none') || -delta !== size) return false;
  o.shownCount = 0 as Count;
  if (!moves) o.knownTime = 0 as TimeUs;
  return true;
}

/** A book frame named the order: what the level holds of it is exact from here on. */
export function takeNamed(order: Order, price: Price, delta: number): void {
  order.isNamed = true;
  // An amend shows as one level losing it and another gaining it, in either order.
  if (price !== order.shownPrice && order.shownCount > 0) {
    if (delta < 0) return;
    order.shownCount = 0 as Count;
  }
  order.shownPrice = price;
  // Others may have taken part of it since: frames about that name nobody of ours.
  const held = Math.min(order.shownCount, remaining(order));
  order.shownCount = Math.max(0, (delta > 0 ? order.shownCount : held) + delta) as Count;
}

/** Contracts of the order that the book shows at a price. */
export function restsAt(o: Order, price: Price, time: TimeUs): Count {
  // A book frame can be missed (a snapshot held it already): after a while an order known to rest is there.
  const settled = !o.isNamed && o.change === null && o.knownTime !== 0 && time - o.knownTime > SETTLED_US;
  if ((settled ? o.price : o.shownPrice) !== price) return 0 as Count;
  return settled ? remaining(o) : (Math.min(o.shownCount, remaining(o)) as Count);
}
