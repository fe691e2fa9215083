import { ASK, BID, ONE_CONTRACT } from '../../units/index.ts';
import type { Random } from '../random.ts';
import type { Agent } from './agent.ts';
import type { Desk } from './desk.ts';
import type { TakeListener } from './takers.ts';

/** How those who know the fair value take. Prices in cents, times in seconds. */
export interface InformedStyle {
  readonly perHour: number;
  /** What must be in it for them beyond the fee. */
  readonly edge: number;
  /** Mean contracts of an order. */
  readonly size: number;
  /** Mean number of them who race to the book when news breaks, and mean time they take. */
  readonly racers: number;
  readonly raceSeconds: number;
}

/** Taker fee rate of general series: 0.07 P (1 - P) dollars a contract. */
const FEE_RATE = 0.07;

/** Takers who know the fair value: they come at random, and in a race after news. */
export class InformedTakers implements Agent {
  nextAt: number;
  private readonly desk: Desk;
  /** Now's fair value. */
  private readonly fair: () => number;
  private readonly random: Random;
  private readonly style: InformedStyle;
  private readonly onTake: TakeListener;
  private arrivesAt: number;
  private racing: number[] = [];

  constructor(desk: Desk, fair: () => number, random: Random, style: InformedStyle, onTake: TakeListener) {
    this.desk = desk;
    this.fair = fair;
    this.random = random;
    this.style = style;
    this.onTake = onTake;
    this.arrivesAt = random.exponential(3600 / style.perHour);
    this.nextAt = this.arrivesAt;
  }

  news(now: number): void {
    const { random, style } = this;
    const racers = 1 + random.geometric(1 / style.racers);
    for (let i = 0; i < racers; i++) this.racing.push(now + random.exponential(style.raceSeconds));
    this.racing.sort((a, b) => a - b);
    this.plan();
  }

  act(now: number): void {
    if (this.racing.length > 0 && this.racing[0]! <= now) this.racing.shift();
    else this.arrivesAt = now + this.random.exponential(3600 / this.style.perHour);
    this.take(now, Math.ceil(this.random.exponential(this.style.size)));
    this.plan();
  }

  private plan(): void {
    this.nextAt = Math.min(this.arrivesAt, this.racing[0] ?? Number.POSITIVE_INFINITY);
  }

  private take(now: number, contracts: number): void {
    const { desk, style } = this;
    const { grid } = desk;
    const fair = 10_000 * this.fair();
    const ask = desk.best(ASK);
    const bid = desk.best(BID);
    for (const side of [BID, ASK] as const) {
      const price = side === BID ? ask : bid;
      if (price === null) continue;
      const cost = fee(price) + 100 * style.edge;
      if (side === BID ? fair - price <= cost : price - fair <= cost) continue;
      const limit = side === BID ? grid.floorLevel(fair - cost) : grid.ceilLevel(fair + cost);
      const taken = desk.take(side, limit, contracts * ONE_CONTRACT);
      if (taken > 0) this.onTake('informed', side, taken, now);
      return;
    }
  }
}

/** Taker fee of a contract at a price, both in 1e-4 dollars. */
function fee(price: number): number {
  return FEE_RATE * price * (1 - price / 10_000);
}
