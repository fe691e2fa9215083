import type { Gauge } from '../core/index.ts';
import { exchangeDayStart } from './exchange-day.ts';

/** Stalls and changes of the skew below this are not worth a record. */
const LEAST_MS = 100;
const SECOND_NS = 1_000_000_000;

export interface GaugeOptions {
  /** How often `tick` should be called, milliseconds. */
  readonly everyMs: number;
  readonly nowNs: () => number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** How far the exchange's clock is ahead of this machine's, null where it is not measured. */
  readonly clockSkewMs: () => number | null;
  readonly measured: (name: Gauge, value: number) => void;
}

/** Measures what the core cannot: the event loop's stalls, the clock's skew, the exchange's day. Tells of what changed. */
export class Gauges {
  private readonly options: GaugeOptions;
  private tickedNs: number;
  private lookedNs = Number.NEGATIVE_INFINITY;
  private skewMs = 0;
  private dayStart = 0;

  constructor(options: GaugeOptions) {
    this.options = options;
    this.tickedNs = options.nowNs();
  }

  tick(): void {
    const { everyMs, nowNs, nowMs, clockSkewMs, measured } = this.options;
    const ns = nowNs();
    const lagMs = Math.round((ns - this.tickedNs) / 1e6 - everyMs);
    this.tickedNs = ns;
    if (lagMs >= LEAST_MS) measured('loopLagMs', lagMs);
    if (ns - this.lookedNs < SECOND_NS) return;
    this.lookedNs = ns;
    const skewMs = Math.round(clockSkewMs() ?? 0);
    if (Math.abs(skewMs - this.skewMs) >= LEAST_MS || (skewMs === 0 && this.skewMs !== 0)) {
      this.skewMs = skewMs;
      measured('clockSkewMs', skewMs);
    }
    const dayStart = exchangeDayStart(nowMs() / 1000);
    if (dayStart === this.dayStart) return;
    this.dayStart = dayStart;
    measured('dayStart', dayStart);
  }
}
