import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { type ExchangeOrder, Refusal } from './order.ts';

/** What may be done to an order that rests. */
export type Change = 'cancel' | 'decrease' | 'amend';

/** The market that a new order is for. @throws Refusal where it takes none */
export function tradable(exchange: Exchange, ticker: string): LiveMarket {
  exchange.tick();
  const market = exchange.markets.get(ticker);
  if (market === undefined) throw new Refusal(404, 'market_not_found');
  exchange.pauses.requireTrading(market.listing.exchangeIndex);
  requireActive(exchange, market);
  return market;
}

/** A user's order that rests where it may be changed so. @throws Refusal */
export function changeable(exchange: Exchange, userId: string, orderId: string, change: Change): ExchangeOrder {
  exchange.tick();
  const { rules, pauses } = exchange;
  const order = exchange.orders.get(orderId);
  if (order === undefined || order.userId !== userId) throw new Refusal(404, 'not_found');
  if (change === 'amend' || (change === 'decrease' && rules.pausedDecrease === 'refuse'))
    pauses.requireTrading(order.exchangeIndex);
  else pauses.requireOpen(order.exchangeIndex);
  const market = exchange.markets.get(order.ticker);
  // After the close every operation is refused alike, whatever became of the order.
  const spared = change !== 'amend' && rules.inactiveCancel === 'allow';
  if (market !== undefined && !(spared && market.listing.status === 'inactive')) requireActive(exchange, market);
  if (order.status !== 'resting') throw new Refusal(404, 'not_found');
  return order;
}

function requireActive({ rules }: Exchange, { listing: { status } }: LiveMarket): void {
  if (status === 'active') return;
  const open = status === 'initialized' || status === 'inactive';
  throw new Refusal(400, open ? 'market_inactive' : rules.closedCode);
}
