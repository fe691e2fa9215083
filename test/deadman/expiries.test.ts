import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EngineConfig } from '../../engine/core/index.ts';
import type { Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Price, type Side } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const T = 'EXP-A-T1';
const LIFE_MS = 100_000;

/** Rests the same orders for ever: `sizes` contracts from the best price outwards on each side. */
function constant(sizes: readonly number[]): Strategy {
  return {
    name: 'constant',
    quote(_view, quotes) {
      for (const [i, size] of sizes.entries()) {
        quotes.bid((4500 - 300 * i) as Price, (size * 100) as Count, 100, 0.5);
        quotes.ask((5500 + 300 * i) as Price, (size * 100) as Count, 100, 0.5);
      }
    },
  };
}

function quoting(sizes: readonly number[], overrides: Partial<EngineConfig> = {}, tier = 'basic'): BenchVenue {
  const bench = new BenchVenue(testConfig([T], { expireMs: LIFE_MS, ...overrides }), {
    strategy: constant(sizes),
    tier,
  });
  bench.rest(T, BID, '0.40', 500);
  bench.rest(T, ASK, '0.60', 500);
  bench.start();
  return bench;
}

function contracts(bench: BenchVenue, side: Side): number {
  return bench.resting(T, side).reduce((sum, { count }) => sum + count, 0) / 100;
}

/** Let time pass, and find the least and the most that rested on each side at any moment. */
function extremes(bench: BenchVenue, ms: number): { least: number; most: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let t = 0; t < ms; t += 10) {
    bench.run(10);
    for (const side of [BID, ASK]) {
      const now = contracts(bench, side);
      least = Math.min(least, now);
      most = Math.max(most, now);
    }
  }
  return { least, most };
}

describe('expiring orders', () => {
  test('every order says when it expires, no later than it may, and no two together', () => {
    const bench = quoting([5, 5, 5], {}, 'advanced');
    bench.run(3000);
    const orders = bench.exchange.restingOf(USER);
    assert.equal(orders.length, 6);
    const nowSeconds = bench.timeUs / 1e6;
    for (const order of orders) {
      assert.ok(order.expirationSeconds > nowSeconds + 0.7 * (LIFE_MS / 1000), String(order.expirationSeconds));
      assert.ok(order.expirationSeconds <= nowSeconds + LIFE_MS / 1000);
      assert.equal(order.cancelOnPause, true);
    }
    assert.ok(new Set(orders.map((o) => o.expirationSeconds)).size >= 5, 'staggered');
  });

  test('the engine is gone: everything of it is gone once the life of an order is over', () => {
    const bench = quoting([10]);
    assert.ok(bench.exchange.restingOf(USER).length > 0);
    for (let t = 0; t < LIFE_MS + 1000; t += 1000) {
      bench.timeUs += 1_000_000;
      bench.exchange.tick();
    }
    assert.equal(bench.exchange.restingOf(USER).length, 0);
  });

  test('the only order of a side is renewed: never expired, never naked, never more than wanted', () => {
    const bench = quoting([10]);
    bench.run(2000);
    const { least, most } = extremes(bench, 5 * LIFE_MS);
    assert.ok(least >= 1, `${least} contracts rested`);
    assert.ok(most <= 10, `${most} contracts rested`);
    assert.ok(contracts(bench, BID) >= 5 && contracts(bench, ASK) >= 5);
    assert.ok(bench.requests.filter((r) => r.op === 'decreaseOrder').length >= 8);
    assert.equal(bench.refusals429, 0);
    assert.equal(bench.engine.status().counters.unknown, 0);
    assert.ok(!bench.reports.some((r) => r.code === 'order_resolved'), 'none was left to expire');
  });

  test('orders side by side are renewed one at a time', () => {
    const bench = quoting([10, 10], {}, 'advanced');
    bench.run(4000);
    const { least, most } = extremes(bench, 3 * LIFE_MS);
    assert.ok(least >= 10, `${least} contracts rested`);
    assert.ok(most <= 20, `${most} contracts rested`);
    assert.equal(bench.refusals429, 0);
  });

  test('an expiry whose message is lost is asked for, and leaves no unknown order behind', () => {
    const bench = quoting([10]);
    bench.run(2000);
    // Nothing that would renew it comes through, nor is anything heard of its end.
    bench.faults = {
      onRequest: (r) => (r.method === 'GET' ? null : { kind: 'unsent', reason: 'cut' }),
      onFrame: (text) => (text.includes('"type":"user_order"') ? null : text),
    };
    bench.run(LIFE_MS + 7000);
    assert.equal(bench.exchange.restingOf(USER).length, 0, 'expired');
    bench.faults = {};
    bench.run(15_000);
    assert.equal(bench.engine.status().unknownOrders, 0);
    assert.ok(contracts(bench, BID) >= 5 && contracts(bench, ASK) >= 5, 'quoting again');
  });

  test('what the bucket cannot pay in full is not begun: the order is left to expire, then replaced', () => {
    const bench = quoting([10], { budget: { ...testConfig([T]).budget, reserve: 60 } });
    bench.run(2000);
    assert.equal(bench.exchange.restingOf(USER).length, 2);
    const asked = bench.requests.length;
    bench.run(2 * LIFE_MS);
    const writes = bench.requests.slice(asked).filter((r) => r.method !== 'GET');
    assert.ok(writes.length > 0);
    assert.ok(
      writes.every((r) => r.op === 'createOrders'),
      writes.map((r) => r.op).join(),
    );
    assert.ok(contracts(bench, BID) === 10 && contracts(bench, ASK) === 10);
    assert.equal(bench.refusals429, 0);
  });

  test('switched off, orders carry no expiry and are left alone', () => {
    const bench = quoting([10], { expireMs: 0 });
    bench.run(2000);
    const before = bench.exchange.restingOf(USER).map((o) => o.orderId);
    bench.run(2 * LIFE_MS);
    assert.deepEqual(
      bench.exchange.restingOf(USER).map((o) => o.orderId),
      before,
    );
    assert.ok(bench.exchange.restingOf(USER).every((o) => o.expirationSeconds === 0));
  });
});
