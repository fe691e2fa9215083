import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { skewed } from '../../engine/exchange/faults/clock.ts';
import { faultPlan } from '../../engine/exchange/index.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import type { BenchOptions } from './support/bench.ts';
import { type Feed, type Json, type Reply, Venue } from './support/venue.ts';

/** A venue with faults, and what it tells of them. */
async function faulty(
  t: TestContext,
  plan: unknown,
  options: BenchOptions = {},
): Promise<{ venue: Venue; told: string[] }> {
  const told: string[] = [];
  const venue = await Venue.open(t, options, { faults: faultPlan(plan), onFault: (line) => told.push(line) });
  return { venue, told };
}

const lost = (call: Promise<Reply>): Promise<string> =>
  call.then(
    (reply) => `answered ${reply.status}`,
    () => 'no answer',
  );
const orders = (venue: Venue): number => venue.bench.exchange.orders.size;
const books = { id: 1, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_tickers: ['M'] } };
const seqs = (feed: Feed): number[] => feed.of(1).map((f) => f.seq!);

/** A subscribed feed, and `n` changes of the book, each in a turn of its own. */
async function changes(venue: Venue, n: number): Promise<Feed> {
  const feed = await venue.feed();
  feed.send(books);
  await feed.next((f) => f.type === 'subscribed');
  for (let i = 0; i < n; i++) {
    venue.bench.background(BID, 40, 1);
    await new Promise((done) => setImmediate(done));
  }
  return feed;
}

