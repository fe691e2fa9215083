import assert from 'node:assert/strict';
import { Balance, type BookId, type Books, Depth, Sweep, volumeTo } from '../../engine/market/index.ts';
import { ASK, BID, type Count, type Price, type Side } from '../../engine/units/index.ts';

const SIDES = [BID, ASK] as const;

/** One level of a book as a list shows it. */
export interface Level {
  readonly price: number;
  readonly size: number;
}

function sum(levels: readonly Level[], of: (l: Level) => number): number {
  return levels.reduce((total, l) => total + of(l), 0);
}

/** Every depth query equals the obvious answer from a list of levels. */
export function assertDepth(
  books: Books,
  ownBooks: Books | null,
  id: BookId,
  levels: readonly (readonly Level[])[],
): void {
  const [bids, asks] = [levels[BID]!, levels[ASK]!];
  for (const side of SIDES) {
    const all = levels[side]!;
    for (const n of [1, 3, 40]) {
      const depth = new Depth(n);
      assert.equal(depth.read(books, id, side, ownBooks), Math.min(n, all.length));
      const read = Array.from({ length: depth.length }, (_, i) => ({ price: depth.prices[i], size: depth.sizes[i] }));
      assert.deepEqual(read, all.slice(0, n));
    }
    for (const price of [0, 1, 995, 1000, 4950, 5003, 9000, 9999, 10_000]) {
      const within = all.filter((l) => (side === BID ? l.price >= price : l.price <= price));
      assert.equal(
        volumeTo(books, id, side, price as Price, ownBooks),
        sum(within, (l) => l.size),
        `to ${price}`,
      );
    }
    const total = sum(all, (l) => l.size);
    for (const want of [0, 1, 150, Math.floor(total / 2), total, total + 7])
      assertSweep(books, ownBooks, id, side, want, all);
  }
  for (const n of [1, 2, 5]) {
    const [b, a] = [bids.slice(0, n), asks.slice(0, n)];
    const [bs, as] = [sum(b, (l) => l.size), sum(a, (l) => l.size)];
    const balance = new Balance().read(books, id, n, ownBooks);
    assert.deepEqual([balance.bidSize, balance.askSize, balance.imbalance], [bs, as, (bs - as) / (bs + as)]);
    const mid = (sum(b, (l) => l.price * l.size) / bs) * as + (sum(a, (l) => l.price * l.size) / as) * bs;
    assert.equal(balance.microprice, mid / (bs + as));
  }
}

function assertSweep(
  books: Books,
  own: Books | null,
  id: BookId,
  side: Side,
  want: number,
  all: readonly Level[],
): void {
  let left = want;
  let notional = 0;
  let worst = 0;
  for (const { price, size } of all) {
    if (left === 0) break;
    const part = Math.min(left, size);
    notional += part * price;
    worst = price;
    left -= part;
  }
  const sweep = new Sweep().walk(books, id, side, want as Count, own);
  assert.deepEqual([sweep.count, sweep.notional, sweep.worst], [want - left, notional, worst]);
  assert.equal(sweep.average, want - left === 0 ? Number.NaN : notional / (want - left));
}
