import { learnLayout, nameOf } from './layout.ts';
import { Scan, type ScanKind } from './scan-kind.ts';
import { compileLayout, type LayoutReader, type TapeNumbers } from './template.ts';
import type { TickerTable } from './tickers.ts';
import * as words from './words.ts';

const QUOTE = 34;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const COLON = 58;
const COMMA = 44;
const OPEN = 123;
const CLOSE = 125;
const BACKSLASH = 92;

const SEEN_TYPE = 1;
const SEEN_SID = 2;
const SEEN_SEQ = 4;
const SEEN_MSG = 8;
const SEEN_TICKER = 16;
const SEEN_PRICE_DOLLARS = 32;
const SEEN_DELTA_FP = 64;
const SEEN_SIDE = 128;
const SEEN_TS_MS = 256;
const SEEN_PRICE = 512;
const SEEN_DELTA = 1024;
const SEEN_YES_PRICE = 2048;
const SEEN_COUNT = 4096;
const SEEN_TAKER = 8192;
const SEEN_BLOCK = 16384;

/** Fields the full parser does not read in a delta, or in a trade: the scanner may not let them set a value. */
const NOT_IN_DELTA = SEEN_YES_PRICE | SEEN_COUNT | SEEN_TAKER | SEEN_BLOCK;
const NOT_IN_TRADE = SEEN_PRICE_DOLLARS | SEEN_DELTA_FP | SEEN_SIDE | SEEN_PRICE | SEEN_DELTA;

/** Layouts kept: deltas and trades, those of our own orders, block trades, and a change of layout under way. */
const MAX_LAYOUTS = 8;
/** Frames looked at for a layout, and then one in so many: a feed that keeps changing is not worth learning. */
const LESSONS = 64;
const STRANGERS_PER_LESSON = 256;
/** Of the frames without a known layout the first ones are shown to `onStranger`, then one in so many. */
const SHOWN_STRANGERS = 64;
const STRANGERS_PER_SHOWN = 256;

const ENVELOPE = SEEN_TYPE | SEEN_SID | SEEN_SEQ | SEEN_MSG | SEEN_TICKER;

/**
 * Reads `orderbook_delta` and `trade` frames from the socket's bytes straight into numbers: no string, no object. Any
 * key order and spacing. Whatever is out of the ordinary (escapes, non-ASCII, nesting, a repeated key, a number that is
 * not plain, a missing field, trailing bytes) yields `Unsure` and the full parser decides; a value it does deliver
 * equals the full parser's. Damage in fields nobody reads may pass.
 */
export class FrameScanner implements TapeNumbers {
  sid = 0;
  seq = 0;
  /** Index in the ticker table, or `UNKNOWN_MARKET`. */
  market = -1;
  /** Where the ticker lies, counted from the frame's first byte. */
  tickerStart = 0;
  tickerEnd = 0;
  /** 1e-4 dollars, in the money of the frame's own leg (not yet complemented). */
  price = 0;
  /** 1e-2 contracts; signed for a delta. */
  count = 0;
  /** True for the `yes` leg (delta) or a taker who bought YES (trade). */
  yes = false;
  isBlockTrade = false;
  /** 0 where the frame carries no `ts_ms`. */
  timeMs = 0;

  private readonly tickers: TickerTable;
  private readonly readers: LayoutReader[] = [];
  /** Of the layouts, one for each reader. */
  private readonly names: string[] = [];
  private lessons = LESSONS;
  private strangers = 0;
  private readonly onStranger: ((bytes: Uint8Array, from: number, to: number) => void) | undefined;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private bytes: Uint8Array = new Uint8Array(0);
  /** Where `bytes` begins in the buffer that `view` shows, and where the frame begins in `bytes`. */
  private base = 0;
  private from = 0;
  private at = 0;
  private end = 0;
  private seen = 0;
  private kind: ScanKind = Scan.Unsure;
  private stringStart = 0;
  private stringEnd = 0;
  private value = 0;

  /** @param onStranger shown some of the frames that are of no known layout, in place and after they were read */
  constructor(tickers: TickerTable, onStranger?: (bytes: Uint8Array, from: number, to: number) => void) {
    this.tickers = tickers;
    this.onStranger = onStranger;
  }

