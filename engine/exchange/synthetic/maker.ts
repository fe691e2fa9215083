import { ASK, BID, ONE_CONTRACT, type Side } from '../../units/index.ts';
import type { Random } from '../random.ts';
import { type Agent, widening } from './agent.ts';
import type { Desk, Resting } from './desk.ts';
import { logistic } from './probability.ts';
import type { Sight } from './sight.ts';

/** How background makers quote. Times in seconds, prices in cents. */
export interface MakerStyle {
  /** Half spread of each maker, before `widening`. */
  readonly halfSpreads: readonly number[];
  readonly levels: number;
  /** Mean contracts a level. */
  readonly size: number;
  /** Mean time between two looks at the market. */
  readonly refresh: number;
  /** How old the fair value is that it sees. */
  readonly lag: number;
  /** Standard deviation of its error about the log odds, and how long an error lasts. */
  readonly noise: number;
  readonly noiseSeconds: number;
  /** Shift of both quotes against the position, cents a contract. */
  readonly skew: number;
}

interface Quote {
  readonly resting: Resting;
  /** What was left of it at the last look. */
  seen: number;
}

/** Quotes both sides around a late and mistaken idea of the fair value, and leans against its position. */
export class Maker implements Agent {
  nextAt = 0;
  private readonly desk: Desk;
  private readonly sight: Sight;
  private readonly random: Random;
  private readonly style: MakerStyle;
  private readonly halfSpread: number;
  private readonly quotes: readonly [Quote[], Quote[]] = [[], []];
  private readonly sizes: Float64Array;
  private error: number;
  /** Contracts, negative when short of YES. */
  private position = 0;

  constructor(desk: Desk, sight: Sight, random: Random, style: MakerStyle, halfSpread: number) {
    this.desk = desk;
    this.sight = sight;
    this.random = random;
    this.style = style;
    this.halfSpread = halfSpread;
    this.sizes = new Float64Array(2 * style.levels);
    this.error = style.noise * random.normal();
  }

  act(now: number): void {
    const { style, random, desk } = this;
    this.nextAt = now + random.exponential(style.refresh);
    this.drift();
    for (let i = 0; i < this.sizes.length; i++) this.sizes[i] = Math.round(style.size * random.uniform(0.5, 1.5));
    for (const side of [BID, ASK] as const) this.count(side);
    const p = logistic(this.sight.logOdds(now - style.lag) + this.error);
    const centre = 10_000 * p - 100 * style.skew * this.position;
    const half = 100 * this.halfSpread * widening(p);
    const { grid } = desk;
    const bid = grid.floorLevel(centre - half);
    const ask = grid.ceilLevel(centre + half);
    // Both sides leave before either arrives: a maker does not stand in its own way.
    this.leave(BID, bid);
    this.leave(ASK, ask);
    for (const side of [BID, ASK] as const) {
      const wanted = side === BID ? bid : ask;
      if (wanted < 0) continue;
      const top = desk.passive(side, wanted);
      this.leave(side, top);
      this.arrive(side, top);
    }
  }

  /** Let the error move: the same step at every look, however long ago the last one was. */
  private drift(): void {
    const { noise, noiseSeconds, refresh } = this.style;
    const kept = Math.exp(-refresh / noiseSeconds);
    this.error = this.error * kept + noise * Math.sqrt(1 - kept * kept) * this.random.normal();
  }

  /** Learn of what has been bought and sold. */
  private count(side: Side): void {
    const quotes = this.quotes[side];
    for (const quote of quotes) {
      const { left } = quote.resting.entry;
      const filled = (quote.seen - left) / ONE_CONTRACT;
      this.position += side === BID ? filled : -filled;
      quote.seen = left;
    }
  }

  /** Cancel what is out of place, top being the wanted best level, or -1 for none. */
  private leave(side: Side, top: number): void {
    const quotes = this.quotes[side];
    let kept = 0;
    for (const quote of quotes) {
      const level = this.desk.grid.level(quote.resting.price);
      const depth = side === BID ? top - level : level - top;
      if (quote.seen > 0 && top >= 0 && depth >= 0 && depth < this.style.levels) quotes[kept++] = quote;
      else this.desk.cancel(quote.resting);
    }
    quotes.length = kept;
  }

  private arrive(side: Side, top: number): void {
    const { grid } = this.desk;
    const quotes = this.quotes[side];
    for (let depth = 0; depth < this.style.levels; depth++) {
      const level = side === BID ? top - depth : top + depth;
      if (level < 0 || level >= grid.levels) continue;
      const price = grid.price(level);
      if (quotes.some((q) => q.resting.price === price)) continue;
      const count = this.sizes[side * this.style.levels + depth]! * ONE_CONTRACT;
      const resting = this.desk.rest(side, level, count);
      if (resting === null) continue;
      const { left } = resting.entry;
      const filled = (count - left) / ONE_CONTRACT;
      this.position += side === BID ? filled : -filled;
      quotes.push({ resting, seen: left });
    }
  }
}
