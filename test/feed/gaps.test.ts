import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';
import { A, B } from '../support/socket-bench.ts';
import { ALWAYS, asksSnapshot, DELTA, first, of, SNAPSHOT, scenario, tick } from './scenario.ts';

scenario('a lost delta is made good by a snapshot', {}, async (bench) => {
  const lost = bench.proxy.down(of(DELTA, A), 'drop');
  tick(bench, A);
  tick(bench, B);
  await bench.until('gap', () => bench.reported('feed_gap').length > 0);
  await bench.quoted();
  assert.equal(lost.hits, 1);
  assert.ok(bench.sent('get_snapshot') > 0);
  assert.equal(bench.engine.status().recoveries, 0);
});

scenario('snapshots that do not come lead to a new subscription', { snapshotTimeoutMs: 100 }, async (bench) => {
  const sid = bench.proxy.sidOf(DELTA);
  const unheard = bench.proxy.up(asksSnapshot, 'drop', ALWAYS);
  bench.proxy.down(of(DELTA, A), 'drop');
  tick(bench, A);
  tick(bench, B);
  await bench.until('resubscribed', () => bench.reported('feed_resubscribe').length > 0);
  unheard.off();
  await bench.quoted();
  assert.ok(unheard.hits > 0 && bench.emptyWhileStale > 0);
  assert.notEqual(bench.proxy.sidOf(DELTA), sid);
  assert.equal(bench.proxy.accepted, 1);
});

const HASTY = { snapshotTimeoutMs: 100, resubscribeTimeoutMs: 150 };

scenario('books that do not come with a new subscription lead to a new connection', HASTY, async (bench) => {
  bench.proxy.down(first(bench, SNAPSHOT), 'drop', ALWAYS);
  bench.proxy.down(of(DELTA, A), 'drop');
  tick(bench, A);
  tick(bench, B);
  await bench.until('reconnected', () => bench.proxy.accepted > 1);
  await bench.quoted();
  assert.ok(bench.emptyWhileStale > 0);
  const steps = bench.reports.map((r) => r.code).filter((c) => c === 'feed_resubscribe' || c === 'feed_reconnect');
  assert.deepEqual(steps.slice(0, 2), ['feed_resubscribe', 'feed_reconnect']);
});

scenario('gaps that go on and on do not put off the next step', { snapshotTimeoutMs: 150 }, async (bench) => {
  let n = 0;
  const unheard = bench.proxy.up(asksSnapshot, 'drop', ALWAYS);
  const lossy = bench.proxy.down((f) => f.type === DELTA && ++n % 3 === 0, 'drop', ALWAYS);
  await bench.until('resubscribed', () => {
    tick(bench, A);
    return bench.reported('feed_resubscribe').length > 0;
  });
  unheard.off();
  lossy.off();
  await bench.quoted();
  assert.ok(bench.engine.status().counters.gaps > 3, `${bench.engine.status().counters.gaps} gaps`);
});

scenario('a repeated delta changes nothing', {}, async (bench) => {
  bench.proxy.down(of(DELTA, A), 'duplicate');
  tick(bench, A);
  tick(bench, A);
  await bench.until('seen', () => bench.engine.status().counters.duplicates === 1 && bench.isTrue(A));
  assert.equal(bench.engine.status().counters.gaps, 0);
  assert.equal(bench.sent('get_snapshot'), 0);
});

scenario('a late delta is not applied after the snapshot that holds it', {}, async (bench) => {
  bench.proxy.down(of(DELTA, A), { holdFor: 3 });
  tick(bench, A);
  tick(bench, B);
  await bench.until('came late', () => bench.engine.status().counters.duplicates > 0);
  assert.ok(bench.engine.status().counters.gaps > 0);
});

scenario('two deltas in the wrong order are a gap', {}, async (bench) => {
  bench.proxy.down(of(DELTA, A), { holdFor: 1 });
  tick(bench, A);
  tick(bench, A);
  await bench.until('gap', () => bench.engine.status().counters.gaps > 0);
  await bench.until('the late one', () => bench.engine.status().counters.duplicates > 0);
});

const seqOf = (text: string, change: (seq: number) => number): string =>
  text.replace(/"seq":(\d+)/, (_, seq: string) => `"seq":${change(Number(seq))}`);

scenario('a snapshot numbered too high is a gap for the other books', HASTY, async (bench) => {
  const high = bench.proxy.down(of(SNAPSHOT, A), { as: (text) => seqOf(text, (n) => n + 4) });
  bench.proxy.down(of(DELTA, A), 'drop');
  tick(bench, A);
  tick(bench, B);
  await bench.until('asked', () => high.hits === 1);
  await bench.until('all true again', () => bench.isTrue(A) && bench.isTrue(B));
  for (let n = 0; n < 8; n++) tick(bench, A);
});

scenario('a snapshot numbered too low is not believed', { snapshotTimeoutMs: 800 }, async (bench) => {
  const low = bench.proxy.down(of(SNAPSHOT, A), { as: (text) => seqOf(text, () => 1) });
  bench.proxy.down(of(DELTA, A), 'drop');
  tick(bench, A);
  tick(bench, B);
  await bench.until('asked', () => low.hits === 1);
  await bench.until('asked again', () => bench.sent('get_snapshot') > 1);
});

