import { ASK, BID, type Count, complement, ONE_DOLLAR, type Price, type Side, UnitError } from '../units/index.ts';
import { BODY_TYPES } from './body-types.ts';
import { DriftGauge } from './drift.ts';
import { WireError } from './error.ts';
import { asObject, type JsonObject, naturalOrNull, text } from './fields.ts';
import { Frame, type FrameDetail, type FrameKind } from './frames.ts';
import { deltaFields, errorMessage, okMessage, snapshotMessage, type TapeFields, tradeFields } from './messages.ts';
import { FrameScanner } from './scan.ts';
import { Scan } from './scan-kind.ts';
import { pairsIn, Structure } from './structure.ts';
import { type TickerTable, UNKNOWN_MARKET } from './tickers.ts';

/** Frames above this many bytes are refused unread. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Longer frames are no deltas of this exchange's: they go to the full parser at once, and are gone over once less. */
const MOST_SCANNED_BYTES = 65_536;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Turns the bytes of one frame into numbers. One instance per connection; the result of `decode` lies in its fields and
 * stays valid until the next call, so nothing is allocated for the two kinds that matter (`Delta`, `Trade`).
 *
 * All prices it delivers are in YES space, whichever leg and whichever `use_yes_price` mode they came in.
 */
export class FrameDecoder {
  /** True when the subscription was made with `use_yes_price`: NO levels are then already in YES money. */
  yesPrices: boolean;
  kind: FrameKind = Frame.Garbage;
  /** Subscription number, 0 where the frame has none. */
  sid = 0;
  /** Sequence number within the sid, 0 where the frame has none (ticker, fill, user_order, market_position). */
  seq = 0;
  /** Command id of a reply, 0 where the frame has none. */
  id = 0;
  /** Index of the market in the ticker table, `UNKNOWN_MARKET` where the frame names none or one not in it. */
  market: number = UNKNOWN_MARKET;
  /** Delta: the ladder it changes. Trade: the taker's side (`BID` = bought YES). */
  side: Side = BID;
  /** Delta and trade: price in YES space. */
  price = 0 as Price;
  /** Delta: signed change. Trade: contracts traded. */
  count = 0 as Count;
  /** Matching-engine time, Unix milliseconds, 0 where the frame carries none. */
  timeMs = 0;
  isBlockTrade = false;
  /** Delta: the order of ours that caused it (api 3.5), '' where the frame names none. */
  clientOrderId = '';
  /** The message type word of an `Other` or `Malformed` frame; `''` otherwise. */
  type = '';
  /** Body of every kind but Delta and Trade. */
  detail: FrameDetail | null = null;
  /** Why a frame is `Garbage` or `Malformed`, for a person. */
  reason = '';

  readonly tickers: TickerTable;
  /** What the exchange sent that this program does not know. */
  readonly drift = new DriftGauge();
  private readonly scanner: FrameScanner;
  private readonly structure = new Structure();
  private bytes: Uint8Array = new Uint8Array(0);
  private from = 0;
  private tickerText = '';

  constructor(tickers: TickerTable, options: { readonly yesPrices: boolean }) {
    this.tickers = tickers;
    this.scanner = new FrameScanner(tickers, (bytes, from, to) => this.lookAt(bytes, from, to));
    this.yesPrices = options.yesPrices;
  }

  /** The market ticker the last frame names, known or not; `''` where it names none. Allocates: cold paths only. */
  get ticker(): string {
    if (this.tickerText === '' && (this.kind === Frame.Delta || this.kind === Frame.Trade)) {
      const { tickerStart, tickerEnd } = this.scanner;
      this.tickerText = utf8.decode(this.bytes.subarray(this.from + tickerStart, this.from + tickerEnd));
    }
    return this.tickerText;
  }

  /** Decode one frame. Never throws; what cannot be understood is `Garbage` or `Malformed` with a `reason`. */
  decode(bytes: Uint8Array): FrameKind {
    return this.decodeIn(bytes, 0, bytes.length);
  }

  /**
   * Decode the frame that lies in `bytes[from, to)`, in place: a socket's read buffer will do. The result refers to the
   * buffer (for `ticker`) until the next call, so it may not be overwritten before the result has been used. Never
   * throws. `0 <= from <= to <= bytes.length`.
   */
  decodeIn(bytes: Uint8Array, from: number, to: number): FrameKind {
    this.bytes = bytes;
    this.from = from;
    const scanner = this.scanner;
    const scanned = to - from > MOST_SCANNED_BYTES ? Scan.Unsure : scanner.scan(bytes, from, to);
    if (scanned === Scan.Unsure) return this.decodeFully(bytes, from, to);
    this.id = 0;
    this.type = '';
    this.reason = '';
    this.detail = null;
    this.tickerText = '';
    this.sid = scanner.sid;
    this.seq = scanner.seq;
    this.market = scanner.market;
    this.count = scanner.count as Count;
    this.timeMs = scanner.timeMs;
    this.isBlockTrade = scanner.isBlockTrade;
    this.clientOrderId = '';
    if (scanned === Scan.Delta) {
      this.place(scanner.yes, scanner.price as Price);
      this.kind = Frame.Delta;
    } else {
      this.side = scanner.yes ? BID : ASK;
      this.price = scanner.price as Price;
      this.kind = Frame.Trade;
    }
    return this.kind;
  }

