import { tooLarge, unstatedLength } from './connection.ts';
import { MessageBuffer } from './message-buffer.ts';

/** Longest head, and the most that chunk sizes of one body and its trailers may take besides the data. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Responses 1xx before the one meant. */
const MAX_INTERIM = 8;
const CR = 13;
const LF = 10;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const LENGTH = /^\d{1,15}$/;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

const State = {
  Head: 0,
  Counted: 1,
  ChunkSize: 2,
  ChunkData: 3,
  ChunkEnd: 4,
  Trailer: 5,
  UntilClose: 6,
  Done: 7,
} as const;
type State = (typeof State)[keyof typeof State];

/**
 * Reads one response after another, in place where one comes in a single read. Strict: whatever HTTP/1.1 does not allow
 * or nobody asked for (an upgrade, a compressed body, a length stated twice) is an error, after which the connection is
 * worthless and the outcome of its request not known.
 */
export class ResponseParser {
  status = 0;
  body = '';
  /** The Date header, '' where there is none. */
  date = '';
  /** The connection ends with this response. */
  closes = false;
  /** Seconds for which the server keeps the connection, by its Keep-Alive header; -1 where it does not say. */
  keepAliveSeconds = -1;
  private readonly maxBytes: number;
  private readonly line = Buffer.allocUnsafe(MAX_HEAD_BYTES);
  private lineLength = 0;
  private overhead = 0;
  private interim = 0;
  private state: State = State.Done;
  /** Bytes still to come of the body or the chunk. */
  private left = 0;
  private readonly parts = new MessageBuffer();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Await a response. */
  begin(): void {
    this.state = State.Head;
    this.interim = 0;
    this.beginHead();
  }

