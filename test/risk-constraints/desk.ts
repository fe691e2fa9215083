import type { EngineConfig, SideStatus } from '../../engine/core/index.ts';
import type { MarketView, Quotes, Strategy } from '../../engine/quoting/index.ts';
import type { RiskLimits } from '../../engine/risk/index.ts';
import { ASK, BID, type Count, count, type Money, price, type Side } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

export type Quote = readonly [cents: number, contracts: number];

/** What is wanted of one market; contracts 0: nothing. */
interface Wish {
  bid: Quote;
  ask: Quote;
}

const NOTHING: Quote = [50, 0];
export const USD = (dollars: number): Money => Math.round(dollars * 1_000_000) as Money;
export const C = (contracts: number): Count => Math.round(contracts * 100) as Count;

/** Wants what the test says, market by market. */
export class Wishes implements Strategy {
  readonly name = 'wishes';
  readonly of = new Map<string, Wish>();
  asked = 0;

  quote(view: MarketView, quotes: Quotes): void {
    this.asked++;
    const { bid, ask } = this.of.get(view.ticker) ?? { bid: NOTHING, ask: NOTHING };
    if (bid[1] > 0) quotes.bid(price(bid[0] * 100), count(bid[1] * 100), 1, 0.5);
    else quotes.none(BID, 'not_wanted');
    if (ask[1] > 0) quotes.ask(price(ask[0] * 100), count(ask[1] * 100), 1, 0.5);
    else quotes.none(ASK, 'not_wanted');
  }
}

/** A session with limits of its own, against the embedded exchange's rules. */
export class Desk {
  readonly wishes = new Wishes();
  readonly venue: BenchVenue;
  readonly tickers: readonly string[];

  constructor(
    tickers: readonly string[],
    risk: Partial<RiskLimits>,
    options: ConstructorParameters<typeof BenchVenue>[1] = {},
    config: Partial<EngineConfig> = {},
  ) {
    const base = testConfig(tickers);
    const strict = { tolerance: { levelsBehind: 0, countShare: 0 }, groupLimit: 10_000_000 as Count, ...config };
    this.tickers = tickers;
    this.venue = new BenchVenue(testConfig(tickers, { ...strict, risk: { ...base.risk, ...risk } }), {
      strategy: this.wishes,
      ...options,
    });
    for (const ticker of tickers) {
      this.venue.rest(ticker, BID, '0.4000', 500);
      this.venue.rest(ticker, ASK, '0.6000', 500);
    }
  }

  start(): this {
    this.venue.start();
    this.venue.run(1000);
    return this;
  }

  /** Want something else from now on; the engine gets a reason to look. */
  want(ticker: string, wish: { readonly bid?: Quote; readonly ask?: Quote }): void {
    this.wishes.of.set(ticker, { bid: wish.bid ?? NOTHING, ask: wish.ask ?? NOTHING });
    this.venue.rest(ticker, BID, '0.2000', 1);
  }

  resting(ticker: string, side: Side): number {
    return this.venue.resting(ticker, side).reduce((sum, o) => sum + o.count, 0) / 100;
  }

  side(ticker: string, side: Side): SideStatus {
    const market = this.venue.engine.status().markets.find((m) => m.ticker === ticker)!;
    return side === BID ? market.bid : market.ask;
  }

  /** Somebody trades against our order of a side at its price. */
  hit(ticker: string, side: Side, contracts: number): void {
    const [order] = this.venue.resting(ticker, side);
    this.venue.trade(ticker, side, (order!.price / 10_000).toFixed(4), contracts);
  }

  /** What a market's bids have cost so far and may still cost, had they all filled: nothing but bids was ever wanted. */
  costOfBids(ticker: string): number {
    return this.venue.resting(ticker, BID).reduce((sum, o) => sum + o.price * o.count, this.paid.get(ticker) ?? 0);
  }

  /** Paid for fills so far, as the exchange tells of them, whether we hear it or not. Call before `start`. */
  readonly paid = new Map<string, number>();
  watchFills(): this {
    this.venue.faults.onFrame = (text) => {
      const { type, msg } = JSON.parse(text) as { type: string; msg: Record<string, string> };
      if (type !== 'fill') return text;
      const cash = Math.round(Number(msg['yes_price_dollars']) * 10_000) * Math.round(Number(msg['count_fp']) * 100);
      this.paid.set(msg['market_ticker']!, (this.paid.get(msg['market_ticker']!) ?? 0) + cash);
      return text;
    };
    return this;
  }
}
