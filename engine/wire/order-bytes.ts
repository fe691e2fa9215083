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

const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const CLOSE_BRACE = 125;

const utf8 = new TextEncoder();
const bytesOf = (text: string): Uint8Array => utf8.encode(text);

const OPEN = bytesOf('{"orders":[');
const COUNT = bytesOf('","count":"');
const EXPIRATION = bytesOf('","expiration_time":');
const ORDER_ID = bytesOf('{"order_id":"');

/** The four digits of every number below 10,000 as one little-endian word. */
const FOUR_DIGITS = new Int32Array(10_000);
for (let n = 0; n < FOUR_DIGITS.length; n++) {
  const digit = (divisor: number): number => ZERO + (Math.floor(n / divisor) % 10);
  FOUR_DIGITS[n] = digit(1000) | (digit(100) << 8) | (digit(10) << 16) | (digit(1) << 24);
}

/** What all creates of one market in one group have in common: their bytes, once for each side. */
interface CreateTemplate {
  readonly groupId: string;
  readonly exchangeIndex: number;
  readonly bid: Uint8Array;
  readonly ask: Uint8Array;
  /** Where the four decimals of the price go. */
  readonly decimalsAt: number;
}

/** The end of every cancel on one market. */
interface CancelTemplate {
  readonly exchangeIndex: number;
  readonly tail: Uint8Array;
}

/**
 * Bodies of batched creates and cancels as bytes, patched into what was built once per market: an order costs one copy,
 * four digits of price by table, and its client id and count. The same objects as `createOrdersBody` and
 * `cancelOrdersBody` make, with the fields in another order: those of variable width come last.
 *
 * The bytes returned are good until the next call.
 */
export class OrderEncoder {
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
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
    this.bytes.set(fixed, this.at);
    const decimalsAt = this.at + template.decimalsAt;
    this.at += fixed.length;
    if (price >= 0 && price < 10_000 && Math.floor(price) === price) {
      this.view.setInt32(decimalsAt, FOUR_DIGITS[price]!, true);
    } else this.oddPrice(price, decimalsAt);
    this.text(clientOrderId);
    this.put(COUNT);
    this.count(order.count);
    if (order.expirationSeconds > 0) {
      this.put(EXPIRATION);
      this.text(String(whole(order.expirationSeconds, 'expiration_time')));
    } else this.bytes[this.at++] = QUOTE;
    this.bytes[this.at++] = CLOSE_BRACE;
  }

  private cancel(order: CancelOrder): void {
    const { ticker, exchangeIndex, orderId } = order;
    let template = this.cancelTemplates.get(ticker);
    if (template === undefined || template.exchangeIndex !== exchangeIndex) {
      template = cancelTemplate(order);
      keep(this.cancelTemplates, ticker, template);
    }
    this.need(ORDER_ID.length + 6 * orderId.length + template.tail.length + TAIL_BYTES);
    this.put(ORDER_ID);
    this.text(orderId);
    this.put(template.tail);
  }

  private createTemplate(order: CreateOrder): CreateTemplate {
    const { ticker, groupId, exchangeIndex } = order;
    const known = this.createTemplates.get(ticker);
    if (known !== undefined && known.groupId === groupId && known.exchangeIndex === exchangeIndex) return known;
    const template = createTemplate(order);
    keep(this.createTemplates, ticker, template);
    return template;
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
    const grown = new Uint8Array(Math.min(MAX_BYTES, Math.max(total, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  private put(part: Uint8Array): void {
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  /** The inside of a JSON string. Six bytes a character are there for it. */
  private text(value: string): void {
    const { bytes } = this;
    let { at } = this;
    for (let i = 0; i < value.length; i++) {
      const c = value.charCodeAt(i);
      if (c < 32 || c > 126 || c === QUOTE || c === BACKSLASH) {
        this.put(bytesOf(JSON.stringify(value).slice(1, -1)));
        return;
      }
      bytes[at++] = c;
    }
    this.at = at;
  }

  private count(value: Count): void {
    if (!(value > 0 && Number.isSafeInteger(value))) {
      throw new WireError('unsendable', 'count', `count ${value} is not a positive whole number of 1e-2 contracts`);
    }
    if (value >= FAST_COUNT) {
      this.text(formatCount(value));
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
  const { ticker, groupId, exchangeIndex } = order;
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
  const bytes = (side: string): Uint8Array =>
    bytesOf(`${head}${side}${middle}0000",${rest.slice(1, -1)},"client_order_id":"`);
  const decimalsAt = head.length + 3 + middle.length;
  return { groupId, exchangeIndex, bid: bytes('bid'), ask: bytes('ask'), decimalsAt };
}

function cancelTemplate({ ticker, exchangeIndex }: CancelOrder): CancelTemplate {
  const routing = JSON.stringify({ exchange_index: whole(exchangeIndex, 'exchange_index'), market_ticker: ticker });
  return { exchangeIndex, tail: bytesOf(`",${routing.slice(1)}`) };
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
