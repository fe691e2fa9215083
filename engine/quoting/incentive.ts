import { type FeeSchedule, tradeFee } from '../market/index.ts';
import type { Count, Price, TimeUs } from '../units/index.ts';

/**
 * Which level a bid's distance is counted from. `best`: the best bid (rules of February 2026). `oneFifth`: the first
 * level at which a fifth of the target size is reached (rules of 30 July 2026).
 */
export type IncentiveRule = 'best' | 'oneFifth';

/** A liquidity program of a market, as the exchange lists it. */
export interface Incentive {
  readonly from: TimeUs;
  readonly until: TimeUs;
  /** For the whole period and everybody together, 1e-4 dollars. */
  readonly periodReward: number;
  /** Contracts that have to stand on a side for it to count, 1e-2. */
  readonly target: Count;
  /** A bid's score per tick of distance, 0 to 1. */
  readonly discount: number;
}

/** One price level of bids: its price in 1e-4 dollars and its contracts, all of them and ours among them. */
export interface ScoredLevel {
  readonly price: number;
  readonly count: number;
  readonly ours: number;
}

/** A side's score in one snapshot: all bids', ours, and the price distance is counted from. */
export interface SideScore {
  readonly total: number;
  readonly ours: number;
  readonly reference: number;
}

/** The highest price a bid may have to qualify anything: at the last tick below a dollar the side is decided. */
const TOP = 9900;

/**
 * Score a side's bids (YES bids, or NO bids by their own prices), best first. Levels count as a whole until the target is
 * reached; null where it is not, or where the best bid stands at 99 cents.
 * @param tick distance between two levels, 1e-4 dollars
 */
export function sideScore(
  rule: IncentiveRule,
  levels: Iterable<ScoredLevel>,
  target: number,
  discount: number,
  tick = 100,
): SideScore | null {
  const counted: ScoredLevel[] = [];
  let sum = 0;
  let reference = Number.NaN;
  for (const level of levels) {
    if (counted.length === 0 && level.price >= TOP) return null;
    counted.push(level);
    sum += level.count;
    if (Number.isNaN(reference) && (rule === 'best' || sum * 5 >= target)) reference = level.price;
    if (sum >= target) break;
  }
  if (counted.length === 0 || sum < target) return null;
  let total = 0;
  let ours = 0;
  for (const { price, count, ours: own } of counted) {
    const weight = discount ** (Math.max(0, reference - price) / tick);
    total += weight * count;
    ours += weight * own;
  }
  return { total, ours, reference };
}

/**
 * Our part of one snapshot: the shares of both sides added, 0 to 2. Null where either side has no qualifying bids: the
 * snapshot does not count then.
 */
export function snapshotScore(yes: SideScore | null, no: SideScore | null): number | null {
  return yes === null || no === null ? null : yes.ours / yes.total + no.ours / no.total;
}

/** What our part of the snapshots comes to, 1e-4 dollars: rounded down to the cent, nothing below a dollar. */
export function payout(shareOfPeriod: number, periodReward: number, countedShare: number): number {
  const cents = Math.floor((shareOfPeriod * periodReward * countedShare) / 100 + 1e-9);
  return cents < 100 ? 0 : cents * 100;
}

/**
 * Exact maker fee of an order filled at once, 1e-4 dollars per contract. Fees are rounded up per fill, so that small
 * fills pay more each: a strategy that chooses price and size compares by this.
 */
export function makerFeeEach(fees: FeeSchedule, price: Price, count: Count): number {
  return tradeFee(fees, price, count, false) / count;
}
