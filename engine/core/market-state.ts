import type { BookId, FeeSchedule, MarketStatus } from '../market/index.ts';
import type { QuietReason } from '../quoting/index.ts';
import type { Money, Side, TimeUs } from '../units/index.ts';

/** What the core knows of one market. */
export interface MarketState {
  readonly index: number;
  readonly ticker: string;
  /** -1 until the exchange described the market. */
  book: BookId;
  eventTicker: string;
  exchangeIndex: number;
  status: MarketStatus;
  closeTime: TimeUs;
  fees: FeeSchedule | null;
  /** The exchange told of other fees that make no sense: what a fill costs is not known. */
  feesUnknown: boolean;
  /** Its price grid changed and the book is not on the new one yet. */
  gridChanging: boolean;
  /** A snapshot arrived on this connection. */
  seen: boolean;
  /** Why the book is not to be trusted, '' when it is. */
  stale: string;
  staleSince: TimeUs;
  /** When the last delta and the last snapshot came, 0 for never. */
  deltaTime: TimeUs;
  snapshotTime: TimeUs;
  /** Since when something outside the book subscription says that the book has changed, 0 while nothing does. */
  hintTime: TimeUs;
  /** When the stream last told of the market's state, 0 for never. */
  statusTime: TimeUs;
  /** Its grid is not the one we opened its book on: not to be quoted, nor recovered, before a restart. */
  gridChanged: boolean;
  /** Why the strategy is not asked about it any more, '' while it is. */
  broken: string;
  /** Among those to be evaluated, or among those to be looked at again when time has passed. Set by the context. */
  dirty: boolean;
  waiting: boolean;
  /** P&L by the last book that could be trusted. */
  profit: Money;
  /** No creates on a side before this (the exchange refused one), and why each side is quiet. */
  readonly holdUntil: [TimeUs, TimeUs];
  readonly reasons: [QuietReason, QuietReason];
  /** The last words about each reason: a limit with its numbers, a refusal. */
  details: [string, string];
  /** The numbers behind each reason, as far as they came with it. */
  readonly measures: readonly [Measure, Measure];
}

/** The number behind a reason and the one that would clear it, in the reason's unit; NaN where there is none. */
export class Measure {
  has = Number.NaN;
  needs = Number.NaN;

  set(has: number, needs: number): void {
    this.has = has;
    this.needs = needs;
  }
}

/** A market of which nothing but its ticker is known. */
export function newMarket(index: number, ticker: string): MarketState {
  return {
    index,
    ticker,
    book: -1,
    eventTicker: '',
    exchangeIndex: 0,
    status: 'unknown',
    closeTime: 0 as TimeUs,
    fees: null,
    feesUnknown: false,
    gridChanging: false,
    seen: false,
    stale: '',
    staleSince: 0 as TimeUs,
    deltaTime: 0 as TimeUs,
    snapshotTime: 0 as TimeUs,
    hintTime: 0 as TimeUs,
    statusTime: 0 as TimeUs,
    gridChanged: false,
    broken: '',
    dirty: false,
    waiting: false,
    profit: 0 as Money,
    holdUntil: [0 as TimeUs, 0 as TimeUs],
    reasons: ['starting', 'starting'],
    details: ['', ''],
    measures: [new Measure(), new Measure()],
  };
}

/** Keep a side quiet for a while after a refusal, and say why. */
export function hold(market: MarketState, side: Side, until: TimeUs, detail: string): void {
  market.holdUntil[side] = until;
  market.reasons[side] = 'exchange_refused';
  market.details[side] = detail;
}

/** Its book can be trusted and is one that people trade on: what it says a position is worth is what it could be left at. */
export function isTradable(market: MarketState, now: TimeUs): boolean {
  const isOver = market.closeTime !== 0 && now >= market.closeTime;
  return market.book >= 0 && market.seen && market.stale === '' && market.status === 'active' && !isOver;
}
