import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FrameHandler, FrameReader } from '../../engine/kalshi/frame-reader.ts';
import { MessageBuffer } from '../../engine/kalshi/message-buffer.ts';
import { frame, PING, PONG, TEXT } from './support/frames.ts';

const MIB = 1024 * 1024;

function handler(overrides: Partial<FrameHandler>): FrameHandler {
  const unexpected = (): never => assert.fail('not expected');
  return {
    onMessage: unexpected,
    onPing: unexpected,
    onPong: unexpected,
    onCloseFrame: unexpected,
    onFault: unexpected,
    ...overrides,
  };
}

test('a message that lies whole in the read is handed on where it lies, of any length form and kind', () => {
  const frames = [
    frame(TEXT, 'a'),
    frame(TEXT, 'b'.repeat(300)),
    frame(2, 'c'),
    frame(TEXT, 'd'.repeat(70_000)),
    frame(TEXT, 'e', { form: 64 }),
    frame(TEXT),
  ];
  const read = Buffer.concat([Buffer.alloc(10), ...frames]);
  let at = 10;
  let count = 0;
  const reader = new FrameReader(
    MIB,
    handler({
      onMessage: (bytes) => {
        at += frames[count++]!.length;
        assert.equal(bytes.buffer, read.buffer);
        assert.equal(bytes.byteOffset + bytes.byteLength, read.byteOffset + at);
      },
    }),
  );
  reader.read(read, 10, read.length);
  assert.equal(count, frames.length);
});

test('a read that ends within a message costs a copy of that message only', () => {
  const stream = Buffer.concat(Array.from({ length: 9 }, (_, i) => frame(TEXT, `{"seq":${i}}`)));
  const inPlace: boolean[] = [];
  let read = stream;
  const reader = new FrameReader(
    MIB,
    handler({ onMessage: (bytes) => inPlace.push(bytes.buffer === read.buffer && bytes.length === 9) }),
  );
  const cut = 4 * 11 + 5;
  reader.read(stream, 0, cut);
  read = Buffer.concat([stream.subarray(cut)]);
  reader.read(read, 0, read.length);
  assert.deepEqual(inPlace, [true, true, true, true, false, true, true, true, true]);
});

test('stop from within any call: nothing more of the same read is told', () => {
  for (const [first, name] of [
    [frame(TEXT, 'a'), 'onMessage'],
    [Buffer.concat([frame(TEXT, 'a', { fin: false }), frame(0, 'b')]), 'onMessage'],
    [frame(PING), 'onPing'],
    [frame(PONG), 'onPong'],
  ] as const) {
    let calls = 0;
    const reader = new FrameReader(
      MIB,
      handler({
        [name]: () => {
          calls++;
          reader.stop();
        },
      }),
    );
    const read = Buffer.concat([first, frame(TEXT, 'b'), frame(PING), frame(3)]);
    reader.read(read, 0, read.length);
    reader.read(read, 0, read.length);
    assert.equal(calls, 1);
  }
});

test('a listener that throws leaves the reader at the next frame', () => {
  const got: string[] = [];
  const reader = new FrameReader(
    MIB,
    handler({
      onMessage: (bytes) => {
        got.push(Buffer.from(bytes).toString());
        if (got.length === 1) throw new Error('listener');
      },
    }),
  );
  const first = frame(TEXT, 'one');
  reader.read(first, 0, 2);
  assert.throws(() => reader.read(first, 2, first.length), /listener/);
  const second = frame(TEXT, 'two');
  reader.read(second, 0, second.length);
  assert.deepEqual(got, ['one', 'two']);
});

test('an announced length allocates nothing: memory grows with what has come', () => {
  const reader = new FrameReader(1e9, handler({}));
  const head = frame(TEXT, '', { length: 999_999_999 });
  const before = process.memoryUsage().arrayBuffers;
  reader.read(head, 0, head.length);
  const some = Buffer.alloc(1000);
  for (let n = 0; n < 100; n++) reader.read(some, 0, some.length);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 * MIB);
});

test('what does not keep the protocol is said in words', () => {
  for (const [bytes, words] of [
    [frame(TEXT, 'a', { rsv: 4 }), 'protocol error: reserved bits are set, no extension was agreed on'],
    [frame(5), 'protocol error: unknown opcode 5'],
    [frame(TEXT, 'a', { masked: true }), 'protocol error: a frame from the server is masked'],
    [frame(0), 'protocol error: a continuation of no message'],
    [frame(8, 'x'), 'protocol error: half a close code'],
    [frame(8, Uint8Array.of(3, 0xed)), 'protocol error: 1005 is no close code'],
    [frame(TEXT, 'x'.repeat(1001)), 'payload size of 1001 bytes or more, 1000 are allowed'],
  ] as const) {
    const said: string[] = [];
    const reader = new FrameReader(1000, handler({ onFault: (_code, reason) => said.push(reason) }));
    reader.read(bytes, 0, bytes.length);
    reader.read(bytes, 0, bytes.length);
    assert.deepEqual(said, [words]);
  }
});

test('a message buffer puts pieces together, again and again, and does not keep what one huge message took', () => {
  const buffer = new MessageBuffer();
  assert.equal(buffer.take().length, 0);
  for (const size of [10, 100_000, 3 * MIB, 10]) {
    const whole = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) & 255));
    for (let at = 0; at < size; at += 60_001) buffer.append(whole.subarray(at, at + 60_001));
    assert.equal(buffer.length, size);
    const taken = buffer.take();
    assert.ok(whole.equals(taken));
    if (size < MIB) assert.ok(taken.buffer.byteLength < 2 * MIB);
    assert.equal(buffer.length, 0);
  }
});
