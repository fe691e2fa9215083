import { type Money, NO_MONEY } from '../units/index.ts';

/** When the levels are entered and how long the timed ones last. Money in micro-dollars, 0 for no limit. */
export interface LevelTerms {
  /** Loss since the exchange day began at which everything is pulled, and the share of it from which sizes are halved. */
  readonly maxDailyLoss: Money;
  readonly softLossShare: number;
  /** P&L of the day before this session began. */
  readonly carriedProfit: Money;
  /** Fall from the session's highest equity at which everything is pulled. */
  readonly maxDrawdown: Money;
  /** Fills a minute and market to be expected while nothing was seen, how many times the expected are too many in 15 s, and the least. */
  readonly fillsPerMinute: number;
  readonly fillFactor: number;
  readonly fillFloor: number;
  /** Fills in a row that have to be this many ticks worse after this long, for the market's pause. */
  readonly pickOffFills: number;
  readonly pickOffTicks: number;
  readonly pickOffAfterMs: number;
  readonly pickOffPauseMs: number;
  /** Refused share of the last 100 writes. */
  readonly rejectShare: number;
  /** Feed down, or a market's book not to be trusted, for this long. */
  readonly staleFeedMs: number;
  /** How far this machine's clock may be off. */
  readonly clockSkewMs: number;
  /** How long the event loop may stand still. */
  readonly loopStallMs: number;
  /** Timed causes are left this long after they last held. */
  readonly holdMs: number;
  /** Orders a market may need to be flattened, and how far beyond the mid each may be priced, 1e-4 dollars. */
  readonly flattenAttempts: number;
  readonly flattenBand: number;
}

export const LEVEL_DEFAULTS: LevelTerms = {
  maxDailyLoss: NO_MONEY,
  softLossShare: 0.6,
  carriedProfit: NO_MONEY,
  maxDrawdown: NO_MONEY,
  fillsPerMinute: 4,
  fillFactor: 5,
  fillFloor: 20,
  pickOffFills: 5,
  pickOffTicks: 2,
  pickOffAfterMs: 5000,
  pickOffPauseMs: 300_000,
  rejectShare: 0.05,
  staleFeedMs: 60_000,
  clockSkewMs: 2000,
  loopStallMs: 2000,
  holdMs: 30_000,
  flattenAttempts: 5,
  flattenBand: 1000,
};
