import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { FeedSession, type FeedSessionOptions } from '../../engine/kalshi/feed-session.ts';
import type { RequestSigner } from '../../engine/kalshi/keys.ts';
import { FakeClock } from './support/clock.ts';
import { FeedServer, rawResponse } from './support/feed.ts';
import { authentic, ED25519, ed25519Signer, RSA, rsaSigner } from './support/keys.ts';
import { Log, settle, until } from './support/wait.ts';

const clean: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const act of clean.splice(0).reverse()) await act();
});

interface Failure {
  readonly attempt: number;
  readonly reason: string;
  readonly nextMs: number;
  readonly refused: boolean;
}

async function makeServer(options: { autoPong?: boolean } = {}): Promise<FeedServer> {
  const server = new FeedServer(options);
  await server.listen();
  clean.push(() => server.kill());
  return server;
}

for (const socket of ['ws', 'raw'] as const) {
  describe(`over ${socket}`, () => {
    function makeSession(server: FeedServer, options: Partial<FeedSessionOptions> = {}) {
      const clock = new FakeClock();
      const links = new Log<[boolean, string]>();
      const failures = new Log<Failure>();
      const frames = new Log<{ text: string; binary: boolean; us: number; ns: number }>();
      const session = new FeedSession(
        { url: server.url, signer: ed25519Signer, clock, random: () => 0.5, socket, ...options },
        {
          onLink: (up, detail) => links.add([up, detail]),
          onFrame: (bytes, us, ns, binary) => frames.add({ text: Buffer.from(bytes).toString(), binary, us, ns }),
          onFailedAttempt: (attempt, reason, nextMs, refused) => failures.add({ attempt, reason, nextMs, refused }),
        },
      );
      clean.push(() => session.close());
      session.start();
      return { clock, links, failures, frames, session };
    }

    test('the upgrade is signed with either key type and offers no compression', async () => {
      for (const [signer, key] of [
        [ed25519Signer, ED25519.publicKey],
        [rsaSigner, RSA.publicKey],
      ] as const) {
        const server = await makeServer();
        const { links } = makeSession(server, { signer });
        assert.deepEqual(await links.at(0), [true, server.url]);
        const { headers } = server.upgrades[0]!;
        assert.ok(authentic(key, 'GET', '/trade-api/ws/v2', headers));
        assert.equal(headers['sec-websocket-extensions'], undefined);
      }
    });

    test('frames arrive whole, stamped and in order, binary ones marked; commands go out', async () => {
      const server = await makeServer();
      const { session, frames, clock } = makeSession(server);
      session.send('too early, lost');
      const client = await server.clients.at(0);
      const received = new Promise((resolve) => client.once('message', (data) => resolve(data.toString())));
      await until(() => session.counters.connects === 1);
      session.send('{"id":1}');
      assert.equal(await received, '{"id":1}');
      client.send('{"a":1}');
      client.send('x'.repeat(200_000));
      client.send(Buffer.from('bin'));
      assert.equal((await frames.at(2)).binary, true);
      assert.deepEqual(frames.items[0], { text: '{"a":1}', binary: false, us: clock.nowUs(), ns: clock.nowNs() });
      assert.equal(frames.items[1]!.text.length, 200_000);
      const { frames: count, bytes, binaryFrames } = session.counters;
      assert.deepEqual([count, bytes, binaryFrames], [3, 200_010, 1]);
    });

    test('server killed and restarted: the session backs off with growing waits and comes back, signed anew', async () => {
      const server = await makeServer();
      const { clock, links, failures, session } = makeSession(server);
      await links.at(0);
      await server.kill();
      assert.equal((await links.at(1))[0], false);
      const waits = [clock.lastWait];
      for (let n = 0; n < 6; n++) {
        clock.advance(clock.lastWait);
        const failure = await failures.at(n);
        assert.match(failure.reason, /connection refused at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/);
        assert.deepEqual([failure.attempt, failure.refused], [n + 1, false]);
        waits.push(clock.lastWait);
      }
      assert.deepEqual(waits, [125, 250, 500, 1000, 2000, 4000, 5000]);
      await server.listen();
      clock.advance(5000);
      assert.equal((await links.at(2))[0], true);
      assert.equal(session.reconnects, 1);
      const [first, second] = server.upgrades;
      assert.ok(authentic(ED25519.publicKey, 'GET', '/trade-api/ws/v2', second!.headers));
      assert.notEqual(first!.headers['kalshi-access-timestamp'], second!.headers['kalshi-access-timestamp']);
    });

    test('a connection that keeps dying young does not reset the backoff; a long-lived one does', async () => {
      const server = await makeServer();
      const { clock, links } = makeSession(server);
      const waits: number[] = [];
      for (const livedMs of [0, 100, 24_000, 31_000, 0]) {
        const client = await server.clients.at(waits.length);
        await links.at(waits.length * 2);
        if (livedMs > 20_000) {
          clock.advance(livedMs / 2);
          client.send('{}');
          client.ping();
          await settle();
        }
        clock.advance(livedMs > 20_000 ? livedMs / 2 : livedMs);
        client.close(1001, 'moving');
        assert.match((await links.at(waits.length * 2 + 1))[1], /closed with code 1001 moving/);
        waits.push(clock.lastWait);
        clock.advance(clock.lastWait);
      }
      assert.deepEqual(waits, [125, 250, 500, 125, 250]);
    });

    test('a half-open connection is found by silence, asked, dropped and replaced', async () => {
      const server = await makeServer({ autoPong: false });
      const { clock, links, session } = makeSession(server);
      const client = await server.clients.at(0);
      await links.at(0);
      const pinged = new Promise((resolve) => client.once('ping', resolve));
      clock.advance(24_999);
      await settle();
      assert.equal(links.items.length, 1);
      clock.advance(1);
      await pinged;
      assert.equal(links.items.length, 1, 'dropped before it could answer');
      clock.advance(5_000);
      assert.deepEqual(await links.at(1), [false, 'no sign of life for 30 s']);
      assert.equal(session.counters.silenceDrops, 1);
      clock.advance(clock.lastWait);
      assert.equal((await links.at(2))[0], true);
    });

    test('a quiet connection whose server pings, or answers our ping, is kept', async () => {
      const server = await makeServer();
      const { clock, links, session } = makeSession(server);
      const client = await server.clients.at(0);
      await links.at(0);
      const ponged = new Promise((resolve) => client.once('pong', resolve));
      clock.advance(20_000);
      client.ping('heartbeat');
      await ponged;
      clock.advance(20_000);
      const asked = new Promise((resolve) => client.once('ping', resolve));
      clock.advance(5_000);
      await asked;
      await settle();
      clock.advance(5_000);
      await settle();
      assert.deepEqual([links.items.length, session.counters.silenceDrops], [1, 0]);
    });

    test('a refused key is told apart from a broken network and retried at the longest wait', async () => {
      const server = await makeServer();
      server.refuse = rawResponse('401 Unauthorized', `{"code":"token_authentication_failure"}${'x'.repeat(400)}`);
      const { clock, failures, links } = makeSession(server);
      const first = await failures.at(0);
      assert.match(first.reason, /^upgrade refused with HTTP 401 \{"code":"token_authentication_failure"\}x+$/);
      assert.ok(first.reason.length < 240);
      assert.deepEqual([first.refused, first.nextMs], [true, 10_000]);
      clock.advance(10_000);
      assert.equal((await failures.at(1)).nextMs, 10_000);
      server.refuse = rawResponse('502 Bad Gateway', 'upstream');
      clock.advance(10_000);
      const third = await failures.at(2);
      assert.deepEqual([third.refused, third.nextMs], [false, 125]);
      assert.match(third.reason, /HTTP 502 upstream/);
      assert.equal(links.items.length, 0);
    });

    test('a server that never answers the upgrade is given up after the connect timeout', async () => {
      const server = await makeServer();
      server.mute = true;
      const { clock, failures } = makeSession(server);
      await until(() => server.upgrades.length === 1);
      clock.advance(9_999);
      await settle();
      assert.equal(failures.items.length, 0);
      clock.advance(1);
      assert.equal((await failures.at(0)).reason, 'no connection within 10000 ms');
    });

    test('reconnect from within a frame: the engine is not called back inside its own call, late frames are ignored', async () => {
      const server = await makeServer();
      const calls: string[] = [];
      let depth = 0;
      const clock = new FakeClock();
      const links = new Log<boolean>();
      const session = new FeedSession(
        { url: server.url, signer: ed25519Signer, clock, random: () => 0.5, socket },
        {
          onLink: (up) => {
            assert.equal(depth, 0, 'called from within a call');
            links.add(up);
          },
          onFrame: (bytes) => {
            calls.push(Buffer.from(bytes).toString());
            depth++;
            session.reconnect('books did not recover');
            depth--;
          },
          onFailedAttempt: () => {},
        },
      );
      clean.push(() => session.close());
      session.start();
      const client = await server.clients.at(0);
      await links.at(0);
      const { _socket: wire } = client as unknown as { _socket: { cork(): void; uncork(): void } };
      // Corked, so that several frames arrive in one read.
      wire.cork();
      for (const text of ['1', '2', '3']) client.send(text);
      wire.uncork();
      assert.equal(await links.at(1), false);
      await settle();
      assert.deepEqual(calls, ['1']);
      clock.advance(clock.lastWait);
      assert.equal(await links.at(2), true);
    });

    test('a frame larger than allowed ends the connection with a reason instead of filling the memory', async () => {
      const server = await makeServer();
      const { links, frames } = makeSession(server, { maxFrameBytes: 1000 });
      (await server.clients.at(0)).send('x'.repeat(1001));
      assert.match((await links.at(1))[1], /payload size/i);
      assert.equal(frames.items.length, 0);
    });

    test('an upgrade that cannot be signed is reported as the key being refused, and tried again', async () => {
      const server = await makeServer();
      let works = false;
      const signer: RequestSigner = {
        headers: (...args) => {
          if (!works) throw new Error('no such key');
          return ed25519Signer.headers(...args);
        },
      };
      const { failures, clock, links } = makeSession(server, { signer });
      const failure = await failures.at(0);
      assert.match(failure.reason, /cannot be signed: no such key/);
      works = true;
      clock.advance(failure.nextMs);
      assert.equal((await links.at(0))[0], true);
    });

    test('a closed session says nothing more, leaves no timer and no connection, and never comes back', async () => {
      const server = await makeServer();
      const { session, links, clock } = makeSession(server);
      await links.at(0);
      await session.close();
      await session.close();
      session.start();
      clock.advance(100_000);
      await settle();
      assert.equal(links.items.length, 1);
      assert.equal(clock.pending, 0);
      assert.equal(server.upgrades.length, 1);
    });
  });
}
