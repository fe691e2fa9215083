import { type FeeSchedule, tradeFee } from '../market/index.ts';
import { BID, type Count, type Money, money } from '../units/index.ts';
import { type Account, reserved } from './account.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { type ExchangeOrder, Refusal } from './order.ts';

/**
 * Cash held back by an account's resting orders on a shard. `extra` is counted besides, as an order that may take liquidity:
 * at its limit an order costs the most, since price + fee grows with the price.
 */
export function reservedOn(exchange: Exchange, account: Account, shard: number, extra: ExchangeOrder | null): Money {
  return heldBack(exchange, account, shard, extra, exchange.rules.reserveFees);
}

/** The collateral alone of an account's resting orders on a shard. */
export function collateralOn(exchange: Exchange, account: Account, shard: number): Money {
  return heldBack(exchange, account, shard, null, false);
}

function heldBack(
  exchange: Exchange,
  account: Account,
  shard: number,
  extra: ExchangeOrder | null,
  withFees: boolean,
): Money {
  const byTicker = new Map<string, ExchangeOrder[]>();
  const count = (order: ExchangeOrder): void => {
    const known = byTicker.get(order.ticker);
    if (known === undefined) byTicker.set(order.ticker, [order]);
    else known.push(order);
  };
  for (const order of exchange.restingOf(account.userId)) {
    const counts = order.exchangeIndex === shard && order.subaccount === account.subaccount;
    if (counts && order !== extra) count(order);
  }
  if (extra !== null) count(extra);
  let sum = 0;
  for (const [ticker, orders] of byTicker) {
    const market = exchange.markets.get(ticker)!;
    const schedule = exchange.fees.of(market.listing, account);
    // Closing NO whose collateral was returned gives back a dollar for the complement of the price.
    const netted = (account.netted.get(market.listing.eventTicker)?.returned ?? 0) > 0;
    sum += reserved(
      account.holdings.get(ticker)?.position ?? (0 as Count),
      orders,
      (order, opening) => (withFees ? feeAtMost(schedule, order, opening, order === extra) : 0),
      (order) => (netted && order.side === BID ? order.price : 0),
    );
  }
  return money(sum);
}

/** Fee of the whole opening part at the order's limit, rounded as a balance is. */
function feeAtMost(fees: FeeSchedule, order: ExchangeOrder, opening: Count, mayTake: boolean): number {
  const fee = Math.max(
    tradeFee(fees, order.price, opening, false),
    mayTake ? tradeFee(fees, order.price, opening, true) : 0,
  );
  return Math.ceil(fee / fees.precision) * fees.precision;
}

/** @throws Refusal when the account's cash on the market's shard does not cover its orders and this one */
export function requireFunds(exchange: Exchange, market: LiveMarket, order: ExchangeOrder): void {
  const shard = market.listing.exchangeIndex;
  const account = exchange.accountOrNone(order.userId, order.subaccount);
  if (!account?.cash.has(shard))
    throw new Refusal(404, 'user_not_found', 'user not found', 'Exchange Sharding: fund the shard first');
  if (reservedOn(exchange, account, shard, order) > account.cashOn(shard))
    throw new Refusal(400, 'insufficient_balance');
}
