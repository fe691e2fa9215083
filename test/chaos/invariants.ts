/** What must hold in every world, by name: at every step, at every request, or at the end. */
export const INVARIANTS = {
  position_limit: 'position and open orders of a side within the position limit, either way',
  market_risk: 'the worst outcome of a market within its limit',
  event_risk: 'the worst outcome of an event within its limit, but for what closing legs of a hedge adds',
  total_risk: 'the worst outcomes of all events within their limit, with the same exception',
  resting_limits: 'orders and resting contracts of a market and in all within their limits',
  order_limits: 'no order larger or dearer than one may be, no more a second than may be',
  collateral: 'cash never below zero, and orders never sent against the reserve',
  no_self_cross: 'no bid of ours at or above an ask of ours, nor sent to where it would be',
  no_blind_quote: 'nothing new or moved is sent on a book that is stale, unseen or crossed, or with the link down',
  no_quote_when_told: 'nothing new or moved is sent after a pause or stop',
  nothing_forgotten: 'whatever rests at the exchange is alive in the mind of the engine that placed it',
  books_equal: "a book said to be trusted is the exchange's once all its frames have come",
  own_budget: 'the exchange never refuses for want of tokens by our own doing',
  learns_first: 'a new engine knows all that rests before it sends its first order',
  truth_equal: "positions, fees, cash to the micro-dollar and live orders are the exchange's once it is calm",
  no_false_alarm: 'no halt or warning for a difference that there is not',
  nothing_rests: 'after a stop that is called clean nothing rests, nor comes to rest; in calm weather it is clean',
  no_exception: 'no exception leaves the engine or the exchange',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** An invariant that did not hold. */
export class Violation extends Error {
  readonly invariant: Invariant;
  /** Exchange time since the opening. */
  readonly atMs: number;

  constructor(invariant: Invariant, atMs: number, text: string) {
    super(text);
    this.invariant = invariant;
    this.atMs = atMs;
  }
}
