import {
  checkParams,
  defineStrategy,
  type MarketView,
  microprice,
  type Quotes,
  type Strategy,
} from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, ONE_CONTRACT, ONE_DOLLAR, type Side } from '../../engine/units/index.ts';
import { bandOf, scoringLevel } from './incentive.ts';
import { LADDER_PARAMS, type LadderParams } from './params.ts';

export { LADDER_PARAMS, type LadderParams } from './params.ts';

/**
 * Inventory-skewed ladder around a fair value.
 *
 * The fair value F is others' microprice, or a value from outside; the reservation price r = F - skew * q, with q the
 * position as a share of its limit, falls when long and rises when short. Bids step down from r - half, asks up from
 * r + half, always rounded away from r and never through the other side of the book. Sizes grow with depth and shrink on
 * the side that would add to the position: bids by 1 - q, asks by 1 + q, clipped to [0, 1.5]. Where a liquidity program
 * pays, the nearest order of each side may stand nearer than half, where it scores.
 */
export class Ladder implements Strategy {
  readonly name = 'ladder';
  private readonly params: LadderParams;
  /** Names of values from outside by ticker. */
  private readonly names = new Map<string, string>();

  constructor(params: LadderParams) {
    this.params = params;
  }

  quote(view: MarketView, quotes: Quotes): void {
    const isExternal = this.params.fairValue === 'external';
    const fair = isExternal ? this.told(view, quotes) : microprice(view);
    if (Number.isNaN(fair)) {
      if (isExternal) return;
      quotes.none(BID, 'book_one_sided');
      quotes.none(ASK, 'book_one_sided');
      return;
    }
    const { grid } = view;
    const bestBid = view.bestLevel(BID);
    const bestAsk = view.bestLevel(ASK);
    const tick = tickAt(view, isExternal ? grid.floorLevel(fair) : bestBid);
    const fee = makerFeePerContract(view, fair);
    const half = this.params.halfSpreadTicks * tick + fee;
    const share = Math.max(-1, Math.min(1, view.position / view.positionLimit));
    const reservation = fair - this.params.skewHalves * half * share;
    const highBid = grid.floorLevel(reservation - half);
    const topBid = bestAsk < 0 ? highBid : Math.min(highBid, bestAsk - 1);
    const lowAsk = grid.ceilLevel(reservation + half);
    const topAsk = lowAsk < 0 ? -1 : Math.max(lowAsk, bestBid + 1, topBid + 1);
    const bidScale = Math.max(0, Math.min(1.5, 1 - share));
    const askScale = Math.max(0, Math.min(1.5, 1 + share));
    let [nearBid, nearAsk] = [topBid, topAsk];
    const { incentiveRule: rule, incentiveEdgeTicks, contracts } = this.params;
    if (rule !== 'off' && view.incentive !== null) {
      const bids = bandOf(view, BID, rule, wholeContracts(contracts * bidScale));
      const asks = bandOf(view, ASK, rule, wholeContracts(contracts * askScale));
      // A side scores in no snapshot in which the other has nothing that qualifies.
      if (bids !== null && asks !== null) {
        const minEdge = incentiveEdgeTicks * tick + fee;
        nearBid = scoringLevel(view, BID, bids, topBid, reservation, minEdge);
        nearAsk = scoringLevel(view, ASK, asks, topAsk, reservation, minEdge);
      }
    }
    this.side(view, quotes, BID, topBid, nearBid, bidScale, reservation);
    this.side(view, quotes, ASK, topAsk, nearAsk, askScale, reservation);
  }

  /** The fair value from outside, 1e-4 dollars; NaN, with the reason in both sides, where there is none to quote on. */
  private told(view: MarketView, quotes: Quotes): number {
    const found = view.external(this.nameFor(view.ticker));
    const { staleSeconds } = this.params;
    const isUsable = found !== null && found.value >= 0 && found.value <= 1;
    if (isUsable && found.ageMs <= staleSeconds * 1000) return found.value * ONE_DOLLAR;
    for (const side of [BID, ASK] as const) {
      if (isUsable) quotes.none(side, 'external_stale', found.ageMs / 1000, staleSeconds);
      else quotes.none(side, 'no_fair_value', 0, 1);
    }
    return Number.NaN;
  }

  private nameFor(ticker: string): string {
    let name = this.names.get(ticker);
    if (name === undefined) {
      name = this.params.externalName.replace('{ticker}', () => ticker);
      this.names.set(ticker, name);
    }
    return name;
  }

  /** @param top where the ladder begins, @param nearest where its nearest order stands, there or nearer */
  private side(
    view: MarketView,
    quotes: Quotes,
    side: Side,
    top: number,
    nearest: number,
    scale: number,
    reservation: number,
  ): void {
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
      const level = n === 0 ? nearest : top + away * n * gapTicks;
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
  api: '1.1',
  name: 'ladder',
  about: 'an inventory-skewed ladder around the microprice or a value from outside',
  params: LADDER_PARAMS,
  create: (params) => new Ladder(params),
});

export default ladder;
