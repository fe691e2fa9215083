/** A day of the calendar somewhere; months from 1. */
export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** True for a time zone that this system knows: `America/New_York`, `UTC`. */
export function isZone(zone: string): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** The day it is in a zone at a moment (Unix milliseconds). */
export function localDay(zone: string, atMs: number): Day {
  const local = new Date(atMs + offsetMs(zone, atMs));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

export function dayAfter({ year, month, day }: Day): Day {
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}

/**
 * The first moment at which clocks of the zone show a time, Unix milliseconds. A time that clocks skip counts from the
 * earlier of the two moments it could mean, so that a window is never too short.
 */
export function earliestInstant(zone: string, day: Day, minute: number): number {
  return Math.min(...candidates(zone, day, minute));
}

/** The last such moment; of a time that clocks skip the later of the two. */
export function latestInstant(zone: string, day: Day, minute: number): number {
  return Math.max(...candidates(zone, day, minute));
}

/** The moments a local time may mean: one as a rule, two where clocks show it twice or skip it. */
function candidates(zone: string, { year, month, day }: Day, minute: number): number[] {
  const asUtc = Date.UTC(year, month - 1, day) + minute * MINUTE_MS;
  const offsets = [...new Set([offsetMs(zone, asUtc - DAY_MS), offsetMs(zone, asUtc + DAY_MS)])];
  const all = offsets.map((offset) => asUtc - offset);
  const real = all.filter((at) => at + offsetMs(zone, at) === asUtc);
  return real.length > 0 ? real : all;
}

/** How far clocks of a zone are ahead of UTC at a moment, milliseconds. */
function offsetMs(zone: string, atMs: number): number {
  const parts = Object.fromEntries(
    format(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  const shown = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return shown - Math.floor(atMs / 1000) * 1000;
}

function format(zone: string): Intl.DateTimeFormat {
  let made = formats.get(zone);
  if (made === undefined) {
    const numeric = 'numeric' as const;
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    formats.set(zone, made);
  }
  return made;
}
