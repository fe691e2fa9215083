import { type Count, formatCount, formatPrice, type Price } from '../units/index.ts';
import { orderBody } from './bodies.ts';
import { type ApiAnswer, type ApiCall, invalidParameters, ok, refusalBody } from './call.ts';
import type { Exchange } from './exchange.ts';
import { intField, objectOf, stringField } from './fields.ts';
import { legacyAnswer } from './legacy.ts';
import type { ExchangeOrder } from './order.ts';
import type { RestApi } from './rest.ts';

type Json = Readonly<Record<string, unknown>>;

const MODEL = 'CreateOrderRequest';
const ORDERS = ['portfolio', 'events', 'orders'];

/**
 * The order endpoints as they were before 2026: YES or NO bought or sold in cents, answered with the whole order. Each
 * is carried out by the endpoint that replaced it.
 */
export class LegacyOrders {
  private readonly exchange: Exchange;
  private readonly api: RestApi;

  constructor(exchange: Exchange, api: RestApi) {
    this.exchange = exchange;
    this.api = api;
  }

  /** Answer a write below `/portfolio/orders`; null for any other call. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path } = call;
    if (path[0] !== 'portfolio' || path[1] !== 'orders' || method === 'GET') return null;
    const [, , id, action] = path;
    if (path.length === 2 && method === 'POST') return { status: 201, body: this.create(call, call.body) };
    if (path.length === 3 && id === 'batched') return this.batch(call);
    if (path.length === 3 && method === 'DELETE') return ok(this.cancel(call, id!));
    if (path.length !== 4 || method !== 'POST') return null;
    if (action === 'decrease') return ok(this.decrease(call, id!));
    return action === 'amend' ? ok(this.amend(call, id!)) : null;
  }

  private create(call: ApiCall, body: unknown): Json {
    const o = objectOf(body, MODEL);
    if (o['buy_max_cost'] !== undefined) throw invalidParameters('buy_max_cost is not supported: name a price');
    const market = o['type'] === 'market';
    const { side, price } = sideAndPrice(o, market);
    const made = this.carryOut(call, 'POST', [], {
      ticker: o['ticker'],
      client_order_id: o['client_order_id'],
      side,
      price,
      count: wholeContracts(o, 'count'),
      time_in_force: market ? 'immediate_or_cancel' : (o['time_in_force'] ?? 'good_till_canceled'),
      self_trade_prevention_type: o['self_trade_prevention_type'] ?? 'taker_at_cross',
      post_only: o['post_only'],
      reduce_only: o['reduce_only'],
      order_group_id: o['order_group_id'],
      cancel_order_on_pause: o['cancel_order_on_pause'],
      expiration_time: o['expiration_ts'],
    });
    return { order: this.order(String(made['order_id'])) };
  }

  private cancel(call: ApiCall, id: string): Json {
    const query = new URLSearchParams({ exchange_index: '-1' });
    const made = this.carryOut({ ...call, query }, 'DELETE', [id], undefined);
    return { order: this.order(id), reduced_by: Number(made['reduced_by']) };
  }

  private decrease(call: ApiCall, id: string): Json {
    const o = objectOf(call.body, 'DecreaseOrderRequest');
    const body: Record<string, unknown> = { exchange_index: -1 };
    for (const name of ['reduce_by', 'reduce_to']) if (o[name] !== undefined) body[name] = wholeContracts(o, name);
    this.carryOut(call, 'POST', [id, 'decrease'], body);
    return { order: this.order(id) };
  }

  private amend(call: ApiCall, id: string): Json {
    const o = objectOf(call.body, 'AmendOrderRequest');
    const known = this.exchange.orders.get(id);
    const before = known === undefined ? undefined : { ...known };
    this.carryOut(call, 'POST', [id, 'amend'], {
      ...sideAndPrice(o, false),
      ticker: o['ticker'],
      client_order_id: o['client_order_id'],
      updated_client_order_id: o['updated_client_order_id'],
      count: wholeContracts(o, 'count'),
    });
    return { old_order: shown(before!), order: this.order(id) };
  }

  private batch(call: ApiCall): ApiAnswer {
    const o = objectOf(call.body, 'BatchRequest');
    const creates = call.method === 'POST';
    const list = creates ? o['orders'] : (o['ids'] ?? o['orders']);
    if (!Array.isArray(list) || list.length === 0 || list.length > 20)
      throw invalidParameters('a batch has 1 to 20 orders');
    const orders = list.map((item: unknown) => {
      const id = typeof item === 'string' ? item : stringField(objectOf(item, 'Item'), 'order_id', 'Item');
      try {
        return creates ? this.create(call, item) : { order_id: id, ...this.cancel(call, id) };
      } catch (error) {
        const name = creates ? { client_order_id: (item as Json)['client_order_id'] } : { order_id: id, reduced_by: 0 };
        return { ...name, error: refusalBody(error) };
      }
    });
    return { status: creates ? 201 : 200, body: { orders } };
  }

  private carryOut(call: ApiCall, method: string, below: readonly string[], body: unknown): Json {
    return this.api.answer({ ...call, method, path: [...ORDERS, ...below], body }).body as Json;
  }

  private order(id: string): unknown {
    return shown(this.exchange.orders.get(id)!);
  }
}

function shown(order: ExchangeOrder): unknown {
  return { ...(legacyAnswer(['portfolio'], orderBody(order)) as Json), queue_position: 0 };
}

/** The order in the YES book: buying NO at 30 is offering YES at 70. @throws Refusal */
function sideAndPrice(o: Json, market: boolean): { readonly side: 'bid' | 'ask'; readonly price: string } {
  const leg = stringField(o, 'side', MODEL);
  const action = stringField(o, 'action', MODEL);
  if (!['yes', 'no'].includes(leg)) throw invalidParameters('side must be yes or no');
  if (!['buy', 'sell'].includes(action)) throw invalidParameters('action must be buy or sell');
  const side = (leg === 'yes') === (action === 'buy') ? 'bid' : 'ask';
  if (market) return { side, price: side === 'bid' ? '0.9900' : '0.0100' };
  const cents = (name: string): number | null => {
    const dollars = stringField(o, `${name}_dollars`, MODEL);
    return dollars === '' ? intField(o, name, MODEL) : Number(dollars) * 100;
  };
  const [yes, no] = [cents('yes_price'), cents('no_price')];
  if ((yes === null) === (no === null)) throw invalidParameters('exactly one of yes_price and no_price is required');
  return { side, price: formatPrice(Math.round((yes ?? 100 - no!) * 100) as Price) };
}

function wholeContracts(o: Json, name: string): string {
  const n = intField(o, name, MODEL);
  if (n === null) throw invalidParameters(`${name} is required`);
  return formatCount((n * 100) as Count);
}
