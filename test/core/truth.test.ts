import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome } from '../../engine/core/index.ts';
import { ASK, BID, type Count, type Money, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

const T = 'TST-A';

function quoted(overrides: Parameters<typeof testConfig>[1] = {}, tickers: readonly string[] = [T]): BenchVenue {
  const venue = new BenchVenue(testConfig(tickers, overrides));
  for (const ticker of tickers) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.start();
  for (const ticker of tickers) assert.ok(venue.resting(ticker, BID).length > 0, `${ticker} is quoted`);
  return venue;
}

function ours(venue: BenchVenue, ticker = T): number {
  return venue.resting(ticker, BID).length + venue.resting(ticker, ASK).length;
}

/** Somebody sells into our best bid, `contracts` at most. */
function hitOurBid(venue: BenchVenue, contracts: number): void {
  const bids = venue.resting(T, BID);
  if (bids.length === 0) return;
  const top = Math.max(...bids.map((o) => o.price));
  venue.trade(T, BID, (top / 10_000).toFixed(4), contracts);
}

test('fills whose messages are late still count against the position limit', () => {
  const limit = 2500 as Count;
  const base = testConfig([T]);
  const venue = quoted({ risk: { ...base.risk, maxPosition: limit }, groupLimit: 10_000_000 as Count });
  venue.faults.onFrame = (text) => (text.includes('"type":"fill"') ? null : text);
  for (let n = 0; n < 60; n++) {
    hitOurBid(venue, 30);
    venue.run(30);
    const open = venue.resting(T, BID).reduce((sum, o) => sum + o.count, 0);
    const most = venue.position(T) + open;
    assert.ok(most <= limit, `step ${n}: ${most / 100} contracts held and bid for, limit ${limit / 100}`);
  }
});

test('a fill read before its order is known by the exchange id is counted to the order once it is', () => {
  const venue = quoted();
  // The next create is accepted, its answer lost, nothing private is heard, and it fills at once.
  let lost = 0;
  venue.faults.onFrame = (text) => (/"type":"(fill|user_order)"/.test(text) ? null : text);
  venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'createOrders' || lost > 0) return outcome;
    lost++;
    venue.trade(T, BID, '0.0100', 400);
    venue.linkDown();
    venue.linkUp();
    // The read that resolves the order comes after the comparison that reads its fills.
    return null;
  };
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.4300', 100);
  venue.run(20_000);
  assert.equal(lost, 1);
  venue.faults = {};
  venue.run(20_000);
  const before = venue.requests.filter((r) => r.op === 'getFills').length;
  venue.run(20_000);
  const reads = venue.requests.filter((r) => r.op === 'getFills').length - before;
  assert.ok(reads <= 2, `${reads} reads of fills in 20 quiet seconds`);
  assert.equal(venue.engine.status().markets[0]!.position, venue.position(T));
});

test('fills that never add up are given up after a while and reported, not fetched for ever', () => {
  const venue = quoted();
  // The exchange claims more filled than it has fills for.
  let told = 0;
  venue.faults.onFrame = (text) => {
    if (told === 0 && text.includes('"type":"user_order"') && text.includes('"status":"canceled"')) {
      told++;
      return text.replace('"fill_count_fp":"0.00"', '"fill_count_fp":"3.00"');
    }
    return text;
  };
  venue.unrest(T, BID, '0.4500', 100);
  venue.rest(T, BID, '0.4000', 100);
  venue.run(120_000);
  assert.equal(told, 1);
  const before = venue.requests.filter((r) => r.query.startsWith('order_id=')).length;
  venue.run(60_000);
  assert.equal(venue.requests.filter((r) => r.query.startsWith('order_id=')).length - before, 0);
  assert.ok(venue.reported('fills_missing'));
});

test('the reads of a comparison do not grow with the length of the session', () => {
  const venue = quoted();
  const since = (): number => {
    const read = venue.requests.findLast((r) => r.op === 'getFills' && r.query.startsWith('min_ts='))!;
    return Number(/min_ts=(\d+)/.exec(read.query)![1]);
  };
  const first = since();
  venue.run(600_000);
  assert.ok(since() > first + 400, `fills are read from ${since() - first} s after the start on`);
});

