/** How long to wait between attempts. */
export interface BackoffConfig {
  /** Upper bound of the first wait, milliseconds. */
  readonly baseMs: number;
  /** Upper bound of any wait, milliseconds. */
  readonly capMs: number;
}

/**
 * Capped exponential backoff with full jitter: the n-th wait is uniform in [0, min(cap, base x 2^n)), so that many
 * clients dropped together do not come back together.
 */
export class Backoff {
  private readonly config: BackoffConfig;
  private readonly random: () => number;
  private failures = 0;

  /** @param random uniform in [0, 1) */
  constructor(config: BackoffConfig, random: () => number) {
    this.config = config;
    this.random = random;
  }

  /** The next wait in milliseconds; each call counts as one more failure. */
  nextMs(): number {
    const bound = Math.min(this.config.capMs, this.config.baseMs * 2 ** this.failures);
    if (bound < this.config.capMs) this.failures++;
    return this.random() * bound;
  }

  /** Things went well: start again from the base. */
  reset(): void {
    this.failures = 0;
  }
}
