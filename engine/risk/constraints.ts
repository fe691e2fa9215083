import { BID } from '../units/index.ts';
import type { RiskContext } from './check.ts';
import type { MarketLimits } from './limits.ts';

/** The names of the checks. `ok` may not come with a smaller count. */
export type RiskCode =
  | 'ok'
  | 'kill_level'
  | 'bad_order'
  | 'order_size'
  | 'order_value'
  | 'price_band'
  | 'would_cross'
  | 'self_cross'
  | 'duplicate'
  | 'open_orders'
  | 'resting_contracts'
  | 'position_limit'
  | 'market_risk'
  | 'event_risk'
  | 'event_contracts'
  | 'series_risk'
  | 'series_contracts'
  | 'strategy_risk'
  | 'strategy_contracts'
  | 'total_risk'
  | 'total_contracts'
  | 'capital_limit'
  | 'balance'
  | 'concentration'
  | 'message_rate'
  | 'trades_per_day';

/** Units of values and limits: dollars are 1e-6, contracts 1e-2, cents 1e-4 dollars. */
export type RiskUnit = 'dollars' | 'contracts' | 'cents' | 'ms' | 'orders' | 'level' | 'trades' | '';

/** One named limit on the set of orders that would result. */
export interface Constraint {
  readonly name: RiskCode;
  /** A resize lets through what fits. A delay refuses until time has passed. */
  readonly action: 'reject' | 'resize' | 'delay';
  /** Contracts that only close a position pass whatever this says. */
  readonly sparesClosing: boolean;
  readonly unit: RiskUnit;
  /** How value has to stand to limit. */
  readonly must: 'at most' | 'at least' | 'below' | 'short of';
  /** The number that bound, had `count` contracts gone; and its limit. */
  value(limits: MarketLimits, context: RiskContext, count: number): number;
  limit(limits: MarketLimits, context: RiskContext): number;
}

const ALL = Number.POSITIVE_INFINITY;

/** What is lost in the outcomes in which this order loses, had it gone. */
function lostWith(worst: number, c: RiskContext, count: number): number {
  return Math.max(0, c.each * Math.max(count, c.movedCount) - worst);
}

type Terms = Pick<Constraint, 'name' | 'value' | 'limit'> & Partial<Constraint>;

const REJECT = { action: 'reject', sparesClosing: false, unit: '', must: 'at most' } as const;
const RESIZE = { ...REJECT, action: 'resize', sparesClosing: true } as const;
const rejects = (terms: Terms): Constraint => ({ ...REJECT, ...terms });
const resizes = (terms: Terms): Constraint => ({ ...RESIZE, ...terms });

type Level = 'event' | 'series' | 'strategy' | 'total';

/** Worst case of a level above the market: the event's, and what the level's other events lose. */
function riskOf(level: Level, most: (l: MarketLimits) => number, besides: (c: RiskContext) => number): Constraint {
  return resizes({
    name: `${level}_risk`,
    unit: 'dollars',
    value: (_, c, count) => besides(c) + lostWith(c.eventWorst, c, count),
    limit: most,
  });
}

/** Most contracts of a level above the market, all its markets added up. */
function contractsOf(level: Level, most: (l: MarketLimits) => number, others: (c: RiskContext) => number): Constraint {
  return resizes({
    name: `${level}_contracts`,
    unit: 'contracts',
    value: (_, c, count) => others(c) + c.held + c.sideExposure + count,
    limit: most,
  });
}

/**
 * Every constraint, in order of evaluation. What is not here: states of the market, the feed and the session are asked
 * first, by the gate in `core/trader.ts`, and pull what rests as well.
 */
