import { BID, type Count, complement, type Money, notional, type Price, type Side } from '../units/index.ts';

/** What one contract of a side needs at a price, and loses if it loses: p for YES, 1 - p for NO; 1e-4 dollars. */
export function collateralEach(side: Side, price: Price): Price {
  return side === BID ? price : complement(price);
}

/** Collateral an order or a position of this side and price needs when nothing nets: p for YES, 1 - p for NO. */
export function collateral(side: Side, price: Price, count: Count): Money {
  return notional(collateralEach(side, price), count);
}
