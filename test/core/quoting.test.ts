import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VenueRequest } from '../../engine/core/index.ts';
import { ASK, BID, type Count, type Money, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';

function quoted(overrides: Parameters<typeof testConfig>[1] = {}): BenchVenue {
  const venue = new BenchVenue(testConfig([T], overrides));
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  return venue;
}

function bodies(venue: BenchVenue, op: VenueRequest['op']): { orders: Record<string, unknown>[] }[] {
  return venue.requests
    .filter((r) => r.op === op)
    .map((r) => JSON.parse(r.body) as { orders: Record<string, unknown>[] });
}

test('quotes both sides, post-only, in an armed group, routed explicitly', () => {
  const venue = quoted();
  assert.ok(venue.resting(T, BID).length >= 1);
  assert.ok(venue.resting(T, ASK).length >= 1);
  const group = venue.engine.status().groups[0]!;
  assert.equal(group.life, 'armed');
  for (const { orders } of bodies(venue, 'createOrders')) {
    for (const o of orders) {
      assert.equal(o['post_only'], true);
      assert.equal(o['order_group_id'], group.id);
      assert.equal(o['exchange_index'], 0);
      assert.equal(o['cancel_order_on_pause'], true);
      assert.match(String(o['client_order_id']), /^hd-test01-[0-9a-z]+$/);
    }
  }
  const bid = Math.max(...venue.resting(T, BID).map((o) => o.price));
  const ask = Math.min(...venue.resting(T, ASK).map((o) => o.price));
  assert.ok(bid < ask);
});

test('moves its quotes when the book moves', () => {
  const venue = quoted();
  const before = Math.max(...venue.resting(T, BID).map((o) => o.price));
  venue.rest(T, BID, '0.5200', 500);
  venue.unrest(T, ASK, '0.5500', 100);
  venue.rest(T, ASK, '0.6000', 100);
  venue.run(3000);
  const after = Math.max(...venue.resting(T, BID).map((o) => o.price));
  assert.ok(after > before, `bid ${before} -> ${after}`);
});

test('a quiet book costs no write tokens', () => {
  const venue = quoted();
  const spent = venue.engine.status().writeSpent;
  venue.run(20_000);
  assert.equal(venue.engine.status().writeSpent, spent);
});

test('stopping leaves nothing resting, confirmed by the exchange, and deletes the group', () => {
  const venue = quoted();
  venue.stop();
  assert.deepEqual(venue.engine.stopResult?.clean, true);
  assert.equal(venue.resting(T, BID).length + venue.resting(T, ASK).length, 0);
  assert.ok(venue.requests.some((r) => r.op === 'triggerGroup' && r.method === 'PUT'));
  assert.equal(venue.exchange.groups.size, 0);
});

test('stopping without an exchange says that orders may still rest', () => {
  const venue = quoted();
  venue.faults.onRequest = () => ({ kind: 'unsent', reason: 'connection refused' });
  venue.stop();
  assert.equal(venue.engine.stopResult?.clean, false);
  assert.ok(venue.engine.stopResult!.resting > 0);
  assert.match(venue.engine.stopResult!.text, /connection refused/);
});

test('orders of an earlier session are cancelled before the first quote', () => {
  const venue = new BenchVenue(testConfig([T]));
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  const left = venue.exchange.create('user-1', {
    ticker: T,
    side: BID,
    price: 3000 as never,
    count: 500 as Count,
    timeInForce: 'good_till_canceled',
    selfTrade: 'taker_at_cross',
    clientOrderId: 'hd-earlier-1',
    postOnly: true,
    reduceOnly: false,
    cancelOnPause: true,
    groupId: '',
    expirationSeconds: 0,
  });
  venue.start();
  assert.equal(left.status, 'canceled');
  const cancel = venue.requests.findIndex((r) => r.op === 'cancelOrders' && r.body.includes(left.orderId));
  const create = venue.requests.findIndex((r) => r.op === 'createOrders');
  assert.ok(cancel >= 0 && create > cancel);
});

test('orders that are not ours are left alone', () => {
  const venue = new BenchVenue(testConfig([T]));
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  const theirs = venue.exchange.create('user-1', {
    ticker: T,
    side: BID,
    price: 1000 as never,
    count: 500 as Count,
    timeInForce: 'good_till_canceled',
    selfTrade: 'taker_at_cross',
    clientOrderId: 'manual-1',
    postOnly: true,
    reduceOnly: false,
    cancelOnPause: false,
    groupId: '',
    expirationSeconds: 0,
  });
  venue.start();
  venue.stop();
  assert.equal(theirs.status, 'resting');
  assert.equal(venue.engine.stopResult?.clean, true);
});

test('a one-sided book is not quoted', () => {
  const venue = quoted();
  venue.unrest(T, ASK, '0.5500', 100);
  venue.run(2000);
  assert.equal(venue.resting(T, BID).length + venue.resting(T, ASK).length, 0);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'book_one_sided');
});

test('quotes are pulled ahead of the scheduled close, though the exchange sends nothing', () => {
  const venue = new BenchVenue(testConfig([T]));
  venue.exchange.markets.get(T)!.listing.closeTime = (venue.timeUs + 150_000_000) as TimeUs;
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  assert.ok(venue.resting(T, BID).length > 0);
  venue.run(40_000);
  assert.equal(venue.resting(T, BID).length + venue.resting(T, ASK).length, 0);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'closing_soon');
});

test('pause pulls the quotes, resume brings them back', () => {
  const venue = quoted();
  venue.engine.onCommand('pause', venue.timeUs as TimeUs);
  venue.run(1000);
  assert.equal(venue.resting(T, BID).length, 0);
  venue.engine.onCommand('resume', venue.timeUs as TimeUs);
  venue.run(1000);
  assert.ok(venue.resting(T, BID).length > 0);
});

test('the position limit stops the side that would exceed it and keeps the other', () => {
  const venue = quoted({ risk: { ...testConfig([T]).risk, maxPosition: 1500 as Count } });
  const top = Math.max(...venue.resting(T, BID).map((o) => o.price));
  venue.trade(T, BID, (top / 10_000).toFixed(4), 10);
  venue.run(3000);
  const position = venue.position(T);
  assert.ok(position > 0);
  const open = venue.resting(T, BID).reduce((sum, o) => sum + o.count, 0);
  assert.ok(position + open <= 1500, `${position} + ${open}`);
  assert.ok(venue.resting(T, ASK).length > 0);
});

test('too little cash for the limits is said before the first order is refused', () => {
  const venue = new BenchVenue(testConfig([T]));
  venue.exchange.account('user-1').cash.set(0, 1_000_000 as Money);
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  assert.match(venue.reported('low_balance')!.text, /shard 0 holds \$1\.00 and the limits allow \$5000\.00/);
});
