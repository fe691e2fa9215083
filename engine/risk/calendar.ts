import type { TimeUs } from '../units/index.ts';

/** What a window has done to the markets it is about: everything pulled, or only what reduces a position quoted. */
export type CalendarAction = 'pull' | 'reduceOnly';

/** Which markets a window is about: any of these patterns fits. `*` stands for any characters. All empty: every market. */
export interface MarketPatterns {
  readonly tickers: readonly string[];
  readonly events: readonly string[];
  readonly series: readonly string[];
}

/** A time in which markets are not quoted as usual: from `from` on, until before `to`. */
export interface CalendarWindow {
  readonly name: string;
  readonly from: TimeUs;
  readonly to: TimeUs;
  readonly action: CalendarAction;
  readonly markets: MarketPatterns;
}

/** The windows of a session as absolute times: the core knows no time zones. */
export interface CalendarTerms {
  readonly windows: readonly CalendarWindow[];
  /** Around maintenance that the exchange announces: nothing is quoted from this long before to this long after it. */
  readonly leadMs: number;
  readonly lagMs: number;
  /** How often the exchange's status is read. */
  readonly statusMs: number;
}

/** What holds for a market at a moment. */
export interface CalendarState {
  readonly action: CalendarAction;
  /** The window that is open, of several the one that ends last. */
  readonly name: string;
  /** When the action ends: windows that overlap or touch count as one. */
  readonly until: TimeUs;
}

/** True when a pattern, in which `*` stands for any characters, fits all of a name. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (parts.length === 1) return pattern === name;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

/** True when a window is about a market. The series is what an event's ticker begins with, up to the first dash. */
export function concerns({ tickers, events, series }: MarketPatterns, ticker: string, eventTicker: string): boolean {
  if (tickers.length + events.length + series.length === 0) return true;
  const its = (eventTicker || ticker).split('-')[0]!;
  return (
    tickers.some((p) => matches(p, ticker)) ||
    series.some((p) => matches(p, its)) ||
    (eventTicker !== '' && events.some((p) => matches(p, eventTicker)))
  );
}

/** What holds at a moment, given the windows about one market: null for nothing. `pull` comes before `reduceOnly`. */
export function stateAt(windows: readonly CalendarWindow[], time: TimeUs): CalendarState | null {
  for (const action of ['pull', 'reduceOnly'] as const) {
    const its = windows.filter((w) => w.action === action && w.to > time).sort((a, b) => a.from - b.from);
    let until = time;
    let name = '';
    for (const window of its) {
      if (window.from > until) break;
      if (window.to <= until) continue;
      until = window.to;
      name = window.name;
    }
    if (name !== '') return { action, name, until };
  }
  return null;
}

/** The next moment after `time` at which any of the windows begins or ends, or infinity. */
export function nextChange(windows: readonly CalendarWindow[], time: TimeUs): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { from, to } of windows) {
    if (from > time) next = Math.min(next, from);
    if (to > time) next = Math.min(next, to);
  }
  return next;
}
