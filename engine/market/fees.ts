/** Placeholder until the exact fee room lands. */
export interface FeeSchedule {
  /** Multiplier x role factor x 0.07, in 1e-9, for the liquidity taker. */
  readonly takerRateNano: number;
  /** The same for the maker; 0 on most series. */
  readonly makerRateNano: number;
  /** Balance precision in micro-dollars: 100 for direct members ($0.0001), 10,000 for broker accounts ($0.01). */
  readonly precision: number;
}
