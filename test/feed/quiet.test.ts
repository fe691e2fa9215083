import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';
import { A, B } from '../support/socket-bench.ts';
import { ALWAYS, DELTA, of, SNAPSHOT, scenario, tick } from './scenario.ts';

const book = (method: string, path: string): boolean => method === 'GET' && path.includes(`/markets/${A}/orderbook`);

scenario('a quiet market is found to be quiet, and quoted on', { quietCheckMs: 100 }, async (bench) => {
  const [cancels, checks] = [bench.count('cancelOrders'), bench.engine.status().counters.quietChecks];
  await bench.until('checked', () => bench.engine.status().counters.quietChecks >= checks + 4);
  assert.equal(bench.count('cancelOrders'), cancels);
  assert.equal(bench.engine.status().counters.deadFeeds, 0);
  assert.ok(bench.count('getBook') >= 4);
});

scenario('a market whose feed is dead is found out, with both tops', { quietCheckMs: 100 }, async (bench) => {
  const dead = bench.proxy.down(of(DELTA, A), 'drop', ALWAYS);
  bench.rest(A, ASK, '0.5300', 40);
  bench.rest(A, BID, '0.4600', 70);
  await bench.until('found out', () => bench.reported('feed_dead').length > 0);
  assert.match(bench.reported('feed_dead')[0]!.text, /^TST-A: no frame for \d+ ms, while the exchange's book/);
  const { ours, exchange, difference } = bench.reported('feed_dead')[0]!.data!;
  assert.match(`${ours} | ${exchange}`, /^\d+@\d+ \/ \d+@\d+ \| \d+@\d+ \/ \d+@\d+$/);
  assert.match(String(difference), /^(bid at 46|ask at 53): exchange \d+, ours \d+$/);
  dead.off();
  await bench.quoted();
  assert.equal(bench.proxy.accepted, 1);
});

scenario('a feed that dies again and again leads to a new connection', { quietCheckMs: 100 }, async (bench) => {
  const first = (): boolean => bench.proxy.accepted === 1;
  // As if the exchange had lost this market alone: its deltas are gone without leaving a gap.
  bench.proxy.down((f) => first() && of(DELTA, A)(f), { as: (text) => text.replace(A, 'TST-X') }, ALWAYS);
  const stale = bench.proxy.seen.find(of(SNAPSHOT, A))!;
  const body = stale.text.slice(stale.text.indexOf('"msg"'));
  const lie = (text: string): string => text.slice(0, text.indexOf('"msg"')) + body;
  bench.proxy.down((f) => first() && of(SNAPSHOT, A)(f), { as: lie }, ALWAYS);
  bench.rest(A, ASK, '0.5300', 40);
  await bench.until('reconnected', () => bench.proxy.accepted > 1);
  const steps = bench.reports.map((r) => r.code).filter((c) => c.startsWith('feed_re'));
  assert.deepEqual(steps, ['feed_resubscribe', 'feed_reconnect']);
  assert.ok(bench.reported('feed_dead').length >= 3);
});

scenario('a read that lags is not a dead feed', { quietCheckMs: 100 }, async (bench) => {
  const cancels = bench.count('cancelOrders');
  const lagging = bench.proxy.rest(book, (body) => ({ status: 200, body: body.replace('"100.00"', '"90.00"') }));
  await bench.until('asked', () => lagging.hits === 1);
  const reads = bench.count('getBook');
  await bench.until('asked again', () => bench.count('getBook') > reads + 2);
  assert.equal(bench.engine.status().counters.deadFeeds, 0);
  assert.equal(bench.count('cancelOrders'), cancels);
});

scenario('a change between two reads explains their difference', { quietCheckMs: 100 }, async (bench) => {
  let answers = 0;
  const lie = bench.proxy.rest(
    book,
    (body) => {
      answers++;
      tick(bench, A);
      return { status: 200, body: body.replace('"100.00"', '"90.00"') };
    },
    4,
  );
  await bench.until('asked', () => lie.left === 0);
  await bench.until('quiet at last', () => bench.isTrue(A) && bench.engine.status().counters.quietChecks > 2);
  assert.equal(answers, 4);
  assert.equal(bench.engine.status().counters.deadFeeds, 0);
});

test('a change during the second read explains the difference', () => {
  for (const how of ['change', 'gap'] as const) {
    const config = testConfig([A, B]);
    const venue = new BenchVenue({ ...config, timing: { ...config.timing, quietCheckMs: 2000 } });
    for (const ticker of [A, B]) {
      venue.rest(ticker, BID, '0.4500', 100);
      venue.rest(ticker, ASK, '0.5500', 100);
    }
    venue.start();
    let [reads, lost] = [0, 0];
    venue.faults.onOutcome = (request, outcome) => {
      if (request.op !== 'getBook' || !request.path.includes(A) || outcome.kind !== 'response') return outcome;
      if (++reads > 2) return outcome;
      // On its way before the answer is: a frame of the market, or one that shows that frames are missing.
      if (reads === 2 && how === 'change') venue.rest(A, BID, '0.2000', 3);
      else if (reads === 2) for (const price of ['0.2000', '0.2100']) venue.rest(B, BID, price, 3);
      return { ...outcome, body: outcome.body.replace('"100.00"', '"90.00"') };
    };
    venue.faults.onFrame = (text) =>
      text.includes('"delta_fp":"3.00"') && how === 'gap' && lost++ === 0 ? null : text;
    venue.run(10_000);
    const { counters, markets } = venue.engine.status();
    assert.ok(reads > 2);
    assert.deepEqual([counters.deadFeeds, counters.gaps, markets[0]!.stale], [0, how === 'gap' ? 1 : 0, ''], how);
  }
});

scenario('a book that cannot be read proves nothing', { quietCheckMs: 100 }, async (bench) => {
  const answers = [
    '{"orderbook_fp":{}}',
    '<html>',
    '{}',
    '{"orderbook_fp":{"yes_dollars":[["x","1.00"]],"no_dollars":[]}}',
  ];
  const broken = bench.proxy.rest(book, () => ({ status: 200, body: answers[broken.left]! }), 4);
  const refused = bench.proxy.rest(book, () => ({ status: 503, body: '' }), 2);
  await bench.until('asked', () => broken.left === 0 && refused.left === 0);
  assert.equal(bench.engine.status().counters.deadFeeds, 0);
});

scenario('a fill whose delta does not come has the book compared at once', {}, async (bench) => {
  // A delta of a moment ago would do as the fill's.
  await bench.inputs(20);
  const dead = bench.proxy.down(of(DELTA, A), 'drop', ALWAYS);
  bench.trade(A, BID, 2);
  await bench.until('found out', () => bench.reported('feed_dead').length > 0);
  dead.off();
  await bench.quoted();
  assert.equal(bench.market(A).position, 200);
});

scenario('a frozen connection is dropped for want of pings', {}, async (bench) => {
  bench.proxy.freeze();
  tick(bench, A);
  await bench.until('dropped', () => bench.reported('link_down').length > 0);
  assert.match(bench.reported('link_down')[0]!.text, /no sign of life/);
  await bench.until('pulled', () => bench.emptyWhileStale > 0 || bench.proxy.accepted > 1);
});

scenario('a connection that is cut and refused: nothing rests until books are true again', {}, async (bench) => {
  bench.proxy.refuseWith = 503;
  bench.proxy.kill();
  await bench.until('refused and pulled', () => bench.proxy.refused > 2 && bench.emptyWhileStale > 0);
  assert.equal(bench.resting(A).length + bench.resting(B).length, 0);
  bench.rest(A, ASK, '0.5300', 40);
  bench.proxy.refuseWith = 0;
});
