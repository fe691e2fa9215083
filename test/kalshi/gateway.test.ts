import assert from 'node:assert/strict';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { makeCertificate } from '../../bench/certificate.ts';
import type { RequestOutcome, VenueRequest } from '../../engine/core/port.ts';
import { type GatewayOptions, PooledGateway, type Transport } from '../../engine/kalshi/gateway.ts';
import { FakeClock } from './support/clock.ts';
import { type Answer, deadUrl, TestServer } from './support/http.ts';
import { authentic, ED25519, ed25519Signer, RSA, rsaSigner } from './support/keys.ts';
import { settle, until } from './support/wait.ts';

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const act of clean.splice(0).reverse()) await act();
});

const BATCH = '/portfolio/events/orders/batched';
let nextId = 1;

function post(over: Partial<VenueRequest> = {}): VenueRequest {
  const body = '{"orders":[]}';
  return { id: nextId++, op: 'createOrders', method: 'POST', path: BATCH, query: '', body, timeoutMs: 2_000, ...over };
}

async function makeServer(answer: Answer = (_seen, response) => response.end('{"ok":true}')) {
  const server = new TestServer(answer);
  const restUrl = await server.listen();
  clean.push(() => server.close());
  return { server, restUrl };
}

/** The outcome, having checked that it did not come from within the call. */
function ask(gateway: PooledGateway, request: VenueRequest): Promise<RequestOutcome> {
  return new Promise((resolve, reject) => {
    let inside = true;
    let outcomes = 0;
    gateway.request(request, (outcome) => {
      if (inside) reject(new Error('outcome from within request()'));
      if (++outcomes > 1) throw new Error('a second outcome');
      resolve(outcome);
    });
    inside = false;
  });
}

for (const transport of ['undici', 'raw'] as const) describe(transport, () => conformance(transport));

