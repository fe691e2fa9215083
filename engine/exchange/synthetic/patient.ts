import type { Grid } from '../../market/index.ts';
import { ASK, BID, ONE_CONTRACT } from '../../units/index.ts';
import type { Random } from '../random.ts';
import { type Agent, widening } from './agent.ts';
import type { Desk, Resting } from './desk.ts';
import { logistic } from './probability.ts';
import type { Sight } from './sight.ts';
import { SIZES, sizeOf } from './sizes.ts';

/** How patient traders place limit orders. Times in seconds, prices in cents. */
export interface PatientStyle {
  readonly perHour: number;
  /** Success probability of the geometric number of ticks they stand back, one at least. */
  readonly depth: number;
  /** Distance from their fair value, before `widening`. */
  readonly offset: number;
  readonly lag: number;
  readonly noise: number;
  /** Chance, every ten seconds, that an order is withdrawn which the fair value has passed. */
  readonly stale: number;
  readonly life: number;
  readonly sizeScale: number;
}

const CHECK_SECONDS = 10;

interface Order {
  readonly resting: Resting;
  readonly expiresAt: number;
  /** Looks at which it is found stale and left, before one that withdraws it. */
  patience: number;
}

/** Traders who wait: orders anchored to a late idea of the fair value, withdrawn when it has passed them, or in time. */
export class PatientTraders implements Agent {
  nextAt: number;
  private readonly desk: Desk;
  private readonly sight: Sight;
  private readonly random: Random;
  private readonly style: PatientStyle;
  private orders: Order[] = [];
  private arrivesAt: number;
  private checksAt = CHECK_SECONDS;

  constructor(desk: Desk, sight: Sight, random: Random, style: PatientStyle) {
    this.desk = desk;
    this.sight = sight;
    this.random = random;
    this.style = style;
    this.arrivesAt = random.exponential(3600 / style.perHour);
    this.nextAt = Math.min(this.arrivesAt, this.checksAt);
  }

  act(now: number): void {
    this.withdraw((order) => order.expiresAt <= now);
    if (this.checksAt <= now) {
      this.checksAt += CHECK_SECONDS;
      this.check(now);
    }
    if (this.arrivesAt <= now) {
      this.arrivesAt = now + this.random.exponential(3600 / this.style.perHour);
      this.arrive(now);
    }
    this.nextAt = Math.min(this.arrivesAt, this.checksAt);
    for (const { expiresAt } of this.orders) this.nextAt = Math.min(this.nextAt, expiresAt);
  }

  private arrive(now: number): void {
    const { random, style, desk } = this;
    const { grid } = desk;
    const side = random.next() < 0.5 ? BID : ASK;
    const p = logistic(this.sight.logOdds(now - style.lag) + style.noise * random.normal());
    const back = 1 + random.geometric(style.depth);
    const size = sizeOf(SIZES, random, style.sizeScale);
    const life = random.exponential(style.life);
    const patience = random.geometric(style.stale);
    const away = 100 * style.offset * widening(p);
    const level = side === BID ? nearest(grid, 10_000 * p - away) - back : nearest(grid, 10_000 * p + away) + back;
    if (level < 0 || level >= grid.levels) return;
    const resting = desk.rest(side, level, size * ONE_CONTRACT);
    if (resting === null) return;
    this.orders.push({ resting, expiresAt: now + life, patience });
  }

  private check(now: number): void {
    const fair = 10_000 * logistic(this.sight.logOdds(now - this.style.lag));
    this.withdraw((order) => {
      const { side, price, entry } = order.resting;
      if (entry.left <= 0) return true;
      const stale = side === BID ? price > fair : price < fair;
      return stale && order.patience-- <= 0;
    });
  }

  private withdraw(which: (order: Order) => boolean): void {
    let kept = 0;
    for (const order of this.orders) {
      if (which(order)) this.desk.cancel(order.resting);
      else this.orders[kept++] = order;
    }
    this.orders.length = kept;
  }
}

/** The level nearest to a price in 1e-4 dollars, the grid's first or last beyond its ends. */
function nearest(grid: Grid, price: number): number {
  const low = grid.floorLevel(price);
  const high = grid.ceilLevel(price);
  if (low < 0) return 0;
  if (high < 0 || high >= grid.levels) return grid.levels - 1;
  return price - grid.price(low) < grid.price(high) - price ? low : high;
}
