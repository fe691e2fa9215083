import { StringDecoder } from 'node:string_decoder';
import { ResponseHead } from './upgrade.ts';

const MAX_HEAD_BYTES = 16 * 1024;
const HTTP = 'HTTP/1.';
const CR = 13;
const LF = 10;

/**
 * Reads the head of the response to an upgrade, which may come in any number of pieces. Informational responses before
 * it are skipped.
 */
export class HeadReader {
  private readonly bytes = Buffer.allocUnsafe(MAX_HEAD_BYTES);
  private length = 0;
  /** The head, once it is complete. */
  head: ResponseHead | null = null;

  /**
   * Take `buffer` from `from` up to `to`.
   * @returns where the bytes after the head begin; `to` while it is not complete
   * @throws Error for what is no HTTP response, as soon as that is certain
   */
  read(buffer: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; ) {
      if (this.length === MAX_HEAD_BYTES) throw new Error(`response head longer than ${MAX_HEAD_BYTES} bytes`);
      this.bytes[this.length++] = buffer[at++]!;
      if (this.length === HTTP.length) this.checkStart();
      if (!this.endsHead()) continue;
      const head = new ResponseHead(this.bytes.toString('latin1', 0, this.length - 4));
      this.length = 0;
      if (head.status < 200 && head.status !== 101) continue;
      this.head = head;
      return at;
    }
    return to;
  }

  private checkStart(): void {
    const start = this.bytes.toString('latin1', 0, HTTP.length);
    if (start !== HTTP) throw new Error(`not an HTTP response: it begins with ${JSON.stringify(start)}`);
  }

  private endsHead(): boolean {
    const { bytes, length } = this;
    if (length < 4 || bytes[length - 1] !== LF || bytes[length - 2] !== CR) return false;
    return bytes[length - 3] === LF && bytes[length - 4] === CR;
  }
}

/** Reads the start of the body of a refusal, for a person: up to `most` characters, chunked or not. */
export class BodyStart {
  /** No more is to come, or enough is there. */
  complete: boolean;
  text = '';
  private readonly most: number;
  private readonly decoder = new StringDecoder('utf8');
  private readonly chunked: boolean;
  /** Bytes still to come: of the body, or of the chunk. */
  private left: number;
  private sizeLine = '';

  constructor(head: ResponseHead, most: number) {
    this.most = most;
    this.chunked = head.lists('transfer-encoding', 'chunked');
    const length = head.field('content-length');
    this.left = this.chunked ? 0 : /^\d+$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
    this.complete = head.status === 204 || head.status === 304 || (!this.chunked && this.left === 0);
  }

  read(buffer: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to && !this.complete) {
      if (this.left === 0) {
        this.readSize(buffer[at++]!);
        continue;
      }
      const end = Math.min(to, at + this.left);
      this.text += this.decoder.write(Buffer.from(buffer.subarray(at, end)));
      this.left -= end - at;
      at = end;
      this.complete = this.text.length >= this.most || (this.left === 0 && !this.chunked);
    }
  }

  /** One byte of the line before a chunk (or of the empty line after the last). */
  private readSize(byte: number): void {
    if (byte !== LF) {
      if (this.sizeLine.length < 1024) this.sizeLine += String.fromCharCode(byte);
      return;
    }
    const line = this.sizeLine.trim();
    this.sizeLine = '';
    if (line === '') return;
    const size = Number.parseInt(line, 16);
    // What is no size, or is the last one, ends what can be read.
    if (size > 0) this.left = size;
    else this.complete = true;
  }
}
