/** What a candidate can be asked to do, each for every frame or change of its stream. */
export type Work = 'decode' | 'apply' | 'both';

/**
 * A way to keep books. Each job's method makes one pass over the stream and returns a sum over all it computed on the
 * way, the best prices after every change included: equal sums, equal answers.
 */
export interface Candidate {
  /** Back to the opening levels. Not timed, and only called where the stream is no cycle. */
  rewind(): void;
  readonly works: { readonly [work in Work]?: () => number };
}

/** Order-sensitive sum. */
export function mix(sum: number, a: number, b: number): number {
  return (Math.imul(sum, 31) + Math.imul(a, 10_007) + b) | 0;
}

/** Both best prices as one number, 0 for an empty side. */
export function touch(bestBid: number, bestAsk: number): number {
  return bestBid * 10_001 + bestAsk;
}
