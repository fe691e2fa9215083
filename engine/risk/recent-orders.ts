const KEPT = 16;

/** The last few orders sent on a side of a market, to notice one that is sent twice. */
export class RecentOrders {
  private readonly times = new Float64Array(KEPT);
  private readonly prices = new Float64Array(KEPT);
  private readonly counts = new Float64Array(KEPT);
  private next = 0;

  /** An order was sent. */
  note(timeUs: number, price: number, count: number): void {
    this.times[this.next] = timeUs;
    this.prices[this.next] = price;
    this.counts[this.next] = count;
    this.next = (this.next + 1) % KEPT;
  }

  /** When the same order was last sent, 0 for not lately. */
  last(price: number, count: number): number {
    let last = 0;
    for (let i = 0; i < KEPT; i++) {
      if (this.prices[i] === price && this.counts[i] === count && this.times[i]! > last) last = this.times[i]!;
    }
    return last;
  }
}
