import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type MarketView,
  type Quotes,
  SCHEDULE_DEFAULTS,
  type ScheduleTerms,
  type Strategy,
} from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Price, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const MARKETS = 20;
const TICKERS = Array.from({ length: MARKETS }, (_, n) => `KXJUMP-${n}`);

/** A bid and an ask two cents from a fair value that is set from outside. */
class Told implements Strategy {
  readonly name = 'told';
  fair = 5000;

  quote(view: MarketView, quotes: Quotes): void {
    // The later markets are quoted larger.
    const count = (100 * (1 + Number(view.ticker.split('-')[1]))) as Count;
    quotes.bid((this.fair - 200) as Price, count, 200);
    quotes.ask((this.fair + 200) as Price, count, 200);
  }
}

/**
 * All markets quoted on both sides; then every fair value falls by ten cents at once. Bids left beyond it, by time.
 * `busy`: before, they rise faster than quotes can follow, so that every token that may be spent is.
 */
function jump(
  terms: Partial<ScheduleTerms>,
  { busy = false, reserve = 20 } = {},
): { readonly staleAfter: (ms: number) => string[]; readonly venue: BenchVenue } {
  const strategy = new Told();
  const base = testConfig(TICKERS);
  const config = testConfig(TICKERS, {
    risk: { ...base.risk, priceBand: 9000 },
    scheduler: { ...SCHEDULE_DEFAULTS, ...terms },
    budget: { ...base.budget, reserve },
  });
  const venue = new BenchVenue(config, { strategy });
  for (const ticker of TICKERS) {
    venue.rest(ticker, BID, '0.3000', 500);
    venue.rest(ticker, ASK, '0.7000', 500);
  }
  venue.start();
  venue.run(8000);
  assert.equal(venue.exchange.restingOf(USER).length, 2 * MARKETS);
  for (let n = 0; busy && n < 15; n++) {
    strategy.fair += 100;
    venue.engine.onCommand('resume', venue.timeUs as TimeUs);
    venue.run(200);
  }
  assert.equal(venue.exchange.restingOf(USER).filter((o) => o.side === BID).length, MARKETS);
  strategy.fair = 4000;
  venue.engine.onCommand('resume', venue.timeUs as TimeUs);
  const staleAfter = (ms: number): string[] => {
    venue.run(ms);
    return venue.exchange
      .restingOf(USER)
      .filter((o) => o.side === BID && o.price > strategy.fair)
      .map((o) => o.ticker);
  };
  return { staleAfter, venue };
}

test('every market jumps at once and tokens are short: all stale quotes are gone before any is quoted again at leisure', () => {
  const { staleAfter, venue } = jump({});
  assert.deepEqual(staleAfter(20), []);
  // And in the end everything is where it is wanted.
  venue.run(8000);
  const resting = venue.exchange.restingOf(USER);
  assert.equal(resting.length, 2 * MARKETS);
  for (const o of resting) assert.equal(o.price, o.side === BID ? 3800 : 4200);
  assert.equal(venue.refusals429, 0);
});

test('the jump comes when all else has been spent: what was kept for pulls pays for every one of them at once', () => {
  const { staleAfter, venue } = jump({}, { busy: true });
  assert.ok(venue.engine.status().writeTokens < 70, 'it was busy');
  assert.deepEqual(staleAfter(20), []);
  assert.equal(venue.refusals429, 0);
  assert.ok(
    jump({ pullShare: 0 }, { busy: true }).staleAfter(20).length > 0,
    'with nothing kept stale quotes are left',
  );
});

test('served in turn, the same jump leaves stale quotes in the book', () => {
  const { staleAfter, venue } = jump({ order: 'round_robin', pullShare: 0 });
  const stale = staleAfter(20);
  assert.ok(stale.length > 0, 'otherwise the tests above show nothing');
  assert.equal(venue.refusals429, 0);
});

test('a reserve that is nearly the whole bucket, and all of it for pulls besides: there is still enough to quote with', () => {
  // The mirror of the entry tier holds 80: all 40 orders are placed before the jump, or it would have complained.
  const { venue } = jump({ pullShare: 0.8 }, { reserve: 60 });
  assert.equal(venue.refusals429, 0);
});
