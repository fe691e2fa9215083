import { BID, type Count, type Price, type Side, type TimeUs } from '../units/index.ts';
import {
  applyChange,
  type ChangeResult,
  doubtChange,
  newChange,
  type OrderEvidence,
  recognise,
  restsAt,
  takeNamed,
  takeShape,
} from './change.ts';
import { MissingFills } from './missing-fills.ts';
import {
  type DoneReason,
  isDoubtful,
  keenestPrice,
  leastTotal,
  newOrder,
  type Order,
  type OrderChange,
  remaining,
  SIDES,
} from './order.ts';
import { OrderIndex } from './order-index.ts';

/** Who wants to know which orders rest. */
export interface OrderWatch {
  /** It rests, as far as we know, or goes on under another id of the exchange's. */
  rests(order: Order): void;
  /** It is done. */
  ended(order: Order): void;
}

/**
 * The truth about every order of the session. States change only on evidence, every change is idempotent, a fill never
 * regresses and `done` is final: a late or lagging message can add knowledge, never take it away.
 */
export class Orders {
  private readonly index = new OrderIndex();
  private readonly missing = new MissingFills();
  private readonly watch: OrderWatch | null;
  private readonly counter: ((order: Order) => void) | null;
  /** A book frame has named an order of ours. */
  private framesName = false;
  private unknownTotal = 0;

  /** @param counter hears of every order whose contracts, or price, may have changed, once they have */
  constructor(watch: OrderWatch | null = null, counter: ((order: Order) => void) | null = null) {
    this.watch = watch;
    this.counter = counter;
  }

  /** What may still fill of an order, or where, may have changed. */
  private recount(order: Order): void {
    order.dearest = keener(order.side, order.dearest, keenestPrice(order));
    this.counter?.(order);
  }

  /** Orders not done, over all markets. */
  get liveCount(): number {
    return this.index.liveCount;
  }

  /** Orders whose state at the exchange is not known. */
  get unknownCount(): number {
    return this.unknownTotal;
  }

  /** The orders of a side that are not done. Do not keep the array across inputs. */
  on(market: number, side: Side): readonly Order[] {
    return this.index.on(market, side);
  }

  /** All orders that are not done. Allocates; not for the hot path. */
  all(): Order[] {
    return this.index.all();
  }

  byClient(clientOrderId: string): Order | undefined {
    return this.index.byClient(clientOrderId);
  }

  byExchange(orderId: string): Order | undefined {
    return this.index.byExchange(orderId);
  }

  /** True when some order of the side is unknown, or a request on it is: nothing new may be placed there. */
  isBlocked(market: number, side: Side): boolean {
    for (const o of this.index.on(market, side)) if (isDoubtful(o)) return true;
    return false;
  }

  /** Contracts of a side that may still fill. */
  exposure(market: number, side: Side): Count {
    let sum = 0;
    for (const o of this.index.on(market, side)) sum += remaining(o);
    return sum as Count;
  }

  /**
   * Contracts of a side that are known to have filled and are in no position yet, because their fills are on the way
   * or lost. They belong to every worst case.
   */
  unbooked(market: number, side: Side): Count {
    return this.missing.unbooked(market, side);
  }

  /**
   * Contracts of ours that the book shows on a price level, to be subtracted from it. Answers and book frames overtake
   * each other, so an order counts from when a frame has shown it, not from when we sent it or were told that it rests.
   */
  restingAt(market: number, side: Side, price: Price, time: TimeUs): Count {
    let sum = 0;
    for (const o of this.index.on(market, side)) sum += restsAt(o, price, time);
    return sum as Count;
  }

  /**
   * A level of the book changed. A frame that an order of ours caused names it, and then what the book holds of it is
   * exact. As long as no frame has named one, it is recognised by its size.
   * @param clientOrderId the order named, '' for none
   */
  bookChanged(market: number, side: Side, price: Price, delta: number, clientOrderId = ''): void {
    if (clientOrderId !== '') {
      const order = this.index.byClient(clientOrderId);
      if (order === undefined) return;
      this.framesName = true;
      return takeNamed(order, price, delta);
    }
    // The exchange names our orders: what it does not name is somebody else's.
    if (this.framesName) return;
    for (const o of this.index.on(market, side)) if (recognise(o, price, delta)) return;
  }

  /** A whole book was shown: what is known to rest is in it. */
  bookShown(market: number): void {
    for (const side of SIDES)
      for (const o of this.index.on(market, side)) {
        if (o.orderId === '') continue;
        o.shownCount = remaining(o);
        o.shownPrice = o.price;
      }
  }

  /** A create was handed over. @throws Error when the client id was used before in this session */
  sent(
    clientOrderId: string,
    market: number,
    side: Side,
    price: Price,
    count: Count,
    time: TimeUs,
    expiresTime = 0 as TimeUs,
  ): Order {
    const order = newOrder(clientOrderId, market, side, price, count, time, expiresTime);
    this.index.add(order);
    this.recount(order);
    return order;
  }

