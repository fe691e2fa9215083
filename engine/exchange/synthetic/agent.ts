/**
 * Somebody who trades in a synthetic market. Times are seconds since that opened. Its draws never depend on what is in the
 * book, nor on anybody else's.
 */
export interface Agent {
  /** When it acts next: Infinity for never. */
  readonly nextAt: number;
  /** Do what is due at `now` and set `nextAt` to a later time. */
  act(now: number): void;
  /** The fair value has just jumped. */
  news?(now: number): void;
}

/** The widening of every quote towards an even chance, where news moves prices most. */
export function widening(p: number): number {
  return 0.6 + 1.6 * p * (1 - p);
}