  /** Scan the frame in `bytes[from, to)`: by a known layout where it has one, else key by key. */
  scan(bytes: Uint8Array, from = 0, to = bytes.length): ScanKind {
    const known = this.scanLayouts(bytes, from, to);
    if (known !== Scan.Unsure) return known;
    const kind = this.scanKeys(bytes, from, to);
    if (kind !== Scan.Unsure) this.meet(bytes, from, to, kind);
    return kind;
  }

  /** The fast way: frames to the letter of a layout that was learnt; `Unsure` for all others. */
  scanLayouts(bytes: Uint8Array, from = 0, to = bytes.length): ScanKind {
    if (bytes !== this.bytes) this.look(bytes);
    const { readers } = this;
    for (let n = 0; n < readers.length; n++) {
      this.timeMs = 0;
      const kind = readers[n]!(this.view, this.base + from, to - from, this.tickers, this);
      if (kind === Scan.Unsure) continue;
      if (n > 0) this.prefer(n);
      return kind;
    }
    return Scan.Unsure;
  }

  /** A layout in use moves up by one place: the busiest is tried first, and the one nobody needs is last. */
  private prefer(n: number): void {
    const { readers, names } = this;
    [readers[n - 1], readers[n]] = [readers[n]!, readers[n - 1]!];
    [names[n - 1], names[n]] = [names[n]!, names[n - 1]!];
  }

  private look(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.base = bytes.byteOffset;
    if (bytes.buffer !== this.view.buffer) this.view = new DataView(bytes.buffer);
  }

  /** A readable frame of no known layout: learn the layout, and show the frame. */
  private meet(bytes: Uint8Array, from: number, to: number, kind: ScanKind): void {
    if (this.lessons > 0) this.learn(bytes.subarray(from, to), kind);
    else if (this.strangers % STRANGERS_PER_LESSON === 0) this.lessons = 1;
    const shown = this.strangers < SHOWN_STRANGERS || this.strangers % STRANGERS_PER_SHOWN === 0;
    this.strangers++;
    if (shown && this.onStranger !== undefined) this.onStranger(bytes, from, to);
  }

  private learn(bytes: Uint8Array, kind: ScanKind): void {
    this.lessons--;
    const layout = learnLayout(bytes, kind === Scan.Trade);
    // Of a known layout with a value it does not read, a market nobody listed perhaps: nothing to learn.
    if (layout === null || this.names.includes(nameOf(layout))) return;
    const reader = compileLayout(layout);
    if (reader === null) return;
    const at = Math.min(this.readers.length, MAX_LAYOUTS - 1);
    this.readers[at] = reader;
    this.names[at] = nameOf(layout);
  }

  /** The general way: any key order and spacing. */
  scanKeys(bytes: Uint8Array, from = 0, to = bytes.length): ScanKind {
    if (bytes !== this.bytes) this.look(bytes);
    this.from = from;
    this.at = from;
    this.end = to;
    this.seen = 0;
    this.kind = Scan.Unsure;
    this.timeMs = 0;
    this.isBlockTrade = false;
    if (!this.object(false)) return Scan.Unsure;
    if (this.space() !== -1) return Scan.Unsure;
    return this.complete() ? this.kind : Scan.Unsure;
  }

  /** All the fields of the kind are there; the dollar form wins over cents where both are. */
  private complete(): boolean {
    const seen = this.seen;
    if ((seen & ENVELOPE) !== ENVELOPE) return false;
    if (this.kind === Scan.Trade) {
      if ((seen & NOT_IN_TRADE) !== 0) return false;
      return (seen & (SEEN_YES_PRICE | SEEN_COUNT | SEEN_TAKER)) === (SEEN_YES_PRICE | SEEN_COUNT | SEEN_TAKER);
    }
    if (this.kind !== Scan.Delta || (seen & SEEN_SIDE) === 0 || (seen & NOT_IN_DELTA) !== 0) return false;
    if (this.sid === 0 || this.seq === 0) return false;
    return (seen & (SEEN_PRICE_DOLLARS | SEEN_PRICE)) !== 0 && (seen & (SEEN_DELTA_FP | SEEN_DELTA)) !== 0;
  }

