/** An answer that took longer says too little about when the server wrote it. */
const MAX_TRAVEL_MS = 2_000;
/** A clock further off than this is to be set, not reckoned with: and what says so may be wrong itself. */
const MAX_OFFSET_MS = 30_000;

/**
 * How far the exchange's clock is ahead of this machine's, from the times it writes into its answers. An answer was
 * written between the moments its request left and it arrived here, which bounds the difference from both sides; many
 * answers together bound it closely. As long as no difference at all is possible, none is assumed.
 */
export class ClockOffset {
  private low = -MAX_OFFSET_MS;
  private high = MAX_OFFSET_MS;

  /** Milliseconds to add to this machine's clock. */
  get ms(): number {
    return this.low > 0 ? this.low : this.high < 0 ? this.high : 0;
  }

  /**
   * The exchange wrote a time between `fromMs` and `toMs` (one resolution apart) into the answer to a request that left
   * at `sentMs` and was answered at `receivedMs`.
   */
  observe(fromMs: number, toMs: number, sentMs: number, receivedMs: number): void {
    if (receivedMs < sentMs || receivedMs - sentMs > MAX_TRAVEL_MS) return;
    const low = Math.floor(fromMs - receivedMs);
    const high = Math.ceil(toMs - sentMs);
    if (!(low <= MAX_OFFSET_MS && high >= -MAX_OFFSET_MS)) return;
    const isConsistent = low <= this.high && high >= this.low;
    this.low = Math.max(low, isConsistent ? this.low : -MAX_OFFSET_MS);
    this.high = Math.min(high, isConsistent ? this.high : MAX_OFFSET_MS);
  }

  /** What was measured is not to be trusted any more. */
  forget(): void {
    this.low = -MAX_OFFSET_MS;
    this.high = MAX_OFFSET_MS;
  }
}
