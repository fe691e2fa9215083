import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome } from '../../engine/core/index.ts';
import { Random } from '../../engine/exchange/random.ts';
import { ASK, BID, type Count, formatPrice, type Price } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const TICKERS = ['TST-A', 'TST-B', 'TST-C'];
const SEEDS = Number(process.env['CHAOS_SEEDS'] ?? 12);
const LIMIT = 6000;

/** A market that lives: quotes come and go around a wandering mid, and takers hit whatever stands at the touch. */
function live(venue: BenchVenue, random: Random, mids: Map<string, number>): void {
  for (const ticker of TICKERS) {
    const mid = Math.max(10, Math.min(90, mids.get(ticker)! + random.integer(-1, 1)));
    mids.set(ticker, mid);
    const ladder = venue.exchange.markets.get(ticker)!.ladder;
    for (const side of [BID, ASK] as const) {
      for (const level of [...ladder.levels(side)]) {
        const cents = level + 1;
        const wrong = side === BID ? cents >= mid : cents <= mid;
        if (wrong || random.next() < 0.3) ladder.reduceBackground(side, level, ladder.background(side, level));
      }
      const cents = side === BID ? mid - random.integer(1, 4) : mid + random.integer(1, 4);
      venue.rest(ticker, side, formatPrice((cents * 100) as Price), random.integer(1, 60));
    }
    if (random.next() < 0.25) {
      const side = random.next() < 0.5 ? BID : ASK;
      const best = ladder.best(side);
      if (best >= 0)
        venue.trade(
          ticker,
          side,
          formatPrice(venue.exchange.markets.get(ticker)!.listing.grid.price(best)),
          random.integer(1, 20),
        );
    }
  }
}

function faulty(random: Random): BenchVenue['faults'] {
  const lost = (): RequestOutcome => ({ kind: 'unknown', reason: 'lost' });
  return {
    onRequest: () =>
      random.next() < 0.01 ? { kind: 'unsent', reason: 'refused' } : random.next() < 0.01 ? lost() : null,
    onOutcome: (_, outcome) => {
      const draw = random.next();
      if (draw < 0.01) return null;
      if (draw < 0.02) return { kind: 'response', status: 503, body: 'upstream' };
      return outcome;
    },
    onFrame: (text) => (random.next() < 0.004 ? null : text),
  };
}

function run(seed: number): { log: string[]; venue: BenchVenue } {
  const random = new Random(seed, 'chaos');
  const base = testConfig(TICKERS);
  const venue = new BenchVenue(
    { ...base, groupLimit: 100_000_000 as Count, risk: { ...base.risk, maxPosition: LIMIT as Count } },
    { makerFees: seed % 2 === 0 },
  );
  const mids = new Map(TICKERS.map((t) => [t, 50]));
  live(venue, random, mids);
  venue.start();
  venue.faults = faulty(random);
  for (let n = 0; n < 300; n++) {
    live(venue, random, mids);
    venue.run(100);
    if (random.next() < 0.01) {
      venue.linkDown();
      venue.run(random.integer(1, 10) * 100);
      venue.linkUp();
    }
    check(venue, seed, n);
  }
  venue.faults = {};
  for (const ticker of TICKERS) {
    venue.rest(ticker, BID, formatPrice(((mids.get(ticker)! - 3) * 100) as Price), 20);
    venue.rest(ticker, ASK, formatPrice(((mids.get(ticker)! + 3) * 100) as Price), 20);
  }
  venue.run(45_000);
  settled(venue, seed);
  venue.stop();
  assert.equal(venue.engine.stopResult?.clean, true, `seed ${seed}: ${venue.engine.stopResult?.text}`);
  assert.equal(venue.exchange.restingOf(USER).length, 0, `seed ${seed}: orders rest after stopping`);
  return { log: venue.log, venue };
}

/** What must hold at every moment, whatever is lost. */
function check(venue: BenchVenue, seed: number, n: number): void {
  const at = `seed ${seed} step ${n}`;
  assert.equal(venue.refusals429, 0, `${at}: refused for want of tokens`);
  for (const ticker of TICKERS) {
    const bids = venue.resting(ticker, BID);
    const asks = venue.resting(ticker, ASK);
    const position = venue.position(ticker);
    const open = (orders: readonly { count: number }[]): number => orders.reduce((sum, o) => sum + o.count, 0);
    assert.ok(position + open(bids) <= LIMIT, `${at}: long ${position} + ${open(bids)}`);
    assert.ok(-position + open(asks) <= LIMIT, `${at}: short ${-position} + ${open(asks)}`);
    const top = Math.max(0, ...bids.map((o) => o.price));
    const low = Math.min(10_000, ...asks.map((o) => o.price));
    assert.ok(top < low, `${at}: own bid ${top} meets own ask ${low}`);
  }
}

/** What must hold once messages flow again: our truth is the exchange's. */
function settled(venue: BenchVenue, seed: number): void {
  const status = venue.engine.status();
  assert.deepEqual(status.halts, [], `seed ${seed}`);
  assert.equal(status.unknownOrders, 0, `seed ${seed}`);
  for (const market of status.markets) {
    const held = venue.exchange.account(USER).holding(market.ticker);
    assert.equal(market.position, held.position, `seed ${seed} ${market.ticker}: position`);
    assert.equal(market.fees, held.feesPaid, `seed ${seed} ${market.ticker}: fees`);
    const resting = venue.resting(market.ticker, BID).length + venue.resting(market.ticker, ASK).length;
    assert.ok(
      resting > 0,
      `seed ${seed} ${market.ticker}: quotes again (${market.bid.reason} ${market.bid.detail}, ${market.ask.reason} ${market.ask.detail}) ${market.stale} pos ${market.position}`,
    );
  }
  assert.equal(status.liveOrders, venue.exchange.restingOf(USER).length, `seed ${seed}: live orders`);
}

test(`chaos: ${SEEDS} seeds of lost messages, lost answers and broken links never break a limit or the truth`, () => {
  let fills = 0;
  let unknown = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { venue } = run(seed);
    fills += venue.engine.status().counters.fills;
    unknown += venue.engine.status().counters.unknown;
  }
  assert.ok(fills > SEEDS * 5, `only ${fills} fills`);
  assert.ok(unknown > SEEDS, `only ${unknown} unknown outcomes`);
});

test('the same inputs give the same actions, byte for byte', () => {
  assert.deepEqual(run(99).log, run(99).log);
});
