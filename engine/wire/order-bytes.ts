import { BID } from '../units/index.ts';
import { BodyBytes, bytesOf, CLOSE_BRACE, CLOSE_BRACKET, COMMA, keep, QUOTE, whole } from './body-bytes.ts';
import { type CancelOrder, type CreateOrder, subaccountField } from './commands.ts';

const OPEN = bytesOf('{"orders":[');
const EXPIRATION = bytesOf('","expiration_time":');

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
 * Bodies of creates and batched cancels as bytes, patched into what was built once per market: an order costs one copy,
 * four digits of price by table, and its client id and count. The same objects as `createOrdersBody` and
 * `cancelOrdersBody` make, with the fields in another order: those of variable width come last.
 *
 * The bytes returned are good until the next call.
 */
export class OrderEncoder extends BodyBytes {
  private readonly subaccount: number;
  private lastTicker = '';
  private lastTemplate: CreateTemplate | undefined;
  private readonly createTemplates = new Map<string, CreateTemplate>();
  private readonly cancelTemplates = new Map<string, CancelTemplate>();

  /** @param subaccount 0 to 63; 0, the main one, is what the exchange takes where none is named */
  constructor(subaccount = 0) {
    super();
    this.subaccount = subaccount;
  }

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

  /** Body of `POST /portfolio/events/orders`: one order by itself. @throws WireError as `creates` */
  single(order: CreateOrder): Uint8Array {
    this.at = 0;
    this.create(order);
    return this.written;
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
    const start = this.start(fixed, clientOrderId.length);
    this.price(price, start + template.decimalsAt);
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
      template = cancelTemplate(order, this.subaccount);
      keep(this.cancelTemplates, ticker, template);
    }
    const start = this.start(template.bytes, orderId.length);
    this.id(orderId, start + template.idAt);
  }

  private createTemplate(order: CreateOrder): CreateTemplate {
    const { ticker, groupId, exchangeIndex, clientOrderId } = order;
    // A market's orders mostly follow one another.
    const known = ticker === this.lastTicker ? this.lastTemplate : this.createTemplates.get(ticker);
    const fits =
      known?.idChars === clientOrderId.length && known.exchangeIndex === exchangeIndex && known.groupId === groupId;
    const template = fits ? known : createTemplate(order, this.subaccount);
    if (!fits) keep(this.createTemplates, ticker, template);
    this.lastTicker = ticker;
    this.lastTemplate = template;
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
    return this.written;
  }
}

function createTemplate(order: CreateOrder, subaccount: number): CreateTemplate {
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
    ...subaccountField(subaccount),
  });
  const idChars = clientOrderId.length;
  const upToId = (side: string): string => `${head}${side}${middle}0000",${rest.slice(1, -1)},"client_order_id":"`;
  const bytes = (side: string): Uint8Array => bytesOf(`${upToId(side)}${' '.repeat(idChars)}","count":"`);
  const decimalsAt = head.length + 3 + middle.length;
  const idAt = bytesOf(upToId('bid')).length;
  return { groupId, exchangeIndex, idChars, bid: bytes('bid'), ask: bytes('ask'), decimalsAt, idAt };
}

function cancelTemplate({ ticker, exchangeIndex, orderId }: CancelOrder, subaccount: number): CancelTemplate {
  const head = '{"order_id":"';
  const idChars = orderId.length;
  const shard = whole(exchangeIndex, 'exchange_index');
  const routing = JSON.stringify({ exchange_index: shard, market_ticker: ticker, ...subaccountField(subaccount) });
  const bytes = bytesOf(`${head}${' '.repeat(idChars)}",${routing.slice(1)}`);
  return { exchangeIndex, idChars, bytes, idAt: head.length };
}
