import { NO_LEVEL } from '../market/index.ts';
import { ASK, BID, ONE_CONTRACT, opposite, type Side } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { arriveBackground, reachByTrade } from './matching.ts';
import { Random } from './random.ts';
import type { WorldControl } from './world-control.ts';

/** How lively a synthetic market is. Times in seconds, prices in cents. */
export interface SyntheticOptions {
  readonly seed: number;
  /** Volatility of the fair value, logit per square root of an hour. */
  readonly volatility: number;
  readonly takersPerSecond: number;
  /** Mean time between two refreshes of one background maker. */
  readonly refreshSeconds: number;
}

export const SYNTHETIC: SyntheticOptions = { seed: 1, volatility: 1.2, takersPerSecond: 0.5, refreshSeconds: 0.6 };

/** Half spreads of the background makers, cents, before widening towards the middle. */
const MAKERS = [1.3, 1.8, 2.5, 3.5] as const;
const LEVELS = 3;

/** A background maker: what it rests, by side and level, and when it looks again. */
interface Maker {
  readonly half: number;
  readonly random: Random;
  readonly resting: [Map<number, number>, Map<number, number>];
  nextAt: number;
}

interface World {
  readonly market: LiveMarket;
  readonly drift: Random;
  readonly takers: Random;
  readonly makers: readonly Maker[];
  logit: number;
  nextTakerAt: number;
}

/**
 * A simple market with a known fair value: a logit random walk, a few makers who quote around it, and takers who come
 * at random and pay the spread. Deterministic in (seed, sequence of step times).
 */
export class Synthetic implements WorldControl {
  private readonly exchange: Exchange;
  private readonly options: SyntheticOptions;
  private readonly worlds: World[] = [];
  private seconds = 0;

  constructor(exchange: Exchange, tickers: readonly string[], options: SyntheticOptions = SYNTHETIC) {
    this.exchange = exchange;
    this.options = options;
    for (const ticker of tickers) this.listed(ticker);
  }

  /** Give a market liquidity. */
  listed(ticker: string): void {
    const { seed } = this.options;
    const drift = new Random(seed, `${ticker}/fair`);
    const takers = new Random(seed, `${ticker}/takers`);
    const makers = MAKERS.map((half, n): Maker => {
      const random = new Random(seed, `${ticker}/maker${n}`);
      return { half, random, resting: [new Map(), new Map()], nextAt: 0 };
    });
    const market = this.exchange.market(ticker);
    this.worlds.push({
      market,
      drift,
      takers,
      makers,
      logit: drift.normal() * 0.6,
      nextTakerAt: this.seconds + takers.exponential(2),
    });
  }

  jump(ticker: string, byLogit: number): void {
    const world = this.worlds.find((w) => w.market.listing.ticker === ticker);
    if (world !== undefined) world.logit += byLogit;
  }

  /** Makers name their orders by level: they start over. */
  regridded(ticker: string): void {
    for (const { market, makers } of this.worlds) {
      if (market.listing.ticker !== ticker) continue;
      const { ladder } = market;
      for (const side of [BID, ASK] as const) {
        for (const level of [...ladder.levels(side)])
          ladder.reduceBackground(side, level, ladder.background(side, level));
        for (const maker of makers) maker.resting[side].clear();
      }
    }
  }

  /** True fair value of a market in cents. */
  fair(ticker: string): number {
    const world = this.worlds.find((w) => w.market.listing.ticker === ticker)!;
    return 100 / (1 + Math.exp(-world.logit));
  }

  /** Let `stepSeconds` pass. Call with steps of at most a few hundred milliseconds. */
  step(stepSeconds: number): void {
    this.seconds += stepSeconds;
    for (const world of this.worlds) {
      if (!this.exchange.trades(world.market.listing.ticker)) continue;
      const sd = this.options.volatility * Math.sqrt(stepSeconds / 3600);
      world.logit = Math.max(-3.2, Math.min(3.2, world.logit + sd * world.drift.normal()));
      for (const maker of world.makers) {
        if (this.seconds < maker.nextAt) continue;
        maker.nextAt = this.seconds + maker.random.exponential(this.options.refreshSeconds * MAKERS.length);
        this.refresh(world, maker);
      }
      while (this.seconds >= world.nextTakerAt) {
        world.nextTakerAt += world.takers.exponential(1 / this.options.takersPerSecond);
        this.take(world);
      }
    }
  }

  private refresh(world: World, maker: Maker): void {
    const { market } = world;
    const { grid } = market.listing;
    const p = 1 / (1 + Math.exp(-world.logit));
    const fair = 10_000 * p + 20 * maker.random.normal();
    const half = 100 * maker.half * (0.6 + 1.6 * p * (1 - p));
    for (const side of [BID, ASK] as const) {
      const top = side === BID ? grid.floorLevel(fair - half) : grid.ceilLevel(fair + half);
      const wanted = new Map<number, number>();
      for (let n = 0; n < LEVELS && top !== -1; n++) {
        const level = side === BID ? top - n : top + n;
        const size = maker.random.integer(20, 150) * ONE_CONTRACT;
        if (level >= 0 && level < grid.levels) wanted.set(level, maker.resting[side].get(level) ?? size);
      }
      this.exchange.onMarket(market.listing.ticker, () => this.move(market, side, maker, wanted));
    }
  }

  private move(market: LiveMarket, side: Side, maker: Maker, wanted: Map<number, number>): void {
    const { ladder } = market;
    for (const [level, count] of maker.resting[side]) {
      if (wanted.has(level)) continue;
      // Takers may have eaten part of what this maker believes to rest.
      ladder.reduceBackground(side, level, Math.min(count, ladder.background(side, level)));
      maker.resting[side].delete(level);
    }
    for (const [level, count] of wanted) {
      if (maker.resting[side].has(level) && ladder.background(side, level) > 0) continue;
      const best = ladder.best(opposite(side));
      const meets = best !== NO_LEVEL && (side === BID ? level >= best : level <= best);
      // A maker waits for other makers' stale quotes to leave, but trades through accounts' orders.
      if (meets && ladder.background(opposite(side), best) > 0) continue;
      arriveBackground(ladder, side, level, count, this.exchange);
      maker.resting[side].set(level, count);
    }
  }

  private take(world: World): void {
    const { market, takers } = world;
    const buys = takers.next() < 0.5;
    const draw = takers.next();
    const size = draw < 0.3 ? takers.integer(1, 10) : draw < 0.8 ? takers.integer(11, 100) : takers.integer(101, 400);
    const passive = buys ? ASK : BID;
    this.exchange.onMarket(market.listing.ticker, () => {
      let left = size * ONE_CONTRACT;
      const first = market.ladder.best(passive);
      for (let level = first; level !== NO_LEVEL && left > 0 && Math.abs(level - first) <= 2; ) {
        const before = market.ladder.total(passive, level);
        reachByTrade(market.ladder, passive, level, Math.min(left, before), this.exchange);
        left -= Math.min(left, before);
        level = market.ladder.best(passive);
      }
    });
  }
}
