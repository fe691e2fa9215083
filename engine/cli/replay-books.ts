import type { CaptureLine } from '../journal/capture.ts';
import { type BookId, Books, LINEAR_CENT, OFF_GRID, REFUSED } from '../market/index.ts';
import { ASK, BID, type Count, formatCount, type Price, priceInCents, type Side, type TimeUs } from '../units/index.ts';
import { FRAME_NAMES, Frame, FrameDecoder, isBookPrice, type SnapshotMessage, TickerTable } from '../wire/index.ts';
import { Findings, GridGuess, ladderName, type MarketReport, type ReplayReport } from './replay-report.ts';

/** No book has been opened for the market: nothing but trades so far. */
const NO_BOOK = -1;

interface ReplayMarket {
  readonly ticker: string;
  readonly grid: GridGuess;
  book: BookId;
  /** A snapshot came since the connection began. */
  seen: boolean;
  snapshots: number;
  deltas: number;
  trades: number;
}

/**
 * The decoder and the books driven by the lines of one file. Frames are applied in the order of the file whatever their
 * sequence numbers say. Each book starts on whole cents and moves to the next finer grid when a price asks for it.
 */
export class BookReplay {
  private readonly tickers = new TickerTable();
  private readonly decoder: FrameDecoder;
  private readonly books = new Books();
  private readonly markets: ReplayMarket[] = [];
  private readonly expected = new Map<number, number>();
  private readonly byKind: number[] = new Array(FRAME_NAMES.length).fill(0);
  private readonly others = new Map<string, number>();
  private readonly sequenceBreaks = new Findings();
  private readonly negativeLevels = new Findings();
  private readonly crossed = new Findings();
  private readonly earlyDeltas = new Findings();
  private readonly undecodable = new Findings();
  private lines = 0;
  private dropped = 0;
  private firstTime: TimeUs | null = null;
  private lastTime: TimeUs | null = null;
  /** Frames so far. */
  frames = 0;

  constructor(yesPrices: boolean) {
    this.decoder = new FrameDecoder(this.tickers, { yesPrices });
  }

  take(line: CaptureLine): void {
    this.lines = line.line;
    if (line.frame === null) {
      this.record(line.record as Readonly<Record<string, unknown>>);
      return;
    }
    this.frames++;
    if (line.recvTime !== null) {
      this.firstTime ??= line.recvTime;
      this.lastTime = line.recvTime;
    }
    this.frame(line.frame, line.line);
  }

  /** Journal lines: the session says how NO prices are written and what is missing, a new connection starts afresh. */
  private record(record: Readonly<Record<string, unknown>>): void {
    const session = record['session'] as { use_yes_price?: unknown; dropped?: unknown } | undefined;
    if (typeof session?.use_yes_price === 'boolean') this.decoder.yesPrices = session.use_yes_price;
    if (typeof session?.dropped === 'number') this.dropped += session.dropped;
    const input = record['input'] as { kind?: unknown; up?: unknown } | undefined;
    if (input?.kind !== 'link' || input.up !== true) return;
    this.expected.clear();
    for (const market of this.markets) {
      market.seen = false;
      if (market.book !== NO_BOOK) this.books.clear(market.book);
    }
  }

  private frame(bytes: Uint8Array, line: number): void {
    const { decoder } = this;
    const kind = decoder.decode(bytes);
    if (kind === Frame.Other) this.others.set(decoder.type, (this.others.get(decoder.type) ?? 0) + 1);
    else this.byKind[kind]!++;
    // A frame whose body makes no sense still has its place in the sequence.
    if (kind === Frame.Subscribed) this.expected.delete(decoder.sid);
    else if (decoder.seq > 0) this.sequence(line);
    if (kind === Frame.Garbage || kind === Frame.Malformed) this.undecodable.add(line, decoder.reason);
    else if (kind === Frame.Delta || kind === Frame.Snapshot || kind === Frame.Trade) this.tape(line);
  }

  private tape(line: number): void {
    const { decoder } = this;
    const market = this.market(line);
    if (market === null) return;
    if (decoder.kind === Frame.Delta) this.delta(market, line);
    else if (decoder.kind === Frame.Snapshot) this.snapshot(market, line);
    else market.trades++;
  }

