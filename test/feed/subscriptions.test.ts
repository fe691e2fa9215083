import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BID } from '../../engine/units/index.ts';
import { A, B, list, SocketBench, USER } from '../support/socket-bench.ts';
import { ALWAYS, asksSnapshot, DELTA, end, first, of, SNAPSHOT, scenario, tick } from './scenario.ts';

for (const code of [10, 25]) {
  scenario(`error ${code} on the books ends their subscription: it is made anew`, {}, async (bench) => {
    const sid = bench.proxy.sidOf(DELTA);
    end(bench, DELTA, code);
    await bench.until('told', () => bench.reported('feed_error').length > 0);
    await bench.quoted();
    assert.notEqual(bench.proxy.sidOf(DELTA), sid);
    assert.equal(bench.proxy.accepted, 1);
  });
}

scenario('error 25 that names no subscription leads to a new connection', {}, async (bench) => {
  bench.proxy.inject('{"type":"error","msg":{"code":25,"msg":"Subscription buffer overflow"}}');
  await bench.until('reconnected', () => bench.proxy.accepted > 1);
});

for (const channel of ['fill', 'user_orders']) {
  scenario(`the ${channel} subscription ends: nothing is quoted before the account was compared`, {}, async (bench) => {
    const compared = bench.engine.status().reconciliations;
    const lost = bench.proxy.down((f) => f.type === 'fill' || f.type === 'user_order', 'drop', ALWAYS);
    bench.trade(A, BID, 2);
    end(bench, channel, 10);
    await bench.until('told', () => bench.reported('feed_deaf').length > 0);
    lost.off();
    await bench.until('compared', () => bench.engine.status().reconciliations > compared);
    await bench.until('booked', () => bench.market(A).position === bench.exchange.account(USER).holding(A).position);
    assert.ok(lost.hits > 0);
    assert.equal(bench.market(A).position, 200);
    assert.equal(bench.proxy.accepted, 1);
  });
}

for (const channel of ['fill', DELTA]) {
  test(`a ${channel} subscription that is never confirmed leads to a new connection`, async () => {
    const bench = await SocketBench.open({ resubscribeTimeoutMs: 100 });
    try {
      bench.proxy.down(first(bench, 'subscribed', `"${channel}"`), 'drop', ALWAYS);
      bench.connect();
      await bench.until('reconnected', () => bench.proxy.accepted > 1);
      assert.equal(bench.count('createOrders'), 0);
      await bench.quoted();
    } finally {
      await bench.close();
    }
  });
}

scenario('snapshots that are refused lead to a new subscription at once', {}, async (bench) => {
  bench.proxy.up(asksSnapshot, { as: (text) => text.replace(/"sids":\[\d+\]/, '"sids":[99]') });
  bench.proxy.down(of(DELTA, A), 'drop');
  tick(bench, A);
  tick(bench, B);
  await bench.until('resubscribed', () => bench.reported('feed_resubscribe').length > 0);
  assert.match(bench.reported('feed_error')[0]!.text, /get_snapshot: code 7/);
});

scenario(
  'an unsubscription that is lost: the old subscription is taken up again',
  { snapshotTimeoutMs: 80 },
  async (bench) => {
    const sid = bench.proxy.sidOf(DELTA);
    bench.proxy.up(asksSnapshot, 'drop');
    const lost = bench.proxy.up(of('unsubscribe'), 'drop');
    bench.proxy.down(of(DELTA, A), 'drop');
    tick(bench, A);
    tick(bench, B);
    await bench.until('resubscribed', () => lost.hits === 1);
    await bench.quoted();
    assert.equal(bench.proxy.sidOf(DELTA), sid);
    assert.equal(bench.proxy.accepted, 1);
  },
);

scenario('a second book subscription replaces the first', {}, async (bench) => {
  const sid = bench.proxy.sidOf(DELTA);
  bench.proxy.inject(`{"type":"subscribed","id":999,"msg":{"channel":"${DELTA}","sid":77}}`);
  await bench.until('the first is left', () => bench.sent(`"unsubscribe","params":{"sids":[${sid}]}`) === 1);
  await bench.until('no trust in the second', () => bench.reported('feed_resubscribe').length > 0);
});

