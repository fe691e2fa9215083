import { ONE_DOLLAR, type Price, price, UnitError } from '../units/index.ts';

/** One band of a market's price grid: prices `start`, `start + step`, ... up to `end` (all in 1e-4 dollars). */
export interface PriceBand {
  readonly start: Price;
  readonly end: Price;
  readonly step: number;
}

/** Returned where a price is not a level of the grid. */
export const OFF_GRID = -1;

const cache = new Map<string, Grid>();

/**
 * The valid prices of a market as consecutive level indices, 0 for the lowest. Built from the market's own
 * `price_ranges`, never from a structure's name; shared between all markets with the same bands.
 *
 * Both ladders of a book are indexed by the YES price's level, so a NO bid at `q` sits on the level of `10,000 - q`.
 */
export class Grid {
  /** Canonical text of the bands, equal for equal grids. */
  readonly key: string;
  /** Number of valid prices, 0 and one dollar excluded. */
  readonly levels: number;
  readonly bands: readonly PriceBand[];
  private readonly levelOfPrice: Int16Array;
  private readonly priceOfLevel: Int16Array;

  private constructor(key: string, bands: readonly PriceBand[]) {
    this.key = key;
    this.bands = bands;
    const valid = new Set<number>();
    for (const band of bands) {
      for (let p: number = band.start; p <= band.end; p += band.step) if (p > 0 && p < ONE_DOLLAR) valid.add(p);
    }
    const prices = [...valid].sort((a, b) => a - b);
    this.levels = prices.length;
    this.priceOfLevel = Int16Array.from(prices);
    this.levelOfPrice = new Int16Array(ONE_DOLLAR + 1).fill(OFF_GRID);
    prices.forEach((p, level) => {
      this.levelOfPrice[p] = level;
    });
  }

  /**
   * The grid for these bands (cached by value).
   * @throws UnitError `bad_grid` for an empty list, a step that is not positive, a band that ends before it starts,
   * bands out of order, or a band whose length is not a whole number of steps
   */
  static of(bands: readonly PriceBand[]): Grid {
    const key = bands.map((b) => `${b.start}-${b.end}:${b.step}`).join(',');
    const known = cache.get(key);
    if (known) return known;
    if (bands.length === 0) throw new UnitError('bad_grid', 'a price grid needs at least one band');
    let last = 0;
    for (const band of bands) {
      price(band.start);
      price(band.end);
      if (!Number.isInteger(band.step) || band.step <= 0) {
        throw new UnitError('bad_grid', `price band step ${band.step} is not a positive number of 1e-4 dollars`);
      }
      if (band.end <= band.start || band.start < last || (band.end - band.start) % band.step !== 0) {
        throw new UnitError(
          'bad_grid',
          `price band ${band.start}-${band.end} step ${band.step} is out of order or uneven`,
        );
      }
      last = band.end;
    }
    const grid = new Grid(key, bands);
    if (grid.levels === 0) throw new UnitError('bad_grid', `price bands ${key} contain no valid price`);
    cache.set(key, grid);
    return grid;
  }

  /** The level of a price, or `OFF_GRID`. `price` must be an integer in [0, 10,000]. */
  level(at: Price): number {
    return this.levelOfPrice[at]!;
  }

  /** The price of a level in [0, levels). */
  price(level: number): Price {
    return this.priceOfLevel[level]! as Price;
  }

  /** The highest level whose price is <= `at` (any number, not rounded), or `OFF_GRID` when there is none. */
  floorLevel(at: number): number {
    let low = 0;
    let high = this.levels;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.priceOfLevel[mid]! <= at) low = mid + 1;
      else high = mid;
    }
    return low - 1;
  }

  /** The lowest level whose price is >= `at` (any number, not rounded), or `OFF_GRID` when there is none. */
  ceilLevel(at: number): number {
    if (Number.isNaN(at)) return OFF_GRID;
    const below = this.floorLevel(at);
    if (below >= 0 && this.priceOfLevel[below]! === at) return below;
    return below + 1 < this.levels ? below + 1 : OFF_GRID;
  }
}

function band(start: number, end: number, step: number): PriceBand {
  return { start: price(start), end: price(end), step };
}

/** Whole cents: 99 levels. The structure of most markets. */
export const LINEAR_CENT = Grid.of([band(0, 10_000, 100)]);
/** 0.1 cent throughout: 999 levels. */
export const DECI_CENT = Grid.of([band(0, 10_000, 10)]);
/** 0.1 cent below 10 and above 90 cents, whole cents between. */
export const TAPERED_DECI_CENT = Grid.of([band(0, 1_000, 10), band(1_000, 9_000, 100), band(9_000, 10_000, 10)]);
/** 0.01 cent throughout: 9,999 levels. */
export const CENTI_CENT = Grid.of([band(0, 10_000, 1)]);
