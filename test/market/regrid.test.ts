import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Books,
  CENTI_CENT,
  DECI_CENT,
  type Grid,
  LINEAR_CENT,
  NO_LEVEL,
  OFF_GRID,
  TAPERED_DECI_CENT,
} from '../../engine/market/index.ts';
import { ASK, BID, type Price, type Side } from '../../engine/units/index.ts';

const GRIDS: readonly Grid[] = [LINEAR_CENT, TAPERED_DECI_CENT, DECI_CENT, CENTI_CENT];
const SIDES = [BID, ASK] as const;

/** Levels by price, best first: what a book holds, whatever its grid. */
function held(books: Books, id: number, side: Side): [number, number][] {
  const levels: [number, number][] = [];
  for (let l = books.bestLevel(id, side); l !== NO_LEVEL; l = books.nextLevel(id, side, l)) {
    levels.push([books.grid(id).price(l), books.sizeAt(id, side, l)]);
  }
  return levels;
}

function expected(map: ReadonlyMap<number, number>, side: Side): [number, number][] {
  return [...map].sort(([a], [b]) => (side === BID ? b - a : a - b));
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      book: fc.nat(4),
      side: fc.constantFrom<Side>(BID, ASK),
      price: fc.integer({ min: 1, max: 9999 }),
      size: fc.constantFrom(0, 1, 250, 4_294_967_301),
    }),
  },
  { weight: 1, arbitrary: fc.record({ book: fc.nat(4), grid: fc.constantFrom(...GRIDS) }) },
);

test('grids that change under books keep every level, or nothing moves and the levels in the way are named', () => {
  let moved = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
      const books = new Books();
      const maps: Map<number, number>[][] = [];
      for (let n = 0; n < 5; n++) {
        books.open(GRIDS[n % GRIDS.length]!);
        maps.push([new Map(), new Map()]);
      }
      for (const s of steps) {
        const sides = maps[s.book]!;
        if ('grid' in s) {
          const before = books.grid(s.book);
          const wrong = SIDES.flatMap((side) =>
            expected(sides[side]!, side)
              .filter(([price]) => s.grid.level(price as Price) === OFF_GRID)
              .map(([price, size]) => ({ side, price, size })),
          );
          assert.deepEqual(books.regrid(s.book, s.grid), wrong);
          assert.equal(books.grid(s.book), wrong.length === 0 ? s.grid : before);
          if (wrong.length > 0) refused++;
          else if (s.grid !== before) moved++;
        } else {
          const level = books.grid(s.book).floorLevel(s.price);
          if (level === OFF_GRID) continue;
          const price = books.grid(s.book).price(level);
          books.set(s.book, s.side, level, s.size as never);
          if (s.size === 0) sides[s.side]!.delete(price);
          else sides[s.side]!.set(price, s.size);
        }
        for (const [id, two] of maps.entries()) {
          for (const side of SIDES) {
            assert.deepEqual(held(books, id, side), expected(two[side]!, side));
            assert.equal(books.depth(id, side), two[side]!.size);
          }
        }
      }
    }),
    { seed: 12, numRuns: 80 },
  );
  assert.ok(moved > 200 && refused > 50, `${moved} moved, ${refused} refused`);
});

test('a finer grid always takes the book; the way back is free once the fine levels are gone', () => {
  const books = new Books();
  const id = books.open(LINEAR_CENT);
  books.add(id, BID, LINEAR_CENT.level(4500 as Price), 300);
  books.add(id, ASK, LINEAR_CENT.level(5500 as Price), 100);
  assert.deepEqual(books.regrid(id, DECI_CENT), []);
  assert.deepEqual([books.bestPrice(id, BID), books.bestPrice(id, ASK)], [4500, 5500]);
  books.add(id, BID, DECI_CENT.level(4510 as Price), 7);
  assert.deepEqual(books.regrid(id, LINEAR_CENT), [{ side: BID, price: 4510, size: 7 }]);
  assert.deepEqual([books.grid(id), books.bestPrice(id, BID), books.bestSize(id, BID)], [DECI_CENT, 4510, 7]);
  books.add(id, BID, DECI_CENT.level(4510 as Price), -7);
  assert.deepEqual(books.regrid(id, LINEAR_CENT), []);
  assert.deepEqual([books.bestPrice(id, BID), books.bestSize(id, BID)], [4500, 300]);
});

test('books that change grids back and forth do not use up memory', () => {
  const books = new Books();
  for (let n = 0; n < 20; n++) books.open(LINEAR_CENT);
  books.regrid(3, DECI_CENT);
  books.regrid(3, LINEAR_CENT);
  const before = books.byteLength;
  for (let n = 0; n < 2000; n++) {
    assert.deepEqual(books.regrid(n % 20, DECI_CENT), []);
    assert.deepEqual(books.regrid(n % 20, LINEAR_CENT), []);
  }
  assert.equal(books.byteLength, before);
  for (let n = 0; n < 20; n++) books.add(n, BID, n, 100 + n);
  for (let n = 0; n < 20; n++) assert.deepEqual(held(books, n, BID), [[LINEAR_CENT.price(n), 100 + n]]);
});
