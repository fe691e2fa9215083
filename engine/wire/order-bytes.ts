import { BID, type Count, formatCount, type Price } from '../units/index.ts';
import type { CancelOrder, CreateOrder } from './commands.ts';
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
const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
const CLOSE_BRACKET = 93;
const CLOSE_BRACE = 125;

const utf8 = new TextEncoder();
const bytesOf = (text: string): Uint8Array => utf8.encode(text);

const OPEN = bytesOf('{"orders":[');
const EXPIRATION = bytesOf('","expiration_time":');

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

/** What all creates of one market in one group have in common: their bytes, once for each side. */
interface CreateTemplate {
  readonly groupId: string;
  readonly exchangeIndex: number;
  /** Characters of the client order id it has room for. They hardly ever change within a session. */
  readonly idChars: number;
  readonly bid: Uint8Array;
  readonly ask: Uint8Array;
  /** Where the four decimals of the price go, and where the client order id begins. */
  readonly decimalsAt: number;
  readonly idAt: number;
}

/** What all cancels on one market have in common. */
interface CancelTemplate {
  readonly exchangeIndex: number;
  readonly idChars: number;
  readonly bytes: Uint8Array;
  readonly idAt: number;
}

/**
 * Bodies of batched creates and cancels as bytes, patched into what was built once per market: an order costs one copy,
 * four digits of price by table, and its client id and count. The same objects as `createOrdersBody` and
 * `cancelOrdersBody` make, with the fields in another order: those of variable width come last.
 *
 * The bytes returned are good until the next call.
 */
