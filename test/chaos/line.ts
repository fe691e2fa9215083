/** A book subscription as the frames that reached the engine tell of it. */
interface Sequence {
  last: number;
  /** Markets whose snapshot came since the last gap. */
  readonly fresh: Set<string>;
}

const HEAD = /"type":"(\w+)"/;
const SID = /"sid":(\d+)/;
const SEQ = /"seq":(\d+)/;
const TICKER = /"market_ticker":"([^"]+)"/;
/** More than a subscription ever counts to. */
const SPAN = 1e9;

/**
 * What may be known of the books over one feed connection, by the numbers of its frames alone: a witness that shares
 * nothing with the engine. A market is fresh from its snapshot to the next gap.
 */
export class LineWitness {
  /** The connection is up as far as the engine was told. */
  isUp = false;
  private readonly sequences = new Map<number, Sequence>();
  private current: Sequence | null = null;
  private emitted = 0;
  private delivered = 0;

  /** Everything the exchange has said of books has reached the engine, or is known to be missing. */
  get isCaughtUp(): boolean {
    return this.emitted === this.delivered;
  }

  isFresh(ticker: string): boolean {
    return this.isUp && this.current?.fresh.has(ticker) === true;
  }

  /** The exchange sends a frame of the book channel. */
  sent(text: string): void {
    this.emitted = Math.max(this.emitted, numberOf(text));
  }

  /** It reaches the engine; `isWhole`: as it was sent, else without what it says of its market. */
  arrived(text: string, isWhole: boolean): void {
    const type = HEAD.exec(text)?.[1] ?? '';
    const sid = Number(SID.exec(text)?.[1] ?? 0);
    if (type === 'subscribed') {
      this.delivered = Math.max(this.delivered, numberOf(text));
      this.current = { last: 0, fresh: new Set() };
      this.sequences.set(sid, this.current);
      return;
    }
    const sequence = this.sequences.get(sid);
    const seq = Number(SEQ.exec(text)?.[1] ?? 0);
    if (sequence === undefined || seq <= sequence.last) return;
    this.delivered = Math.max(this.delivered, numberOf(text));
    if (seq > sequence.last + 1) sequence.fresh.clear();
    sequence.last = seq;
    const ticker = TICKER.exec(text)?.[1] ?? '';
    if (!isWhole) sequence.fresh.delete(ticker);
    else if (type === 'orderbook_snapshot') sequence.fresh.add(ticker);
  }
}

function numberOf(text: string): number {
  return Number(SID.exec(text)?.[1] ?? 0) * SPAN + Number(SEQ.exec(text)?.[1] ?? 0);
}
