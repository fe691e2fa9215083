import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CENTI_CENT } from '../../engine/market/index.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';
import { quoted, type Scene, shown } from './scene.ts';

const T = 'KXTEST-26NOV23-A';
const BY_VALUE = { fairValue: 'external' };

function told(value: number, ageMs: number, scene: Partial<Scene> = {}): Scene {
  return { bid: 4000, ask: 6000, ...scene, external: { [T]: { value, ageMs } } };
}

test('quotes stand around the value from outside, wherever the book has its middle', () => {
  const low = quoted(told(0.45, 100), BY_VALUE);
  assert.deepEqual([shown(low, BID)[0], shown(low, ASK)[0]], [[44, 10] as const, [46, 10] as const]);
  const high = quoted(told(0.5525, 100), BY_VALUE);
  assert.deepEqual([shown(high, BID)[0]![0], shown(high, ASK)[0]![0]], [54, 57], 'rounded away from the value');
  assert.equal(high.bids.targets[0]!.edge, 125, '55.25 less 54 cents');
});

test('a value beyond the book never crosses it: the side that would stands just behind the best price across', () => {
  const quotes = quoted(told(0.8, 100), BY_VALUE);
  assert.equal(shown(quotes, BID)[0]![0], 59);
  assert.equal(shown(quotes, ASK)[0]![0], 81);
  const below = quoted(told(0.2, 100), BY_VALUE);
  assert.deepEqual([shown(below, BID)[0]![0], shown(below, ASK)[0]![0]], [19, 41]);
});

test('with an external fair value an empty side of the book is no obstacle', () => {
  for (const scene of [{ bid: 0 }, { ask: 0 }, { bid: 0, ask: 0 }]) {
    const quotes = quoted(told(0.5, 100, scene), BY_VALUE);
    assert.deepEqual([shown(quotes, BID)[0]![0], shown(quotes, ASK)[0]![0]], [49, 51]);
  }
});

test('a value that is too old empties both sides and says how old it is and may be', () => {
  const fresh = quoted(told(0.5, 5000), BY_VALUE);
  assert.deepEqual([fresh.bids.reason, fresh.asks.reason], ['quoting', 'quoting']);
  const stale = quoted(told(0.5, 5001), BY_VALUE);
  for (const side of [stale.bids, stale.asks])
    assert.deepEqual([side.length, side.reason, side.has, side.needs], [0, 'external_stale', 5.001, 5]);
  assert.equal(quoted(told(0.5, 5001), { ...BY_VALUE, staleSeconds: 6 }).bids.reason, 'quoting');
});

test('no value, or one that cannot be a price in dollars, is no fair value', () => {
  const none = quoted({ bid: 4000, ask: 6000 }, BY_VALUE);
  const cents = quoted(told(45, 100), BY_VALUE);
  const negative = quoted(told(-0.01, 100), BY_VALUE);
  for (const quotes of [none, cents, negative])
    for (const side of [quotes.bids, quotes.asks])
      assert.deepEqual([side.length, side.reason, side.has, side.needs], [0, 'no_fair_value', 0, 1]);
});

test('the name follows the ticker by a pattern; one without the ticker would move all markets alike and is refused', () => {
  const scene = { bid: 4000, ask: 6000, external: { [`fair/${T}/v2`]: { value: 0.5, ageMs: 0 } } };
  assert.equal(quoted(scene, { ...BY_VALUE, externalName: 'fair/{ticker}/v2' }).bids.reason, 'quoting');
  for (const externalName of ['fair', '', '{ticker}{ticker}', '{event}'])
    assert.throws(() => createLadder({ externalName }), /externalName is ".*", expected a name with \{ticker\} in it/);
});

test('a value from outside is not looked at unless it is asked for', () => {
  const quotes = quoted(told(0.45, 1e9), {});
  assert.deepEqual([shown(quotes, BID)[0]![0], shown(quotes, ASK)[0]![0]], [49, 51]);
});

test('whatever the value and the book: no quote at a loss by the value, none through the book, none through itself', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      fc.integer({ min: 1, max: 9998 }),
      fc.integer({ min: 1, max: 200 }),
      (value, bid, gap) => {
        const scene = told(value / 10_000, 0, { grid: CENTI_CENT, bid, ask: Math.min(9999, bid + gap) });
        const quotes = quoted(scene, { ...BY_VALUE, halfSpreadTicks: 3 });
        for (const [cents] of shown(quotes, BID))
          assert.ok(cents * 100 <= value - 3 + 1e-9 && cents * 100 < scene.ask, `bid ${cents}`);
        for (const [cents] of shown(quotes, ASK))
          assert.ok(cents * 100 >= value + 3 - 1e-9 && cents * 100 > scene.bid, `ask ${cents}`);
      },
    ),
    { seed: 73, numRuns: 1000 },
  );
});
