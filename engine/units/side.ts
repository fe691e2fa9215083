/**
 * A side of the one book of a market, in YES space. `BID` buys YES (rests on the YES ladder); `ASK` sells YES, which is
 * the same as buying NO at the complement (rests on the NO ladder).
 */
export type Side = 0 | 1;

export const BID = 0 as const satisfies Side;
export const ASK = 1 as const satisfies Side;

/** The other side. */
export function opposite(side: Side): Side {
  return (1 - side) as Side;
}

/** The wire's word: `bid` or `ask`. */
export function sideName(side: Side): 'bid' | 'ask' {
  return side === BID ? 'bid' : 'ask';
}

/** +1 for a buy of YES, -1 for a sale: the sign a fill adds to the position. */
export function sideSign(side: Side): 1 | -1 {
  return side === BID ? 1 : -1;
}
