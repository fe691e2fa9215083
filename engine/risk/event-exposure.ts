import type { MarketExposure } from './market-exposure.ts';
import { OutcomeSet } from './outcome-set.ts';
import { Scope } from './scope.ts';

/** A market of which nothing is known with regard to the others: it settles NO or YES. */
const ALONE: readonly (readonly number[])[] = [[], [0]];

/**
 * One event's worst case: what is lost in the worst of its possible outcomes. Where the outcomes are not known, each
 * market's worst case counts, and none earns credit for what another would win.
 */
export class EventExposure extends Scope {
  readonly series: Scope;
  private readonly markets: MarketExposure[] = [];
  private outcomes: readonly (readonly number[])[] | null = null;
  private sets: OutcomeSet[] = [];

  constructor(parent: Scope, series: Scope) {
    super(parent);
    this.series = series;
  }

  /** What the event's other outcome sets lose beside the one this market is in. */
  besides(market: MarketExposure): number {
    return this.risk - lossOf(this.sets[market.set]!);
  }

  /** Worth of the worst outcome in which this market settles YES, or NO; Infinity where there is none. */
  worstWhere(market: MarketExposure, pays: boolean): number {
    return this.sets[market.set]!.worstWhere(market.member, pays);
  }

  join(market: MarketExposure): void {
    market.event = this;
    this.markets.push(market);
    this.add(0, market.contracts);
    this.rebuild();
  }

  leave(market: MarketExposure): void {
    this.markets.splice(this.markets.indexOf(market), 1);
    this.add(0, -market.contracts);
    this.rebuild();
  }

  /** See `Exposure.shape`. */
  shape(outcomes: readonly (readonly number[])[] | null): void {
    this.outcomes = outcomes;
    this.rebuild();
  }

  /** A market's worth changed. `contracts`: by how much its most contracts did. */
  changed(market: MarketExposure, contracts: number): void {
    const set = this.sets[market.set]!;
    const before = lossOf(set);
    set.set(market.member, market.no, market.yes);
    this.add(lossOf(set) - before, contracts);
  }

  private rebuild(): void {
    const before = this.risk;
    const { markets, outcomes } = this;
    // A market that could never pay is one that the outcomes were not told of.
    if (outcomes === null || markets.some(({ index }) => !outcomes.some((payers) => payers.includes(index)))) {
      this.sets = markets.map((market, at) => {
        market.set = at;
        market.member = 0;
        return new OutcomeSet(ALONE, 1);
      });
    } else {
      const members = new Map(markets.map((market, at) => [market.index, at]));
      // Markets of others do not matter, nor does which of them pays.
      const ours = outcomes.map((payers) => payers.flatMap((index) => members.get(index) ?? []));
      const distinct = ours.filter((payers, at) => payers.length > 0 || ours.findIndex((o) => o.length === 0) === at);
      this.sets = [new OutcomeSet(distinct, markets.length)];
      for (const [at, market] of markets.entries()) {
        market.set = 0;
        market.member = at;
      }
    }
    for (const market of markets) this.sets[market.set]!.set(market.member, market.no, market.yes);
    this.add(this.sets.reduce((sum, set) => sum + lossOf(set), 0) - before, 0);
  }
}

function lossOf(set: OutcomeSet): number {
  return Math.max(0, -set.worst);
}
