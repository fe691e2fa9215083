import { OFF_GRID } from '../market/index.ts';
import { BID, type Count } from '../units/index.ts';
import { invalidParameters } from './call.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { available } from './matching.ts';
import { type OrderRequest, Refusal } from './order.ts';

/** Everything that keeps a create from being accepted at all. @throws Refusal */
export function checkRequest(
  exchange: Exchange,
  userId: string,
  request: OrderRequest,
  market: LiveMarket,
  level: number,
): void {
  if (exchange.usedClientIds.has(clientKey(userId, request.clientOrderId)))
    throw new Refusal(409, 'order_already_exists');
  const shard = request.exchangeIndex ?? -1;
  if (shard !== -1 && shard !== market.listing.exchangeIndex && exchange.rules.wrongShardCreate === 'refuse')
    throw new Refusal(404, 'market_not_found');
  if (level === OFF_GRID) throw new Refusal(400, 'invalid_price');
  if (request.count <= 0) throw new Refusal(400, 'invalid_order_size');
  checkExpiration(exchange, request);
  checkGroup(exchange, userId, request, market);
  if (request.postOnly && exchange.rules.postOnlyCross === 'refuse') refusePostOnly(market, request, level);
  if (request.reduceOnly && request.timeInForce !== 'immediate_or_cancel') {
    throw new Refusal(400, 'invalid_order', 'invalid order', 'reduce only orders must be immediate or cancel');
  }
  if (request.timeInForce === 'fill_or_kill' && available(market.ladder, request.side, level) < request.count)
    throw new Refusal(409, 'fill_or_kill_insufficient_resting_volume');
}

/** The name under which a client order id is remembered. */
export function clientKey(userId: string, clientOrderId: string): string {
  return `${userId}/${clientOrderId}`;
}

/** @throws Refusal for a post-only order that would take liquidity */
export function refusePostOnly(market: LiveMarket, order: Pick<OrderRequest, 'side'>, level: number): void {
  if (market.ladder.crosses(order.side, level))
    throw new Refusal(400, 'invalid_order', 'invalid order', 'post only cross');
}

/** The end of the year 9999: what comes after has no RFC 3339 form. Milliseconds given for seconds are far beyond. */
const LATEST_SECONDS = 253_402_300_799;

function checkExpiration(exchange: Exchange, request: OrderRequest): void {
  const { expirationSeconds, timeInForce } = request;
  if (expirationSeconds === 0) return;
  if (expirationSeconds * 1_000_000 <= exchange.now())
    throw new Refusal(400, 'bad_request', 'Expiration timestamp must be in the future');
  if (expirationSeconds > LATEST_SECONDS)
    throw invalidParameters(`expiration_time is ${expirationSeconds}, expected Unix seconds`);
  if (timeInForce !== 'good_till_canceled')
    throw new Refusal(400, 'bad_request', `Cannot specify both ${timeInForce} and expiration_ts`);
}

function checkGroup(exchange: Exchange, userId: string, request: OrderRequest, market: LiveMarket): void {
  const { groupId, subaccount = 0 } = request;
  if (groupId === '') return;
  const group = exchange.groups.get(groupId);
  if (
    group === undefined ||
    group.userId !== userId ||
    group.exchangeIndex !== market.listing.exchangeIndex ||
    group.subaccount !== subaccount
  ) {
    throw new Refusal(404, 'order_group_not_found');
  }
  if (group.triggered) throw new Refusal(400, 'exceeded_order_group_risk_limit');
}

/** A reduce-only order is cut to what it can reduce, 0 where that is nothing. @throws Refusal as the rules say */
export function admittedCount(exchange: Exchange, userId: string, request: OrderRequest): Count {
  if (!request.reduceOnly) return request.count;
  const holdings = exchange.accountOrNone(userId, request.subaccount ?? 0)?.holdings;
  const position = holdings?.get(request.ticker)?.position ?? 0;
  const reducible = request.side === BID ? Math.max(0, -position) : Math.max(0, position);
  if (reducible === 0 && exchange.rules.reduceOnlyEmpty === 'refuse')
    throw new Refusal(400, 'invalid_order', 'invalid order', 'reduce only');
  return Math.min(request.count, reducible) as Count;
}
