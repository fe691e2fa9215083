import { BookView } from '../quoting/index.ts';
import { FillRate, type HaltCode, type LevelTerms, LossGuard, PickOff, RejectRatio } from '../risk/index.ts';
import { ASK, BID, formatMoney, type Money, money, type Price, type Side, type TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { Gauge } from './inputs.ts';
import type { Levels } from './levels.ts';
import { othersBest, profitOf } from './mark.ts';
import { isTradable, type MarketState } from './market-state.ts';

const CHECK_MS = 1000;

/** Watches what happens after orders were sent: losses, fills, refusals, the feed, the clock. Enters levels by cause. */
export class Triggers {
  private readonly ctx: Context;
  private readonly terms: LevelTerms;
  private readonly levels: Levels;
  private readonly loss: LossGuard;
  private readonly fills: FillRate;
  private readonly pickOff: PickOff;
  private readonly rejects: RejectRatio;
  private readonly view: BookView;
  private checkedAt = 0 as TimeUs;
  private profit = 0 as Money;
  private dayStart = 0;
  private writesSeen = 0;
  private refusedSeen = 0;
  private linkDownSince = 0 as TimeUs;
  private skewMs = 0;

  constructor(ctx: Context, levels: Levels) {
    this.ctx = ctx;
    this.levels = levels;
    const { terms } = ctx;
    this.terms = terms;
    this.loss = new LossGuard(terms);
    this.view = new BookView(ctx.books, ctx.orders, ctx.ledger);
    this.fills = new FillRate(terms, ctx.markets.length, ctx.now);
    this.pickOff = new PickOff(terms);
    this.rejects = new RejectRatio(terms.rejectShare);
  }

  /** P&L of the exchange day and the fall from the highest equity, at the books of this moment. */
  get result(): { readonly dayProfit: Money; readonly fall: Money } {
    const profit = this.ctx.markets.reduce((sum, market) => sum + profitOf(this.ctx, market, this.view), 0);
    return this.loss.seen(money(profit));
  }

  /** A fill of ours. */
  filled(market: MarketState, side: Side, at: Price): void {
    const { ctx } = this;
    this.fills.filled(ctx.now);
    if (market.book < 0) return;
    const grid = ctx.books.grid(market.book);
    const level = Math.min(Math.max(0, grid.floorLevel(at)), grid.levels - 2);
    this.pickOff.filled(market.index, side, at, grid.price(level + 1) - grid.price(level), ctx.now);
  }

  /** Something the session measures. */
  gauge(name: Gauge, value: number): void {
    const { ctx, levels, terms } = this;
    if (name === 'dayStart') {
      // The first only tells which day it is: what was made of it before is in the terms. A clock may be set back.
      if (this.dayStart !== 0 && value > this.dayStart) this.loss.newDay(this.profit);
      this.dayStart = Math.max(value, this.dayStart);
    } else if (name === 'clockSkewMs') this.skewMs = value;
    else if (ctx.phase === 'running' && value >= terms.loopStallMs)
      levels.timed('loop_stall', `the event loop stood still for ${Math.round(value)} ms`, terms.holdMs);
  }

  /** Value a market by its book. One that cannot be trusted, or may be empty because nobody trades, says nothing. */
  mark(market: MarketState): void {
    const { ctx } = this;
    if (market.book < 0 || !(isTradable(market, ctx.now) || ctx.ledger.position(market.index) === 0)) return;
    this.view.aim(market.index, market.book);
    this.view.time = ctx.now;
    const [bid, ask] = [othersBest(this.view, BID), othersBest(this.view, ASK)];
    // What was carried in is worth from now on what it could be left at now: limits in money are looked at again.
    if (isTradable(market, ctx.now) && ctx.ledger.markOpening(market.index, bid, ask)) ctx.touch(market);
    market.profit = ctx.ledger.profit(market.index, bid, ask);
  }

  /** Time has passed. */
  tick(): void {
    const { ctx } = this;
    this.watchWrites();
    if (ctx.phase === 'running') for (const { market, ...run } of this.pickedOff()) this.pauseMarket(market, run);
    if (!ctx.passed(this.checkedAt, CHECK_MS)) return;
    this.checkedAt = ctx.now;
    if (ctx.phase === 'running') this.watchWorld();
    // Without a feed no book says what a position is worth.
    if (ctx.linkUp) this.watchLoss();
  }

  /** Why a cause may not be reset now, '' when it may. */
  stillHolds(code: HaltCode): string {
    const { dayProfit, isSoft, isHard } = this.loss.judge(this.profit);
    const { maxDailyLoss, softLossShare, clockSkewMs } = this.terms;
    const loss = (limit: number): string =>
      `the day's loss is ${formatMoney(money(-dayProfit))} dollars, must be below ${formatMoney(money(Math.round(limit)))}`;
    if (code === 'soft_loss' && isSoft) return loss(maxDailyLoss * softLossShare);
    if (code === 'daily_loss' && isHard) return loss(maxDailyLoss);
    if (code === 'clock_skew' && Math.abs(this.skewMs) >= clockSkewMs)
      return `the clock is ${this.skewMs} ms off, must be below ${clockSkewMs}`;
    return '';
  }

  /** An operator has decided about a loss: the fall is measured from here on. */
  acknowledged(code: HaltCode): void {
    if (code === 'drawdown') this.loss.rebase(this.profit);
  }

  private watchLoss(): void {
    const { ctx, levels, terms } = this;
    let profit = 0;
    for (const market of ctx.markets) {
      this.mark(market);
      profit += market.profit;
    }
    this.profit = money(profit);
    const { maxSessionLoss } = ctx.config;
    const dollars = (value: number): string => formatMoney(money(Math.round(value)));
    if (profit <= -maxSessionLoss) {
      const cause = `session loss ${dollars(-profit)} dollars reached the limit ${dollars(maxSessionLoss)}`;
      levels.halt('session_loss', cause);
    }
    const { dayProfit, fall, isSoft, isHard, isDrawdown } = this.loss.judge(this.profit);
    const limit = dollars(terms.maxDailyLoss);
    if (isHard) levels.halt('daily_loss', `loss of the day ${dollars(-dayProfit)} dollars reached the limit ${limit}`);
    else if (isSoft)
      levels.halt(
        'soft_loss',
        `loss of the day ${dollars(-dayProfit)} dollars reached ${terms.softLossShare * 100} % of the limit ${limit}`,
      );
    if (isDrawdown)
      levels.halt(
        'drawdown',
        `equity is ${dollars(fall)} dollars below its highest, the limit is ${dollars(terms.maxDrawdown)}`,
      );
  }

  private watchWrites(): void {
    const { ctx, rejects } = this;
    const { created, amended, decreased, canceled, refused } = ctx.counters;
    const writes = created + amended + decreased + canceled;
    // Only what was refused since can have been refused; a refusal is told after its write was counted.
    rejects.add(Math.max(writes - this.writesSeen, refused - this.refusedSeen), refused - this.refusedSeen);
    this.writesSeen = writes;
    this.refusedSeen = refused;
    if (!rejects.isHigh) return;
    const cause = `the exchange refused ${rejects.refused} of the last 100 writes`;
    this.levels.timed('reject_ratio', cause, this.terms.holdMs);
    rejects.clear();
  }

  private pickedOff(): ReturnType<PickOff['judge']> {
    const { ctx } = this;
    return this.pickOff.judge(ctx.now, (index) => {
      const market = ctx.markets[index]!;
      const bid = ctx.books.bestPrice(market.book, BID);
      const ask = ctx.books.bestPrice(market.book, ASK);
      return bid === 0 || ask === 0 || !isTradable(market, ctx.now) ? Number.NaN : (bid + ask) / 2;
    });
  }

  private pauseMarket(index: number, { fills, ticks }: { readonly fills: number; readonly ticks: number }): void {
    const { terms } = this;
    const { ticker } = this.ctx.markets[index]!;
    const average = (-ticks / fills).toFixed(1);
    const cause = `${fills} fills in a row on ${ticker} were ${average} ticks worse ${terms.pickOffAfterMs / 1000} s later on average`;
    this.levels.timed('pick_off', cause, terms.pickOffPauseMs, ticker);
  }

  /** How things around our orders stand. */
  private watchWorld(): void {
    const { ctx, levels, terms } = this;
    const { fills, most } = this.fills.judge(ctx.now);
    if (fills > most)
      levels.timed('fill_rate', `${fills} fills in 15 s, more than ${Math.floor(most)} are not expected`, terms.holdMs);
    if (Math.abs(this.skewMs) >= terms.clockSkewMs)
      levels.timed('clock_skew', `this machine's clock is ${this.skewMs} ms behind the exchange's`, terms.holdMs);
    if (ctx.linkUp) this.linkDownSince = 0 as TimeUs;
    else if (this.linkDownSince === 0) this.linkDownSince = ctx.now;
    else if (ctx.passed(this.linkDownSince, terms.staleFeedMs))
      levels.timed('stale_feed', `no feed for ${this.seconds(this.linkDownSince)} s`, terms.holdMs);
    if (!ctx.linkUp) return;
    for (const market of ctx.markets) {
      if (market.stale === '' || market.status !== 'active' || !ctx.passed(market.staleSince, terms.staleFeedMs))
        continue;
      const cause = `the book of ${market.ticker} could not be trusted for ${this.seconds(market.staleSince)} s (${market.stale})`;
      levels.timed('stale_feed', cause, terms.holdMs, market.ticker);
    }
  }

  private seconds(since: TimeUs): number {
    return Math.round((this.ctx.now - since) / 1_000_000);
  }
}
