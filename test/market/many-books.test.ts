import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Balance,
  Books,
  bytesPerBook,
  CENTI_CENT,
  DECI_CENT,
  type Grid,
  LINEAR_CENT,
  NO_LEVEL,
  REFUSED,
  TAPERED_DECI_CENT,
} from '../../engine/market/index.ts';
import { ASK, BID, type Side } from '../../engine/units/index.ts';
import { ReferenceBook } from './reference.ts';

const MANY = 10_000;
/** Price tables of the four grids and what growth leaves over at the start. */
const TABLES = 150_000;

/** 95 % whole cents, 2 % tapered, 2 % of 0.1 cent, 1 % of 0.01 cent, interleaved. */
function gridOf(n: number): Grid {
  if (n % 100 === 0) return CENTI_CENT;
  if (n % 50 === 1) return DECI_CENT;
  return n % 50 === 2 ? TAPERED_DECI_CENT : LINEAR_CENT;
}

/** Small, seeded, good enough to spread over books. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

test('10,000 books of all grids at once: each equals its reference after a storm over all of them', () => {
  const books = new Books();
  const references: ReferenceBook[] = [];
  for (let n = 0; n < MANY; n++) {
    assert.equal(books.open(gridOf(n)), n);
    references.push(new ReferenceBook());
  }
  const random = randomFrom(2026);
  for (let message = 0; message < 200_000; message++) {
    const id = random(3) === 0 ? random(50) : random(MANY);
    const side = random(2) as Side;
    const levels = books.grid(id).levels;
    const level = Math.min(levels - 1, (levels >> 1) + (side === BID ? -random(20) : 1 + random(20)));
    const delta = random(4) === 0 ? -random(2000) : random(3000);
    const reference = references[id]!;
    assert.equal(books.add(id, side, level, delta), reference.add(side, level, delta) ?? REFUSED);
    const occupied = reference.sides[side].keys();
    const best =
      reference.sides[side].size === 0 ? NO_LEVEL : side === BID ? Math.max(...occupied) : Math.min(...occupied);
    assert.equal(books.bestLevel(id, side), best);
    assert.equal(books.bestPrice(id, side), best === NO_LEVEL ? 0 : books.grid(id).price(best));
  }
  for (const [id, reference] of references.entries()) {
    for (const side of [BID, ASK] as const) {
      const walked: [number, number][] = [];
      for (let l = books.bestLevel(id, side); l !== NO_LEVEL; l = books.nextLevel(id, side, l))
        walked.push([l, books.sizeAt(id, side, l)]);
      assert.deepEqual(
        walked,
        reference.levels(side).map((l) => [l, reference.sides[side].get(l)]),
      );
    }
  }
  assert.ok(Number.isFinite(new Balance().read(books, 7, 3).imbalance));
});

test('memory is what the class promises: 8.64 MB for 10,000 whole-cent books, and no more than twice that while they grow', () => {
  const cents = new Books();
  for (let n = 0; n < MANY; n++) cents.open(LINEAR_CENT);
  assert.equal(cents.bytesUsed, MANY * 864);
  assert.ok(cents.byteLength <= 2 * cents.bytesUsed + TABLES, `${cents.byteLength} bytes`);
  const mixed = new Books();
  let sum = 0;
  for (let n = 0; n < MANY; n++) {
    mixed.open(gridOf(n));
    sum += bytesPerBook(gridOf(n).levels);
  }
  assert.equal(mixed.bytesUsed, sum);
  assert.ok(mixed.byteLength <= 2 * sum + TABLES, `${mixed.byteLength} bytes`);
});

for (const [name, grid, bytes] of [
  ['whole-cent', LINEAR_CENT, 864],
  ['tapered', TAPERED_DECI_CENT, 2_344],
  ['0.1 cent', DECI_CENT, 8_288],
  ['0.01 cent', CENTI_CENT, 82_608],
] as const) {
  test(`a ${name} book takes ${bytes} bytes, both ladders`, () => {
    const books = new Books();
    books.open(LINEAR_CENT);
    const before = books.bytesUsed;
    books.open(grid);
    assert.equal(books.bytesUsed - before, bytes);
    assert.equal(bytesPerBook(grid.levels), bytes);
  });
}
