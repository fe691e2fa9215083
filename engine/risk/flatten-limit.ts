import type { Grid } from '../market/index.ts';
import { ASK, type Price, type Side } from '../units/index.ts';

/**
 * The worst price a position may be closed at: `band` (1e-4 dollars) beyond the mid, or beyond the one side there is, on
 * the grid and never further. `bid` and `ask` are 0 where a side is empty; one of them has to be there.
 */
export function flattenLimit(grid: Grid, side: Side, bid: Price, ask: Price, band: number): Price {
  const mid = bid === 0 || ask === 0 ? bid + ask : (bid + ask) / 2;
  const level = side === ASK ? grid.ceilLevel(mid - band) : grid.floorLevel(mid + band);
  return grid.price(Math.min(Math.max(0, level), grid.levels - 1));
}