  private sequence(line: number): void {
    const { sid, seq } = this.decoder;
    const expected = this.expected.get(sid);
    if (expected !== undefined && seq !== expected)
      this.sequenceBreaks.add(line, `sid ${sid}: seq ${expected - 1} -> ${seq}`);
    this.expected.set(sid, seq + 1);
  }

  /** The market the frame names; null (and a finding) when the name is none a market can have. */
  private market(line: number): ReplayMarket | null {
    const { ticker, market } = this.decoder;
    if (market >= 0) return this.markets[market]!;
    try {
      this.tickers.add(ticker);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.undecodable.add(line, error.message);
      return null;
    }
    const grid = new GridGuess();
    const added = { ticker, grid, book: NO_BOOK, seen: false, snapshots: 0, deltas: 0, trades: 0 };
    this.markets.push(added);
    return added;
  }

  private delta(market: ReplayMarket, line: number): void {
    const { price, side, count } = this.decoder;
    market.deltas++;
    if (!market.seen) {
      this.earlyDeltas.add(line, market.ticker);
      return;
    }
    const level = this.level(market, price, line);
    if (level === OFF_GRID) return;
    if (this.books.add(market.book, side, level, count) === REFUSED) {
      const held = formatCount(this.books.sizeAt(market.book, side, level));
      const where = `${market.ticker} ${ladderName(side)} at ${priceInCents(price)}c`;
      this.negativeLevels.add(line, `${where}: holds ${held}, change ${formatCount(count)}`);
    }
    this.check(market, line);
  }

  private snapshot(market: ReplayMarket, line: number): void {
    const { bids, asks } = this.decoder.detail as SnapshotMessage;
    market.snapshots++;
    market.seen = true;
    if (market.book === NO_BOOK) market.book = this.books.open(LINEAR_CENT);
    else this.books.clear(market.book);
    this.load(market, BID, bids, line);
    this.load(market, ASK, asks, line);
    this.check(market, line);
  }

  private load(market: ReplayMarket, side: Side, levels: readonly number[], line: number): void {
    for (let i = 0; i < levels.length; i += 2) {
      const level = this.level(market, levels[i]! as Price, line);
      if (level !== OFF_GRID) this.books.set(market.book, side, level, levels[i + 1]! as Count);
    }
  }

  /** The level of a price, on a finer grid if need be; `OFF_GRID` (and a finding) for one that no book can hold. */
  private level(market: ReplayMarket, price: Price, line: number): number {
    if (!isBookPrice(price)) {
      this.undecodable.add(line, `${market.ticker}: price ${priceInCents(price)}c is not between 0 and 100`);
      return OFF_GRID;
    }
    if (market.grid.see(price)) this.books.regrid(market.book, market.grid.grid);
    return market.grid.grid.level(price);
  }

  private check(market: ReplayMarket, line: number): void {
    if (!this.books.isCrossed(market.book)) return;
    const bid = priceInCents(this.books.bestPrice(market.book, BID));
    const ask = priceInCents(this.books.bestPrice(market.book, ASK));
    this.crossed.add(line, `${market.ticker}: bid ${bid}c, ask ${ask}c`);
  }

  report(file: string, elapsedMs: number): ReplayReport {
    const byType: Record<string, number> = {};
    this.byKind.forEach((n, kind) => {
      if (n > 0) byType[FRAME_NAMES[kind]!] = n;
    });
    for (const [type, n] of this.others) byType[type] = n;
    const { sequenceBreaks, negativeLevels, crossed, earlyDeltas, undecodable } = this;
    const { lines, frames, dropped, firstTime, lastTime } = this;
    const markets = this.markets.map((m) => this.marketReport(m));
    const findings = { sequenceBreaks, negativeLevels, crossed, earlyDeltas, undecodable };
    const drift = this.decoder.drift.list();
    return { file, lines, frames, byType, ...findings, drift, dropped, firstTime, lastTime, markets, elapsedMs };
  }

  private marketReport(m: ReplayMarket): MarketReport {
    const { books } = this;
    const { ticker, snapshots, deltas, trades } = m;
    if (m.book === NO_BOOK) return { ticker, grid: null, snapshots, deltas, trades, top: null };
    const top = {
      bid: books.bestPrice(m.book, BID),
      bidCount: books.bestSize(m.book, BID),
      ask: books.bestPrice(m.book, ASK),
      askCount: books.bestSize(m.book, ASK),
    };
    return { ticker, grid: m.grid.name, snapshots, deltas, trades, top };
  }
}
