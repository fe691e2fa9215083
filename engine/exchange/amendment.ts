import { OFF_GRID } from '../market/index.ts';
import type { Count, Price, Side } from '../units/index.ts';
import { clientKey, refusePostOnly } from './admission.ts';
import type { Exchange } from './exchange.ts';
import { requireFunds } from './funds.ts';
import type { LiveMarket } from './listing.ts';
import { meetsOwn } from './matching.ts';
import { type ExchangeOrder, Refusal } from './order.ts';

/** What an amend asks for. */
export interface Amendment {
  readonly side: Side;
  readonly price: Price;
  /** Contracts filled so far plus those that should be left. */
  readonly total: Count;
  /** A new client order id, which must be unused. */
  readonly clientOrderId?: string;
}

/**
 * Change a resting order's price and total count. It keeps its place only when nothing but the count falls; otherwise it
 * leaves the book and comes back as an incoming order. @throws Refusal, the order then being as it was
 */
export function amendOrder(exchange: Exchange, market: LiveMarket, order: ExchangeOrder, to: Amendment): void {
  if (to.side !== order.side) throw new Refusal(400, 'order_side_mismatch');
  const left = (to.total - order.fillCount) as Count;
  if (left <= 0) throw new Refusal(400, 'invalid_order_size');
  const { grid } = market.listing;
  const level = grid.level(to.price);
  if (level === OFF_GRID) throw new Refusal(400, 'invalid_price');
  const keepsPlace = to.price === order.price && left <= order.remainingCount;
  const newId = to.clientOrderId ?? order.clientOrderId;
  if (newId !== order.clientOrderId && exchange.usedClientIds.has(clientKey(order.userId, newId)))
    throw new Refusal(409, 'order_already_exists');
  if (!keepsPlace) admit(exchange, market, order, to, left, level);
  if (newId !== order.clientOrderId) {
    exchange.usedClientIds.add(clientKey(order.userId, newId));
    order.clientOrderId = newId;
  }
  if (keepsPlace) {
    exchange.shrink(market, order, left, 'Amend');
    return;
  }
  const from = grid.level(order.price);
  const entry = market.ladder.entryOf(order.side, from, order)!;
  market.ladder.reduce(order.side, from, entry, entry.left);
  order.price = to.price;
  order.remainingCount = left;
  order.initialCount = to.total;
  exchange.enter(market, order, level, { rests: true, reason: 'Amend' });
}

/** @throws Refusal */
function admit(
  exchange: Exchange,
  market: LiveMarket,
  order: ExchangeOrder,
  to: Amendment,
  left: Count,
  level: number,
): void {
  if (order.postOnly && exchange.rules.amendPostOnly === 'refuse') refusePostOnly(market, order, level);
  if (
    exchange.rules.amendSelfCross === 'refuse' &&
    order.selfTrade === 'taker_at_cross' &&
    meetsOwn(market.ladder, order.side, level, left, order.userId)
  ) {
    throw new Refusal(400, 'self_cross_attempt');
  }
  const before = { price: order.price, remaining: order.remainingCount };
  order.price = to.price;
  order.remainingCount = left;
  try {
    requireFunds(exchange, market, order);
  } finally {
    order.price = before.price;
    order.remainingCount = before.remaining;
  }
}
