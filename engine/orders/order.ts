import { ASK, BID, type Count, type Price, type Side, type TimeUs } from '../units/index.ts';

/**
 * What we know of an order's existence.
 * - `sent`: the create was handed over and has no answer yet.
 * - `unknown`: its state at the exchange is not known (lost answer, 5xx, a cancel that found nothing). Blocks its side
 *   until evidence resolves it; never treated as failed.
 * - `resting`: the exchange said it rests.
 * - `done`: the exchange said it is gone, or proof that it never came to be. Final.
 */
export type OrderLife = 'sent' | 'unknown' | 'resting' | 'done';

/** What we know of a cancel of ours: none, handed over, or handed over with its answer lost. */
export type CancelLife = 'none' | 'sent' | 'unknown';

/** Why a `done` order is gone. `absent`: several consistent reads show it never reached the book. */
export type DoneReason = '' | 'filled' | 'canceled' | 'rejected' | 'absent';

/**
 * A change of a resting order that is not known to have happened, nor not to have. While it is there both the old and
 * the new state count, whichever is worse.
 */
export interface OrderChange {
  readonly kind: 'amend' | 'decrease';
  /** Price it will have. A decrease leaves it. */
  readonly price: Price;
  /** Amend: contracts filled and resting together that it will have. Decrease: the most it can have. */
  readonly total: Count;
  /** Decrease: contracts that will be left at the most. Amend: what `total` leaves given the fills known at sending. */
  readonly left: Count;
  /** `unknown`: the answer was lost. */
  life: 'sent' | 'unknown';
  /** When the answer was given up, 0 until then; and the reads since that showed the order unchanged. */
  unknownSince: TimeUs;
  misses: number;
}

/** What a sum over orders holds of one order, kept with it so that a change costs the difference alone. */
export interface OrderShare {
  /** It is one of the live ones. */
  isLive: boolean;
  /** Contracts, what they may lose (micro-dollars), and the price nearest to the other side. */
  count: number;
  loss: number;
  keenest: Price;
}

/** One order of ours. Mutated only by `Orders`. */
export interface Order {
  readonly clientOrderId: string;
  /** The exchange's id, '' until it told us. */
  orderId: string;
  readonly market: number;
  readonly side: Side;
  price: Price;
  /** Of all the prices it has had or may have had, the one nearest to the other side: what filled unheard cost no more. */
  dearest: Price;
  /** What risk counts of it; written by whoever `Orders` tells of changes. */
  readonly share: OrderShare;
  /** Contracts it has at the most, filled and resting together. */
  initialCount: Count;
  /** And at the least: a decrease that raced a fill leaves more behind than we can tell until a message says so. */
  leastCount: Count;
  /** What rests is known not to be more than this. */
  leftAtMost: Count;
  /** Highest filled count any order-level evidence showed. Never falls. */
  fillCount: Count;
  /** Sum of the individual fills booked for it. Behind `fillCount` while fills are missing. */
  bookedCount: Count;
  /** Contracts of it that book frames have shown, as far as one can tell; 0 while they have not, or no longer do. */
  shownCount: Count;
  shownPrice: Price;
  /** A book frame named it: `shownCount` is what the book holds of it, whatever time passes. */
  isNamed: boolean;
  /** When the exchange's id was learnt, 0 until then. */
  knownTime: TimeUs;
  life: OrderLife;
  cancel: CancelLife;
  /** The one change under way, null for none. */
  change: OrderChange | null;
  /** When it last changed by the exchange's clock as far as we know, whole milliseconds; 0: never told. */
  updatedTime: TimeUs;
  doneReason: DoneReason;
  readonly sentTime: TimeUs;
  /** When the exchange cancels it by itself, 0 for never. */
  expiresTime: TimeUs;
  /** A cancel was refused: not to be repeated before this. */
  cancelNotBefore: TimeUs;
  /** When it became unknown, or when its state was last asked for; 0 otherwise. */
  unknownSince: TimeUs;
  lastAskedTime: TimeUs;
  /** Consecutive reads that should have shown it and did not. */
  absentReads: number;
  /** When `fillCount` first ran ahead of `bookedCount`, 0 while they agree. */
  fillsMissingSince: TimeUs;
}

/** An order whose create is being handed over. */
export function newOrder(
  clientOrderId: string,
  market: number,
  side: Side,
  price: Price,
  count: Count,
  time: TimeUs,
  expiresTime = 0 as TimeUs,
): Order {
  return {
    clientOrderId,
    orderId: '',
    market,
    side,
    price,
    dearest: price,
    share: { isLive: false, count: 0, loss: 0, keenest: price },
    initialCount: count,
    leastCount: count,
    leftAtMost: count,
    fillCount: 0 as Count,
    bookedCount: 0 as Count,
    shownCount: 0 as Count,
    shownPrice: price,
    isNamed: false,
    knownTime: 0 as TimeUs,
    life: 'sent',
    cancel: 'none',
    change: null,
    updatedTime: 0 as TimeUs,
    doneReason: '',
    sentTime: time,
    expiresTime,
    cancelNotBefore: 0 as TimeUs,
    unknownSince: 0 as TimeUs,
    lastAskedTime: 0 as TimeUs,
    absentReads: 0,
    fillsMissingSince: 0 as TimeUs,
  };
}

/** Contracts that may still fill, given all evidence and whatever becomes of a change under way: 0 once done. */
export function remaining(order: Order): Count {
  if (order.life === 'done') return 0 as Count;
  const filled = Math.max(order.fillCount, order.bookedCount);
  const { change } = order;
  const now = Math.min(order.initialCount - filled, order.leftAtMost);
  const then = change?.kind === 'amend' ? change.total - filled : 0;
  return Math.max(0, now, then) as Count;
}

/** What will rest once the change under way has happened: what may still fill where there is none. */
export function intendedLeft(order: Order): Count {
  const { change } = order;
  if (change === null || order.life === 'done') return remaining(order);
  const filled = Math.max(order.fillCount, order.bookedCount);
  const left = change.kind === 'amend' ? change.total - filled : Math.min(change.left, remaining(order));
  return Math.max(0, left) as Count;
}

/** The price it will have once the change under way has happened. */
export function intendedPrice(order: Order): Price {
  return order.change === null ? order.price : order.change.price;
}

/** Of the prices it may have now, the one nearer to the other side. */
export function keenestPrice(order: Order): Price {
  const { change, price, side } = order;
  if (change === null) return price;
  return (side === BID ? Math.max(price, change.price) : Math.min(price, change.price)) as Price;
}

/** Contracts known to have filled that are in no position yet, because their fills are on the way or lost. */
export function unbooked(order: Order): Count {
  return (order.fillsMissingSince === 0 ? 0 : order.fillCount - order.bookedCount) as Count;
}

/** Contracts it has at the least, filled and resting together, whatever becomes of a change under way. */
export function leastTotal(order: Order): Count {
  const { change } = order;
  if (change === null) return order.leastCount;
  const then = change.kind === 'amend' ? change.total : order.fillCount + change.left;
  return Math.min(order.leastCount, then) as Count;
}

/** Its state, or what a request of ours did to it, is not known. */
export function isDoubtful(order: Order): boolean {
  return order.life === 'unknown' || order.cancel === 'unknown' || order.change?.life === 'unknown';
}

/** Both sides, for loops. */
export const SIDES: readonly [typeof BID, typeof ASK] = [BID, ASK];
