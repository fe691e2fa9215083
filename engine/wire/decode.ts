import { ASK, BID, type Count, complement, ONE_DOLLAR, type Price, type Side, UnitError } from '../units/index.ts';
import { WireError } from './error.ts';
import { asObject, type JsonObject, optionalInteger, text } from './fields.ts';
import { Frame, type FrameDetail, type FrameKind } from './frames.ts';
import {
  deltaFields,
  errorMessage,
  groupMessage,
  lifecycleMessage,
  okMessage,
  positionMessage,
  snapshotMessage,
  type TapeFields,
  tradeFields,
} from './messages.ts';
import { fillRecord, orderRecord } from './records.ts';
import { FrameScanner, Scan } from './scan.ts';
import { type TickerTable, UNKNOWN_MARKET } from './tickers.ts';

/** Frames above this many bytes are refused unread. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

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
  /** The message type word for `Other`; `''` otherwise. */
  type = '';
  /** Body of every kind but Delta and Trade. */
  detail: FrameDetail | null = null;
  /** Why a frame is `Garbage` or `Malformed`, for a person. */
  reason = '';

  readonly tickers: TickerTable;
  private readonly scanner: FrameScanner;
  private bytes: Uint8Array = new Uint8Array(0);
  private tickerText = '';

  constructor(tickers: TickerTable, options: { readonly yesPrices: boolean }) {
    this.tickers = tickers;
    this.scanner = new FrameScanner(tickers);
    this.yesPrices = options.yesPrices;
  }

  /** The market ticker the last frame names, known or not; `''` where it names none. Allocates: cold paths only. */
  get ticker(): string {
    if (this.tickerText === '' && (this.kind === Frame.Delta || this.kind === Frame.Trade)) {
      const { tickerStart, tickerEnd } = this.scanner;
      this.tickerText = utf8.decode(this.bytes.subarray(tickerStart, tickerEnd));
    }
    return this.tickerText;
  }

  /** Decode one frame. Never throws; what cannot be understood is `Garbage` or `Malformed` with a `reason`. */
  decode(bytes: Uint8Array): FrameKind {
    this.bytes = bytes;
    const scanner = this.scanner;
    const scanned = bytes.length > MAX_FRAME_BYTES ? Scan.Unsure : scanner.scan(bytes);
    if (scanned === Scan.Unsure) return this.decodeFully(bytes);
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
  decodeFully(bytes: Uint8Array): FrameKind {
    this.sid = 0;
    this.seq = 0;
    this.id = 0;
    this.market = UNKNOWN_MARKET;
    this.timeMs = 0;
    this.isBlockTrade = false;
    this.type = '';
    this.detail = null;
    this.reason = '';
    this.tickerText = '';
    this.kind = Frame.Garbage;
    if (bytes.length > MAX_FRAME_BYTES)
      return this.garbage(`frame of ${bytes.length} bytes is over ${MAX_FRAME_BYTES}`);
    let value: unknown;
    try {
      value = JSON.parse(utf8.decode(bytes));
    } catch (error) {
      return this.garbage(`frame is not JSON: ${(error as Error).message}`);
    }
    try {
      return this.understand(asObject(value, 'frame'));
    } catch (error) {
      if (!(error instanceof WireError || error instanceof UnitError)) throw error;
      this.reason = this.type === '' ? error.message : `${this.type}: ${error.message}`;
      this.kind = this.type === '' ? Frame.Garbage : Frame.Malformed;
      this.type = '';
      return this.kind;
    }
  }

  private understand(frame: JsonObject): FrameKind {
    const type = text(frame, 'type');
    this.type = type;
    const body = frame['msg'];
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) this.nameMarket(body as JsonObject);
    this.sid = optionalInteger(frame, 'sid', 0);
    this.seq = optionalInteger(frame, 'seq', 0);
    this.id = optionalInteger(frame, 'id', 0);
    this.kind = this.body(type, frame, body);
    if (this.kind !== Frame.Other) this.type = '';
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
        this.sid = optionalInteger(o, 'sid', this.sid);
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
      case 'fill':
        this.detail = fillRecord(body);
        return Frame.Fill;
      case 'user_order':
        this.detail = orderRecord(body);
        return Frame.UserOrder;
      case 'market_position':
        this.detail = positionMessage(asObject(body, 'msg'));
        return Frame.Position;
      case 'order_group_updates':
        this.detail = groupMessage(asObject(body, 'msg'));
        return Frame.Group;
      case 'market_lifecycle_v2':
        this.detail = lifecycleMessage(asObject(body, 'msg'));
        return Frame.Lifecycle;
      default:
        return Frame.Other;
    }
  }

  private tape(kind: FrameKind, fields: TapeFields): FrameKind {
    this.count = fields.count;
    this.timeMs = fields.timeMs;
    this.isBlockTrade = fields.isBlockTrade;
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
