/** What a scenario may do to the world behind a market: implemented by what makes synthetic liquidity. */
export interface WorldControl {
  /** Move the true value of a market by this much, logit, at once. */
  jump(ticker: string, byLogit: number): void;
  /** A market was listed: give it liquidity. */
  listed(ticker: string): void;
  /** A market has another grid: levels are numbered anew. */
  regridded(ticker: string): void;
}
