import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../engine/exchange/random.ts';
import { SIZES, sizeOf } from '../../engine/exchange/synthetic/sizes.ts';

const DRAWS = 200_000;

/** Shares of orders by size. */
function shares(scale: number): { readonly of: (low: number, high: number) => number } {
  const random = new Random(1, 'sizes');
  const sizes = Array.from({ length: DRAWS }, () => sizeOf(SIZES, random, scale));
  return { of: (low, high) => sizes.filter((size) => size >= low && size <= high).length / DRAWS };
}

function near(share: number, expected: number): void {
  const error = Math.sqrt((expected * (1 - expected)) / DRAWS);
  assert.ok(Math.abs(share - expected) < 4 * error, `${share} instead of ${expected}`);
}

test('order sizes have the shares seen on the exchange: uniform from 2 to 10, in logarithms above', () => {
  const { of } = shares(1);
  for (const { share, from, to } of SIZES) near(of(from, to), share);
  for (let size = 2; size <= 10; size++) near(of(size, size), 0.211 / 9);
  // Half the logarithms from 101 to 1000 end at their geometric mean.
  near(of(101, Math.round(Math.sqrt(101 * 1000))), 0.25 / 2);
  assert.equal(shares(0.01).of(1, 50), 1);
});
