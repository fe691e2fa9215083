import type { FeeSchedule, Grid, MarketStatus } from '../market/index.ts';
import type { Count, Price, Side, TimeUs } from '../units/index.ts';
import type { OrderGroup } from './groups.ts';
import type { Ladder } from './ladder.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { ExchangeFill, ExchangeOrder, ExchangeTrade } from './order.ts';
import type { Entry } from './record.ts';
import type { ExchangeRules } from './rules.ts';

/** A market as the exchange lists it. */
export interface Listing {
  readonly ticker: string;
  readonly eventTicker: string;
  readonly seriesTicker: string;
  title: string;
  readonly exchangeIndex: number;
  grid: Grid;
  /** What its series charges; events and scheduled changes may say otherwise (`FeeBook`). */
  fees: FeeSchedule;
  feeType: string;
  /** Decimal text; absent: `"1"`. */
  feeMultiplier?: string;
  /** Both as they were when it was listed; `FeeBook` notes them. */
  listedFees?: { readonly feeType: string; readonly multiplier: string };
  status: MarketStatus;
  openTime: TimeUs;
  closeTime: TimeUs;
  /** From the determination of its result to the payment of its holders; absent: 60. */
  readonly settlementSeconds?: number;
  /** `MECNET`: at most one market of the event ends in YES, and collateral for NO in several is returned. */
  readonly collateralReturn?: 'MECNET';
  /** Until then its trades cost no fee; absent: they do. */
  readonly feeWaiverUntil?: TimeUs;
  /** A recording moves it: its liquidity is not the exchange's to clear. */
  readonly recorded?: boolean;
}

/** What a market ended in. */
export interface Outcome {
  readonly result: 'yes' | 'no' | 'scalar';
  /** What a YES contract is worth; a NO contract is worth the complement. */
  readonly value: Price;
  readonly determinedTime: TimeUs;
  /** When holders are paid; 0 while it is disputed. */
  settleTime: TimeUs;
  /** When they were paid; 0 before. */
  settledTime: TimeUs;
}

/** A listed market with its book and its tape. */
export interface LiveMarket {
  readonly listing: Listing;
  readonly ladder: Ladder;
  readonly trades: ExchangeTrade[];
  volume: Count;
  lastPrice: Price;
  /** Absent until the result is known. */
  outcome?: Outcome;
}

/** Everything observers hear, in order. */
export interface ExchangeListener {
  delta(ticker: string, side: Side, price: Price, delta: Count, order: ExchangeOrder | null): void;
  trade(trade: ExchangeTrade): void;
  fill(fill: ExchangeFill): void;
  order(order: ExchangeOrder): void;
  position(userId: string, ticker: string, subaccount: number): void;
  group(group: OrderGroup, event: 'created' | 'triggered' | 'reset' | 'deleted' | 'limit_updated'): void;
  /** A message of the lifecycle channel. */
  lifecycle?(event: LifecycleEvent): void;
  /** Something that must outlive the process changed; comes before what tells clients of it. */
  record?(entry: Entry): void;
}

export interface ExchangeOptions {
  readonly now: () => TimeUs;
  readonly newId: () => string;
  /** Balance precision of every account, micro-dollars: 100 direct, 10,000 at a broker. Absent: the markets' schedules. */
  readonly precision?: number;
  /** Readings other than the defaults. */
  readonly rules?: Partial<ExchangeRules>;
}
