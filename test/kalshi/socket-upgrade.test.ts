import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openSocket } from '../../engine/kalshi/socket.ts';
import { frame, TEXT } from './support/frames.ts';
import type { ScriptedPeer } from './support/script-server.ts';
import { KINDS, SocketLab, TRANSPORTS } from './support/socket-lab.ts';
import { Log, settle } from './support/wait.ts';

const LONG = 'x'.repeat(400);

/** A server's answer to the upgrade -> how the attempt ends. The server hangs up after it where `hangsUp`. */
interface Refusal {
  readonly name: string;
  readonly answer: (peer: ScriptedPeer) => string;
  readonly hangsUp: boolean;
  readonly status: number;
  readonly reason: RegExp;
}

function plain(status: string, body: string, extra = ''): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`;
}

/** The acceptance with one header line changed or added. */
function altered(peer: ScriptedPeer, from: RegExp, to: string): string {
  const text = peer.acceptance().replace(from, to);
  assert.notEqual(text, peer.acceptance());
  return text;
}

const CHUNKED = 'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n';

const REFUSALS: readonly Refusal[] = [
  {
    name: 'an empty 401',
    answer: () => plain('401 Unauthorized', ''),
    hangsUp: false,
    status: 401,
    reason: /^upgrade refused with HTTP 401$/,
  },
  {
    name: 'a body of stated length, on a connection that stays open',
    answer: () => plain('401 Unauthorized', '{"code":\n "header_timestamp_expired"} '),
    hangsUp: false,
    status: 401,
    reason: /^upgrade refused with HTTP 401 \{"code": "header_timestamp_expired"\}$/,
  },
  {
    name: 'a body that never ends',
    answer: () => `HTTP/1.1 403 Forbidden\r\n\r\n${LONG}`,
    hangsUp: false,
    status: 403,
    reason: /^upgrade refused with HTTP 403 x{200}$/,
  },
  {
    name: 'a body that ends with the connection',
    answer: () => 'HTTP/1.1 502 Bad Gateway\r\n\r\nupstream',
    hangsUp: true,
    status: 502,
    reason: /^upgrade refused with HTTP 502 upstream$/,
  },
  {
    name: 'a chunked body',
    answer: () => `${CHUNKED}5;x=1\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n`,
    hangsUp: false,
    status: 503,
    reason: /^upgrade refused with HTTP 503 hello, world$/,
  },
  {
    name: 'a body cut short',
    answer: () => 'HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nhalf',
    hangsUp: true,
    status: 500,
    reason: /^upgrade refused with HTTP 500 half$/,
  },
  {
    name: 'a body with characters of several bytes',
    answer: () => plain('400 Bad Request', 'é€'.repeat(300)),
    hangsUp: false,
    status: 400,
    reason: /^upgrade refused with HTTP 400 (é€){100}$/,
  },
  {
    name: 'a redirect, which is not followed',
    answer: () => plain('301 Moved', '', 'Location: ws://127.0.0.1:1/\r\n'),
    hangsUp: false,
    status: 301,
    reason: /^upgrade refused with HTTP 301$/,
  },
  {
    name: 'no body by its status',
    answer: () => 'HTTP/1.1 204 No Content\r\n\r\n',
    hangsUp: false,
    status: 204,
    reason: /^upgrade refused with HTTP 204$/,
  },
  {
    name: 'informational responses first',
    answer: () => `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${plain('429 Too Many Requests', 'later')}`,
    hangsUp: false,
    status: 429,
    reason: /^upgrade refused with HTTP 429 later$/,
  },
  {
    name: 'a wrong accept key',
    answer: (peer) => altered(peer, /(Accept: ).*/, '$1s3pPLMBiTxaQ9kYGzzhZRbK+xOo='),
    hangsUp: false,
    status: 0,
    reason: /Sec-WebSocket-Accept/,
  },
  {
    name: 'no accept key',
    answer: (peer) => altered(peer, /Sec-WebSocket-Accept: .*\r\n/, ''),
    hangsUp: false,
    status: 0,
    reason: /Sec-WebSocket-Accept/,
  },
  {
    name: 'an upgrade to something else',
    answer: (peer) => altered(peer, /Upgrade: websocket/, 'Upgrade: h2c'),
    hangsUp: false,
    status: 0,
    reason: /upgrade/i,
  },
  {
    name: 'an extension nobody offered',
    answer: (peer) => altered(peer, /\r\n\r\n/, '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'),
    hangsUp: false,
    status: 0,
    reason: /extension/i,
  },
  {
    name: 'a subprotocol nobody asked for',
    answer: (peer) => altered(peer, /\r\n\r\n/, '\r\nSec-WebSocket-Protocol: chat\r\n\r\n'),
    hangsUp: false,
    status: 0,
    reason: /subprotocol/i,
  },
  {
    name: 'something that is not HTTP',
    answer: () => 'SSH-2.0-OpenSSH_9.9\r\n',
    hangsUp: false,
    status: 0,
    reason: /HTTP/,
  },
  {
    name: 'a header that is not one',
    answer: () => 'HTTP/1.1 101 Switching Protocols\r\nno colon here\r\n\r\n',
    hangsUp: false,
    status: 0,
    reason: /header/i,
  },
  {
    name: 'a head without an end',
    answer: () => `HTTP/1.1 101 Switching Protocols\r\nX: ${'x'.repeat(20_000)}`,
    hangsUp: false,
    status: 0,
    reason: /head/i,
  },
  {
    name: 'nothing, hanging up',
    answer: () => '',
    hangsUp: true,
    status: 0,
    reason: /closed before the upgrade|connection reset/,
  },
  {
    name: 'half a head, hanging up',
    answer: () => 'HTTP/1.1 101 Switch',
    hangsUp: true,
    status: 0,
    reason: /closed before the upgrade|connection reset|connection closed by the other side/,
  },
];

for (const transport of TRANSPORTS) {
  for (const kind of KINDS) {
    describe(`upgrade with ${kind} over ${transport}`, () => {
      const lab = new SocketLab(transport);
      before(() => lab.server.listen());
      after(() => lab.close());

      for (const { name, answer, hangsUp, status, reason } of REFUSALS) {
        test(`answered with ${name}: the attempt ends once, saying why`, async () => {
          for (const byteByByte of [false, true]) {
            lab.server.script = (peer) => void say(peer, answer(peer), hangsUp, byteByByte);
            const index = lab.server.peers.items.length;
            const recorder = lab.open(kind);
            const peer = await lab.server.peers.at(index);
            await recorder.closed;
            await Promise.all([recorder.socket.gone, peer.gone]);
            assert.equal(recorder.events.items.length, 1, recorder.events.items.join(', '));
            assert.match(recorder.events.items[0]!, new RegExp(`^closed ${status} `));
            assert.match(recorder.reasons[0]!, reason);
            assert.equal(peer.frames.items.length, 0);
          }
        });
      }

      test('the request is complete, offers no extension and carries a fresh key', async () => {
        const keys = new Set<string>();
        for (let n = 0; n < 3; n++) {
          const { recorder, peer } = await lab.connect(kind);
          assert.match(peer.request, /^GET \/trade-api\/ws\/v2\?v=1 HTTP\/1\.1\r\n/);
          assert.equal(peer.header('host'), new URL(lab.server.url).host);
          assert.equal(peer.header('upgrade'), 'websocket');
          assert.equal(peer.header('connection'), 'Upgrade');
          assert.equal(peer.header('sec-websocket-version'), '13');
          assert.equal(peer.header('kalshi-access-key'), 'key-1');
          assert.equal(peer.header('sec-websocket-extensions'), '');
          assert.equal(Buffer.from(peer.header('sec-websocket-key'), 'base64').length, 16);
          keys.add(peer.header('sec-websocket-key'));
          recorder.socket.close('seen');
        }
        assert.equal(keys.size, 3);
      });

      test('an acceptance may come in any pieces, in any spelling, with frames behind it', async () => {
        const spell = (peer: ScriptedPeer): string =>
          peer
            .acceptance()
            .replace('Upgrade: websocket', 'UPGRADE:WebSocket')
            .replace('Connection: Upgrade', 'connection:  keep-alive, upgrade')
            .replace('Switching Protocols', '');
        const length = 150;
        for (let cut = 1; cut < length; cut += 7) {
          lab.server.script = (peer) => {
            const bytes = Buffer.concat([
              Buffer.from(`HTTP/1.1 100 Continue\r\n\r\n${spell(peer)}`),
              frame(TEXT, 'first'),
            ]);
            peer.socket.write(bytes.subarray(0, cut));
            setImmediate(() => peer.socket.write(bytes.subarray(cut)));
          };
          const recorder = lab.open(kind);
          assert.equal(await recorder.events.at(1), 'text first');
          assert.equal(recorder.events.items[0], 'open');
          recorder.socket.close('seen');
        }
      });

      test('close while connecting, or while the answer is awaited, ends the attempt with its reason', async () => {
        const early = lab.open(kind);
        early.socket.close('changed my mind');
        assert.deepEqual(early.events.items, ['closed 0 changed my mind']);
        await early.socket.gone;
        lab.server.script = () => {};
        const index = lab.server.peers.items.length;
        const late = lab.open(kind);
        const peer = await lab.server.peers.at(index);
        late.socket.close('no connection within 10 ms');
        await Promise.all([late.socket.gone, peer.gone]);
        await settle(5);
        assert.deepEqual(late.events.items, ['closed 0 no connection within 10 ms']);
      });

      test('a refusal whose body stalls keeps its status and what was read when it is given up', async () => {
        lab.server.script = (peer) =>
          peer.socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nstalled');
        const recorder = lab.open(kind);
        await lab.server.peers.at(lab.server.peers.items.length);
        await settle(30);
        recorder.socket.close('no connection within 10 ms');
        assert.deepEqual(recorder.events.items, ['closed 401 upgrade refused with HTTP 401 stalled']);
      });

      test('nobody listening is told with the address', async () => {
        const gone = new SocketLab(transport);
        await gone.server.listen();
        const { port } = new URL(gone.server.url);
        await gone.close();
        const recorder = gone.open(kind);
        await recorder.closed;
        assert.deepEqual(recorder.events.items, [`closed 0 connection refused at 127.0.0.1:${port} (ECONNREFUSED)`]);
      });
    });
  }
}

describe('TLS', { skip: TRANSPORTS.includes('tls') ? false : 'no openssl command here' }, () => {
  for (const kind of KINDS) {
    test(`${kind}: a certificate nobody vouches for is refused before anything is sent`, async () => {
      const lab = new SocketLab('tls');
      await lab.server.listen();
      const ends = new Log<string>();
      const socket = openSocket(
        kind,
        { url: lab.server.url, headers: {}, maxFrameBytes: 1000 },
        {
          onOpen: () => ends.add('open'),
          onFrame: () => ends.add('frame'),
          onSign: () => ends.add('sign'),
          onClose: (reason) => ends.add(reason),
        },
      );
      assert.match(await ends.at(0), /self-signed certificate/);
      await socket.gone;
      assert.equal(lab.server.peers.items.length, 0);
      assert.equal(ends.items.length, 1);
      await lab.close();
    });
  }
});

for (const kind of KINDS) {
  test(`${kind}: a header that would smuggle another one in is refused`, () => {
    const headers = { 'KALSHI-ACCESS-KEY': 'a\r\nX-Evil: 1' };
    const quiet = { onOpen: () => {}, onFrame: () => {}, onSign: () => {}, onClose: () => {} };
    assert.throws(
      () => openSocket(kind, { url: 'ws://127.0.0.1:1/', headers, maxFrameBytes: 1000 }, quiet),
      /Invalid character in header/,
    );
  });
}

async function say(peer: ScriptedPeer, text: string, hangsUp: boolean, byteByByte: boolean): Promise<void> {
  const bytes = Buffer.from(text);
  // Of long answers only the beginning: it is where the parsing happens.
  const single = byteByByte ? Math.min(bytes.length, 120) : 0;
  for (let i = 0; i < single && !peer.socket.destroyed; i++) {
    peer.socket.write(bytes.subarray(i, i + 1));
    await settle(1);
  }
  if (peer.socket.destroyed) return;
  if (single < bytes.length) peer.socket.write(bytes.subarray(single));
  if (hangsUp) peer.socket.end();
}
