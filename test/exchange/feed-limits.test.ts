import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BID } from '../../engine/units/index.ts';
import { Client, type Json, signed, Venue } from './support/venue.ts';

const subscribe = (id: number, channel: string, market_tickers: readonly string[]): Json => ({
  id,
  cmd: 'subscribe',
  params: { channels: [channel], market_tickers },
});
const codesOf = (frames: readonly { readonly msg?: Json }[]): unknown[] => frames.map((f) => f.msg?.['code'] ?? 'ok');

describe('what a feed client may ask for', () => {
  test('a command too many is error 27 and changes nothing; a second later it is taken', async (t) => {
    const venue = await Venue.open(t, {}, { commandsPerSecond: 2 });
    const feed = await venue.feed();
    for (const id of [1, 2, 3]) feed.send({ id, cmd: 'list_subscriptions' });
    feed.send(subscribe(4, 'trade', ['M']));
    await feed.next((f) => f.id === 4);
    assert.deepEqual(
      feed.frames.map((f) => [f.id, f.msg['code'] ?? 'ok']),
      [
        [1, 'ok'],
        [2, 'ok'],
        [3, 27],
        [4, 27],
      ],
    );
    venue.bench.pass(1_000_000);
    feed.send({ id: 5, cmd: 'list_subscriptions' });
    assert.deepEqual((await feed.next((f) => f.id === 5)).msg, []);
  });

  test('a market too many is error 26 and leaves the subscription as it was', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 0, O: 0 } }, { marketsPerSubscription: 2 });
    const feed = await venue.feed();
    assert.deepEqual(codesOf(await feed.command(subscribe(1, 'orderbook_delta', ['M', 'N', 'O']))), [26]);
    await feed.command(subscribe(2, 'orderbook_delta', ['M', 'N']));
    const params = { sids: [1], action: 'add_markets', market_tickers: ['O'] };
    assert.deepEqual(codesOf(await feed.command({ id: 3, cmd: 'update_subscription', params })), [26]);
    venue.bench.background(BID, 40, 1, 'O');
    venue.bench.background(BID, 40, 1, 'N');
    await feed.drained();
    assert.deepEqual(
      feed.of(1).map((f) => [f.seq, f.msg['market_ticker']]),
      [
        [1, 'M'],
        [2, 'N'],
        [3, 'N'],
      ],
    );
  });

  test('a connection too many is refused with 429, and let in once another has gone', async (t) => {
    const venue = await Venue.open(t, {}, { connectionsPerUser: 2 });
    const first = await venue.feed();
    await venue.feed();
    await assert.rejects(venue.a.feed(), /429/);
    await venue.feed(venue.b);
    await first.close();
    while (venue.server.connections > 2) await venue.a.get('/portfolio/balance');
    await venue.feed();
  });
});

describe('a client that does not answer pings', () => {
  test('is cut off after the time-out on the exchange clock; one that answers stays', async (t) => {
    const venue = await Venue.open(t, {}, { pingMs: 5, pongTimeoutMs: 1000 });
    const living = await venue.feed();
    const dead = await venue.feed();
    // The library answers pings by itself: without its receiver's events it cannot.
    dead.socket.pause();
    for (let n = 0; n < 4; n++) {
      const pings = living.pings.length;
      venue.bench.pass(400_000);
      while (living.pings.length < pings + 2) await living.drained();
    }
    dead.socket.resume();
    assert.equal(await dead.closed, 1006);
    assert.equal(living.socket.readyState, living.socket.OPEN);
  });
});

describe('one slow reader among a hundred', () => {
  test('is dropped with error 25, costs no more than its limit, and the others lose nothing', async (t) => {
    const maxUnreadBytes = 256 * 1024;
    const venue = await Venue.open(t, { markets: { M: 0, N: 0 } }, { maxUnreadBytes });
    const { bench, server } = venue;
    const quick = await Promise.all(Array.from({ length: 99 }, () => venue.feed(venue.b)));
    const slow = await venue.feed(venue.a);
    await Promise.all(quick.map((feed) => feed.command(subscribe(1, 'orderbook_delta', ['M']))));
    await slow.command(subscribe(1, 'orderbook_delta', ['M', 'N']));
    slow.socket.pause();
    let told = 0;
    let most = 0;
    for (let turn = 0; turn < 400 && server.connections > 99; turn++) {
      // Only the slow one follows N: it is N that overflows it, in turns of a known size.
      for (let n = 0; n < 200; n++) bench.background(BID, 40, 1, 'N');
      bench.background(BID, 40, 1);
      told++;
      await venue.b.get('/portfolio/balance');
      most = Math.max(most, server.unreadBytes);
    }
    assert.equal(server.connections, 99, 'the slow reader is still connected');
    // The limit, and what passes through uWebSockets' own buffer of a turn.
    assert.ok(most <= maxUnreadBytes + 32 * 1024, `${most} bytes unread`);
    await Promise.all(quick.map((feed) => feed.drained()));
    for (const feed of quick) {
      const seqs = feed.of(1).map((f) => f.seq);
      assert.deepEqual(
        seqs,
        Array.from({ length: told + 1 }, (_, i) => i + 1),
      );
    }
    slow.socket.resume();
    await slow.closed;
    assert.deepEqual(slow.frames.at(-1)!.msg, { code: 25, msg: 'Subscription buffer overflow' });
  });
});

describe('public reads', () => {
  test('unsigned ones are limited by address when asked for, signed ones are charged to the account', async (t) => {
    const venue = await Venue.open(t, {}, { tier: 'basic', publicReadsPerSecond: 5, publicReadBurst: 3 });
    const unsigned = async (): Promise<number> => (await venue.a.call('GET', '/markets', undefined, {})).status;
    for (let n = 0; n < 3; n++) assert.equal(await unsigned(), 200);
    assert.equal(await unsigned(), 429);
    venue.bench.pass(200_000);
    assert.deepEqual([await unsigned(), await unsigned()], [200, 429]);
    venue.bench.pass(60_000_000);
    for (let n = 0; n < 60; n++) assert.equal((await venue.a.get('/markets')).status, 200);
    assert.equal((await venue.a.get('/markets')).status, 429);
    assert.equal((await venue.b.get('/markets')).status, 200);
  });

  test('a signature that is wrong is refused there too', async (t) => {
    const venue = await Venue.open(t);
    const other = new Client(venue.port, venue.b.key, () => venue.nowMs);
    const headers = signed(other.key, 'GET', '/trade-api/v2/other', venue.nowMs);
    assert.equal((await other.call('GET', '/markets', undefined, headers)).status, 401);
  });
});
