import type { TimeUs } from '../units/index.ts';

/** Time and timers as the venue uses them; tests hand in their own. */
export interface Clock {
  /** Microseconds since the Unix epoch; never goes back. */
  nowUs(): TimeUs;
  /** Nanoseconds for intervals; no relation to the epoch. */
  nowNs(): number;
  /** Call `act` once after `ms`; the result cancels it. */
  after(ms: number, act: () => void): () => void;
}

const REANCHOR_NS = 60_000_000_000;
/** A wall clock further off than this was set by hand or by NTP: believe it. */
const STEP_US = 100_000;

/**
 * The machine's clock: the wall clock anchored to the monotonic one, so that it has microseconds and never goes back.
 * Once a minute it looks at the wall clock again and follows a step forward; a step backward is waited out.
 */
export class SystemClock implements Clock {
  private anchorUs = Date.now() * 1000;
  private anchorNs = Number(process.hrtime.bigint());
  private last = 0;

  nowUs(): TimeUs {
    const ns = this.nowNs();
    if (ns - this.anchorNs > REANCHOR_NS) this.reanchor(ns);
    const now = this.anchorUs + Math.floor((ns - this.anchorNs) / 1000);
    if (now > this.last) this.last = now;
    return this.last as TimeUs;
  }

  nowNs(): number {
    return Number(process.hrtime.bigint());
  }

  after(ms: number, act: () => void): () => void {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  }

  private reanchor(ns: number): void {
    const monotonic = this.anchorUs + Math.floor((ns - this.anchorNs) / 1000);
    const wall = Date.now() * 1000;
    this.anchorUs = Math.abs(wall - monotonic) > STEP_US ? wall : monotonic;
    this.anchorNs = ns;
  }
}
