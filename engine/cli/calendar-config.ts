import { z } from 'zod';
import type { CalendarAction, CalendarTerms, CalendarWindow, MarketPatterns } from '../risk/index.ts';
import type { TimeUs } from '../units/index.ts';
import { dayAfter, earliestInstant, isZone, latestInstant, localDay } from './zoned-time.ts';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
/** Weekly windows are worked out for this long; a session that runs longer has to be restarted. */
export const HORIZON_DAYS = 371;
/** Kalshi's weekly trading pause, Eastern Time (API 6.8). */
const KALSHI_PAUSE = [{ day: 'thursday', from: '03:00', to: '05:00' }] as const;
const DAY_MS = 86_400_000;

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'expected a time of day in quotes, e.g. "03:00" (24:00 at the latest)');

const weekly = z.strictObject({ day: z.enum(DAYS), from: time, to: time }).check((ctx) => {
  if (minutes(ctx.value.from) < minutes(ctx.value.to)) return;
  const message = `from ${ctx.value.from} is not before to ${ctx.value.to}: a window over midnight is two, one on each day`;
  ctx.issues.push({ code: 'custom', input: ctx.value, path: ['from'], message });
});

const instant = z.iso.datetime({
  offset: true,
  error: 'expected a moment with its offset in quotes, e.g. "2026-12-10T13:30:00Z" or "2026-12-10T08:30:00-05:00"',
});

const pattern = z
  .string()
  .regex(
    /^[A-Za-z0-9.*_-]+$/,
    'expected a ticker in which * stands for any characters, e.g. "KXCPI-*"; "*" is everything',
  );
const patterns = z.array(pattern).default([]);

const news = z
  .strictObject({
    name: z.string().min(1),
    from: instant.optional(),
    to: instant.optional(),
    weekly: weekly.optional(),
    markets: patterns,
    events: patterns,
    series: patterns,
    action: z.enum(['pull', 'reduceOnly']).default('pull'),
  })
  .check((ctx) => {
    const { from, to, weekly: every, markets, events, series } = ctx.value;
    const wrong = (path: string, message: string): void => {
      ctx.issues.push({ code: 'custom', input: ctx.value, path: [path], message });
    };
    if (markets.length + events.length + series.length === 0)
      wrong('markets', 'name markets, events or series; markets: ["*"] is every market');
    const isOnce = from !== undefined && to !== undefined;
    if ((every !== undefined && (from ?? to) !== undefined) || (every === undefined && !isOnce))
      wrong('from', 'give either from and to, or weekly');
    if (isOnce && Date.parse(from) >= Date.parse(to)) wrong('from', `${from} is not before to ${to}`);
  });

/** The section `calendar` of a configuration file. */
export const calendarSchema = z
  .strictObject({
    /** Where the days and times of weekly windows are. */
    zone: z
      .string()
      .refine(isZone, 'is no time zone of this system: expected e.g. "America/New_York" or "UTC"')
      .default('America/New_York'),
    /** Quotes are pulled this long before maintenance, and come back this long after it. */
    leadSeconds: z.number().min(0).max(86_400).default(120),
    lagSeconds: z.number().min(0).max(86_400).default(10),
    /** How often the exchange's status is read. */
    statusSeconds: z.number().min(1).max(3600).default(30),
    /** Weekly trading pauses of the whole exchange. Left out: Kalshi's; none for the embedded exchange. */
    maintenance: z.array(weekly).optional(),
    news: z.array(news).default([]),
  })
  .prefault({});

export type CalendarConfig = z.infer<typeof calendarSchema>;

const EVERYTHING: MarketPatterns = { tickers: [], events: [], series: [] };

/** The calendar as absolute windows from `nowMs` on: what is over is left out, what recurs goes to the horizon. */
export function calendarTerms(calendar: CalendarConfig, nowMs: number, isKalshi = true): CalendarTerms {
  const { zone, leadSeconds, lagSeconds, statusSeconds, maintenance = isKalshi ? KALSHI_PAUSE : [] } = calendar;
  const windows: CalendarWindow[] = [];
  const untilMs = nowMs + HORIZON_DAYS * DAY_MS;
  const add = (name: string, fromMs: number, toMs: number, action: CalendarAction, markets = EVERYTHING): void => {
    if (toMs <= nowMs || fromMs >= untilMs) return;
    windows.push({ name, from: (fromMs * 1000) as TimeUs, to: (toMs * 1000) as TimeUs, action, markets });
  };
  const addWeekly = (at: z.infer<typeof weekly>, each: (fromMs: number, toMs: number) => void): void => {
    let day = localDay(zone, nowMs - DAY_MS);
    for (let n = 0; n <= HORIZON_DAYS + 2; n++, day = dayAfter(day)) {
      if (DAYS[(new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay() + 6) % 7] !== at.day) continue;
      each(earliestInstant(zone, day, minutes(at.from)), latestInstant(zone, day, minutes(at.to)));
    }
  };
  for (const at of maintenance) {
    addWeekly(at, (from, to) =>
      add(`maintenance on ${at.day}`, from - leadSeconds * 1000, to + lagSeconds * 1000, 'pull'),
    );
  }
  for (const { name, from, to, weekly: every, action, markets: tickers, events, series } of calendar.news) {
    const about = { tickers, events, series };
    if (every !== undefined) addWeekly(every, (fromMs, toMs) => add(name, fromMs, toMs, action, about));
    else add(name, Date.parse(from!), Date.parse(to!), action, about);
  }
  // Beyond the horizon windows may be missing, and nothing is quoted on what is not known.
  if (maintenance.length > 0 || calendar.news.some((item) => item.weekly !== undefined)) {
    const name = 'the calendar is worked out no further, restart the daemon';
    windows.push({
      name,
      from: (untilMs * 1000) as TimeUs,
      to: ((untilMs + 36_500 * DAY_MS) * 1000) as TimeUs,
      action: 'pull',
      markets: EVERYTHING,
    });
  }
  windows.sort((a, b) => a.from - b.from || a.to - b.to);
  return { windows, leadMs: leadSeconds * 1000, lagMs: lagSeconds * 1000, statusMs: statusSeconds * 1000 };
}

function minutes(text: string): number {
  const [hour, minute] = text.split(':').map(Number);
  return hour! * 60 + minute!;
}
