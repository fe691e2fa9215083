import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { behindShare, QueueEstimate, type QueueModel } from '../../engine/quoting/index.ts';

const MODELS: readonly QueueModel[] = ['riskAverse', 'power1', 'power2', 'power3', 'log1', 'log2'];
const near = (value: number, expected: number): void =>
  assert.ok(Math.abs(value - expected) < 1e-6, `${value}, not ${expected}`);

describe('60 before us of 100, 20 leave without a trade', () => {
  for (const [model, n, share, front] of [
    ['riskAverse', 1, 1, 60],
    ['power1', 2, 0.307692308, 46.153846154],
    ['power2', 2, 0.16, 43.2],
    ['power3', 2, 0.64, 52.8],
    ['power3', 3, 0.784, 55.68],
    ['log1', 1, 0.474611518, 49.492230358],
    ['log2', 1, 0.804653304, 56.093066081],
  ] as const) {
    test(`${model} ${n}`, () => {
      near(behindShare({ model, n }, 60, 40), share);
      const estimate = new QueueEstimate({ model, n }, 60, 100);
      estimate.resize(80, 0);
      near(estimate.front, front);
    });
  }
});

test('at the head all cancels come from behind, at the end none does', () => {
  for (const model of MODELS) {
    assert.equal(behindShare({ model, n: 2 }, 0, 40), 1, model);
    if (model !== 'riskAverse') near(behindShare({ model, n: 2 }, 40, 0), 0);
  }
});

test('a trade comes off the front, and the decrease that follows is not counted again', () => {
  const estimate = new QueueEstimate({ model: 'power1', n: 1 }, 60, 100);
  estimate.trade(25, 0);
  assert.equal(estimate.front, 35);
  estimate.resize(75, 0);
  assert.equal(estimate.front, 35);
});

test('nor when the decrease comes first: the trade takes back what it was thought to be', () => {
  const estimate = new QueueEstimate({ model: 'power1', n: 1 }, 60, 100);
  estimate.resize(75, 0);
  near(estimate.front, 45);
  estimate.trade(25, 1000);
  near(estimate.front, 35);
  // A second later it would have been another trade.
  const late = new QueueEstimate({ model: 'power1', n: 1 }, 60, 100);
  late.resize(75, 0);
  late.trade(25, 1_000_001);
  near(late.front, 20);
});

test('a trade in two decreases, and a decrease that is part trade, part cancel', () => {
  const parts = new QueueEstimate({ model: 'power1', n: 1 }, 60, 100);
  parts.trade(30, 0);
  parts.resize(90, 0);
  parts.resize(70, 0);
  assert.equal(parts.front, 30);
  const mixed = new QueueEstimate({ model: 'riskAverse', n: 1 }, 60, 100);
  mixed.resize(70, 0);
  mixed.trade(10, 0);
  assert.equal(mixed.front, 50);
});

test('what joins the level stands behind us; what trades past us leaves nobody before us', () => {
  const estimate = new QueueEstimate({ model: 'power3', n: 3 }, 60);
  estimate.resize(500, 0);
  assert.equal(estimate.front, 60);
  estimate.tradeThrough();
  assert.equal(estimate.front, 0);
});

test("the exchange's word replaces the estimate", () => {
  const estimate = new QueueEstimate({ model: 'power3', n: 3 }, 60, 100);
  assert.equal(estimate.correct(45), 15);
  assert.equal(estimate.front, 45);
});

test('whatever happens, the front is never negative, more than the level, nor longer than it was', () => {
  const events = fc.array(
    fc.oneof(
      fc.record({ trade: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ size: fc.integer({ min: 0, max: 20_000 }) }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...MODELS), fc.constantFrom(1, 2, 3), events, (model, n, list) => {
      const estimate = new QueueEstimate({ model, n }, 8000);
      let time = 0;
      for (const event of list) {
        if ('trade' in event) estimate.trade(event.trade, time);
        else {
          estimate.resize(event.size, time);
          assert.ok(estimate.front <= event.size + 1e-9);
        }
        time += 600_000;
        assert.ok(estimate.front >= 0 && estimate.front <= 8000);
      }
    }),
    { numRuns: 300 },
  );
});
