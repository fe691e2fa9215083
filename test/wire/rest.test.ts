import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import {
  balanceBody,
  batchItems,
  costsBody,
  decodeBody,
  endpointCosts,
  eventBody,
  eventFeeChanges,
  eventOnly,
  eventsPage,
  fillsPage,
  limitsBody,
  marketsPage,
  ordersPage,
  positionsPage,
  queuePosition,
  queuePositions,
  readFailure,
  scheduleBody,
  seriesFeeChanges,
  seriesFees,
  settlementsPage,
  sideOf,
  singleMarket,
  singleOrder,
  statusBody,
  tradesPage,
  userDataTime,
} from '../../engine/wire/index.ts';

function value<T>(body: unknown, decoder: (v: unknown) => T): T {
  const decoded = decodeBody(200, JSON.stringify(body), decoder);
  if (decoded.kind !== 'ok') throw new Error(JSON.stringify(decoded));
  return decoded.value;
}

const COSTS = {
  defaultCost: 10,
  createCost: 10,
  cancelCost: 2,
  singleCreateCost: 10,
  singleCancelCost: 2,
  amendCost: 10,
  decreaseCost: 10,
};

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
  assert.deepEqual(value(costs, costsBody), { ...COSTS, singleCancelCost: 10 });
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

test('settlements: what was held, what it cost, what it paid', () => {
  const settlement = {
    ticker: 'T',
    exchange_index: 2,
    event_ticker: 'E',
    market_result: 'scalar',
    yes_count_fp: '10.50',
    yes_total_cost_dollars: '5.250000',
    no_count_fp: '0.00',
    no_total_cost_dollars: '0.0000',
    revenue: 346,
    settled_time: '2026-11-01T10:00:00.5Z',
    fee_cost: '0.005000',
    value: 33,
  };
  assert.deepEqual(value({ settlements: [settlement], cursor: 'c' }, settlementsPage), {
    items: [
      {
        ticker: 'T',
        eventTicker: 'E',
        exchangeIndex: 2,
        result: 'scalar',
        yesCount: 1050,
        yesCost: 5_250_000,
        noCount: 0,
        noCost: 0,
        revenue: 3_460_000,
        fee: 5000,
        value: 3300,
        time: 1_793_527_200_500_000,
      },
    ],
    cursor: 'c',
  });
  assert.equal(value({ settlements: [{ ...settlement, value: 33.25 }] }, settlementsPage).items[0]!.value, 3325);
  assert.equal(value({ settlements: [{ ...settlement, value: null }] }, settlementsPage).items[0]!.value, null);
  for (const wrong of [
    { revenue: 1.5 },
    { value: 101 },
    { value: 33.333 },
    { no_count_fp: '-1.00' },
    { fee_cost: 1 },
  ]) {
    const body = JSON.stringify({ settlements: [{ ...settlement, ...wrong }] });
    assert.equal(decodeBody(200, body, settlementsPage).kind, 'unreadable', JSON.stringify(wrong));
  }
});

test('queue positions, one and many; a place before the front is refused', () => {
  const list = { queue_positions: [{ order_id: 'o', market_ticker: 'T', queue_position_fp: '12.50' }] };
  assert.deepEqual(value(list, queuePositions), [{ orderId: 'o', ticker: 'T', ahead: 1250 }]);
  assert.equal(value({ queue_position_fp: '0.00' }, queuePosition), 0);
  assert.equal(decodeBody(200, '{"queue_position_fp":"-1.00"}', queuePosition).kind, 'unreadable');
});

test('fee changes to come, of series and of events, the end of an override included', () => {
  const at = { id: 'i', scheduled_ts: '2026-11-01T10:00:00Z' };
  const series = { ...at, series_ticker: 'S', fee_type: 'flat', fee_multiplier: 0.5 };
  assert.deepEqual(value({ series_fee_change_arr: [series] }, seriesFeeChanges), [
    { id: 'i', seriesTicker: 'S', feeType: 'flat', multiplier: '0.5', time: 1_793_527_200_000_000 },
  ]);
  const event = {
    ...at,
    event_ticker: 'E',
    series_ticker: 'S',
    fee_type_override: null,
    fee_multiplier_override: null,
  };
  const [cleared] = value({ event_fee_changes: [event], cursor: '' }, eventFeeChanges).items;
  assert.deepEqual([cleared!.feeType, cleared!.multiplier], [null, null]);
  const body = JSON.stringify({ series_fee_change_arr: [{ ...series, fee_multiplier: null }] });
  assert.equal(decodeBody(200, body, seriesFeeChanges).kind, 'unreadable');
});

