import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Balance,
  Books,
  DECI_CENT,
  Depth,
  type Grid,
  LINEAR_CENT,
  Sweep,
  TAPERED_DECI_CENT,
  volumeTo,
} from '../../engine/market/index.ts';
import { ASK, BID, type Count, type Price, type Side } from '../../engine/units/index.ts';
import { assertDepth, type Level } from './depth-reference.ts';
import { ReferenceBook } from './reference.ts';

const SIDES = [BID, ASK] as const;

/** Others' levels, best first, by the obvious book. More of ours than there is at all: ours are not there any more. */
function others(reference: ReferenceBook, own: ReferenceBook, grid: Grid, side: Side): Level[] {
  return reference
    .levels(side)
    .map((l) => {
      const [all, mine] = [reference.sides[side].get(l)!, own.sides[side].get(l) ?? 0];
      return { price: grid.price(l), size: mine > all ? all : all - mine };
    })
    .filter((l) => l.size > 0);
}

const change = fc.record({
  own: fc.boolean(),
  side: fc.constantFrom<Side>(BID, ASK),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  delta: fc.oneof(fc.integer({ min: -900, max: 2000 }), fc.constantFrom(1, -1, 1_557_689_700)),
});

for (const [name, grid] of [
  ['whole cents', LINEAR_CENT],
  ['tapered', TAPERED_DECI_CENT],
  ['0.1 cent', DECI_CENT],
] as const) {
  test(`${name}: every depth query equals the obvious answer after every message, our own orders left out`, () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 40, size: 'max' }), (changes) => {
        const books = new Books();
        const mine = new Books();
        // Two books before it: offsets that are not zero.
        for (let n = 0; n < 2; n++) {
          books.open(LINEAR_CENT);
          mine.open(LINEAR_CENT);
        }
        const id = books.open(grid);
        assert.equal(mine.open(grid), id);
        const reference = new ReferenceBook();
        const own = new ReferenceBook();
        for (const { own: ours, side, at, delta } of changes) {
          const level = Math.floor(at * Math.min(grid.levels, 30)) + Math.floor((grid.levels - 30) / 2);
          if (reference.add(side, level, delta) !== null) books.add(id, side, level, delta);
          // Our own orders' news may run ahead of the book's: more of ours than there is at all.
          if (ours && own.add(side, level, Math.abs(delta)) !== null) mine.add(id, side, level, Math.abs(delta));
          assertDepth(
            books,
            null,
            id,
            SIDES.map((s) => others(reference, new ReferenceBook(), grid, s)),
          );
          assertDepth(
            books,
            mine,
            id,
            SIDES.map((s) => others(reference, own, grid, s)),
          );
        }
      }),
      { seed: 31, numRuns: 60 },
    );
  });
}

test('an empty book, and one of ours alone: no levels, no volume, no estimate', () => {
  const books = new Books();
  const own = new Books();
  const id = books.open(LINEAR_CENT);
  own.open(LINEAR_CENT);
  for (let round = 0; round < 2; round++) {
    const sweep = new Sweep().walk(books, id, BID, 100 as Count, own);
    const balance = new Balance().read(books, id, 5, own);
    assert.deepEqual([new Depth(3).read(books, id, BID, own), volumeTo(books, id, BID, 1 as Price, own)], [0, 0]);
    assert.deepEqual([sweep.count, sweep.average, sweep.worst], [0, Number.NaN, 0]);
    assert.deepEqual([balance.imbalance, balance.microprice], [Number.NaN, Number.NaN]);
    books.add(id, BID, 40, 500);
    own.add(id, BID, 40, 500);
  }
});

test('one side only: the imbalance is whole, the microprice is not made up', () => {
  const books = new Books();
  const id = books.open(LINEAR_CENT);
  books.add(id, ASK, 40, 500);
  const balance = new Balance().read(books, id, 3);
  assert.deepEqual([balance.imbalance, balance.microprice], [-1, Number.NaN]);
});

test('with one level the microprice leans to the thin side', () => {
  const books = new Books();
  const id = books.open(LINEAR_CENT);
  books.add(id, BID, LINEAR_CENT.level(4000 as Price), 300);
  books.add(id, ASK, LINEAR_CENT.level(5000 as Price), 100);
  assert.equal(new Balance().read(books, id, 1).microprice, 4750);
  assert.equal(new Balance().read(books, id, 1).imbalance, 0.5);
});
