import type { Clock } from '../../../engine/kalshi/clock.ts';
import { type TimeUs, timeFromMs } from '../../../engine/units/index.ts';

interface Timer {
  readonly atMs: number;
  readonly fn: () => void;
}

/** A clock that moves only when told. */
export class FakeClock implements Clock {
  private elapsedMs = 0;
  private readonly startMs = 1_790_000_000_000;
  private readonly timers = new Set<Timer>();
  /** Every wait asked for, in order. */
  readonly waits: number[] = [];

  nowUs(): TimeUs {
    return timeFromMs(this.startMs + Math.floor(this.elapsedMs));
  }

  nowNs(): number {
    return this.elapsedMs * 1e6;
  }

  wallMs(): number {
    return this.startMs + Math.floor(this.elapsedMs);
  }

  after(ms: number, fn: () => void): () => void {
    const timer: Timer = { atMs: this.elapsedMs + ms, fn };
    this.waits.push(ms);
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  get pending(): number {
    return this.timers.size;
  }

  /** The last wait asked for. */
  get lastWait(): number {
    return this.waits.at(-1) ?? -1;
  }

  /** Move on by `ms`, firing what falls due in order. */
  advance(ms: number): void {
    const until = this.elapsedMs + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.timers) {
        if (timer.atMs <= until && (next === undefined || timer.atMs < next.atMs)) next = timer;
      }
      if (next === undefined) break;
      this.timers.delete(next);
      this.elapsedMs = Math.max(this.elapsedMs, next.atMs);
      next.fn();
    }
    this.elapsedMs = until;
  }
}