describe('requests', () => {
  test('a connection closed before acceptance leaves no order; closed after it, the order rests', async (t) => {
    const { venue, told } = await faulty(t, {
      requests: [
        { fault: 'drop', method: 'POST', to: 1 },
        { fault: 'drop', stage: 'after', method: 'POST', from: 2, to: 2 },
      ],
    });
    assert.equal(await lost(venue.a.order({ client_order_id: 'x' })), 'no answer');
    assert.equal(orders(venue), 0);
    assert.equal(await lost(venue.a.order({ client_order_id: 'x' })), 'no answer');
    assert.equal(orders(venue), 1);
    assert.equal((await venue.a.order({ client_order_id: 'x' })).status, 409);
    assert.deepEqual([...venue.server.faultCounts].sort(), [
      ['request drop after acceptance', 1],
      ['request drop before acceptance', 1],
    ]);
    assert.deepEqual(told, [
      'fault: request drop before acceptance: POST /portfolio/events/orders, requests.0/a #1',
      'fault: request drop after acceptance: POST /portfolio/events/orders, requests.1/a #2',
    ]);
  });

  test('a 5xx after acceptance is no refusal', async (t) => {
    const { venue } = await faulty(t, {
      requests: [
        { fault: 'error', status: 502, path: '/portfolio/events/orders', to: 1 },
        { fault: 'error', stage: 'after', path: '/portfolio/events/orders', from: 2, to: 2 },
      ],
    });
    const before = await venue.a.order();
    assert.deepEqual([before.status, before.type, orders(venue)], [502, 'text/plain', 0]);
    const after = await venue.a.order();
    assert.deepEqual(
      [after.status, after.body, orders(venue)],
      [503, { error: { code: 'service_unavailable', message: 'service unavailable' } }, 1],
    );
  });

  test('a request never answered, accepted or not', async (t) => {
    const { venue } = await faulty(t, {
      requests: [
        { fault: 'silence', method: 'POST', to: 1 },
        { fault: 'silence', stage: 'after', method: 'POST', from: 2, to: 2 },
      ],
    });
    // Both wait; the third overtakes them on a connection of its own.
    const open = [lost(venue.a.order()), lost(venue.a.order())];
    assert.equal((await venue.a.order()).status, 201);
    const settled = await Promise.race([...open, Promise.resolve('waiting')]);
    assert.deepEqual([settled, orders(venue)], ['waiting', 2]);
    venue.server.close();
    assert.deepEqual(await Promise.all(open), ['no answer', 'no answer']);
  });

  test('a storm of 429 costs nothing and does nothing', async (t) => {
    const { venue } = await faulty(t, { requests: [{ fault: 'rateLimit', method: 'POST', from: 2, to: 4 }] });
    const status: number[] = [];
    for (let n = 0; n < 5; n++) status.push((await venue.a.order()).status);
    assert.deepEqual([status, orders(venue)], [[201, 429, 429, 429, 201], 2]);
  });

  test('latency holds the order back before acceptance, and the answer after it, on the exchange clock', async (t) => {
    const { venue } = await faulty(t, { requests: [{ fault: 'latency', method: 'POST', beforeMs: 30, backMs: 50 }] });
    const call = venue.a.order();
    const seen: string[] = [];
    void call.then(() => seen.push('answer'));
    // The clock stands still: another request, in and out, shows that the first one waits.
    await venue.a.get('/portfolio/balance');
    await venue.a.get('/portfolio/balance');
    assert.equal(orders(venue), 0);
    venue.bench.pass(30_000);
    while (orders(venue) === 0) await venue.a.get('/portfolio/balance');
    await venue.a.get('/portfolio/balance');
    assert.deepEqual(seen, []);
    venue.bench.pass(50_000);
    assert.equal((await call).status, 201);
  });

  test('reads lag behind writes: an order is not found, then it is, and the timestamp says why', async (t) => {
    const { venue } = await faulty(t, { requests: [{ fault: 'stale', lagMs: 500 }] });
    const { a, bench } = venue;
    const id = (await a.order()).body['order_id'];
    const view = async (): Promise<unknown[]> => {
      const found = (await a.get(`/portfolio/orders/${id}`)).status;
      const list = (await a.get('/portfolio/orders')).body['orders'] as Json[];
      const { balance_dollars } = (await a.get('/portfolio/balance')).body;
      const fills = (await a.get('/portfolio/fills')).body['fills'] as Json[];
      const positions = (await a.get('/portfolio/positions')).body['market_positions'] as Json[];
      return [
        found,
        list.map((o) => o['status']),
        balance_dollars,
        fills.length,
        positions.map((p) => p['position_fp']),
      ];
    };
    assert.deepEqual(await view(), [404, [], '10000.0000', 0, []]);
    const asOf = (await a.get('/exchange/user_data_timestamp')).body['as_of_time'];
    assert.equal(Date.parse(String(asOf)), venue.nowMs - 500);
    bench.pass(499_999);
    assert.equal((await a.get(`/portfolio/orders/${id}`)).status, 404);
    bench.pass(1);
    const [found, list, balance] = await view();
    assert.deepEqual([found, list], [200, ['resting']]);
    assert.ok(Number(balance) < 10_000);
    // A fill, and what it does to money and position, is as late.
    await venue.b.order({ side: 'ask', price: '0.4000' });
    assert.deepEqual((await view()).slice(0, 2), [200, ['resting']]);
    assert.equal(bench.position('a'), 1);
    bench.pass(500_000);
    assert.deepEqual((await view()).slice(0, 2).concat((await view()).slice(3)), [200, ['executed'], 1, ['1.00']]);
  });

  test('settlements, transfers and subaccounts come as late as what they do to balances', async (t) => {
    const { venue } = await faulty(t, { requests: [{ fault: 'stale', lagMs: 500, method: 'GET' }] });
    const { a, b, bench } = venue;
    bench.fund('a', '5', 0, 3);
    await a.order();
    await b.order({ side: 'ask', price: '0.4000' });
    const paid = { client_transfer_id: randomUUID(), from_subaccount: 0, to_subaccount: 3, amount_cents: 100 };
    assert.equal((await a.call('POST', '/portfolio/subaccounts/transfer', paid)).status, 200);
    bench.pass(500_000);
    bench.exchange.lifecycle.moveClose('M', bench.exchange.now());
    bench.exchange.lifecycle.determine('M', 'yes');
    bench.exchange.lifecycle.settle('M');
    const view = async (): Promise<unknown[]> => {
      const rows = async (path: string, name: string): Promise<Json[]> => (await a.get(path)).body[name] as Json[];
      const settled = await rows('/portfolio/settlements', 'settlements');
      const open = await rows('/portfolio/positions?settlement_status=all', 'market_positions');
      const third = (await a.get('/portfolio/balance?subaccount=3')).body['balance_dollars'];
      const moved = await rows('/portfolio/subaccounts/transfers', 'transfers');
      return [settled.length, open.map((p) => p['position_fp']), third, moved.length];
    };
    assert.deepEqual(await view(), [0, ['1.00'], '6.0000', 1]);
    bench.pass(499_999);
    assert.deepEqual(await view(), [0, ['1.00'], '6.0000', 1]);
    bench.pass(1);
    assert.deepEqual(await view(), [1, ['0.00'], '6.0000', 1]);
  });
});

