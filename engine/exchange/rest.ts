import { type Count, formatCount, formatMoney, formatRfc3339, type Money, timeToMs } from '../units/index.ts';
import {
  countField,
  createdBody,
  fillBody,
  fourDecimals,
  objectOf,
  orderBody,
  orderRequest,
  priceField,
  sideField,
} from './bodies.ts';
import { TIERS } from './buckets.ts';
import { type ApiAnswer, type ApiCall, ok, paged } from './call.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';
import { GroupApi } from './rest-groups.ts';
import { MarketApi } from './rest-markets.ts';

export type { ApiAnswer, ApiCall } from './call.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Every REST call that a trading client touches. Pure of sockets: a call in, an answer out. */
export class RestApi {
  private readonly exchange: Exchange;
  private readonly tier: string;
  private readonly markets: MarketApi;
  private readonly groups: GroupApi;

  constructor(exchange: Exchange, tier: string, newId: () => string) {
    this.exchange = exchange;
    this.markets = new MarketApi(exchange);
    this.groups = new GroupApi(exchange, newId);
    this.tier = tier;
  }

  /** True where a call needs no signature. */
  static isPublic(method: string, path: readonly string[]): boolean {
    const [head, second] = path;
    if (method !== 'GET') return false;
    return (
      head === 'markets' || head === 'events' || head === 'series' || head === 'exchange' || second === 'endpoint_costs'
    );
  }

  /** Tokens a call costs, by bucket. */
  static cost(call: ApiCall): { readonly bucket: 'read' | 'write'; readonly tokens: number } {
    const { method, path } = call;
    const orders = path[1] === 'events' && path[2] === 'orders';
    if (orders && path[3] === 'batched') {
      const list = (call.body as { orders?: unknown } | undefined)?.orders;
      const items = Array.isArray(list) ? list.length : 0;
      return { bucket: 'write', tokens: items * (method === 'DELETE' ? 2 : 10) };
    }
    if (orders && method === 'DELETE') return { bucket: 'write', tokens: 2 };
    if (method === 'GET')
      return { bucket: 'read', tokens: path[1] === 'orders' && path.length === 3 && UUID.test(path[2]!) ? 2 : 10 };
    return { bucket: 'write', tokens: 10 };
  }

  /** Answer a call. @throws Refusal */
  answer(call: ApiCall): ApiAnswer {
    const [head] = call.path;
    const result =
      head === 'portfolio'
        ? this.portfolio(call)
        : head === 'account' || head === 'api_keys'
          ? this.account(call)
          : this.markets.answer(call);
    if (result === null) throw new Refusal(404, 'text:404 page not found');
    return result;
  }

  private portfolio(call: ApiCall): ApiAnswer | null {
    switch (call.path[1]) {
      case 'events':
        return call.path[2] === 'orders' ? this.writes(call) : null;
      case 'orders':
        return this.reads(call);
      case 'order_groups':
        return this.groups.answer(call);
      case 'balance':
        return call.method === 'GET' ? ok(this.balance(call)) : null;
      case 'positions':
        return call.method === 'GET' ? ok(this.positions(call)) : null;
      case 'fills':
        return call.method === 'GET' ? ok(this.fillList(call)) : null;
      case 'settlements':
        return call.method === 'GET' ? ok({ settlements: [], cursor: '' }) : null;
      default:
        return null;
    }
  }

  private writes(call: ApiCall): ApiAnswer | null {
    const { method, path, userId } = call;
    const [, , , id, action] = path;
    if (path.length === 3) {
      if (method === 'POST') {
        return { status: 201, body: createdBody(this.exchange.create(userId, orderRequest(call.body)), this.exchange) };
      }
      if (method !== 'DELETE') return null;
      for (const order of this.exchange.restingOf(userId)) this.exchange.remove(order, '');
      return ok({});
    }
    if (id === 'batched' && path.length === 4) return this.batch(call);
    if (!UUID.test(id!)) throw new Refusal(400, 'invalid_UUID', 'invalid UUID');
    if (method === 'DELETE' && path.length === 4)
      return ok(this.cancelOne(userId, id!, call.query.get('exchange_index'), call.query.get('market_ticker')));
    if (method !== 'POST' || path.length !== 5) return null;
    if (action === 'amend') return ok(this.amend(call, id!));
    return action === 'decrease' ? ok(this.decrease(call, id!)) : null;
  }

