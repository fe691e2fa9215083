import { FIN } from './frame-reader.ts';

/** Fills bytes with randomness that the other end cannot foresee. */
export type FillRandom = (bytes: Uint8Array) => void;

const MASKED = 0x80;
const MASK_BYTES = 4;

/** One whole frame as a client sends it: masked with a fresh random mask. */
export function clientFrame(opcode: number, payload: Uint8Array, fillRandom: FillRandom): Buffer {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extra + MASK_BYTES;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  else if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  fillRandom(frame.subarray(start - MASK_BYTES, start));
  for (let i = 0; i < length; i++) frame[start + i] = payload[i]! ^ frame[start - MASK_BYTES + (i & 3)]!;
  return frame;
}
