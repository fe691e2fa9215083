/**
 * Where a cancel from a level is thought to come from: the chance that it lay behind an order with `f` contracts before
 * it and `b` behind it.
 * - `riskAverse`: always behind; the most pessimistic.
 * - `power1`: b^n / (b^n + f^n). `power2`: b^n / (b + f)^n. `power3`: 1 - (f / (f + b))^n.
 * - `log1`: ln(1 + b) / (ln(1 + b) + ln(1 + f)). `log2`: ln(1 + b) / ln(1 + b + f).
 * All give 1 at the head of the queue and 0 at its end.
 */
export type QueueModel = 'riskAverse' | 'power1' | 'power2' | 'power3' | 'log1' | 'log2';

/** A model and its exponent (powers only). */
export interface QueueTerms {
  readonly model: QueueModel;
  readonly n: number;
}

/** How long a decrease of a level may wait for the trade that explains it. */
const MATCH_US = 1_000_000;

/** The chance that a cancel lay behind us. `front` and `back` in contracts or hundredths, not negative. */
export function behindShare({ model, n }: QueueTerms, front: number, back: number): number {
  const share = rawShare(model, n, front, back);
  return Number.isFinite(share) ? share : 1;
}

function rawShare(model: QueueModel, n: number, f: number, b: number): number {
  switch (model) {
    case 'riskAverse':
      return 1;
    case 'power1':
      return b ** n / (b ** n + f ** n);
    case 'power2':
      return (b / (b + f)) ** n;
    case 'power3':
      return 1 - (f / (f + b)) ** n;
    case 'log1':
      return Math.log1p(b) / (Math.log1p(b) + Math.log1p(f));
    case 'log2':
      return Math.log1p(b) / Math.log1p(b + f);
  }
}

/**
 * How many contracts stand before one order of ours, from the book and the tape. Sizes are 1e-2 contracts, not
 * necessarily whole, and of everybody but this order. A trade at our price comes off the front; what else leaves the
 * level is divided by the model. A decrease and the trade behind it come in either order: a trade takes back what the
 * decrease was thought to be.
 */
export class QueueEstimate {
  front: number;
  private level: number;
  private readonly terms: QueueTerms;
  /** Traded at our price since the level last changed. */
  private traded = 0;
  /** The last decrease as far as no trade has explained it. */
  private openFront = 0;
  private openLevel = 0;
  private openSize = 0;
  private openTime = 0;

  /** @param front what stood at the level when the order came */
  constructor(terms: QueueTerms, front: number, level: number = front) {
    this.terms = terms;
    this.front = front;
    this.level = level;
  }

  /** A trade at our price took contracts of our side. Time in microseconds. */
  trade(count: number, time: number): void {
    if (this.openSize >= count && time - this.openTime <= MATCH_US) {
      const left = this.openSize - count;
      this.front = Math.max(0, this.openFront - count);
      this.openLevel -= count;
      this.openFront = this.front;
      this.openSize = left;
      this.leave(this.openLevel, left);
      return;
    }
    this.front = Math.max(0, this.front - count);
    this.traded += count;
  }

  /** A trade went past our price: nobody stands before us. */
  tradeThrough(): void {
    this.front = 0;
  }

  /** The level has changed to this size. */
  resize(size: number, time: number): void {
    const left = this.level - size - this.traded;
    const before = this.level - this.traded;
    // What was traded and is not off the level yet is still to come off it.
    this.traded = left < 0 && size < this.level ? -left : 0;
    this.level = size;
    if (left > 0) {
      this.openFront = this.front;
      this.openLevel = before;
      this.openSize = left;
      this.openTime = time;
      this.leave(before, left);
    }
    this.front = Math.min(this.front, size);
  }

  /** Another order of ours at the level came, went or changed: `isBefore` says where it stands. */
  moved(size: number, delta: number, isBefore: boolean): void {
    this.level = size;
    if (isBefore) this.front = Math.max(0, this.front + Math.min(0, delta));
    this.front = Math.min(this.front, size);
  }

  /** The exchange says how many stand before us; returns how far off the estimate was. */
  correct(front: number): number {
    const error = this.front - front;
    this.front = front;
    this.openSize = 0;
    return error;
  }

  private leave(level: number, count: number): void {
    if (this.terms.model !== 'riskAverse') {
      const back = Math.max(0, level - this.front);
      const behind = behindShare(this.terms, this.front, back);
      this.front += -(1 - behind) * count + Math.min(back - behind * count, 0);
    }
    this.front = Math.max(0, Math.min(this.front, level - count));
  }
}