describe('the feed', () => {
  test('a lost frame leaves a gap in the numbers, a repeated one repeats its number', async (t) => {
    const { venue } = await faulty(t, {
      frames: [
        { fault: 'drop', channel: 'orderbook_delta', from: 4, to: 4 },
        { fault: 'duplicate', channel: 'orderbook_delta', from: 6, to: 6 },
      ],
    });
    const feed = await changes(venue, 6);
    await feed.next((f) => f.seq === 7);
    // The first frame of the channel is `subscribed`.
    assert.deepEqual(seqs(feed), [1, 2, 4, 5, 5, 6, 7]);
  });

  test('a frame that is overtaken comes after those that overtook it', async (t) => {
    const { venue } = await faulty(t, { frames: [{ fault: 'reorder', by: 2, from: 3, to: 3 }] });
    const feed = await changes(venue, 4);
    await feed.next((f) => f.seq === 5);
    assert.deepEqual(seqs(feed), [1, 3, 4, 2, 5]);
  });

  test('a delayed frame holds up those behind it until the exchange clock has come round', async (t) => {
    const { venue } = await faulty(t, { frames: [{ fault: 'delay', delayMs: 40, from: 4, to: 4 }] });
    const feed = await changes(venue, 4);
    await feed.next((f) => f.seq === 2);
    await venue.a.get('/portfolio/balance');
    assert.deepEqual(seqs(feed), [1, 2]);
    venue.bench.pass(40_000);
    await feed.next((f) => f.seq === 5);
    assert.deepEqual(seqs(feed), [1, 2, 3, 4, 5]);
  });

  test('a connection ends with a close frame, or with a reset; the next one lives', async (t) => {
    const { venue } = await faulty(t, {
      connections: [
        { fault: 'close', afterFrames: 3, to: 1 },
        { fault: 'cut', afterFrames: 3, from: 2, to: 2 },
      ],
    });
    const first = await changes(venue, 4);
    assert.deepEqual([await first.closed, first.frames.length], [1001, 3]);
    const second = await changes(venue, 4);
    assert.equal(await second.closed, 1006);
    const third = await changes(venue, 4);
    await third.next((f) => f.seq === 5);
  });

  test('an upgrade is refused, or never answered', async (t) => {
    const { venue } = await faulty(t, {
      connections: [
        { fault: 'refuse', to: 1 },
        { fault: 'silent', from: 2, to: 2 },
      ],
    });
    await assert.rejects(venue.a.feed(), /502/);
    let opened = false;
    const silent = venue.a.feed().then(
      () => (opened = true),
      () => {},
    );
    await venue.a.get('/portfolio/balance');
    await venue.a.get('/portfolio/balance');
    assert.equal(opened, false);
    venue.server.close();
    await silent;
    assert.equal(opened, false);
  });

  for (const fault of ['mute', 'freeze'] as const) {
    test(`a connection that goes ${fault} stays open and says nothing; frozen it does not even answer pings`, async (t) => {
      const { venue, told } = await faulty(t, { connections: [{ fault, afterFrames: 2, to: 1 }] });
      const half = await changes(venue, 5);
      const pongs: string[] = [];
      half.socket.on('pong', () => pongs.push('pong'));
      half.socket.ping();
      half.send({ id: 9, cmd: 'list_subscriptions' });
      // A whole other connection comes and talks meanwhile.
      const other = await changes(venue, 2);
      await other.drained();
      await other.drained();
      assert.deepEqual([half.frames.length, half.socket.readyState], [2, half.socket.OPEN]);
      assert.equal(pongs.length, fault === 'mute' ? 1 : 0);
      assert.deepEqual(told, [`fault: connection ${fault}: a connection 1 after 2 frames`]);
    });
  }
});

