import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CENTI_CENT,
  DECI_CENT,
  Grid,
  LINEAR_CENT,
  OFF_GRID,
  type PriceBand,
  TAPERED_DECI_CENT,
} from '../../engine/market/index.ts';
import { type Price, parsePrice } from '../../engine/units/index.ts';

type Band = readonly [start: string, end: string, step: string];

function gridOf(...bands: Band[]): Grid {
  return Grid.of(bands.map(([s, e, t]) => ({ start: parsePrice(s), end: parsePrice(e), step: parsePrice(t) })));
}

function edges(edge: string, centre: string): Band[] {
  return [
    ['0', '0.10', edge],
    ['0.10', '0.90', centre],
    ['0.90', '1', edge],
  ];
}

/** Every price structure the exchange documents: its bands, how many prices, the lowest and a few that are not on it. */
const STRUCTURES: [name: string, grid: Grid, levels: number, lowest: number, off: number[]][] = [
  ['linear_cent', gridOf(['0', '1', '0.01']), 99, 100, [0, 50, 5650, 10_000]],
  ['deci_cent', gridOf(['0', '1', '0.001']), 999, 10, [5, 5655]],
  ['tapered_deci_cent', gridOf(...edges('0.001', '0.01')), 99 + 81 + 99, 10, [1010, 5650, 8990]],
  ['center_whole_edge_half_cent', gridOf(...edges('0.005', '0.01')), 19 + 81 + 19, 50, [1050, 5650, 10]],
  ['center_whole_edge_quint_cent', gridOf(...edges('0.002', '0.01')), 49 + 81 + 49, 20, [1020, 30, 8980]],
  ['center_half_edge_half_cent', gridOf(['0', '1', '0.005']), 199, 50, [25, 5625]],
  ['center_half_edge_quint_cent', gridOf(...edges('0.002', '0.005')), 49 + 161 + 49, 20, [1020, 5020]],
  ['center_half_edge_deci_cent', gridOf(...edges('0.001', '0.005')), 99 + 161 + 99, 10, [1010, 5010]],
  ['center_quint_edge_quint_cent', gridOf(['0', '1', '0.002']), 499, 20, [10, 5010]],
  ['center_quint_edge_deci_cent', gridOf(...edges('0.001', '0.002')), 99 + 401 + 99, 10, [1010, 5010]],
  ['center_centi_edge_centi_cent', gridOf(['0', '1', '0.0001']), 9999, 1, [0, 10_000]],
  [
    'center_deci_edge_centi_cent',
    gridOf(['0', '0.01', '0.0001'], ['0.01', '0.99', '0.001'], ['0.99', '1', '0.0001']),
    99 + 981 + 99,
    1,
    [101, 5005, 9895],
  ],
];

for (const [name, grid, levels, lowest, off] of STRUCTURES) {
  test(`${name}: ${levels} prices, level and price are each other's inverse, symmetric under YES/NO`, () => {
    assert.equal(grid.levels, levels);
    assert.equal(grid.price(0), lowest);
    assert.equal(grid.price(levels - 1), 10_000 - lowest);
    for (let level = 0; level < levels; level++) {
      const price = grid.price(level);
      assert.equal(grid.level(price), level);
      if (level > 0) assert.ok(price > grid.price(level - 1));
      assert.equal(grid.level((10_000 - price) as Price), levels - 1 - level);
    }
    for (const p of off) assert.equal(grid.level(p as Price), OFF_GRID, `${p} is off the grid`);
    assert.equal(grid.level(0 as Price), OFF_GRID, 'nothing rests at 0');
    assert.equal(grid.level(10_000 as Price), OFF_GRID, 'nothing rests at one dollar');
  });
}

test('floor and ceiling agree with a plain search on every grid and any number', () => {
  const anywhere = fc.oneof(
    fc.double({ min: -500, max: 10_500, noNaN: true }),
    fc.integer({ min: -5, max: 10_005 }),
    fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  for (const [name, grid, levels] of STRUCTURES) {
    const prices = Array.from({ length: levels }, (_, level) => grid.price(level));
    fc.assert(
      fc.property(anywhere, (at) => {
        assert.equal(
          grid.floorLevel(at),
          prices.findLastIndex((p) => p <= at),
          `${name} floor ${at}`,
        );
        assert.equal(
          grid.ceilLevel(at),
          prices.findIndex((p) => p >= at),
          `${name} ceil ${at}`,
        );
      }),
      { seed: 11, numRuns: 200 },
    );
  }
});

test('a price that is not a number has no level on either side', () => {
  assert.equal(LINEAR_CENT.floorLevel(Number.NaN), OFF_GRID);
  assert.equal(LINEAR_CENT.ceilLevel(Number.NaN), OFF_GRID);
});

test('equal bands share one grid, whatever the market', () => {
  assert.equal(gridOf(['0', '1', '0.01']), LINEAR_CENT);
  assert.equal(gridOf(['0', '1', '0.001']), DECI_CENT);
  assert.equal(gridOf(...edges('0.001', '0.01')), TAPERED_DECI_CENT);
  assert.equal(gridOf(['0', '1', '0.0001']), CENTI_CENT);
});

test('bands that make no sense are refused before a market is quoted on them', () => {
  const band = (start: number, end: number, step: number): PriceBand => ({
    start: start as Price,
    end: end as Price,
    step,
  });
  const nonsense: [string, PriceBand[]][] = [
    ['no band', []],
    ['step 0', [band(0, 10_000, 0)]],
    ['negative step', [band(0, 10_000, -100)]],
    ['fractional step', [band(0, 10_000, 0.5)]],
    ['step not a number', [band(0, 10_000, Number.NaN)]],
    ['ends before it starts', [band(500, 400, 100)]],
    ['empty band', [band(500, 500, 100)]],
    ['not a whole number of steps', [band(0, 10_000, 300)]],
    ['overlapping', [band(0, 6000, 100), band(5000, 10_000, 100)]],
    ['out of order', [band(5000, 10_000, 100), band(0, 5000, 100)]],
    ['only 0 and one dollar', [band(0, 10_000, 10_000)]],
  ];
  for (const [what, bands] of nonsense) assert.throws(() => Grid.of(bands), { code: 'bad_grid' }, what);
  assert.throws(() => Grid.of([band(0, 10_100, 100)]), { code: 'bad_price' });
});
