import { type Cost, TIERS } from './buckets.ts';
import { type ApiAnswer, type ApiCall, ok } from './call.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';
import { GroupApi } from './rest-groups.ts';
import { MarketApi } from './rest-markets.ts';
import { OrderApi, UUID } from './rest-orders.ts';
import { PortfolioApi } from './rest-portfolio.ts';
import { SubaccountApi } from './rest-subaccounts.ts';
import { TransferApi } from './rest-transfers.ts';

export { type ApiAnswer, type ApiCall, refusalBody } from './call.ts';

/** Every REST call that a trading client touches. Pure of sockets: a call in, an answer out. */
export class RestApi {
  private readonly tier: string;
  private readonly markets: MarketApi;
  private readonly groups: GroupApi;
  private readonly orders: OrderApi;
  private readonly portfolio: PortfolioApi;
  private readonly subaccounts: SubaccountApi;
  private readonly transfers: TransferApi;

  constructor(exchange: Exchange, tier: string, newId: () => string) {
    this.markets = new MarketApi(exchange);
    this.groups = new GroupApi(exchange, newId);
    this.orders = new OrderApi(exchange);
    this.portfolio = new PortfolioApi(exchange);
    this.subaccounts = new SubaccountApi(exchange, tier);
    this.transfers = new TransferApi(exchange);
    this.tier = tier;
  }

  /** True where a call needs no signature. */
  static isPublic(method: string, path: readonly string[]): boolean {
    if (method !== 'GET') return false;
    const head = path[0] ?? '';
    return ['markets', 'events', 'series', 'exchange'].includes(head) || path.join('/') === 'account/endpoint_costs';
  }

  /**
   * What a call costs. Cancelling everything costs what its single cancels would: `resting` is how many there are. An
   * order write that leaves its shard to be found is billed everywhere; a batch never goes to a shard's own bucket.
   */
  static cost(call: ApiCall, resting = 1): Cost {
    const { method, path } = call;
    if (method === 'GET') {
      const single = path[1] === 'orders' && path.length === 3 && UUID.test(path[2]!);
      return { bucket: 'read', tokens: single ? 2 : 10, shard: 0 };
    }
    const orders = path[0] === 'portfolio' && path[1] === 'events' && path[2] === 'orders';
    if (!orders) return { bucket: 'write', tokens: 10, shard: 0 };
    const each = method === 'DELETE' ? 2 : 10;
    if (path[3] === 'batched') {
      const list = fieldOf(call.body, 'orders');
      return { bucket: 'write', tokens: (Array.isArray(list) ? list.length : 1) * each, shard: 0 };
    }
    if (method === 'DELETE' && path.length === 3) return { bucket: 'write', tokens: resting * each, shard: 0 };
    return { bucket: 'write', tokens: each, shard: billedShard(call) };
  }

  /** Answer a call. @throws Refusal */
  answer(call: ApiCall): ApiAnswer {
    const result = this.route(call);
    if (result === null) throw new Refusal(404, 'text:404 page not found');
    return result;
  }

  private route(call: ApiCall): ApiAnswer | null {
    const [head, second, third] = call.path;
    if (head === 'account' || head === 'api_keys') return this.account(call);
    if (head !== 'portfolio') return this.markets.answer(call);
    if (second === 'order_groups') return this.groups.answer(call);
    if (second === 'subaccounts') return this.subaccounts.answer(call);
    if (second?.startsWith('intra_exchange_instance_transfer')) return this.transfers.answer(call);
    if (second === 'events') return third === 'orders' ? this.orders.answer(call) : null;
    return this.portfolio.answer(call);
  }

  private account(call: ApiCall): ApiAnswer | null {
    const path = call.path.join('/');
    if (call.method !== 'GET') return null;
    if (path === 'api_keys') return ok({ api_keys: [] });
    if (path === 'account/endpoint_costs') return ok({ default_cost: 10, endpoint_costs: COSTS });
    if (path !== 'account/limits') return null;
    const tier = TIERS[this.tier]!;
    return ok({
      usage_tier: this.tier,
      read: { refill_rate: tier.read, bucket_capacity: tier.read * tier.readSeconds },
      write: { refill_rate: tier.write, bucket_capacity: tier.write * tier.writeSeconds },
      grants: [],
    });
  }
}

const ROOT = '/trade-api/v2/portfolio';
const COSTS = [
  { method: 'DELETE', path: `${ROOT}/events/orders/:order_id`, cost: 2 },
  { method: 'DELETE', path: `${ROOT}/events/orders/batched`, cost: 2 },
  { method: 'GET', path: `${ROOT}/orders/:order_id`, cost: 2 },
];

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}

function billedShard({ method, body, query }: ApiCall): Cost['shard'] {
  const inQuery = method === 'DELETE';
  const shard = inQuery ? query.get('exchange_index') : fieldOf(body, 'exchange_index');
  const given = shard === null || shard === undefined ? -1 : Number(shard);
  if (given >= 0) return given;
  const ticker = inQuery ? query.get('market_ticker') : (fieldOf(body, 'ticker') ?? fieldOf(body, 'market_ticker'));
  // A cancel that names nothing is not looked for anywhere: it goes to shard 0.
  return given === -1 && (typeof ticker === 'string' || shard === -1 || shard === '-1') ? 'every' : 0;
}