describe('the exchange as a whole', () => {
  test('its clock is off and drifts', () => {
    let us = 1_000_000_000;
    const clock = skewed(() => us as never, faultPlan({ clock: { offsetMs: -2000, driftPpm: 500 } }));
    assert.equal(clock(), 998_000_000);
    us += 10_000_000;
    assert.equal(clock(), 1_008_005_000);
    assert.equal(skewed(clock, faultPlan({})), clock);
  });

  test('a group triggered in the middle of a batch takes what rests and refuses the rest', async (t) => {
    const { venue } = await faulty(t, { groups: [{ on: 'create', from: 3, to: 3 }] });
    const { a, bench } = venue;
    const made = await a.post('/portfolio/order_groups/create', { contracts_limit_fp: '100.00' });
    const order_group_id = made.body['order_group_id'];
    const item = (): Json => ({
      ticker: 'M',
      side: 'bid',
      count: '1.00',
      price: '0.4000',
      time_in_force: 'good_till_canceled',
      self_trade_prevention_type: 'taker_at_cross',
      order_group_id,
    });
    const batch = await a.post('/portfolio/events/orders/batched', { orders: Array.from({ length: 5 }, item) });
    const codes = (batch.body['orders'] as Json[]).map((o) => (o['error'] as Json | undefined)?.['code'] ?? 'accepted');
    const refused = 'exceeded_order_group_risk_limit';
    assert.deepEqual(codes, ['accepted', 'accepted', 'accepted', refused, refused]);
    assert.equal(bench.exchange.restingOf('a').length, 0);
    assert.deepEqual(bench.groups, ['created', 'triggered']);
  });

  test('one shard down: its writes are 503, the other trades on, the status says which', async (t) => {
    const { venue } = await faulty(
      t,
      { shards: [{ shard: 1, afterMs: 100, forMs: 100 }] },
      { markets: { M: 0, N: 1 } },
    );
    const { a, bench } = venue;
    const id = (await a.order({ ticker: 'N' })).body['order_id'];
    bench.pass(100_000);
    assert.equal((await a.order({ ticker: 'N' })).status, 503);
    assert.equal((await a.delete(`/portfolio/events/orders/${id}?exchange_index=1`)).status, 503);
    assert.equal((await a.order({ ticker: 'M' })).status, 201);
    const status = (await a.get('/exchange/status')).body;
    assert.deepEqual(
      (status['exchange_index_statuses'] as Json[]).map((s) => [s['exchange_index'], s['trading_active']]),
      [
        [0, true],
        [1, false],
      ],
    );
    bench.pass(100_000);
    assert.equal((await a.delete(`/portfolio/events/orders/${id}?exchange_index=1`)).status, 200);
  });

  test('maintenance: feeds end, everything is 503, the status with a body', async (t) => {
    const { venue } = await faulty(t, { maintenance: [{ afterMs: 100, forMs: 100 }] });
    const feed = await changes(venue, 1);
    venue.bench.pass(100_000);
    assert.equal(await feed.closed, 1001);
    assert.equal((await venue.a.order()).status, 503);
    const status = await venue.a.get('/exchange/status');
    assert.deepEqual([status.status, status.body['exchange_active']], [503, false]);
    await assert.rejects(venue.a.feed(), /503/);
    venue.bench.pass(100_000);
    assert.equal((await venue.a.order()).status, 201);
  });

  test('without a plan nothing is injected and nothing is counted', async (t) => {
    const venue = await Venue.open(t);
    const feed = await changes(venue, 5);
    venue.bench.background(ASK, 60, 1);
    await feed.next((f) => f.seq === 7);
    for (let n = 0; n < 5; n++) assert.equal((await venue.a.order({ client_order_id: randomUUID() })).status, 201);
    assert.equal(venue.server.faultCounts.size, 0);
  });
});
