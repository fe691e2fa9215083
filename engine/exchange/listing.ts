import type { FeeSchedule, Grid, MarketStatus } from '../market/index.ts';
import type { Count, Price, Side, TimeUs } from '../units/index.ts';
import type { OrderGroup } from './groups.ts';
import type { Ladder } from './ladder.ts';
import type { ExchangeFill, ExchangeOrder, ExchangeTrade } from './order.ts';
import type { ExchangeRules } from './rules.ts';

/** A market as the exchange lists it. */
export interface Listing {
  readonly ticker: string;
  readonly eventTicker: string;
  readonly seriesTicker: string;
  readonly title: string;
  readonly exchangeIndex: number;
  readonly grid: Grid;
  readonly fees: FeeSchedule;
  readonly feeType: string;
  status: MarketStatus;
  openTime: TimeUs;
  closeTime: TimeUs;
  /** `MECNET`: at most one market of the event ends in YES, and collateral for NO in several is returned. */
  readonly collateralReturn?: 'MECNET';
}

/** A listed market with its book and its tape. */
export interface LiveMarket {
  readonly listing: Listing;
  readonly ladder: Ladder;
  readonly trades: ExchangeTrade[];
  volume: Count;
  lastPrice: Price;
}

/** Everything observers hear, in order. */
export interface ExchangeListener {
  delta(ticker: string, side: Side, price: Price, delta: Count, order: ExchangeOrder | null): void;
  trade(trade: ExchangeTrade): void;
  fill(fill: ExchangeFill): void;
  order(order: ExchangeOrder): void;
  position(userId: string, ticker: string): void;
  group(group: OrderGroup, event: 'created' | 'triggered' | 'reset' | 'deleted' | 'limit_updated'): void;
}

export interface ExchangeOptions {
  readonly now: () => TimeUs;
  readonly newId: () => string;
  /** Readings other than the defaults. */
  readonly rules?: Partial<ExchangeRules>;
}
