/** Where a member's value stands in the bytes: `[start, end)`, without the white space around it. */
export interface Member {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The members of a JSON object with the extents of their values, so that a value can be taken out byte for byte.
 * `bytes` must be a valid JSON object (checked by the caller). Of a repeated key the last counts, as in `JSON.parse`.
 */
export function topMembers(bytes: Uint8Array): Map<string, Member> {
  const members = new Map<string, Member>();
  let at = space(bytes, 0) + 1;
  for (;;) {
    at = space(bytes, at);
    if (bytes[at] !== QUOTE) return members;
    const keyEnd = pastString(bytes, at);
    const key = JSON.parse(Buffer.from(bytes.subarray(at, keyEnd)).toString('utf8')) as string;
    const start = space(bytes, space(bytes, keyEnd) + 1);
    const end = pastValue(bytes, start);
    members.set(key, { start, end });
    at = space(bytes, end) + 1;
  }
}

function space(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 10 || bytes[at] === 13) at++;
  return at;
}

function pastString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function pastValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  while (at < bytes.length) {
    const c = bytes[at]!;
    if (c === QUOTE) {
      at = pastString(bytes, at);
      if (depth === 0) return at;
      continue;
    }
    if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (c === 0x2c || c <= 32)) return at;
    at++;
  }
  return at;
}