  /** Take over an order of an earlier session that rests. What it has filled is in the opening position. */
  adopt(evidence: OrderEvidence & { readonly side: Side; readonly price: Price }, market: number, time: TimeUs): Order {
    const { clientOrderId, orderId, side, price, fillCount, remainingCount, expirationTime } = evidence;
    const count = (fillCount + remainingCount) as Count;
    const order = this.sent(clientOrderId, market, side, price, count, time, expirationTime);
    this.accepted(order, orderId, fillCount, remainingCount, time);
    this.countOpening(order);
    return order;
  }

  /** The opening positions hold every fill of an adopted order so far. */
  countOpening(order: Order): void {
    order.bookedCount = order.fillCount;
    this.fillsComplete(order);
  }

  /** The exchange acknowledged the create: what filled at once and what rests. */
  accepted(order: Order, orderId: string, fillCount: Count, remainingCount: Count, time: TimeUs): void {
    this.learnId(order, orderId, time);
    this.raiseFill(order, fillCount, time);
    if (order.life === 'done') return;
    if (remainingCount > 0) this.rest(order);
    else this.finish(order, order.fillCount >= order.initialCount ? 'filled' : 'canceled');
  }

  /**
   * The exchange refused the create: it never existed. Once there is evidence that it does (an id, a fill) the two
   * contradict each other, and the order is in doubt instead.
   */
  rejected(order: Order): void {
    if (order.life !== 'sent' && order.life !== 'unknown') return;
    if (order.orderId !== '' || order.fillCount > 0) this.doubt(order, order.sentTime);
    else this.finish(order, 'rejected');
  }

  /** The request certainly never left this machine: as if it had not been made. */
  neverSent(order: Order): void {
    if (order.life === 'sent') this.rejected(order);
  }

  /** The answer to the create was lost, or contradicts what we know. */
  doubt(order: Order, time: TimeUs): void {
    if (order.life === 'done' || order.life === 'unknown') return;
    order.life = 'unknown';
    order.unknownSince = time;
    order.lastAskedTime = 0 as TimeUs;
    order.absentReads = 0;
    this.unknownTotal++;
  }

  cancelSent(order: Order): void {
    if (order.life !== 'done') order.cancel = 'sent';
  }

  /** The cancel certainly never left, or was refused for a reason that leaves the order as it is until `notBefore`. */
  cancelWithdrawn(order: Order, notBefore = 0 as TimeUs): void {
    if (order.cancel !== 'sent') return;
    order.cancel = 'none';
    order.cancelNotBefore = notBefore;
  }

  /** The answer to the cancel was lost: it may rest, it may not. */
  cancelDoubted(order: Order, time: TimeUs): void {
    if (order.life === 'done') return;
    order.cancel = 'unknown';
    order.unknownSince = time;
  }

  /** The cancel took `reducedBy` off the book; what is not accounted for had filled before. */
  canceled(order: Order, reducedBy: Count, time: TimeUs): void {
    // Said again it must mean the same.
    order.leastCount = leastTotal(order);
    this.raiseFill(order, Math.max(0, order.leastCount - reducedBy) as Count, time);
    if (order.life !== 'done') this.finish(order, 'canceled');
  }

  /**
   * An amend was handed over: `total` contracts, filled ones included, at `price`.
   * @throws Error when the order cannot be changed now: not resting, or a request on it under way
   */
  amendSent(order: Order, price: Price, total: Count): OrderChange {
    const change = newChange(order, 'amend', price, total, (total - order.fillCount) as Count);
    this.recount(order);
    return change;
  }

  /** A decrease to `left` resting contracts was handed over. @throws Error as `amendSent` */
  decreaseSent(order: Order, left: Count): OrderChange {
    return newChange(order, 'decrease', order.price, order.initialCount, left);
  }

  /** The exchange acknowledged a change. What rests may say what filled, and that the order is gone. */
  changed(order: Order, change: OrderChange, result: ChangeResult, time: TimeUs): void {
    const filled = change.kind === 'amend' && result.remainingCount !== null ? change.total - result.remainingCount : 0;
    const isGone = result.remainingCount === 0;
    if (!isGone) this.raiseFill(order, Math.max(0, filled) as Count, time);
    // The exchange goes on with the order under another id.
    const isRenamed = result.orderId !== '' && result.orderId !== order.orderId;
    if (isRenamed) this.index.name(order, result.orderId);
    if (order.life === 'done') return;
    if (isRenamed) this.watch?.rests(order);
    if (order.change === change) applyChange(order, change, result, time);
    this.recount(order);
    // All filled, or cancelled where it would have met an order of ours: only a look can tell.
    if (isGone) this.doubt(order, time);
  }

  /** The change certainly did not happen: it never left, or was refused for a reason that leaves the order as it is. */
  changeWithdrawn(order: Order, change: OrderChange): void {
    if (order.change === change) order.change = null;
    this.recount(order);
  }

