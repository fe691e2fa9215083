/**
 * What is true of one or several markets that belong together: the fair probability of each, a martingale, and in the end
 * the outcomes. Moves in steps of one second; draws from its own random stream only.
 */
export interface Truth {
  /** Fair probability of YES by market, in [0, 1]. */
  readonly fair: Float64Array;
  /** Let a second pass. True when news broke: the fair value jumped. */
  step(): boolean;
  /** Break news about one market by hand: its log odds move by `size`. */
  jump(market: number, size: number): void;
  /** Draw the outcomes given the present fair values: whether each market ends YES. Call once, at the end. */
  settle(): boolean[];
}

/** How fast a truth moves. */
export interface Diffusion {
  /** Standard deviation of the log odds over the square root of an hour. */
  readonly volatility: number;
  readonly jumpsPerHour: number;
  /** Scale of a jump of the log odds: its size is the absolute value of a normal with this standard deviation. */
  readonly jumpSize: number;
}
