import { ASK, BID } from '../../units/index.ts';
import type { Exchange } from '../exchange.ts';
import type { LiveMarket } from '../listing.ts';
import { Random } from '../random.ts';
import type { Agent } from './agent.ts';
import { Desk } from './desk.ts';
import { InformedTakers } from './informed.ts';
import { Maker } from './maker.ts';
import { PatientTraders } from './patient.ts';
import type { Preset } from './presets.ts';
import { Sight } from './sight.ts';
import { NoiseTakers, type TakeListener } from './takers.ts';
import type { Truth } from './truth.ts';

/** How long a market that does not trade is left alone before it is looked at again, seconds. */
const PAUSE_SECONDS = 1;

/** Where a market stands in its world. */
export interface Place {
  readonly truth: Truth;
  /** Which of its truth's markets it is. */
  readonly leg: number;
  /** When its agents come, a whole number of seconds since the world's opening. */
  readonly openAt: number;
}

/** One market of a synthetic world: its truth, and those who trade in it. */
export class SyntheticMarket {
  readonly ticker: string;
  readonly leg: number;
  /** When somebody acts next, seconds since the world's opening; Infinity once it is over. */
  nextAt = 0;
  private readonly exchange: Exchange;
  private readonly live: LiveMarket;
  private readonly truth: Truth;
  private readonly openAt: number;
  private readonly sight: Sight;
  private readonly agents: Agent[] = [];

  constructor(exchange: Exchange, ticker: string, place: Place, preset: Preset, seed: number, onTake: TakeListener) {
    const { truth, leg, openAt } = place;
    this.exchange = exchange;
    this.ticker = ticker;
    this.live = exchange.markets.get(ticker)!;
    this.truth = truth;
    this.leg = leg;
    this.openAt = openAt;
    this.sight = new Sight(this.fair);
    const desk = new Desk(exchange, this.live);
    const { sight } = this;
    // A stream of its own for every agent: what one draws never depends on what the others, or accounts, do.
    const random = (name: string): Random => new Random(seed, `${ticker}/${name}`);
    const fair = (): number => this.fair;
    const told: TakeListener = (kind, side, count, now) => onTake(kind, side, count, openAt + now);
    for (const [n, half] of preset.makers.halfSpreads.entries())
      this.agents.push(new Maker(desk, sight, random(`maker ${n}`), preset.makers, half));
    this.agents.push(
      new PatientTraders(desk, sight, random('patient'), preset.patient),
      new NoiseTakers(desk, random('noise'), preset.noise, told),
      new InformedTakers(desk, fair, random('informed'), preset.informed, told),
    );
    this.plan(openAt);
  }

  /** The true fair probability of YES now. */
  get fair(): number {
    return this.truth.fair[this.leg]!;
  }

  /** The truth has moved at `now`, a whole number of seconds or, after news by hand, any time. */
  moved(now: number, news: boolean): void {
    const local = now - this.openAt;
    this.sight.record(Math.floor(local), this.fair);
    if (!news || this.nextAt === Number.POSITIVE_INFINITY) return;
    for (const agent of this.agents) agent.news?.(local);
    this.plan(now);
  }

  /** Let the agent act whose turn it is. */
  act(): void {
    const now = this.nextAt;
    // Unless somebody acts: an exchange that stands still lets nobody.
    this.nextAt = now + PAUSE_SECONDS;
    const { status } = this.live.listing;
    if (status !== 'active' && status !== 'inactive') this.clear();
    this.exchange.onMarket(this.ticker, () => {
      if (this.live.listing.status !== 'active') return;
      const first = this.agents.find(({ nextAt }) => this.openAt + nextAt <= now)!;
      // Those whose time passed while the market stood still come now; else the agent's own time, which is not rounded.
      first.act(Math.max(first.nextAt, now - this.openAt));
      this.plan(now);
    });
  }

  /** Nobody acts any more, and nothing of the agents' rests. */
  end(): void {
    this.nextAt = Number.POSITIVE_INFINITY;
    this.clear();
  }

  private clear(): void {
    const { ladder } = this.live;
    for (const side of [BID, ASK] as const) {
      for (const level of [...ladder.levels(side)]) {
        for (const entry of [...ladder.queue(side, level)])
          if (entry.order === null) ladder.reduce(side, level, entry, entry.left);
      }
    }
  }

  private plan(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (const agent of this.agents) if (agent.nextAt < next) next = agent.nextAt;
    this.nextAt = Math.max(now, this.openAt + next);
  }
}
