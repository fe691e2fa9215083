import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome } from '../../engine/core/index.ts';
import { Random } from '../../engine/exchange/random.ts';
import type { Replace } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, formatPrice, type Price } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const TICKERS = ['TST-A', 'TST-B', 'TST-C'];
/** Long sessions with the times of real ones; short worlds by the thousand are in `test/chaos`. */
const SEEDS = Number(process.env['CHAOS_SEEDS'] ?? 4);
const LIMIT = 6000;
/** These takers are chance, and chance may pick a market off: that it then stands still for minutes is tested elsewhere. */
const levels = { pickOffFills: 1000 };

/** One of the markets trades on a shard of its own, where requests go one by one. */
const shardOf = (ticker: string): number => (ticker === 'TST-C' ? 2 : 0);

/** Every third seed replaces the older way. */
function replaceOf(seed: number): Replace {
  return seed % 3 === 2 ? 'cancel_create' : 'amend';
}

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
    {
      ...base,
      levels,
      replace: replaceOf(seed),
      groupLimit: 100_000_000 as Count,
      risk: { ...base.risk, maxPosition: LIMIT as Count },
    },
    { makerFees: seed % 2 === 0, shardOf },
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
  calm(venue, mids);
  venue.run(45_000);
  settled(venue, seed);
  venue.stop();
  assert.equal(venue.engine.stopResult?.clean, true, `seed ${seed}: ${venue.engine.stopResult?.text}`);
  assert.equal(venue.exchange.restingOf(USER).length, 0, `seed ${seed}: orders rest after stopping`);
  return { log: venue.log, venue };
}

/** A stretch of bad weather: what it does to requests and frames, and how long a message may take. */
function weather(venue: BenchVenue, random: Random): void {
  const kind = random.integer(0, 6);
  venue.travelUs = () => random.integer(500, 30_000);
  venue.faults = {};
  // Outcomes overtake each other anyway; here they come seconds late, some after the engine stopped waiting.
  if (kind === 0) venue.travelUs = () => random.integer(1000, 3_000_000);
  else if (kind === 1) venue.travelUs = () => random.integer(1000, 8_000_000);
  else if (kind === 2)
    venue.faults.onRequest = () => (random.next() < 0.7 ? { kind: 'unsent', reason: 'refused' } : null);
  else if (kind === 3) venue.faults.onFrame = (text) => (/"type":"(fill|user_order)"/.test(text) ? null : text);
  else if (kind === 4) venue.faults = faulty(random);
  else if (kind === 5) venue.faults.onOutcome = (_, outcome) => (random.next() < 0.5 ? null : outcome);
}

/** Bad weather, closed markets and, for some seeds, a group trigger in the middle of it. */
function storm(seed: number): BenchVenue {
  const random = new Random(seed, 'storm');
  const base = testConfig(TICKERS);
  const risk = { ...base.risk, maxPosition: LIMIT as Count };
  const venue = new BenchVenue(
    { ...base, levels, replace: replaceOf(seed), groupLimit: 100_000_000 as Count, risk },
    { makerFees: seed % 2 === 0, shardOf },
  );
  const mids = new Map(TICKERS.map((t) => [t, 50]));
  live(venue, random, mids);
  venue.start();
  const triggerAt = seed % 3 === 0 ? random.integer(50, 250) : -1;
  for (let n = 0; n < 300; n++) {
    if (n % 20 === 0) weather(venue, random);
    live(venue, random, mids);
    if (random.next() < 0.02) {
      const ticker = TICKERS[random.integer(0, TICKERS.length - 1)]!;
      const active = venue.exchange.markets.get(ticker)!.listing.status === 'active';
      venue.lifecycle(ticker, active ? 'deactivated' : 'activated');
    }
    if (n === triggerAt) for (const group of venue.exchange.groups.values()) venue.exchange.desk.trigger(group);
    venue.run(100);
    if (random.next() < 0.01) {
      venue.linkDown();
      venue.run(random.integer(1, 10) * 100);
      venue.linkUp();
    }
    check(venue, seed, n);
  }
  calm(venue, mids);
  venue.run(60_000);
  if (triggerAt < 0) settled(venue, seed);
  else {
    assert.equal(venue.engine.status().halts[0]?.code, 'group_triggered', `seed ${seed}`);
    assert.equal(venue.exchange.restingOf(USER).length, 0, `seed ${seed}: quotes after a trigger`);
    assert.ok(!venue.requests.some((r) => r.path.endsWith('/reset')), `seed ${seed}: reset`);
  }
  if (seed % 2 === 0) weather(venue, random);
  venue.stop();
  const result = venue.engine.stopResult!;
  const resting = venue.exchange.restingOf(USER).length;
  if (seed % 2 === 1) assert.equal(result.clean, true, `seed ${seed}: ${result.text}`);
  // In bad weather it may not be able to verify; then it must say so.
  if (result.clean) assert.equal(resting, 0, `seed ${seed}: orders rest after the all-clear`);
  venue.run(20_000);
  if (result.clean) assert.equal(venue.exchange.restingOf(USER).length, 0, `seed ${seed}: an order landed late`);
  return venue;
}

/** The sun comes out: everything arrives, every market trades and has two sides. */
function calm(venue: BenchVenue, mids: Map<string, number>): void {
  venue.faults = {};
  venue.travelUs = () => venue.latencyUs;
  for (const ticker of TICKERS) {
    venue.lifecycle(ticker, 'activated');
    venue.rest(ticker, BID, formatPrice(((mids.get(ticker)! - 3) * 100) as Price), 20);
    venue.rest(ticker, ASK, formatPrice(((mids.get(ticker)! + 3) * 100) as Price), 20);
  }
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
  let amended = 0;
  let decreased = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { venue } = run(seed);
    amended += venue.engine.status().counters.amended;
    decreased += venue.engine.status().counters.decreased;
    fills += venue.engine.status().counters.fills;
    unknown += venue.engine.status().counters.unknown;
  }
  assert.ok(fills > SEEDS * 5, `only ${fills} fills`);
  assert.ok(unknown > SEEDS, `only ${unknown} unknown outcomes`);
  assert.ok(amended > SEEDS && decreased > 0, `only ${amended} amends and ${decreased} decreases`);
});

test(`storms: ${SEEDS} seeds of slow and overtaking answers, unsent bursts, deaf channels, closed markets and group triggers`, () => {
  let unknown = 0;
  for (let seed = 1; seed <= SEEDS; seed++) unknown += storm(seed).engine.status().counters.unknown;
  assert.ok(unknown > SEEDS, `only ${unknown} unknown outcomes`);
});

test('the same inputs give the same actions, byte for byte', () => {
  assert.deepEqual(run(99).log, run(99).log);
  assert.deepEqual(storm(99).log, storm(99).log);
});
