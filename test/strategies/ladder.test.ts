import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CENTI_CENT, DECI_CENT, LINEAR_CENT, TAPERED_DECI_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Side } from '../../engine/units/index.ts';
import { createLadder, LADDER_PARAMS } from '../../strategies/ladder/index.ts';
import { quoted, type Scene, shown } from './scene.ts';

test('flat and balanced: a symmetric ladder around the mid, deeper orders larger', () => {
  const quotes = quoted({ bid: 4600, ask: 5400 });
  assert.deepEqual(shown(quotes, BID), [
    [49, 10],
    [48, 13],
  ]);
  assert.deepEqual(shown(quotes, ASK), [
    [51, 10],
    [52, 13],
  ]);
  assert.deepEqual([quotes.bids.targets[0]!.edge, quotes.asks.targets[1]!.edge], [100, 200]);
  assert.ok(quotes.bids.targets[0]!.urgency > quotes.bids.targets[1]!.urgency);
});

test('the fair value leans towards the thinner side', () => {
  const heavy = quoted({ bid: 4600, ask: 5400, bidSize: 300, askSize: 100 });
  assert.deepEqual([shown(heavy, BID)[0]![0], shown(heavy, ASK)[0]![0]], [51, 53]);
});

test('long inventory lowers both quotes, short raises both', () => {
  const params = { skewHalves: 2, halfSpreadTicks: 1 };
  const top = (position: number): number[] => {
    const quotes = quoted({ bid: 4000, ask: 6000, position }, params);
    return [shown(quotes, BID)[0]![0], shown(quotes, ASK)[0]![0]];
  };
  assert.deepEqual(top(0), [49, 51]);
  assert.deepEqual(top(50), [48, 50]);
  assert.deepEqual(top(-50), [50, 52]);
});

test('inventory shrinks the side that would add to it and swells the other, up to half as much again', () => {
  const sizes = (position: number): number[] => {
    const quotes = quoted({ bid: 4000, ask: 6000, position }, { levels: 1, contracts: 20 });
    return [shown(quotes, BID)[0]?.[1] ?? 0, shown(quotes, ASK)[0]?.[1] ?? 0];
  };
  assert.deepEqual(sizes(0), [20, 20]);
  assert.deepEqual(sizes(25), [15, 25]);
  assert.deepEqual(sizes(75), [5, 30]);
  assert.deepEqual(sizes(100), [0, 30]);
  assert.deepEqual(sizes(-100), [30, 0]);
  assert.deepEqual(sizes(500), [0, 30], 'beyond the limit as at the limit');
});

test('at the position limit the side that would add says so', () => {
  assert.equal(quoted({ bid: 4000, ask: 6000, position: 100 }).bids.reason, 'position_limit');
  assert.equal(quoted({ bid: 4000, ask: 6000, position: -100 }).asks.reason, 'position_limit');
});

test('a maker fee widens both sides by what it costs', () => {
  const free = quoted({ grid: CENTI_CENT, bid: 4900, ask: 5100 }, { halfSpreadTicks: 20 });
  const paid = quoted(
    { grid: CENTI_CENT, bid: 4900, ask: 5100, feeType: 'quadratic_with_maker_fees' },
    { halfSpreadTicks: 20 },
  );
  const [bid, ask] = [shown(free, BID)[0]![0], shown(free, ASK)[0]![0]];
  assert.deepEqual([bid, ask], [49.8, 50.2]);
  // 0.0175 x 0.5 x 0.5 dollars = 43.75 of 1e-4 dollars, rounded away from the fair value.
  assert.deepEqual([shown(paid, BID)[0]![0], shown(paid, ASK)[0]![0]], [49.36, 50.64]);
});

test('a one-sided or empty book is not quoted', () => {
  for (const scene of [
    { bid: 0, ask: 5400 },
    { bid: 4600, ask: 0 },
    { bid: 0, ask: 0 },
  ]) {
    const quotes = quoted(scene);
    assert.deepEqual([quotes.bids.length, quotes.asks.length], [0, 0]);
    assert.deepEqual([quotes.bids.reason, quotes.asks.reason], ['book_one_sided', 'book_one_sided']);
  }
});

test('at the ends of the grid the side without room says no edge', () => {
  const low = quoted({ bid: 100, ask: 200 }, { halfSpreadTicks: 3 });
  assert.deepEqual([low.bids.length, low.bids.reason], [0, 'no_edge']);
  assert.ok(low.asks.length > 0);
  const high = quoted({ bid: 9800, ask: 9900 }, { halfSpreadTicks: 3 });
  assert.deepEqual([high.asks.length, high.asks.reason], [0, 'no_edge']);
  const pushed = quoted({ bid: 9900, ask: 9900 });
  assert.deepEqual([pushed.asks.length, pushed.asks.reason], [0, 'no_edge'], 'a bid at the last level leaves no ask');
});

