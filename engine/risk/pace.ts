/** Messages saved up: a market that was quiet may send so many seconds' worth at once. */
const SAVED_SECONDS = 4;
const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;

/** How often orders may be sent in one market: so many a second, over four seconds. */
export class MessageRate {
  private readonly spacingUs: number;
  /** When all that was saved up is back, by market. */
  private readonly full: number[] = [];

  /** @param perSecond 0 or Infinity: as many as one likes */
  constructor(perSecond: number) {
    this.spacingUs = perSecond > 0 ? SECOND_US / perSecond : 0;
  }

  /** How long until the market may send another, milliseconds. */
  waitMs(market: number, nowUs: number): number {
    const full = this.full[market] ?? 0;
    return Math.max(0, full + this.spacingUs - nowUs - SAVED_SECONDS * SECOND_US) / 1000;
  }

  /** One was sent. */
  spent(market: number, nowUs: number): void {
    if (this.spacingUs === 0) return;
    for (let n = this.full.length; n <= market; n++) this.full.push(0);
    this.full[market] = Math.max(this.full[market]!, nowUs) + this.spacingUs;
  }
}

/** Whether there were as many trades within 24 hours as there may be. */
export class DayTrades {
  private readonly times: number[] = [];
  private next = 0;
  private readonly most: number;

  /** @param most Infinity: any number */
  constructor(most: number) {
    this.most = most;
  }

  traded(nowUs: number): void {
    if (this.most === Number.POSITIVE_INFINITY) return;
    this.times[this.next] = nowUs;
    this.next = (this.next + 1) % this.most;
  }

  /** There were that many in the last 24 hours. */
  reached(nowUs: number): boolean {
    if (this.times.length < this.most) return false;
    // The oldest of the last `most` is the next to be overwritten.
    return nowUs - this.times[this.next % this.times.length]! < DAY_US;
  }
}
