import { BID, type Count, type Money, type Price, type Side } from '../units/index.ts';

/** An order of ours as somebody faster sees it. */
export interface RestingQuote {
  readonly side: Side;
  readonly price: Price;
  /** Contracts that may still fill. */
  readonly count: Count;
}

/**
 * What is lost when the fair value jumps before our cancels land and everything of ours that is then mispriced is taken:
 * sum of (price - new fair) x contracts over bids for a fall, of (new fair - price) x contracts over asks for a rise;
 * the worse of the two. Against the new fair value, so that edge an order had is counted for it.
 * @param fair fair value now, @param move its jump either way, both 1e-4 dollars
 */
export function staleLoss(quotes: Iterable<RestingQuote>, fair: number, move: number): Money {
  let fall = 0;
  let rise = 0;
  for (const { side, price, count } of quotes) {
    if (side === BID) fall += Math.max(0, price - (fair - move)) * count;
    else rise += Math.max(0, fair + move - price) * count;
  }
  return Math.round(Math.max(fall, rise)) as Money;
}

/** What pulling everything has to work with. */
export interface PullMeans {
  readonly orders: number;
  /** Write tokens of one cancel, those at hand, and what comes in a second. */
  readonly cancelCost: number;
  /** Write tokens of triggering the groups of all shards in use, which pulls everything; infinite where none is armed. */
  readonly triggerCost: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** From a request to its answer, milliseconds; half of it is the way there. */
  readonly roundTripMs: number;
}

/**
 * How long orders of ours stay exposed when all are to be pulled, whichever is cheaper, one by one or by their groups:
 * waiting for tokens, then the way there. Milliseconds.
 */
export function pullMs({ orders, cancelCost, triggerCost, tokens, tokensPerSecond, roundTripMs }: PullMeans): number {
  if (orders === 0) return 0;
  const short = Math.max(0, Math.min(orders * cancelCost, triggerCost) - Math.max(0, tokens));
  return (short === 0 ? 0 : (short / tokensPerSecond) * 1000) + roundTripMs / 2;
}
