import { ASK, BID } from '../../../engine/units/index.ts';
import { Frame } from '../../../engine/wire/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

type Json = Readonly<Record<string, unknown>>;

/** What stands in a field that cannot be read. */
const BAD = Number.NaN;

function objectOf(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

function natural(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? Math.abs(value as number) : BAD;
}

/** Digits moved as text, the point out of the way: nothing is added up or rounded. */
function decimal(value: unknown, scale: number): number {
  if (typeof value !== 'string') return BAD;
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(value);
  if (match === null) return BAD;
  const [, sign, whole, fraction = ''] = match;
  if (fraction.length > scale && /[^0]/.test(fraction.slice(scale))) return BAD;
  const scaled = Number(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  if (!Number.isSafeInteger(scaled)) return BAD;
  return sign === '-' && scaled !== 0 ? -scaled : scaled;
}

function within(value: number, least: number, most: number): number {
  return value >= least && value <= most ? value : BAD;
}

function wholeOf(value: unknown): number {
  const scaled = Number.isSafeInteger(value) ? (value as number) * 100 : BAD;
  return Number.isSafeInteger(scaled) ? scaled + 0 : BAD;
}

/**
 * A delta or trade by way of `JSON.parse`, written from the exchange's description and sharing no code with the
 * decoder: what a field means is decided here a second time.
 */
export class Oracle {
  /** `Delta` or `Trade` where the frame is one, with every field in order; else `Garbage`. */
  kind: number = Frame.Garbage;
  sid = 0;
  seq = 0;
  id = 0;
  market = -1;
  side = 0;
  price = 0;
  count = 0;
  timeMs = 0;
  isBlockTrade = false;
  ticker = '';
  private readonly markets: ReadonlyMap<string, number>;

  constructor(tickers: readonly string[]) {
    this.markets = new Map(tickers.map((ticker, index) => [ticker, index]));
  }

  /** Read a frame; true where it is a delta or trade. */
  read(bytes: Buffer, from: number, to: number, yesPrices: boolean): boolean {
    this.kind = Frame.Garbage;
    let text = bytes.toString('latin1', from, to);
    try {
      if (/[\x80-\xff]/.test(text)) text = utf8.decode(bytes.subarray(from, to));
      return this.understand(JSON.parse(text), yesPrices);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return false;
      throw error;
    }
  }

  /** The same of a text. */
  readText(text: string, yesPrices: boolean): boolean {
    const bytes = Buffer.from(text, 'latin1');
    return this.read(bytes, 0, bytes.length, yesPrices);
  }

  private understand(value: unknown, yesPrices: boolean): boolean {
    const frame = objectOf(value);
    const body = objectOf(frame?.['msg']);
    if (frame === null || body === null) return false;
    const isTrade = frame['type'] === 'trade';
    if (!isTrade && frame['type'] !== 'orderbook_delta') return false;
    const ticker = body['market_ticker'];
    if (typeof ticker !== 'string' || ticker === '') return false;
    this.ticker = ticker;
    this.market = this.markets.get(ticker) ?? -1;
    this.sid = natural(frame['sid']);
    this.seq = natural(frame['seq']);
    this.id = natural(frame['id']);
    this.timeMs = natural(body['ts_ms']);
    this.isBlockTrade = false;
    const isYes = isTrade ? this.trade(body) : this.delta(body);
    if (isYes === null || Number.isNaN(this.sid + this.seq + this.id + this.timeMs + this.price + this.count))
      return false;
    this.side = isYes ? BID : ASK;
    if (!isTrade && !isYes && !yesPrices) this.price = 10_000 - this.price;
    this.kind = isTrade ? Frame.Trade : Frame.Delta;
    return isTrade || (this.sid > 0 && this.seq > 0);
  }

  private delta(body: Json): boolean | null {
    const { price_dollars: price, delta_fp: change } = body;
    this.price = price === undefined ? within(wholeOf(body['price']), 0, 10_000) : within(decimal(price, 4), 0, 10_000);
    this.count = change === undefined ? wholeOf(body['delta']) : decimal(change, 2);
    return isYes(body['side']);
  }

  private trade(body: Json): boolean | null {
    const { yes_price_dollars: price, count_fp: size, taker_outcome_side: taker, is_block_trade: block } = body;
    this.price =
      price === undefined ? within(wholeOf(body['yes_price']), 0, 10_000) : within(decimal(price, 4), 0, 10_000);
    this.count = within(size === undefined ? wholeOf(body['count']) : decimal(size, 2), 0, Number.MAX_SAFE_INTEGER);
    if (block !== undefined && block !== null && typeof block !== 'boolean') return null;
    this.isBlockTrade = block === true;
    return isYes(taker === undefined ? body['taker_side'] : taker);
  }
}

function isYes(word: unknown): boolean | null {
  return word === 'yes' ? true : word === 'no' ? false : null;
}

const READ_OUTSIDE = ['type', 'sid', 'seq', 'id', 'msg'];
const READ_IN_DELTA = ['market_ticker', 'price_dollars', 'delta_fp', 'price', 'delta', 'side', 'ts_ms'];
const READ_IN_TRADE = [
  'market_ticker',
  'yes_price_dollars',
  'count_fp',
  'taker_outcome_side',
  'is_block_trade',
  'ts_ms',
];

/**
 * The frame with null for every plain value nobody reads; damage in one of those is no harm. What is damaged elsewhere
 * stays, and stays unreadable.
 */
export function withoutUnread(text: string, isTrade: boolean): string {
  const token = /"([^"]*)"(\s*:\s*)(?:("[^"]*"|[^\s,{}[\]":]+)|\{)|[\s,]+|[{}]/y;
  let depth = 0;
  let mended = '';
  while (token.lastIndex < text.length) {
    const start = token.lastIndex;
    const match = token.exec(text);
    if (match === null) return mended + text.slice(start);
    const [whole, key, colon, value] = match;
    if (whole === '{' || (colon !== undefined && value === undefined)) depth++;
    else if (whole === '}') depth--;
    const read = depth === 1 ? READ_OUTSIDE : isTrade ? READ_IN_TRADE : READ_IN_DELTA;
    mended += value === undefined || read.includes(key!) ? whole : `"${key}"${colon}null`;
  }
  return mended;
}

/** True where some object of the text (which is JSON) has a key twice: more keys are written than `JSON.parse` keeps. */
export function repeatsKey(text: string): boolean {
  let kept = -1;
  JSON.parse(text, function (this: unknown, _key, value: unknown) {
    if (!Array.isArray(this)) kept++;
    return value;
  });
  let written = 0;
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/gs)) if (colon !== undefined) written++;
  return written > kept;
}
