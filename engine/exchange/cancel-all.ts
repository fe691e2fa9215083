import type { Exchange } from './exchange.ts';
import { type ExchangeOrder, Refusal } from './order.ts';

interface Sweep {
  readonly userId: string;
  readonly subaccount: number | null;
  /** Orders accepted after `from` and not after `until`, microseconds, are cancelled too. */
  readonly from: number;
  readonly until: number;
}

/** Cancelling everything, and (by rule) what is placed in the minute after it (API 2.1). */
export class CancelAll {
  private readonly exchange: Exchange;
  private sweeps: Sweep[] = [];

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /**
   * Cancel all that a user has resting, in one subaccount or (null) in all. Where a shard or market takes no cancels its
   * orders stay. @throws Refusal where that leaves nothing to cancel
   */
  run(userId: string, subaccount: number | null): void {
    let refused: unknown = null;
    let cancelled = 0;
    for (const order of this.exchange.restingOf(userId, subaccount)) {
      try {
        this.exchange.cancel(userId, order.orderId);
        cancelled++;
      } catch (error) {
        // A group's trigger or an expiry may have come first.
        if (!(error instanceof Refusal)) throw error;
        if (error.code !== 'not_found') refused = error;
      }
    }
    const { cancelAllSeconds } = this.exchange.rules;
    const from = this.exchange.now();
    if (cancelAllSeconds > 0)
      this.sweeps.push({ userId, subaccount, from, until: from + cancelAllSeconds * 1_000_000 });
    if (refused !== null && cancelled === 0) throw refused;
  }

  /** Have an order that came to rest looked at. */
  rested(order: ExchangeOrder): void {
    if (this.sweeps.some((s) => sweeps(s, order))) this.exchange.wake(0);
  }

  /** Cancel what was placed too soon. */
  runDue(time: number): void {
    for (const sweep of this.sweeps) this.exchange.removeWhere((o) => sweeps(sweep, o), '');
    this.sweeps = this.sweeps.filter((s) => s.until >= time);
  }
}

function sweeps(sweep: Sweep, order: ExchangeOrder): boolean {
  return (
    order.userId === sweep.userId &&
    (sweep.subaccount === null || order.subaccount === sweep.subaccount) &&
    order.createdTime >= sweep.from &&
    order.createdTime <= sweep.until
  );
}
