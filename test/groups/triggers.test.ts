import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID, type Count } from '../../engine/units/index.ts';
import { lost, refusedWith } from '../order-scenarios/scenario.ts';
import { fillUp, groupId, halts, isQuoted, life, now, reports, scene } from './support.ts';

const COOL = { reset: 'coolOff', coolOffMs: 20_000 } as const;

test('too much fills and a person is to decide: quoting halts, no time resets it', () => {
  const s = scene();
  s.start();
  fillUp(s);
  s.run(120_000);
  assert.deepEqual(
    [life(s), halts(s), s.ours().length, s.count('resetGroup')],
    ['triggered', ['group_triggered'], 0, 0],
  );
  const risk = s.venue.reported('group_risk')!;
  assert.match(risk.text, /30 contracts filled in the last 15 s, limit 30 \(TST-A 30\)/);
  assert.deepEqual([risk.data!['filled'], risk.data!['limit'], risk.data!['shard']], [30, 30, 0]);
});

test('the operator has a triggered group reset: quoting goes on', () => {
  const s = scene();
  s.start();
  fillUp(s);
  s.run(2000);
  s.venue.engine.onCommand('reset group_triggered', now(s));
  s.run(4000);
  assert.deepEqual([life(s), halts(s), isQuoted(s)], ['armed', [], true]);
  assert.match(reports(s, 'group_reset')[0]!, /by the operator/);
});

test('too much fills within all limits: reset once cooled off, counted and told', () => {
  const s = scene(COOL);
  s.start();
  fillUp(s);
  s.run(15_000);
  const bid = s.venue.engine.status().markets[0]!.bid;
  assert.equal(bid.reason, 'group_triggered');
  assert.ok(bid.has! > 0 && bid.has! <= 20 && bid.needs === 0, JSON.stringify(bid));
  assert.deepEqual([s.ours().length, s.count('resetGroup'), halts(s)], [0, 0, []]);
  s.run(10_000);
  assert.deepEqual([life(s), isQuoted(s), s.count('resetGroup')], ['armed', true, 1]);
  assert.equal(s.venue.reported('group_reset')!.data!['resets'], 1);
});

test('a trigger that our fills do not explain is left to the operator', () => {
  const s = scene(COOL);
  s.start();
  s.hit(BID, 5);
  s.run(200);
  s.venue.exchange.desk.trigger(s.venue.exchange.groups.get(groupId(s))!);
  s.run(60_000);
  assert.deepEqual([life(s), halts(s), s.count('resetGroup')], ['triggered', ['group_triggered'], 0]);
  const { cause } = s.venue.engine.status().halts[0]!;
  assert.match(cause, /our fills do not explain the trigger: 5 contracts in 15 s, limit 30/);
});

test('fills that explain a trigger are heard of after it: they count', () => {
  const s = scene(COOL);
  s.start();
  s.deafen('fill');
  fillUp(s);
  s.venue.faults = {};
  s.run(40_000);
  assert.deepEqual([halts(s), life(s), isQuoted(s)], [[], 'armed', true]);
});

test('the trigger after the last reset that is allowed is left to the operator', () => {
  const s = scene({ ...COOL, maxResets: 1 });
  s.start();
  fillUp(s);
  s.run(25_000);
  fillUp(s);
  s.run(60_000);
  assert.deepEqual([life(s), halts(s), s.count('resetGroup')], ['triggered', ['group_triggered'], 1]);
  assert.match(s.venue.engine.status().halts[0]!.cause, /triggered again after 1 resets/);
});

test('nothing is reset while another halt is in force', () => {
  const s = scene({ reset: 'coolOff', coolOffMs: 90_000 });
  s.start();
  fillUp(s);
  s.venue.exchange.account('user-1').cash.set(0, 1 as never);
  s.run(120_000);
  assert.deepEqual([life(s), halts(s), s.count('resetGroup')], ['triggered', ['cash_mismatch'], 0]);
});

test('nothing is reset while an order of the shard is in doubt', () => {
  const s = scene({ reset: 'coolOff', coolOffMs: 1000 }, { groupLimit: 2000 as Count });
  s.start();
  s.before('createOrders', () => ({ kind: 'unknown', reason: 'reset' }));
  const lostAt = s.venue.timeUs;
  s.hit(BID, 10);
  s.run(100);
  s.hit(ASK, 10);
  s.run(9000);
  assert.deepEqual([life(s), s.venue.engine.status().unknownOrders, s.count('resetGroup')], ['triggered', 1, 0]);
  s.run(6000);
  assert.deepEqual([life(s), s.count('resetGroup'), halts(s)], ['armed', 1, []]);
  assert.ok(s.venue.timeUs - lostAt > 10_000_000);
});

test('nothing is reset before the account has been compared', () => {
  const s = scene(COOL);
  s.start();
  s.venue.faults.onRequest = (r) => (r.op === 'getPositions' ? { kind: 'unsent', reason: 'down' } : null);
  fillUp(s);
  s.run(60_000);
  assert.deepEqual([life(s), s.count('resetGroup')], ['triggered', 0]);
  s.venue.faults = {};
  s.run(5000);
  assert.deepEqual([life(s), s.count('resetGroup')], ['armed', 1]);
});

