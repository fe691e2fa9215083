import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome } from '../../engine/core/index.ts';
import { screenLines } from '../../engine/ops/screen.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { USER } from '../support/bench-venue.ts';
import { C, Desk, USD } from './desk.ts';

const A = 'TST-A';
const B = 'TST-B';

test('two markets of an exclusive event are both filled, and only one of them can win', () => {
  const desk = new Desk([A, B], { event: { maxRisk: USD(8) } }, { exclusive: true }).start();
  desk.want(A, { bid: [47, 10] });
  desk.want(B, { bid: [47, 10] });
  desk.venue.run(2000);
  // None of them may happen: 4.70 of A and 3.29 of B.
  assert.deepEqual([desk.resting(A, BID), desk.resting(B, BID)], [10, 7]);
  assert.match(desk.side(B, BID).detail, /^event_risk: \$9\.40, at most \$8\.00$|^event_risk: \$8\./);
  desk.hit(A, BID, 10);
  desk.hit(B, BID, 7);
  desk.venue.run(2000);
  assert.deepEqual([desk.resting(A, BID), desk.resting(B, BID)], [0, 0], 'nothing more fits');
  assert.equal(desk.side(A, BID).reason, 'risk_refused');
  const status = desk.venue.engine.status();
  assert.deepEqual(status.risk.events, [{ ticker: 'TST-E', worst: USD(7.99), limit: USD(8) }]);
  const latency = { count: 0, p50Us: -1, p99Us: -1, maxUs: -1 };
  assert.ok(screenLines(status, latency, 'test').includes('worst case $7.99; TST-E $7.99 of $8.00'));
});

test('asks on every outcome of an exclusive event: at most one of them loses', () => {
  const desk = new Desk([A, B], { event: { maxRisk: USD(6) } }, { exclusive: true }).start();
  desk.want(A, { ask: [53, 10] });
  desk.want(B, { ask: [53, 10] });
  desk.venue.run(2000);
  // 4.70 each where it settles YES, and one of them does at most.
  assert.deepEqual([desk.resting(A, ASK), desk.resting(B, ASK)], [10, 10]);
});

test('nothing says that two markets exclude each other: neither pays for the other', () => {
  const desk = new Desk([A, B], { event: { maxRisk: USD(6) } }).start();
  desk.want(A, { ask: [53, 10] });
  desk.want(B, { ask: [53, 10] });
  desk.venue.run(2000);
  assert.deepEqual([desk.resting(A, ASK), desk.resting(B, ASK)], [10, 2]);
});

test('every event is within its limit and all of them together are not', () => {
  const tickers = ['X-A', 'Y-A', 'Z-A'];
  const limits = { event: { maxRisk: USD(6) }, series: { maxRisk: USD(6) }, total: { maxRisk: USD(11) } };
  const desk = new Desk(tickers, limits).start();
  for (const ticker of tickers) {
    desk.want(ticker, { bid: [47, 10] });
    desk.venue.run(1000);
  }
  assert.deepEqual(
    tickers.map((ticker) => desk.resting(ticker, BID)),
    [10, 10, 3],
  );
  assert.match(desk.side('Z-A', BID).detail, /^total_risk: \$\d+\.\d\d, at most \$11\.00$/);
});

test('an order is refused and nobody is told why', () => {
  const desk = new Desk([A], { maxMarketRisk: USD(3), maxOrderCount: C(20) }).start();
  desk.want(A, { bid: [47, 10], ask: [75, 10] });
  desk.venue.run(2000);
  assert.equal(desk.resting(A, BID), 6);
  const ask = desk.side(A, ASK);
  assert.deepEqual([desk.resting(A, ASK), ask.reason], [10, 'quoting']);
  const bid = desk.side(A, BID);
  assert.equal(bid.reason, 'risk_refused');
  assert.equal(bid.detail, 'market_risk: $4.70, at most $3.00');
});

