import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome, StopResult } from '../../engine/core/index.ts';
import { ASK, BID, type Count } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const T = 'TST-A';

function opened(tickers: readonly string[] = [T]): BenchVenue {
  const venue = new BenchVenue(testConfig(tickers));
  for (const ticker of tickers) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  return venue;
}

function ended(venue: BenchVenue): StopResult | null {
  return venue.engine.stopResult;
}

function leftover(venue: BenchVenue, clientOrderId: string): void {
  venue.exchange.create(USER, {
    ticker: T,
    side: BID,
    price: 4700 as never,
    count: 1000 as Count,
    timeInForce: 'good_till_canceled',
    selfTrade: 'taker_at_cross',
    clientOrderId,
    postOnly: true,
    reduceOnly: false,
    cancelOnPause: true,
    groupId: '',
    expirationSeconds: 0,
  });
}

test('stopping while two hundred markets are still being read about is verified at once', () => {
  const venue = opened(Array.from({ length: 200 }, (_, i) => `TST-M${i}`));
  venue.linkUp();
  venue.run(1000);
  assert.equal(venue.engine.status().phase, 'starting');
  const began = venue.timeUs;
  venue.stop();
  assert.equal(ended(venue)?.clean, true, venue.engine.stopResult?.text);
  assert.ok(venue.timeUs - began < 3_000_000, `took ${(venue.timeUs - began) / 1e6} s`);
});

test('stopping at any moment of the start, every 10 ms of the first two seconds', () => {
  for (let atMs = 0; atMs <= 2000; atMs += 10) {
    const venue = opened();
    leftover(venue, 'hd-crashed-1');
    venue.linkUp();
    venue.run(atMs);
    venue.stop();
    assert.equal(ended(venue)?.clean, true, `stopped after ${atMs} ms: ${venue.engine.stopResult?.text}`);
    assert.equal(venue.exchange.restingOf(USER).length, 0, `stopped after ${atMs} ms: orders rest`);
    assert.equal(venue.refusals429, 0, `stopped after ${atMs} ms`);
  }
});

test('stopping before the first connection, with leftovers of a crashed session at the exchange', () => {
  const venue = opened();
  leftover(venue, 'hd-crashed-1');
  venue.stop();
  assert.equal(ended(venue)?.clean, true, venue.engine.stopResult?.text);
  assert.equal(venue.exchange.restingOf(USER).length, 0);
});

for (const [name, outcome] of [
  ['refused with 404', { kind: 'response', status: 404, body: '{"error":{"code":"not_found"}}' }],
  ['answered with 500', { kind: 'response', status: 500, body: 'upstream' }],
  ['refused with 401', { kind: 'response', status: 401, body: '{"error":{"code":"authentication_error"}}' }],
] as const) {
  test(`a group trigger ${name} is repeated calmly and never overdraws the bucket`, () => {
    const venue = opened();
    venue.start();
    venue.faults.onOutcome = (request, real) => (request.op === 'triggerGroup' ? outcome : real);
    venue.stop();
    const triggers = venue.requests.filter((r) => r.op === 'triggerGroup').length;
    assert.ok(triggers >= 1 && triggers <= 20, `${triggers} triggers`);
    assert.equal(venue.refusals429, 0);
    assert.equal(venue.exchange.restingOf(USER).length, 0);
  });
}

test('a create still under way when stopping begins cannot land after the all-clear', () => {
  const venue = opened();
  venue.start();
  // From now on creates crawl, and for two seconds triggers are lost: only the answer to one makes sure.
  const slow: (() => void)[] = [];
  let hearsAt = Number.POSITIVE_INFINITY;
  venue.faults.onRequest = (request): RequestOutcome | null => {
    const lost: RequestOutcome = { kind: 'unknown', reason: 'reset' };
    if (request.op === 'createOrders') {
      slow.push(() => venue.deliverLate(request));
      return lost;
    }
    return request.op === 'triggerGroup' && venue.timeUs < hearsAt ? lost : null;
  };
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.4200', 100);
  venue.run(300);
  assert.ok(slow.length > 0, 'a create is under way');
  hearsAt = venue.timeUs + 2_000_000;
  venue.stop();
  for (const land of slow) land();
  venue.run(200);
  assert.equal(venue.exchange.restingOf(USER).length, 0, 'nothing landed late');
  assert.equal(ended(venue)?.clean, true, 'and the trigger was repeated until it was confirmed');
});

for (const name of ['dead', 'hanging'] as const) {
  test(`stopping with the exchange ${name} ends at the deadline with what may rest`, () => {
    const venue = opened();
    venue.start();
    const live = venue.exchange.restingOf(USER).length;
    if (name === 'dead') venue.faults.onRequest = () => ({ kind: 'unsent', reason: 'ECONNREFUSED' });
    else venue.travelUs = () => 3_600_000_000;
    const began = venue.timeUs;
    const sent = venue.requests.length;
    venue.stop();
    const result = venue.engine.stopResult!;
    assert.deepEqual([result.clean, result.resting], [false, live]);
    assert.match(result.text, /could not verify within 15 s/);
    assert.ok(venue.timeUs - began < 16_000_000);
    assert.ok(venue.requests.length - sent < 200, `${venue.requests.length - sent} requests in 15 s`);
  });
}

test('the exchange comes back while stopping: what rests is pulled and verified', () => {
  const venue = opened();
  venue.start();
  venue.faults.onRequest = () => ({ kind: 'unsent', reason: 'ECONNREFUSED' });
  venue.linkDown();
  venue.engine.onCommand('stop', venue.timeUs as never);
  venue.run(4000);
  assert.equal(venue.engine.stopResult, null);
  venue.faults = {};
  venue.run(3000);
  assert.equal(ended(venue)?.clean, true);
  assert.equal(venue.exchange.restingOf(USER).length, 0);
});

test('fills that went past us just before a stop are read before the cash is judged', () => {
  const venue = opened();
  venue.start();
  venue.run(1000);
  venue.faults.onFrame = () => null;
  const best = Math.max(...venue.resting(T, BID).map((o) => o.price));
  venue.trade(T, BID, `0.${best}`, 5);
  assert.notEqual(venue.position(T), 0);
  venue.stop();
  assert.equal(ended(venue)?.clean, true);
  assert.equal(venue.engine.status().markets[0]!.position, venue.position(T));
  assert.equal(venue.reported('cash_mismatch'), undefined);
});
