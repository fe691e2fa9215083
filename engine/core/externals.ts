import { type ExternalValue, ExternalValues } from '../quoting/index.ts';
import type { TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/** A market whose quotes depend on values from outside is asked again this often: their age is part of what it sees. */
const AGE_MS = 500;

/**
 * Numbers from outside, and which markets read which of them when they were last asked: a new number concerns nobody
 * else. One that only comes again, newer, makes nobody be asked: readers are looked at every `AGE_MS` as it is.
 */
export class Externals {
  private readonly ctx: Context;
  private readonly values = new ExternalValues();
  /** By name and market: the number of the market's asking in which it read the name. */
  private readonly readers = new Map<string, Map<MarketState, number>>();
  /** By market: how often it was asked, and the last time it read anything. */
  private readonly askings: number[] = [];
  private readonly lastRead: number[] = [];
  private asked: MarketState | null = null;
  private lookedAt = 0 as TimeUs;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** This market is about to be asked: what is read from now on it reads. */
  for(market: MarketState): this {
    this.asked = market;
    this.askings[market.index] = (this.askings[market.index] ?? 0) + 1;
    return this;
  }

  /** A value for the market that is asked now. */
  get(name: string, now: TimeUs): ExternalValue | null {
    const { asked } = this;
    if (asked !== null) {
      const asking = this.askings[asked.index]!;
      this.lastRead[asked.index] = asking;
      const readers = this.readers.get(name);
      if (readers === undefined) this.readers.set(name, new Map([[asked, asking]]));
      else readers.set(asked, asking);
    }
    return this.values.get(name, now);
  }

  /**
   * Take over a value of the moment `time`; a moment that is still to come counts as now.
   * @throws RangeError for what is not a number
   */
  set(name: string, value: number, time: TimeUs): void {
    const { ctx } = this;
    if (!this.values.set(name, value, time < ctx.now ? time : ctx.now)) return;
    const readers = this.readers.get(name);
    if (readers === undefined) return;
    for (const [market, asking] of readers) {
      if (this.askings[market.index] === asking) ctx.touch(market);
      else readers.delete(market);
    }
  }

  /** Time has passed: values are older now. */
  tick(): void {
    const { ctx } = this;
    if (!ctx.passed(this.lookedAt, AGE_MS)) return;
    this.lookedAt = ctx.now;
    for (const market of ctx.markets) {
      const read = this.lastRead[market.index];
      if (read !== undefined && read === this.askings[market.index]) ctx.touch(market);
    }
  }
}
