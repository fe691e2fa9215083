import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome, VenueRequest } from '../../engine/core/index.ts';
import { ASK, BID, type Count, type Money, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const T = 'TST-A';

function quoted(overrides: Parameters<typeof testConfig>[1] = {}): BenchVenue {
  const venue = new BenchVenue(testConfig([T], overrides));
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  assert.ok(venue.resting(T, BID).length > 0 && venue.resting(T, ASK).length > 0, 'quotes before the disaster');
  return venue;
}

function ours(venue: BenchVenue): number {
  return venue.resting(T, BID).length + venue.resting(T, ASK).length;
}

/** Our best bid as dollars text. */
function topBid(venue: BenchVenue): string {
  return (Math.max(...venue.resting(T, BID).map((o) => o.price)) / 10_000).toFixed(4);
}

function bookTop(venue: BenchVenue): string {
  const { bid, ask } = venue.engine.status().markets[0]!;
  return `${bid.bookCount}@${bid.bookPrice} ${ask.bookPrice}x${ask.bookCount}`;
}

test('a lost delta: books go stale, quotes stop, a snapshot brings the truth back', () => {
  const venue = quoted();
  let lost = 0;
  venue.faults.onFrame = (text) => {
    if (lost === 0 && text.includes('"orderbook_delta"')) {
      lost++;
      return null;
    }
    return text.includes('orderbook_snapshot') ? null : text;
  };
  venue.rest(T, BID, '0.4400', 7);
  venue.rest(T, BID, '0.4300', 7);
  venue.run(1500);
  assert.equal(lost, 1);
  assert.ok(venue.reported('feed_gap'));
  assert.equal(ours(venue), 0);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'book_stale');
  venue.faults = {};
  venue.run(10_000);
  assert.ok(ours(venue) > 0);
  assert.equal(venue.engine.status().markets[0]!.stale, '');
});

test('a lost delta with a prompt snapshot is mended without resubscribing', () => {
  const venue = quoted();
  let lost = 0;
  venue.faults.onFrame = (text) => (lost++ === 0 ? null : text);
  venue.rest(T, BID, '0.4400', 7);
  venue.rest(T, BID, '0.4300', 7);
  venue.run(500);
  assert.equal(venue.engine.status().recoveries, 0);
  assert.ok(venue.log.some((line) => line.includes('get_snapshot')));
  assert.ok(ours(venue) > 0);
});

test('snapshots that never come lead to a resubscription and then to a new connection', () => {
  const venue = quoted();
  venue.faults.onFrame = (text) => (text.includes('orderbook') ? null : text);
  venue.rest(T, BID, '0.4400', 7);
  venue.faults.onFrame = (text) => (text.includes('orderbook_snapshot') ? null : text);
  venue.rest(T, BID, '0.4300', 7);
  venue.run(9000);
  assert.ok(venue.reported('feed_resubscribe'));
  assert.ok(venue.reported('feed_reconnect'));
  assert.equal(ours(venue), 0);
  venue.faults = {};
  venue.run(15_000);
  assert.ok(ours(venue) > 0);
});

test('a duplicated delta changes nothing', () => {
  const venue = quoted();
  let last = '';
  venue.faults.onFrame = (text) => {
    if (text.includes('"orderbook_delta"')) last = text;
    return text;
  };
  venue.rest(T, BID, '0.4500', 11);
  venue.run(100);
  const before = bookTop(venue);
  venue.engine.onFrame(Buffer.from(last), venue.timeUs as TimeUs);
  venue.run(100);
  assert.equal(bookTop(venue), before);
  assert.equal(venue.engine.status().counters.duplicates, 1);
});

test('a frame of garbage: counted, reported, nothing lost', () => {
  const venue = quoted();
  const before = bookTop(venue);
  for (const bytes of [
    Buffer.from('{"type":'),
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from('[]'),
    Buffer.from('null'),
  ]) {
    venue.engine.onFrame(bytes, venue.timeUs as TimeUs);
  }
  venue.run(100);
  assert.equal(venue.engine.status().counters.badFrames, 4);
  assert.equal(
    venue.log.filter((line) => line.includes('get_snapshot')).length,
    1,
    'one look at the numbers is enough',
  );
  assert.equal(bookTop(venue), before);
  assert.ok(ours(venue) > 0);
});

