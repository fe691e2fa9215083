import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Books,
  CENTI_CENT,
  DECI_CENT,
  Grid,
  LINEAR_CENT,
  NO_LEVEL,
  REFUSED,
  TAPERED_DECI_CENT,
} from '../../engine/market/index.ts';
import { ASK, BID, type Count, type Price, type Side } from '../../engine/units/index.ts';
import { ReferenceBook } from './reference.ts';

const GRIDS: readonly [string, Grid][] = [
  ['99 levels', LINEAR_CENT],
  ['999 levels', DECI_CENT],
  ['tapered levels', TAPERED_DECI_CENT],
  ['9,999 levels', CENTI_CENT],
  // Just full, and one more: of a word of the bitset, and of a word of its summary.
  ...([32, 33, 1024, 1025] as const).map((levels): [string, Grid] => [`exactly ${levels} levels`, gridOf(levels)]),
];

/** A grid with so many levels, and one wide band above them. */
function gridOf(levels: number): Grid {
  const step = levels < 100 ? 100 : 5;
  const end = levels * step;
  return Grid.of([
    { start: 0 as Price, end: end as Price, step },
    { start: end as Price, end: 10_000 as Price, step: 10_000 - end },
  ]);
}

/** A step of a random life of a book. `near` picks a level close to the best, where real books move. */
type Step =
  | { readonly kind: 'add'; readonly side: Side; readonly at: number; readonly near: boolean; readonly delta: number }
  | { readonly kind: 'take'; readonly side: Side; readonly rank: number; readonly part: number }
  | { readonly kind: 'set'; readonly side: Side; readonly at: number; readonly size: number }
  | { readonly kind: 'clear' };

const side = fc.constantFrom<Side>(BID, ASK);
const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const delta = fc.oneof(
  fc.integer({ min: -5000, max: 20_000 }),
  fc.constantFrom(0, 1, -1, 3_000_000_000, -3_000_000_000, 1_557_689_700),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('add' as const), side, at, near: fc.boolean(), delta }) },
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      side,
      rank: fc.integer({ min: 0, max: 3 }),
      part: fc.constantFrom(0.25, 1, 1, 1, 1.5),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      side,
      at,
      size: fc.constantFrom(0, 1, 250, 4_294_967_301),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
);

/** All that a book answers equals all that the reference answers. */
function assertSame(books: Books, id: number, reference: ReferenceBook): void {
  for (const s of [BID, ASK] as const) {
    const levels = reference.levels(s);
    const best = levels[0] ?? NO_LEVEL;
    assert.equal(books.bestLevel(id, s), best, 'best level');
    assert.equal(books.bestSize(id, s), best === NO_LEVEL ? 0 : reference.sides[s].get(best), 'best size');
    assert.equal(books.bestPrice(id, s), best === NO_LEVEL ? 0 : books.grid(id).price(best), 'best price');
    assert.equal(books.depth(id, s), levels.length, 'depth');
    const walked: number[] = [];
    for (let l = books.bestLevel(id, s); l !== NO_LEVEL; l = books.nextLevel(id, s, l)) {
      walked.push(l);
      assert.equal(books.sizeAt(id, s, l), reference.sides[s].get(l), 'size');
    }
    assert.deepEqual(walked, levels, 'walk from the best');
  }
  const [bid, ask] = [reference.levels(BID)[0], reference.levels(ASK)[0]];
  assert.equal(books.isCrossed(id), bid !== undefined && ask !== undefined && bid >= ask);
}

function play(books: Books, id: number, reference: ReferenceBook, s: Step): void {
  const levels = books.grid(id).levels;
  if (s.kind === 'clear') {
    books.clear(id);
    reference.clear();
  } else if (s.kind === 'set') {
    const level = Math.floor(s.at * levels);
    books.set(id, s.side, level, s.size as Count);
    reference.add(s.side, level, s.size - (reference.sides[s.side].get(level) ?? 0));
  } else if (s.kind === 'add') {
    const best = reference.levels(s.side)[0];
    const near = s.near && best !== undefined ? best + Math.floor(s.at * 9) - 4 : Math.floor(s.at * levels);
    const level = Math.min(levels - 1, Math.max(0, near));
    const expected = reference.add(s.side, level, s.delta);
    assert.equal(books.add(id, s.side, level, s.delta), expected ?? REFUSED);
  } else {
    const level = reference.levels(s.side)[s.rank];
    if (level === undefined) return;
    const take = -Math.floor(reference.sides[s.side].get(level)! * s.part);
    assert.equal(books.add(id, s.side, level, take), reference.add(s.side, level, take) ?? REFUSED);
  }
}

for (const [name, grid] of GRIDS) {
  test(`${name}: after every message the book equals the obvious book`, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120, size: 'max' }), (steps) => {
        const books = new Books();
        const id = books.open(grid);
        const reference = new ReferenceBook();
        for (const s of steps) {
          play(books, id, reference, s);
          assertSame(books, id, reference);
        }
      }),
      { seed: 99, numRuns: 120 },
    );
  });
}

test('books of different grids in one slab never touch each other', () => {
  const move = fc.record({ book: fc.integer({ min: 0, max: 11 }), step });
  fc.assert(
    fc.property(fc.array(move, { minLength: 50, maxLength: 200, size: 'max' }), (moves) => {
      const books = new Books();
      const references: ReferenceBook[] = [];
      for (const m of moves) {
        // Books are opened while others are in use, as when a market is added: the slab grows under them.
        while (references.length <= m.book) {
          assert.equal(books.open(GRIDS[references.length % GRIDS.length]![1]), references.length);
          references.push(new ReferenceBook());
        }
        play(books, m.book, references[m.book]!, m.step);
      }
      assert.equal(books.length, references.length);
      for (const [id, reference] of references.entries()) assertSame(books, id, reference);
    }),
    { seed: 5, numRuns: 60 },
  );
});

