import type { Side } from '../../units/index.ts';
import type { Exchange } from '../exchange.ts';
import { Random } from '../random.ts';
import { Digital } from './digital.ts';
import { Information } from './information.ts';
import { SyntheticMarket } from './market.ts';
import { Outcomes } from './outcomes.ts';
import type { Preset } from './presets.ts';
import type { Truth } from './truth.ts';

/** What a synthetic world tells those who may know: tests, benches, the truth log. Never clients, never agents. */
export interface WorldListener {
  /** Time has come to `now`; what follows happens then. */
  time?(now: number): void;
  /** A market's fair probability from now on; every second, and after news by hand. */
  truth?(ticker: string, fair: number, now: number): void;
  /** A taking agent traded. */
  take?(ticker: string, kind: 'noise' | 'informed', side: Side, count: number, now: number): void;
  /** An agent of a market has acted and its book stands. */
  acted?(ticker: string, now: number): void;
  /** A market is over: whether it ended YES. */
  settled?(ticker: string, yes: boolean, now: number): void;
}

export interface SyntheticOptions {
  readonly preset: Preset;
  readonly seed: number;
  readonly listener?: WorldListener;
}

/**
 * Markets with a known fair value, traded by agents through the exchange's own matching. Deterministic: the same exchange
 * rules, seed and accounts' orders at the same moments give the same events, whatever steps time passes in. Times are
 * seconds since the opening.
 */
export class Synthetic {
  private readonly listener: WorldListener;
  private readonly markets: SyntheticMarket[] = [];
  private readonly groups: { readonly truth: Truth; readonly markets: SyntheticMarket[] }[] = [];
  private readonly byTicker = new Map<string, SyntheticMarket>();
  private readonly outcomes = new Map<string, boolean>();
  private second = 0;
  private now = 0;
  private readonly lifeSeconds: number;

  /** @param tickers markets that the exchange lists; of a preset with `outcomes`, the legs of one event */
  constructor(exchange: Exchange, tickers: readonly string[], options: SyntheticOptions) {
    const { preset, seed, listener = {} } = options;
    this.listener = listener;
    this.lifeSeconds = Math.round(preset.hours * 3600);
    const shared = preset.truth === 'outcomes' ? outcomesOf(tickers, preset, seed) : null;
    for (const [n, ticker] of tickers.entries()) {
      const truth = shared ?? truthOf(ticker, preset, seed);
      const live = exchange.markets.get(ticker)!;
      const market = new SyntheticMarket(
        exchange,
        live,
        truth,
        shared === null ? 0 : n,
        preset,
        seed,
        (kind, ...take) => listener.take?.(ticker, kind, ...take),
      );
      this.markets.push(market);
      const group = this.groups.find((g) => g.truth === truth);
      if (group === undefined) this.groups.push({ truth, markets: [market] });
      else group.markets.push(market);
      this.byTicker.set(ticker, market);
      listener.truth?.(ticker, market.fair, 0);
    }
  }

  /** True when every market has settled. */
  get isOver(): boolean {
    return this.second >= this.lifeSeconds;
  }

  /** True fair probability of a market now; once it has settled, 1 or 0. */
  fair(ticker: string): number {
    const outcome = this.outcomes.get(ticker);
    if (outcome !== undefined) return outcome ? 1 : 0;
    return this.byTicker.get(ticker)!.fair;
  }

  /** Let everything happen up to `until`. */
  advance(until: number): void {
    while (!this.isOver) {
      let next: SyntheticMarket | null = null;
      // The truth moves first where two things happen at once.
      let at = this.second + 1;
      for (const market of this.markets) {
        if (market.nextAt >= at) continue;
        next = market;
        at = market.nextAt;
      }
      if (at > until) break;
      this.now = at;
      this.listener.time?.(at);
      if (next === null) this.tick(at);
      else {
        next.act();
        this.listener.acted?.(next.live.listing.ticker, at);
      }
    }
    this.now = Math.max(this.now, until);
  }

  /** Break news by hand: a market's log odds move by `size`, and the informed race to it. False once it has settled. */
  jump(ticker: string, size: number): boolean {
    const market = this.byTicker.get(ticker);
    if (market === undefined || this.isOver) return false;
    market.truth.jump(market.leg, size);
    this.publish(this.groups.find((g) => g.truth === market.truth)!.markets, this.now, true);
    return true;
  }

  private tick(at: number): void {
    this.second = at;
    for (const { truth, markets } of this.groups) this.publish(markets, at, truth.step());
    if (this.isOver) this.settle(at);
  }

  private publish(markets: readonly SyntheticMarket[], now: number, news: boolean): void {
    for (const market of markets) {
      market.moved(now, news);
      this.listener.truth?.(market.live.listing.ticker, market.fair, now);
    }
  }

  private settle(now: number): void {
    for (const { truth, markets } of this.groups) {
      const outcomes = truth.settle();
      for (const market of markets) {
        const { ticker } = market.live.listing;
        market.end();
        this.outcomes.set(ticker, outcomes[market.leg]!);
        this.listener.settled?.(ticker, outcomes[market.leg]!, now);
      }
    }
  }
}

function truthOf(ticker: string, preset: Preset, seed: number): Truth {
  const random = new Random(seed, `${ticker}/truth`);
  const start = random.uniform(...preset.start);
  if (preset.truth === 'digital') return new Digital(random, start, Math.round(preset.hours * 3600));
  return new Information(random, start, preset.diffusion);
}

/** Legs of one event: shares of one, uniform over all there are. */
function outcomesOf(tickers: readonly string[], preset: Preset, seed: number): Truth {
  const random = new Random(seed, `${tickers.join(' ')}/truth`);
  const parts = tickers.map(() => random.exponential(1));
  const sum = parts.reduce((a, b) => a + b, 0);
  return new Outcomes(
    random,
    parts.map((part) => part / sum),
    preset.diffusion,
  );
}