scenario('frames of a subscription we left are not applied', { snapshotTimeoutMs: 80 }, async (bench) => {
  bench.proxy.up(asksSnapshot, 'drop');
  bench.proxy.down(of(DELTA, A), 'drop');
  tick(bench, A);
  tick(bench, B);
  await bench.until('resubscribed', () => bench.reported('feed_resubscribe').length > 0);
  await bench.quoted();
  const old = bench.proxy.seen.findLast(
    (f) => f.type === DELTA && f.ticker === B && f.sid !== bench.proxy.sidOf(DELTA),
  )!;
  const before = bench.engine.status().counters.frames;
  for (let n = 1; n < 4; n++) bench.proxy.inject(old.text.replace(/"seq":\d+/, `"seq":${old.seq + n}`));
  await bench.until('arrived', () => bench.engine.status().counters.frames >= before + 3);
  assert.ok(bench.isTrue(A) && bench.isTrue(B));
});

scenario(
  'between two subscriptions no book is trusted',
  { snapshotTimeoutMs: 60, resubscribeTimeoutMs: 250 },
  async (bench) => {
    bench.proxy.up(asksSnapshot, 'drop', ALWAYS);
    bench.proxy.down(first(bench, 'subscribed'), 'drop', ALWAYS);
    bench.proxy.down(of(DELTA, A), { as: (text) => text.replace('"delta_fp":"3.00"', '"delta_fp":3') });
    tick(bench, A);
    await bench.until('one is stale', () => bench.market(A).stale !== '');
    assert.equal(bench.market(B).stale, '');
    await bench.until('resubscribed', () => bench.reported('feed_resubscribe').length > 0);
    await bench.until('pulled', () => bench.resting(A).length + bench.resting(B).length === 0);
    assert.match(bench.market(B).stale, /subscribing anew/);
  },
);

scenario('the same sids after a reconnect are new subscriptions', {}, async (bench) => {
  const sid = bench.proxy.sidOf(DELTA);
  for (let n = 0; n < 20; n++) tick(bench, A);
  await bench.until('counted up', () => bench.proxy.lastSeq(sid) > 20 && bench.isTrue(A));
  bench.proxy.kill();
  await bench.until('reconnected', () => bench.proxy.accepted > 1);
  await bench.quoted();
  assert.equal(bench.proxy.sidOf(DELTA), sid);
  const { gaps, duplicates } = bench.engine.status().counters;
  assert.deepEqual([gaps, duplicates], [0, 0]);
});

test('frames of a market we did not ask for are passed over, their numbers count', async () => {
  const bench = await SocketBench.open();
  try {
    list(bench.exchange, 'TST-C');
    const both = (text: string): string => text.replace(`"${B}"]`, `"${B}","TST-C"]`);
    bench.proxy.up((f) => f.type === 'subscribe' && f.text.includes(DELTA), { as: both });
    await bench.start();
    for (let n = 0; n < 5; n++) tick(bench, 'TST-C');
    tick(bench, A);
    await bench.until('all seen', () => bench.proxy.seen.filter((f) => f.ticker === 'TST-C').length === 6);
    await bench.quoted();
    const { gaps, badFrames } = bench.engine.status().counters;
    assert.deepEqual([gaps, badFrames, bench.sent('get_snapshot')], [0, 0, 0]);
  } finally {
    await bench.close();
  }
});

scenario(
  'a subscription that ends as soon as it has begun does not become a storm of commands',
  { retryMs: 40, resubscribeTimeoutMs: 300 },
  async (bench) => {
    const died = (text: string): string =>
      text.replace(/^.*"sid":(\d+).*$/, '{"type":"error","sid":$1,"msg":{"code":10,"msg":"x"}}');
    const dying = bench.proxy.down(first(bench, SNAPSHOT), { as: died }, ALWAYS);
    end(bench, DELTA, 10);
    await bench.until('reconnected', () => bench.proxy.accepted > 1);
    assert.ok(dying.hits > 0);
    assert.ok(bench.sent('"subscribe"') < 30, `${bench.sent('"subscribe"')} subscriptions`);
  },
);