test('every pair of levels: the next level is found across all words of the bitset', () => {
  for (const [, grid] of GRIDS) {
    const books = new Books();
    const id = books.open(grid);
    const last = grid.levels - 1;
    for (const low of [0, 1, 30, 31, 32, 33, 63, 64, 95]) {
      for (const high of [low + 1, low + 31, low + 32, low + 33, low + 1023, low + 1024, low + 1025, last]) {
        if (high > last || high <= low) continue;
        for (const s of [BID, ASK] as const) {
          books.clear(id);
          books.add(id, s, low, 100);
          books.add(id, s, high, 100);
          const [best, next] = s === BID ? [high, low] : [low, high];
          assert.equal(books.bestLevel(id, s), best);
          assert.equal(books.nextLevel(id, s, best), next);
          assert.equal(books.nextLevel(id, s, next), NO_LEVEL);
          books.add(id, s, best, -100);
          assert.equal(books.bestLevel(id, s), next, 'the best moves on when it empties');
        }
      }
    }
  }
});

test('a delta that would leave a negative level is refused and the book is untouched', () => {
  const books = new Books();
  const id = books.open(LINEAR_CENT);
  books.add(id, BID, 46, 300);
  assert.equal(books.add(id, BID, 46, -301), REFUSED);
  assert.equal(books.add(id, BID, 50, -1), REFUSED);
  assert.equal(books.add(id, BID, 46, Number.NaN), REFUSED, 'not a number is not a change');
  assert.equal(books.sizeAt(id, BID, 46), 300);
  assert.equal(books.bestLevel(id, BID), 46);
  assert.equal(books.depth(id, BID), 1);
});

test('counts beyond 2^31 stay exact to a hundredth; beyond exact arithmetic they are refused', () => {
  const books = new Books();
  const id = books.open(DECI_CENT);
  assert.equal(books.add(id, ASK, 500, 4_294_967_301), 4_294_967_301);
  assert.equal(books.add(id, ASK, 500, 1), 4_294_967_302);
  assert.equal(books.add(id, ASK, 500, -4_294_967_301), 1);
  assert.equal(books.add(id, ASK, 500, Number.MAX_SAFE_INTEGER), REFUSED);
  assert.equal(books.bestSize(id, ASK), 1);
  assert.equal(books['large'].size, 0, 'nothing stays on the side for a count that fits its word again');
});

test('a large level keeps its count while its neighbours fill, empty and are cleared, and the slab grows', () => {
  const books = new Books();
  const [a, b] = [books.open(LINEAR_CENT), books.open(LINEAR_CENT)];
  const size = 3_000_000_000 as Count;
  for (const id of [a, b]) for (const s of [BID, ASK] as const) books.set(id, s, 98, size);
  for (let n = 0; n < 200; n++) books.open(CENTI_CENT);
  books.add(a, BID, 97, 100);
  books.clear(b);
  assert.equal(books.sizeAt(b, BID, 98), 0);
  assert.equal(books.add(b, BID, 98, 5), 5, 'a cleared large level starts from nothing');
  assert.equal(books.bestSize(a, BID), size);
  assert.equal(books.add(a, BID, 98, -size), 0);
  assert.equal(books.bestLevel(a, BID), 97);
  assert.equal(books.sizeAt(a, ASK, 98), size);
  assert.equal(books.add(a, ASK, 98, 1), size + 1);
});

test('a change by a part of a hundredth is refused: no count is ever rounded', () => {
  const books = new Books();
  const id = books.open(LINEAR_CENT);
  assert.equal(books.add(id, BID, 46, 0.5), REFUSED);
  books.add(id, BID, 46, 300);
  assert.equal(books.add(id, BID, 46, -299.5), REFUSED);
  assert.equal(books.sizeAt(id, BID, 46), 300);
});

test("a price has the level its book's own grid gives it, whatever other grids are in the slab", () => {
  const books = new Books();
  const ids = [...GRIDS, ...GRIDS].map(([, grid]) => books.open(grid));
  for (const id of ids) {
    for (let p = 0; p <= 10_000; p++) assert.equal(books.levelOf(id, p as Price), books.grid(id).level(p as Price));
  }
});

test('a zero delta is no change: it neither creates a level nor removes one', () => {
  const books = new Books();
  const id = books.open(CENTI_CENT);
  assert.equal(books.add(id, BID, 9998, 0), 0);
  assert.equal(books.bestLevel(id, BID), NO_LEVEL);
  assert.equal(books.depth(id, BID), 0);
  books.add(id, BID, 7, 5);
  assert.equal(books.add(id, BID, 7, 0), 5);
  assert.equal(books.depth(id, BID), 1);
});

test('crossed and locked books are recognised, one-sided ones are not crossed', () => {
  const books = new Books();
  const id = books.open(LINEAR_CENT);
  books.add(id, BID, 40, 100);
  assert.equal(books.isCrossed(id), false);
  books.add(id, ASK, 41, 100);
  assert.equal(books.isCrossed(id), false);
  books.add(id, ASK, 40, 100);
  assert.equal(books.isCrossed(id), true);
  books.add(id, ASK, 40, -100);
  books.add(id, BID, 42, 100);
  assert.equal(books.isCrossed(id), true);
});
