import type { Cost } from './buckets.ts';
import type { ApiCall } from './call.ts';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Tokens of every call that is not listed below. */
export const DEFAULT_COST = 10;

/** The shard whose write bucket pays for RFQs and quotes, wherever their market trades. */
const RFQ_SHARD = 1;

/** Calls that cost other than the default. A `:name` stands for a UUID. */
export const COSTS: readonly { readonly method: string; readonly path: string; readonly cost: number }[] = [
  { method: 'POST', path: 'account/api_usage_level/upgrade', cost: 30 },
  { method: 'POST', path: 'communications/quotes', cost: 2 },
  { method: 'DELETE', path: 'communications/quotes/:quote_id', cost: 2 },
  { method: 'GET', path: 'communications/quotes/:quote_id', cost: 2 },
  { method: 'DELETE', path: 'communications/rfqs/:rfq_id/quotes/:quote_id', cost: 2 },
  { method: 'GET', path: 'communications/rfqs/:rfq_id/quotes/:quote_id', cost: 2 },
  { method: 'PUT', path: 'communications/rfqs/:rfq_id/quotes/:quote_id/confirm', cost: 2 },
  { method: 'DELETE', path: 'portfolio/events/orders/:order_id', cost: 2 },
  { method: 'DELETE', path: 'portfolio/events/orders/batched', cost: 2 },
  { method: 'GET', path: 'portfolio/orders/:order_id', cost: 2 },
];

const SPLIT = COSTS.map((row) => ({ ...row, parts: row.path.split('/') }));

function listed(method: string, path: readonly string[]): number {
  const row = SPLIT.find(
    ({ parts, ...of }) =>
      of.method === method &&
      parts.length === path.length &&
      parts.every((part, i) => (part.startsWith(':') ? UUID.test(path[i]!) : part === path[i])),
  );
  return row?.cost ?? DEFAULT_COST;
}

/**
 * What a call costs. Cancelling everything costs what its single cancels would: `resting` is how many there are. An
 * order write that leaves its shard to be found is billed everywhere; a batch never goes to a shard's own bucket.
 */
export function costOf(call: ApiCall, resting = 1): Cost {
  const { method, path } = call;
  const tokens = listed(method, path);
  if (method === 'GET') return { bucket: 'read', tokens, shard: 0 };
  if (path[0] === 'communications') return { bucket: 'write', tokens, shard: RFQ_SHARD };
  const orders = path[0] === 'portfolio' && path[1] === 'events' && path[2] === 'orders';
  if (!orders) return { bucket: 'write', tokens, shard: 0 };
  const each = method === 'DELETE' ? 2 : DEFAULT_COST;
  if (path[3] === 'batched') {
    const list = fieldOf(call.body, 'orders');
    return { bucket: 'write', tokens: (Array.isArray(list) ? list.length : 1) * each, shard: 0 };
  }
  if (method === 'DELETE' && path.length === 3) return { bucket: 'write', tokens: resting * each, shard: 0 };
  return { bucket: 'write', tokens: each, shard: billedShard(call) };
}

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