  /** The change found no such order: filled, expired or cancelled otherwise. Its fills must be learnt. */
  changeFoundNothing(order: Order, change: OrderChange, time: TimeUs): void {
    this.changeWithdrawn(order, change);
    this.doubt(order, time);
  }

  /** The answer to the change was lost: it may have happened, and may still. */
  changeDoubted(order: Order, change: OrderChange, time: TimeUs): void {
    if (order.change === change) doubtChange(order, change, time);
  }

  /** The cancel found no such resting order: filled, expired or cancelled otherwise. Its fills must be learnt. */
  cancelFoundNothing(order: Order, time: TimeUs): void {
    order.cancel = 'none';
    this.doubt(order, time);
  }

  /** Apply a full-state description of an order from the stream or a read. Older than what we know: ignored. */
  observe(evidence: OrderEvidence, time: TimeUs): Order | undefined {
    const order =
      this.index.byExchange(evidence.orderId) ??
      (evidence.clientOrderId === '' ? undefined : this.index.byClient(evidence.clientOrderId));
    if (order === undefined) return undefined;
    // Another order under the same client id says nothing about this one.
    if (order.orderId !== '' && evidence.orderId !== '' && order.orderId !== evidence.orderId) return undefined;
    const at = Math.floor((evidence.updatedTime ?? 0) / 1000) * 1000;
    const isOlder = evidence.fillCount < order.fillCount || (at !== 0 && at < order.updatedTime);
    if (at > order.updatedTime) order.updatedTime = at as TimeUs;
    this.learnId(order, evidence.orderId, time);
    this.raiseFill(order, evidence.fillCount, time);
    if (order.life === 'done') return order;
    order.absentReads = 0;
    // Left out of a message it says nothing.
    if (evidence.expirationTime) order.expiresTime = evidence.expirationTime;
    if (evidence.status === 'resting' && isOlder) return order;
    if (evidence.status === 'resting') {
      if (order.knownTime === 0) order.knownTime = time;
      takeShape(order, evidence, time);
      this.recount(order);
      this.rest(order);
    } else if (evidence.status === 'executed') this.finish(order, 'filled');
    else if (evidence.status === 'canceled') this.finish(order, 'canceled');
    else this.doubt(order, time);
    return order;
  }

  /** One individual fill was booked for the order. */
  booked(order: Order, count: Count, time: TimeUs): void {
    order.bookedCount = (order.bookedCount + count) as Count;
    if (order.bookedCount > order.fillCount) order.fillCount = order.bookedCount;
    this.missing.note(order, time);
    this.recount(order);
    if (order.life !== 'done' && order.bookedCount > 0 && remaining(order) === 0) this.finish(order, 'filled');
  }

  /** A fill was booked for an order that is not known by this exchange id: it is counted once the id is learnt. */
  bookedEarly(orderId: string, count: Count): void {
    this.missing.bookedEarly(orderId, count);
  }

  /** A read that should have shown the order did not. Returns the number of such reads in a row. */
  absentFromRead(order: Order): number {
    return ++order.absentReads;
  }

  /** Enough consistent reads: it never came to be, or is long gone. */
  absent(order: Order): void {
    if (order.life !== 'done') this.finish(order, 'absent');
  }

  private rest(order: Order): void {
    if (order.life === 'unknown') this.unknownTotal--;
    if (order.life !== 'resting') this.watch?.rests(order);
    order.life = 'resting';
    order.unknownSince = 0 as TimeUs;
    if (order.cancel === 'unknown') order.cancel = 'none';
  }

  private finish(order: Order, reason: DoneReason): void {
    if (order.life === 'unknown') this.unknownTotal--;
    order.life = 'done';
    order.cancel = 'none';
    order.change = null;
    order.doneReason = reason;
    this.index.retire(order);
    this.recount(order);
    this.watch?.ended(order);
  }

  private learnId(order: Order, orderId: string, time: TimeUs): void {
    if (order.orderId !== '' || orderId === '') return;
    this.index.name(order, orderId);
    order.knownTime = time;
    const early = this.missing.takeEarly(orderId);
    if (early > 0) this.booked(order, early, time);
  }

  private raiseFill(order: Order, fillCount: Count, time: TimeUs): void {
    if (fillCount > order.fillCount) order.fillCount = fillCount;
    this.missing.note(order, time);
    this.recount(order);
  }

  /** Orders, done ones included, whose booked fills are behind what the exchange reported. */
  missingFills(): Order[] {
    return this.missing.list();
  }

  /** Its fills are all booked, or what is missing will not be had: the comparison of positions is left to judge. */
  fillsComplete(order: Order): void {
    this.missing.complete(order);
    this.recount(order);
  }
}

/** Of two prices of a side the one nearer to the other side. */
function keener(side: Side, a: Price, b: Price): Price {
  return (side === BID ? Math.max(a, b) : Math.min(a, b)) as Price;
}
