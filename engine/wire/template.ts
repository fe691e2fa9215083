import { Scan, type ScanKind } from './scan-kind.ts';
import { HASH_FACTOR, type TickerTable } from './tickers.ts';

/** What a value of a layout is. Everything between two values is literal text. */
export const Slot = {
  Sid: 0,
  Seq: 1,
  Ticker: 2,
  Dollars: 3,
  Contracts: 4,
  Leg: 5,
  TimeMs: 6,
  Cents: 7,
  WholeContracts: 8,
  SkipText: 9,
  SkipNumber: 10,
} as const;
export type SlotKind = (typeof Slot)[keyof typeof Slot];

/** A frame's skeleton: literal, value, literal, value, ..., literal. */
export interface Layout {
  readonly isTrade: boolean;
  readonly isBlockTrade: boolean;
  readonly slots: readonly SlotKind[];
  /** One more than there are slots. */
  readonly literals: readonly Uint8Array[];
}

/** The numbers of a delta or trade, in the money of the frame's own leg. */
export interface TapeNumbers {
  sid: number;
  seq: number;
  market: number;
  tickerStart: number;
  tickerEnd: number;
  price: number;
  count: number;
  yes: boolean;
  isBlockTrade: boolean;
  timeMs: number;
}

/** Reads `length` bytes from `base` of `view`; `Unsure` when the frame is not of the layout to the letter. */
export type LayoutReader = (
  view: DataView,
  base: number,
  length: number,
  tickers: TickerTable,
  out: TapeNumbers,
) => ScanKind;

/**
 * Compile a reader of frames of one layout. Kalshi's server writes the same keys in the same order every time, so once a
 * frame of a kind has shown where its values lie, the text between them need only be compared, four bytes at a time
 * against constants, and each value read where it must be. Any difference at all, a longer number, an escape, another key
 * order, makes the reader return `Unsure` and the general scanner decides. Unrolled code takes a third of the time of a loop
 * over the same layout, which is why it is compiled; only numbers of ours enter the text, never bytes of a frame as text.
 *
 * Null where the runtime forbids compiling (`--disallow-code-generation-from-strings`).
 */
export function compileLayout(layout: Layout): LayoutReader | null {
  const parts = ['"use strict"; const end = base + length; let at = base, i = 0, d = 0, w = 0, v = 0;'];
  for (const [n, literal] of layout.literals.entries()) {
    const last = n === layout.slots.length;
    parts.push(`if (at + ${literal.length} ${last ? '!==' : '>'} end) return 0;`);
    if (literal.length > 0) parts.push(`if ((${differences(literal)}) !== 0) return 0; at += ${literal.length};`);
    if (!last) parts.push(VALUES[layout.slots[n]!]);
  }
  if (layout.isTrade) parts.push('if (out.count < 0) return 0;');
  parts.push(
    `out.isBlockTrade = ${layout.isBlockTrade}; return out.sid > 0 && out.seq > 0 ? ${layout.isTrade ? Scan.Trade : Scan.Delta} : 0;`,
  );
  try {
    return new Function('view', 'base', 'length', 'tickers', 'out', parts.join('\n')) as LayoutReader;
  } catch {
    return null;
  }
}

/** An expression that is 0 when the bytes at `at` are the literal. The last word overlaps where the length is odd. */
function differences(literal: Uint8Array): string {
  const view = new DataView(literal.buffer, literal.byteOffset, literal.byteLength);
  const size = literal.length;
  const terms: string[] = [];
  const word = (at: number): string => `(view.getInt32(at + ${at}, true) ^ ${view.getInt32(at, true)})`;
  if (size < 4) for (let k = 0; k < size; k++) terms.push(`(view.getUint8(at + ${k}) ^ ${literal[k]})`);
  else {
    for (let k = 0; k + 4 <= size; k += 4) terms.push(word(k));
    if (size % 4 !== 0) terms.push(word(size - 4));
  }
  return terms.join(' | ');
}

/** A plain JSON integer >= 0 (no leading zero, at most `most` digits) from `at` into v; i is where it ends. */
function digits(most: number): string {
  return `v = 0; for (i = at; i < end; i++) { d = view.getUint8(i) - 48; if (d < 0 || d > 9) break; v = v * 10 + d; }
if (i === at || i - at > ${most} || (i - at > 1 && view.getUint8(at) === 48)) return 0;`;
}

