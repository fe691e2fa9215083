import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import fc from 'fast-check';
import type { RequestOutcome } from '../../engine/core/port.ts';
import { PooledGateway, type Transport } from '../../engine/kalshi/gateway.ts';
import { ResponseParser } from '../../engine/kalshi/http-response.ts';
import { FakeClock } from './support/clock.ts';
import { ed25519Signer } from './support/keys.ts';
import { settle, until } from './support/wait.ts';

const MAX_BYTES = 4_096;

interface Read {
  readonly status: number;
  readonly body: string;
  readonly rest: number;
}

/** Read a response that comes cut at these places. */
function parse(text: string, cuts: readonly number[] = []): Read {
  const bytes = Buffer.from(text, 'utf8');
  const parser = new ResponseParser(MAX_BYTES);
  parser.begin();
  const ends = [...cuts.filter((cut) => cut > 0 && cut < bytes.length), bytes.length];
  let from = 0;
  for (const end of ends) {
    // As on a socket: every read lands at the start of the same buffer.
    const landed = Buffer.concat([bytes.subarray(from, end), Buffer.alloc(8, 88)]);
    const at = parser.read(landed, 0, end - from);
    if (at >= 0) return { status: parser.status, body: parser.body, rest: bytes.length - from - at };
    landed.fill(0);
    from = end;
  }
  parser.end();
  return { status: parser.status, body: parser.body, rest: 0 };
}

const GOOD: Readonly<Record<string, [string, Read]>> = {
  counted: ['HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\n{"é":"ü"}', { status: 201, body: '{"é":"ü"}', rest: 0 }],
  whole: ['HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a":1}', { status: 200, body: '{"a":1}', rest: 0 }],
  'no reason, blanks around values': [
    'HTTP/1.1 200\r\ncontent-length:\t 2 \r\nx:\r\n\r\n{}',
    { status: 200, body: '{}', rest: 0 },
  ],
  chunked: [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\n{"a\r\n0004\r\n":1}\r\n0\r\nx-sum: 1\r\n\r\n',
    { status: 200, body: '{"a":1}', rest: 0 },
  ],
  'nothing but a head': ['HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '', rest: 0 }],
  'a length of 304 is of what was not sent': [
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n',
    { status: 304, body: '', rest: 0 },
  ],
  'informational first': [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}',
    { status: 200, body: '{}', rest: 0 },
  ],
  'until the end, for a refusal': ['HTTP/1.0 503 Busy\r\n\r\nbusy', { status: 503, body: 'busy', rest: 0 }],
  'the same length twice': [
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}',
    { status: 200, body: '{}', rest: 0 },
  ],
  'more than was asked for': [
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n',
    { status: 200, body: '{}', rest: 17 },
  ],
};

