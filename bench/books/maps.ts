import { ASK, BID } from '../../engine/units/index.ts';
import { type Candidate, mix, touch } from './candidate.ts';
import type { FrameSet } from './frames.ts';
import {
  applyDelta,
  change,
  clear,
  countOf,
  type DeltaBody,
  emptyBook,
  type MapBook,
  parseDelta,
  yesPriceOf,
} from './map-book.ts';
import { STRIDE, type Stream } from './stream.ts';

function load(books: readonly MapBook[], stream: Stream): void {
  for (const book of books) clear(book);
  for (const { market, side, price, delta } of stream.opening) change(books[market]!, side === BID, price, delta);
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

  private parse(i: number): DeltaBody {
    return parseDelta(this.bytes, this.starts[i], this.starts[i + 1]);
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
      const after = applyDelta(book, msg);
      sum = mix(sum, touch(book.bestBid, book.bestAsk), after);
    }
    return sum;
  }
}
