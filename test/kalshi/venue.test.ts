import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { EngineReport, RequestOutcome, VenueRequest } from '../../engine/core/port.ts';
import { LiveVenue } from '../../engine/kalshi/venue.ts';
import { FakeClock } from './support/clock.ts';
import { FeedServer, rawResponse } from './support/feed.ts';
import { TestServer } from './support/http.ts';
import { ed25519Signer } from './support/keys.ts';
import { Log, until } from './support/wait.ts';

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const act of clean.splice(0).reverse()) await act();
});

async function makeVenue() {
  const feed = new FeedServer();
  await feed.listen();
  const rest = new TestServer((_seen, response) => response.end('{}'));
  const restUrl = await rest.listen();
  clean.push(
    () => feed.kill(),
    () => rest.close(),
  );
  const clock = new FakeClock();
  const links = new Log<boolean>();
  const frames = new Log<string>();
  const outcomes = new Log<[number, RequestOutcome]>();
  const reports = new Log<EngineReport>();
  const venue = new LiveVenue(
    {
      hosts: { restUrl, wsUrl: feed.url },
      signer: ed25519Signer,
      clock,
      random: () => 0.5,
      gateway: { connections: 2 },
    },
    {
      onLink: (up) => links.add(up),
      onFrame: (bytes) => frames.add(Buffer.from(bytes).toString()),
      onOutcome: (id, outcome) => outcomes.add([id, outcome]),
      onReport: (report) => reports.add(report),
    },
  );
  clean.push(() => venue.close());
  return { feed, rest, clock, links, frames, outcomes, reports, venue };
}

function balance(id: number): VenueRequest {
  return { id, op: 'getBalance', method: 'GET', path: '/portfolio/balance', query: '', body: '', timeoutMs: 1_000 };
}

test('feed and orders work behind one port, and the counters add up', async () => {
  const { feed, rest, links, frames, outcomes, venue } = await makeVenue();
  venue.start();
  assert.equal(await links.at(0), true);
  const client = await feed.clients.at(0);
  const heard = new Promise((resolve) => client.once('message', (data) => resolve(data.toString())));
  venue.send('{"cmd":"subscribe"}');
  assert.equal(await heard, '{"cmd":"subscribe"}');
  client.send('{"type":"ok"}');
  assert.equal(await frames.at(0), '{"type":"ok"}');
  venue.request(balance(7));
  assert.equal(outcomes.items.length, 0, 'outcome from within request()');
  assert.equal(venue.counters().inflight, 1);
  assert.deepEqual(await outcomes.at(0), [7, { kind: 'response', status: 200, body: '{}' }]);
  rest.answer = (seen) => seen.socket.destroy();
  venue.request(balance(8));
  assert.equal((await outcomes.at(1))[1].kind, 'unknown');
  await venue.close();
  venue.request(balance(9));
  assert.equal((await outcomes.at(2))[1].kind, 'unsent');
  const counters = venue.counters();
  assert.deepEqual(counters.outcomes, { response: 1, unsent: 1, unknown: 1 });
  assert.deepEqual([counters.requests, counters.inflight, counters.feed.frames, counters.feed.bytes], [3, 0, 1, 13]);
});

test('reconnect brings a down and an up', async () => {
  const { clock, links, venue } = await makeVenue();
  venue.start();
  await links.at(0);
  venue.reconnect('gap');
  assert.equal(links.items.length, 1, 'told from within reconnect()');
  assert.equal(await links.at(1), false);
  clock.advance(250);
  assert.equal(await links.at(2), true);
  assert.equal(venue.counters().reconnects, 1);
});

test('a refused key reaches the operator as an error that says what to check', async () => {
  const { feed, clock, reports, venue } = await makeVenue();
  feed.refuse = rawResponse('401 Unauthorized', '{"code":"header_timestamp_expired"}');
  venue.start();
  const clockOff = await reports.at(0);
  assert.deepEqual([clockOff.level, clockOff.code], ['error', 'feed_unauthorized']);
  assert.match(clockOff.text, /HTTP 401 .*set this machine's clock; next attempt in 10000 ms/);
  feed.refuse = rawResponse('403 Forbidden', '');
  clock.advance(10_000);
  assert.match((await reports.at(1)).text, /HTTP 403: check the key id/);
});

test('a long outage is reported without flooding', async () => {
  const { feed, clock, links, reports, venue } = await makeVenue();
  await feed.kill();
  venue.start();
  for (let attempts = 1; attempts <= 20; attempts++) {
    await until(() => venue.counters().feed.failedAttempts === attempts);
    clock.advance(10_000);
  }
  assert.deepEqual(
    reports.items.map((report) => report.data?.['attempt']),
    [1, 2, 10, 20],
  );
  assert.equal(links.items.length, 0);
});

test('a venue in the clear on another machine cannot be made', () => {
  const hosts = { restUrl: 'http://example.com/v2', wsUrl: 'wss://example.com/ws' };
  const listener = { onLink: () => {}, onFrame: () => {}, onOutcome: () => {}, onReport: () => {} };
  const make = (): LiveVenue =>
    new LiveVenue({ hosts, signer: ed25519Signer, clock: new FakeClock(), random: () => 0 }, listener);
  assert.throws(make, /not encrypted/);
});