test('a leftover of a crashed session that fills while the new one starts: the position is right', () => {
  for (const atMs of [0, 5, 10, 15, 20, 30, 40, 60, 100, 200, 500]) {
    const venue = new BenchVenue(testConfig([T]));
    venue.rest(T, BID, '0.4500', 100);
    venue.rest(T, ASK, '0.5500', 100);
    venue.exchange.create(USER, {
      ticker: T,
      side: BID,
      price: 4700 as never,
      count: 1000 as Count,
      timeInForce: 'good_till_canceled',
      selfTrade: 'taker_at_cross',
      clientOrderId: 'hd-old-1',
      postOnly: true,
      reduceOnly: false,
      cancelOnPause: true,
      groupId: '',
      expirationSeconds: 0,
    });
    venue.latencyUs = 10_000;
    // The private channel lags behind the reads, as it may.
    venue.linkUp();
    let filled = false;
    venue.faults.onRequest = (request) => {
      // Right after the fills were read and before the positions are.
      if (request.op === 'getPositions' && !filled && atMs === 0) {
        filled = true;
        venue.trade(T, BID, '0.4700', 4);
      }
      return null;
    };
    if (atMs > 0) {
      venue.run(atMs);
      venue.trade(T, BID, '0.4700', 4);
    }
    venue.run(6000);
    const status = venue.engine.status();
    assert.deepEqual(status.halts, [], `filled after ${atMs} ms`);
    assert.equal(status.markets[0]!.position, venue.position(T), `filled after ${atMs} ms`);
  }
});

test('an order of a killed session that has filled in part is taken over: fetching its fills does not put off the start', () => {
  const base = testConfig([T], { leftovers: 'adopt' });
  const venue = new BenchVenue({ ...base, timing: { ...base.timing, missingFillMs: 100, retryMs: 200 } });
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.exchange.create(USER, {
    ticker: T,
    side: BID,
    price: 4700 as never,
    count: 1000 as Count,
    timeInForce: 'good_till_canceled',
    selfTrade: 'taker_at_cross',
    clientOrderId: 'hd-old-1',
    postOnly: true,
    reduceOnly: false,
    cancelOnPause: true,
    groupId: '',
    expirationSeconds: 0,
  });
  venue.latencyUs = 60_000;
  venue.linkUp();
  for (let n = 0; n < 40; n++) {
    venue.run(50);
    // Its message tells of the fill, and the fill's own goes past us.
    if (venue.reported('order_adopted') !== undefined && venue.position(T) === 0) {
      venue.faults.onFrame = (text) => (/"type":"fill"/.test(text) ? null : text);
      venue.trade(T, BID, '0.4700', 4);
    }
  }
  venue.run(6000);
  const status = venue.engine.status();
  assert.deepEqual([status.phase, status.halts], ['running', []]);
  assert.deepEqual([status.markets[0]!.position, venue.position(T)], [400, 400]);
});

test('a balance that was told while orders still rested is not where the session starts from', () => {
  const venue = new BenchVenue(testConfig([T]));
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  let told: RequestOutcome | null = null;
  venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'getBalance') return outcome;
    // The first reading with orders lags so far behind that they are gone when it comes.
    if (told === null) {
      told = outcome;
      venue.engine.onCommand('pause', venue.timeUs as TimeUs);
      return null;
    }
    const late = told;
    venue.faults = {};
    return late;
  };
  venue.run(60_000);
  assert.deepEqual([told !== null, venue.exchange.restingOf(USER).length], [true, 0]);
  venue.engine.onCommand('resume', venue.timeUs as TimeUs);
  venue.run(1000);
  venue.trade(T, BID, '0.4000', 120);
  assert.notEqual(venue.position(T), 0);
  venue.run(120_000);
  assert.deepEqual([venue.reported('cash_mismatch'), venue.engine.status().halts], [undefined, []]);
});

test('a market that is determined settles; the others go on', () => {
  const venue = quoted({}, [T, 'TST-B']);
  hitOurBid(venue, 5);
  venue.run(500);
  assert.equal(venue.engine.status().markets[0]!.position, 500);
  venue.lifecycle(T, 'determined', { result: 'yes', settlement_value: '1.0000' });
  // The exchange shows the position until it pays out.
  venue.run(90_000);
  assert.deepEqual(venue.engine.status().halts, []);
  assert.ok(ours(venue, 'TST-B') > 0);
});

test('a market whose grid changes goes quiet alone: the feed is not torn down for it', () => {
  const venue = quoted({}, [T, 'TST-B']);
  venue.lifecycle(T, 'price_level_structure_updated', { price_level_structure: 'deci_cent' });
  venue.run(100);
  // The first order on the new grid.
  const text = (seq: number): string =>
    JSON.stringify({
      type: 'orderbook_delta',
      sid: 5,
      seq,
      msg: { market_ticker: T, market_id: 'x', price_dollars: '0.4555', delta_fp: '5.00', side: 'yes' },
    });
  let sent = false;
  venue.faults.onFrame = (frame) => {
    const o = JSON.parse(frame) as { type: string; sid: number; seq: number; msg: { market_ticker?: string } };
    if (o.type === 'orderbook_snapshot' && o.msg.market_ticker === T) {
      return frame.replace('"0.4500"', '"0.4555"');
    }
    if (!sent && o.type === 'orderbook_delta' && o.msg.market_ticker === T) {
      sent = true;
      return text(o.seq).replace('"sid":5', `"sid":${o.sid}`);
    }
    return frame;
  };
  venue.rest(T, BID, '0.4400', 5);
  venue.run(60_000);
  assert.ok(sent);
  assert.equal(venue.log.filter((line) => line.startsWith('reconnect')).length, 0);
  assert.equal(ours(venue), 0);
  assert.ok(ours(venue, 'TST-B') > 0);
});

