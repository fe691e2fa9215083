import type { HaltCode } from '../risk/index.ts';
import { ASK, BID, formatMoney, type Money, type TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

const CHECK_MS = 1000;

/** What ends or narrows quoting: values the markets, watches the loss, and enters halts. */
export class Levels {
  private readonly ctx: Context;
  private checkedAt = 0 as TimeUs;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** Enter a halt, once: it is reported, and every market is looked at again. */
  halt(code: HaltCode, cause: string, clears: string, market = ''): void {
    const { ctx } = this;
    if (!ctx.halts.raise({ code, market, cause, clears, since: ctx.now })) return;
    const what = market === '' ? 'Quoting' : `Quoting ${market}`;
    ctx.report('error', code, `${cause}. ${what} is halted. To clear: ${clears}`);
    ctx.touchAll();
  }

  /** A market's position is not the exchange's. */
  mismatch(market: MarketState, text: string): void {
    market.details = [text, text];
    this.halt('position_mismatch', text, 'compare the fills on both sides, then restart the daemon', market.ticker);
  }

  authRefused(detail: string): void {
    const clears = 'check the key id, the key file and the clock, then restart the daemon';
    this.halt('auth_refused', `the exchange refuses our key: ${detail}`, clears);
  }

  /** Value a market by its book. One that cannot be trusted, or is empty because trading is over, says nothing. */
  mark(market: MarketState): void {
    const { ctx } = this;
    const over = market.closeTime !== 0 && ctx.now >= market.closeTime;
    const trusted = market.seen && market.stale === '' && !over;
    if (market.book < 0 || !(trusted || ctx.ledger.position(market.index) === 0)) return;
    const bid = ctx.books.bestPrice(market.book, BID);
    const ask = ctx.books.bestPrice(market.book, ASK);
    market.profit = ctx.ledger.profit(market.index, bid, ask);
  }

  /** Time has passed. */
  tick(): void {
    const { ctx } = this;
    if (!ctx.linkUp || !ctx.passed(this.checkedAt, CHECK_MS)) return;
    this.checkedAt = ctx.now;
    let profit = 0;
    for (const market of ctx.markets) {
      this.mark(market);
      profit += market.profit;
    }
    this.checkLoss(profit as Money);
  }

  private checkLoss(profit: Money): void {
    const { maxSessionLoss } = this.ctx.config;
    if (profit > -maxSessionLoss) return;
    const cause = `session loss ${formatMoney(-profit as Money)} dollars reached the limit ${formatMoney(maxSessionLoss)}`;
    this.halt('session_loss', cause, 'decide about the loss, then restart the daemon');
  }
}
