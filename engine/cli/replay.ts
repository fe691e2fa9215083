import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CaptureError, type CaptureLine, readCapture } from '../journal/capture.ts';
import { type BookId, Books, CENTI_CENT, REFUSED } from '../market/index.ts';
import { ASK, BID, type Count, type Price, type Side, type TimeUs } from '../units/index.ts';
import { FRAME_NAMES, Frame, FrameDecoder, isBookPrice, type SnapshotMessage, TickerTable } from '../wire/index.ts';
import {
  Findings,
  GridGuess,
  isBroken,
  ladderName,
  type MarketReport,
  type ReplayReport,
  reportJson,
  reportLines,
} from './replay-report.ts';
import { UsageError } from './usage.ts';

const HELP = `hundred replay - drive the decoder and the books from recordings and say what they hold

usage: hundred replay FILE... [options]

  --yes-prices   the recording was subscribed with use_yes_price (journals say so themselves)
  --json         one JSON document on standard output
  --help         this text

FILE is a capture or a session journal: newline-delimited JSON, plain, gzip or zstd.

examples:
  hundred replay capture.ndjson.gz
  hundred replay journals/*.ndjson.zst --json | jq .files[0].markets

exit status: 0 every book held, 1 a book broke (negative, crossed or locked level, delta before a snapshot,
unreadable frame), 2 a file could not be read. Sequence breaks are reported and do not break a book by themselves.`;

interface ReplayMarket {
  readonly book: BookId;
  readonly grid: GridGuess;
  seen: boolean;
  snapshots: number;
  deltas: number;
  trades: number;
}

/** Types that carry a sequence number within their sid. */
class Replay {
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
  private frames = 0;
  private firstTime: TimeUs | null = null;
  private lastTime: TimeUs | null = null;

  constructor(yesPrices: boolean) {
    this.decoder = new FrameDecoder(this.tickers, { yesPrices });
  }

  take(line: CaptureLine): void {
    this.lines = line.line;
    if (line.frame === null) {
      this.record(line.record ?? {});
      return;
    }
    this.frames++;
    if (line.recvTime !== null) {
      this.firstTime ??= line.recvTime;
      this.lastTime = line.recvTime;
    }
    this.frame(line.frame, line.line);
  }

  /** Journal lines: the session says how NO prices are written, a new connection starts afresh. */
  private record(record: Readonly<Record<string, unknown>>): void {
    const session = record['session'] as { use_yes_price?: unknown } | undefined;
    if (session !== undefined) this.decoder.yesPrices = session.use_yes_price === true;
    const input = record['input'] as { kind?: unknown; up?: unknown } | undefined;
    if (input?.kind !== 'link' || input.up !== true) return;
    this.expected.clear();
    for (const market of this.markets) market.seen = false;
  }

  private frame(bytes: Uint8Array, line: number): void {
    const { decoder } = this;
    const kind = decoder.decode(bytes);
    if (kind === Frame.Other) this.others.set(decoder.type, (this.others.get(decoder.type) ?? 0) + 1);
    else this.byKind[kind]!++;
    if (kind === Frame.Garbage || kind === Frame.Malformed) {
      this.undecodable.add(line, decoder.reason);
      return;
    }
    if (kind === Frame.Subscribed) this.expected.delete(decoder.sid);
    else if (decoder.seq > 0) this.sequence(line);
    if (kind === Frame.Delta) this.delta(this.market(decoder.ticker), line);
    else if (kind === Frame.Snapshot) this.snapshot(this.market(decoder.ticker), line);
    else if (kind === Frame.Trade) this.market(decoder.ticker).trades++;
  }

  private sequence(line: number): void {
    const { sid, seq } = this.decoder;
    const expected = this.expected.get(sid);
    if (expected !== undefined && seq !== expected)
      this.sequenceBreaks.add(line, `sid ${sid}: expected ${expected}, found ${seq}`);
    this.expected.set(sid, seq + 1);
  }

  private market(ticker: string): ReplayMarket {
    const index = this.decoder.market >= 0 ? this.decoder.market : this.tickers.add(ticker);
    for (let n = this.markets.length; n <= index; n++) {
      const book = this.books.open(CENTI_CENT);
      this.markets.push({ book, grid: new GridGuess(), seen: false, snapshots: 0, deltas: 0, trades: 0 });
    }
    return this.markets[index]!;
  }

