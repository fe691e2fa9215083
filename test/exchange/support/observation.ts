import type { Preset } from '../../../engine/exchange/synthetic/presets.ts';
import { ASK, BID, type Side } from '../../../engine/units/index.ts';
import { Sample } from './sample.ts';
import { Simulation } from './simulation.ts';

export type TakerKind = 'noise' | 'informed';

/** Seconds after a trade at which the mid is looked at. */
export const HORIZONS = [1, 5, 30, 300] as const;

interface Take {
  readonly at: number;
  readonly mid: number;
  /** 1 bought YES, -1 sold it. */
  readonly sign: number;
  readonly contracts: number;
  readonly kind: TakerKind;
}

/** What is seen of one synthetic market. Prices in cents, sizes in contracts, times in seconds. */
export class Observation {
  /** Weighted by time. */
  readonly spread = new Sample();
  readonly touchSize = new Sample();
  /** How long both best prices stay. */
  readonly dwell = new Sample();
  /** Contracts of a taker's order that trades, however many it meets. */
  readonly takeSize = new Sample();
  /** Weighted by contracts, from here on. */
  readonly halfSpread = new Sample();
  /** What the makers gained against the true fair value. */
  readonly edge: Readonly<Record<TakerKind, Sample>> = { noise: new Sample(), informed: new Sample() };
  /** Change of the mid from before a trade, in the makers' favour, by horizon. */
  readonly markouts: Readonly<Record<TakerKind, readonly Sample[]>> = {
    noise: HORIZONS.map(() => new Sample()),
    informed: HORIZONS.map(() => new Sample()),
  };
  /** Changes of a level's displayed count. */
  bookEvents = 0;
  hours = 0;
  private bid = -1;
  private ask = -1;
  private bidSize = 0;
  private askSize = 0;
  private since = 0;
  private touchSince = 0;
  private mid = Number.NaN;
  private notional = 0;
  private readonly takes: Take[] = [];
  private readonly due = HORIZONS.map(() => 0);

  print(price: number, contracts: number): void {
    this.notional += (price / 100) * contracts;
  }

  take(kind: TakerKind, side: Side, contracts: number, fair: number, at: number): void {
    const sign = side === BID ? 1 : -1;
    const price = this.notional / contracts;
    this.notional = 0;
    this.takeSize.add(contracts);
    this.halfSpread.add(sign * (price - this.mid), contracts);
    this.edge[kind].add(sign * (price - 100 * fair), contracts);
    this.takes.push({ at, mid: this.mid, sign, contracts, kind });
  }

  /** Settle the markouts that fell due before `at`, while the book still is as it was. */
  before(at: number): void {
    for (const [h, horizon] of HORIZONS.entries()) {
      for (let take = this.takes[this.due[h]!]; take !== undefined && take.at + horizon < at; ) {
        this.markouts[take.kind][h]!.add(-take.sign * (this.mid - take.mid), take.contracts);
        take = this.takes[++this.due[h]!];
      }
    }
  }

  /** The touch now, prices -1 where a side is empty. */
  touch(bid: number, bidSize: number, ask: number, askSize: number, at: number): void {
    if (bid === this.bid && ask === this.ask && bidSize === this.bidSize && askSize === this.askSize) return;
    const span = at - this.since;
    if (this.bid > 0 && this.ask > 0) {
      this.spread.add(this.ask - this.bid, span);
      this.touchSize.add(this.bidSize, span);
      this.touchSize.add(this.askSize, span);
    }
    if (bid !== this.bid || ask !== this.ask) {
      if (this.touchSince > 0) this.dwell.add(at - this.touchSince);
      this.touchSince = at;
    }
    Object.assign(this, { bid, ask, bidSize, askSize, since: at });
    if (bid > 0 && ask > 0) this.mid = (bid + ask) / 2;
  }
}

export interface Observed {
  readonly markets: readonly Observation[];
  /** Times an agent acted. */
  readonly acts: number;
  readonly cpuSeconds: number;
}

/** Run markets of a preset through their life and watch them. */
export function observe(preset: Preset, count: number, seed: number): Observed {
  const seen = new Map<string, Observation>();
  let acts = 0;
  const simulation = new Simulation(preset, count, seed, {
    acted: (ticker, at) => {
      acts++;
      const market = seen.get(ticker)!;
      market.before(at);
      const { ladder, listing } = simulation.exchange.markets.get(ticker)!;
      const bid = ladder.best(BID);
      const ask = ladder.best(ASK);
      const price = (level: number): number => (level < 0 ? -1 : listing.grid.price(level) / 100);
      const size = (side: Side, level: number): number => (level < 0 ? 0 : ladder.total(side, level) / 100);
      market.touch(price(bid), size(BID, bid), price(ask), size(ASK, ask), at);
    },
    take: (ticker, kind, side, taken, at) =>
      seen.get(ticker)!.take(kind, side, taken / 100, simulation.world.fair(ticker), at),
  });
  for (const ticker of simulation.tickers) seen.set(ticker, new Observation());
  simulation.exchange.listeners.push({
    delta: (ticker) => {
      seen.get(ticker)!.bookEvents++;
    },
    trade: ({ ticker, price, count: contracts }) => seen.get(ticker)!.print(price, contracts / 100),
    fill: () => {},
    order: () => {},
    position: () => {},
    group: () => {},
  });
  const started = process.cpuUsage();
  simulation.world.advance(preset.hours * 3600);
  const { user, system } = process.cpuUsage(started);
  for (const market of seen.values()) market.hours = preset.hours;
  return { markets: [...seen.values()], acts, cpuSeconds: (user + system) / 1_000_000 };
}
