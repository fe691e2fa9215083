import type { TimeUs } from '../units/index.ts';
import type { IncentiveProgram } from './rest-incentives.ts';

/** A liquidity program to be listed from the exchange's start on. */
export interface IncentivePlan {
  /** Its market; null: one for each that is listed at the start. */
  readonly ticker: string | null;
  /** For the whole period, 1e-4 dollars. */
  readonly periodReward: number;
  /** Contracts that have to stand on a side, as the wire writes them. */
  readonly targetSize: string;
  /** A bid's score per tick of distance, basis points. */
  readonly discountFactorBps: number;
  readonly forSeconds: number;
}

/** A plan for a market there is not. The message is complete for a person. */
export class IncentivePlanError extends Error {}

/** The programs that plans come to. @throws IncentivePlanError */
export function programsOf(
  plans: readonly IncentivePlan[],
  tickers: readonly string[],
  from: TimeUs,
): IncentiveProgram[] {
  return plans.flatMap(({ ticker, forSeconds, ...terms }, n) => {
    if (ticker !== null && !tickers.includes(ticker))
      throw new IncentivePlanError(`--incentive: there is no market ${ticker}; there are ${tickers.join(', ')}`);
    const until = (from + forSeconds * 1_000_000) as TimeUs;
    return (ticker === null ? tickers : [ticker]).map((each) => ({
      id: `incentive-${n + 1}-${each}`,
      ticker: each,
      type: 'liquidity' as const,
      description: 'resting orders',
      from,
      until,
      paidOut: false,
      ...terms,
    }));
  });
}
