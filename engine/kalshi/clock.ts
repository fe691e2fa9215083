import { performance } from 'node:perf_hooks';
import { type TimeUs, timeFromMs } from '../units/index.ts';

/** Time and timers as the venue uses them; tests hand in their own. */
export interface Clock {
  /** Microseconds since the Unix epoch; never goes back. */
  nowUs(): TimeUs;
  /** Nanoseconds for intervals; no relation to the epoch. */
  nowNs(): number;
  /** The machine's own clock, epoch milliseconds, as it is (it may jump): for signatures, judged against true time. */
  wallMs(): number;
  /** Call `act` once after `ms`; the result cancels it. */
  after(ms: number, act: () => void): () => void;
}

/** Where a `SystemClock` takes its time from. */
export interface ClockSource {
  wallMs(): number;
  nowNs(): number;
}

const CHECK_NS = 1_000_000_000;
/** The wall clock is read in whole milliseconds and may be slewed by NTP: smaller differences are noise. */
const DEAD_BAND_US = 2_000;
const SLOW_RATE = 0.5;

const MACHINE: ClockSource = {
  wallMs: () => Date.now(),
  nowNs: () => Math.round(performance.now() * 1e6),
};

/**
 * The machine's clock: the wall clock anchored to the monotonic one, so that it has microseconds and never goes back.
 *
 * About once a second, when asked, it is compared with the wall clock:
 * - within 2 ms: left alone;
 * - behind the wall clock (which was set forward, or the machine slept): steps forward at once;
 * - ahead of it (it was set back): runs at half speed until the wall clock has caught up, so that time neither goes
 *   back nor stands still.
 */
export class SystemClock implements Clock {
  private readonly source: ClockSource;
  private anchorNs: number;
  private anchorUs: number;
  private rate = 1;
  private nextCheckNs: number;
  private lastUs: number;

  constructor(source: ClockSource = MACHINE) {
    this.source = source;
    this.anchorNs = source.nowNs();
    this.anchorUs = timeFromMs(source.wallMs());
    this.lastUs = this.anchorUs;
    this.nextCheckNs = this.anchorNs + CHECK_NS;
  }

  nowUs(): TimeUs {
    const ns = this.source.nowNs();
    if (ns >= this.nextCheckNs) this.compare(ns);
    const us = this.at(ns);
    if (us > this.lastUs) this.lastUs = us;
    return this.lastUs as TimeUs;
  }

  nowNs(): number {
    return this.source.nowNs();
  }

  wallMs(): number {
    return this.source.wallMs();
  }

  after(ms: number, act: () => void): () => void {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  }

  /** How far `nowUs` is ahead of the wall clock, microseconds (negative: behind). */
  aheadUs(): number {
    return this.at(this.source.nowNs()) - this.source.wallMs() * 1000;
  }

  private at(ns: number): number {
    return this.anchorUs + Math.floor(((ns - this.anchorNs) * this.rate) / 1000);
  }

  private compare(ns: number): void {
    const currentUs = this.at(ns);
    const wallUs = this.source.wallMs() * 1000;
    const aheadUs = currentUs - wallUs;
    this.anchorNs = ns;
    this.anchorUs = aheadUs < -DEAD_BAND_US ? wallUs : currentUs;
    this.rate = aheadUs > DEAD_BAND_US ? SLOW_RATE : 1;
    // At half speed an excess of d is gone after 2d: look again then, not later.
    const excessNs = (aheadUs * 1000) / (1 - SLOW_RATE);
    this.nextCheckNs = ns + (this.rate === 1 ? CHECK_NS : Math.min(CHECK_NS, excessNs));
  }
}