test('a delta with a mistyped field makes its market stale instead of being guessed at', () => {
  const venue = quoted();
  venue.faults.onFrame = (text) =>
    text.includes('orderbook_snapshot') ? null : text.replace('"delta_fp":"7.00"', '"delta_fp":7');
  venue.rest(T, BID, '0.4400', 7);
  venue.run(1000);
  assert.match(venue.engine.status().markets[0]!.stale, /delta_fp/);
  assert.equal(ours(venue), 0);
});

function loseFirst(
  op: VenueRequest['op'],
  outcome: RequestOutcome | null,
): { faults: NonNullable<BenchVenue['faults']['onOutcome']>; lost: () => number } {
  let lost = 0;
  return {
    lost: () => lost,
    faults: (request, real) => {
      if (request.op !== op || lost > 0) return real;
      lost++;
      return outcome;
    },
  };
}

for (const [name, outcome] of [
  ['a timeout', null],
  ['a 503', { kind: 'response', status: 503, body: '{"error":{"code":"service_unavailable"}}' }],
  ['a broken connection', { kind: 'unknown', reason: 'socket hang up' }],
  ['a 201 with a body cut short', { kind: 'response', status: 201, body: '{"orders":[{"order_id"' }],
] as const) {
  test(`${name} after the exchange accepted the create: blocked, found by client id, never doubled`, () => {
    const venue = new BenchVenue(testConfig([T]));
    const fault = loseFirst('createOrders', outcome);
    venue.faults.onOutcome = fault.faults;
    // The private channel is silent too, so that only the read can tell.
    venue.faults.onFrame = (text) => (text.includes('"user_order"') ? null : text);
    venue.rest(T, BID, '0.4500', 100);
    venue.rest(T, ASK, '0.5500', 100);
    venue.start();
    venue.run(8000);
    assert.equal(fault.lost(), 1);
    assert.ok(venue.reported('order_unknown'));
    assert.ok(venue.reported('order_resolved'));
    assert.equal(venue.engine.status().unknownOrders, 0);
    const ids = venue.exchange.restingOf('user-1').map((o) => o.clientOrderId);
    assert.equal(new Set(ids).size, ids.length);
    for (const side of [BID, ASK] as const) {
      const total = venue.resting(T, side).reduce((sum, o) => sum + o.count, 0);
      assert.ok(total <= 2300, `side ${side} has ${total}`);
    }
  });
}

test('a create that was lost on the way: the side stays blocked until its absence is proved', () => {
  const venue = new BenchVenue(testConfig([T]));
  let lost = 0;
  const until = venue.timeUs + 3_000_000;
  venue.faults.onRequest = (request) => {
    if (request.op !== 'createOrders' || venue.timeUs > until) return null;
    lost++;
    return { kind: 'unknown', reason: 'reset' };
  };
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  venue.run(5000);
  assert.ok(lost > 0);
  assert.equal(ours(venue), 0);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'order_unknown');
  venue.run(10_000);
  assert.ok(venue.reported('order_absent'));
  assert.ok(ours(venue) > 0);
});

test('a cancel whose answer is lost is asked about, not assumed', () => {
  const venue = quoted();
  const fault = loseFirst('cancelOrders', null);
  venue.faults.onOutcome = fault.faults;
  venue.faults.onFrame = (text) => (text.includes('"user_order"') ? null : text);
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.4000', 100);
  venue.run(15_000);
  assert.equal(fault.lost(), 1);
  assert.equal(venue.engine.status().unknownOrders, 0);
  const known = venue.engine.status().liveOrders;
  assert.equal(known, ours(venue));
});

test('a fill that beats the cancel: 404, resolved, position right', () => {
  const venue = quoted();
  const price = topBid(venue);
  let raced = false;
  venue.faults.onRequest = (request) => {
    if (request.op === 'cancelOrders' && !raced) {
      raced = true;
      venue.trade(T, BID, price, 10);
    }
    return null;
  };
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.3500', 100);
  venue.run(8000);
  assert.ok(raced);
  assert.ok(venue.position(T) > 0);
  assert.equal(venue.engine.status().markets[0]!.position, venue.position(T));
  assert.equal(venue.engine.status().unknownOrders, 0);
});