  /**
   * Take `buffer` from `from` up to `to`.
   * @returns where the bytes after the response begin; -1 while it is not complete
   * @throws Error for what is no response to a request of ours, in words for a person
   */
  read(buffer: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && this.state !== State.Done) {
      if (this.state === State.Head) at = this.readHead(buffer, at, to);
      else if (this.state === State.Counted || this.state === State.ChunkData) at = this.readData(buffer, at, to);
      else if (this.state === State.UntilClose) at = this.readRest(buffer, at, to);
      else at = this.readLine(buffer, at, to);
    }
    return this.state === State.Done ? at : -1;
  }

  /** The server closed. True where that completes the response. @throws Error where it cuts it */
  end(): boolean {
    if (this.state !== State.UntilClose) throw new Error('connection closed by the other side');
    if (this.status < 300) throw unstatedLength(this.status);
    this.finish();
    return true;
  }

  private beginHead(): void {
    this.status = 0;
    this.body = '';
    this.date = '';
    this.closes = false;
    this.keepAliveSeconds = -1;
    this.lineLength = 0;
    this.overhead = 0;
    this.parts.length = 0;
  }

  private readHead(buffer: Buffer, from: number, to: number): number {
    if (this.lineLength === 0) {
      const end = buffer.subarray(from, to).indexOf('\r\n\r\n');
      if (end >= 0 && end <= MAX_HEAD_BYTES) {
        this.headDone(buffer.toString('latin1', from, from + end));
        return from + end + 4;
      }
    }
    const { line } = this;
    for (let at = from; at < to; ) {
      if (this.lineLength === MAX_HEAD_BYTES) throw new Error(`response head longer than ${MAX_HEAD_BYTES} bytes`);
      const byte = buffer[at++]!;
      line[this.lineLength++] = byte;
      const n = this.lineLength;
      // What is no HTTP is known by its first bytes: it may never send an empty line.
      if (n <= 7 && byte !== HTTP[n - 1]) throw notHttp(line.toString('latin1', 0, n));
      if (byte !== LF || n < 4 || line[n - 2] !== CR || line[n - 3] !== LF || line[n - 4] !== CR) continue;
      this.lineLength = 0;
      this.headDone(line.toString('latin1', 0, n - 4));
      return at;
    }
    return to;
  }

  private headDone(text: string): void {
    const [first = '', ...lines] = text.split('\r\n');
    const match = STATUS_LINE.exec(first);
    if (match === null) throw notHttp(first);
    const status = Number(match[2]);
    if (status < 200) {
      if (status === 101) throw new Error('the server changes to a protocol nobody asked for');
      if (++this.interim > MAX_INTERIM) throw new Error('one informational response after another');
      this.beginHead();
      return;
    }
    this.status = status;
    this.closes = match[1] === '0';
    let length = '';
    let coding = '';
    for (const line of lines) {
      const field = FIELD.exec(line);
      if (field === null) throw new Error(`not an HTTP header: ${JSON.stringify(line.slice(0, 40))}`);
      const value = field[2]!;
      switch (field[1]!.toLowerCase()) {
        case 'content-length':
          if (!LENGTH.test(value) || (length !== '' && length !== value))
            throw new Error(`no content length: ${JSON.stringify(value.slice(0, 40))}`);
          length = value;
          break;
        case 'transfer-encoding':
          if (coding !== '' || value.toLowerCase() !== 'chunked')
            throw new Error(`transfer encoding ${JSON.stringify(value.slice(0, 40))} is not understood`);
          coding = value;
          break;
        case 'content-encoding':
          if (value.toLowerCase() !== 'identity') throw new Error('a compressed body, which nobody asked for');
          break;
        case 'connection':
          if (/(^|,)[ \t]*close[ \t]*(,|$)/i.test(value)) this.closes = true;
          break;
        case 'keep-alive':
          this.keepAliveSeconds = Number(/(?:^|[ ,])timeout=(\d{1,6})/i.exec(value)?.[1] ?? -1);
          break;
        case 'date':
          this.date = value;
      }
    }
    this.frame(length, coding);
  }

  /** How the body ends. */
  private frame(length: string, coding: string): void {
    if (length !== '' && coding !== '') throw new Error('a response with a length and in chunks');
    if (this.status === 204 || this.status === 304) return this.finish();
    if (coding !== '') {
      this.state = State.ChunkSize;
      return;
    }
    if (length === '') {
      this.closes = true;
      this.state = State.UntilClose;
      return;
    }
    this.left = Number(length);
    if (this.left > this.maxBytes) throw tooLarge(this.maxBytes);
    this.state = State.Counted;
    if (this.left === 0) this.finish();
  }

  private readData(buffer: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.left);
    const isCounted = this.state === State.Counted;
    this.left -= end - from;
    if (isCounted && this.left === 0 && this.parts.length === 0) {
      this.body = buffer.toString('utf8', from, end);
      this.state = State.Done;
      return end;
    }
    this.parts.append(buffer.subarray(from, end));
    if (this.left > 0) return end;
    if (isCounted) this.finish();
    else this.state = State.ChunkEnd;
    return end;
  }

  private readRest(buffer: Buffer, from: number, to: number): number {
    if (this.parts.length + to - from > this.maxBytes) throw tooLarge(this.maxBytes);
    this.parts.append(buffer.subarray(from, to));
    return to;
  }

  /** Lines of the chunked coding: sizes, the empty line after each chunk, trailers. */
  private readLine(buffer: Buffer, from: number, to: number): number {
    for (let at = from; at < to; ) {
      if (++this.overhead > MAX_HEAD_BYTES + this.parts.length) throw new Error('a chunked body of chunk sizes');
      if (this.lineLength === MAX_HEAD_BYTES) throw new Error('a line without end in a chunked body');
      const byte = buffer[at++]!;
      this.line[this.lineLength++] = byte;
      if (byte !== LF) continue;
      const n = this.lineLength;
      this.lineLength = 0;
      if (n < 2 || this.line[n - 2] !== CR) throw new Error('a bare line feed in a chunked body');
      this.lineDone(this.line.toString('latin1', 0, n - 2));
      return at;
    }
    return to;
  }

  private lineDone(line: string): void {
    if (this.state === State.ChunkEnd) {
      if (line !== '') throw new Error('a chunk longer than its size');
      this.state = State.ChunkSize;
    } else if (this.state === State.Trailer) {
      if (line === '') this.finish();
      else if (!FIELD.test(line)) throw new Error(`not an HTTP trailer: ${JSON.stringify(line.slice(0, 40))}`);
    } else {
      const match = CHUNK_SIZE.exec(line);
      if (match === null) throw new Error(`no chunk size: ${JSON.stringify(line.slice(0, 40))}`);
      this.left = Number.parseInt(match[1]!, 16);
      if (this.parts.length + this.left > this.maxBytes) throw tooLarge(this.maxBytes);
      this.state = this.left === 0 ? State.Trailer : State.ChunkData;
    }
  }

  private finish(): void {
    const whole = this.parts.take();
    this.body = whole.length === 0 ? '' : Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('utf8');
    this.state = State.Done;
  }
}

const HTTP = Buffer.from('HTTP/1.');

function notHttp(start: string): Error {
  return new Error(`not an HTTP response: it begins with ${JSON.stringify(start.slice(0, 40))}`);
}