test('a market whose book is stale does not switch the loss limit off', () => {
  const venue = quoted({ maxSessionLoss: 500_000 as Money }, [T, 'TST-B']);
  hitOurBid(venue, 10);
  venue.run(100);
  // The other market's snapshots never come again.
  venue.faults.onFrame = (text) => (text.includes('TST-B') && text.includes('orderbook') ? null : text);
  venue.rest('TST-B', BID, '0.4400', 5);
  venue.rest(T, BID, '0.4400', 5);
  venue.run(300);
  venue.unrest(T, BID, '0.4500', 100);
  venue.unrest(T, BID, '0.4400', 5);
  venue.rest(T, BID, '0.2000', 100);
  venue.run(6000);
  assert.equal(venue.engine.status().halts[0]?.code, 'session_loss');
});

test('a group deleted by somebody else halts quoting and says so', () => {
  const venue = quoted();
  const group = [...venue.exchange.groups.values()][0]!;
  venue.exchange.groups.delete(group.groupId);
  for (const l of venue.exchange.listeners) l.group(group, 'deleted');
  venue.exchange.desk.cancelOrders(group.groupId);
  venue.run(1000);
  const halt = venue.engine.status().halts[0];
  assert.equal(halt?.code, 'group_triggered');
  assert.match(halt?.cause ?? '', /deleted/);
});

test('a private channel that the exchange ends: quotes stop until everything was compared', () => {
  const venue = quoted();
  let reads = venue.requests.filter((r) => r.op === 'getPositions').length;
  const sid = 1;
  const error = { type: 'error', id: 0, sid, msg: { code: 25, msg: 'Subscription buffer overflow' } };
  const before = venue.requests.length;
  venue.engine.onFrame(Buffer.from(JSON.stringify(error)), venue.timeUs as TimeUs);
  assert.equal(venue.engine.status().reconciled, false);
  venue.run(15_000);
  const ops = venue.requests.slice(before).map((r) => r.op);
  assert.ok(ops.includes('cancelOrders') && ops.includes('createOrders'), ops.join());
  assert.ok(ops.indexOf('cancelOrders') < ops.indexOf('getPositions'), 'pulled before anything is compared');
  assert.ok(ops.indexOf('getPositions') < ops.indexOf('createOrders'), 'nothing new before the comparison is through');
  reads = venue.requests.filter((r) => r.op === 'getPositions').length - reads;
  assert.ok(reads > 0, 'compared again');
  assert.ok(ours(venue) > 0, 'and quoting');
});

test('a 408 from something in between proves nothing: the orders are in doubt', () => {
  const venue = new BenchVenue(testConfig([T]));
  let lost = 0;
  venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'createOrders' || lost > 0) return outcome;
    lost++;
    return { kind: 'response', status: 408, body: '<html>Request Timeout</html>' };
  };
  venue.faults.onFrame = (text) => (text.includes('"user_order"') ? null : text);
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.start();
  venue.run(8000);
  assert.equal(lost, 1);
  assert.ok(venue.reported('order_unknown'));
  for (const side of [BID, ASK] as const) {
    const total = venue.resting(T, side).reduce((sum, o) => sum + o.count, 0);
    assert.ok(total <= 2300, `side ${side} has ${total}`);
  }
});

test('a fee multiplier out of this world is a complaint, not a crash', () => {
  const venue = new BenchVenue(testConfig([T]));
  venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'getSeries' || outcome.kind !== 'response') return outcome;
    return { ...outcome, body: outcome.body.replace(/"fee_multiplier":[^,}]+/, '"fee_multiplier":0.0000001') };
  };
  venue.rest(T, BID, '0.4500', 100);
  venue.rest(T, ASK, '0.5500', 100);
  venue.linkUp();
  venue.run(3000);
  assert.equal(ours(venue), 0);
  assert.match(venue.reported('setup_retry')?.text ?? '', /fee multiplier/);
});

test('a position read that a fill overtakes, again and again by the same count, is no mismatch', () => {
  const venue = quoted({ groupLimit: 10_000_000 as Count });
  let overtaken = 0;
  venue.faults.onOutcome = (request, outcome) => {
    if (request.op === 'getPositions' && overtaken < 6) {
      overtaken++;
      // The exchange has read the position; the fill's message is faster than the answer.
      hitOurBid(venue, 1);
    }
    return outcome;
  };
  venue.run(150_000);
  assert.equal(overtaken, 6);
  assert.deepEqual(venue.engine.status().halts, []);
  venue.exchange.account(USER).holding(T).position = 9000 as Count;
  venue.run(60_000);
  assert.equal(venue.engine.status().halts[0]?.code, 'position_mismatch', 'a true one is still found');
});
