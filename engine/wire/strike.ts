import type { Strike } from '../market/index.ts';
import { absent, asObject, type JsonObject, numberOrNull, optionalText } from './fields.ts';

/** Decode the strike fields of a market or of its metadata. @throws WireError */
export function strikeRecord(o: JsonObject): Strike {
  return {
    type: optionalText(o, 'strike_type'),
    floor: numberOrNull(o, 'floor_strike'),
    cap: numberOrNull(o, 'cap_strike'),
    subject: absent(o, 'custom_strike') ? '' : subjectText(asObject(o['custom_strike'], 'custom_strike')),
  };
}

/** Equal objects give equal texts, whatever the order of their keys. Nested values count by their JSON. */
function subjectText(custom: JsonObject): string {
  const pairs = Object.entries(custom).map(([key, value]) => `${key}=${shown(value)}`);
  return pairs.sort().join('&');
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    // Too deeply nested to be written: it tells subjects apart by nothing we could compare.
    return '?';
  }
}
