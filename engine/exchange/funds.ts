import { tradeFee } from '../market/index.ts';
import { type Count, type Money, money } from '../units/index.ts';
import { reserved } from './account.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { type ExchangeOrder, Refusal } from './order.ts';

/**
 * Cash held back by a user's resting orders on a shard. `extra` is counted besides, as an order that may take liquidity:
 * at its limit an order costs the most, since price + fee grows with the price.
 */
export function reservedOn(exchange: Exchange, userId: string, shard: number, extra: ExchangeOrder | null): Money {
  const byTicker = new Map<string, ExchangeOrder[]>();
  const count = (order: ExchangeOrder): void => {
    const known = byTicker.get(order.ticker);
    if (known === undefined) byTicker.set(order.ticker, [order]);
    else known.push(order);
  };
  for (const order of exchange.restingOf(userId)) if (order.exchangeIndex === shard && order !== extra) count(order);
  if (extra !== null) count(extra);
  const account = exchange.account(userId);
  let sum = 0;
  for (const [ticker, orders] of byTicker) {
    const market = exchange.markets.get(ticker)!;
    sum += reserved(account.holding(ticker).position, orders, (order, opening) =>
      exchange.rules.reserveFees ? feeAtMost(market, order, opening, order === extra) : 0,
    );
  }
  return money(sum);
}

/** Fee of the whole opening part at the order's limit, rounded as a balance is. */
function feeAtMost(market: LiveMarket, order: ExchangeOrder, opening: Count, mayTake: boolean): number {
  const { fees } = market.listing;
  const fee = Math.max(
    tradeFee(fees, order.price, opening, false),
    mayTake ? tradeFee(fees, order.price, opening, true) : 0,
  );
  return Math.ceil(fee / fees.precision) * fees.precision;
}

/** @throws Refusal when the user's cash on the market's shard does not cover its orders and this one */
export function requireFunds(exchange: Exchange, market: LiveMarket, order: ExchangeOrder): void {
  const shard = market.listing.exchangeIndex;
  const account = exchange.account(order.userId);
  if (!account.cash.has(shard))
    throw new Refusal(404, 'user_not_found', 'user not found', 'Exchange Sharding: fund the shard first');
  if (reservedOn(exchange, order.userId, shard, order) > account.cashOn(shard))
    throw new Refusal(400, 'insufficient_balance');
}
