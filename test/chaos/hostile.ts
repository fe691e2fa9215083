import { Random } from '../../engine/exchange/random.ts';
import { MAX_TARGETS, type MarketView, type Quotes, type Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count } from '../../engine/units/index.ts';

/**
 * A strategy nobody should run: it wants as much as can be said, at another price every time, through the other side of
 * the book, too many orders at once, and both sides within a tick. What it says is formally right, so that nothing but
 * the engine's limits stands between it and the exchange.
 */
export class Hostile implements Strategy {
  readonly name = 'hostile';
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed, 'hostile');
  }

  quote(view: MarketView, quotes: Quotes): void {
    const { random } = this;
    const mood = random.next();
    // Most calls change nothing much, so that orders get to rest at all.
    if (mood < 0.1) return;
    const { levels } = view.grid;
    const bid = view.bestLevel(BID);
    const ask = view.bestLevel(ASK);
    const middle = bid >= 0 && ask >= 0 ? Math.floor((bid + ask) / 2) : random.integer(1, levels - 2);
    const through = mood > 0.8 ? random.integer(-2, 6) : 0;
    const depth = mood > 0.9 ? MAX_TARGETS : random.integer(1, 3);
    const near = Math.max(1, Math.min(levels - 2, middle + through));
    for (let n = 0; n < depth; n++) {
      const low = near - n;
      const high = near + 1 + n;
      if (low >= 0) quotes.bid(view.grid.price(low), this.count(mood), random.integer(0, 500), random.next());
      if (high < levels) quotes.ask(view.grid.price(high), this.count(mood), random.integer(0, 500), random.next());
    }
  }

  private count(mood: number): Count {
    const { random } = this;
    if (mood > 0.6) return random.integer(1, 1e9) as Count;
    return random.integer(1, 20_000) as Count;
  }
}
