import { type Count, formatCount, timeToMs } from '../units/index.ts';
import { averages, createdBody } from './bodies.ts';
import { type ApiAnswer, type ApiCall, invalidParameters, ok, refusalBody, subaccountParameter } from './call.ts';
import type { Exchange } from './exchange.ts';
import {
  countField,
  intField,
  objectOf,
  orderRequest,
  priceField,
  sideField,
  stringField,
  subaccountField,
} from './fields.ts';
import { type ExchangeOrder, type OrderRequest, Refusal } from './order.ts';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Where a call looks for an order: a shard, or wherever the order is. */
type Route = number | 'anywhere';

/** The calls that place, change and cancel orders. */
export class OrderApi {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Answer a call below `/portfolio/events/orders`, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path, userId } = call;
    const [, , , id, action] = path;
    if (path.length === 3) {
      if (method === 'POST') return { status: 201, body: this.create(userId, orderRequest(call.body)) };
      return method === 'DELETE' ? this.cancelAll(call) : null;
    }
    if (path.length === 4 && id === 'batched') {
      if (method === 'POST') return this.createBatch(call);
      return method === 'DELETE' ? this.cancelBatch(call) : null;
    }
    const known = path.length === 4 ? method === 'DELETE' : path.length === 5 && method === 'POST';
    if (!known || (path.length === 5 && action !== 'amend' && action !== 'decrease')) return null;
    if (!UUID.test(id!)) throw new Refusal(400, 'invalid_UUID', 'invalid UUID');
    if (method === 'DELETE') {
      const { query } = call;
      const route = this.route(query.get('exchange_index'), query.get('market_ticker'));
      return ok(this.cancel(userId, id!, route, subaccountParameter(query, 0)));
    }
    return ok(action === 'amend' ? this.amend(call, id!) : this.decrease(call, id!));
  }

  private create(userId: string, request: OrderRequest): Record<string, unknown> {
    return createdBody(this.exchange.create(userId, request), this.exchange);
  }

  private cancelAll(call: ApiCall): ApiAnswer {
    this.exchange.cancelAll(call.userId, subaccountParameter(call.query));
    return ok({});
  }

  /** A body that does not decode refuses the batch; anything else refuses its item. */
  private createBatch(call: ApiCall): ApiAnswer {
    const requests = itemsOf(call).map((item) => {
      try {
        return orderRequest(item);
      } catch (error) {
        if (error instanceof Refusal && !error.code.startsWith('flat:')) return { item, error };
        throw error;
      }
    });
    const orders = requests.map((request) => {
      if ('error' in request) return { ...clientIdOf(request.item), error: refusalBody(request.error) };
      try {
        return this.create(call.userId, request);
      } catch (error) {
        return { ...clientIdOf({ client_order_id: request.clientOrderId }), error: refusalBody(error) };
      }
    });
    return { status: 201, body: { orders } };
  }

  private cancelBatch(call: ApiCall): ApiAnswer {
    const model = 'BatchCancelOrder';
    const items = itemsOf(call).map((item) => {
      const o = objectOf(item, model);
      const shard = intField(o, 'exchange_index', model);
      const ticker = stringField(o, 'market_ticker', model) || null;
      return {
        id: stringField(o, 'order_id', model),
        shard,
        ticker,
        subaccount: subaccountField(o, 'subaccount', model),
      };
    });
    const orders = items.map(({ id, shard, ticker, subaccount }) => {
      try {
        if (!UUID.test(id)) throw new Refusal(400, 'invalid_UUID', 'invalid UUID');
        return this.cancel(call.userId, id, this.route(shard === null ? null : String(shard), ticker), subaccount);
      } catch (error) {
        return { order_id: id, reduced_by: '0.00', error: refusalBody(error) };
      }
    });
    return ok({ orders });
  }

  /** An unrouted call only looks on shard 0. @throws Refusal */
  private route(shard: string | null, ticker: string | null): Route {
    if (shard !== null && shard !== '' && shard !== '-1') {
      if (!/^\d{1,3}$/.test(shard))
        throw invalidParameters(`exchange_index is ${shard}, expected a shard number or -1`);
      return Number(shard);
    }
    if (ticker === null) return shard === '-1' ? 'anywhere' : 0;
    const market = this.exchange.markets.get(ticker);
    if (market === undefined) throw new Refusal(404, 'not_found');
    return market.listing.exchangeIndex;
  }

  /** The user's order, if the call looks where it is. @throws Refusal `not_found` */
  private find(userId: string, id: string, route: Route, subaccount: number): ExchangeOrder {
    const order = this.exchange.orders.get(id);
    if (order === undefined || order.userId !== userId || order.subaccount !== subaccount)
      throw new Refusal(404, 'not_found');
    if (route !== 'anywhere' && order.exchangeIndex !== route) throw new Refusal(404, 'not_found');
    return order;
  }

  private cancel(userId: string, id: string, route: Route, subaccount: number): Record<string, unknown> {
    const order = this.find(userId, id, route, subaccount);
    const { reducedBy } = this.exchange.cancel(userId, id, '');
    return {
      order_id: id,
      client_order_id: order.clientOrderId,
      reduced_by: formatCount(reducedBy),
      ts_ms: timeToMs(this.exchange.now()),
    };
  }

  private amend(call: ApiCall, id: string): unknown {
    const model = 'AmendOrderV2Request';
    const o = objectOf(call.body, model);
    const ticker = stringField(o, 'ticker', model);
    const shard = intField(o, 'exchange_index', model);
    const to = {
      side: sideField(o, model),
      price: priceField(o, 'price', model),
      total: countField(o, 'count', model),
    };
    const known = stringField(o, 'client_order_id', model);
    const updated = stringField(o, 'updated_client_order_id', model);
    const route = shard === null || shard === -1 ? 'anywhere' : shard;
    const order = this.find(call.userId, id, route, subaccountParameter(call.query, 0));
    if (ticker !== order.ticker) throw new Refusal(400, 'order_ticker_mismatch');
    if (known !== '' && known !== order.clientOrderId) throw new Refusal(400, 'order_id_and_client_order_id_mismatch');
    const before = { ...order };
    this.exchange.amend(call.userId, id, updated === '' ? to : { ...to, clientOrderId: updated });
    const filled = (order.fillCount - before.fillCount) as Count;
    const cost = order.takerCost + order.makerCost - before.takerCost - before.makerCost;
    const fees = order.takerFees + order.makerFees - before.takerFees - before.makerFees;
    const same = order.price === before.price && order.remainingCount === before.remainingCount;
    return {
      order_id: id,
      client_order_id: order.clientOrderId,
      remaining_count: same ? null : formatCount(order.remainingCount),
      fill_count: filled > 0 ? formatCount(filled) : null,
      ...averages(cost, fees, filled),
      ts_ms: timeToMs(this.exchange.now()),
    };
  }

  private decrease(call: ApiCall, id: string): unknown {
    const model = 'DecreaseOrderV2Request';
    const o = objectOf(call.body, model);
    if ((o['reduce_by'] === undefined) === (o['reduce_to'] === undefined))
      throw invalidParameters('exactly one of reduce_by and reduce_to is required');
    const by = o['reduce_to'] === undefined ? countField(o, 'reduce_by', model) : null;
    const to = by === null ? countField(o, 'reduce_to', model, 0) : 0;
    const shard = intField(o, 'exchange_index', model);
    const ticker = stringField(o, 'market_ticker', model) || null;
    const free = shard === null && ticker === null && this.exchange.rules.unroutedDecrease === 'route';
    const order = this.find(
      call.userId,
      id,
      free ? 'anywhere' : this.route(shard === null ? null : `${shard}`, ticker),
      subaccountParameter(call.query, 0),
    );
    // More than there is takes all there is.
    const left = by === null ? to : Math.max(0, order.remainingCount - by);
    this.exchange.decrease(call.userId, id, left as Count);
    return {
      order_id: id,
      client_order_id: order.clientOrderId,
      remaining_count: formatCount(order.remainingCount),
      ts_ms: timeToMs(this.exchange.now()),
    };
  }
}

function itemsOf(call: ApiCall): readonly unknown[] {
  const list = objectOf(call.body, 'BatchRequest')['orders'];
  if (!Array.isArray(list) || list.length === 0) throw invalidParameters('orders is required');
  return list;
}

function clientIdOf(item: unknown): Record<string, unknown> {
  const id = (item as Readonly<Record<string, unknown>>)['client_order_id'];
  return { client_order_id: typeof id === 'string' && id !== '' ? id : null };
}
