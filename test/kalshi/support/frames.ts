/** A server's frames, byte by byte as a test wants them. */
export interface FrameBits {
  readonly fin?: boolean;
  /** RSV bits, 0 to 7. */
  readonly rsv?: number;
  readonly masked?: boolean;
  /** Header form of the length; default: the shortest. */
  readonly form?: 7 | 16 | 64;
  /** Length the header states; default: the payload's. */
  readonly length?: number;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** One frame as a server sends it, or as it must not. */
export function frame(opcode: number, payload: string | Uint8Array = '', bits: FrameBits = {}): Buffer {
  const { fin = true, rsv = 0, masked = false } = bits;
  const body = Buffer.from(payload);
  const length = bits.length ?? body.length;
  const form = bits.form ?? (length < 126 ? 7 : length < 65_536 ? 16 : 64);
  const head = Buffer.alloc(form === 7 ? 2 : form === 16 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (form === 7 ? length : form === 16 ? 126 : 127);
  if (form === 16) head.writeUInt16BE(length, 2);
  if (form === 64) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, ...(masked ? [Buffer.alloc(4)] : []), body]);
}

export function closeFrame(code: number, said = ''): Buffer {
  return frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(said)]));
}

/** A frame a client sent, unmasked. */
export interface ClientFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly mask: string;
}

/** Takes whole client frames off the front of `bytes`. @throws Error for what a client must not send */
export function takeClientFrames(bytes: Buffer): { readonly frames: ClientFrame[]; readonly rest: Buffer } {
  const frames: ClientFrame[] = [];
  let rest = bytes;
  while (rest.length >= 2) {
    const [first, second] = [rest[0]!, rest[1]!];
    if ((first & 0xf0) !== 0x80) throw new Error(`a client frame begins with ${first}`);
    if ((second & 0x80) === 0) throw new Error('a client frame is not masked');
    const short = second & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < start + 4) break;
    const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    const end = start + 4 + length;
    if (rest.length < end) break;
    const mask = rest.subarray(start, start + 4);
    const payload = Buffer.from(rest.subarray(start + 4, end)).map((byte, i) => byte ^ mask[i & 3]!);
    frames.push({ opcode: first & 15, payload: Buffer.from(payload), mask: mask.toString('hex') });
    rest = rest.subarray(end);
  }
  return { frames, rest };
}
