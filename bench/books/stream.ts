import { ASK, BID, ONE_DOLLAR, type Side } from '../../engine/units/index.ts';

/** Changes of books as numbers, and the levels before the first of them. Prices are YES prices, counts 1e-2 contracts. */
export interface Stream {
  readonly name: string;
  readonly markets: number;
  /** Price levels of every market: 99 (whole cents), 999 or 9,999. */
  readonly levels: number;
  readonly opening: readonly Change[];
  readonly length: number;
  /**
   * The changes one behind the other, `STRIDE` words each: market, side, price, signed change. One array and not one for
   * each, since reading them is part of what is timed, the same for all.
   */
  readonly changes: Int32Array;
  /** What rests on the level afterwards, for books that want sizes and not changes. */
  readonly after: Int32Array;
  /** The last change leaves the books as the first found them: passes need no reset between them. */
  readonly isCycle: boolean;
}

/** Words of a change in `changes`. */
export const STRIDE = 4;

export interface Change {
  readonly market: number;
  readonly side: Side;
  readonly price: number;
  readonly delta: number;
}

/** Which stream a benchmark wants. */
export type Shape =
  | { readonly kind: 'generated'; readonly markets: number; readonly levels: number; readonly changes: number }
  | { readonly kind: 'flicker'; readonly levels: number; readonly changes: number }
  | { readonly kind: 'recorded'; readonly changes: number };

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Markets chosen as often as 1 / rank. */
function zipf(markets: number, random: () => number): () => number {
  const sums = new Float64Array(markets);
  let sum = 0;
  // Ranks are scattered over the indices: busy markets are no neighbours in memory.
  const at = Int32Array.from(sums, (_, i) => i);
  for (let i = markets - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = at[i]!;
    at[i] = at[j]!;
    at[j] = held;
  }
  for (let rank = 0; rank < markets; rank++) {
    sum += 1 / (rank + 1);
    sums[rank] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = markets - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    return at[low]!;
  };
}

interface Ladder {
  readonly side: Side;
  /** YES price in front of which nothing is put, so that books never cross. */
  readonly front: number;
  readonly room: number;
  readonly sizes: Map<number, number>;
}

/** Counts are whole contracts up to 500, as most of a feed's are. */
function lot(random: () => number): number {
  return 100 * (1 + Math.floor(random() * 500));
}

/**
 * Made-up changes of many books: a few busy markets and many quiet ones, most changes near the touch; levels fill,
 * grow, shrink and vanish as on a real feed. The second half takes the first half back, last change first, so that the
 * books end as they began.
 */
export function generatedStream(markets: number, levels: number, changes: number): Stream {
  const random = seeded(levels + markets);
  const step = ONE_DOLLAR / (levels + 1);
  // Recorded books hold 20 to 35 levels on whole cents, over 100 in the busiest markets.
  const [perSide, reach] = levels < 500 ? [14, 24] : [60, levels >> 2];
  const away = (ladder: Ladder): number => {
    const distance = Math.floor(Math.min(reach, ladder.room) * random() ** 3);
    return ladder.side === BID ? ladder.front - distance * step : ladder.front + distance * step;
  };
  const opening: Change[] = [];
  const books = Array.from({ length: markets }, (_, market) => {
    const middle = step * Math.floor((levels + 1) * (0.2 + 0.6 * random()));
    return [BID, ASK].map((side): Ladder => {
      const front = side === BID ? middle - step : middle + step;
      const room = side === BID ? front / step : (ONE_DOLLAR - front) / step;
      const ladder = { side, front, room, sizes: new Map<number, number>() };
      while (ladder.sizes.size < Math.min(perSide, room - 1)) {
        const price = away(ladder);
        if (ladder.sizes.has(price)) continue;
        const delta = lot(random);
        ladder.sizes.set(price, delta);
        opening.push({ market, side, price, delta });
      }
      return ladder;
    });
  });
  const pick = zipf(markets, random);
  const there: Change[] = [];
  for (let i = 0; i < changes >> 1; i++) {
    const market = pick();
    const ladder = books[market]![random() < 0.5 ? 0 : 1]!;
    there.push({ market, side: ladder.side, ...changeOf(ladder, away(ladder), random) });
  }
  const back = there.map((change) => ({ ...change, delta: -change.delta })).reverse();
  const name = `${markets.toLocaleString('en')} x ${levels.toLocaleString('en')}`;
  return streamOf({ name, markets, levels, opening, isCycle: true }, [...there, ...back]);
}

/** Half of the changes hit a level that is there, the others wherever they fall. */
function changeOf(ladder: Ladder, anywhere: number, random: () => number): { price: number; delta: number } {
  const { sizes } = ladder;
  let price = anywhere;
  if (random() < 0.5 && sizes.size > 0) {
    const held = [...sizes.keys()].sort((a, b) => (ladder.side === BID ? b - a : a - b));
    price = held[Math.floor(held.length * random() ** 2)]!;
  }
  const size = sizes.get(price) ?? 0;
  const kind = size === 0 ? 0 : random();
  const delta = kind < 0.35 ? lot(random) : kind < 0.7 ? -Math.min(lot(random), size) : -size;
  if (size + delta === 0) sizes.delete(price);
  else sizes.set(price, size + delta);
  return { price, delta };
}

/** The worst case of a book: one bid at the bottom, and the best bid at the top coming and going. */
export function flickerStream(levels: number, changes: number): Stream {
  const step = ONE_DOLLAR / (levels + 1);
  const opening = [{ market: 0, side: BID, price: step, delta: 100 }];
  const flicker = Array.from({ length: changes & ~1 }, (_, i) => ({
    market: 0,
    side: BID,
    price: step * levels,
    delta: i % 2 === 0 ? 100 : -100,
  }));
  return streamOf({ name: `flicker over ${levels} levels`, markets: 1, levels, opening, isCycle: true }, flicker);
}

type Head = Pick<Stream, 'name' | 'markets' | 'levels' | 'opening' | 'isCycle'>;

/** Changes as columns. @throws Error where a change would leave less than nothing on a level */
export function streamOf(head: Head, changes: readonly Change[]): Stream {
  const sizes = new Map<number, number>();
  const key = (c: Change): number => (c.market * 2 + c.side) * (ONE_DOLLAR + 1) + c.price;
  for (const change of head.opening) sizes.set(key(change), change.delta);
  const after = Int32Array.from(changes, (change) => {
    const size = (sizes.get(key(change)) ?? 0) + change.delta;
    if (size < 0) throw new Error(`${head.name}: ${change.delta} leaves ${size} at ${change.price}`);
    sizes.set(key(change), size);
    return size;
  });
  return {
    ...head,
    length: changes.length,
    changes: Int32Array.from(changes.flatMap((c) => [c.market, c.side, c.price, c.delta])),
    after,
  };
}
