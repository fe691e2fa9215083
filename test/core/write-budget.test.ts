import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { TIERS } from '../../engine/exchange/buckets.ts';
import { Random } from '../../engine/exchange/random.ts';
import type { MarketView, Quotes, Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, count, type Money, type Price } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

/** Simulated minutes of each run: BUDGET_MINUTES=10 for the whole proof. Where left out: seconds, and fewer runs. */
const MINUTES = Number(process.env['BUDGET_MINUTES'] ?? 0);
const SHARDS = [0, 2] as const;
/** Tiers that meet every weather also in the short run. */
const IN_SHORT: readonly string[] = ['basic', 'expert', 'prestige'];
/** Orders a side. */
const DEPTH = 4;

interface Weather {
  /** One way, microseconds; every message draws its own, so that they overtake each other. */
  readonly travelUs: (random: Random, timeUs: number) => number;
  /** Share of answers that never come. */
  readonly lost: number;
  /** Least share of the refill that must be used. */
  readonly used: number;
  /** Markets a shard for 100 tokens a second: slow answers need more orders to be moved meanwhile. */
  readonly markets: number;
}

const WEATHER: Readonly<Record<string, Weather>> = {
  calm: { travelUs: (random) => random.integer(500, 15_000), lost: 0, used: 0.95, markets: 0.1 },
  // Whatever is sent within 80 ms arrives at the same moment: the worst there is for a bucket.
  bunched: { travelUs: (_, timeUs) => 80_000 - (timeUs % 80_000), lost: 0, used: 0.9, markets: 0.75 },
  // Answers lost, and one request in two thousand arrives when its patience is long over.
  stormy: {
    travelUs: (random) =>
      random.next() < 0.0005 ? random.integer(2_000_000, 9_500_000) : random.integer(500, 400_000),
    lost: 0.001,
    used: 0.9,
    markets: 1,
  },
};

/** Never content: whenever it is asked it wants every order elsewhere, and now and then none of a side. */
class Restless implements Strategy {
  readonly name = 'restless';
  private readonly asked = new Map<string, number>();

  quote(view: MarketView, quotes: Quotes): void {
    const n = (this.asked.get(view.ticker) ?? 0) + 1;
    this.asked.set(view.ticker, n);
    for (const side of [BID, ASK] as const) {
      if ((n + side * 5) % 40 === 0) {
        quotes.none(side, 'not_wanted');
        continue;
      }
      for (let i = 0; i < DEPTH; i++) {
        const cents = 20 + 2 * i + (n % 2);
        const price = (side === BID ? cents : 100 - cents) * 100;
        if (side === BID) quotes.bid(price as Price, count(100), 1, 0.5);
        else quotes.ask(price as Price, count(100), 1, 0.5);
      }
    }
  }
}

/** The whole engine against the exchange's own buckets, wanting more than it can pay. */
function run(tier: string, weather: Weather): { refused: number; used: readonly number[]; orders: number } {
  const random = new Random(11, tier);
  const { write, writeSeconds } = TIERS[tier]!;
  const seconds = MINUTES > 0 ? MINUTES * 60 : Math.min(10, Math.max(1, 1_000 / write));
  const markets = Math.ceil((weather.markets * write) / 100) + 1;
  const tickers = SHARDS.flatMap((shard) => Array.from({ length: markets }, (_, n) => `S${shard}-M${n}`));
  const base = testConfig(tickers);
  const config = testConfig(tickers, {
    cashMismatch: 'warn',
    tolerance: { levelsBehind: 0, countShare: 0 },
    quoteOneSided: true,
    groupLimit: 100_000_000 as Count,
    risk: { ...base.risk, maxOrders: 100_000, maxCapital: 1_000_000_000_000 as Money },
    budget: { ...base.budget, share: 1, jitterMs: 0 },
  });
  const venue = new BenchVenue(config, {
    tier,
    strategy: new Restless(),
    shardOf: (ticker) => Number(ticker.slice(1, 2)),
    keepsLog: false,
  });
  venue.start();
  assert.equal(venue.engine.phase, 'running');
  venue.travelUs = () => weather.travelUs(random, venue.timeUs);
  venue.faults.onOutcome = ({ method }, outcome) => (method !== 'GET' && random.next() < weather.lost ? null : outcome);
  // The bucket's first content was spent on the first orders; now answers take as long as they take here.
  venue.run(MINUTES > 0 ? 5000 : 500);
  const before = SHARDS.map((shard) => venue.billed.get(shard) ?? 0);
  venue.run(seconds * 1000);
  const used = SHARDS.map((shard, i) => (venue.billed.get(shard)! - before[i]!) / (write * seconds));
  const most = 1 + writeSeconds / seconds;
  assert.ok(used.every((share) => share <= most));
  const status = venue.engine.status();
  assert.deepEqual(status.halts, []);
  return { refused: venue.refusals429, used, orders: status.liveOrders };
}

for (const tier of Object.keys(TIERS)) {
  for (const [name, weather] of Object.entries(WEATHER)) {
    if (MINUTES === 0 && name !== 'calm' && !IN_SHORT.includes(tier)) continue;
    test(`${tier}, ${name}: the whole engine with more to do than it can pay is never refused for want of tokens`, async (t) => {
      // The report of the run before is written meanwhile.
      await turn();
      const { refused, used, orders } = run(tier, weather);
      const shares = used.map((share) => `${(share * 100).toFixed(1)} %`).join(' and ');
      t.diagnostic(`${shares} of the refill used, ${orders} orders`);
      assert.equal(refused, 0);
      assert.ok(Math.min(...used) >= weather.used, `${shares} of the refill used`);
    });
  }
}

test('the clock is set forward by a minute: the mirror earns nothing by it, and the exchange refuses nothing', () => {
  const venue = new BenchVenue(
    testConfig(['S0-M0', 'S0-M1'], {
      tolerance: { levelsBehind: 0, countShare: 0 },
      quoteOneSided: true,
      groupLimit: 100_000_000 as Count,
      budget: { ...testConfig([]).budget, share: 1, jitterMs: 0 },
    }),
    { tier: 'basic', strategy: new Restless() },
  );
  venue.start();
  venue.run(3000);
  // The exchange's time goes on as it did.
  venue.engineAheadUs = 60_000_000;
  venue.run(3000);
  assert.equal(venue.refusals429, 0);
  const before = venue.billed.get(0)!;
  venue.run(5000);
  assert.ok(venue.billed.get(0)! - before >= 475, 'and it is used as before');
});