test('an order fills while its amend is in flight', () => {
  // Worst case 10 dollars and 25 contracts a side, amends that take a tenth of a second, trades in between.
  for (let seed = 1; seed <= 6; seed++) {
    const desk = new Desk([A], { maxPosition: C(25), maxMarketRisk: USD(10) }).watchFills();
    desk.venue.latencyUs = 50_000;
    desk.start();
    let state = seed;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (let i = 0; i < 120; i++) {
      if (random(3) > 0) desk.want(A, { bid: [44 + random(6), 1 + random(25)] });
      else if (desk.resting(A, BID) > 0) desk.hit(A, BID, 1 + random(4));
      for (let t = 0; t < 1 + random(12); t++) {
        desk.venue.run(10);
        const position = desk.venue.position(A) / 100;
        assert.ok(position + desk.resting(A, BID) <= 25, `seed ${seed}: ${position} + ${desk.resting(A, BID)}`);
        assert.ok(desk.costOfBids(A) <= USD(10), `seed ${seed}: $${desk.costOfBids(A) / 1e6}`);
      }
    }
    assert.ok(desk.venue.position(A) > 0 && desk.venue.engine.status().counters.amended > 3, 'filled and amended');
  }
});

test('a strategy sends the same order again and again', () => {
  const desk = new Desk([A], { duplicateMs: 500 }).start();
  for (let i = 0; i < 100; i++) {
    desk.want(A, i % 2 === 0 ? { bid: [47, 10] } : {});
    desk.venue.run(30);
  }
  const { created } = desk.venue.engine.status().counters;
  assert.ok(created >= 3 && created <= 7, `${created} creates in three seconds`);
  desk.want(A, { bid: [47, 10] });
  desk.venue.run(1000);
  assert.equal(desk.resting(A, BID), 10, 'and in the end it is there');
});

test('a strategy moves its quote at every tick', () => {
  const desk = new Desk([A], { messagesPerSecond: 5 }, { tier: 'premier' }).start();
  const moves = (): number => {
    const { created, amended } = desk.venue.engine.status().counters;
    return created + amended;
  };
  for (let i = 0; i < 250; i++) {
    desk.want(A, { bid: [44 + (i % 4), 10] });
    desk.venue.run(40);
  }
  // Twenty at once and five a second.
  assert.ok(moves() >= 60 && moves() <= 72, `${moves()} messages in ten seconds`);
  desk.want(A, {});
  desk.venue.run(50);
  assert.equal(desk.resting(A, BID), 0, 'pulling is never delayed');
});

test('cash for one more order is not there', () => {
  const desk = new Desk([A, B], { cashReserve: USD(5) });
  desk.venue.exchange.account(USER).cash.set(0, USD(12));
  desk.start();
  desk.want(A, { bid: [47, 10] });
  desk.want(B, { bid: [47, 10] });
  desk.venue.run(3000);
  assert.deepEqual([desk.resting(A, BID), desk.resting(B, BID)], [10, 0]);
  assert.match(desk.side(B, BID).detail, /^balance: \$2\.\d\d, at least \$5\.00$/);
  assert.equal(desk.venue.engine.status().counters.rejected, 0, 'the exchange was not asked');
});

test('a position is far beyond every limit and has to be closed', () => {
  const tight = { maxRisk: USD(1), maxContracts: C(10) };
  const limits = {
    maxPosition: C(10),
    maxMarketRisk: USD(1),
    maxCapital: USD(1),
    maxEquityShare: 0.001,
    cashReserve: USD(1e6),
  };
  const desk = new Desk([A], {
    ...limits,
    event: tight,
    series: tight,
    strategy: tight,
    total: tight,
    maxTradesPerDay: 1,
  });
  desk.venue.exchange.account(USER).holding(A).position = C(100);
  desk.want(A, { bid: [47, 10], ask: [53, 50] });
  desk.start();
  assert.deepEqual([desk.resting(A, BID), desk.resting(A, ASK)], [0, 50]);
  desk.hit(A, ASK, 30);
  desk.venue.run(2000);
  assert.equal(desk.venue.position(A), C(70));
  desk.hit(A, ASK, desk.resting(A, ASK));
  desk.venue.run(2000);
  assert.ok(desk.venue.position(A) >= 0 && desk.venue.position(A) < C(70));
});

