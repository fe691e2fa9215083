import { logit } from './probability.ts';

/** Whole seconds of the past that can be looked at; a power of two. */
const KEPT = 128;
/** Keeps log odds finite at certainty. */
const LEAST = 1e-9;

/** What agents can see of a fair value: the log odds as they were some time ago. */
export class Sight {
  private readonly past = new Float64Array(KEPT);
  private second = 0;

  constructor(fair: number) {
    this.past.fill(bounded(fair));
  }

  /** The fair value from `second` on; call for every whole second, and again when it changes within one. */
  record(second: number, fair: number): void {
    this.second = second;
    this.past[second & (KEPT - 1)] = bounded(fair);
  }

  /** Log odds at a moment, in seconds, up to two minutes ago. */
  logOdds(at: number): number {
    const second = Math.max(0, Math.min(this.second, Math.floor(at)));
    return this.past[second & (KEPT - 1)]!;
  }
}

function bounded(fair: number): number {
  return logit(Math.max(LEAST, Math.min(1 - LEAST, fair)));
}
