import { Books, DECI_CENT, LINEAR_CENT } from '../engine/market/index.ts';
import { ASK, BID, type Count, type Price } from '../engine/units/index.ts';
import { Frame, FrameDecoder, TickerTable } from '../engine/wire/index.ts';
import type { FrameSet } from './frames.ts';

/** Order-sensitive sum. */
export function mix(sum: number, a: number, b: number): number {
  return (Math.imul(sum, 31) + Math.imul(a, 10_007) + b) | 0;
}

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
    return mix(sum, books.bestPrice(market, BID) * 10_001 + books.bestPrice(market, ASK), after);
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

interface MapBook {
  readonly index: number;
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  bestBid: number;
  bestAsk: number;
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
      this.books.set(ticker, { index, bids: new Map(), asks: new Map(), bestBid: 0, bestAsk: 0 });
    }
  }

  reset(): void {
    const books = [...this.books.values()];
    for (const book of books) {
      book.bids.clear();
      book.asks.clear();
      book.bestBid = 0;
      book.bestAsk = 0;
    }
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
    const { msg } = JSON.parse(frame.toString('latin1')) as DeltaFrame;
    const book = this.books.get(msg.market_ticker)!;
    const yes = msg.side === 'yes';
    const price = priceOf(msg);
    const after = change(book, yes, yes ? price : 10_000 - price, countOf(msg));
    return mix(sum, book.bestBid * 10_001 + book.bestAsk, after);
  }
}

function priceOf(msg: DeltaFrame['msg']): number {
  return msg.price_dollars === undefined ? msg.price! * 100 : Math.round(Number(msg.price_dollars) * 10_000);
}

function countOf(msg: DeltaFrame['msg']): number {
  return msg.delta_fp === undefined ? msg.delta! * 100 : Math.round(Number(msg.delta_fp) * 100);
}

function change(book: MapBook, yes: boolean, price: number, delta: number): number {
  const levels = yes ? book.bids : book.asks;
  const after = (levels.get(price) ?? 0) + delta;
  if (after > 0) {
    levels.set(price, after);
    if (yes) book.bestBid = Math.max(book.bestBid, price);
    else if (book.bestAsk === 0 || price < book.bestAsk) book.bestAsk = price;
    return after;
  }
  levels.delete(price);
  if (yes && price === book.bestBid) {
    book.bestBid = 0;
    for (const p of levels.keys()) if (p > book.bestBid) book.bestBid = p;
  } else if (!yes && price === book.bestAsk) {
    book.bestAsk = 0;
    for (const p of levels.keys()) if (book.bestAsk === 0 || p < book.bestAsk) book.bestAsk = p;
  }
  return after;
}