export class OrderEncoder {
  private bytes = buffer(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  private lastTicker = '';
  private lastTemplate: CreateTemplate | undefined;
  private readonly createTemplates = new Map<string, CreateTemplate>();
  private readonly cancelTemplates = new Map<string, CancelTemplate>();

  /**
   * Body of `POST /portfolio/events/orders/batched`.
   * @throws WireError `unsendable` for a price, count, shard or expiry no order can have, `too_large` beyond 4 MiB
   */
  creates(orders: readonly CreateOrder[]): Uint8Array {
    this.begin();
    for (let i = 0; i < orders.length; i++) {
      if (i > 0) this.bytes[this.at++] = COMMA;
      this.create(orders[i]!);
    }
    return this.end();
  }

  /** Body of `DELETE /portfolio/events/orders/batched`. @throws WireError as `creates` */
  cancels(orders: readonly CancelOrder[]): Uint8Array {
    this.begin();
    for (let i = 0; i < orders.length; i++) {
      if (i > 0) this.bytes[this.at++] = COMMA;
      this.cancel(orders[i]!);
    }
    return this.end();
  }

  private create(order: CreateOrder): void {
    const { price, clientOrderId } = order;
    const template = this.createTemplate(order);
    const fixed = order.side === BID ? template.bid : template.ask;
    this.need(fixed.length + 6 * clientOrderId.length + TAIL_BYTES);
    const start = this.at;
    this.bytes.set(fixed, start);
    this.at += fixed.length;
    if (price >= 0 && price < 10_000 && Math.floor(price) === price) {
      this.view.setInt32(start + template.decimalsAt, FOUR_DIGITS[price]!, true);
    } else this.oddPrice(price, start + template.decimalsAt);
    this.id(clientOrderId, start + template.idAt);
    this.count(order.count);
    if (order.expirationSeconds > 0) {
      this.put(EXPIRATION);
      this.put(bytesOf(String(whole(order.expirationSeconds, 'expiration_time'))));
    } else this.bytes[this.at++] = QUOTE;
    this.bytes[this.at++] = CLOSE_BRACE;
  }

  private cancel(order: CancelOrder): void {
    const { ticker, exchangeIndex, orderId } = order;
    let template = this.cancelTemplates.get(ticker);
    if (template?.exchangeIndex !== exchangeIndex || template.idChars !== orderId.length) {
      template = cancelTemplate(order);
      keep(this.cancelTemplates, ticker, template);
    }
    this.need(template.bytes.length + 6 * orderId.length);
    const start = this.at;
    this.bytes.set(template.bytes, start);
    this.at += template.bytes.length;
    this.id(orderId, start + template.idAt);
  }

  private createTemplate(order: CreateOrder): CreateTemplate {
    const { ticker, groupId, exchangeIndex, clientOrderId } = order;
    // A market's orders mostly follow one another.
    const known = ticker === this.lastTicker ? this.lastTemplate : this.createTemplates.get(ticker);
    const fits =
      known?.idChars === clientOrderId.length && known.exchangeIndex === exchangeIndex && known.groupId === groupId;
    const template = fits ? known : createTemplate(order);
    if (!fits) keep(this.createTemplates, ticker, template);
    this.lastTicker = ticker;
    this.lastTemplate = template;
    return template;
  }

  /** Write an id into the room left for it. One that JSON must escape is longer: what follows it moves back. */
  private id(id: string, at: number): void {
    if (!SPECIAL.test(id)) {
      this.bytes.latin1Write(id, at, id.length);
      return;
    }
    const inside = bytesOf(JSON.stringify(id).slice(1, -1));
    this.bytes.copyWithin(at + inside.length, at + id.length, this.at);
    this.bytes.set(inside, at);
    this.at += inside.length - id.length;
  }

  private begin(): void {
    this.at = 0;
    this.put(OPEN);
  }

  /** Every order and the start left room for the two bytes here and the comma between orders. */
  private end(): Uint8Array {
    this.bytes[this.at++] = CLOSE_BRACKET;
    this.bytes[this.at++] = CLOSE_BRACE;
    return this.bytes.subarray(0, this.at);
  }

  /** Room for `size` more bytes and for what follows an order. */
  private need(size: number): void {
    const total = this.at + size + 3;
    if (total <= this.bytes.length) return;
    if (total > MAX_BYTES)
      throw new WireError('too_large', 'orders', `a batch of more than ${MAX_BYTES} bytes is not sent`);
    const grown = buffer(Math.min(MAX_BYTES, Math.max(total, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  private put(part: Uint8Array): void {
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  private count(value: Count): void {
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

function createTemplate(order: CreateOrder): CreateTemplate {
  const { ticker, groupId, exchangeIndex, clientOrderId } = order;
  const head = '{"side":"';
  const middle = '","price":"0.';
  const rest = JSON.stringify({
    ticker,
    time_in_force: 'good_till_canceled',
    post_only: true,
    self_trade_prevention_type: 'taker_at_cross',
    cancel_order_on_pause: true,
    order_group_id: groupId,
    exchange_index: whole(exchangeIndex, 'exchange_index'),
  });
  const idChars = clientOrderId.length;
  const upToId = (side: string): string => `${head}${side}${middle}0000",${rest.slice(1, -1)},"client_order_id":"`;
  const bytes = (side: string): Uint8Array => bytesOf(`${upToId(side)}${' '.repeat(idChars)}","count":"`);
  const decimalsAt = head.length + 3 + middle.length;
  const idAt = bytesOf(upToId('bid')).length;
  return { groupId, exchangeIndex, idChars, bid: bytes('bid'), ask: bytes('ask'), decimalsAt, idAt };
}

function cancelTemplate({ ticker, exchangeIndex, orderId }: CancelOrder): CancelTemplate {
  const head = '{"order_id":"';
  const idChars = orderId.length;
  const routing = JSON.stringify({ exchange_index: whole(exchangeIndex, 'exchange_index'), market_ticker: ticker });
  const bytes = bytesOf(`${head}${' '.repeat(idChars)}",${routing.slice(1)}`);
  return { exchangeIndex, idChars, bytes, idAt: head.length };
}

function keep<T>(templates: Map<string, T>, ticker: string, template: T): void {
  if (templates.size >= MAX_TEMPLATES) templates.clear();
  templates.set(ticker, template);
}

/** A whole number of JSON. -1 is a shard too: "route by ticker". */
function whole(value: number, field: string): number {
  if (!Number.isSafeInteger(value)) throw new WireError('unsendable', field, `${field} ${value} is not a whole number`);
  return value;
}
