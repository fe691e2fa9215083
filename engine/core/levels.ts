import { CAUSES, type Halt, type HaltCode, LEVEL_NAMES } from '../risk/index.ts';
import type { TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/** A timed cause entered this often within this long is not left by itself any more. */
const MOST_ENTRIES = 3;
const ENTRIES_MS = 3_600_000;

/** Enters and leaves levels: every cause is reported once with its numbers, and every market is looked at again. */
export class Levels {
  private readonly ctx: Context;
  /** When timed causes were entered, by code and market. */
  private readonly entries = new Map<string, TimeUs[]>();

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** Enter a cause, once, for one market or ('') for all. What has to be done to leave it is the table's unless told. */
  halt(code: HaltCode, cause: string, clears: string = CAUSES[code].clears, market = ''): void {
    this.enter(code, cause, clears, market, 0 as TimeUs);
  }

  /** A timed cause holds now: it is left `holdMs` after the last time this is said, unless it keeps coming back. */
  timed(code: HaltCode, cause: string, holdMs: number, market = ''): void {
    const { ctx } = this;
    if (ctx.halts.get(code, market) !== undefined) return ctx.halts.extend(code, market, ctx.after(holdMs));
    const key = `${code}/${market}`;
    const recent = (this.entries.get(key) ?? []).filter((time) => !ctx.passed(time, ENTRIES_MS));
    recent.push(ctx.now);
    this.entries.set(key, recent);
    const isLast = recent.length >= MOST_ENTRIES;
    const clears = isLast
      ? `entered ${recent.length} times within an hour: find out why, then reset it`
      : `${CAUSES[code].clears}: left by itself ${holdMs / 1000} s after it last held`;
    this.enter(code, cause, clears, market, isLast ? (0 as TimeUs) : ctx.after(holdMs));
  }

  /** Leave a cause on an operator's word. The same cause coming back within the hour starts from nothing. */
  reset(code: HaltCode, market: string): void {
    this.entries.delete(`${code}/${market}`);
    const halt = this.ctx.halts.lower(code, market);
    if (halt !== undefined) this.left(halt, 'an operator reset it');
  }

  /** Time has passed. */
  tick(): void {
    for (const halt of this.ctx.halts.lapse(this.ctx.now)) this.left(halt, 'its time is over');
  }

  /** A market's position is not the exchange's. */
  mismatch(market: MarketState, text: string): void {
    market.details = [text, text];
    this.halt('position_mismatch', text, CAUSES.position_mismatch.clears, market.ticker);
  }

  authRefused(detail: string): void {
    this.halt('auth_refused', `the exchange refuses our key: ${detail}`);
  }

  private enter(code: HaltCode, cause: string, clears: string, market: string, until: TimeUs): void {
    const { ctx } = this;
    if (!ctx.halts.raise({ code, market, cause, clears, since: ctx.now, until })) return;
    const { level } = CAUSES[code];
    const where = market === '' ? '' : ` for ${market}`;
    const what = level === 0 ? 'half size' : `level ${level} (${LEVEL_NAMES[level]})`;
    ctx.report('error', code, `${cause}: ${what}${where}. To clear: ${clears}`, { level, market });
    ctx.touchAll();
  }

  private left({ code, market }: Halt, why: string): void {
    const { ctx } = this;
    const level = market === '' ? ctx.halts.level : ctx.halts.levelOf(market);
    const where = market === '' ? '' : ` for ${market}`;
    const text = `${code} is left${where}: ${why}; now level ${level} (${LEVEL_NAMES[level]})`;
    ctx.report('warn', 'level_left', text, { cause: code, market, level });
    ctx.touchAll();
  }
}