  /** One object level: the envelope, or its `msg`. */
  private object(inner: boolean): boolean {
    if (this.space() !== OPEN) return false;
    this.at++;
    for (;;) {
      if (this.space() !== QUOTE || !this.string()) return false;
      const start = this.stringStart;
      const stop = this.stringEnd;
      if (this.space() !== COLON) return false;
      this.at++;
      if (!(inner ? this.field(start, stop) : this.envelope(start, stop))) return false;
      const next = this.space();
      this.at++;
      if (next === CLOSE) return true;
      if (next !== COMMA) return false;
    }
  }

  private envelope(start: number, stop: number): boolean {
    if (this.is(start, stop, words.KEY_MSG)) return this.once(SEEN_MSG) && this.object(true);
    if (this.is(start, stop, words.KEY_SEQ)) {
      if (!this.once(SEEN_SEQ) || !this.unsigned()) return false;
      this.seq = this.value;
      return true;
    }
    if (this.is(start, stop, words.KEY_SID)) {
      if (!this.once(SEEN_SID) || !this.unsigned()) return false;
      this.sid = this.value;
      return true;
    }
    if (this.is(start, stop, words.KEY_TYPE)) {
      if (!this.once(SEEN_TYPE) || this.space() !== QUOTE || !this.string()) return false;
      if (this.is(this.stringStart, this.stringEnd, words.WORD_DELTA)) this.kind = Scan.Delta;
      else if (this.is(this.stringStart, this.stringEnd, words.WORD_TRADE)) this.kind = Scan.Trade;
      else return false;
      return true;
    }
    // A command id is read from frames that answer one: the full parser's business.
    if (this.is(start, stop, words.KEY_ID)) return false;
    return this.skip();
  }

  private field(start: number, stop: number): boolean {
    if (this.is(start, stop, words.KEY_TICKER)) {
      if (!this.once(SEEN_TICKER) || this.space() !== QUOTE || !this.string()) return false;
      this.tickerStart = this.stringStart - this.from;
      this.tickerEnd = this.stringEnd - this.from;
      this.market = this.tickers.findInView(this.view, this.base + this.stringStart, this.base + this.stringEnd);
      return this.stringEnd > this.stringStart;
    }
    if (this.is(start, stop, words.KEY_PRICE_DOLLARS)) return this.once(SEEN_PRICE_DOLLARS) && this.dollars();
    if (this.is(start, stop, words.KEY_DELTA_FP)) return this.once(SEEN_DELTA_FP) && this.contracts(true);
    if (this.is(start, stop, words.KEY_SIDE)) return this.once(SEEN_SIDE) && this.leg();
    if (this.is(start, stop, words.KEY_TS_MS)) {
      if (!this.once(SEEN_TS_MS) || !this.unsigned()) return false;
      this.timeMs = this.value;
      return true;
    }
    return this.rareField(start, stop);
  }

  private rareField(start: number, stop: number): boolean {
    if (this.is(start, stop, words.KEY_YES_PRICE_DOLLARS)) return this.once(SEEN_YES_PRICE) && this.dollars();
    if (this.is(start, stop, words.KEY_COUNT_FP)) return this.once(SEEN_COUNT) && this.contracts(false);
    if (this.is(start, stop, words.KEY_TAKER_OUTCOME)) return this.once(SEEN_TAKER) && this.leg();
    if (this.is(start, stop, words.KEY_IS_BLOCK)) {
      if (!this.once(SEEN_BLOCK)) return false;
      this.space();
      const from = this.at;
      if (!this.skip()) return false;
      this.isBlockTrade = this.is(from, this.at, words.WORD_TRUE);
      return this.isBlockTrade || this.is(from, this.at, words.WORD_FALSE);
    }
    if (this.is(start, stop, words.KEY_PRICE)) {
      if (!this.once(SEEN_PRICE) || !this.unsigned() || this.value > 100) return false;
      if ((this.seen & SEEN_PRICE_DOLLARS) === 0) this.price = this.value * 100;
      return true;
    }
    // A delta caused by an order of ours: rare, and its id is text, which is the full parser's business.
    if (this.is(start, stop, words.KEY_CLIENT_ORDER_ID)) return false;
    if (this.is(start, stop, words.KEY_DELTA)) {
      if (!this.once(SEEN_DELTA)) return false;
      const negative = this.space() === MINUS;
      if (negative && !this.digitAt(++this.at)) return false;
      if (!this.unsigned() || this.value > 1e13) return false;
      if ((this.seen & SEEN_DELTA_FP) === 0)
        this.count = (negative && this.value !== 0 ? -this.value : this.value) * 100;
      return true;
    }
    return this.skip();
  }

