import { type ApiAnswer, type ApiCall, subaccountParameter } from '../call.ts';
import type { Exchange } from '../exchange.ts';
import { statusBody } from '../rest-exchange.ts';
import type { FaultInjector } from './injector.ts';

/** The answer to a call that meets an outage of the plan: of the whole exchange or of a shard. Null: it meets none. */
export function outage(
  at: { readonly exchange: Exchange; elapsedMs(): number },
  injector: FaultInjector,
  call: ApiCall,
): ApiAnswer | null {
  const { exchange } = at;
  const elapsedMs = at.elapsedMs();
  const path = `/${call.path.join('/')}`;
  const asksStatus = path === '/exchange/status';
  if (injector.inMaintenance(elapsedMs)) {
    injector.note('maintenance', `${call.method} ${path}`);
    return asksStatus ? { status: 503, body: { exchange_active: false, trading_active: false } } : UNAVAILABLE;
  }
  const down = injector.shardsDown(elapsedMs);
  if (down.size === 0) return null;
  if (asksStatus) return { status: 200, body: statusBody(exchange, down) };
  if (call.method === 'GET' || !shardsOf(exchange, call).some((shard) => down.has(shard))) return null;
  injector.note('shard down', `${call.method} ${path}`);
  return UNAVAILABLE;
}

const UNAVAILABLE: ApiAnswer = {
  status: 503,
  body: { error: { code: 'service_unavailable', message: 'service unavailable' } },
};

/** The shards a write touches: named, or found by market, order or group. Of a batch, those of all its items. */
function shardsOf(exchange: Exchange, { path, query, body, userId }: ApiCall): number[] {
  const items = fieldsOf(body)['orders'];
  const parts = Array.isArray(items) ? items.map(fieldsOf) : [fieldsOf(body)];
  const found = parts.flatMap((part) => {
    const ticker = query.get('market_ticker') ?? part['ticker'] ?? part['market_ticker'];
    const market = typeof ticker === 'string' ? exchange.markets.get(ticker) : undefined;
    const id = String(part['order_id'] ?? path[3] ?? path[2] ?? '');
    const shard = query.get('exchange_index') ?? part['exchange_index'];
    const place = market?.listing.exchangeIndex ?? exchange.orders.get(id)?.exchangeIndex;
    const group = exchange.groups.get(path[2] ?? '')?.exchangeIndex;
    const ends = [part['source_exchange_shard'], part['destination_exchange_shard']];
    if (path[1] === 'intra_exchange_instance_transfer') return ends.map((end) => Number(end ?? 0));
    return [place ?? group ?? (shard === undefined || shard === null ? 0 : Number(shard))];
  });
  const cancelsAll = path.join('/') === 'portfolio/events/orders' && body === undefined;
  return cancelsAll ? exchange.restingOf(userId, subaccountParameter(query)).map((o) => o.exchangeIndex) : found;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
