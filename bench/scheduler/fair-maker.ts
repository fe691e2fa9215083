import type { MarketView, Quotes, Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, ONE_CONTRACT } from '../../engine/units/index.ts';

/** What a market is to its maker. */
export interface Quoting {
  /** 1e-4 dollars. */
  readonly halfSpread: number;
  readonly contracts: number;
}

/** Quotes one order a side around a fair value it is told from outside. It is the same for every policy compared. */
export class FairMaker implements Strategy {
  readonly name = 'fair';
  private readonly fair: (ticker: string) => number;
  private readonly quoting: (ticker: string) => Quoting;

  constructor(fair: (ticker: string) => number, quoting: (ticker: string) => Quoting) {
    this.fair = fair;
    this.quoting = quoting;
  }

  quote(view: MarketView, quotes: Quotes): void {
    const fair = 10_000 * this.fair(view.ticker);
    const { halfSpread, contracts } = this.quoting(view.ticker);
    const { grid } = view;
    const count = (contracts * ONE_CONTRACT) as Count;
    const bestBid = view.bestLevel(BID);
    const bestAsk = view.bestLevel(ASK);
    const floor = grid.floorLevel(fair - halfSpread);
    const ceil = grid.ceilLevel(fair + halfSpread);
    const bid = bestAsk < 0 ? floor : Math.min(floor, bestAsk - 1);
    const ask = Math.max(ceil, bestBid + 1);
    if (bid < 0) quotes.none(BID, 'no_edge');
    else quotes.bid(grid.price(bid), count, fair - grid.price(bid));
    if (ceil < 0 || ask >= grid.levels) quotes.none(ASK, 'no_edge');
    else quotes.ask(grid.price(ask), count, grid.price(ask) - fair);
  }
}
