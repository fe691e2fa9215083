import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AccountBuckets, Bucket, TIERS } from '../../engine/exchange/buckets.ts';
import { type ApiCall, RestApi } from '../../engine/exchange/rest.ts';
import { BID, type TimeUs } from '../../engine/units/index.ts';
import { START_US } from './support/bench.ts';
import { type Json, orderBody, Venue } from './support/venue.ts';

const at = (us: number): TimeUs => (START_US + us) as TimeUs;
const ID = '00000000-0000-4000-8000-000000000001';

describe('a token bucket', () => {
  test('gives out its capacity, then exactly what has flowed back', () => {
    const bucket = new Bucket(100, 100, at(0));
    assert.ok(bucket.take(100, at(0)));
    assert.ok(!bucket.take(1, at(9_999)));
    assert.ok(bucket.take(1, at(10_000)));
    assert.ok(!bucket.take(10, at(109_999)));
    assert.ok(bucket.take(10, at(110_000)));
  });

  test('never holds more than its capacity, and a clock that goes back brings nothing', () => {
    const bucket = new Bucket(100, 100, at(0));
    assert.ok(!bucket.take(101, at(3_600_000_000)));
    assert.ok(bucket.take(100, at(3_600_000_000)));
    assert.ok(!bucket.take(1, at(0)));
    assert.ok(!bucket.take(1, at(3_600_000_000)));
  });

  test('is exact however the time is cut up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 }),
        fc.constantFrom(100, 300, 1200, 9600),
        (steps, rate) => {
          const bucket = new Bucket(rate, rate, at(0));
          assert.ok(bucket.take(rate, at(0)));
          let us = 0;
          for (const step of steps) {
            us += step;
            bucket.holds(0, at(us));
          }
          const earned = Math.floor((us * rate) / 1_000_000);
          assert.equal(bucket.holds(Math.min(rate, earned), at(us)), true);
          assert.equal(bucket.holds(earned + 1, at(us)), false);
        },
      ),
    );
  });
});

describe('what a call costs', () => {
  const call = (method: string, url: string, body?: unknown): ApiCall => {
    const [path, query] = url.split('?') as [string, string?];
    return { method, path: path.split('/'), query: new URLSearchParams(query), body, userId: 'a' };
  };
  const orders = 'portfolio/events/orders';
  const cases: readonly [string, ApiCall, number, 'read' | 'write', number | 'every'][] = [
    ['a create that leaves its shard to be found', call('POST', orders, { ticker: 'M' }), 10, 'write', 'every'],
    [
      'a create by ticker, asked for with -1',
      call('POST', orders, { ticker: 'M', exchange_index: -1 }),
      10,
      'write',
      'every',
    ],
    ['a create on shard 0', call('POST', orders, { ticker: 'M', exchange_index: 0 }), 10, 'write', 0],
    ['a create on shard 2', call('POST', orders, { ticker: 'M', exchange_index: 2 }), 10, 'write', 2],
    [
      'a batch of three creates',
      call('POST', `${orders}/batched`, { orders: [{ exchange_index: 2 }, {}, {}] }),
      30,
      'write',
      0,
    ],
    ['a batch of three cancels', call('DELETE', `${orders}/batched`, { orders: [{}, {}, {}] }), 6, 'write', 0],
    ['a batch that is none', call('POST', `${orders}/batched`, { orders: 5 }), 10, 'write', 0],
    ['a cancel', call('DELETE', `${orders}/${ID}`), 2, 'write', 0],
    ['a cancel on shard 2', call('DELETE', `${orders}/${ID}?exchange_index=2`), 2, 'write', 2],
    ['a cancel by market', call('DELETE', `${orders}/${ID}?market_ticker=M`), 2, 'write', 'every'],
    ['an amend on shard 1', call('POST', `${orders}/${ID}/amend`, { ticker: 'M', exchange_index: 1 }), 10, 'write', 1],
    ['a decrease by market', call('POST', `${orders}/${ID}/decrease`, { market_ticker: 'M' }), 10, 'write', 'every'],
    ['a group call', call('PUT', `portfolio/order_groups/${ID}/reset?exchange_index=2`, {}), 10, 'write', 0],
    ['reading one order', call('GET', `portfolio/orders/${ID}`), 2, 'read', 0],
    ['listing orders', call('GET', 'portfolio/orders'), 10, 'read', 0],
    ['queue places', call('GET', 'portfolio/orders/queue_positions'), 10, 'read', 0],
  ];
  for (const [name, request, tokens, bucket, shard] of cases)
    test(name, () => assert.deepEqual(RestApi.cost(request), { bucket, tokens, shard }));

  test('cancelling everything costs what the single cancels would', () => {
    assert.equal(RestApi.cost(call('DELETE', orders), 37).tokens, 74);
    assert.equal(RestApi.cost(call('DELETE', orders), 0).tokens, 0);
  });
});

