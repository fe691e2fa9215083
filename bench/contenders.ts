import { Books, DECI_CENT, LINEAR_CENT } from '../engine/market/index.ts';
import { ASK, BID, type Count, type Price } from '../engine/units/index.ts';
import { Frame, FrameDecoder, TickerTable } from '../engine/wire/index.ts';
import { mix, touch } from './books/candidate.ts';
import { applyDelta, change, clear, emptyBook, type MapBook, parseDelta } from './books/map-book.ts';
import type { FrameSet } from './frames.ts';

/** This project's decoder and books. */
export class Ours {
  private readonly set: FrameSet;
  private readonly tickers = new TickerTable();
  private readonly books = new Books();
  private readonly decoder: FrameDecoder;

  constructor(set: FrameSet) {
    this.set = set;
    const grid = set.opening.every(([, , price]) => price % 100 === 0) ? LINEAR_CENT : DECI_CENT;
    for (const ticker of set.tickers) {
      this.tickers.add(ticker);
      this.books.open(grid);
    }
    this.decoder = new FrameDecoder(this.tickers, { yesPrices: set.yesPrices });
  }

  reset(): void {
    const { books } = this;
    for (let book = 0; book < books.length; book++) books.clear(book);
    for (const [market, yes, price, count] of this.set.opening) {
      const level = books.grid(market).level((yes ? price : 10_000 - price) as Price);
      books.set(market, yes ? BID : ASK, level, count as Count);
    }
  }

  /** Parse and apply one frame; `sum` and what it did. */
  apply(frame: Uint8Array, sum: number): number {
    const { decoder, books } = this;
    if (decoder.decode(frame) !== Frame.Delta) throw new Error(`not a delta: ${decoder.reason}`);
    const { market } = decoder;
    const after = books.add(market, decoder.side, books.grid(market).level(decoder.price), decoder.count);
    return mix(sum, touch(books.bestPrice(market, BID), books.bestPrice(market, ASK)), after);
  }
}

/** The usual way: `JSON.parse`, and a `Map` of price levels per side with the best price cached. */
export class JsonAndMaps {
  private readonly set: FrameSet;
  private readonly frames: readonly Buffer[];
  private readonly books = new Map<string, MapBook>();

  constructor(set: FrameSet) {
    this.set = set;
    this.frames = set.frames.map((frame) => Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
    for (const [index, ticker] of set.tickers.entries()) {
      this.books.set(ticker, emptyBook(index));
    }
  }

  reset(): void {
    const books = [...this.books.values()];
    for (const book of books) clear(book);
    for (const [market, yes, price, count] of this.set.opening)
      change(books[market]!, yes, yes ? price : 10_000 - price, count);
  }

  /** Parse and apply every frame, reading the best prices after each. */
  parseAndApply(): number {
    let sum = 0;
    for (const frame of this.frames) sum = this.apply(frame, sum);
    return sum;
  }

  /** Parse and apply one frame; `sum` and what it did. */
  apply(frame: Buffer, sum: number): number {
    const msg = parseDelta(frame);
    const book = this.books.get(msg.market_ticker)!;
    const after = applyDelta(book, msg);
    return mix(sum, touch(book.bestBid, book.bestAsk), after);
  }
}
