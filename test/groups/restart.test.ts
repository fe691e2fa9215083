import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BID, type Count } from '../../engine/units/index.ts';
import { lost } from '../order-scenarios/scenario.ts';
import { groupId, halts, isQuoted, LIMIT, leftGroup, life, now, reports, scene } from './support.ts';

test('an armed group of an earlier session is used again', () => {
  const s = scene();
  leftGroup(s, 'old', 'hd-old-1');
  s.start();
  assert.equal(groupId(s), 'old');
  assert.equal(s.count('createGroup'), 0);
  assert.match(reports(s, 'group_armed')[0]!, /found again/);
  assert.ok(s.ours().every((order) => order.groupId === 'old'));
});

test('a group found with another limit has ours before the first quote', () => {
  const s = scene();
  const group = leftGroup(s, 'old', 'hd-old-1', 90_000 as Count);
  s.before('createOrders', () => {
    assert.equal(group.limit, LIMIT);
    return null;
  });
  s.start();
  assert.equal(s.count('limitGroup'), 1);
});

test('a group found triggered: quoting halts, and the operator has it reset', () => {
  const s = scene();
  s.venue.exchange.desk.trigger(leftGroup(s, 'old', 'hd-old-1'));
  s.venue.start();
  s.run(60_000);
  assert.deepEqual([life(s), halts(s), s.ours().length], ['triggered', ['group_triggered'], 0]);
  assert.equal(s.count('resetGroup') + s.count('createGroup'), 0);
  s.venue.engine.onCommand('reset group_triggered', now(s));
  s.run(3000);
  assert.deepEqual([life(s), halts(s), isQuoted(s)], ['armed', [], true]);
});

test('a group found triggered is reset at the start where the operator says so', () => {
  const s = scene({ resetFound: true });
  s.venue.exchange.desk.trigger(leftGroup(s, 'old', 'hd-old-1'));
  s.start();
  assert.deepEqual([groupId(s), life(s), s.count('resetGroup')], ['old', 'armed', 1]);
});

test('a group found triggered is reset after the cool-off where that is the policy', () => {
  const s = scene({ reset: 'coolOff', coolOffMs: 30_000 });
  s.venue.exchange.desk.trigger(leftGroup(s, 'old', 'hd-old-1'));
  s.venue.start();
  s.run(20_000);
  assert.deepEqual([life(s), s.ours().length], ['triggered', 0]);
  s.run(15_000);
  assert.deepEqual([life(s), isQuoted(s)], ['armed', true]);
});

test('several groups of ours are found: one is used, the others are deleted', () => {
  const s = scene();
  for (const n of [1, 2, 3]) leftGroup(s, `old-${n}`, `hd-old-${n}`);
  s.start();
  s.run(2000);
  assert.deepEqual([...s.venue.exchange.groups.keys()], [groupId(s)]);
});

test('groups that only the orders of another engine name are left alone', () => {
  const s = scene({ orphans: 'delete' });
  leftGroup(s, 'theirs', 'xy-other-1');
  s.start();
  s.run(2000);
  assert.ok(s.venue.exchange.groups.has('theirs'));
  assert.notEqual(groupId(s), 'theirs');
});

test('a group that no order names is left alone, and told of', () => {
  const s = scene();
  leftGroup(s, 'nameless');
  s.start();
  s.run(2000);
  assert.ok(s.venue.exchange.groups.has('nameless'));
  assert.match(reports(s, 'groups_unnamed')[0]!, /nameless/);
});

test('a group that no order names is deleted where nobody else uses the account', () => {
  const s = scene({ orphans: 'delete' });
  leftGroup(s, 'nameless');
  s.start();
  s.run(2000);
  assert.deepEqual([...s.venue.exchange.groups.keys()], [groupId(s)]);
});

test('an order that is taken over keeps its group, which is used again', () => {
  const s = scene({}, { leftovers: 'adopt' });
  leftGroup(s, 'empty', 'hd-old-1');
  leftGroup(s, 'full', 'hd-old-2', LIMIT, true);
  s.venue.start();
  assert.equal(groupId(s), 'full');
  s.run(2000);
  assert.deepEqual([...s.venue.exchange.groups.keys()], ['full']);
  assert.ok(s.resting(BID).every((order) => order.groupId === 'full'));
});

test('the response to the create of a group is lost: it is found in the list, and none is made twice', () => {
  const s = scene();
  s.answer('createGroup', lost);
  s.venue.linkUp();
  s.run(12_000);
  assert.equal(s.count('createGroup'), 1);
  assert.equal(s.venue.exchange.groups.size, 1);
  assert.ok(isQuoted(s));
});

test('the create of a group is lost on the way: another is made once the first cannot arrive any more', () => {
  const s = scene();
  s.before('createGroup', () => ({ kind: 'unknown', reason: 'reset' }));
  s.venue.linkUp();
  s.run(9000);
  assert.equal(s.count('createGroup'), 1);
  s.run(6000);
  assert.equal(s.count('createGroup'), 2);
  assert.deepEqual([s.venue.exchange.groups.size, isQuoted(s)], [1, true]);
});
