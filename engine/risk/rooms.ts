import type { RiskContext } from './check.ts';
import { beyondMid, meets, shareOf } from './constraints.ts';
import type { MarketLimits } from './limits.ts';

const ALL = Number.POSITIVE_INFINITY;

/**
 * Contracts that each constraint lets through, in the order of `CONSTRAINTS`; what is not below the order's count is no
 * objection. One straight line, as it runs for every order: a function a constraint takes three times as long.
 */
export function roomsOf(l: MarketLimits, c: RiskContext, rooms: Float64Array): void {
  const held = c.held + c.sideExposure;
  let i = 0;
  // kill_level, bad_order
  rooms[i++] = c.killLevel === 0 ? ALL : c.killLevel === 1 ? c.closing : 0;
  rooms[i++] = yes(c.isOnGrid && Number.isSafeInteger(c.count));
  // order_size, order_value
  rooms[i++] = l.orderCount;
  rooms[i++] = l.orderValue === ALL ? ALL : Math.floor(l.orderValue / c.each);
  // price_band, would_cross, self_cross, duplicate
  rooms[i++] = yes(beyondMid(c) <= l.priceBand);
  rooms[i++] = yes(!meets(c, c.bookOpposite));
  rooms[i++] = yes(!meets(c, c.ownOpposite));
  rooms[i++] = yes(c.sameSentMs >= l.duplicateMs);
  // open_orders, resting_contracts
  rooms[i++] = yes(c.ordersInMarket < l.ordersPerMarket && c.ordersInAll < l.orders);
  rooms[i++] = l.resting - c.resting;
  // position_limit, market_risk
  rooms[i++] = l.position - held;
  rooms[i++] = within(l.marketRisk, c.marketWorst, c);
  // event, series, strategy, total: risk and contracts of each
  rooms[i++] = within(l.eventRisk - c.besidesEvent, c.eventWorst, c);
  rooms[i++] = l.eventContracts - c.othersEvent - held;
  rooms[i++] = within(l.seriesRisk - c.besidesSeries, c.eventWorst, c);
  rooms[i++] = l.seriesContracts - c.othersSeries - held;
  rooms[i++] = within(l.strategyRisk - c.besidesStrategy, c.eventWorst, c);
  rooms[i++] = l.strategyContracts - c.othersStrategy - held;
  rooms[i++] = within(l.totalRisk - c.besidesTotal, c.eventWorst, c);
  rooms[i++] = l.totalContracts - c.othersTotal - held;
  // capital_limit, balance, concentration
  rooms[i++] = c.closing + paidBy(Math.max(0, l.capital - c.capitalUsed), c.each, c.movedCount);
  rooms[i++] = c.closing + paidBy(c.available - l.cashReserve, c.each + c.feeEach, c.movedCount);
  rooms[i++] = within(shareOf(l, c), c.marketWorst, c);
  // message_rate, trades_per_day
  rooms[i++] = yes(c.rateWaitMs <= 0);
  rooms[i] = yes(c.tradesInDay < l.tradesPerDay);
}

function yes(allowed: boolean): number {
  return allowed ? ALL : 0;
}

/** Contracts that so much money pays for. What is moved counts at the larger of both sizes until that is answered. */
function paidBy(money: number, each: number, moved: number): number {
  if (money === ALL) return ALL;
  return each * moved > money ? 0 : Math.floor(money / each);
}

/** Contracts that may go while the outcomes they lose in lose no more than `most`. */
function within(most: number, worst: number, c: RiskContext): number {
  return most === ALL ? ALL : paidBy(Math.max(0, most) + worst, c.each, c.movedCount);
}
