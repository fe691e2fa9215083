import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ASK, BID, type TimeUs } from '../../engine/units/index.ts';
import { Bench, type BenchOptions, cents, lots, refusal } from './support/bench.ts';
import { type Json, Venue } from './support/venue.ts';

const twoShards = (more: BenchOptions = {}): Bench =>
  new Bench({ markets: { M: 0, N: 2 }, ...more }).fund('a').fund('a', '10000', 2);

describe('a trading pause', () => {
  test('keeps resting orders, lets cancels and decreases through, and nothing else', () => {
    const t = twoShards();
    const [x, y] = [t.place('a', BID, 40, 5), t.place('a', BID, 39, 5)];
    const flagged = t.place('a', BID, 38, 5, { cancelOnPause: true });
    const elsewhere = t.place('a', BID, 40, 5, { ticker: 'N', cancelOnPause: true });
    t.exchange.pauses.pause('trading', 0);
    assert.deepEqual([flagged.status, flagged.reason], ['canceled', 'HaltCancel']);
    assert.equal(elsewhere.status, 'resting');
    assert.equal(
      refusal(() => t.place('a', BID, 40, 1)),
      '400 trading_paused',
    );
    assert.equal(
      refusal(() => t.exchange.amend('a', x.orderId, { side: BID, price: cents(41), total: lots(5) })),
      '400 trading_paused',
    );
    t.exchange.decrease('a', x.orderId, lots(2));
    t.exchange.cancel('a', y.orderId);
    t.background(ASK, 40, 9);
    assert.equal(t.position('a'), 0, 'filled during a pause');
    assert.equal(t.place('a', BID, 40, 1, { ticker: 'N' }).status, 'resting');
    t.exchange.pauses.resume('trading', 0);
    t.background(ASK, 40, 9);
    assert.equal(t.position('a'), 2);
  });

  test('refuses decreases, and has another status, by the other readings', () => {
    const t = twoShards({ rules: { pausedDecrease: 'refuse', pausedStatus: 503 } });
    const x = t.place('a', BID, 40, 5);
    t.exchange.pauses.pause('trading', null);
    assert.equal(
      refusal(() => t.exchange.decrease('a', x.orderId, lots(2))),
      '503 trading_paused',
    );
    assert.equal(
      refusal(() => t.place('a', BID, 40, 1, { ticker: 'N' })),
      '503 trading_paused',
    );
  });

  test('does not stop time: orders expire in it', () => {
    const t = twoShards();
    const x = t.place('a', BID, 40, 5, { expirationSeconds: t.timeUs / 1e6 + 5 });
    t.exchange.pauses.pause('trading', null);
    t.pass(5_000_000);
    t.exchange.tick();
    assert.deepEqual([x.status, x.reason], ['canceled', 'ExpiryCancel']);
  });
});

test('an exchange pause lets nothing through: no cancel, no cancel-all, no group call, no transfer', async (t) => {
  const venue = await Venue.open(t, { markets: { M: 0, N: 2 } });
  const { a, bench } = venue;
  const id = (await a.order()).body['order_id'];
  const group = (await a.post('/portfolio/order_groups/create', { contracts_limit: 5 })).body['order_group_id'];
  bench.exchange.pauses.pause('exchange', 0);
  const transfer = { source: 'event_contract', destination: 'event_contract', amount: 100, source_exchange_shard: 2 };
  for (const reply of [
    await a.order(),
    await a.delete(`/portfolio/events/orders/${id}`),
    await a.delete('/portfolio/events/orders'),
    await a.call('PUT', `/portfolio/order_groups/${group}/trigger`, {}),
    await a.call('PUT', `/portfolio/order_groups/${group}/reset`, {}),
    await a.delete(`/portfolio/order_groups/${group}`),
    await a.post('/portfolio/intra_exchange_instance_transfer', transfer),
  ]) {
    assert.equal(reply.status, 400);
    assert.equal((reply.body['error'] as Json)['code'], 'exchange_paused');
  }
  assert.equal((await a.order({ ticker: 'N' })).status, 201);
  const { exchange_index_statuses: shards, ...whole } = (await a.get('/exchange/status')).body;
  assert.deepEqual(whole, {
    exchange_active: false,
    trading_active: false,
    intra_exchange_transfers_active: false,
    exchange_estimated_resume_time: null,
  });
  assert.deepEqual(
    (shards as Json[]).map((s) => [s['exchange_index'], s['exchange_active'], s['trading_active']]),
    [
      [0, false, false],
      [2, true, true],
    ],
  );
  bench.exchange.pauses.resume('exchange', null);
  assert.equal((await a.delete(`/portfolio/events/orders/${id}`)).status, 200);
});

test('maintenance is a trading pause that begins and ends by the clock and stands in the schedule', async (t) => {
  const { a, bench } = await Venue.open(t);
  const flagged = bench.place('a', BID, 40, 5, { cancelOnPause: true });
  const start = (bench.timeUs + 60_000_000) as TimeUs;
  bench.exchange.pauses.plan({ start, end: (start + 60_000_000) as TimeUs, shard: null });
  const active = async (): Promise<unknown[]> => {
    const { body } = await a.get('/exchange/status');
    return [body['exchange_active'], body['trading_active'], body['exchange_estimated_resume_time']];
  };
  assert.deepEqual(await active(), [true, true, null]);
  const { schedule } = (await a.get('/exchange/schedule')).body as { schedule: Json };
  const windows = schedule['maintenance_windows'] as Json[];
  assert.equal(Date.parse(String(windows[0]!['start_datetime'])), start / 1000);
  bench.pass(60_000_000);
  assert.deepEqual(await active(), [true, false, windows[0]!['end_datetime']]);
  assert.equal(flagged.reason, 'HaltCancel');
  assert.equal(((await a.order()).body['error'] as Json)['code'], 'trading_paused');
  bench.pass(60_000_000);
  assert.deepEqual(await active(), [true, true, null]);
  assert.equal((await a.order()).status, 201);
});

describe('cancel-all', () => {
  test('takes one subaccount or all, over all shards', async (t) => {
    const { a, bench } = await Venue.open(t, { markets: { M: 0, N: 2 } });
    bench.fund('a', '100', 0, 3);
    const place = (): void => {
      bench.place('a', BID, 40, 1);
      bench.place('a', BID, 40, 1, { ticker: 'N' });
      bench.place('a', BID, 40, 1, { subaccount: 3 });
    };
    place();
    await a.delete('/portfolio/events/orders?subaccount=3');
    assert.deepEqual(
      bench.exchange.restingOf('a').map((o) => o.subaccount),
      [0, 0],
    );
    place();
    await a.delete('/portfolio/events/orders');
    assert.equal(bench.exchange.restingOf('a').length, 0);
  });

  test('takes what is placed in the minute after it too, by the other reading', () => {
    for (const cancelAllSeconds of [0, 60]) {
      const t = new Bench({ rules: { cancelAllSeconds } }).fund('a');
      t.exchange.cancelAll('a', null);
      t.pass(59_000_000);
      const soon = t.place('a', BID, 40, 1);
      assert.equal(soon.status, 'resting');
      t.exchange.tick();
      assert.equal(soon.status, cancelAllSeconds === 0 ? 'resting' : 'canceled');
      t.pass(2_000_000);
      const late = t.place('a', BID, 40, 1);
      t.exchange.tick();
      assert.equal(late.status, 'resting');
    }
  });
});
