import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DayTrades, MessageRate, RecentOrders } from '../../engine/risk/index.ts';

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;

test('a market may send four seconds worth at once, then one at a time', () => {
  const rate = new MessageRate(5);
  const now = 1000 * SECOND;
  let sent = 0;
  for (; rate.waitMs(0, now) === 0; sent++) rate.spent(0, now);
  assert.equal(sent, 20);
  assert.equal(rate.waitMs(0, now), 200);
  assert.equal(rate.waitMs(1, now), 0, 'each market has its own');
  rate.spent(0, now + 0.2 * SECOND);
  assert.equal(rate.waitMs(0, now + 0.3 * SECOND), 100);
  assert.equal(rate.waitMs(0, now + 60 * SECOND), 0);
});

test('without a rate nothing waits', () => {
  const rate = new MessageRate(0);
  for (let i = 0; i < 1000; i++) rate.spent(0, SECOND);
  assert.equal(rate.waitMs(0, SECOND), 0);
});

test('trades count for 24 hours', () => {
  const trades = new DayTrades(3);
  assert.equal(trades.reached(DAY), false);
  for (const hour of [1, 2, 3]) trades.traded(DAY + hour * 3600 * SECOND);
  assert.equal(trades.reached(DAY + 4 * 3600 * SECOND), true);
  assert.equal(trades.reached(2 * DAY + 3599 * SECOND), true);
  assert.equal(trades.reached(2 * DAY + 3600 * SECOND), false, 'the first is a day old');
  trades.traded(2 * DAY + 3600 * SECOND);
  assert.equal(trades.reached(2 * DAY + 3601 * SECOND), true);
  assert.equal(trades.reached(2 * DAY + 2 * 3600 * SECOND), false);
  const any = new DayTrades(Number.POSITIVE_INFINITY);
  any.traded(DAY);
  assert.equal(any.reached(DAY), false);
});

test('the same order is found among the last sixteen of its side', () => {
  const recent = new RecentOrders();
  assert.equal(recent.last(4700, 1000), 0);
  recent.note(5 * SECOND, 4700, 1000);
  recent.note(6 * SECOND, 4700, 1100);
  assert.equal(recent.last(4700, 1000), 5 * SECOND);
  assert.equal(recent.last(4800, 1000), 0);
  for (let i = 0; i < 16; i++) recent.note(7 * SECOND, 4800, i);
  assert.equal(recent.last(4700, 1000), 0);
});
