/** The usual book: a `Map` of levels per side with the best price cached, 0 for an empty side. Prices in YES space. */
export interface MapBook {
  readonly index: number;
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  bestBid: number;
  bestAsk: number;
}

export function emptyBook(index: number): MapBook {
  return { index, bids: new Map(), asks: new Map(), bestBid: 0, bestAsk: 0 };
}

export function clear(book: MapBook): void {
  book.bids.clear();
  book.asks.clear();
  book.bestBid = 0;
  book.bestAsk = 0;
}

/** Change a level; what it holds then. All levels are gone through when the best empties. */
export function change(book: MapBook, isBid: boolean, price: number, delta: number): number {
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

/** What `JSON.parse` makes of a delta's body, in today's form or in the old one of cents. */
export interface DeltaBody {
  readonly market_ticker: string;
  readonly side: string;
  readonly price_dollars?: string;
  readonly delta_fp?: string;
  readonly price?: number;
  readonly delta?: number;
}

/** The body of the delta in `bytes[from, to)`, by way of a latin1 string: all that is in it is ASCII. */
export function parseDelta(bytes: Buffer, from?: number, to?: number): DeltaBody {
  return (JSON.parse(bytes.toString('latin1', from, to)) as { readonly msg: DeltaBody }).msg;
}

export function yesPriceOf(msg: DeltaBody, isYes: boolean): number {
  const own = msg.price_dollars === undefined ? msg.price! * 100 : Math.round(Number(msg.price_dollars) * 10_000);
  return isYes ? own : 10_000 - own;
}

export function countOf(msg: DeltaBody): number {
  return msg.delta_fp === undefined ? msg.delta! * 100 : Math.round(Number(msg.delta_fp) * 100);
}

/** Apply a delta; what its level holds then. */
export function applyDelta(book: MapBook, msg: DeltaBody): number {
  const isYes = msg.side === 'yes';
  return change(book, isYes, yesPriceOf(msg, isYes), countOf(msg));
}
