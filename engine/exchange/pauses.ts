import type { TimeUs } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';

/** `trading`: nothing is placed or amended, cancels go through. `exchange`: nothing goes through (API 6.8). */
export type PauseLevel = 'trading' | 'exchange';

/** A planned trading pause. */
export interface MaintenanceWindow {
  readonly start: TimeUs;
  readonly end: TimeUs;
  /** null: every shard. */
  readonly shard: number | null;
}

/** What is paused, as it is kept across a restart. */
export interface PauseState {
  readonly trading: readonly number[];
  readonly exchange: readonly number[];
  readonly windows: readonly MaintenanceWindow[];
}

/** What a shard does at the moment. */
export interface ShardStatus {
  readonly exchangeActive: boolean;
  readonly tradingActive: boolean;
}

/** Pauses of shards, by hand and by maintenance window. Those of single markets are in `Lifecycle`. */
export class Pauses {
  /** Kept after their end: the schedule shows them. */
  windows: MaintenanceWindow[] = [];
  private readonly exchange: Exchange;
  private readonly paused = { trading: new Set<number>(), exchange: new Set<number>() };
  /** Windows whose start has been seen to. */
  private readonly begun = new Set<MaintenanceWindow>();

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  status(shard: number): ShardStatus {
    const exchangeActive = !this.paused.exchange.has(shard);
    const tradingActive = exchangeActive && !this.paused.trading.has(shard) && this.windowOf(shard) === undefined;
    return { exchangeActive, tradingActive };
  }

  /** The maintenance that a shard is in. */
  windowOf(shard: number): MaintenanceWindow | undefined {
    const time = this.exchange.now();
    return this.windows.find((w) => w.start <= time && time < w.end && (w.shard === null || w.shard === shard));
  }

  /** Pause a shard, or (null) all there are. Orders that asked for it are cancelled. */
  pause(level: PauseLevel, shard: number | null): void {
    for (const at of this.shards(shard)) {
      this.paused[level].add(at);
      this.cancelFlagged(at);
    }
    this.changed();
  }

  /** End the pauses of a shard, or (null) of all; a maintenance window lasts until its end. */
  resume(level: PauseLevel, shard: number | null): void {
    for (const at of this.shards(shard)) this.paused[level].delete(at);
    this.changed();
  }

  /** Plan a maintenance window. */
  plan(window: MaintenanceWindow): void {
    this.windows.push(window);
    this.exchange.wake(window.start);
    this.changed();
  }

  /** Begin what is due. Returns when the next window starts. */
  runDue(time: TimeUs): number {
    let next = Number.POSITIVE_INFINITY;
    for (const window of this.windows) {
      if (window.start > time) next = Math.min(next, window.start);
      else if (!this.begun.has(window)) {
        this.begun.add(window);
        if (time < window.end) for (const shard of this.shards(window.shard)) this.cancelFlagged(shard);
      }
    }
    return next;
  }

  /** @throws Refusal `exchange_paused` where a shard takes nothing at all */
  requireOpen(shard: number): void {
    if (!this.status(shard).exchangeActive) throw new Refusal(this.exchange.rules.pausedStatus, 'exchange_paused');
  }

  /** @throws Refusal where a shard takes no new orders */
  requireTrading(shard: number): void {
    this.requireOpen(shard);
    if (!this.status(shard).tradingActive) throw new Refusal(this.exchange.rules.pausedStatus, 'trading_paused');
  }

  state(): PauseState {
    return { trading: [...this.paused.trading], exchange: [...this.paused.exchange], windows: this.windows };
  }

  restore(state: PauseState): void {
    this.paused.trading.clear();
    this.paused.exchange.clear();
    for (const shard of state.trading) this.paused.trading.add(shard);
    for (const shard of state.exchange) this.paused.exchange.add(shard);
    this.windows = [...state.windows];
  }

  private shards(shard: number | null): readonly number[] {
    return shard === null ? this.exchange.shards() : [shard];
  }

  private cancelFlagged(shard: number): void {
    this.exchange.removeWhere((o) => o.exchangeIndex === shard && o.cancelOnPause, 'HaltCancel');
  }

  private changed(): void {
    this.exchange.record({ what: 'pauses', pauses: this.state() });
  }
}