/** Exactly four digits at `from` into v: each byte's low half, after one test for all four. */
function fourDigits(from: string): string {
  return `w = view.getInt32(${from}, true) ^ 0x30303030;
if ((((w & 0x7f7f7f7f) + 0x76767676) | w) & -0x7f7f7f80) return 0;
v = (w & 15) * 1000 + ((w >> 8) & 15) * 100 + ((w >> 16) & 15) * 10 + ((w >> 24) & 15);`;
}

/**
 * i to the closing quote of the string that starts at `at`: word by word up to the one that holds it. A backslash right
 * before it would make it part of the text; one elsewhere hides no quote.
 */
const TEXT_END = `for (i = at; i + 4 <= end; i += 4) { w = view.getInt32(i, true) ^ 0x22222222; if ((w - 0x01010101) & ~w & -0x7f7f7f80) break; }
while (i < end && view.getUint8(i) !== 34) i++;
if (i >= end || (i > at && view.getUint8(i - 1) === 92)) return 0;`;

/** What reads each kind of value: from `at`, leaving `at` behind it. */
const VALUES: Readonly<Record<SlotKind, string>> = {
  [Slot.Sid]: `${digits(9)} out.sid = v; at = i;`,
  [Slot.Seq]: `${digits(15)} out.seq = v; at = i;`,
  // A stranger's ticker may hold anything: the general scanner looks at it closely.
  [Slot.Ticker]: `v = 0; for (i = at; i + 4 <= end; i += 4) {
d = view.getInt32(i, true); w = d ^ 0x22222222; if ((w - 0x01010101) & ~w & -0x7f7f7f80) break; v = Math.imul(v ^ d, ${HASH_FACTOR}); }
while (i < end && view.getUint8(i) !== 34) i++;
if (i >= end || i === at) return 0;
v = i - at < 4 ? tickers.findInView(view, at, i) : tickers.findHashed(view, at, i, Math.imul(v ^ view.getInt32(i - 4, true), ${HASH_FACTOR}));
if (v < 0) return 0; out.market = v; out.tickerStart = at - base; out.tickerEnd = i - base; at = i;`,
  [Slot.Dollars]: `if (at + 6 > end || view.getUint16(at, true) !== 0x2e30) return 0; ${fourDigits('at + 2')} out.price = v; at += 6;`,
  [Slot.Contracts]: `w = at < end && view.getUint8(at) === 45 ? 1 : 0; at += w;
v = 0; for (i = at; i < end; i++) { d = view.getUint8(i) - 48; if (d < 0 || d > 9) break; v = v * 10 + d; }
if (i === at || i - at > 12 || i + 3 > end || view.getUint8(i) !== 46) return 0;
{ const tens = view.getUint8(i + 1) - 48, ones = view.getUint8(i + 2) - 48;
if ((tens | ones) < 0 || tens > 9 || ones > 9) return 0;
v = v * 100 + tens * 10 + ones; out.count = w === 1 && v !== 0 ? -v : v; at = i + 3; }`,
  [Slot.Leg]: `if (at + 4 > end) return 0; w = view.getInt32(at, true) & 0xffffff;
if (w === 0x736579) { out.yes = true; at += 3; } else if (w === 0x226f6e) { out.yes = false; at += 2; } else return 0;`,
  // Thirteen digits until the year 2286; other lengths are the general scanner's.
  [Slot.TimeMs]: `if (at + 13 > end || view.getUint8(at) === 48) return 0;
{ ${fourDigits('at')} const high = v; ${fourDigits('at + 4')} const middle = v; ${fourDigits('at + 8')}
d = view.getUint8(at + 12) - 48; if (d < 0 || d > 9) return 0;
out.timeMs = ((high * 10000 + middle) * 10000 + v) * 10 + d; at += 13; }`,
  [Slot.Cents]: `${digits(3)} if (v > 100) return 0; out.price = v * 100; at = i;`,
  [Slot.WholeContracts]: `w = at < end && view.getUint8(at) === 45 ? 1 : 0; at += w; ${digits(13)}
out.count = w === 1 && v !== 0 ? -v * 100 : v * 100; at = i;`,
  [Slot.SkipText]: `${TEXT_END} at = i;`,
  [Slot.SkipNumber]: `${digits(15)} at = i;`,
};
