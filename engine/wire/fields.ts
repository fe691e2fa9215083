import {
  type Count,
  type Money,
  type Price,
  parseCount,
  parseMoney,
  parsePrice,
  parseRfc3339,
  quote,
  type TimeUs,
} from '../units/index.ts';
import { WireError } from './error.ts';

/** A parsed JSON object whose fields are not trusted yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws WireError `not_object` */
export function asObject(value: unknown, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(field, value, 'an object');
  return value as JsonObject;
}

/** @throws WireError `wrong_type` */
export function asArray(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field, value, 'an array');
  return value;
}

/** A required non-empty string. @throws WireError */
export function text(o: JsonObject, field: string): string {
  const value = o[field];
  if (typeof value !== 'string' || value === '') throw wrong(field, value, 'a non-empty string');
  return value;
}

/** A string that may be absent, null or empty: '' then. @throws WireError when present with another type */
export function optionalText(o: JsonObject, field: string): string {
  const value = o[field];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw wrong(field, value, 'a string');
  return value;
}

/** A required integer in the safe range; minus zero is zero. @throws WireError */
export function integer(o: JsonObject, field: string): number {
  const value = o[field];
  if (!Number.isSafeInteger(value)) throw wrong(field, value, 'an integer');
  return (value as number) + 0;
}

/** An integer that may be absent or null: `fallback` then. @throws WireError */
export function optionalInteger(o: JsonObject, field: string, fallback: number): number {
  const value = o[field];
  return value === undefined || value === null ? fallback : integer(o, field);
}

/** A boolean that may be absent or null: false then. @throws WireError */
export function flag(o: JsonObject, field: string): boolean {
  const value = o[field];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw wrong(field, value, 'true or false');
  return value;
}

/** A required price in dollars, any in [0, 1]. @throws WireError */
export function dollarPrice(o: JsonObject, field: string): Price {
  return converted(o, field, parsePrice);
}

/** A required count of contracts, signed. @throws WireError */
export function contracts(o: JsonObject, field: string): Count {
  return converted(o, field, parseCount);
}

/** A required amount in dollars, signed. @throws WireError */
export function dollars(o: JsonObject, field: string): Money {
  return converted(o, field, parseMoney);
}

/** A required count of contracts that cannot be negative. @throws WireError */
export function size(o: JsonObject, field: string): Count {
  const value = contracts(o, field);
  if (value < 0) throw wrong(field, o[field], 'a count of at least 0');
  return value;
}

/** An amount in dollars that may be absent or null: 0 then. @throws WireError */
export function optionalDollars(o: JsonObject, field: string): Money {
  const value = o[field];
  return value === undefined || value === null ? (0 as Money) : dollars(o, field);
}

/** A count that may be absent or null: 0 then. @throws WireError */
export function optionalContracts(o: JsonObject, field: string): Count {
  const value = o[field];
  return value === undefined || value === null ? (0 as Count) : contracts(o, field);
}

/** A price that may be absent or null: null then. @throws WireError */
export function priceOrNull(o: JsonObject, field: string): Price | null {
  return absent(o, field) ? null : dollarPrice(o, field);
}

/** A count of at least 0 that may be absent or null: null then. @throws WireError */
export function sizeOrNull(o: JsonObject, field: string): Count | null {
  return absent(o, field) ? null : size(o, field);
}

/** An amount in dollars that may be absent or null: null then. @throws WireError */
export function dollarsOrNull(o: JsonObject, field: string): Money | null {
  return absent(o, field) ? null : dollars(o, field);
}

/** A boolean that may be absent or null: null then. @throws WireError */
export function flagOrNull(o: JsonObject, field: string): boolean | null {
  return absent(o, field) ? null : flag(o, field);
}

/** A whole number of at least 0 that may be absent or null: null then. @throws WireError */
export function naturalOrNull(o: JsonObject, field: string): number | null {
  if (absent(o, field)) return null;
  const value = integer(o, field);
  if (value < 0) throw wrong(field, value, 'a whole number of at least 0');
  return value;
}

/** A finite number that may be absent or null: null then. Not for money, prices or counts. @throws WireError */
export function numberOrNull(o: JsonObject, field: string): number | null {
  if (absent(o, field)) return null;
  const value = o[field];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(field, value, 'a number');
  return value;
}

/** A list of strings that may be absent or null: empty then. @throws WireError */
export function texts(o: JsonObject, field: string): readonly string[] {
  if (absent(o, field)) return [];
  return asArray(o[field], field).map((entry) => {
    if (typeof entry !== 'string') throw wrong(`${field}[]`, entry, 'a string');
    return entry;
  });
}

/** A moment in Unix seconds that may be absent or null: 0 then. @throws WireError */
export function secondsTime(o: JsonObject, field: string): TimeUs {
  return momentIn(o, field, 1_000_000);
}

/** A moment in Unix milliseconds that may be absent or null: 0 then. @throws WireError */
export function millisTime(o: JsonObject, field: string): TimeUs {
  return momentIn(o, field, 1000);
}

function momentIn(o: JsonObject, field: string, unitUs: number): TimeUs {
  const value = naturalOrNull(o, field) ?? 0;
  if (!Number.isSafeInteger(value * unitUs)) throw wrong(field, value, 'a Unix time');
  return (value * unitUs) as TimeUs;
}

/** A moment as RFC 3339 text that may be absent, null or empty: 0 then. @throws WireError */
export function textTime(o: JsonObject, field: string): TimeUs {
  const value = optionalText(o, field);
  return value === '' ? (0 as TimeUs) : converted(o, field, parseRfc3339);
}

/** True when a field is not there or null. */
export function absent(o: JsonObject, field: string): boolean {
  return o[field] === undefined || o[field] === null;
}

/** A required decimal string, by the unit's own parser. @throws WireError */
export function converted<T>(o: JsonObject, field: string, parse: (text: string) => T): T {
  const value = o[field];
  if (typeof value !== 'string') throw wrong(field, value, 'a decimal string');
  try {
    return parse(value);
  } catch (error) {
    throw new WireError('bad_value', field, `${field}: ${(error as Error).message}`);
  }
}

/** Containers are named, not written out: they may be huge or nested too deeply to write. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'number' ? String(value) : quote(JSON.stringify(value) ?? String(value));
}

/** The error for a field that is not what it should be. */
export function wrong(field: string, value: unknown, expected: string): WireError {
  const shown = value === undefined ? 'absent' : shownValue(value);
  return new WireError('wrong_type', field, `${field} is ${shown}, expected ${expected}`);
}
