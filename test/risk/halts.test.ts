import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Halts, type RaisedHalt, ShardGroup } from '../../engine/risk/index.ts';
import { count, type TimeUs } from '../../engine/units/index.ts';

const at = (seconds: number): TimeUs => (1_781_159_489_000_000 + seconds * 1_000_000) as TimeUs;

test('the first cause of a halt is kept; what follows is consequence', () => {
  const halts = new Halts();
  assert.equal(halts.any, false);
  const first: RaisedHalt = {
    code: 'session_loss',
    market: '',
    cause: 'lost $12 of $10',
    clears: 'restart',
    since: at(0),
  };
  assert.equal(halts.raise(first), true);
  assert.equal(halts.raise({ ...first, cause: 'lost $13 of $10', since: at(1) }), false);
  assert.equal(halts.raise({ ...first, code: 'auth_refused' }), true);
  assert.equal(halts.any, true);
  assert.deepEqual(halts.list()[0], { ...first, level: 2, until: 0 });
  assert.equal(halts.list().length, 2);
});

test('a halt of one market is not one of all, and each market has its own', () => {
  const halts = new Halts();
  const halt: RaisedHalt = {
    code: 'position_mismatch',
    market: 'A',
    cause: '7 against 0',
    clears: 'restart',
    since: at(0),
  };
  assert.equal(halts.raise(halt), true);
  assert.equal(halts.raise({ ...halt, cause: 'again' }), false);
  assert.deepEqual([halts.any, halts.of('A')?.cause, halts.of('B')], [false, halt.cause, undefined]);
  assert.deepEqual([halts.level, halts.levelOf('A'), halts.levelOf('B')], [0, 2, 0]);
  assert.equal(halts.raise({ ...halt, market: 'B' }), true);
  assert.equal(halts.list().length, 2);
});

test('the rolling window holds the contracts of the last 15 seconds, no more', () => {
  const group = new ShardGroup(2, count(10_000));
  assert.deepEqual([group.life, group.rolling(at(0))], ['absent', 0]);
  group.filled(count(100), at(0));
  group.filled(count(250), at(10));
  group.filled(count(1), at(14));
  assert.equal(group.rolling(at(14)), 351);
  assert.equal(group.rolling(at(15)), 251, 'the first is 15 seconds old and out');
  assert.equal(group.rolling(at(24.999)), 251);
  assert.equal(group.rolling(at(25)), 1);
  assert.equal(group.rolling(at(60)), 0);
});
