import { UnitError } from './error.ts';

declare const timeBrand: unique symbol;

/** A moment: microseconds since the Unix epoch, an integer (exact until the year 2255). */
export type TimeUs = number & { readonly [timeBrand]: 'TimeUs' };

/** Check that `value` is a non-negative safe integer of microseconds. @throws UnitError `bad_time` */
export function timeUs(value: number): TimeUs {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new UnitError('bad_time', `time ${value} is not a whole number of microseconds since 1970`);
  }
  return value as TimeUs;
}

/** A moment from the wire's Unix milliseconds. */
export function timeFromMs(ms: number): TimeUs {
  return timeUs(ms * 1000);
}

/** A moment from Unix nanoseconds written as decimal digits (receive times in captures); truncated to 1 us. */
export function timeFromNsDigits(digits: string): TimeUs {
  if (!/^\d{4,19}$/.test(digits))
    throw new UnitError('bad_time', `time ${JSON.stringify(digits)} is not Unix nanoseconds`);
  return timeUs(Number(digits.slice(0, -3)));
}

/** Unix milliseconds, truncated, as the wire and request signatures want them. */
export function timeToMs(time: TimeUs): number {
  return Math.floor(time / 1000);
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** Parse an RFC 3339 moment with 0 to 9 decimals of a second (`"2026-06-11T06:31:29.957081Z"`). @throws UnitError */
export function parseRfc3339(text: string): TimeUs {
  const match = RFC3339.exec(text);
  const whole = match ? Date.parse(`${match[1]}${match[3]}`) : Number.NaN;
  // Date.parse rolls a day that does not exist over into the next month.
  const exists = match ? Number(match[1]!.slice(8, 10)) <= daysIn(match[1]!) && match[1]!.slice(11, 13) < '24' : false;
  if (!match || !exists || Number.isNaN(whole))
    throw new UnitError('bad_time', `time ${JSON.stringify(text)} is not RFC 3339`);
  const fraction = (match[2] ?? '').padEnd(6, '0').slice(0, 6);
  return timeUs(whole * 1000 + Number(fraction));
}

/** Days in the month of `YYYY-MM-...`. */
function daysIn(date: string): number {
  return new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 0)).getUTCDate();
}

/** Write a moment as RFC 3339 in UTC, to the microsecond, without zeros at the end of the fraction: as Kalshi does. */
export function formatRfc3339(time: TimeUs): string {
  const seconds = Math.floor(time / 1_000_000);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const fraction = time - seconds * 1_000_000;
  if (fraction === 0) return `${whole}Z`;
  const digits = String(fraction).padStart(6, '0');
  return `${whole}.${fraction % 10 === 0 ? digits.replace(/0+$/, '') : digits}Z`;
}