  private delta(market: ReplayMarket, line: number): void {
    const { decoder } = this;
    market.deltas++;
    if (!market.seen) {
      this.earlyDeltas.add(line, decoder.ticker);
      return;
    }
    if (!isBookPrice(decoder.price)) {
      this.undecodable.add(line, `${decoder.ticker}: price ${decoder.price / 10_000} is not between 0 and 1`);
      return;
    }
    market.grid.see(decoder.price);
    const level = CENTI_CENT.level(decoder.price);
    if (this.books.add(market.book, decoder.side, level, decoder.count) === REFUSED) {
      const size = this.books.sizeAt(market.book, decoder.side, level);
      const text = `${decoder.ticker} ${ladderName(decoder.side)} at ${decoder.price / 100}c: ${size / 100} ${decoder.count / 100}`;
      this.negativeLevels.add(line, text);
    }
    this.check(market, decoder.ticker, line);
  }

  private snapshot(market: ReplayMarket, line: number): void {
    const { bids, asks } = this.decoder.detail as SnapshotMessage;
    market.snapshots++;
    market.seen = true;
    this.books.clear(market.book);
    this.load(market, BID, bids, line);
    this.load(market, ASK, asks, line);
    this.check(market, this.decoder.ticker, line);
  }

  private load(market: ReplayMarket, side: Side, levels: readonly number[], line: number): void {
    for (let i = 0; i < levels.length; i += 2) {
      const price = levels[i]! as Price;
      if (!isBookPrice(price)) {
        this.undecodable.add(line, `${this.decoder.ticker}: level at ${price / 10_000} is not between 0 and 1`);
        continue;
      }
      market.grid.see(price);
      this.books.set(market.book, side, CENTI_CENT.level(price), levels[i + 1]! as Count);
    }
  }

  private check(market: ReplayMarket, ticker: string, line: number): void {
    if (!this.books.isCrossed(market.book)) return;
    const bid = this.books.bestPrice(market.book, BID);
    const ask = this.books.bestPrice(market.book, ASK);
    this.crossed.add(line, `${ticker}: bid ${bid / 100}c, ask ${ask / 100}c`);
  }

  report(file: string, elapsedMs: number): ReplayReport {
    const byType: Record<string, number> = {};
    this.byKind.forEach((n, kind) => {
      if (n > 0) byType[FRAME_NAMES[kind]!] = n;
    });
    for (const [type, n] of this.others) byType[type] = n;
    const { sequenceBreaks, negativeLevels, crossed, earlyDeltas, undecodable, lines, frames, firstTime, lastTime } =
      this;
    const markets = this.markets.map((m, i): MarketReport => this.marketReport(m, this.tickers.name(i)));
    const findings = { sequenceBreaks, negativeLevels, crossed, earlyDeltas, undecodable };
    return { file, lines, frames, byType, ...findings, firstTime, lastTime, markets, elapsedMs };
  }

  private marketReport(m: ReplayMarket, ticker: string): MarketReport {
    const { books } = this;
    const top = {
      bid: books.bestPrice(m.book, BID),
      bidCount: books.bestSize(m.book, BID),
      ask: books.bestPrice(m.book, ASK),
      askCount: books.bestSize(m.book, ASK),
    };
    return { ticker, grid: m.grid.name, snapshots: m.snapshots, deltas: m.deltas, trades: m.trades, top };
  }
}

/** Replay one file. What was read before an error is in the report all the same. */
export async function replayFile(
  path: string,
  yesPrices: boolean,
): Promise<{ report: ReplayReport; error: CaptureError | null }> {
  const replay = new Replay(yesPrices);
  const start = performance.now();
  let error: CaptureError | null = null;
  try {
    for await (const batch of readCapture(path)) for (const line of batch) replay.take(line);
  } catch (caught) {
    if (!(caught instanceof CaptureError)) throw caught;
    error = caught;
  }
  return { report: replay.report(path, performance.now() - start), error };
}

/** `hundred replay`. Resolves with the exit status. */
export async function replayCommand(args: string[]): Promise<number> {
  const options = {
    json: { type: 'boolean', default: false },
    'yes-prices': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (positionals.length === 0) throw new UsageError('replay needs at least one FILE (see hundred replay --help)');
  let status = 0;
  const reports: unknown[] = [];
  for (const path of positionals) {
    const { report, error } = await replayFile(resolve(path), values['yes-prices']);
    const shown = { ...report, file: path };
    if (values.json) reports.push({ ...(reportJson(shown) as object), error: error === null ? null : error.message });
    else if (error === null || report.frames > 0) console.log(reportLines(shown).join('\n'));
    if (error !== null) console.error(`replay: ${error.message}`);
    if (error !== null) status = 2;
    else if (isBroken(report)) status = Math.max(status, 1);
  }
  if (values.json) console.log(JSON.stringify({ files: reports }, null, 2));
  return status;
}
