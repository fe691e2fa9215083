import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Count } from '../../engine/units/index.ts';
import type { Scene } from '../order-scenarios/scenario.ts';
import { groupId, halts, isQuoted, life, now, reports, scene } from './support.ts';

const TICKERS = Array.from({ length: 12 }, (_, n) => `TST-${n}`);
const BIG = { groupLimit: 10_000_000 as Count };

/** Twenty-four orders rest on one shard. */
function wide(policy: Parameters<typeof scene>[0] = {}, shard = 0): Scene {
  const s = scene(policy, BIG, { tier: 'premier', shardOf: () => shard }, TICKERS);
  s.start();
  return s;
}

const billed = (s: Scene): number => [...s.venue.billed.values()].reduce((sum, tokens) => sum + tokens, 0);

for (const shard of [0, 2]) {
  test(`the link is lost with twenty-four orders out on shard ${shard}: one trigger, 10 tokens instead of 48`, () => {
    const s = wide({}, shard);
    const before = billed(s);
    s.venue.linkDown();
    s.run(1000);
    assert.equal(s.ours().length, 0);
    assert.equal(billed(s) - before, 10);
    assert.deepEqual([s.count('triggerGroup'), s.count('cancelOrders')], [1, 0]);
    // What became of them takes one page of the list.
    assert.deepEqual([s.count('getOrder'), s.venue.engine.status().liveOrders], [0, 0]);
    s.venue.linkUp();
    s.run(4000);
    // 24 creates and one reset.
    assert.deepEqual([life(s), isQuoted(s), billed(s) - before], ['armed', true, 10 + 10 + 240]);
    assert.deepEqual([halts(s), s.venue.refusals429, s.venue.engine.status().unknownOrders], [[], 0, 0]);
  });
}

test('the same without mass cancels: 48 tokens', () => {
  const s = wide({ massCancel: false });
  const before = billed(s);
  s.venue.linkDown();
  s.run(1000);
  assert.deepEqual([s.ours().length, billed(s) - before, s.count('triggerGroup')], [0, 48, 0]);
});

test('few orders are cancelled: trigger and reset would cost more', () => {
  const s = scene({}, BIG);
  s.start();
  s.venue.linkDown();
  s.run(1000);
  assert.deepEqual([s.ours().length, s.count('triggerGroup'), s.count('cancelOrders')], [0, 0, 1]);
});

test('the tokens do not suffice for the cancels: a trigger pulls everything', () => {
  const s = scene({}, BIG, {}, TICKERS.slice(0, 5));
  s.start();
  s.run(5000);
  // Other requests have emptied the bucket but for what is kept for triggers.
  const { writes } = (
    s.venue.engine as unknown as { ctx: { writes: { take(n: number, r: number, t: number): boolean } } }
  ).ctx;
  while (writes.take(1, 12, s.venue.timeUs));
  s.venue.linkDown();
  s.venue.run(50);
  assert.deepEqual([s.ours().length, s.count('triggerGroup'), s.count('cancelOrders')], [0, 1, 0]);
});

test('paused by the operator and resumed: reset first, then quotes; the late word of the trigger is no risk event', () => {
  const s = wide();
  let held: string[] = [];
  s.venue.faults.onFrame = (text) => {
    if (!text.includes('"triggered"')) return text;
    held.push(text);
    return null;
  };
  s.venue.engine.onCommand('pause', now(s));
  s.run(30_000);
  assert.deepEqual([life(s), s.ours().length, s.count('resetGroup')], ['triggered', 0, 0]);
  s.venue.engine.onCommand('resume', now(s));
  s.run(1000);
  for (const text of held) s.venue.engine.onFrame(Buffer.from(text), now(s));
  held = [];
  s.run(2000);
  assert.deepEqual([life(s), isQuoted(s), halts(s)], ['armed', true, []]);
  assert.match(reports(s, 'group_reset')[0]!, /nothing rests after the mass cancel/);
});

test('the trigger of a mass cancel is lost: repeated, and no reset before the lost one cannot arrive any more', () => {
  const s = wide();
  s.before('triggerGroup', () => ({ kind: 'unknown', reason: 'reset' }));
  s.venue.engine.onCommand('pause', now(s));
  const lostAt = s.venue.timeUs;
  s.run(2000);
  assert.deepEqual([s.ours().length, s.count('triggerGroup')], [0, 2]);
  s.venue.engine.onCommand('resume', now(s));
  s.venue.faults = {};
  while (s.count('resetGroup') === 0 && s.venue.timeUs < lostAt + 30_000_000) s.run(100);
  assert.ok(s.venue.timeUs - lostAt >= 10_000_000, `${(s.venue.timeUs - lostAt) / 1e6} s`);
  s.run(3000);
  assert.deepEqual([isQuoted(s), halts(s)], [true, []]);
});

test('the trigger of a mass cancel is refused: the orders are cancelled one by one', () => {
  const s = wide();
  s.venue.faults.onRequest = (r) =>
    r.op === 'triggerGroup' ? { kind: 'response', status: 400, body: '{"error":{"code":"exchange_paused"}}' } : null;
  s.venue.engine.onCommand('pause', now(s));
  s.run(1000);
  assert.deepEqual([s.ours().length, life(s), s.count('triggerGroup')], [0, 'armed', 1]);
  assert.ok(s.count('cancelOrders') > 0);
});

test('the process stops while everything is pulled: nothing rests, the group is deleted', () => {
  const s = wide();
  s.venue.engine.onCommand('pause', now(s));
  s.venue.stop();
  assert.equal(s.venue.engine.stopResult?.clean, true);
  assert.deepEqual([s.ours().length, s.venue.exchange.groups.has(groupId(s))], [0, false]);
});

test('while one market of the shard is quoted nothing is pulled by a trigger', () => {
  const s = wide();
  for (const ticker of TICKERS.slice(1)) s.venue.exchange.lifecycle.deactivate(ticker);
  s.run(1000);
  assert.deepEqual([s.count('triggerGroup'), s.resting(0, TICKERS[0]).length], [0, 1]);
});