/** What every gateway does, whatever it travels by. */
function conformance(transport: Transport): void {
  function makeGateway(restUrl: string, options: Partial<GatewayOptions> = {}) {
    const clock = new FakeClock();
    const gateway = new PooledGateway({
      restUrl,
      signer: ed25519Signer,
      clock,
      random: () => 0.5,
      transport,
      ...options,
    });
    clean.push(() => gateway.close());
    return { gateway, clock };
  }

  test('requests are signed over the full path without the query, with either key type', async () => {
    const { server, restUrl } = await makeServer();
    for (const [signer, key] of [
      [ed25519Signer, ED25519.publicKey],
      [rsaSigner, RSA.publicKey],
    ] as const) {
      const { gateway } = makeGateway(restUrl, { signer });
      const outcome = await ask(
        gateway,
        post({ method: 'GET', path: '/portfolio/orders', query: 'limit=5', body: '' }),
      );
      assert.deepEqual(outcome, { kind: 'response', status: 200, body: '{"ok":true}' });
      const seen = server.seen.at(-1)!;
      assert.equal(seen.url, '/trade-api/v2/portfolio/orders?limit=5');
      assert.ok(authentic(key, 'GET', '/trade-api/v2/portfolio/orders', seen.headers));
      assert.equal(seen.headers['content-type'], undefined);
    }
  });

  test('a batch cancel travels as DELETE with its JSON body', async () => {
    const { server, restUrl } = await makeServer();
    const { gateway } = makeGateway(restUrl);
    const body = '{"orders":[{"order_id":"a","exchange_index":1}]}';
    await ask(gateway, post({ method: 'DELETE', op: 'cancelOrders', body }));
    const seen = server.seen[0]!;
    assert.deepEqual([seen.method, seen.body, seen.headers['content-type']], ['DELETE', body, 'application/json']);
    assert.equal(seen.headers['content-length'], String(body.length));
    assert.ok(authentic(ED25519.publicKey, 'DELETE', `/trade-api/v2${BATCH}`, seen.headers));
    await ask(gateway, post());
    assert.equal(server.accepted, 1, 'its connection was not used again');
  });

  test('every HTTP status is a response, errors and the empty body included', async () => {
    const { server, restUrl } = await makeServer();
    const { gateway } = makeGateway(restUrl);
    for (const status of [201, 204, 302, 400, 401, 404, 409, 429, 500, 503]) {
      const body = status === 204 ? '' : `{"error":{"code":"é${status}"}}`;
      server.answer = (_seen, response) => response.writeHead(status).end(body);
      assert.deepEqual(await ask(gateway, post()), { kind: 'response', status, body });
    }
    assert.equal(server.seen.length, 10, 'nothing was followed or retried');
  });

  test('nobody listens: the order is unsent, not in doubt', async () => {
    const { gateway } = makeGateway(await deadUrl());
    const outcomes = await Promise.all([ask(gateway, post()), ask(gateway, post())]);
    for (const outcome of outcomes) {
      assert.equal(outcome.kind, 'unsent');
      assert.match(outcome.kind === 'unsent' ? outcome.reason : '', /connection refused at 127\.0\.0\.1/);
    }
  });

  test('no answer in time: unknown, and a late answer cannot be taken for the next request', async () => {
    let late: () => void = () => {};
    const { server, restUrl } = await makeServer((_seen, response) => {
      late = () => response.end('{"late":true}');
    });
    const { gateway, clock } = makeGateway(restUrl, { connections: 1 });
    const slow = ask(gateway, post());
    await until(() => server.seen.length === 1);
    clock.advance(2_000);
    assert.deepEqual(await slow, { kind: 'unknown', reason: 'no answer within 2000 ms' });
    await until(() => server.sockets.size === 0);
    server.answer = (_seen, response) => response.end('{"second":true}');
    late();
    assert.deepEqual(await ask(gateway, post()), { kind: 'response', status: 200, body: '{"second":true}' });
  });

  test('timed out while waiting for a connection: unsent, and it is never sent after', async () => {
    const answers: (() => void)[] = [];
    const { server, restUrl } = await makeServer((_seen, response) => answers.push(() => response.end('{}')));
    const { gateway, clock } = makeGateway(restUrl, { connections: 1 });
    const first = ask(gateway, post({ timeoutMs: 10_000 }));
    await until(() => server.seen.length === 1);
    const second = ask(gateway, post({ timeoutMs: 500 }));
    clock.advance(500);
    assert.deepEqual(await second, { kind: 'unsent', reason: 'no free connection within 500 ms' });
    answers[0]!();
    assert.equal((await first).kind, 'response');
    await settle();
    assert.equal(server.seen.length, 1);
  });

  test('timed out while TLS is being negotiated: unsent', async () => {
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => {
      socket.on('error', () => {});
      sockets.push(socket);
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    clean.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    });
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { gateway, clock } = makeGateway(`https://127.0.0.1:${port}/trade-api/v2`, { connectTimeoutMs: 1_000 });
    const impatient = ask(gateway, post({ timeoutMs: 400 }));
    const patient = ask(gateway, post({ timeoutMs: 9_000 }));
    await until(() => sockets.length === 2);
    clock.advance(400);
    assert.equal((await impatient).kind, 'unsent');
    clock.advance(600);
    const outcome = await patient;
    assert.equal(outcome.kind, 'unsent');
    assert.match(outcome.kind === 'unsent' ? outcome.reason : '', /no connection to .* within 1000 ms/);
  });

  test('reset after the order was read: unknown, sent once', async () => {
    const { server, restUrl } = await makeServer((seen) => seen.socket.resetAndDestroy());
    const { gateway } = makeGateway(restUrl);
    const outcome = await ask(gateway, post());
    assert.equal(outcome.kind, 'unknown');
    await settle();
    assert.equal(server.seen.length, 1);
  });

  test('closed without an answer after a GET was read: unknown, not silently asked again', async () => {
    const { server, restUrl } = await makeServer((seen) => seen.socket.destroy());
    const { gateway } = makeGateway(restUrl);
    assert.equal((await ask(gateway, post({ method: 'GET', body: '' }))).kind, 'unknown');
    await settle();
    assert.equal(server.seen.length, 1);
  });

  test('a body cut short is unknown however it is framed', async () => {
    const cuts = [
      'content-length: 500\r\n\r\n{"orders":[',
      'transfer-encoding: chunked\r\n\r\n5\r\n{"or',
      'transfer-encoding: chunked\r\n\r\nb\r\n{"orders":[\r\n',
      'connection: close\r\n\r\n{"orders":[',
    ];
    for (const cut of cuts) {
      const { restUrl } = await makeServer((seen) => seen.socket.end(`HTTP/1.1 200 OK\r\n${cut}`));
      const { gateway } = makeGateway(restUrl);
      assert.equal((await ask(gateway, post())).kind, 'unknown', cut);
    }
  });

  test('nonsense instead of HTTP is unknown', async () => {
    const { restUrl } = await makeServer((seen) => seen.socket.end('SSH-2.0-OpenSSH\r\n'));
    const { gateway } = makeGateway(restUrl);
    assert.equal((await ask(gateway, post())).kind, 'unknown');
  });

  test('a response too large is unknown and ends its connection', async () => {
    const { restUrl } = await makeServer((_seen, response) => response.end('x'.repeat(5_000)));
    const { gateway } = makeGateway(restUrl, { maxResponseBytes: 4_999 });
    const outcome = await ask(gateway, post());
    assert.deepEqual(outcome, { kind: 'unknown', reason: 'response body larger than 4999 bytes' });
  });

  test('an idle connection closed by the server is noticed: the next order goes out once on a new one', async () => {
    const { server, restUrl } = await makeServer();
    const { gateway } = makeGateway(restUrl, { connections: 1 });
    await ask(gateway, post());
    for (const socket of server.sockets) socket.end();
    await until(() => gateway.load().idle === 0);
    assert.equal((await ask(gateway, post())).kind, 'response');
    assert.deepEqual([server.accepted, server.seen.length], [2, 2]);
  });

  test('an order that races with the server closing the idle connection is sent once or not at all, and says so', async () => {
    const { server, restUrl } = await makeServer();
    const { gateway } = makeGateway(restUrl, { connections: 1 });
    for (let turns = 0; turns < 6; turns++) {
      for (const cut of ['end', 'destroy', 'resetAndDestroy'] as const) {
        await ask(gateway, post());
        const before = server.seen.length;
        for (const socket of server.sockets) socket[cut]();
        await settle(turns);
        const outcome = await ask(gateway, post());
        await settle();
        const arrived = server.seen.length - before;
        if (outcome.kind === 'response') assert.equal(arrived, 1);
        else if (outcome.kind === 'unsent') assert.equal(arrived, 0);
        else assert.ok(arrived <= 1);
      }
    }
  });

  test('warm connections carry requests side by side and no more than allowed', async () => {
    const answers: (() => void)[] = [];
    const { server, restUrl } = await makeServer((_seen, response) => answers.push(() => response.end('{}')));
    const { gateway } = makeGateway(restUrl, { connections: 3 });
    assert.equal(await gateway.warm(), 3);
    assert.equal(server.seen.length, 0, 'warming sends nothing');
    const all = [1, 2, 3, 4, 5].map(() => ask(gateway, post()));
    await until(() => answers.length === 3);
    assert.deepEqual(gateway.load(), { connecting: 0, idle: 0, busy: 3, queued: 2 });
    for (let n = 0; n < 5; n++) {
      await until(() => answers.length > n);
      answers[n]!();
    }
    for (const outcome of await Promise.all(all)) assert.equal(outcome.kind, 'response');
    assert.equal(server.accepted, 3);
  });

  test('a warm connection that is lost is opened again', async () => {
    const { server, restUrl } = await makeServer();
    const { gateway, clock } = makeGateway(restUrl, { connections: 2 });
    await gateway.warm();
    await until(() => server.accepted === 2);
    for (const socket of server.sockets) socket.destroy();
    await until(() => gateway.load().idle === 0);
    clock.advance(clock.lastWait);
    await until(() => gateway.load().idle === 2);
    await until(() => server.accepted === 4);
  });

  test('a server that refuses connections is not hammered while another connection still works', async () => {
    const answers: (() => void)[] = [];
    const { server, restUrl } = await makeServer((_seen, response) => answers.push(() => response.end('{}')));
    const { gateway, clock } = makeGateway(restUrl, { connections: 2 });
    const first = ask(gateway, post());
    await until(() => answers.length === 1);
    const stopped = server.stopAccepting();
    const second = ask(gateway, post());
    await until(() => clock.waits.includes(50));
    const dials = (): number => clock.waits.filter((ms) => ms === 3_000).length;
    const before = dials();
    await settle(100);
    assert.equal(dials(), before);
    answers[0]!();
    await until(() => answers.length === 2);
    answers[1]!();
    assert.deepEqual([(await first).kind, (await second).kind], ['response', 'response']);
    for (const socket of server.sockets) socket.destroy();
    await stopped;
  });

  test('the queue has a limit, and what exceeds it is unsent', async () => {
    const { restUrl } = await makeServer(() => {});
    const { gateway } = makeGateway(restUrl, { connections: 1, queueLimit: 2 });
    const kept = [ask(gateway, post()), ask(gateway, post())];
    const refused = await ask(gateway, post());
    assert.equal(refused.kind, 'unsent');
    assert.match(refused.kind === 'unsent' ? refused.reason : '', /2 requests are waiting/);
    await gateway.close();
    await Promise.all(kept);
  });

  test('closing ends the waiting as unsent, the sent as unknown, and leaves no connection and no timer', async () => {
    const { server, restUrl } = await makeServer(() => {});
    const { gateway, clock } = makeGateway(restUrl, { connections: 1 });
    const sent = ask(gateway, post());
    await until(() => server.seen.length === 1);
    const waiting = ask(gateway, post());
    await gateway.close();
    assert.deepEqual(
      [(await sent).kind, (await waiting).kind, (await ask(gateway, post())).kind],
      ['unknown', 'unsent', 'unsent'],
    );
    await until(() => server.sockets.size === 0);
    assert.equal(clock.pending, 0);
  });

  test('a request that cannot be signed is unsent and costs no connection', async () => {
    const { server, restUrl } = await makeServer();
    let works = false;
    const { gateway } = makeGateway(restUrl, {
      connections: 1,
      signer: {
        headers: (...args) => {
          if (!works) throw new Error('key gone');
          return ed25519Signer.headers(...args);
        },
      },
    });
    assert.deepEqual(await ask(gateway, post()), { kind: 'unsent', reason: 'cannot sign the request: key gone' });
    works = true;
    assert.equal((await ask(gateway, post())).kind, 'response');
    assert.equal(server.accepted, 1);
  });

  test('a signature is made when a connection is free, not when the request began to wait', async () => {
    const answers: (() => void)[] = [];
    const { server, restUrl } = await makeServer((_seen, response) => answers.push(() => response.end('{}')));
    const { gateway, clock } = makeGateway(restUrl, { connections: 1 });
    const first = ask(gateway, post({ timeoutMs: 60_000 }));
    await until(() => answers.length === 1);
    const second = ask(gateway, post({ timeoutMs: 60_000 }));
    clock.advance(20_000);
    answers[0]!();
    await first;
    await until(() => answers.length === 2);
    answers[1]!();
    await second;
    const [a, b] = server.seen.map((seen) => Number(seen.headers['kalshi-access-timestamp']));
    assert.equal(b! - a!, 20_000);
  });

  test('timings are told in order for what was answered', async () => {
    const answers: (() => void)[] = [];
    const { server, restUrl } = await makeServer((_seen, response) => answers.push(() => response.end('{}')));
    const timings: number[][] = [];
    const onTiming = (...numbers: number[]): number => timings.push(numbers);
    const { gateway, clock } = makeGateway(restUrl, { onTiming });
    const request = post();
    const outcome = ask(gateway, request);
    clock.advance(1);
    await until(() => server.seen.length === 1);
    clock.advance(5);
    answers[0]!();
    await outcome;
    assert.deepEqual(timings, [[request.id, 0, 1e6, 6e6]]);
  });

  test('over TLS: the session is HTTP/1.1 and an exchange with an unknown certificate gets nothing', async (t) => {
    const identity = makeCertificate();
    if (identity === null) return t.skip('openssl absent');
    const protocols: string[] = [];
    const server = createTlsServer({ ...identity, ALPNProtocols: ['h2', 'http/1.1'] }, (request, response) => {
      const { alpnProtocol } = request.socket as TLSSocket;
      protocols.push(String(alpnProtocol));
      response.end('{}');
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    clean.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    const restUrl = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/trade-api/v2`;
    const stranger = await ask(makeGateway(restUrl).gateway, post());
    assert.equal(stranger.kind, 'unsent');
    assert.match(stranger.kind === 'unsent' ? stranger.reason : '', /self.signed/);
    assert.deepEqual(protocols, []);
    const { gateway } = makeGateway(restUrl, { ca: identity.cert });
    assert.equal((await ask(gateway, post())).kind, 'response');
    assert.deepEqual(protocols, ['http/1.1']);
  });
}