  /** The same through `JSON.parse`: the reference the scanner is tested against, and the path of every other type. */
  decodeFully(bytes: Uint8Array, from = 0, to = bytes.length): FrameKind {
    this.sid = 0;
    this.seq = 0;
    this.id = 0;
    this.market = UNKNOWN_MARKET;
    this.timeMs = 0;
    this.isBlockTrade = false;
    this.clientOrderId = '';
    this.type = '';
    this.detail = null;
    this.reason = '';
    this.tickerText = '';
    this.kind = Frame.Garbage;
    if (to - from > MAX_FRAME_BYTES) return this.garbage(`frame of ${to - from} bytes is over ${MAX_FRAME_BYTES}`);
    let value: unknown;
    try {
      const excess = this.structure.walk(bytes, from, to);
      if (excess !== '') return this.garbage(`frame ${excess}`);
      value = JSON.parse(utf8.decode(bytes.subarray(from, to)));
    } catch (error) {
      return this.garbage(`frame is not JSON: ${(error as Error).message}`);
    }
    // Which of the two was meant cannot be known, and the market itself may be what stands twice.
    if (pairsIn(value) !== this.structure.pairs) return this.garbage('frame has a key that stands twice in one object');
    try {
      return this.understand(asObject(value, 'frame'));
    } catch (error) {
      if (!(error instanceof WireError || error instanceof UnitError)) throw error;
      this.reason = this.type === '' ? error.message : `${this.type}: ${error.message}`;
      this.kind = this.type === '' ? Frame.Garbage : Frame.Malformed;
      return this.kind;
    }
  }

  private understand(frame: JsonObject): FrameKind {
    const type = text(frame, 'type');
    this.type = type;
    const body = frame['msg'];
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) this.nameMarket(body as JsonObject);
    this.sid = naturalOrNull(frame, 'sid') ?? 0;
    this.seq = naturalOrNull(frame, 'seq') ?? 0;
    this.id = naturalOrNull(frame, 'id') ?? 0;
    this.kind = this.body(type, frame, body);
    if (this.kind === Frame.Other) {
      this.drift.unknownType(type);
      return this.kind;
    }
    this.drift.look(type, frame, body);
    this.type = '';
    return this.kind;
  }

  private body(type: string, frame: JsonObject, body: unknown): FrameKind {
    switch (type) {
      case 'orderbook_delta':
        return this.tape(Frame.Delta, deltaFields(asObject(body, 'msg')));
      case 'trade':
        return this.tape(Frame.Trade, tradeFields(asObject(body, 'msg')));
      case 'orderbook_snapshot':
        text(asObject(body, 'msg'), 'market_ticker');
        this.requireSequence();
        this.detail = snapshotMessage(asObject(body, 'msg'), this.yesPrices);
        return Frame.Snapshot;
      case 'subscribed': {
        const o = asObject(body, 'msg');
        this.detail = { channel: text(o, 'channel') };
        this.sid = naturalOrNull(o, 'sid') ?? this.sid;
        return Frame.Subscribed;
      }
      case 'unsubscribed':
        return Frame.Unsubscribed;
      case 'ok':
        this.detail = okMessage(body);
        return Frame.Ok;
      case 'error':
        this.detail = errorMessage(frame);
        return Frame.Error;
      default: {
        const known = BODY_TYPES.get(type);
        if (known === undefined) return Frame.Other;
        this.detail = known.decode(asObject(body, 'msg'));
        return known.kind;
      }
    }
  }

  /** A frame the scanner read that is not of a layout it knows: look for fields that are new. */
  private lookAt(bytes: Uint8Array, from: number, to: number): void {
    let frame: JsonObject;
    try {
      frame = JSON.parse(utf8.decode(bytes.subarray(from, to))) as JsonObject;
    } catch {
      // Damage in a field nobody reads: the scanner has vouched for the ones that count.
      return;
    }
    this.drift.look(String(frame['type']), frame, frame['msg']);
  }

  private tape(kind: FrameKind, fields: TapeFields): FrameKind {
    this.count = fields.count;
    this.timeMs = fields.timeMs;
    this.isBlockTrade = fields.isBlockTrade;
    this.clientOrderId = fields.clientOrderId;
    if (kind === Frame.Delta) {
      this.requireSequence();
      this.place(fields.yes, fields.price);
    } else {
      this.side = fields.yes ? BID : ASK;
      this.price = fields.price;
    }
    return kind;
  }

  /** A book frame without its place in the sequence cannot be trusted to be the next one. */
  private requireSequence(): void {
    if (this.sid > 0 && this.seq > 0) return;
    throw new WireError('wrong_type', 'seq', `sid ${this.sid} seq ${this.seq}, expected both from 1`);
  }

  /** A level of a leg in the frame's own money -> ladder and YES price. */
  private place(yes: boolean, at: Price): void {
    this.side = yes ? BID : ASK;
    this.price = yes || this.yesPrices ? at : complement(at);
  }

  private nameMarket(body: JsonObject): void {
    const ticker = body['market_ticker'] ?? body['ticker'];
    if (typeof ticker !== 'string') return;
    this.tickerText = ticker;
    this.market = this.tickers.indexOf(ticker);
  }

  private garbage(reason: string): FrameKind {
    this.reason = reason;
    return Frame.Garbage;
  }
}

/** True when a delta's or trade's price is one a book can hold: strictly between 0 and one dollar. */
export function isBookPrice(at: Price): boolean {
  return at > 0 && at < ONE_DOLLAR;
}