  private batch(call: ApiCall): ApiAnswer | null {
    const { method, userId } = call;
    const list = objectOf(call.body, 'BatchRequest')['orders'];
    if (!Array.isArray(list) || list.length === 0)
      throw new Refusal(400, 'invalid_parameters', 'invalid parameters', 'orders is required');
    if (method === 'POST') {
      const requests = list.map((item) => orderRequest(item));
      const orders = requests.map((request) => {
        try {
          return createdBody(this.exchange.create(userId, request), this.exchange);
        } catch (error) {
          return { client_order_id: request.clientOrderId, error: refusalBody(error) };
        }
      });
      return { status: 201, body: { orders } };
    }
    if (method !== 'DELETE') return null;
    const orders = list.map((item) => {
      const o = objectOf(item, 'BatchCancelOrder');
      const id = String(o['order_id'] ?? '');
      const shard = o['exchange_index'];
      try {
        if (!UUID.test(id)) throw new Refusal(400, 'invalid_UUID', 'invalid UUID');
        return this.cancelOne(
          userId,
          id,
          shard === undefined ? null : String(shard),
          String(o['market_ticker'] ?? '') || null,
        );
      } catch (error) {
        return { order_id: id, reduced_by: '0.00', error: refusalBody(error) };
      }
    });
    return ok({ orders });
  }

  /** An unrouted cancel only looks on shard 0. */
  private cancelOne(userId: string, id: string, shard: string | null, ticker: string | null): Record<string, unknown> {
    const order = this.exchange.orders.get(id);
    const routed =
      shard === null && ticker === null
        ? 0
        : shard === null || shard === '-1'
          ? (order?.exchangeIndex ?? 0)
          : Number(shard);
    if (order !== undefined && order.exchangeIndex !== routed) throw new Refusal(404, 'not_found');
    if (order !== undefined && this.exchange.markets.get(order.ticker)?.listing.status !== 'active')
      throw new Refusal(400, 'market_inactive');
    const { reducedBy } = this.exchange.cancel(userId, id, '');
    return {
      order_id: id,
      client_order_id: order!.clientOrderId,
      reduced_by: formatCount(reducedBy),
      ts_ms: timeToMs(this.exchange.now()),
    };
  }

  private amend(call: ApiCall, id: string): unknown {
    const model = 'AmendOrderV2Request';
    const o = objectOf(call.body, model);
    const before = this.exchange.orders.get(id)?.fillCount ?? 0;
    if (o['ticker'] !== this.exchange.orders.get(id)?.ticker)
      throw new Refusal(404, this.exchange.orders.has(id) ? 'order_ticker_mismatch' : 'not_found');
    const order = this.exchange.amend(
      call.userId,
      id,
      sideField(o, model),
      priceField(o, 'price', model),
      countField(o, 'count', model),
    );
    return {
      order_id: id,
      client_order_id: order.clientOrderId,
      remaining_count: formatCount(order.remainingCount),
      fill_count: formatCount((order.fillCount - before) as Count),
      ts_ms: timeToMs(this.exchange.now()),
    };
  }

  private decrease(call: ApiCall, id: string): unknown {
    const model = 'DecreaseOrderV2Request';
    const o = objectOf(call.body, model);
    const left = this.exchange.orders.get(id)?.remainingCount ?? (0 as Count);
    if ((o['reduce_by'] === undefined) === (o['reduce_to'] === undefined)) {
      throw new Refusal(
        400,
        'invalid_parameters',
        'invalid parameters',
        'exactly one of reduce_by and reduce_to is required',
      );
    }
    const to =
      o['reduce_to'] === undefined ? left - countField(o, 'reduce_by', model) : countField(o, 'reduce_to', model, 0);
    const order = this.exchange.decrease(call.userId, id, Math.max(0, to) as Count);
    return {
      order_id: id,
      client_order_id: order.clientOrderId,
      remaining_count: formatCount(order.remainingCount),
      ts_ms: timeToMs(this.exchange.now()),
    };
  }

  private reads(call: ApiCall): ApiAnswer | null {
    const { method, path, userId, query } = call;
    if (method !== 'GET') {
      const link = 'https://docs.kalshi.com';
      throw new Refusal(410, 'deprecated_v1_order_endpoint', 'Please switch to the V2 endpoints', link);
    }
    if (path.length === 2) return ok(this.orderList(call));
    if (path[2] === 'queue_positions') return ok({ queue_positions: this.queuePositions(call) });
    const order = this.exchange.orders.get(path[2]!);
    if (order === undefined || order.userId !== userId) throw new Refusal(404, 'not_found');
    if (path[3] === 'queue_position') return ok({ queue_position_fp: formatCount(this.ahead(order.orderId)) });
    const routed = Number(
      query.get('exchange_index') ?? (query.get('market_ticker') === null ? 0 : order.exchangeIndex),
    );
    if (routed !== order.exchangeIndex && routed !== -1) throw new Refusal(404, 'not_found');
    return ok({ order: orderBody(order) });
  }

