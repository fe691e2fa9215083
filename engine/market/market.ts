import type { TimeUs } from '../units/index.ts';
import type { FeeSchedule } from './fees.ts';
import type { Grid } from './grid.ts';

/** A market's status as the exchange names it. An unknown word is kept and never traded on. */
export type MarketStatus =
  | 'initialized'
  | 'inactive'
  | 'active'
  | 'closed'
  | 'determined'
  | 'disputed'
  | 'amended'
  | 'finalized'
  | 'unknown';

/** What a market is: its names, its grid, where it is matched and when it ends. */
export interface MarketSpec {
  readonly ticker: string;
  readonly eventTicker: string;
  /** Matching-engine shard, >= 0. Sent explicitly with every write (it selects the bucket and saves the routing hop). */
  readonly exchangeIndex: number;
  readonly grid: Grid;
  readonly status: MarketStatus;
  /** Scheduled close; the exchange sends no event for it, so we keep our own clock. 0 where unknown. */
  readonly closeTime: TimeUs;
  readonly fees: FeeSchedule;
}
