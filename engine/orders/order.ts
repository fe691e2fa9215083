import type { Count, Price, Side, TimeUs } from '../units/index.ts';

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

/** One order of ours. Mutated only by `Orders`. */
export interface Order {
  readonly clientOrderId: string;
  /** The exchange's id, '' until it told us. */
  orderId: string;
  readonly market: number;
  readonly side: Side;
  readonly price: Price;
  readonly initialCount: Count;
  /** Highest filled count any order-level evidence showed. Never falls. */
  fillCount: Count;
  /** Sum of the individual fills booked for it. Behind `fillCount` while fills are missing. */
  bookedCount: Count;
  /** Contracts of it that book frames have shown, as far as one can tell; 0 while they have not, or no longer do. */
  shownCount: Count;
  /** A book frame named it: `shownCount` is what the book holds of it, whatever time passes. */
  isNamed: boolean;
  /** When the exchange's id was learnt, 0 until then. */
  knownTime: TimeUs;
  life: OrderLife;
  cancel: CancelLife;
  doneReason: DoneReason;
  readonly sentTime: TimeUs;
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

/** Contracts that may still fill, given all evidence: 0 once done. */
export function remaining(order: Order): Count {
  if (order.life === 'done') return 0 as Count;
  return Math.max(0, order.initialCount - Math.max(order.fillCount, order.bookedCount)) as Count;
}
