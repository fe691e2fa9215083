import {
  checkParams,
  defineStrategy,
  MAX_TARGETS,
  type MarketView,
  microprice,
  type ParamsOf,
  type Quotes,
  type Strategy,
} from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, ONE_CONTRACT, type Side } from '../../engine/units/index.ts';

/** What can be set, with its unit, default and the range that makes sense. */
export const LADDER_PARAMS = {
  levels: {
    type: 'integer',
    default: 2,
    min: 1,
    max: MAX_TARGETS,
    unit: 'orders a side',
    about: 'how deep the ladder is',
  },
  contracts: {
    type: 'number',
    default: 10,
    min: 0.01,
    max: 1e6,
    unit: 'contracts',
    about: 'size of the order nearest to the fair value',
  },
  growth: {
    type: 'number',
    default: 1.3,
    min: 0.1,
    max: 10,
    unit: 'factor',
    about: 'each deeper order is this much larger',
  },
  halfSpreadTicks: {
    type: 'number',
    default: 1,
    min: 0.5,
    max: 100,
    unit: 'ticks',
    about: 'least distance from the reservation price',
  },
  gapTicks: {
    type: 'integer',
    default: 1,
    min: 1,
    max: 100,
    unit: 'ticks',
    about: 'distance between two orders of a side',
  },
  skewHalves: {
    type: 'number',
    default: 1.5,
    min: 0,
    max: 20,
    unit: 'half spreads',
    about: 'shift of both quotes at the position limit',
  },
} as const;

export type LadderParams = ParamsOf<typeof LADDER_PARAMS>;

/**
 * Inventory-skewed ladder around the microprice.
 *
 * The fair value is others' microprice F; the reservation price r = F - skew * q, with q the position as a share of
 * its limit, falls when long and rises when short. Bids step down from r - half, asks up from r + half, always rounded
 * away from r and never through the other side of the book. Sizes grow with depth and shrink on the side that would
 * add to the position: bids by 1 - q, asks by 1 + q, clipped to [0, 1.5].
 */
export class Ladder implements Strategy {
  readonly name = 'ladder';
  private readonly params: LadderParams;

  constructor(params: LadderParams) {
    this.params = params;
  }

  quote(view: MarketView, quotes: Quotes): void {
    const fair = microprice(view);
    if (Number.isNaN(fair)) {
      quotes.none(BID, 'book_one_sided');
      quotes.none(ASK, 'book_one_sided');
      return;
    }
    const { grid } = view;
    const bestBid = view.bestLevel(BID);
    const bestAsk = view.bestLevel(ASK);
    const tick = tickAt(view, bestBid);
    const half = this.params.halfSpreadTicks * tick + makerFeePerContract(view, fair);
    const share = Math.max(-1, Math.min(1, view.position / view.positionLimit));
    const reservation = fair - this.params.skewHalves * half * share;
    const topBid = Math.min(grid.floorLevel(reservation - half), bestAsk - 1);
    const lowAsk = grid.ceilLevel(reservation + half);
    const topAsk = lowAsk < 0 ? -1 : Math.max(lowAsk, bestBid + 1, topBid + 1);
    this.side(view, quotes, BID, topBid, Math.max(0, Math.min(1.5, 1 - share)), reservation);
    this.side(view, quotes, ASK, topAsk, Math.max(0, Math.min(1.5, 1 + share)), reservation);
  }

  private side(view: MarketView, quotes: Quotes, side: Side, top: number, scale: number, reservation: number): void {
    const { levels, contracts, growth, gapTicks } = this.params;
    const away = side === BID ? -1 : 1;
    if (top < 0 || top >= view.grid.levels) {
      quotes.none(side, 'no_edge');
      return;
    }
    if (scale === 0) {
      quotes.none(side, 'position_limit');
      return;
    }
    for (let n = 0; n < levels; n++) {
      const level = top + away * n * gapTicks;
      if (level < 0 || level >= view.grid.levels) break;
      const price = view.grid.price(level);
      const count = wholeContracts(contracts * growth ** n * scale);
      if (count === 0) continue;
      const edge = Math.abs(price - reservation);
      const urgency = n === 0 ? 0.6 : 0.4;
      if (side === BID) quotes.bid(price, count, edge, urgency);
      else quotes.ask(price, count, edge, urgency);
    }
    if (quotes.side(side).length === 0) quotes.none(side, 'position_limit');
  }
}

/** Whole contracts, so that quotes do not flicker with every hundredth of position; at least the smallest lot asked. */
function wholeContracts(contracts: number): Count {
  if (contracts < 1) return (contracts > 0 && contracts >= 0.01 ? Math.floor(contracts * 100) : 0) as Count;
  return (Math.floor(contracts) * ONE_CONTRACT) as Count;
}

/** Distance to the next level at this place of the grid, 1e-4 dollars. */
function tickAt(view: MarketView, level: number): number {
  const { grid } = view;
  const at = Math.min(Math.max(level, 0), grid.levels - 2);
  return grid.levels < 2 ? 100 : grid.price(at + 1) - grid.price(at);
}

/** Expected maker fee of one contract at this price, 1e-4 dollars. */
function makerFeePerContract(view: MarketView, fair: number): number {
  const p = fair / 10_000;
  return (view.fees.makerRateNano / 1e9) * p * (1 - p) * 10_000;
}

/** Make a ladder from parameters; missing ones take their defaults. @throws ParamError naming the parameter */
export function createLadder(given: Readonly<Record<string, unknown>>): Ladder {
  return new Ladder(checkParams('ladder', LADDER_PARAMS, given));
}

/** The ladder as a plugin. */
export const ladder = defineStrategy({
  api: '1.0',
  name: 'ladder',
  about: 'an inventory-skewed ladder around the microprice',
  params: LADDER_PARAMS,
  create: (params) => new Ladder(params),
});

export default ladder;