test('the schedule: sessions by day in minutes, maintenance, and no time of day that does not exist', () => {
  const day = [{ open_time: '00:00', close_time: '24:00' }];
  const thursday = [
    { open_time: '00:00', close_time: '03:00' },
    { open_time: '05:00:00', close_time: '00:00' },
  ];
  const week = { monday: day, tuesday: day, wednesday: day, thursday, friday: day, saturday: day, sunday: [] };
  const hours = { start_time: '2026-01-01T00:00:00Z', end_time: '2027-01-01T00:00:00Z', ...week };
  const windows = [{ start_datetime: '2026-11-05T08:00:00Z', end_datetime: '2026-11-05T10:00:00Z' }];
  const body = (standard: object, maintenance: object[] = windows): object => ({
    schedule: { standard_hours: [standard], maintenance_windows: maintenance },
  });
  const { weeks, maintenance } = value(body(hours), scheduleBody);
  assert.deepEqual(weeks[0]!.days[3], [
    { openMinute: 0, closeMinute: 180 },
    { openMinute: 300, closeMinute: 0 },
  ]);
  assert.deepEqual([weeks[0]!.days[0]![0]!.closeMinute, weeks[0]!.days[6]], [1440, []]);
  assert.equal(maintenance[0]!.end - maintenance[0]!.start, 7_200_000_000);
  for (const time of ['25:00', '24:01', '12:60', '7:00', '', 'noon']) {
    const wrong = body({ ...hours, monday: [{ open_time: time, close_time: '10:00' }] });
    assert.equal(decodeBody(200, JSON.stringify(wrong), scheduleBody).kind, 'unreadable', time);
  }
  const endless = value(body({ ...hours, end_time: '9999-12-31T00:00:00Z' }), scheduleBody).weeks[0]!.end;
  assert.equal(endless, Number.MAX_SAFE_INTEGER);
  const nonsense = JSON.stringify(body({ ...hours, end_time: '9999-13-31T00:00:00Z' }));
  assert.equal(decodeBody(200, nonsense, scheduleBody).kind, 'unreadable');
  const backwards = [{ start_datetime: windows[0]!.end_datetime, end_datetime: windows[0]!.start_datetime }];
  assert.equal(decodeBody(200, JSON.stringify(body(hours, backwards)), scheduleBody).kind, 'unreadable');
});

test('events with their markets, beside or inside; the status of every shard; the age of account data', () => {
  const market = {
    ticker: 'T',
    event_ticker: 'E',
    status: 'finalized',
    price_ranges: [{ start: '0', end: '1', step: '0.01' }],
    strike_type: 'between',
    floor_strike: 1.5,
    cap_strike: 2,
    result: 'yes',
    settlement_value_dollars: '1.0000',
    fee_waiver_expiration_time: null,
  };
  const event = { event_ticker: 'E', series_ticker: 'S', mutually_exclusive: true, collateral_return_type: 'MECNET' };
  const overridden = { ...event, fee_type_override: 'flat', fee_multiplier_override: 2 };
  const beside = value({ event: overridden, markets: [market] }, eventBody);
  assert.deepEqual(value({ event: { ...overridden, markets: [market] } }, eventBody), beside);
  assert.deepEqual(value({ events: [{ ...overridden, markets: [market] }], cursor: '' }, eventsPage).items, [beside]);
  assert.deepEqual(value({ event: overridden, markets: [{ broken: true }] }, eventOnly), beside.event);
  assert.deepEqual([beside.event.feeType, beside.event.feeMultiplier], ['flat', '2']);
  const [read] = beside.markets;
  assert.deepEqual([read!.result, read!.settlementPrice, read!.feeWaiverUntil], ['yes', 10_000, 0]);
  assert.deepEqual(read!.strike, { type: 'between', floor: 1.5, cap: 2, subject: '' });
  assert.equal(value({ event }, eventOnly).feeType, null);
  const shard = { exchange_index: 2, description: 'crypto', exchange_active: true, trading_active: false };
  const status = { exchange_active: true, trading_active: true, exchange_index_statuses: [shard] };
  assert.deepEqual(value(status, statusBody), {
    exchangeActive: true,
    tradingActive: true,
    resumeTime: 0,
    shards: [{ exchangeIndex: 2, exchangeActive: true, tradingActive: false }],
  });
  assert.equal(decodeBody(200, '{"exchange_active":true}', statusBody).kind, 'unreadable', 'not said is not trading');
  assert.equal(value({ as_of_time: '2026-11-01T10:00:00Z' }, userDataTime), 1_793_527_200_000_000);
  assert.equal(decodeBody(200, '{}', userDataTime).kind, 'unreadable');
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
    ['account__endpoint_costs', endpointCosts],
    ['auth__balance_ok', balanceBody],
    ['exchange__status', statusBody],
    ['markets__page1', marketsPage],
    ['markets__high_temp', marketsPage],
    ['markets__status_open', marketsPage],
    ['markets__status_closed', marketsPage],
    ['markets__status_settled', marketsPage],
    ['markets__single', singleMarket],
    ['orders__get_after_create', singleOrder],
    ['orders__get_after_cancel', singleOrder],
    ['series__fee_changes', seriesFeeChanges],
    ['settlements__page', settlementsPage],
    ['settlements__end_of_session', settlementsPage],
    ['trades__public_recorded', tradesPage],
  ] as const) {
    const decoded = decodeBody<unknown>(200, body(name), decoder);
    assert.equal(decoded.kind, 'ok', `${name}: ${JSON.stringify(decoded).slice(0, 200)}`);
  }
  const balance = decodeBody(200, body('auth__balance_ok'), balanceBody);
  assert.ok(balance.kind === 'ok');
  assert.deepEqual([balance.value.total, balance.value.portfolioValue], [98_018_600, 1_980_000]);
  const costs = decodeBody(200, body('account__endpoint_costs'), costsBody);
  assert.deepEqual(costs.kind === 'ok' && costs.value, COSTS);
  const settled = decodeBody(200, body('markets__status_settled'), marketsPage);
  assert.ok(settled.kind === 'ok' && settled.value.items.every((m) => m.settlementPrice !== null && m.result !== ''));
  const trades = decodeBody(200, body('trades__public_recorded'), tradesPage);
  assert.ok(trades.kind === 'ok' && trades.value.items.length > 1 && trades.value.items[0]!.price === 300);
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
