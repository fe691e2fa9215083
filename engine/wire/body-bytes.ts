import { type Count, formatCount, type Price } from '../units/index.ts';
import { WireError } from './error.ts';

/** Room for twenty orders of usual length; grows to what is needed. */
const FIRST_BYTES = 8 * 1024;
const MAX_BYTES = 4 * 1024 * 1024;
/** Markets whose templates are kept. */
const MAX_TEMPLATES = 4096;
/** Beyond this a count is written by way of a string. */
const FAST_COUNT = 1_000_000_000;
/** `"count":"90071992547409.91","expiration_time":9007199254740991}` is the longest end of an order. */
const TAIL_BYTES = 96;

/** Anything that is not certain to be one byte and itself in JSON. */
const SPECIAL = /[^\w.-]/;
/** Bytes of JSON's own characters. */
export const QUOTE = 34;
export const COMMA = 44;
const ZERO = 48;
export const CLOSE_BRACKET = 93;
export const CLOSE_BRACE = 125;

const utf8 = new TextEncoder();
/** UTF-8. */
export const bytesOf = (text: string): Uint8Array => utf8.encode(text);

/** The four digits of every number below 10,000 as one little-endian word. */
const FOUR_DIGITS = new Int32Array(10_000);
for (let n = 0; n < FOUR_DIGITS.length; n++) {
  const digit = (divisor: number): number => ZERO + (Math.floor(n / divisor) % 10);
  FOUR_DIGITS[n] = digit(1000) | (digit(100) << 8) | (digit(10) << 16) | (digit(1) << 24);
}

/** The way Node writes one-byte text with no more ado; `write` takes longer to find out that it is meant. */
type OrderBuffer = Buffer<ArrayBuffer> & { latin1Write(text: string, at: number, length: number): number };

function buffer(size: number): OrderBuffer {
  return Buffer.from(new ArrayBuffer(size)) as OrderBuffer;
}

/**
 * A request body as bytes, patched into what was built once: what the encoders of orders and of changes share. The bytes
 * are good until the next body is begun.
 */
export class BodyBytes {
  protected bytes = buffer(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  protected at = 0;

  /** Copy a template to the end, with room for what is patched in or follows; returns where it starts. */
  protected start(fixed: Uint8Array, idChars: number): number {
    this.need(fixed.length + 6 * idChars + TAIL_BYTES);
    const start = this.at;
    this.put(fixed);
    return start;
  }

  protected get written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  /** Write a price into the room of `0.0000`, whose decimals begin here. @throws WireError */
  protected price(price: Price, decimalsAt: number): void {
    if (price >= 0 && price < 10_000 && Math.floor(price) === price) {
      this.view.setInt32(decimalsAt, FOUR_DIGITS[price]!, true);
    } else this.oddPrice(price, decimalsAt);
  }

  /** Write an id into the room left for it. One that JSON must escape is longer: what follows it moves back. */
  protected id(id: string, at: number): void {
    if (!SPECIAL.test(id)) {
      this.bytes.latin1Write(id, at, id.length);
      return;
    }
    const inside = bytesOf(JSON.stringify(id).slice(1, -1));
    this.bytes.copyWithin(at + inside.length, at + id.length, this.at);
    this.bytes.set(inside, at);
    this.at += inside.length - id.length;
  }

  protected put(part: Uint8Array): void {
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  /** Room for `size` more bytes and for what follows an order. */
  private need(size: number): void {
    const total = this.at + size + 3;
    if (total <= this.bytes.length) return;
    if (total > MAX_BYTES)
      throw new WireError('too_large', 'orders', `a body of more than ${MAX_BYTES} bytes is not sent`);
    const grown = buffer(Math.min(MAX_BYTES, Math.max(total, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  protected count(value: Count): void {
    if (!(value > 0 && Number.isSafeInteger(value))) {
      throw new WireError('unsendable', 'count', `count ${value} is not a positive whole number of 1e-2 contracts`);
    }
    if (value >= FAST_COUNT) {
      this.put(bytesOf(formatCount(value)));
      return;
    }
    const { bytes } = this;
    const whole = (value / 100) | 0;
    const hundredths = value - whole * 100;
    let digits = 1;
    for (let limit = 10; whole >= limit; limit *= 10) digits++;
    const point = this.at + digits;
    for (let rest = whole, at = point - 1; at >= this.at; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    const tens = (hundredths / 10) | 0;
    bytes[point] = 46;
    bytes[point + 1] = ZERO + tens;
    bytes[point + 2] = ZERO + hundredths - tens * 10;
    this.at = point + 3;
  }

  /** A dollar, or no price at all. */
  private oddPrice(price: Price, decimalsAt: number): void {
    if (price !== 10_000) {
      const text = `price ${price} is not a whole number of 1e-4 dollars between 0 and 10000`;
      throw new WireError('unsendable', 'price', text);
    }
    this.bytes[decimalsAt - 2] = ZERO + 1;
  }
}

/** Keep a market's template, of which there are not more than there may be. */
export function keep<T>(templates: Map<string, T>, ticker: string, template: T): void {
  if (templates.size >= MAX_TEMPLATES) templates.clear();
  templates.set(ticker, template);
}

/** A whole number of JSON. -1 is a shard too: "route by ticker". */
export function whole(value: number, field: string): number {
  if (!Number.isSafeInteger(value)) throw new WireError('unsendable', field, `${field} ${value} is not a whole number`);
  return value;
}
