import { connect } from 'node:net';
import type { CrowdAnswer, CrowdStart } from './start.ts';

/** A crowd of feed clients in one process. Each checks that its frames come in sequence, and when. */
const start = JSON.parse(process.argv[2]!) as CrowdStart;
const SEQ = Buffer.from('"seq":');
const TIME = Buffer.from('"ts":"');
const SECONDS = 'YYYY-MM-DDTHH:MM:SS'.length;

/** Microseconds since the epoch, on the clock the server stamps frames with. */
const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1000;

let answer = fresh();
let open = 0;

function fresh(): { frames: number; wrong: string; latenciesUs: number[] } {
  return { frames: 0, wrong: '', latenciesUs: [] };
}

class Member {
  private rest = Buffer.alloc(0);
  private upgraded = false;
  private seq = 0;
  private readonly name: number;

  constructor(name: number, upgrade: string, hello: Buffer | null) {
    this.name = name;
    const socket = connect({ host: '127.0.0.1', port: start.port, noDelay: true });
    socket.write(upgrade);
    socket.on('data', (chunk) => {
      const at = nowUs();
      this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
      if (!this.upgraded) {
        if (!this.upgrade()) return;
        if (hello !== null) socket.write(hello);
      }
      this.read(at);
    });
    socket.on('error', (error) => this.fault(error.message));
  }

  private upgrade(): boolean {
    const end = this.rest.indexOf('\r\n\r\n');
    if (end < 0) return false;
    if (!this.rest.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) this.fault('no upgrade');
    this.rest = this.rest.subarray(end + 4);
    this.upgraded = true;
    return true;
  }

  private read(at: number): void {
    let from = 0;
    for (;;) {
      const left = this.rest.length - from;
      if (left < 2) break;
      const short = this.rest[from + 1]! & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (left < head) break;
      const size =
        head === 2
          ? short
          : head === 4
            ? this.rest.readUInt16BE(from + 2)
            : Number(this.rest.readBigUInt64BE(from + 2));
      if (left < head + size) break;
      if ((this.rest[from]! & 0x0f) === 1) this.frame(this.rest.subarray(from + head, from + head + size), at);
      from += head + size;
    }
    this.rest = this.rest.subarray(from);
  }

  private frame(frame: Buffer, at: number): void {
    const seqAt = frame.indexOf(SEQ);
    if (seqAt < 0) return;
    const seq = numberAt(frame, seqAt + SEQ.length);
    if (this.seq === 0) {
      // The first is the snapshot, or whatever the baseline begins with.
      if (++open === start.members) process.send?.({ kind: 'open' } satisfies CrowdAnswer);
    } else if (seq !== this.seq + 1) this.fault(`frame ${seq} after ${this.seq}`);
    this.seq = seq;
    const timeAt = frame.indexOf(TIME);
    if (timeAt < 0) return;
    answer.frames++;
    answer.latenciesUs.push(at - timeOf(frame, timeAt + TIME.length));
  }

  private fault(what: string): void {
    if (answer.wrong === '') answer.wrong = `member ${this.name}: ${what}`;
  }
}

let lastSecond = '';
let lastSecondUs = 0;

/** An RFC 3339 time with up to six decimals, microseconds since the epoch. */
function timeOf(bytes: Buffer, from: number): number {
  const second = bytes.toString('latin1', from, from + SECONDS);
  if (second !== lastSecond) {
    lastSecond = second;
    lastSecondUs = Date.parse(`${second}Z`) * 1000;
  }
  let us = 0;
  let unit = 100_000;
  if (bytes[from + SECONDS] !== 46) return lastSecondUs;
  for (let i = from + SECONDS + 1; bytes[i]! >= 48 && bytes[i]! <= 57; i++, unit /= 10) us += (bytes[i]! - 48) * unit;
  return lastSecondUs + us;
}

function numberAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let i = from; bytes[i]! >= 48 && bytes[i]! <= 57; i++) value = value * 10 + bytes[i]! - 48;
  return value;
}

/** A masked text frame, mask zero. */
function masked(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.from(
    body.length < 126
      ? [0x81, 0x80 | body.length, 0, 0, 0, 0]
      : [0x81, 0xfe, body.length >> 8, body.length & 255, 0, 0, 0, 0],
  );
  return Buffer.concat([head, body]);
}

for (let i = 0; i < start.members; i++) new Member(i, start.upgrade, start.hello === '' ? null : masked(start.hello));

process.on('message', (message) => {
  if (message === 'reset') {
    answer = fresh();
    return;
  }
  const { frames, wrong, latenciesUs } = answer;
  latenciesUs.sort((a, b) => a - b);
  const at = (share: number): number => latenciesUs[Math.floor(share * (latenciesUs.length - 1))] ?? 0;
  process.send?.({ kind: 'count', frames, wrong, p50Us: at(0.5), p99Us: at(0.99) } satisfies CrowdAnswer);
});
