import type { Random } from './random.ts';

const TELLING = Buffer.from('"{}[],:.-+0123456789eE\\ \t\ntfnyu\u0000\u007f');

/**
 * Do one damage to the frame in `bytes[from, to)`, in place; where it ends then. The buffer has room behind the frame.
 */
export function damage(bytes: Uint8Array, from: number, to: number, r: Random): number {
  if (to === from) return to;
  const at = from + r.below(to - from);
  const length = Math.min(1 + r.below(30), to - at);
  switch (r.below(16)) {
    case 0:
    case 1:
      bytes[at] = bytes[at]! ^ (1 << r.below(8));
      return to;
    case 2:
    case 3:
      bytes[at] = r.of(TELLING);
      return to;
    case 4:
      bytes.copyWithin(at, at + length, to);
      return to - length;
    case 5:
      bytes.copyWithin(at + 1, at, to);
      bytes[at] = r.once(3) ? r.below(256) : r.of(TELLING);
      return to + 1;
    case 6:
      bytes.copyWithin(at + length, at, to);
      return to + length;
    case 7:
      return at;
    case 8:
      bytes[to] = r.of(TELLING);
      return to + 1;
    case 9: {
      const source = from + r.below(to - from - length + 1);
      bytes.copyWithin(at, source, source + length);
      return to;
    }
    default:
      bytes[at] = akin(bytes[at]!, r);
      return to;
  }
}

/** A digit for a digit, a letter for a letter: still JSON, and another value. */
function akin(byte: number, r: Random): number {
  if (byte >= 48 && byte <= 57) return 48 + r.below(10);
  if ((byte | 32) >= 97 && (byte | 32) <= 122) return r.once(2) ? byte ^ 32 : 97 + r.below(26);
  return r.of(TELLING);
}

/** Bytes looked at for a digit: some three in a frame of this exchange's are found. */
const LOOKS = 12;

/** Put other digits in the place of some: other numbers, as a rule, in the same places. */
export function redigit(bytes: Uint8Array, from: number, to: number, r: Random): void {
  for (let n = 0; n < LOOKS; n++) {
    const at = from + r.below(to - from);
    const byte = bytes[at]!;
    if (byte >= 48 && byte <= 57) bytes[at] = 48 + r.below(10);
  }
}
