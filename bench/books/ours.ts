import { Books, CENTI_CENT, DECI_CENT, type Grid, LINEAR_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Count, type Price, type Side } from '../../engine/units/index.ts';
import { Frame, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';
import { type Candidate, mix, touch } from './candidate.ts';
import type { FrameSet } from './frames.ts';
import { STRIDE, type Stream } from './stream.ts';

function gridOf(levels: number): Grid {
  return levels === 99 ? LINEAR_CENT : levels === 999 ? DECI_CENT : CENTI_CENT;
}

function opened(stream: Stream): Books {
  const books = new Books();
  for (let i = 0; i < stream.markets; i++) books.open(gridOf(stream.levels));
  return books;
}

function load(books: Books, stream: Stream): void {
  for (let book = 0; book < books.length; book++) books.clear(book);
  for (const { market, side, price, delta } of stream.opening) {
    books.set(market, side, books.grid(market).level(price as Price), delta as Count);
  }
}

/** This project's books. */
export class OurBooks implements Candidate {
  readonly works = { apply: () => this.apply() };
  private readonly stream: Stream;
  private readonly books: Books;

  constructor(stream: Stream) {
    this.stream = stream;
    this.books = opened(stream);
    this.rewind();
  }

  rewind(): void {
    load(this.books, this.stream);
  }

  private apply(): number {
    const { changes } = this.stream;
    const { books } = this;
    let sum = 0;
    for (let i = 0; i < changes.length; i += STRIDE) {
      const book = changes[i]!;
      const after = books.add(
        book,
        changes[i + 1]! as Side,
        books.levelOf(book, changes[i + 2]! as Price),
        changes[i + 3]!,
      );
      sum = mix(sum, touch(books.bestPrice(book, BID), books.bestPrice(book, ASK)), after);
    }
    return sum;
  }
}

/** This project's decoder, with its books or without. */
export class OurFrames implements Candidate {
  readonly works = { decode: () => this.decode(), both: () => this.both() };
  private readonly stream: Stream;
  private readonly bytes: Uint8Array;
  private readonly starts: Int32Array;
  private readonly books: Books;
  private readonly decoder: FrameDecoder;

  constructor(stream: Stream, set: FrameSet) {
    this.stream = stream;
    this.bytes = set.bytes;
    this.starts = set.starts;
    this.books = opened(stream);
    const tickers = new TickerTable();
    for (const ticker of set.tickers) tickers.add(ticker);
    this.decoder = new FrameDecoder(tickers, { yesPrices: false });
    this.rewind();
  }

  rewind(): void {
    load(this.books, this.stream);
  }

  private decode(): number {
    const { decoder, bytes, starts } = this;
    let sum = 0;
    for (let i = 1; i < starts.length; i++) {
      if (decoder.decodeIn(bytes, starts[i - 1]!, starts[i]!) !== Frame.Delta)
        throw new Error(`not a delta: ${decoder.reason}`);
      sum = mix(sum, decoder.market * 2 + decoder.side, decoder.price * 3 + decoder.count);
    }
    return sum;
  }

  private both(): number {
    const { decoder, books, bytes, starts } = this;
    let sum = 0;
    for (let i = 1; i < starts.length; i++) {
      if (decoder.decodeIn(bytes, starts[i - 1]!, starts[i]!) !== Frame.Delta)
        throw new Error(`not a delta: ${decoder.reason}`);
      const { market } = decoder;
      const after = books.add(market, decoder.side, books.levelOf(market, decoder.price), decoder.count);
      sum = mix(sum, touch(books.bestPrice(market, BID), books.bestPrice(market, ASK)), after);
    }
    return sum;
  }
}
