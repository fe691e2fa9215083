import { UnitError } from './error.ts';

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const MINUS = 45;

/**
 * Parse a plain decimal string exactly into an integer scaled by 10^`scaleDigits`.
 *
 * Accepts an optional leading minus, at least one digit before the point, and any number of decimals as long as those
 * beyond the scale are zeros: a value that does not fit is refused, never rounded. No exponent, no plus, no spaces.
 *
 * @param what the name of the quantity, for the error text
 * @throws UnitError `bad_decimal` | `too_precise` | `too_large`
 */
export function parseDecimal(text: string, scaleDigits: number, what: string): number {
  const length = text.length;
  let at = 0;
  const negative = text.charCodeAt(0) === MINUS;
  if (negative) at = 1;
  let value = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < length; at++) {
    const c = text.charCodeAt(at);
    if (c >= ZERO && c <= NINE) {
      if (decimals >= scaleDigits) {
        if (c !== ZERO)
          throw new UnitError('too_precise', `${what} ${quote(text)} has more than ${scaleDigits} decimals`);
      } else {
        value = value * 10 + (c - ZERO);
        if (decimals >= 0) decimals++;
      }
      digits++;
    } else if (c === DOT && decimals < 0 && digits > 0 && at + 1 < length) {
      decimals = 0;
    } else {
      throw new UnitError('bad_decimal', `${what} ${quote(text)} is not a plain decimal number`);
    }
  }
  if (digits === 0) throw new UnitError('bad_decimal', `${what} ${quote(text)} is not a plain decimal number`);
  for (let d = Math.max(decimals, 0); d < scaleDigits; d++) value *= 10;
  if (value > Number.MAX_SAFE_INTEGER) throw new UnitError('too_large', `${what} ${quote(text)} is too large`);
  return negative && value !== 0 ? -value : value;
}

/** Write an integer scaled by 10^`scaleDigits` as a decimal string with exactly `scaleDigits` decimals. */
export function formatDecimal(value: number, scaleDigits: number): string {
  const negative = value < 0;
  const digits = String(Math.abs(value)).padStart(scaleDigits + 1, '0');
  const cut = digits.length - scaleDigits;
  const text = scaleDigits === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return negative ? `-${text}` : text;
}

/** Quote a value for an error text, cut to a readable length. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 61)}...` : text);
}
