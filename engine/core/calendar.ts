import { type CalendarState, type CalendarWindow, concerns, nextChange, stateAt } from '../risk/index.ts';
import { ASK, BID, formatRfc3339, type TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/**
 * The calendar's windows applied to our markets: those of the configuration and those the exchange announces. What holds
 * for a market is worked out when a window begins or ends, not when quotes are.
 */
export class CalendarGuard {
  private readonly ctx: Context;
  private announced: readonly CalendarWindow[] = [];
  private readonly states: (CalendarState | null)[] = [];
  private readonly told = new Set<string>();
  private nextAt = 0;
  /** Of how many markets the event was known when the states were worked out. */
  private eventsKnown = -1;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** What holds for a market now, null for nothing. */
  of(market: MarketState): CalendarState | null {
    return this.states[market.index] ?? null;
  }

  /** The exchange's own maintenance windows, as last read. */
  announce(windows: readonly CalendarWindow[]): void {
    this.announced = windows;
    this.nextAt = 0;
  }

  tick(): void {
    const { ctx } = this;
    if (ctx.config.calendar === undefined) return;
    const known = ctx.markets.reduce((n, { eventTicker }) => (eventTicker === '' ? n : n + 1), 0);
    if (ctx.now < this.nextAt && known === this.eventsKnown) return;
    this.eventsKnown = known;
    const windows = [...ctx.config.calendar.windows, ...this.announced];
    this.nextAt = nextChange(windows, ctx.now);
    for (const market of ctx.markets) {
      const its = windows.filter((w) => concerns(w.markets, market.ticker, market.eventTicker));
      this.set(market, stateAt(its, ctx.now));
    }
  }

  private set(market: MarketState, state: CalendarState | null): void {
    const { ctx, states } = this;
    const before = states[market.index] ?? null;
    states[market.index] = state;
    if (before?.action === state?.action && before?.until === state?.until) return;
    ctx.touch(market);
    if (state === null) return;
    const until = formatRfc3339(state.until);
    const detail = `${state.name}, until ${until}`;
    for (const side of [BID, ASK]) market.details[side] = detail;
    if (this.told.has(detail)) return;
    this.told.add(detail);
    const what = state.action === 'pull' ? 'nothing is quoted' : 'only what reduces positions is quoted';
    ctx.report('info', 'calendar', `${detail}: ${what}`, { window: state.name, until, action: state.action });
  }

  /** Seconds until what holds for a market ends, NaN where nothing does. */
  secondsLeft(market: MarketState, time: TimeUs): number {
    const state = this.of(market);
    return state === null ? Number.NaN : (state.until - time) / 1_000_000;
  }
}
