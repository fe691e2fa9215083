import { ASK, BID } from '../../engine/units/index.ts';
import { type Candidate, mix, touch } from './candidate.ts';
import type { FrameSet } from './frames.ts';
import { STRIDE, type Stream } from './stream.ts';

interface MapBook {
  readonly index: number;
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  bestBid: number;
  bestAsk: number;
}

function emptyBook(index: number): MapBook {
  return { index, bids: new Map(), asks: new Map(), bestBid: 0, bestAsk: 0 };
}

function load(books: readonly MapBook[], stream: Stream): void {
  for (const book of books) {
    book.bids.clear();
    book.asks.clear();
    book.bestBid = 0;
    book.bestAsk = 0;
  }
  for (const { market, side, price, delta } of stream.opening) change(books[market]!, side === BID, price, delta);
}

function change(book: MapBook, isBid: boolean, price: number, delta: number): number {
  const levels = isBid ? book.bids : book.asks;
  const after = (levels.get(price) ?? 0) + delta;
  if (after > 0) {
    levels.set(price, after);
    if (isBid) book.bestBid = Math.max(book.bestBid, price);
    else if (book.bestAsk === 0 || price < book.bestAsk) book.bestAsk = price;
    return after;
  }
  levels.delete(price);
  if (isBid && price === book.bestBid) {
    book.bestBid = 0;
    for (const p of levels.keys()) if (p > book.bestBid) book.bestBid = p;
  } else if (!isBid && price === book.bestAsk) {
    book.bestAsk = 0;
    for (const p of levels.keys()) if (book.bestAsk === 0 || p < book.bestAsk) book.bestAsk = p;
  }
  return after;
}

/** The usual way: a `Map` of levels per side with the best price cached; all levels are gone through when it empties. */
export class MapBooks implements Candidate {
  readonly works = { apply: () => this.apply() };
  private readonly stream: Stream;
  private readonly books: readonly MapBook[];

  constructor(stream: Stream) {
    this.stream = stream;
    this.books = Array.from({ length: stream.markets }, (_, index) => emptyBook(index));
    this.rewind();
  }

  rewind(): void {
    load(this.books, this.stream);
  }

  private apply(): number {
    const { changes } = this.stream;
    let sum = 0;
    for (let i = 0; i < changes.length; i += STRIDE) {
      const book = this.books[changes[i]!]!;
      const after = change(book, changes[i + 1] === BID, changes[i + 2]!, changes[i + 3]!);
      sum = mix(sum, touch(book.bestBid, book.bestAsk), after);
    }
    return sum;
  }
}

interface DeltaFrame {
  readonly msg: {
    readonly market_ticker: string;
    readonly side: string;
    readonly price_dollars?: string;
    readonly delta_fp?: string;
    readonly price?: number;
    readonly delta?: number;
  };
}

/** The usual way from bytes: `JSON.parse` of a latin1 string, the market found by its name, and `Map` books. */
export class MapFrames implements Candidate {
  readonly works = { decode: () => this.decode(), both: () => this.both() };
  private readonly stream: Stream;
  private readonly bytes: Buffer;
  private readonly starts: Int32Array;
  private readonly books: readonly MapBook[];
  private readonly byTicker: ReadonlyMap<string, MapBook>;

  constructor(stream: Stream, set: FrameSet) {
    this.stream = stream;
    this.bytes = Buffer.from(set.bytes.buffer);
    this.starts = set.starts;
    this.books = set.tickers.map((_, index) => emptyBook(index));
    this.byTicker = new Map(set.tickers.map((ticker, index) => [ticker, this.books[index]!]));
    this.rewind();
  }

  rewind(): void {
    load(this.books, this.stream);
  }

  private parse(i: number): DeltaFrame['msg'] {
    return (JSON.parse(this.bytes.toString('latin1', this.starts[i], this.starts[i + 1])) as DeltaFrame).msg;
  }

  private decode(): number {
    let sum = 0;
    for (let i = 0; i < this.stream.length; i++) {
      const msg = this.parse(i);
      const { index } = this.byTicker.get(msg.market_ticker)!;
      const isYes = msg.side === 'yes';
      sum = mix(sum, index * 2 + (isYes ? BID : ASK), yesPriceOf(msg, isYes) * 3 + countOf(msg));
    }
    return sum;
  }

  private both(): number {
    let sum = 0;
    for (let i = 0; i < this.stream.length; i++) {
      const msg = this.parse(i);
      const book = this.byTicker.get(msg.market_ticker)!;
      const isYes = msg.side === 'yes';
      const after = change(book, isYes, yesPriceOf(msg, isYes), countOf(msg));
      sum = mix(sum, touch(book.bestBid, book.bestAsk), after);
    }
    return sum;
  }
}

function yesPriceOf(msg: DeltaFrame['msg'], isYes: boolean): number {
  const own = msg.price_dollars === undefined ? msg.price! * 100 : Math.round(Number(msg.price_dollars) * 10_000);
  return isYes ? own : 10_000 - own;
}

function countOf(msg: DeltaFrame['msg']): number {
  return msg.delta_fp === undefined ? msg.delta! * 100 : Math.round(Number(msg.delta_fp) * 100);
}
