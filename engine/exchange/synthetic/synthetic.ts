import type { Side } from '../../units/index.ts';
import type { Exchange } from '../exchange.ts';
import { Random } from '../random.ts';
import { Digital } from './digital.ts';
import { Information } from './information.ts';
import { SyntheticMarket } from './market.ts';
import { Outcomes } from './outcomes.ts';
import type { Preset } from './presets.ts';
import type { TakeListener } from './takers.ts';
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

/** Markets of one truth, which begin and end together. */
interface Group {
  readonly truth: Truth;
  readonly markets: readonly SyntheticMarket[];
  readonly endsAt: number;
  isOver: boolean;
}

/**
 * Markets with a known fair value, traded by agents through the exchange's own matching. Deterministic: the same exchange
 * rules, seed and accounts' orders at the same moments give the same events, whatever steps time passes in. Times are
 * seconds since the opening.
 */
export class Synthetic {
  private readonly exchange: Exchange;
  private readonly options: SyntheticOptions;
  private readonly listener: WorldListener;
  private readonly groups: Group[] = [];
  /** Those that are not over. */
  private markets: SyntheticMarket[] = [];
  private readonly byTicker = new Map<string, { readonly market: SyntheticMarket; readonly group: Group }>();
  private readonly outcomes = new Map<string, boolean>();
  private second = 0;
  private now = 0;

  /** @param tickers markets that the exchange lists; of a preset with `outcomes`, the legs of one event */
  constructor(exchange: Exchange, tickers: readonly string[], options: SyntheticOptions) {
    this.exchange = exchange;
    this.options = options;
    this.listener = options.listener ?? {};
    const { preset, seed } = options;
    if (preset.truth === 'outcomes') this.open(outcomesOf(tickers, preset, seed), tickers, 0);
    else for (const ticker of tickers) this.open(truthOf(ticker, preset, seed), [ticker], 0);
  }

  /** True when every market has settled. */
  get isOver(): boolean {
    return this.markets.length === 0;
  }

  /** True fair probability of a market now; once it has settled, 1 or 0. */
  fair(ticker: string): number {
    const outcome = this.outcomes.get(ticker);
    if (outcome !== undefined) return outcome ? 1 : 0;
    return this.byTicker.get(ticker)!.market.fair;
  }

  /** Give a market that has just been listed a truth and agents of its own; they come with the next whole second. */
  add(ticker: string): void {
    const { preset, seed } = this.options;
    this.open(truthOf(ticker, preset, seed), [ticker], Math.max(this.second, Math.floor(this.now)) + 1);
  }

  /** Let everything happen up to `until`. */
  advance(until: number): void {
    for (;;) {
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
        this.listener.acted?.(next.ticker, at);
      }
    }
    this.now = Math.max(this.now, until);
  }

  /** Break news by hand: a market's log odds move by `size`, and the informed race to it. False once it has settled. */
  jump(ticker: string, size: number): boolean {
    const known = this.byTicker.get(ticker);
    if (known === undefined || known.group.isOver) return false;
    const { market, group } = known;
    group.truth.jump(market.leg, size);
    this.publish(group, this.now, true);
    return true;
  }

  private open(truth: Truth, tickers: readonly string[], at: number): void {
    const { preset, seed } = this.options;
    const markets = tickers.map((ticker, leg) => {
      const onTake: TakeListener = (...take) => this.listener.take?.(ticker, ...take);
      return new SyntheticMarket(this.exchange, ticker, { truth, leg, openAt: at }, preset, seed, onTake);
    });
    const group = { truth, markets, endsAt: at + lifeSeconds(preset), isOver: false };
    this.groups.push(group);
    this.markets.push(...markets);
    for (const market of markets) {
      this.byTicker.set(market.ticker, { market, group });
      this.listener.truth?.(market.ticker, market.fair, at);
    }
  }

  private tick(at: number): void {
    this.second = at;
    for (const group of this.groups) {
      if (group.isOver || at <= group.endsAt - lifeSeconds(this.options.preset)) continue;
      this.publish(group, at, group.truth.step());
      if (at >= group.endsAt) this.settle(group, at);
    }
  }

  private publish({ markets }: Group, now: number, news: boolean): void {
    for (const market of markets) {
      market.moved(now, news);
      this.listener.truth?.(market.ticker, market.fair, now);
    }
  }

  private settle(group: Group, now: number): void {
    group.isOver = true;
    const outcomes = group.truth.settle();
    this.markets = this.markets.filter((market) => !group.markets.includes(market));
    for (const market of group.markets) {
      market.end();
      this.outcomes.set(market.ticker, outcomes[market.leg]!);
    }
    for (const { ticker, leg } of group.markets) this.listener.settled?.(ticker, outcomes[leg]!, now);
  }
}

/** Life of a preset's markets in whole seconds. */
function lifeSeconds(preset: Preset): number {
  return Math.round(preset.hours * 3600);
}

function truthOf(ticker: string, preset: Preset, seed: number): Truth {
  const random = new Random(seed, `${ticker}/truth`);
  const start = random.uniform(...preset.start);
  if (preset.truth === 'digital') return new Digital(random, start, lifeSeconds(preset));
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
