import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRESETS } from '../../engine/exchange/synthetic/presets.ts';
import { Synthetic } from '../../engine/exchange/synthetic/synthetic.ts';
import type { MarketView, QueueTerms, Quotes, Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Money, type Price, type Side } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const T = 'TST-A';
/** Simulated seconds a model is followed for. The figures in docs/strategies.md are of 1800. */
const SECONDS = Number(process.env['HUNDRED_QUEUE_SECONDS'] ?? 60);

/** Joins each side's best price and stays there as long as it is within two levels of it. */
class Patient implements Strategy {
  readonly name = 'patient';
  private readonly at: [number, number] = [-1, -1];

  quote(view: MarketView, quotes: Quotes): void {
    for (const side of [BID, ASK] as const) {
      const best = view.bestLevel(side);
      const off = side === BID ? best - this.at[side] : this.at[side] - best;
      if (this.at[side] < 0 || off > 2 || off < 0) this.at[side] = best;
      const price = view.grid.price(this.at[side]);
      if (side === BID) quotes.bid(price, 500 as Count);
      else quotes.ask(price, 500 as Count);
    }
  }
}

function listed(terms: QueueTerms, pollMs: number): BenchVenue {
  const risk = { ...testConfig([T]).risk, maxPosition: 10_000_000 as Count, maxCapital: 9_000_000_000 as Money };
  const tolerance = { levelsBehind: 0, countShare: 0.9 };
  return new BenchVenue(
    testConfig([T], { queue: { ...terms, pollMs }, risk, tolerance, groupLimit: 1_000_000 as Count }),
    { strategy: new Patient() },
  );
}

/** What truly stands before our best order of a side, and how much the level holds besides it; null without one. */
function truth(
  venue: BenchVenue,
  side: Side,
): { readonly price: Price; readonly ahead: number; readonly level: number } | null {
  const orders = venue.exchange.restingOf(USER).filter((o) => o.side === side);
  if (orders.length !== 1) return null;
  const [order] = orders;
  const { ladder, listing } = venue.exchange.markets.get(T)!;
  let ahead = 0;
  let level = 0;
  let found = false;
  for (const entry of ladder.queue(side, listing.grid.level(order!.price))) {
    if (entry.order === order) found = true;
    else {
      level += entry.left;
      if (!found) ahead += entry.left;
    }
  }
  return { price: order!.price, ahead, level };
}

interface Score {
  readonly samples: number;
  /** Mean of |estimate - truth| and of estimate - truth, as shares of the level. */
  readonly absolute: number;
  readonly bias: number;
}

function follow(terms: QueueTerms, seed: number): Score {
  const venue = listed(terms, 0);
  let began = 0;
  const world = new Synthetic(venue.exchange, [T], { preset: PRESETS.lively, seed, listener: {} });
  world.advance(1);
  venue.start();
  began = venue.timeUs;
  let samples = 0;
  let absolute = 0;
  let bias = 0;
  for (let second = 0; second < SECONDS; second++) {
    for (let part = 1; part <= 5; part++) {
      world.advance(1 + (venue.timeUs - began) / 1_000_000);
      venue.run(200);
    }
    const status = venue.engine.status().markets[0]!;
    for (const side of [BID, ASK] as const) {
      const real = truth(venue, side);
      const seen = side === BID ? status.bid : status.ask;
      if (real === null || real.level === 0 || seen.ahead < 0 || seen.ourPrice !== real.price) continue;
      samples++;
      absolute += Math.abs(seen.ahead - real.ahead) / real.level;
      bias += (seen.ahead - real.ahead) / real.level;
    }
  }
  return { samples, absolute: absolute / samples, bias: bias / samples };
}

test('against the true queues of a synthetic market: no model is far off, and the cautious one errs on its side', (t) => {
  const scores = new Map<string, Score>();
  for (const terms of [
    { model: 'riskAverse', n: 1 },
    { model: 'power1', n: 1 },
    { model: 'power2', n: 2 },
    { model: 'power3', n: 3 },
    { model: 'log1', n: 1 },
    { model: 'log2', n: 1 },
  ] as const) {
    const score = follow(terms, 7);
    scores.set(terms.model, score);
    t.diagnostic(
      `| \`${terms.model}\`${/power/.test(terms.model) ? ` n = ${terms.n}` : ''} | ${score.samples} | ${(score.absolute * 100).toFixed(1)} % | ${(score.bias * 100).toFixed(1)} % |`,
    );
  }
  for (const [model, { samples, absolute }] of scores) {
    assert.ok(samples > SECONDS / 2, `${model}: ${samples} samples`);
    assert.ok(absolute < 0.15, `${model} is off by ${absolute} of the level`);
  }
  const cautious = scores.get('riskAverse')!.bias;
  for (const { bias } of scores.values()) assert.ok(bias <= cautious + 1e-9);
});

test("the exchange's word is asked for within the read budget and corrects the estimate", () => {
  const venue = listed({ model: 'riskAverse', n: 1 }, 5000);
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  const ahead = (): number => venue.engine.status().markets[0]!.bid.ahead;
  assert.equal(ahead(), 10_000);
  venue.rest(T, BID, '0.4500', 100);
  venue.unrest(T, BID, '0.4500', 150);
  venue.run(6000);
  const asked = venue.requests.filter((r) => r.op === 'getQueue');
  assert.ok(asked.length > 0 && asked.length <= 2);
  assert.equal(asked[0]!.query, `market_tickers=${T}`);
  assert.equal(ahead(), truth(venue, BID)!.ahead);
  const { polled, meanAbsolute } = venue.engine.status().queue;
  assert.ok(polled > 0 && Number.isFinite(meanAbsolute));
});