  /** True when the byte at `at` is a digit. */
  private digitAt(at: number): boolean {
    const d = at < this.end ? this.bytes[at]! - ZERO : -1;
    return d >= 0 && d <= 9;
  }

  private once(bit: number): boolean {
    if ((this.seen & bit) !== 0) return false;
    this.seen |= bit;
    return true;
  }

  private is(start: number, stop: number, word: Uint8Array): boolean {
    if (stop - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (this.bytes[start + i] !== word[i]) return false;
    return true;
  }

  /** Skip white space; the byte there, or -1 at the end. */
  private space(): number {
    while (this.at < this.end) {
      const c = this.bytes[this.at]!;
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return c;
      this.at++;
    }
    return -1;
  }

  /** A plain ASCII string without escapes; leaves its extent in stringStart/stringEnd. */
  private string(): boolean {
    const bytes = this.bytes;
    let i = this.at + 1;
    this.stringStart = i;
    for (; i < this.end; i++) {
      const c = bytes[i]!;
      if (c === QUOTE) {
        this.stringEnd = i;
        this.at = i + 1;
        return true;
      }
      if (c === BACKSLASH || c < 32 || c > 126) return false;
    }
    return false;
  }

  /** A plain JSON integer >= 0, without leading zeros, at most 15 digits. */
  private unsigned(): boolean {
    this.space();
    const from = this.at;
    let value = 0;
    while (this.at < this.end) {
      const d = this.bytes[this.at]! - ZERO;
      if (d < 0 || d > 9) break;
      value = value * 10 + d;
      this.at++;
    }
    const digits = this.at - from;
    if (digits === 0 || digits > 15 || (digits > 1 && this.bytes[from] === ZERO)) return false;
    this.value = value;
    return true;
  }

  /** A quoted decimal scaled by 10^`scale`; false unless it fits exactly. */
  private decimal(scale: number): boolean {
    if (this.space() !== QUOTE || !this.string()) return false;
    const bytes = this.bytes;
    let i = this.stringStart;
    const stop = this.stringEnd;
    const negative = bytes[i] === MINUS;
    if (negative) i++;
    let value = 0;
    let digits = 0;
    let decimals = -1;
    for (; i < stop; i++) {
      const c = bytes[i]!;
      const d = c - ZERO;
      if (d >= 0 && d <= 9) {
        if (decimals < scale) {
          value = value * 10 + d;
          if (decimals >= 0) decimals++;
        } else if (d !== 0) return false;
        digits++;
      } else if (c === DOT && decimals < 0 && digits > 0 && i + 1 < stop) decimals = 0;
      else return false;
    }
    if (digits === 0 || digits > 16) return false;
    for (let d = Math.max(decimals, 0); d < scale; d++) value *= 10;
    if (value > Number.MAX_SAFE_INTEGER) return false;
    this.value = negative && value !== 0 ? -value : value;
    return true;
  }

  private dollars(): boolean {
    if (!this.decimal(4) || this.value < 0 || this.value > 10_000) return false;
    this.price = this.value;
    return true;
  }

  private contracts(signed: boolean): boolean {
    if (!this.decimal(2) || (!signed && this.value < 0)) return false;
    this.count = this.value;
    return true;
  }

  private leg(): boolean {
    if (this.space() !== QUOTE || !this.string()) return false;
    this.yes = this.is(this.stringStart, this.stringEnd, words.WORD_YES);
    return this.yes || this.is(this.stringStart, this.stringEnd, words.WORD_NO);
  }

  /** Pass over a string, number or literal nobody reads. Nested values are not passed over. */
  private skip(): boolean {
    const c = this.space();
    if (c === QUOTE) return this.string();
    if (c === OPEN || c === 91) return false;
    const from = this.at;
    while (this.at < this.end) {
      const b = this.bytes[this.at]!;
      const plain = (b >= ZERO && b <= 57) || (b >= 97 && b <= 122) || b === MINUS || b === 43 || b === DOT || b === 69;
      if (!plain) break;
      this.at++;
    }
    return this.at > from;
  }
}
