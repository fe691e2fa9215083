import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../../engine/core/index.ts';
import { ASK, BID, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const [A, B] = ['TST-A', 'TST-B'] as const;

type Json = Readonly<Record<string, unknown>>;
type Market = ReturnType<Engine['status']>['markets'][number];

/** Both markets quoted, and from here on no snapshot comes: what is stale stays so. */
function quoted(): BenchVenue {
  const venue = new BenchVenue(testConfig([A, B]));
  for (const ticker of [A, B]) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.start();
  assert.ok(venue.resting(A, BID).length > 0 && venue.resting(B, BID).length > 0);
  venue.faults.onFrame = (text) => (text.includes('orderbook_snapshot') ? null : text);
  return venue;
}

function hear(venue: BenchVenue, frame: Json): void {
  venue.engine.onFrame(Buffer.from(JSON.stringify(frame)), venue.timeUs as TimeUs);
}

function market(venue: BenchVenue, ticker: string): Market {
  return venue.engine.status().markets.find((m) => m.ticker === ticker)!;
}

const DELTA = { market_ticker: A, price_dollars: '0.4000', delta_fp: '1.00', side: 'yes', ts_ms: 5 };
const TRADE = { market_ticker: A, yes_price_dollars: '0.5000', count_fp: '1.00', taker_outcome_side: 'yes' };
const SNAPSHOT = { market_ticker: A, yes_dollars_fp: [['0.4500', '100.00']], no_dollars_fp: [] };
const TICKER = { market_ticker: A, price_dollars: '0.4500', ts_ms: 5 };
const FILL = {
  ...{ trade_id: 't', order_id: 'o', market_ticker: A, is_taker: false, book_side: 'bid' },
  ...{ yes_price_dollars: '0.4500', count_fp: '1.00', fee_cost: '0.0000', post_position_fp: '1.00' },
};
const ORDER = {
  ...{ order_id: 'o', ticker: A, status: 'resting', book_side: 'bid', yes_price_dollars: '0.4500' },
  ...{ fill_count_fp: '0.00', remaining_count_fp: '1.00', initial_count_fp: '1.00' },
};
const POSITION = { market_ticker: A, position_fp: '1.00' };
const LIFE = { market_ticker: A, event_type: 'deactivated' };

/** A known field of the wrong type or out of its range, of every type that names a market of ours. */
const WRONG: readonly (readonly [type: string, body: Json, field: string, value: unknown])[] = [
  ['orderbook_delta', DELTA, 'delta_fp', 7],
  ['orderbook_delta', DELTA, 'delta_fp', '1.001'],
  ['orderbook_delta', DELTA, 'price_dollars', '1.0001'],
  ['orderbook_delta', DELTA, 'price_dollars', '-0.1000'],
  ['orderbook_delta', DELTA, 'price_dollars', null],
  ['orderbook_delta', DELTA, 'side', 'bid'],
  ['orderbook_delta', DELTA, 'ts_ms', -1],
  ['orderbook_delta', DELTA, 'client_order_id', 7],
  ['orderbook_snapshot', SNAPSHOT, 'yes_dollars_fp', [['0.4500', '-1.00']]],
  ['orderbook_snapshot', SNAPSHOT, 'yes_dollars_fp', [['0.45001', '1.00']]],
  [
    'orderbook_snapshot',
    SNAPSHOT,
    'yes_dollars_fp',
    [
      ['0.4500', '1.00'],
      ['0.45', '2.00'],
    ],
  ],
  ['orderbook_snapshot', SNAPSHOT, 'no_dollars_fp', {}],
  ['orderbook_snapshot', SNAPSHOT, 'no_dollars_fp', [['0.5']]],
  ['trade', TRADE, 'yes_price_dollars', 0.5],
  ['trade', TRADE, 'count_fp', '-1.00'],
  ['trade', TRADE, 'taker_outcome_side', 'maybe'],
  ['trade', TRADE, 'is_block_trade', 'no'],
  ['ticker', TICKER, 'price_dollars', '1.5'],
  ['ticker', TICKER, 'ts_ms', 'now'],
  ['fill', FILL, 'count_fp', 1],
  ['fill', FILL, 'yes_price_dollars', '2'],
  ['fill', FILL, 'is_taker', 'yes'],
  ['user_order', ORDER, 'remaining_count_fp', '-1.00'],
  ['user_order', ORDER, 'book_side', 'yes'],
  ['market_position', POSITION, 'position_fp', 1],
  ['market_lifecycle_v2', LIFE, 'event_type', 7],
  ['market_lifecycle_v2', LIFE, 'close_ts', 'soon'],
];

for (const [type, body, field, value] of WRONG) {
  test(`a ${type} whose ${field} is ${JSON.stringify(value)} makes its market stale`, () => {
    const venue = quoted();
    const { sid, expected } = bookPlace(venue);
    const isBook = type.startsWith('orderbook');
    hear(venue, {
      type,
      sid: isBook ? sid : 77,
      ...(isBook ? { seq: expected } : {}),
      msg: { ...body, [field]: value },
    });
    const { stale } = market(venue, A);
    assert.match(stale, new RegExp(`^${type}: (${field}|price "0.45001")`));
    assert.equal(market(venue, B).stale, '', 'the other market is not concerned');
    assert.deepEqual([venue.engine.status().counters.badFrames, venue.engine.status().counters.gaps], [1, 0]);
    venue.run(500);
    assert.equal(venue.resting(A, BID).length + venue.resting(A, ASK).length, 0, 'nothing rests on what is not known');
  });
}

/** The book subscription's sid and the number its next frame has. */
function bookPlace(venue: BenchVenue): { readonly sid: number; readonly expected: number } {
  const { subscriptions } = venue.engine['feed'] as unknown as {
    readonly subscriptions: { readonly bookSid: number; of(sid: number): { readonly expected: number } };
  };
  return { sid: subscriptions.bookSid, expected: subscriptions.of(subscriptions.bookSid).expected };
}

for (const [type, body] of [
  ['fill', { ...FILL, count_fp: 1 }],
  ['fill', { ...FILL, market_ticker: 7 }],
  ['user_order', { ...ORDER, status: 7 }],
  ['order_group_updates', { event_type: 7, order_group_id: 'g' }],
] as const) {
  test(`a ${type} message that cannot be read: nothing is quoted before the account was compared`, () => {
    const venue = quoted();
    venue.faults.onOutcome = (request, outcome) => (request.op === 'getFills' ? null : outcome);
    hear(venue, { type, sid: 77, msg: body });
    assert.ok(venue.reported('feed_deaf'));
    venue.run(500);
    for (const ticker of [A, B]) assert.equal(venue.resting(ticker, BID).length, 0);
    venue.faults = {};
    venue.run(12_000);
    for (const ticker of [A, B]) assert.ok(venue.resting(ticker, BID).length > 0);
  });
}

test('a garbled frame may have been a fill: the account is compared', () => {
  const venue = quoted();
  venue.faults.onFrame = (text) => (/"type":"(fill|user_order)"/.test(text) ? text.slice(0, 40) : text);
  const fills = venue.requests.filter((r) => r.op === 'getFills').length;
  venue.trade(A, BID, '0.4000', 130);
  venue.run(1000);
  assert.ok(venue.requests.filter((r) => r.op === 'getFills').length > fills);
  assert.notEqual(venue.position(A), 0);
  assert.equal(market(venue, A).position, venue.position(A));
});

test('a change of a market that cannot be read: it is not quoted before its state was read', () => {
  const venue = quoted();
  venue.faults = { onOutcome: (request, outcome) => (request.op === 'getMarkets' ? null : outcome) };
  hear(venue, { type: 'market_lifecycle_v2', sid: 99, msg: { ...LIFE, event_type: 7 } });
  venue.run(3000);
  assert.equal(market(venue, A).stale, '', 'its book is true again');
  assert.equal(venue.resting(A, BID).length, 0);
  venue.faults = {};
  venue.run(12_000);
  assert.ok(venue.resting(A, BID).length > 0);
});

test('an error that cannot be read and answers nothing may have ended any subscription: new connection', () => {
  const venue = quoted();
  venue.faults = {};
  hear(venue, { type: 'error', sid: 3, msg: { code: '25', msg: 'x' } });
  assert.ok(venue.reported('feed_reconnect'));
  venue.run(3000);
  assert.ok(venue.resting(A, BID).length > 0);
});