  private orderList(call: ApiCall): unknown {
    const { query, userId } = call;
    const status = query.get('status');
    const ticker = query.get('ticker');
    const minTime = Number(query.get('min_ts') ?? 0) * 1_000_000;
    const maxTime = Number(query.get('max_ts') ?? Number.POSITIVE_INFINITY) * 1_000_000;
    const mine = [...this.exchange.orders.values()].filter(
      (o) =>
        o.userId === userId &&
        (status === null || o.status === status) &&
        (ticker === null || o.ticker === ticker) &&
        o.createdTime >= minTime &&
        o.createdTime <= maxTime,
    );
    return paged(call, 'GetOrders', 'orders', mine.reverse(), orderBody);
  }

  private queuePositions(call: ApiCall): unknown {
    const wanted = (call.query.get('market_tickers') ?? '').split(',');
    if (wanted[0] === '')
      throw new Refusal(400, 'invalid_parameters', 'invalid parameters', 'market_tickers is required');
    return this.exchange
      .restingOf(call.userId)
      .filter((o) => wanted.includes(o.ticker))
      .map((o) => ({
        order_id: o.orderId,
        market_ticker: o.ticker,
        queue_position_fp: formatCount(this.ahead(o.orderId)),
      }));
  }

  private ahead(orderId: string): Count {
    const order = this.exchange.orders.get(orderId)!;
    const { ladder, listing } = this.exchange.markets.get(order.ticker)!;
    let sum = 0;
    for (const entry of ladder.queue(order.side, listing.grid.level(order.price))) {
      if (entry.order === order) break;
      sum += entry.left;
    }
    return sum as Count;
  }

  private balance(call: ApiCall): unknown {
    const account = this.exchange.account(call.userId);
    let total = 0;
    const breakdown = [...account.cash].map(([shard, cash]) => {
      const free = (cash - this.exchange.reservedOn(call.userId, shard, null)) as Money;
      total += free;
      return { exchange_index: shard, balance: fourDecimals(free) };
    });
    return {
      balance: Math.trunc(total / 10_000),
      balance_dollars: fourDecimals(total as Money),
      portfolio_value: 0,
      updated_ts: Math.floor(this.exchange.now() / 1_000_000),
      balance_breakdown: breakdown,
    };
  }

  private positions(call: ApiCall): unknown {
    const ticker = call.query.get('ticker');
    const account = this.exchange.account(call.userId);
    const held = [...account.holdings].filter(
      ([t, h]) => (ticker === null || t === ticker) && (h.position !== 0 || h.traded !== 0),
    );
    const page = paged(call, 'GetPositions', 'market_positions', held, ([name, h]) => ({
      ticker: name,
      exchange_index: this.exchange.markets.get(name)?.listing.exchangeIndex ?? 0,
      total_traded_dollars: formatMoney(h.traded),
      position_fp: formatCount(h.position),
      market_exposure_dollars: formatMoney(Math.max(0, -h.cashFlow) as Money),
      realized_pnl_dollars: formatMoney((h.position === 0 ? h.cashFlow : 0) as Money),
      fees_paid_dollars: formatMoney(h.feesPaid),
      last_updated_ts: formatRfc3339(this.exchange.now()),
    }));
    return { ...page, event_positions: [] };
  }

  private fillList(call: ApiCall): unknown {
    const { query, userId } = call;
    const orderId = query.get('order_id');
    const ticker = query.get('ticker');
    const minTime = Number(query.get('min_ts') ?? 0) * 1_000_000;
    const mine = this.exchange.fills.filter(
      (f) =>
        f.userId === userId &&
        (orderId === null || f.orderId === orderId) &&
        (ticker === null || f.ticker === ticker) &&
        f.time >= minTime,
    );
    return paged(call, 'GetFills', 'fills', mine.reverse(), fillBody);
  }

  private account(call: ApiCall): ApiAnswer | null {
    if (call.method !== 'GET') return null;
    if (call.path[0] === 'api_keys') return ok({ api_keys: [] });
    const tier = TIERS[this.tier]!;
    if (call.path[1] === 'limits') {
      return ok({
        usage_tier: this.tier,
        read: { refill_rate: tier.read, bucket_capacity: tier.read * tier.readSeconds },
        write: { refill_rate: tier.write, bucket_capacity: tier.write * tier.writeSeconds },
        grants: [],
      });
    }
    if (call.path[1] !== 'endpoint_costs') return null;
    const root = '/trade-api/v2/portfolio';
    const endpoint_costs = [
      { method: 'DELETE', path: `${root}/events/orders/:order_id`, cost: 2 },
      { method: 'DELETE', path: `${root}/events/orders/batched`, cost: 2 },
      { method: 'GET', path: `${root}/orders/:order_id`, cost: 2 },
    ];
    return ok({ default_cost: 10, endpoint_costs });
  }
}

/** A refusal as the `error` of an answer. @throws whatever is not a refusal */
export function refusalBody(error: unknown): Record<string, unknown> {
  if (!(error instanceof Refusal)) throw error;
  return {
    code: error.code.replace(/^flat:/, ''),
    message: error.message,
    ...(error.details === '' ? {} : { details: error.details }),
  };
}
