/**
 * Published packages that can do the same job: keep levels, say the best prices. They are given the sizes a change leads
 * to where they want sizes, and asked for the best in the quickest way they have.
 */
import { OrderBook as MatchingBook, Side as PeerSide } from 'nodejs-order-book';
import { OrderBook as LevelBook, OrderBookLevel } from 'orderbooks';
import sorted from 'sorted-btree';
import { BID } from '../../engine/units/index.ts';
import { type Candidate, mix, touch } from './candidate.ts';
import { STRIDE, type Stream } from './stream.ts';

/** A CommonJS module whose default export is the class. */
const BTree = sorted.default;

/** `sorted-btree`: a tree of levels per side, with the change applied by us. */
export class SortedBTree implements Candidate {
  readonly works = { apply: () => this.apply() };
  private readonly stream: Stream;
  private readonly trees: InstanceType<typeof BTree<number, number>>[] = [];

  constructor(stream: Stream) {
    this.stream = stream;
    for (let i = 0; i < stream.markets * 2; i++) {
      this.trees.push(new BTree<number, number>(undefined, (a: number, b: number) => a - b));
    }
    this.rewind();
  }

  rewind(): void {
    for (const tree of this.trees) tree.clear();
    for (const { market, side, price, delta } of this.stream.opening) this.trees[market * 2 + side]!.set(price, delta);
  }

  private apply(): number {
    const { changes } = this.stream;
    const { trees } = this;
    let sum = 0;
    for (let i = 0; i < changes.length; i += STRIDE) {
      const ladder = changes[i]! * 2;
      const tree = trees[ladder + changes[i + 1]!]!;
      const at = changes[i + 2]!;
      // Not `get(at, 0)`: above the highest key of a tree of several nodes that is undefined.
      const after = (tree.get(at) ?? 0) + changes[i + 3]!;
      if (after === 0) tree.delete(at);
      else tree.set(at, after);
      sum = mix(sum, touch(trees[ladder]!.maxKey() ?? 0, trees[ladder + 1]!.minKey() ?? 0), after);
    }
    return sum;
  }
}

/** `orderbooks`: one array of levels per book, sorted after every change. */
export class OrderBooksPackage implements Candidate {
  readonly works = { apply: () => this.apply() };
  private readonly stream: Stream;
  private readonly books: readonly LevelBook[];

  constructor(stream: Stream) {
    this.stream = stream;
    this.books = Array.from(
      { length: stream.markets },
      (_, i) => new LevelBook(String(i), { maxDepth: 2 * stream.levels }),
    );
    this.rewind();
  }

  rewind(): void {
    for (const [i, book] of this.books.entries()) {
      const levels = this.stream.opening.filter(({ market }) => market === i);
      book.handleSnapshot(
        levels.map((c) => OrderBookLevel(book.symbol, c.price, c.side === BID ? 'Buy' : 'Sell', c.delta)),
      );
    }
  }

  private apply(): number {
    const { changes, after } = this.stream;
    let sum = 0;
    for (let i = 0; i < changes.length; i += STRIDE) {
      const book = this.books[changes[i]!]!;
      const size = after[i / STRIDE]!;
      const level = OrderBookLevel(book.symbol, changes[i + 2]!, changes[i + 1] === BID ? 'Buy' : 'Sell', size);
      if (size === 0) book.handleDelta([level], [], [], 1);
      else book.handleDelta([], [level], [], 1);
      sum = mix(sum, touch(book.getBestBid() ?? 0, book.getBestAsk() ?? 0), size);
    }
    return sum;
  }
}

interface PriceQueue {
  price(): number;
}

/** The sides are private and `depth()` lists all levels: we ask the sides, which is quicker. */
interface OpenBook {
  readonly bids: { maxPriceQueue(): PriceQueue | undefined };
  readonly asks: { minPriceQueue(): PriceQueue | undefined };
}

/** `nodejs-order-book`: a matching engine, holding one order per level. */
export class NodejsOrderBook implements Candidate {
  readonly works = { apply: () => this.apply() };
  private readonly stream: Stream;
  private readonly books: MatchingBook[];

  constructor(stream: Stream) {
    this.stream = stream;
    this.books = Array.from({ length: stream.markets }, () => new MatchingBook());
    this.rewind();
  }

  rewind(): void {
    for (let i = 0; i < this.books.length; i++) this.books[i] = new MatchingBook();
    for (const { market, side, price, delta } of this.stream.opening) {
      this.put(this.books[market]!, side === BID, price, delta);
    }
  }

  private put(book: MatchingBook, isBid: boolean, price: number, size: number): void {
    const id = `${isBid ? 'b' : 'a'}${price}`;
    if (size === 0) book.cancel(id);
    else if (book.order(id) !== undefined) book.modify(id, { size });
    else book.limit({ id, side: isBid ? PeerSide.BUY : PeerSide.SELL, size, price });
  }

  private apply(): number {
    const { changes, after } = this.stream;
    let sum = 0;
    for (let i = 0; i < changes.length; i += STRIDE) {
      const book = this.books[changes[i]!]!;
      this.put(book, changes[i + 1] === BID, changes[i + 2]!, after[i / STRIDE]!);
      const { bids, asks } = book as unknown as OpenBook;
      sum = mix(sum, touch(bids.maxPriceQueue()?.price() ?? 0, asks.minPriceQueue()?.price() ?? 0), after[i / STRIDE]!);
    }
    return sum;
  }
}