export const CONSTRAINTS: readonly Constraint[] = [
  resizes({
    name: 'kill_level',
    sparesClosing: false,
    unit: 'level',
    value: (_, c) => c.killLevel,
    limit: () => 0,
  }),
  rejects({
    name: 'bad_order',
    value: (_, c) => c.price,
    limit: () => 0,
  }),
  resizes({
    name: 'order_size',
    sparesClosing: false,
    unit: 'contracts',
    value: (_, _c, count) => count,
    limit: (l) => l.orderCount,
  }),
  resizes({
    name: 'order_value',
    sparesClosing: false,
    unit: 'dollars',
    value: (_, c, count) => c.each * count,
    limit: (l) => l.orderValue,
  }),
  rejects({
    name: 'price_band',
    unit: 'cents',
    value: (_, c) => beyondMid(c),
    limit: (l) => l.priceBand,
  }),
  rejects({
    name: 'would_cross',
    unit: 'cents',
    must: 'short of',
    value: (_, c) => c.price,
    limit: (_, c) => c.bookOpposite,
  }),
  rejects({
    name: 'self_cross',
    unit: 'cents',
    must: 'short of',
    value: (_, c) => c.price,
    limit: (_, c) => c.ownOpposite,
  }),
  rejects({
    name: 'duplicate',
    unit: 'ms',
    must: 'at least',
    value: (_, c) => c.sameSentMs,
    limit: (l) => l.duplicateMs,
  }),
  rejects({
    name: 'open_orders',
    unit: 'orders',
    must: 'below',
    value: (l, c) => (c.ordersInMarket < l.ordersPerMarket ? c.ordersInAll : c.ordersInMarket),
    limit: (l, c) => (c.ordersInMarket < l.ordersPerMarket ? l.orders : l.ordersPerMarket),
  }),
  rejects({
    name: 'resting_contracts',
    unit: 'contracts',
    value: (_, c, count) => c.resting + count,
    limit: (l) => l.resting,
  }),
  resizes({
    name: 'position_limit',
    unit: 'contracts',
    value: (_, c, count) => c.held + c.sideExposure + count,
    limit: (l) => l.position,
  }),
  resizes({
    name: 'market_risk',
    unit: 'dollars',
    value: (_, c, count) => lostWith(c.marketWorst, c, count),
    limit: (l) => l.marketRisk,
  }),
  riskOf(
    'event',
    (l) => l.eventRisk,
    (c) => c.besidesEvent,
  ),
  contractsOf(
    'event',
    (l) => l.eventContracts,
    (c) => c.othersEvent,
  ),
  riskOf(
    'series',
    (l) => l.seriesRisk,
    (c) => c.besidesSeries,
  ),
  contractsOf(
    'series',
    (l) => l.seriesContracts,
    (c) => c.othersSeries,
  ),
  riskOf(
    'strategy',
    (l) => l.strategyRisk,
    (c) => c.besidesStrategy,
  ),
  contractsOf(
    'strategy',
    (l) => l.strategyContracts,
    (c) => c.othersStrategy,
  ),
  riskOf(
    'total',
    (l) => l.totalRisk,
    (c) => c.besidesTotal,
  ),
  contractsOf(
    'total',
    (l) => l.totalContracts,
    (c) => c.othersTotal,
  ),
  resizes({
    name: 'capital_limit',
    unit: 'dollars',
    value: (_, c, count) => c.capitalUsed + c.each * (count - c.closing),
    limit: (l) => l.capital,
  }),
  rejects({
    name: 'balance',
    sparesClosing: true,
    unit: 'dollars',
    must: 'at least',
    value: (_, c, count) => c.available - (c.each + c.feeEach) * (count - c.closing),
    limit: (l) => l.cashReserve,
  }),
  resizes({
    name: 'concentration',
    unit: 'dollars',
    value: (_, c, count) => lostWith(c.marketWorst, c, count),
    limit: (l, c) => shareOf(l, c),
  }),
  rejects({
    name: 'message_rate',
    action: 'delay',
    unit: 'ms',
    value: (_, c) => c.rateWaitMs,
    limit: () => 0,
  }),
  rejects({
    name: 'trades_per_day',
    sparesClosing: true,
    unit: 'trades',
    must: 'below',
    value: (_, c) => c.tradesInDay,
    limit: (l) => l.tradesPerDay,
  }),
];

/** How much worse than the mid the price is for us; below zero on the safe side of it, and without a mid. */
export function beyondMid(c: RiskContext): number {
  if (Number.isNaN(c.mid)) return -1;
  return c.side === BID ? c.price - c.mid : c.mid - c.price;
}

/** It reaches this price of the other side, 0 for none. */
export function meets(c: RiskContext, other: number): boolean {
  return other !== 0 && (c.side === BID ? c.price >= other : c.price <= other);
}

/** The share of what the account is worth that one market may lose; Infinity where there is no such limit. */
export function shareOf(l: MarketLimits, c: RiskContext): number {
  return l.equityShare === ALL || c.equity === ALL ? ALL : Math.max(0, l.equityShare * c.equity);
}
