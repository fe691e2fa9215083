import type { EventShape, Strike } from '../market/index.ts';
import type { Count, Price, Side } from '../units/index.ts';

/** A market of the same event, as a strategy sees it while it is asked about another. */
export interface SiblingView {
  readonly ticker: string;
  readonly strike: Strike;
  /** `yes`, `no`, `scalar`, '' while undecided. */
  readonly result: string;
  /** It is one of this session's markets, it is active, and its book is in order. */
  readonly isTrusted: boolean;
  /** Net contracts held, negative = NO; 0 where it is not one of this session's markets. */
  readonly position: Count;
  /** Others' best price in YES space, 1e-4 dollars; 0 where the side is empty or the book is not trusted. */
  bestPrice(side: Side): Price;
  /** Others' contracts there. */
  bestSize(side: Side): Count;
}

/**
 * The event a market belongs to. Read-only and always up to date: keep no copies. Nothing may be concluded from one
 * market about another where `shape.kind` is `unknown`; `shape.why` says why it is what it is.
 */
export interface EventView {
  readonly ticker: string;
  readonly shape: EventShape;
  /** Every market of the event that is known, this one included. `shape` names them by their place here. */
  readonly markets: readonly SiblingView[];
}
