import { MessageBuffer } from './message-buffer.ts';
import { NO_CODE } from './socket-end.ts';

/** What a frame reader finds. Bytes are only valid during the call. */
export interface FrameHandler {
  /** A complete message, whether it came in one frame or in fragments. */
  onMessage(bytes: Uint8Array, binary: boolean): void;
  onPing(payload: Uint8Array): void;
  onPong(): void;
  /** The other end closes: with this code (1005 for none), saying this. Nothing is read any more. */
  onCloseFrame(code: number, payload: Uint8Array): void;
  /** The other end broke the protocol: the code to close with, and why. Nothing is read any more. */
  onFault(code: FaultCode, reason: string): void;
}

/** Close codes of faults: protocol error, message too big. */
export type FaultCode = 1002 | 1009;

/** First bits of a frame. */
export const FIN = 0x80;
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

const WHOLE_TEXT = FIN | Opcode.Text;
const RESERVED_BITS = 0x70;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_CONTROL_BYTES = 125;
const FAULT: FaultCode = 1002;
const TOO_BIG: FaultCode = 1009;

/**
 * Reads a server's WebSocket frames where they lie (RFC 6455, no extensions). A message that came in one frame and lies
 * whole in a read is handed on as a view of it; only what straddles reads or is fragmented is put together elsewhere.
 * Lengths need not be minimally encoded, and text is not checked for UTF-8.
 */
export class FrameReader {
  private readonly maxBytes: number;
  private readonly handler: FrameHandler;
  private over = false;
  /** Nothing of a frame or of a fragmented message is pending. */
  private between = true;
  /** Of the frame under way: its header so far and in all, its payload so far and in all. */
  private readonly head = new Uint8Array(10);
  private headHave = 0;
  private headLength = 2;
  private have = 0;
  private length = -1;
  /** Opcode of a fragmented message under way, 0 for none. */
  private fragmented = 0;
  private readonly message = new MessageBuffer();
  private readonly control = new Uint8Array(MAX_CONTROL_BYTES);

  /** @param maxBytes largest message taken */
  constructor(maxBytes: number, handler: FrameHandler) {
    this.maxBytes = maxBytes;
    this.handler = handler;
  }

  /** Hand on nothing more, also of the read under way. */
  stop(): void {
    this.over = true;
  }

  /** Take `buffer` from `from` up to `to`, the next bytes of the connection. */
  read(buffer: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to && !this.over) {
      // The way of nearly every frame: a whole text of less than 64 KiB, all of it here.
      if (this.between && buffer[at] === WHOLE_TEXT && at + 4 <= to) {
        let length = buffer[at + 1]!;
        let start = at + 2;
        if (length === LENGTH_16) {
          length = (buffer[at + 2]! << 8) | buffer[at + 3]!;
          start = at + 4;
        } else if (length > LENGTH_16) length = Number.POSITIVE_INFINITY;
        if (start + length <= to && length <= this.maxBytes) {
          at = start + length;
          this.handler.onMessage(buffer.subarray(start, at), false);
          continue;
        }
      }
      at = this.step(buffer, at, to);
    }
  }

  /** Any frame, any part of one. Returns how far it got. */
  private step(buffer: Uint8Array, from: number, to: number): number {
    let at = from;
    this.between = false;
    while (this.length < 0) {
      if (at === to) return at;
      this.head[this.headHave++] = buffer[at++]!;
      if (this.headHave === 2 && !this.begin(this.head[0]!, this.head[1]!)) return to;
      if (this.headHave === this.headLength && !this.measure()) return to;
    }
    const end = at + Math.min(this.length - this.have, to - at);
    const opcode = this.head[0]! & 15;
    if (opcode >= Opcode.Close) this.takeControl(opcode, buffer.subarray(at, end));
    else this.takeData(buffer.subarray(at, end));
    return end;
  }

  /** Check a frame's first two bytes. */
  private begin(first: number, second: number): boolean {
    const opcode = first & 15;
    const length = second & ~MASKED;
    const isControl = opcode >= Opcode.Close;
    if ((first & RESERVED_BITS) !== 0) return this.fault('reserved bits are set, no extension was agreed on');
    if (opcode > Opcode.Pong || (opcode > Opcode.Binary && !isControl)) return this.fault(`unknown opcode ${opcode}`);
    if (isControl && (first & FIN) === 0) return this.fault('a control frame is fragmented');
    if (isControl && length > MAX_CONTROL_BYTES) return this.fault('a control frame is longer than 125 bytes');
    if (opcode === Opcode.Close && length === 1) return this.fault('half a close code');
    if (opcode === Opcode.Continuation && this.fragmented === 0) return this.fault('a continuation of no message');
    if (opcode > 0 && !isControl && this.fragmented > 0) return this.fault('a message begins within another');
    if ((second & MASKED) !== 0) return this.fault('a frame from the server is masked');
    this.headLength = length === LENGTH_64 ? 10 : length === LENGTH_16 ? 4 : 2;
    return true;
  }

  /** The header is complete: take the payload's length from it. */
  private measure(): boolean {
    const { head, headLength } = this;
    let length = head[1]!;
    if (headLength > 2) {
      length = 0;
      // Beyond 2^53 the sum is inexact, and too long all the same.
      for (let i = 2; i < headLength; i++) length = length * 256 + head[i]!;
    }
    this.length = length;
    this.have = 0;
    if ((head[0]! & 15) >= Opcode.Close || length === 0) return true;
    const total = this.message.length + length;
    if (total <= this.maxBytes) return true;
    return this.fault(`payload size of ${total} bytes or more, ${this.maxBytes} are allowed`, TOO_BIG);
  }

  private takeData(part: Uint8Array): void {
    const first = this.head[0]!;
    const isLast = (first & FIN) !== 0;
    this.have += part.length;
    const isComplete = this.have === this.length;
    const inOneGo = isComplete && isLast && this.fragmented === 0 && this.message.length === 0;
    if (!inOneGo) this.message.append(part);
    if (!isComplete) return;
    const opcode = this.fragmented || first & 15;
    this.fragmented = isLast ? 0 : opcode;
    this.next();
    if (!isLast) return;
    const bytes = inOneGo ? part : this.message.take();
    this.handler.onMessage(bytes, opcode === Opcode.Binary);
  }

  private takeControl(opcode: number, part: Uint8Array): void {
    this.control.set(part, this.have);
    this.have += part.length;
    if (this.have < this.length) return;
    const payload = this.control.subarray(0, this.length);
    this.next();
    if (opcode === Opcode.Ping) this.handler.onPing(payload);
    else if (opcode === Opcode.Pong) this.handler.onPong();
    else this.takeClose(payload);
  }

  private takeClose(payload: Uint8Array): void {
    const code = payload.length === 0 ? NO_CODE : (payload[0]! << 8) | payload[1]!;
    if (payload.length > 0 && !isCloseCode(code)) {
      this.fault(`${code} is no close code`);
      return;
    }
    this.over = true;
    this.handler.onCloseFrame(code, payload);
  }

  /** Be ready for the next frame. */
  private next(): void {
    this.headHave = 0;
    this.headLength = 2;
    this.length = -1;
    this.between = this.fragmented === 0;
  }

  private fault(what: string, code: FaultCode = FAULT): false {
    this.over = true;
    this.handler.onFault(code, code === FAULT ? `protocol error: ${what}` : what);
    return false;
  }
}

/** Codes that may be sent: of the standard, registered, and private. */
function isCloseCode(code: number): boolean {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_CODE && code !== 1006;
}
