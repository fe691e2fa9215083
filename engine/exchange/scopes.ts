import type { ApiKey } from './auth.ts';
import type { ApiCall } from './call.ts';
import { Refusal } from './order.ts';

/** Every scope a key may be given. A scope with `::` is a part of the one before it. */
export const SCOPES = [
  'read',
  'write',
  'read::block_trade_accept',
  'read::portfolio_balance',
  'write::trade',
  'write::transfer',
  'write::block_trade_accept',
] as const;

const PUBLIC = ['markets', 'events', 'series', 'exchange', 'incentive_programs'];

/** True where a call needs no signature, and no scope where it has one. */
export function isPublic(method: string, path: readonly string[]): boolean {
  return method === 'GET' && (PUBLIC.includes(path[0] ?? '') || path.join('/') === 'account/endpoint_costs');
}

/** The narrowest scope that a call needs. */
export function scopeOf(method: string, path: readonly string[]): (typeof SCOPES)[number] {
  const [head, second] = path;
  if (method === 'GET') return head === 'portfolio' && second === 'balance' ? 'read::portfolio_balance' : 'read';
  if (head === 'communications') return 'write::trade';
  if (head !== 'portfolio') return 'write';
  if (second === 'orders' || second === 'events' || second === 'order_groups') return 'write::trade';
  const moves = second?.includes('transfer') || path[2] === 'transfer' || second === 'target_balance_allocation';
  return moves ? 'write::transfer' : 'write';
}

/** Whether a key's scopes hold one that is needed, itself or the whole it is a part of. */
export function holds(key: ApiKey, scope: string): boolean {
  return key.scopes.includes(scope) || key.scopes.includes(scope.split('::')[0]!);
}

const RESTRICTED = 'this API key is restricted to a single sub-account and cannot access this endpoint';
const NAMES = ['subaccount', 'from_subaccount', 'to_subaccount', 'subaccount_number'];

/**
 * The call as a key may make it: one that is locked to a subaccount may name no other, and where it names none its own
 * is meant. @throws Refusal 403 where the key's scopes or its lock do not allow the call
 */
export function allowed(key: ApiKey, call: ApiCall): ApiCall {
  if (isPublic(call.method, call.path)) return call;
  const scope = scopeOf(call.method, call.path);
  if (!holds(key, scope)) throw forbidden(`this API key does not have the ${scope} scope`);
  if (key.subaccount === null || call.path[0] === 'account') return call;
  const [head, second] = call.path;
  if (head === 'api_keys' || (head === 'portfolio' && second === 'subaccounts')) throw forbidden(RESTRICTED);
  if (second?.startsWith('intra_exchange') || second === 'target_balance_allocation') throw forbidden(RESTRICTED);
  const query = new URLSearchParams(call.query);
  const named = query.get('subaccount');
  if (named !== null && Number(named) !== key.subaccount) throw forbidden(RESTRICTED);
  query.set('subaccount', String(key.subaccount));
  return { ...call, query, body: locked(call.body, key.subaccount), only: key.subaccount };
}

/** A body, and the items of its batch, with the subaccount filled in. @throws Refusal where another is named */
function locked(body: unknown, subaccount: number): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const fields = body as Readonly<Record<string, unknown>>;
  if (NAMES.some((name) => (fields[name] ?? subaccount) !== subaccount)) throw forbidden(RESTRICTED);
  const { orders } = fields;
  if (Array.isArray(orders)) return { ...fields, orders: orders.map((item) => locked(item, subaccount)) };
  return { ...fields, subaccount };
}

function forbidden(message: string): Refusal {
  return new Refusal(403, 'forbidden', message);
}