test('fill messages that never arrive are fetched, once', () => {
  const venue = quoted();
  venue.faults.onFrame = (text) => (text.includes('"type":"fill"') ? null : text);
  venue.trade(T, BID, topBid(venue), 6);
  venue.run(5000);
  assert.equal(venue.position(T), 600);
  assert.equal(venue.engine.status().markets[0]!.position, 600);
  venue.run(40_000);
  assert.equal(venue.engine.status().markets[0]!.position, venue.position(T));
  assert.equal(venue.engine.status().halts.length, 0);
});

test('the same fill told twice is booked once', () => {
  const venue = quoted();
  let fill = '';
  venue.faults.onFrame = (text) => {
    if (text.includes('"type":"fill"')) fill = text;
    return text;
  };
  venue.trade(T, BID, topBid(venue), 4);
  venue.run(100);
  venue.engine.onFrame(Buffer.from(fill), venue.timeUs as TimeUs);
  venue.run(100);
  assert.equal(venue.engine.status().markets[0]!.position, 400);
});

test('the feed connection is lost: quotes are pulled, and come back only after a comparison', () => {
  const venue = quoted();
  venue.linkDown();
  venue.run(2000);
  assert.equal(ours(venue), 0);
  assert.equal(venue.engine.status().markets[0]!.bid.reason, 'link_down');
  const reads = venue.requests.filter((r) => r.op === 'getPositions').length;
  venue.linkUp();
  venue.run(3000);
  assert.ok(ours(venue) > 0);
  assert.ok(venue.requests.filter((r) => r.op === 'getPositions').length > reads);
});

test('too much fills in 15 seconds: the group triggers, quoting halts with the numbers, nothing resets it', () => {
  const venue = quoted({ groupLimit: 1500 as Count });
  venue.trade(T, BID, topBid(venue), 8);
  venue.run(300);
  venue.trade(T, BID, topBid(venue), 8);
  venue.run(2000);
  const halt = venue.engine.status().halts[0]!;
  assert.equal(halt.code, 'group_triggered');
  assert.match(halt.cause, /16 contracts filled in the last 15 s, limit 15/);
  assert.equal(ours(venue), 0);
  venue.run(60_000);
  assert.equal(ours(venue), 0);
  assert.ok(!venue.requests.some((r) => r.path.endsWith('/reset')));
});

test('a triggered group whose message was lost is learnt from the first refused create', () => {
  const venue = quoted();
  venue.faults.onFrame = (text) => (text.includes('order_group_updates') ? null : text);
  const group = [...venue.exchange.groups.values()][0]!;
  venue.exchange.desk.trigger(group);
  venue.run(3000);
  assert.equal(venue.engine.status().halts[0]?.code, 'group_triggered');
  assert.equal(ours(venue), 0);
});

test('positions that disagree twice halt quoting with both numbers', () => {
  const venue = quoted();
  venue.exchange.account('user-1').holding(T).position = 700 as Count;
  venue.run(45_000);
  const halt = venue.engine.status().halts.find((h) => h.code === 'position_mismatch')!;
  assert.match(halt.cause, /the exchange says 7 contracts, our fills say 0/);
  assert.equal(ours(venue), 0);
});

test('a key that is refused halts at once', () => {
  const venue = new BenchVenue(testConfig([T]));
  venue.faults.onRequest = (request) =>
    request.op === 'getLimits'
      ? {
          kind: 'response',
          status: 401,
          body: '{"error":{"code":"authentication_error","message":"authentication_error","details":"NOT_FOUND"}}',
        }
      : null;
  venue.linkUp();
  venue.run(1000);
  assert.equal(venue.engine.status().halts[0]?.code, 'auth_refused');
});

test('the session loss limit halts quoting', () => {
  const venue = quoted({ maxSessionLoss: 500_000 as Money });
  venue.trade(T, BID, topBid(venue), 10);
  venue.run(100);
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.2000', 100);
  venue.run(3000);
  assert.equal(venue.engine.status().halts[0]?.code, 'session_loss');
  assert.equal(ours(venue), 0);
});

test('the exchange goes away under resting quotes: cancels are retried calmly and land when it is back', () => {
  const venue = quoted();
  const before = venue.requests.length;
  venue.faults.onRequest = () => ({ kind: 'unsent', reason: 'ECONNREFUSED' });
  venue.linkDown();
  venue.run(5000);
  assert.ok(ours(venue) > 0, 'the exchange still has them');
  assert.ok(venue.requests.length - before < 100, `${venue.requests.length - before} requests in 5 s`);
  venue.faults = {};
  venue.run(3000);
  assert.equal(ours(venue), 0);
});
