import type { MarketView, Quotes, Strategy } from '../quoting/index.ts';
import { ASK, BID, type Count, type Price, type Side, type TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/** Failures of a market within a minute after which its strategy is not asked about it any more. */
export const STRIKES = 3;
const STRIKE_MS = 60_000;
/** A single call this long is never the garbage collector's. */
const HOPELESS_US = 1_000_000;
const TIMER_MS = 1000;

/**
 * The fence around a strategy: whatever it throws, returns or takes in time, the session goes on and only the quotes it
 * is responsible for are pulled. A `quote` that fails costs the market's quotes until one succeeds; three failures or
 * slow calls within a minute, or a single failure while being told something (what it believes is not known any more),
 * give the market up until a restart.
 */
export class StrategyHost {
  private readonly ctx: Context;
  private readonly strategy: Strategy;
  /** As it was at the start: what it becomes is the strategy's doing. */
  readonly name: string;
  /** Times of each market's latest failures, and markets whose failure people have been told of. */
  private readonly strikes = new Map<number, TimeUs[]>();
  private readonly told = new Set<number>();
  private timerAt = 0 as TimeUs;

  constructor(ctx: Context, strategy: Strategy) {
    this.ctx = ctx;
    this.strategy = strategy;
    this.name = strategy.name;
  }

  /** Ask for a market's quotes. What cannot be used leaves nothing but a reason. */
  quote(market: MarketState, view: MarketView, quotes: Quotes): void {
    try {
      const answer: unknown = this.strategy.quote(view, quotes);
      if (answer !== undefined) quotes.fault ||= 'quote() returned something: it has to write into quotes, at once';
      quotes.verify();
    } catch (error) {
      quotes.fault = messageOf(error);
    }
    if (quotes.fault === '') return;
    quotes.none(BID, 'strategy_failed');
    quotes.none(ASK, 'strategy_failed');
    market.details[BID] = quotes.fault;
    market.details[ASK] = quotes.fault;
    this.strike(market, quotes.fault);
  }

  start(): void {
    for (const market of this.ctx.markets) {
      const { givenUp = {} } = this.ctx.config;
      const why = givenUp[market.ticker] ?? givenUp[''];
      if (why !== undefined) this.giveUp(market, why);
    }
    this.tellAll(() => this.strategy.onStart?.(this.ctx.config.tickers, this.ctx.now));
  }

  stop(): void {
    this.tellAll(() => this.strategy.onStop?.(this.ctx.now));
  }

  /** Time has passed. */
  tick(): void {
    const { ctx, strategy } = this;
    if (strategy.onTimer === undefined || !ctx.passed(this.timerAt, TIMER_MS)) return;
    this.timerAt = ctx.now;
    this.tellAll(() => strategy.onTimer!(ctx.now));
    ctx.touchAll();
  }

  traded(market: MarketState, side: Side, price: Price, count: Count): void {
    if (market.broken !== '') return;
    this.tell(market, () => this.strategy.onTrade?.(market.ticker, side, price, count, this.ctx.now));
  }

  filled(market: MarketState, side: Side, price: Price, count: Count): void {
    if (market.broken !== '') return;
    this.tell(market, () => this.strategy.onFill?.(market.ticker, side, price, count, this.ctx.now));
  }

  /** The session measured a call over its allowance, about one market or, `ticker` empty, about all. */
  slow(ticker: string, tookUs: number): void {
    const why = `a call took ${(tookUs / 1000).toFixed(1)} ms, more than it is allowed`;
    for (const market of this.ctx.markets) {
      if (market.broken !== '' || (ticker !== '' && market.ticker !== ticker)) continue;
      if (tookUs >= HOPELESS_US) this.giveUp(market, why);
      else this.strike(market, why);
    }
  }

  private tell(market: MarketState, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.giveUp(market, messageOf(error));
    }
  }

  private tellAll(call: () => void): void {
    try {
      call();
    } catch (error) {
      for (const market of this.ctx.markets) this.giveUp(market, messageOf(error));
    }
  }

  private strike(market: MarketState, why: string): void {
    const { ctx } = this;
    const recent = (this.strikes.get(market.index) ?? []).filter((time) => !ctx.passed(time, STRIKE_MS));
    recent.push(ctx.now);
    this.strikes.set(market.index, recent);
    if (recent.length >= STRIKES) return this.giveUp(market, `${why} (${STRIKES} failures within a minute)`);
    if (this.told.has(market.index)) return;
    this.told.add(market.index);
    ctx.report('error', 'strategy_failed', `strategy ${this.name} failed on ${market.ticker}: ${why}`);
  }

  private giveUp(market: MarketState, why: string): void {
    if (market.broken !== '') return;
    market.broken = why;
    market.details = [why, why];
    this.ctx.touch(market);
    const text = `strategy ${this.name} failed on ${market.ticker}, its quotes are pulled until a restart: ${why}`;
    this.ctx.report('error', 'strategy_failed', text);
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'it threw something that cannot be told';
  }
}