scenario('a garbled frame is noticed although nothing follows it', {}, async (bench) => {
  const garbled = bench.proxy.down(of(DELTA, A), { as: (text) => text.slice(0, 60) });
  tick(bench, A);
  await bench.until('gap', () => bench.reported('feed_gap').length > 0);
  assert.equal(garbled.hits, 1);
  assert.equal(bench.reported('bad_frame').length, 1);
});

scenario('a delta with a mistyped field makes its market stale', {}, async (bench) => {
  bench.proxy.down(of(DELTA, A), { as: (text) => text.replace('"delta_fp":"3.00"', '"delta_fp":3') });
  tick(bench, A);
  await bench.until('reported', () => bench.reported('bad_frame').length > 0);
  await bench.quoted();
  assert.equal(bench.engine.status().counters.gaps, 0);
  assert.ok(bench.sent('get_snapshot') > 0);
});

scenario('a delta below zero makes its market stale', {}, async (bench) => {
  bench.proxy.down(of(DELTA, A), { as: (text) => text.replace('"3.00"', '"-3.00"') });
  tick(bench, A);
  await bench.until('asked', () => bench.sent('get_snapshot') > 0);
});

// On a hand-turned clock: on a real one a busy machine lets the other market's deadlines pass too.
test('a market whose snapshots are of no use does not drag the others along', () => {
  const venue = new BenchVenue(testConfig([A, B]));
  for (const ticker of [A, B]) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.start();
  const { snapshotTimeoutMs, resubscribeTimeoutMs } = testConfig([A]).timing;
  let [useless, lost] = [0, 0];
  venue.faults.onFrame = (text) => {
    if (!text.includes(`"${A}"`)) return text;
    if (text.includes(DELTA) && lost++ === 0) return null;
    if (!text.includes(SNAPSHOT)) return text;
    useless++;
    return text.replace('"0.4500"', '"0.4505"');
  };
  const market = (ticker: string) => venue.engine.status().markets.find((m) => m.ticker === ticker)!;
  venue.rest(A, BID, '0.2000', 3);
  venue.rest(B, BID, '0.2000', 3);
  venue.run(snapshotTimeoutMs);
  let asked = useless;
  for (let n = 0; n < 40; n++) {
    venue.run(resubscribeTimeoutMs / 5);
    assert.match(market(A).stale, /not on the market's grid/);
    assert.equal(venue.resting(A, BID).length + venue.resting(A, ASK).length, 0);
    assert.equal(market(B).stale, '');
    assert.ok(venue.resting(B, BID).length > 0 && venue.resting(B, ASK).length > 0, 'the other is quoted');
  }
  asked = useless - asked;
  assert.ok(asked >= 3 && asked <= 12, `asked for ${asked} times in ${8 * resubscribeTimeoutMs} ms: now and then`);
  assert.equal(venue.engine.status().recoveries, 0);
  venue.faults = {};
  venue.run(3 * resubscribeTimeoutMs);
  assert.equal(market(A).stale, '');
  assert.ok(venue.resting(A, BID).length > 0 && venue.resting(A, ASK).length > 0);
});

test('a snapshot under the number of the frame before it is the present, not a repetition', () => {
  const venue = new BenchVenue(testConfig([A, B]));
  for (const ticker of [A, B]) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.start();
  // From here on snapshots are not counted: each has the number of the last frame, and those after it one less.
  let [uncounted, lost] = [0, 0];
  venue.faults.onFrame = (text) => {
    if (!/"type":"(orderbook_|ok|error)/.test(text)) return text;
    if (text.includes('"delta_fp":"9.00"') && lost++ === 0) return null;
    if (text.includes(SNAPSHOT)) uncounted++;
    return seqOf(text, (n) => n - uncounted);
  };
  venue.rest(A, BID, '0.2000', 9);
  venue.rest(A, BID, '0.2000', 1);
  venue.run(1000);
  const { counters, markets, recoveries } = venue.engine.status();
  assert.ok(uncounted >= 2);
  assert.deepEqual([counters.gaps, recoveries, markets.map((m) => m.stale)], [1, 0, ['', '']]);
  venue.rest(A, BID, '0.2000', 2);
  venue.run(100);
  assert.equal(venue.engine.book(A).bids.find(([price]) => price === 2000)?.[1], 1200);
});

test('snapshots that come behind later changes are not believed: they are asked for again', () => {
  const venue = new BenchVenue(testConfig([A, B, 'TST-C']));
  for (const ticker of [A, B, 'TST-C']) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  venue.start();
  // The first delta is lost; the snapshots that make it good arrive after a later delta.
  const held: string[] = [];
  let lost = 0;
  venue.faults.onFrame = (text) => {
    if (text.includes('"delta_fp":"9.00"') && lost++ === 0) return null;
    if (!text.includes(SNAPSHOT) || held.length >= 3) return text;
    held.push(text);
    return null;
  };
  venue.rest(A, BID, '0.2000', 9);
  venue.rest(B, BID, '0.2000', 1);
  venue.run(100);
  assert.equal(held.length, 3);
  venue.rest(B, BID, '0.2000', 5);
  venue.run(10);
  for (const text of held) venue.engine.onFrame(Buffer.from(text), venue.timeUs as never);
  for (const { ticker, stale } of venue.engine.status().markets) assert.notEqual(stale, '', ticker);
  venue.run(3000);
  for (const ticker of [A, B]) assert.equal(venue.engine.status().markets.find((m) => m.ticker === ticker)!.stale, '');
  assert.equal(venue.engine.book(B).bids.find(([price]) => price === 2000)?.[1], 600);
});