test('a position limit of zero quotes nothing rather than something that is not a number', () => {
  const quotes = quoted({ bid: 4600, ask: 5400, positionLimit: 0 });
  assert.deepEqual([quotes.bids.length, quotes.asks.length], [0, 0]);
});

test('parameters that are unknown, out of range or not numbers are refused by name', () => {
  assert.throws(() => createLadder({ level: 2 }), /ladder has no parameter level; it has levels, contracts/);
  assert.throws(() => createLadder({ toString: 1 } as unknown as Record<string, number>), /no parameter toString/);
  for (const [name, spec] of Object.entries(LADDER_PARAMS)) {
    if (spec.type !== 'number' && spec.type !== 'integer') continue;
    for (const value of [spec.min - 0.001, spec.max + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const message = new RegExp(`ladder parameter ${name} is .*expected ${spec.min} to ${spec.max} ${spec.unit}`);
      assert.throws(
        () => createLadder({ [name]: value }),
        (e) => e instanceof RangeError && message.test(e.message),
      );
    }
    for (const value of [spec.min, spec.max]) assert.equal(createLadder({ [name]: value }).name, 'ladder');
  }
});

const scenes = fc
  .constantFrom(LINEAR_CENT, DECI_CENT, TAPERED_DECI_CENT, CENTI_CENT)
  .chain((grid) =>
    fc.record({
      grid: fc.constant(grid),
      low: fc.integer({ min: 0, max: grid.levels - 1 }),
      gap: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: grid.levels })),
      bidSize: fc.integer({ min: 1, max: 100_000 }),
      askSize: fc.integer({ min: 1, max: 100_000 }),
      position: fc.integer({ min: -130, max: 130 }),
      feeType: fc.constantFrom('quadratic', 'quadratic_with_maker_fees'),
    }),
  )
  .map((s): Scene => {
    const ask = Math.min(s.grid.levels - 1, s.low + s.gap);
    return { ...s, bid: s.grid.price(s.low), ask: s.grid.price(ask) };
  });
const anyParams = fc.record({
  levels: fc.integer({ min: 1, max: 16 }),
  contracts: fc.constantFrom(0.01, 0.5, 1, 10, 999),
  growth: fc.constantFrom(0.1, 1, 1.3, 3),
  halfSpreadTicks: fc.constantFrom(0.5, 1, 2.5, 40),
  gapTicks: fc.constantFrom(1, 2, 7),
  skewHalves: fc.constantFrom(0, 1.5, 20),
});

test('on any book and with any parameters: on the grid, never through the book nor itself, never at a loss', () => {
  let orders = 0;
  fc.assert(
    fc.property(scenes, anyParams, (scene, params) => {
      const quotes = quoted(scene, params);
      const bids = quotes.bids.targets.slice(0, quotes.bids.length);
      const asks = quotes.asks.targets.slice(0, quotes.asks.length);
      orders += bids.length + asks.length;
      for (const t of [...bids, ...asks]) {
        assert.equal(scene.grid!.level(t.price), t.level);
        assert.ok(t.count > 0 && Number.isSafeInteger(t.count) && t.edge >= 0);
      }
      for (const t of bids) assert.ok(t.price < scene.ask, 'a bid below the best ask');
      for (const t of asks) assert.ok(t.price > scene.bid, 'an ask above the best bid');
      if (bids[0] && asks[0]) assert.ok(bids[0].price < asks[0].price, 'our own quotes do not cross');
      for (let n = 1; n < bids.length; n++) assert.ok(bids[n]!.price < bids[n - 1]!.price);
      for (let n = 1; n < asks.length; n++) assert.ok(asks[n]!.price > asks[n - 1]!.price);
      for (const side of [quotes.bids, quotes.asks]) assert.equal(side.length > 0, side.reason === 'quoting');
      assert.ok(bids.length <= params.levels && asks.length <= params.levels);
    }),
    { seed: 71, numRuns: 6000 },
  );
  assert.ok(orders > 20_000, `${orders} orders looked at`);
});

test('more inventory never raises a quote, nor less lower it', () => {
  fc.assert(
    fc.property(scenes, anyParams, fc.integer({ min: 1, max: 100 }), (scene, params, more) => {
      const best = (s: Scene, side: Side): number | undefined => {
        const quotes = quoted(s, params).side(side);
        return quotes.length === 0 ? undefined : quotes.targets[0]!.price;
      };
      const longer = { ...scene, position: scene.position! + more };
      for (const side of [BID, ASK] as const) {
        const [before, after] = [best(scene, side), best(longer, side)];
        if (before !== undefined && after !== undefined) assert.ok(after <= before, `${side} ${before} -> ${after}`);
      }
    }),
    { seed: 72, numRuns: 3000 },
  );
});

test('the same view gives the same quotes', () => {
  fc.assert(
    fc.property(scenes, anyParams, (scene, params) => {
      assert.deepEqual(quoted(scene, params), quoted(scene, params));
    }),
    { seed: 73, numRuns: 300 },
  );
});
