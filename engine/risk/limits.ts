import type { Count, Money } from '../units/index.ts';

/** Limits of a level above the market: worst case in micro-dollars, contracts in 1e-2. Absent: none. */
export interface ScopeLimits {
  readonly maxRisk?: Money;
  readonly maxContracts?: Count;
}

/** What a market may have of its own instead of what holds for all. */
export interface MarketOverrides {
  readonly maxPosition?: Count;
  readonly maxOrderCount?: Count;
  readonly maxMarketRisk?: Money;
}

/** Pre-trade limits. Contracts in 1e-2, dollars in micro-dollars. What is absent is not limited. */
export interface RiskLimits {
  /** Most contracts held in one market either way, open orders counted as if they filled. */
  readonly maxPosition: Count;
  /** Largest single order, in contracts and by what it can lose. */
  readonly maxOrderCount: Count;
  readonly maxOrderValue?: Money;
  /** Most live orders in one market and in all, and contracts that may still fill in one market. */
  readonly maxOrdersPerMarket: number;
  readonly maxOrders: number;
  readonly maxRestingPerMarket?: Count;
  /** Most collateral that positions and live orders may need together. */
  readonly maxCapital: Money;
  /** How far beyond the mid an order may be priced to our disadvantage, 1e-4 dollars. */
  readonly priceBand: number;
  /** Most that one market may lose in its worse outcome, open orders filling as it hurts most. */
  readonly maxMarketRisk?: Money;
  /** The same share of what the account is worth, 0..1. */
  readonly maxEquityShare?: number;
  readonly event?: ScopeLimits;
  readonly series?: ScopeLimits;
  readonly strategy?: ScopeLimits;
  readonly total?: ScopeLimits;
  /** Cash left on a shard when everything that rests is paid for. */
  readonly cashReserve?: Money;
  /** New and moved orders a second in one market, over four seconds. */
  readonly messagesPerSecond?: number;
  /** Fills in 24 hours. */
  readonly maxTradesPerDay?: number;
  /** The same order is not sent twice within this. */
  readonly duplicateMs?: number;
  /** A book that should have changed and has not is not traded on after this. */
  readonly maxBookDoubtMs?: number;
  /** By ticker. */
  readonly overrides?: {
    readonly markets?: Readonly<Record<string, MarketOverrides>>;
    readonly events?: Readonly<Record<string, ScopeLimits>>;
    readonly series?: Readonly<Record<string, ScopeLimits>>;
  };
}

const NONE = Number.POSITIVE_INFINITY;

/** The limits in force for one market, all of them numbers: Infinity where there is none. */
export class MarketLimits {
  readonly position: number;
  readonly orderCount: number;
  readonly orderValue: number;
  readonly ordersPerMarket: number;
  readonly orders: number;
  readonly resting: number;
  readonly capital: number;
  readonly priceBand: number;
  readonly marketRisk: number;
  readonly equityShare: number;
  readonly eventRisk: number;
  readonly eventContracts: number;
  readonly seriesRisk: number;
  readonly seriesContracts: number;
  readonly strategyRisk: number;
  readonly strategyContracts: number;
  readonly totalRisk: number;
  readonly totalContracts: number;
  /** -Infinity: cash is not looked at. */
  readonly cashReserve: number;
  readonly tradesPerDay: number;
  readonly duplicateMs: number;

  constructor(limits: RiskLimits, ticker = '', eventTicker = '', seriesTicker = '') {
    const own = limits.overrides?.markets?.[ticker];
    const event = { ...limits.event, ...limits.overrides?.events?.[eventTicker] };
    const series = { ...limits.series, ...limits.overrides?.series?.[seriesTicker] };
    this.position = own?.maxPosition ?? limits.maxPosition;
    this.orderCount = own?.maxOrderCount ?? limits.maxOrderCount;
    this.orderValue = limits.maxOrderValue ?? NONE;
    this.ordersPerMarket = limits.maxOrdersPerMarket;
    this.orders = limits.maxOrders;
    this.resting = limits.maxRestingPerMarket ?? NONE;
    this.capital = limits.maxCapital;
    this.priceBand = limits.priceBand;
    this.marketRisk = own?.maxMarketRisk ?? limits.maxMarketRisk ?? NONE;
    this.equityShare = limits.maxEquityShare ?? NONE;
    this.eventRisk = event.maxRisk ?? NONE;
    this.eventContracts = event.maxContracts ?? NONE;
    this.seriesRisk = series.maxRisk ?? NONE;
    this.seriesContracts = series.maxContracts ?? NONE;
    this.strategyRisk = limits.strategy?.maxRisk ?? NONE;
    this.strategyContracts = limits.strategy?.maxContracts ?? NONE;
    this.totalRisk = limits.total?.maxRisk ?? NONE;
    this.totalContracts = limits.total?.maxContracts ?? NONE;
    this.cashReserve = limits.cashReserve ?? -NONE;
    this.tradesPerDay = limits.maxTradesPerDay ?? NONE;
    this.duplicateMs = limits.duplicateMs ?? 0;
  }
}