describe('buckets of shards', () => {
  const basic = TIERS['basic']!.write;
  test('a shard named has a budget of its own; one left to be found is billed everywhere, or nowhere', () => {
    const buckets = new AccountBuckets('basic', [0, 1, 2], at(0));
    const take = (shard: number | 'every', tokens = basic): boolean =>
      buckets.take({ bucket: 'write', tokens, shard }, at(0));
    assert.ok(take(2));
    assert.ok(!take(2, 1));
    assert.ok(!take('every', 1));
    assert.ok(take(0));
    assert.ok(take(1));
    assert.ok(!take(1, 1));
  });

  test('a shard unknown is billed to the common bucket', () => {
    const buckets = new AccountBuckets('basic', [0], at(0));
    assert.ok(buckets.take({ bucket: 'write', tokens: basic, shard: 3 }, at(0)));
    assert.ok(!buckets.take({ bucket: 'write', tokens: 1, shard: 0 }, at(0)));
  });
});

describe('over a socket', () => {
  test('the last order that fits is taken, the next is 429, and one token later it is taken', async (t) => {
    const { a, bench } = await Venue.open(t, {}, { tier: 'basic' });
    for (let n = 0; n < 10; n++) assert.equal((await a.order({ exchange_index: 0 })).status, 201);
    const refused = await a.order({ exchange_index: 0 });
    assert.deepEqual(
      [refused.status, refused.body],
      [429, { error: { code: 'too_many_requests', message: 'too many requests' } }],
    );
    bench.pass(99_999);
    assert.equal((await a.order({ exchange_index: 0 })).status, 429);
    bench.pass(1);
    assert.equal((await a.order({ exchange_index: 0 })).status, 201);
    assert.equal(bench.total(BID, 40), 11);
  });

  test('a batch that does not fit is refused whole and costs nothing', async (t) => {
    const { a, bench } = await Venue.open(t, {}, { tier: 'basic' });
    const batch = (n: number): Json => ({ orders: Array.from({ length: n }, () => orderBody()) });
    assert.equal((await a.post('/portfolio/events/orders/batched', batch(11))).status, 429);
    assert.equal(bench.exchange.orders.size, 0);
    assert.equal((await a.post('/portfolio/events/orders/batched', batch(10))).status, 201);
    assert.equal((await a.post('/portfolio/events/orders/batched', batch(1))).status, 429);
  });

  test('reads do not cost writes; what the limits say is what is held', async (t) => {
    const { a } = await Venue.open(t, {}, { tier: 'basic' });
    const { read, write } = (await a.get('/account/limits')).body as Record<string, Json>;
    assert.deepEqual(
      [read, write],
      [
        { refill_rate: 200, bucket_capacity: 600 },
        { refill_rate: 100, bucket_capacity: 100 },
      ],
    );
    for (let n = 1; n < 60; n++) assert.equal((await a.get('/portfolio/balance')).status, 200);
    assert.equal((await a.get('/portfolio/balance')).status, 429);
    assert.equal((await a.order()).status, 201);
  });

  test('each account has its own', async (t) => {
    const { a, b } = await Venue.open(t, {}, { tier: 'basic' });
    for (let n = 0; n < 11; n++) await a.order();
    assert.equal((await a.order()).status, 429);
    assert.equal((await b.order()).status, 201);
  });
});
