import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from '../../engine/kalshi/frame-reader.ts';
import { BINARY, CLOSE, closeFrame, frame, PING, PONG, TEXT } from './support/frames.ts';
import { digest, kindOfEnd } from './support/recorder.ts';
import { SocketLab } from './support/socket-lab.ts';

const LIMIT = 3000;

/*
 * Both implementations must tell the same events and send the same frames for any script in any chunks. Where `ws`
 * differs on purpose is kept out of the scripts: it drops a connection with more than 60 pongs not yet written or more
 * than 16,384 fragments in one message. In its words for ends (see `kindOfEnd`) it may differ.
 */

const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(124, 125, 126, 127, 300) },
  { weight: 1, arbitrary: fc.integer({ min: LIMIT - 2, max: LIMIT + 2 }) },
);
const payload = fc
  .tuple(size, fc.integer({ min: 0, max: 255 }))
  .map(([length, seed]) => Uint8Array.from({ length }, (_, i) => (seed + i * 7) & 255));
const form = fc.constantFrom<7 | 16 | 64 | undefined>(undefined, undefined, undefined, 16, 64);

function formed(bytes: Uint8Array, wanted: 7 | 16 | 64 | undefined): { form?: 7 | 16 | 64 } {
  return wanted === undefined || (wanted === 7 && bytes.length > 125) ? {} : { form: wanted };
}

const message = fc
  .tuple(fc.constantFrom(TEXT, BINARY), payload, form)
  .map(([opcode, bytes, wanted]) => [frame(opcode, bytes, formed(bytes, wanted))]);
const small = fc.uint8Array({ maxLength: 20 });
const sign = fc.tuple(fc.constantFrom(PING, PONG), small).map(([opcode, bytes]) => [frame(opcode, bytes)]);
const fragmented = fc
  .tuple(
    fc.constantFrom(TEXT, BINARY),
    fc.array(fc.tuple(payload, form, fc.option(sign, { nil: [] })), { minLength: 2, maxLength: 5 }),
  )
  .map(([opcode, parts]) =>
    parts.flatMap(([bytes, wanted, between], i) => {
      const fin = i === parts.length - 1;
      return [frame(i === 0 ? opcode : 0, bytes, { fin, ...formed(bytes, wanted) }), ...(fin ? [] : between)];
    }),
  );
const end = fc.oneof(
  fc.constant([frame(CLOSE)]),
  fc
    .tuple(fc.constantFrom(1000, 1001, 1008, 1005, 2000, 3000, 4000, 65_535), fc.string({ maxLength: 20 }))
    .map(([code, said]) => [closeFrame(code, said)]),
);
/** Any two first bytes, so nearly always a broken frame. */
const wild = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 30 }))
  .map(([first, second, rest]) => [Buffer.from([first, second, ...rest])]);

const script = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: message },
      { weight: 3, arbitrary: sign },
      { weight: 3, arbitrary: fragmented },
      { weight: 1, arbitrary: end },
      { weight: 1, arbitrary: wild },
    ),
    { maxLength: 10 },
  )
  .map((parts) => Buffer.concat(parts.flat()));
/** Where the script is cut, as shares of its length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

function chunksOf(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const at = [...shares].sort((a, b) => a - b).map((share) => Math.floor(share * bytes.length));
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

describe('any script in any chunks', () => {
  const lab = new SocketLab();
  before(() => lab.server.listen());
  after(() => lab.close());

  test('is told the same by both implementations, and answered the same', async () => {
    await fc.assert(
      fc.asyncProperty(script, cuts, fc.boolean(), async (bytes, shares, glued) => {
        const chunks = chunksOf(bytes, shares);
        const options = { maxFrameBytes: LIMIT, glued, turns: 1 };
        const [ws, raw] = [await lab.play('ws', chunks, options), await lab.play('raw', chunks, options)];
        assert.deepEqual([raw.events, raw.sent], [ws.events, ws.sent]);
        assert.equal(raw.reasons.length, 1);
      }),
      { numRuns: 150 },
    );
  });

  test('is read the same however it is cut, without a socket', () => {
    fc.assert(
      fc.property(script, cuts, (bytes, shares) => {
        assert.deepEqual(readAll(chunksOf(bytes, shares)), readAll([bytes]));
        assert.deepEqual(readAll(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), readAll([bytes]));
      }),
      { numRuns: 400 },
    );
  });
});

/** All a reader tells of `chunks`, each read into the same buffer. */
function readAll(chunks: readonly Uint8Array[]): string[] {
  const told: string[] = [];
  const reader = new FrameReader(LIMIT, {
    onMessage: (bytes, binary) => told.push(`${binary ? 'binary' : 'text'} ${digest(bytes)}`),
    onPing: (bytes) => told.push(`ping ${digest(bytes)}`),
    onPong: () => told.push('pong'),
    onCloseFrame: (code, bytes) => told.push(`close ${code} ${digest(bytes)}`),
    onFault: (code, reason) => told.push(`fault ${code} ${kindOfEnd(reason)}`),
  });
  const buffer = Buffer.alloc(64 * 1024);
  for (const chunk of chunks) {
    // Whatever a read leaves behind must not matter to the next.
    buffer.fill(0x81);
    buffer.set(chunk, 5);
    reader.read(buffer, 5, 5 + chunk.length);
  }
  return told;
}
