import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incentive, SideScore, Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Price, type TimeUs } from '../../engine/units/index.ts';
import { incentivesPage } from '../../engine/wire/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';
const NOW = 1_800_000_000_000_000;

test('a strategy sees the program of its market, read from the exchange, and what each side scores for it', () => {
  let seen: Incentive | null = null;
  let scores: (SideScore | null)[] = [];
  const strategy: Strategy = {
    name: 'scored',
    quote: (view, quotes) => {
      quotes.bid(4400 as Price, 10_000 as Count);
      quotes.ask(5500 as Price, 10_000 as Count);
      seen = view.incentive;
      scores = [
        view.incentiveScore(BID, 'best'),
        view.incentiveScore(ASK, 'best'),
        view.incentiveScore(BID, 'oneFifth'),
      ];
    },
  };
  const program = {
    id: 'p-1',
    ticker: T,
    type: 'liquidity',
    description: 'x',
    from: (NOW - 1) as TimeUs,
    until: (NOW + 3_600_000_000) as TimeUs,
    periodReward: 1_000_000,
    paidOut: false,
    discountFactorBps: 5000,
    targetSize: '150.00',
  } as const;
  const others = [
    { ...program, id: 'p-2', ticker: 'ELSE' },
    { ...program, id: 'p-3', type: 'volume' },
  ] as const;
  const venue = new BenchVenue(testConfig([T]), { strategy, incentives: [...others, program] });
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  venue.rest(T, BID, '0.2000', 1);
  venue.run(500);
  assert.deepEqual(seen, {
    from: NOW - 1,
    until: NOW + 3_600_000_000,
    periodReward: 1_000_000,
    target: 15_000,
    discount: 0.5,
  });
  // Bids: 100 of others at the best, 100 of ours a tick behind. Asks: 200 at 55 cents, half of them ours.
  assert.deepEqual(scores[0], { total: 15_000, ours: 5000, reference: 4500 });
  assert.deepEqual(scores[1], { total: 20_000, ours: 10_000, reference: 4500 });
  assert.deepEqual(scores[2]!.reference, 4500);
  assert.equal(venue.requests.filter((r) => r.op === 'getIncentives').length, 1);
});

test('a list that makes no sense is refused, its next page is asked for by next_cursor', () => {
  const entry = {
    market_ticker: T,
    incentive_type: 'liquidity',
    start_date: '2026-11-01T00:00:00Z',
    end_date: '2026-11-02T00:00:00Z',
    period_reward: 10_000,
  };
  const body = (change: object): unknown => ({ incentive_programs: [{ ...entry, ...change }], next_cursor: 'c' });
  const { items, cursor } = incentivesPage(body({}));
  assert.deepEqual([cursor, items[0]!.target, items[0]!.discountBps], ['c', null, null]);
  for (const change of [
    { period_reward: -1 },
    { discount_factor_bps: 10_001 },
    { target_size_fp: 'x' },
    { start_date: 7 },
  ])
    assert.throws(() => incentivesPage(body(change)), JSON.stringify(change));
});