test('fills are lost and the position looks smaller than it is', () => {
  const desk = new Desk([A], { maxMarketRisk: USD(10) }, {}, {});
  desk.start();
  desk.venue.faults.onFrame = (text) => (/"type":"fill"/.test(text) ? null : text);
  desk.venue.faults.onOutcome = (request, outcome): RequestOutcome =>
    request.op === 'getFills' ? { kind: 'response', status: 500, body: '' } : outcome;
  desk.want(A, { bid: [47, 20] });
  desk.venue.run(1000);
  for (let i = 0; i < 8; i++) {
    if (desk.resting(A, BID) > 0) desk.hit(A, BID, desk.resting(A, BID));
    desk.venue.run(300);
  }
  assert.ok(desk.venue.position(A) >= C(20) && desk.venue.position(A) <= C(21), `${desk.venue.position(A) / 100}`);
});

test('an order is moved while fills of it are known and not booked', () => {
  const desk = new Desk([A], { maxPosition: C(20), maxMarketRisk: USD(9.4) }).start();
  desk.want(A, { bid: [47, 20] });
  desk.venue.run(1000);
  desk.venue.faults.onFrame = (text) => (/"type":"fill"/.test(text) ? null : text);
  desk.venue.faults.onOutcome = (request, outcome): RequestOutcome =>
    request.op === 'getFills' ? { kind: 'response', status: 500, body: '' } : outcome;
  desk.hit(A, BID, 10);
  for (const cents of [46, 45, 44]) {
    desk.want(A, { bid: [cents, 20] });
    for (let i = 0; i < 20; i++) {
      desk.venue.run(20);
      const reach = desk.venue.position(A) / 100 + desk.resting(A, BID);
      assert.ok(reach <= 20, `${reach} contracts could be held, the limit is 20`);
    }
  }
  assert.ok(desk.resting(A, BID) > 0 && desk.venue.requests.some((r) => r.op === 'amendOrder'));
});

test('the book should have changed and does not', () => {
  const desk = new Desk([A], { maxBookDoubtMs: 3000 }).start();
  desk.want(A, { bid: [47, 10] });
  desk.venue.run(2500);
  assert.equal(desk.resting(A, BID), 10);
  desk.venue.faults.onFrame = (text) => (/"type":"orderbook_/.test(text) ? null : text);
  desk.venue.faults.onOutcome = (request, outcome): RequestOutcome =>
    request.op === 'getBook' ? { kind: 'response', status: 500, body: '' } : outcome;
  desk.venue.trade(A, ASK, '0.6000', 5);
  desk.venue.run(2500);
  assert.equal(desk.resting(A, BID), 10);
  desk.venue.run(1000);
  assert.deepEqual([desk.resting(A, BID), desk.side(A, BID).reason], [0, 'book_stale']);
  desk.venue.faults = {};
  desk.venue.rest(A, BID, '0.2000', 1);
  desk.venue.run(8000);
  assert.equal(desk.resting(A, BID), 10, 'quoted again once the book is known');
});

test('the market a series has most of has a limit of its own', () => {
  const overrides = { markets: { [B]: { maxPosition: C(3) } }, series: { TST: { maxContracts: C(8) } } };
  const desk = new Desk([A, B], { overrides }).start();
  desk.want(B, { bid: [47, 10] });
  desk.venue.run(1000);
  desk.want(A, { bid: [47, 10] });
  desk.venue.run(1000);
  assert.deepEqual([desk.resting(A, BID), desk.resting(B, BID)], [5, 3]);
  assert.equal(desk.side(B, BID).reason, 'position_limit');
  assert.match(desk.side(A, BID).detail, /^series_contracts: \d+ contracts, at most 8 contracts$/);
});

test('the series of a market is learnt late, and its limit would be passed over', () => {
  const desk = new Desk([A, B], { series: { maxContracts: C(8) } });
  let asked = 0;
  desk.venue.faults.onOutcome = (request, outcome): RequestOutcome =>
    request.op === 'getSeries' && asked++ < 3 ? { kind: 'response', status: 500, body: '' } : outcome;
  desk.start();
  for (const ticker of [A, B]) desk.want(ticker, { bid: [47, 6] });
  desk.venue.run(3000);
  assert.ok(asked > 3);
  assert.deepEqual([desk.resting(A, BID), desk.resting(B, BID)], [6, 2]);
});
