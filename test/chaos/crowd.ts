import type { Exchange } from '../../engine/exchange/exchange.ts';
import { arriveBackground, reachByTrade } from '../../engine/exchange/matching.ts';
import { Random } from '../../engine/exchange/random.ts';
import { NO_LEVEL } from '../../engine/market/index.ts';
import { ASK, BID, type Side } from '../../engine/units/index.ts';

/** Everybody else: quotes that come and go around a wandering price, and takers that hit whatever stands at the touch. */
export class Crowd {
  private readonly exchange: Exchange;
  private readonly random: Random;
  /** Where each market is, cents. */
  private readonly mids = new Map<string, number>();

  constructor(exchange: Exchange, seed: number) {
    this.exchange = exchange;
    this.random = new Random(seed, 'crowd');
    for (const ticker of exchange.markets.keys()) {
      this.mids.set(ticker, this.random.integer(15, 85));
      for (let n = 0; n < 3; n++) this.quote(ticker);
    }
  }

  /** Something happens in one market. */
  step(): void {
    const tickers = [...this.mids.keys()];
    const ticker = tickers[this.random.integer(0, tickers.length - 1)]!;
    const what = this.random.next();
    const move = this.random.next() < 0.05 ? 5 : 1;
    this.mids.set(ticker, Math.max(8, Math.min(92, this.mids.get(ticker)! + this.random.integer(-move, move))));
    if (what < 0.4) this.take(ticker);
    else this.quote(ticker);
  }

  /** Every market that trades gets two sides. */
  settle(): void {
    for (const ticker of this.mids.keys()) {
      this.quote(ticker);
      this.quote(ticker);
    }
  }

  private quote(ticker: string): void {
    const { random, exchange } = this;
    const mid = this.mids.get(ticker)!;
    const gaps = [random.integer(1, 4), random.integer(1, 4)];
    const sizes = [random.integer(1, 60), random.integer(1, 60)];
    if (exchange.market(ticker).listing.status !== 'active') return;
    exchange.onMarket(ticker, ({ ladder, listing }) => {
      for (const side of [BID, ASK] as const) {
        const wrong = side === BID ? mid * 100 : mid * 100 - 100;
        for (const level of [...ladder.levels(side)].slice(0, 4)) {
          const price = listing.grid.price(level);
          const isOff = side === BID ? price >= wrong : price <= wrong;
          if (isOff || random.next() < 0.2) ladder.reduceBackground(side, level, ladder.background(side, level));
        }
        const cents = side === BID ? mid - gaps[side]! : mid + gaps[side]!;
        const level = listing.grid.floorLevel(cents * 100);
        arriveBackground(ladder, side, level, sizes[side]! * 100, exchange);
      }
    });
  }

  /** Somebody trades with the best level of a side, whoever stands there. */
  private take(ticker: string): void {
    const { random, exchange } = this;
    const side: Side = random.next() < 0.5 ? BID : ASK;
    let left = random.integer(1, 3000);
    if (exchange.market(ticker).listing.status !== 'active') return;
    exchange.onMarket(ticker, ({ ladder }) => {
      for (let n = 0; n < 2 && left > 0; n++) {
        const at = ladder.best(side);
        if (at === NO_LEVEL) return;
        const size = Math.min(left, ladder.total(side, at));
        reachByTrade(ladder, side, at, size, exchange);
        left -= size;
      }
    });
  }
}
