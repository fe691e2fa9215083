import { parseRfc3339, type TimeUs, timeUs, UnitError } from '../units/index.ts';

/** Unix times by their unit: the least and the end of what is taken for it, and microseconds in one. */
const UNITS = [
  { least: 1e9, end: 1e11, us: 1e6 },
  { least: 1e12, end: 1e14, us: 1e3 },
  { least: 1e15, end: 1e17, us: 1 },
  { least: 1e18, end: 1e20, us: 1e-3 },
] as const;

/**
 * The moment a value names: Unix seconds, milliseconds, microseconds or nanoseconds (told apart by their size, from
 * 2001 on), or RFC 3339 text. A string is the reason why it is none.
 */
export function momentOf(given: unknown): TimeUs | string {
  if (typeof given === 'number') {
    const unit = UNITS.find(({ least, end }) => given >= least && given < end);
    if (unit !== undefined) return timeUs(Math.floor(given * unit.us));
  } else if (typeof given === 'string') {
    try {
      return parseRfc3339(given);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
    }
  }
  return `has the time ${shown(given)}: write Unix seconds, milliseconds, microseconds or nanoseconds, or RFC 3339`;
}

/** A piece of foreign data for a message, cut short. */
export function shown(given: unknown): string {
  const text = JSON.stringify(given) ?? String(given);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