test('the response to a reset is lost: the group is read', () => {
  const s = scene(COOL);
  s.start();
  fillUp(s);
  s.answer('resetGroup', lost);
  s.run(40_000);
  assert.deepEqual([life(s), s.count('resetGroup'), s.count('getGroup'), isQuoted(s)], ['armed', 1, 1, true]);
});

test('a reset is refused: tried again, and nothing is quoted before it is through', () => {
  const s = scene(COOL);
  s.start();
  fillUp(s);
  s.venue.faults.onRequest = (r) => (r.op === 'resetGroup' ? refusedWith(400, 'exchange_paused') : null);
  s.run(25_000);
  const tries = s.count('resetGroup');
  assert.ok(tries >= 3 && tries <= 8, `${tries} tries`);
  assert.equal(s.ours().length, 0);
  s.venue.faults = {};
  s.run(3000);
  assert.ok(isQuoted(s));
});

test('a reset by somebody else does not start quoting', () => {
  const s = scene();
  s.start();
  fillUp(s);
  s.venue.exchange.desk.reset(s.venue.exchange.groups.get(groupId(s))!);
  s.run(60_000);
  assert.deepEqual([life(s), s.ours().length], ['triggered', 0]);
});

test('a group is deleted by somebody else: quoting halts, and the operator has another made', () => {
  const s = scene(COOL);
  s.start();
  const old = groupId(s);
  s.venue.exchange.desk.delete(s.venue.exchange.groups.get(old)!);
  s.run(60_000);
  assert.deepEqual([life(s), halts(s), s.ours().length], ['deleted', ['group_triggered'], 0]);
  s.venue.engine.onCommand('reset group_triggered', now(s));
  s.run(4000);
  assert.notEqual(groupId(s), old);
  assert.deepEqual([life(s), halts(s), isQuoted(s)], ['armed', [], true]);
});

test('the limit is changed while quotes rest', () => {
  const s = scene();
  s.start();
  s.venue.engine.onCommand('limit 70', now(s));
  s.run(200);
  assert.equal(s.venue.exchange.groups.get(groupId(s))!.limit, 7000);
  assert.equal(s.venue.engine.status().groups[0]!.limit, 7000);
  assert.ok(isQuoted(s));
});

test('a limit below what has filled is set once that has aged: set at once it would trigger', () => {
  const s = scene();
  s.start();
  s.hit(BID, 10);
  s.run(500);
  s.venue.engine.onCommand('limit 8', now(s));
  s.run(10_000);
  assert.equal(s.count('limitGroup'), 0);
  s.run(6000);
  assert.equal(s.venue.exchange.groups.get(groupId(s))!.limit, 800);
  assert.equal(life(s), 'armed');
});

test('the response to a change of the limit is lost: the group is read', () => {
  const s = scene();
  s.start();
  s.answer('limitGroup', lost);
  s.venue.faults.onFrame = (text) => (text.includes('order_group_updates') ? null : text);
  s.venue.engine.onCommand('limit 70', now(s));
  s.run(7000);
  assert.deepEqual([s.count('limitGroup'), s.count('getGroup')], [1, 1]);
  assert.equal(s.venue.engine.status().groups[0]!.limit, 7000);
});

test('the limit follows what is quoted: raised at once, lowered when less has been quoted for a while', () => {
  const s = scene({ scaleToQuotes: 3 }, { groupLimit: 100_000 as Count });
  s.start();
  s.run(2000);
  const limit = (): number => s.venue.exchange.groups.get(groupId(s))!.limit / 100;
  assert.equal(limit(), 60);
  s.want({ bid: [46, 100] });
  s.run(1500);
  assert.equal(limit(), 330);
  s.want({ bid: [46, 10] });
  s.run(25_000);
  assert.equal(limit(), 330);
  s.run(45_000);
  assert.equal(limit(), 60);
  s.venue.engine.onCommand('limit 40', now(s));
  s.run(10_000);
  assert.equal(limit(), 40);
  assert.ok(s.count('limitGroup') <= 5, `${s.count('limitGroup')} changes`);
});

test('an operator’s limit that no group can have is refused', () => {
  const s = scene();
  s.start();
  for (const limit of ['0', '0.99', '1000000.01', 'NaN', '', '5/7'])
    assert.equal(s.venue.engine.onCommand(`limit ${limit}`, now(s)).done, false, limit);
  assert.ok(s.venue.engine.onCommand('limit 20/0', now(s)).done);
});

test('the process stops after a trigger: the group stays as it is for the next start to find', () => {
  const s = scene();
  s.start();
  fillUp(s);
  s.venue.stop();
  assert.equal(s.venue.engine.stopResult?.clean, true);
  assert.equal(s.venue.exchange.groups.get(groupId(s))?.triggered, true);
});