const OK = 'HTTP/1.1 200 OK\r\n';
const BAD: Readonly<Record<string, [string, RegExp]>> = {
  'another protocol': ['SSH-2.0-OpenSSH\r\n', /not an HTTP response/],
  'HTTP/2': ['HTTP/2 200\r\n\r\n', /not an HTTP response/],
  'no status': ['HTTP/1.1 OK\r\n\r\n', /not an HTTP response/],
  'a status of four digits': ['HTTP/1.1 2000 OK\r\n\r\n', /not an HTTP response/],
  'a protocol change': ['HTTP/1.1 101 Switching Protocols\r\n\r\n', /protocol nobody asked for/],
  'only informational': ['HTTP/1.1 102 Processing\r\n\r\n'.repeat(9), /informational/],
  'a folded header': [`${OK}a: b\r\n c\r\ncontent-length: 2\r\n\r\n{}`, /not an HTTP header/],
  'a header without a colon': [`${OK}content-length\r\n\r\n`, /not an HTTP header/],
  'a blank before the colon': [`${OK}content-length : 2\r\n\r\n{}`, /not an HTTP header/],
  'a zero byte': [`${OK}a: b\0c\r\n\r\n`, /not an HTTP header/],
  'bare line feeds': [`${OK}a: b\ncontent-length: 2\r\n\r\n{}`, /not an HTTP header/],
  'a negative length': [`${OK}content-length: -1\r\n\r\n`, /no content length/],
  'a length in hex': [`${OK}content-length: 0x2\r\n\r\n{}`, /no content length/],
  'two lengths': [`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, /no content length/],
  'two lengths in one': [`${OK}content-length: 2, 2\r\n\r\n{}`, /no content length/],
  'a length and chunks': [`${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, /with a length and/],
  'an unknown coding': [`${OK}transfer-encoding: gzip, chunked\r\n\r\n`, /not understood/],
  'a compressed body': [`${OK}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}`, /compressed/],
  'a large announcement': [`${OK}content-length: ${MAX_BYTES + 1}\r\n\r\n`, /larger than 4096/],
  'a large body without one': [`${OK}\r\n${'x'.repeat(MAX_BYTES + 1)}`, /larger than 4096/],
  'a large chunk': [`${OK}transfer-encoding: chunked\r\n\r\nffffffff\r\n`, /larger than 4096/],
  'many chunks': [
    `${OK}transfer-encoding: chunked\r\n\r\n${'400\r\n'.concat('x'.repeat(1024), '\r\n').repeat(5)}`,
    /larger/,
  ],
  'no chunk size': [`${OK}transfer-encoding: chunked\r\n\r\n-1\r\n`, /no chunk size/],
  'an empty chunk size': [`${OK}transfer-encoding: chunked\r\n\r\n\r\n`, /no chunk size/],
  'a chunk longer than its size': [
    `${OK}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
    /longer than its size|line feed/,
  ],
  'chunks ended by bare line feeds': [`${OK}transfer-encoding: chunked\r\n\r\n2\n{}\n0\n\n`, /bare line feed/],
  'endless trailers': [`${OK}transfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(4000)}`, /chunk sizes/],
  'an endless head': [`${OK}${'a: b\r\n'.repeat(4000)}`, /head longer/],
  'an endless line': [`${OK}a: ${'b'.repeat(20_000)}`, /head longer/],
  'cut in the head': ['HTTP/1.1 200 OK\r\ncontent-le', /closed by the other side/],
  'cut in the body': [`${OK}content-length: 3\r\n\r\n{}`, /closed by the other side/],
  'cut in a chunk': [`${OK}transfer-encoding: chunked\r\n\r\n3\r\n{}`, /closed by the other side/],
  'cut before the last chunk': [`${OK}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`, /closed by the other side/],
  'a success that may have been cut': [`${OK}connection: close\r\n\r\n{}`, /unstated length/],
};

describe('a response read in place', () => {
  for (const [name, [text, wanted]] of Object.entries(GOOD)) {
    test(`${name}, cut at every byte`, () => {
      const { length } = Buffer.from(text);
      for (let cut = 0; cut < length; cut++) assert.deepEqual(parse(text, [cut]).body, wanted.body);
      assert.equal(parse(text).status, wanted.status);
      assert.equal(parse(text).rest, wanted.rest);
      const all = Array.from({ length }, (_, i) => i);
      assert.deepEqual(parse(text, all).body, wanted.body);
    });
  }

  for (const [name, [text, wanted]] of Object.entries(BAD)) {
    test(`${name} is an error however it is cut`, () => {
      assert.throws(() => parse(text), wanted);
      const { length } = Buffer.from(text);
      for (let cut = 1; cut < Math.min(length, 200); cut++) assert.throws(() => parse(text, [cut]), Error);
      assert.throws(
        () =>
          parse(
            text,
            Array.from({ length }, (_, i) => i),
          ),
        Error,
      );
    });
  }

  test('any bytes at all end in a response or an error, the same however they are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK',
        '\r\n',
        '\r\n\r\n',
        'content-length: 2',
        'transfer-encoding: chunked',
        '2',
        '{}',
        '0',
        '\n',
      ),
      fc.string({ maxLength: 4 }),
    );
    const result = (text: string, cuts: readonly number[]): unknown => {
      try {
        return parse(text, cuts).body;
      } catch {
        return null;
      }
    };
    const any = fc.tuple(fc.array(piece, { maxLength: 16 }), fc.array(fc.nat(120), { maxLength: 6 }));
    fc.assert(
      fc.property(any, ([pieces, cuts]) => {
        const text = `HTTP/1.1 200 OK\r\n${pieces.join('')}`;
        const sorted = [...new Set(cuts)].sort((a, b) => a - b);
        assert.equal(result(text, sorted), result(text, []));
      }),
      { numRuns: 2_000 },
    );
  });
});

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const act of clean.splice(0).reverse()) await act();
});

/** A gateway on one connection to a server that answers every request with what the script writes. */
async function play(transport: Transport, script: (socket: Socket) => void, hear: (text: string) => void = () => {}) {
  const sockets: Socket[] = [];
  let requests = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      hear(bytes.toString('latin1'));
      requests++;
      script(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const clock = new FakeClock();
  const options = { restUrl: `http://127.0.0.1:${port}/v2`, signer: ed25519Signer, clock, transport, connections: 1 };
  const gateway = new PooledGateway({ ...options, random: () => 0.5 });
  clean.push(async () => {
    await gateway.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  let id = 0;
  const ask = (body: string | Uint8Array = '{}'): Promise<RequestOutcome> =>
    new Promise((resolve) => {
      const fixed = { op: 'createOrders', method: 'POST', path: '/orders', query: '' } as const;
      gateway.request({ ...fixed, id: ++id, body, timeoutMs: 5_000 }, resolve);
    });
  return { ask, sockets, gateway, clock, requests: () => requests };
}

const WHOLE = `${OK}content-length: 2\r\n\r\n{}`;

for (const transport of ['undici', 'raw'] as const) {
  describe(`${transport}: what a connection is after a response`, () => {
    test('an ordinary one is used again', async () => {
      const { ask, sockets } = await play(transport, (socket) => socket.write(WHOLE));
      for (let n = 0; n < 3; n++) assert.equal((await ask()).kind, 'response');
      assert.equal(sockets.length, 1);
    });

    test('bytes of a body are the caller’s again after the call, however long the request waits', async () => {
      const heard: string[] = [];
      const { ask, gateway } = await play(
        transport,
        (socket) => socket.write(WHOLE),
        (text) => heard.push(text),
      );
      const shared = Buffer.from('{"n":"aaaa"}');
      const waiting = [ask(shared), ask(shared.fill('b', 6, 10)), ask(shared.fill('c', 6, 10))];
      shared.fill('d', 6, 10);
      for (const outcome of await Promise.all(waiting)) assert.equal(outcome.kind, 'response');
      const next = ask(shared.fill('e', 6, 10));
      shared.fill('x');
      await next;
      assert.deepEqual(heard.join('').match(/(?<="n":")\w+/g), ['aaaa', 'bbbb', 'cccc', 'eeee']);
      assert.equal(gateway.load().queued, 0);
    });

    test('it comes byte by byte', async () => {
      const { ask } = await play(transport, async (socket) => {
        for (const byte of Buffer.from(WHOLE)) {
          socket.write(Buffer.of(byte));
          await settle(2);
        }
      });
      assert.deepEqual(await ask(), { kind: 'response', status: 200, body: '{}' });
    });

    test('bytes behind it are nobody’s next response: that connection is over', async () => {
      let extra = 'HTTP/1.1 500 Not Yours\r\ncontent-length: 0\r\n\r\n';
      const { ask, sockets } = await play(transport, (socket) => {
        socket.write(WHOLE + extra);
        extra = '';
      });
      await ask();
      await settle();
      assert.deepEqual(await ask(), { kind: 'response', status: 200, body: '{}' });
      assert.equal(sockets.length, 2);
    });

    test('a server that speaks without being asked is left', async () => {
      const { ask, sockets, gateway } = await play(transport, (socket) => socket.write(WHOLE));
      await ask();
      sockets[0]!.write(WHOLE);
      await until(() => gateway.load().idle === 0);
      assert.deepEqual(await ask(), { kind: 'response', status: 200, body: '{}' });
      assert.equal(sockets.length, 2);
    });

    test('one that says close is not used again', async () => {
      const { ask, sockets } = await play(transport, (socket) =>
        socket.write(`${OK}connection: close\r\ncontent-length: 2\r\n\r\n{}`),
      );
      for (let n = 0; n < 2; n++) assert.equal((await ask()).kind, 'response');
      assert.equal(sockets.length, 2);
    });

    test('garbage leaves the outcome unknown, and the next order goes out once, elsewhere', async () => {
      let answer = `${OK}content-length: zwei\r\n\r\n{}`;
      const { ask, sockets, requests } = await play(transport, (socket) => {
        socket.write(answer);
        answer = WHOLE;
      });
      assert.equal((await ask()).kind, 'unknown');
      assert.equal((await ask()).kind, 'response');
      assert.deepEqual([sockets.length, requests()], [2, 2]);
    });
  });
}

test('raw: an answer before the request is through is taken, and the connection ends with it', async () => {
  const { ask, sockets, gateway } = await play('raw', (socket) => {
    socket.pause();
    socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
  });
  const outcome = await ask(`"${'x'.repeat(32 * 1024 * 1024)}"`);
  assert.deepEqual(outcome, { kind: 'response', status: 413, body: '' });
  await until(() => gateway.load().idle === 0 && gateway.load().busy === 0);
  assert.equal(sockets.length, 1);
});

test('raw: an unused connection is left before the server leaves it, and opened again when it is to be kept warm', async () => {
  const { ask, sockets, gateway, clock } = await play('raw', (socket) =>
    socket.write(`${OK}keep-alive: timeout=10\r\ncontent-length: 2\r\n\r\n{}`),
  );
  await gateway.warm();
  await ask();
  // Ten seconds less the margin, less half of the spread.
  assert.equal(clock.lastWait, 7_000);
  clock.advance(6_999);
  await settle();
  assert.equal(gateway.load().idle, 1);
  clock.advance(1);
  await until(() => gateway.load().idle === 0 && clock.lastWait !== 7_000);
  clock.advance(clock.lastWait);
  await until(() => gateway.load().idle === 1);
  assert.equal(sockets.length, 2);
});
