import { NO_LEVEL } from '../../market/index.ts';
import { ASK, BID, ONE_CONTRACT, opposite, type Side } from '../../units/index.ts';
import type { Random } from '../random.ts';
import type { Agent } from './agent.ts';
import type { Desk } from './desk.ts';
import { SIZES, sizeOf } from './sizes.ts';

/** How those who know nothing take. */
export interface NoiseStyle {
  readonly perHour: number;
  /** Chance that one buys YES rather than NO: above one half for optimists. */
  readonly buysYes: number;
  readonly sizeScale: number;
}

/** Told of every taking agent that traded. */
export type TakeListener = (kind: 'noise' | 'informed', side: Side, count: number, now: number) => void;

/** Share of takers who accept a worse price than the best, by one to three ticks. */
const SLIPPING = 0.3;
/** They stay away from half spreads beyond this, 1e-4 dollars. */
const MOST_HALF_SPREAD = 1200;

/** Takers who come at random, know nothing and pay the spread. */
export class NoiseTakers implements Agent {
  nextAt: number;
  private readonly desk: Desk;
  private readonly random: Random;
  private readonly style: NoiseStyle;
  private readonly onTake: TakeListener;

  constructor(desk: Desk, random: Random, style: NoiseStyle, onTake: TakeListener) {
    this.desk = desk;
    this.random = random;
    this.style = style;
    this.onTake = onTake;
    this.nextAt = random.exponential(3600 / style.perHour);
  }

  act(now: number): void {
    const { random, style, desk } = this;
    this.nextAt = now + random.exponential(3600 / style.perHour);
    const side = random.next() < style.buysYes ? BID : ASK;
    const size = sizeOf(SIZES, random, style.sizeScale);
    const slips = random.next() < SLIPPING;
    const ticks = random.integer(1, 3);
    const bid = desk.best(BID);
    const ask = desk.best(ASK);
    if (bid !== null && ask !== null && (ask - bid) / 2 > MOST_HALF_SPREAD) return;
    const best = desk.ladder.best(opposite(side));
    if (best === NO_LEVEL) return;
    const reach = slips ? ticks : 0;
    const taken = desk.take(side, side === BID ? best + reach : best - reach, size * ONE_CONTRACT);
    if (taken > 0) this.onTake('noise', side, taken, now);
  }
}
