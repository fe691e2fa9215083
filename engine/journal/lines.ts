import { SourceFault } from './error.ts';

const NEWLINE = 10;
const RETURN = 13;

/** Cuts chunks of text into lines, without their `\n` or `\r\n`. Lines are views into the chunks where possible. */
export class LineSplitter {
  private readonly maxLineBytes: number;
  private carry: Uint8Array[] = [];
  private carried = 0;

  /** @param maxLineBytes longer lines are refused, which bounds the memory held for an unfinished one */
  constructor(maxLineBytes: number) {
    this.maxLineBytes = maxLineBytes;
  }

  /** The lines this chunk completes, one by one. @throws SourceFault `line_too_long` */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let at = buffer.indexOf(NEWLINE); at >= 0; at = buffer.indexOf(NEWLINE, from)) {
      this.check(at - from);
      const end = chunk.subarray(from, at);
      from = at + 1;
      yield this.carried === 0 ? trimmed(end) : trimmed(this.whole(end));
    }
    if (from === chunk.length) return;
    this.check(chunk.length - from);
    this.carry.push(chunk.subarray(from));
    this.carried += chunk.length - from;
  }

  /** What stands after the last newline; empty when the text ended with one. */
  rest(): Uint8Array {
    return trimmed(this.whole(new Uint8Array(0)));
  }

  private whole(end: Uint8Array): Uint8Array {
    const line = Buffer.concat([...this.carry, end]);
    this.carry = [];
    this.carried = 0;
    return line;
  }

  private check(more: number): void {
    if (this.carried + more <= this.maxLineBytes) return;
    throw new SourceFault('line_too_long', `the line is longer than ${this.maxLineBytes} bytes; this is not a capture`);
  }
}

function trimmed(line: Uint8Array): Uint8Array {
  return line.length > 0 && line[line.length - 1] === RETURN ? line.subarray(0, line.length - 1) : line;
}
