/** Objects and arrays within each other: the exchange's deepest message has five. */
export const MAX_DEPTH = 64;
/** Objects and arrays in one frame: a snapshot of two full sides of 10,001 levels has some 20,000. */
export const MAX_CONTAINERS = 65_536;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/**
 * What the text of a frame holds, counted in one pass over its bytes before anything is built from them. `JSON.parse`
 * takes seconds for 16 MB of brackets, and of a key that stands twice it drops one without a word.
 * For text that is no JSON the counts mean nothing, but they are bounded all the same.
 */
export class Structure {
  /** Key and value pairs written. */
  pairs = 0;

  /** Count `bytes[from, to)`. What is too much of it, for a person; '' where nothing is. */
  walk(bytes: Uint8Array, from: number, to: number): string {
    let pairs = 0;
    let depth = 0;
    let containers = 0;
    for (let i = from; i < to; i++) {
      const c = bytes[i]!;
      if (c === QUOTE) {
        for (i++; i < to && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
      } else if (c === COLON) pairs++;
      // One bit lies between [ and {, and between ] and }.
      else if ((c & 0xdf) === 0x5b) {
        if (++containers > MAX_CONTAINERS) return `has more than ${MAX_CONTAINERS} objects and arrays`;
        if (++depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
      } else if ((c & 0xdf) === 0x5d) depth--;
    }
    this.pairs = pairs;
    return '';
  }
}

/** Key and value pairs in a parsed value, at every depth: fewer than were written where a key stood twice. */
export function pairsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let pairs = 0;
  if (Array.isArray(value)) {
    for (const entry of value) if (typeof entry === 'object') pairs += pairsIn(entry);
    return pairs;
  }
  for (const key in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    pairs += typeof inner === 'object' ? 1 + pairsIn(inner) : 1;
  }
  return pairs;
}
