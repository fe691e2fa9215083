import type { IncentiveRule, MarketView } from '../../engine/quoting/index.ts';
import { BID, type Count, ONE_DOLLAR, type Side } from '../../engine/units/index.ts';

/** Where bids of a side score in a liquidity program, as levels: fully at the reference, nothing behind the last. */
export interface Band {
  readonly reference: number;
  readonly last: number;
}

/** At this price or above, 1e-4 dollars, a best bid qualifies nothing. */
const DECIDED = 9900;

/**
 * The band of a side as others' orders make it, null where nothing scores: no bids, the side decided, or the target not
 * reached even with `ours` contracts more.
 */
export function bandOf(view: MarketView, side: Side, rule: IncentiveRule, ours: Count): Band | null {
  const { grid, incentive } = view;
  const best = view.bestLevel(side);
  if (incentive === null || best < 0) return null;
  const price = grid.price(best);
  if ((side === BID ? price : ONE_DOLLAR - price) >= DECIDED) return null;
  let sum = 0;
  let reference = -1;
  for (let at = best; at >= 0; at = view.nextLevel(side, at)) {
    sum += view.sizeAt(side, at);
    if (reference < 0 && (rule === 'best' || sum * 5 >= incentive.target)) reference = at;
    if (sum >= incentive.target) return { reference, last: at };
  }
  if (reference < 0 || sum + ours < incentive.target) return null;
  return { reference, last: side === BID ? 0 : grid.levels - 1 };
}

/**
 * Where a side's nearest order goes: to the reference of the band, or as near to it as `minEdge` (1e-4 dollars) from the
 * reservation price allows, if that is nearer than `top` and scores; else it stays at `top`. Never before the reference.
 */
export function scoringLevel(
  view: MarketView,
  side: Side,
  band: Band,
  top: number,
  reservation: number,
  minEdge: number,
): number {
  const { grid } = view;
  const bound = side === BID ? grid.floorLevel(reservation - minEdge) : grid.ceilLevel(reservation + minEdge);
  if (bound < 0) return top;
  const [away, nearest] = side === BID ? [-1, Math.min(band.reference, bound)] : [1, Math.max(band.reference, bound)];
  const isNearer = (top - nearest) * away > 0;
  const scores = (band.last - nearest) * away >= 0;
  return isNearer && scores ? nearest : top;
}
