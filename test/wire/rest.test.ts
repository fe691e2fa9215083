import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import {
  balanceBody,
  batchItems,
  costsBody,
  decodeBody,
  fillsPage,
  limitsBody,
  ordersPage,
  positionsPage,
  readFailure,
  seriesFees,
  sideOf,
  singleMarket,
  singleOrder,
} from '../../engine/wire/index.ts';

function value<T>(body: unknown, decoder: (v: unknown) => T): T {
  const decoded = decodeBody(200, JSON.stringify(body), decoder);
  if (decoded.kind !== 'ok') throw new Error(JSON.stringify(decoded));
  return decoded.value;
}

test('a side is read from the newest field there is, and a sale of NO is a bid', () => {
  assert.equal(sideOf({ book_side: 'ask', outcome_side: 'yes' }), ASK);
  assert.equal(sideOf({ outcome_side: 'yes', side: 'no', action: 'buy' }), BID);
  assert.equal(sideOf({ side: 'no', action: 'sell' }), BID);
  assert.equal(sideOf({ side: 'no', action: 'buy' }), ASK);
  assert.equal(sideOf({ side: 'yes', action: 'sell' }), ASK);
  assert.throws(() => sideOf({ side: 'yes' }));
  assert.throws(() => sideOf({}));
});

test('a 2xx answer that cannot be read is no refusal: the write may have happened', () => {
  for (const body of ['', '<html>', '{}', '{"orders":7}', '{"orders":[7]}'])
    assert.equal(decodeBody(201, body, batchItems).kind, 'unreadable', body);
  assert.equal(decodeBody(500, '', batchItems).kind, 'refused');
  assert.equal(decodeBody(300, '{"orders":[]}', batchItems).kind, 'refused');
});

test('a batch answer tells each order apart, failures in either error form', () => {
  const items = value(
    {
      orders: [
        { order_id: 'o1', client_order_id: 'c1', fill_count: '1.00', remaining_count: '9.00' },
        { client_order_id: 'c2', error: { code: 'invalid_order', message: 'm', details: 'post only cross' } },
        { error: 'insufficient balance' },
        { order_id: 'o4', reduced_by: '2.50', error: null },
      ],
    },
    batchItems,
  );
  assert.deepEqual(
    items.map((i) => i.failure?.code ?? 'ok'),
    ['ok', 'invalid_order', 'insufficient_balance', 'ok'],
  );
  assert.deepEqual([items[0]!.fillCount, items[0]!.remainingCount, items[3]!.reducedBy], [100, 900, 250]);
  assert.equal(items[1]!.failure!.details, 'post only cross');
});

test('limits in both forms; a bucket that never refills is refused', () => {
  const bucket = { bucket_capacity: 200, refill_rate: 100 };
  assert.deepEqual(value({ read: bucket, write: bucket, usage_tier: 'basic' }, limitsBody).write, {
    refillPerSecond: 100,
    capacity: 200,
  });
  assert.equal(value({ read_limit: 20, write_limit: 10 }, limitsBody).write.refillPerSecond, 100);
  const dry = { read: bucket, write: { bucket_capacity: 200, refill_rate: 0 } };
  assert.equal(decodeBody(200, JSON.stringify(dry), limitsBody).kind, 'unreadable');
});

test('markets: bands, close, and a status nobody knows is never one that trades', () => {
  const market = {
    ticker: 'T',
    event_ticker: 'E',
    status: 'paused_by_moon',
    close_time: '2026-11-23T13:00:00Z',
    exchange_index: 2,
    price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0010' }],
  };
  const read = value({ market }, singleMarket);
  assert.deepEqual(
    [read.status, read.exchangeIndex, read.bands],
    ['unknown', 2, [{ start: 0, end: 10_000, step: 10 }]],
  );
  assert.equal(
    decodeBody(200, JSON.stringify({ market: { ...market, price_ranges: null } }), singleMarket).kind,
    'unreadable',
  );
});

test('lists: an absent list is empty, the cursor ends it, one bad entry spoils the page', () => {
  assert.deepEqual(value({}, ordersPage), { items: [], cursor: '' });
  assert.deepEqual(value({ market_positions: null, cursor: 'next' }, positionsPage), { items: [], cursor: 'next' });
  assert.equal(decodeBody(200, '{"orders":[{"order_id":"o"}]}', ordersPage).kind, 'unreadable');
  const negative = {
    order: {
      order_id: 'o',
      ticker: 'T',
      book_side: 'bid',
      yes_price_dollars: '0.5',
      status: 'resting',
      fill_count_fp: '-1.00',
      remaining_count_fp: '1.00',
      initial_count_fp: '1.00',
    },
  };
  assert.equal(decodeBody(200, JSON.stringify(negative), singleOrder).kind, 'unreadable');
});

test('costs, balances and fee rules', () => {
  const path = '/trade-api/v2/portfolio/events/orders/batched';
  const costs = {
    default_cost: 10,
    endpoint_costs: [
      { method: 'DELETE', path, cost: 2 },
      { method: 'GET', path: '/x', cost: 1 },
    ],
  };
  assert.deepEqual(value(costs, costsBody), { defaultCost: 10, createCost: 10, cancelCost: 2 });
  const balance = value(
    { balance_dollars: '98.0186', balance_breakdown: [{ exchange_index: 2, balance: '1.5000' }] },
    balanceBody,
  );
  assert.deepEqual([balance.total, balance.byShard.get(2)], [98_018_600, 1_500_000]);
  assert.deepEqual(value({ series: { fee_type: 'quadratic', fee_multiplier: 0.5 } }, seriesFees), {
    feeType: 'quadratic',
    multiplier: '0.5',
  });
});

test('recorded bodies of the demo exchange', (t) => {
  const folder = new URL('../../../shared/kalshi/rest/', import.meta.url);
  if (!existsSync(folder)) return t.skip('recordings absent');
  const body = (name: string): string => readFileSync(new URL(`demo__${name}.json`, folder), 'utf8');
  const fills = decodeBody(200, body('fills__after_taker'), fillsPage);
  assert.ok(fills.kind === 'ok' && fills.value.items.length > 0);
  assert.deepEqual(
    [fills.value.items[0]!.price, fills.value.items[0]!.fee, fills.value.items[0]!.side],
    [5200, 17_500, BID],
  );
  for (const [name, decoder] of [
    ['portfolio__orders_list', ordersPage],
    ['portfolio__positions', positionsPage],
    ['account__limits', limitsBody],
    ['account__endpoint_costs', costsBody],
  ] as const) {
    const decoded = decodeBody<unknown>(200, body(name), decoder);
    assert.equal(decoded.kind, 'ok', `${name}: ${JSON.stringify(decoded).slice(0, 200)}`);
  }
  const refusals: readonly (readonly [string, number, string])[] = [
    ['auth__bad_signature', 401, 'authentication_error'],
    ['orders__cancel_unknown_id', 404, 'not_found'],
    ['orders__duplicate_client_order_id', 409, 'order_already_exists'],
    ['orders__insufficient_balance', 400, 'insufficient_balance'],
    ['orders__post_only_cross', 400, 'invalid_order'],
    ['markets__limit_over_max', 400, 'bad_request'],
  ];
  for (const [name, status, code] of refusals) assert.equal(readFailure(status, body(name)).code, code, name);
});
