import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  intendedLeft,
  keenestPrice,
  type Order,
  type OrderEvidence,
  Orders,
  remaining,
} from '../../engine/orders/index.ts';
import { BID, type Count, count, type Price, price, type TimeUs } from '../../engine/units/index.ts';

const T = (seconds: number): TimeUs => (1_781_159_489_000_000 + seconds * 1_000_000) as TimeUs;
const C = (contracts: number): Count => count(contracts * 100);
const OLD = price(4700);
const NEW = price(4900);

/** Ten contracts bid at 47 cents, known to rest. */
function resting(): { orders: Orders; order: Order } {
  const orders = new Orders();
  const order = orders.sent('c-1', 0, BID, OLD, C(10), T(0));
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  return { orders, order };
}

function shape(at: Price, fill: number, left: number, seconds: number, status = 'resting'): OrderEvidence {
  const counts = { fillCount: C(fill), remainingCount: C(left) };
  return { orderId: 'x-1', clientOrderId: 'c-1', status, ...counts, price: at, updatedTime: T(seconds) };
}

const result = (left: number | null, seconds = 3) => ({
  orderId: 'x-1',
  remainingCount: left === null ? null : C(left),
  time: T(seconds),
});

test('an amend under way counts at the larger size and the keener price, whichever way it goes', () => {
  const up = resting();
  up.orders.amendSent(up.order, NEW, C(15));
  assert.deepEqual([remaining(up.order), intendedLeft(up.order), keenestPrice(up.order)], [C(15), C(15), NEW]);
  const down = resting();
  down.orders.amendSent(down.order, price(4000), C(4));
  assert.deepEqual([remaining(down.order), intendedLeft(down.order), keenestPrice(down.order)], [C(10), C(4), OLD]);
});

test('an acknowledged amend has the price and total asked for, and says what had filled meanwhile', () => {
  const { orders, order } = resting();
  const change = orders.amendSent(order, NEW, C(10));
  orders.changed(order, change, result(7), T(3));
  assert.deepEqual([order.price, remaining(order), order.fillCount, order.change], [NEW, C(7), C(3), null]);
  assert.deepEqual(orders.missingFills(), [order], 'three contracts are owed to us');
});

test('an amend whose remaining_count is null is as asked for', () => {
  const { orders, order } = resting();
  orders.changed(order, orders.amendSent(order, NEW, C(12)), result(null), T(3));
  assert.deepEqual([order.price, remaining(order), order.fillCount], [NEW, C(12), 0]);
});

test('an amend that leaves nothing is looked at: filled by crossing, or cancelled where it met an order of ours', () => {
  const { orders, order } = resting();
  orders.changed(order, orders.amendSent(order, NEW, C(12)), result(0), T(3));
  assert.deepEqual([order.life, order.fillCount, orders.isBlocked(0, BID)], ['unknown', 0, true]);
  orders.observe(shape(NEW, 2, 0, 3, 'canceled'), T(4));
  assert.deepEqual([order.life, order.doneReason, order.fillCount], ['done', 'canceled', C(2)]);
});

test('the stream tells of an amend before its answer: applied once', () => {
  const { orders, order } = resting();
  const change = orders.amendSent(order, NEW, C(12));
  orders.observe(shape(OLD, 1, 9, 2), T(2));
  assert.equal(order.change, change, 'that was before it');
  orders.observe(shape(NEW, 1, 11, 3), T(3));
  assert.deepEqual([order.price, remaining(order), order.change], [NEW, C(11), null]);
  orders.observe(shape(NEW, 5, 7, 4), T(4));
  orders.changed(order, change, result(11), T(5));
  assert.deepEqual([order.price, remaining(order), order.fillCount], [NEW, C(7), C(5)]);
});

test('a read from before an amend does not put the order back where it was', () => {
  const { orders, order } = resting();
  orders.changed(order, orders.amendSent(order, NEW, C(12)), result(12), T(3));
  orders.observe(shape(OLD, 0, 10, 2), T(4));
  assert.deepEqual([order.price, remaining(order)], [NEW, C(12)]);
  orders.observe(shape(price(4400), 0, 8, 6), T(7));
  assert.deepEqual([order.price, remaining(order)], [price(4400), C(8)], 'a younger one is another hand at work');
});

test('the answer to an amend is lost: blocked, both sizes count, until a read shows the new state', () => {
  const { orders, order } = resting();
  const change = orders.amendSent(order, NEW, C(15));
  orders.changeDoubted(order, change, T(5));
  orders.observe(shape(OLD, 0, 10, 1), T(6));
  assert.deepEqual([orders.isBlocked(0, BID), remaining(order), keenestPrice(order)], [true, C(15), NEW]);
  orders.observe(shape(NEW, 0, 15, 4), T(7));
  assert.deepEqual([orders.isBlocked(0, BID), remaining(order), order.price], [false, C(15), NEW]);
});

test('fills up to the old size do not end an order whose amend may have made it larger', () => {
  const { orders, order } = resting();
  const change = orders.amendSent(order, OLD, C(15));
  orders.booked(order, C(10), T(2));
  assert.deepEqual([order.life, remaining(order)], ['resting', C(5)]);
  orders.changeFoundNothing(order, change, T(3));
  assert.equal(order.life, 'unknown', 'an amend of a filled order finds nothing');
  orders.observe(shape(OLD, 10, 0, 2, 'executed'), T(4));
  assert.deepEqual([order.life, order.doneReason], ['done', 'filled']);
});

test('a decrease that raced a fill: what may still fill is never less than the truth', () => {
  const { orders, order } = resting();
  const change = orders.decreaseSent(order, C(5));
  assert.equal(remaining(order), C(10), 'not before it is acknowledged');
  // At the exchange two had filled before it arrived: 8 in all, 5 left.
  orders.changed(order, change, result(5), T(3));
  assert.equal(remaining(order), C(5));
  orders.booked(order, C(2), T(4));
  assert.equal(remaining(order), C(5));
  orders.observe(shape(OLD, 2, 5, 3), T(5));
  assert.deepEqual([order.initialCount, order.leastCount, remaining(order)], [C(7), C(7), C(5)]);
  orders.canceled(order, C(5), T(6));
  assert.deepEqual([order.fillCount, orders.missingFills()], [C(2), []]);
});

test('a cancel after a decrease does not take what was taken off for filled', () => {
  const { orders, order } = resting();
  orders.changed(order, orders.decreaseSent(order, C(4)), result(4), T(3));
  orders.canceled(order, C(4), T(4));
  assert.deepEqual([order.life, order.fillCount, orders.missingFills()], ['done', 0, []]);
});

test('a cancel that may have overtaken an amend claims no fill that either size leaves open', () => {
  const { orders, order } = resting();
  orders.amendSent(order, NEW, C(6));
  orders.cancelSent(order);
  orders.canceled(order, C(6), T(4));
  assert.deepEqual([order.life, order.fillCount], ['done', 0]);
});

test('a refused or unsent change leaves the order as it was; a late answer changes nothing', () => {
  const { orders, order } = resting();
  const first = orders.amendSent(order, NEW, C(15));
  orders.changeWithdrawn(order, first);
  assert.deepEqual([remaining(order), order.price, order.change], [C(10), OLD, null]);
  const second = orders.decreaseSent(order, C(3));
  orders.changeWithdrawn(order, first);
  orders.changeDoubted(order, first, T(4));
  assert.deepEqual([order.change, second.life], [second, 'sent']);
});

test('one change at a time, and none on an order that is going', () => {
  const { orders, order } = resting();
  orders.decreaseSent(order, C(3));
  assert.throws(() => orders.amendSent(order, NEW, C(5)), /cannot be changed now/);
  const going = resting();
  going.orders.cancelSent(going.order);
  assert.throws(() => going.orders.decreaseSent(going.order, C(3)), /cannot be changed now/);
});

test('who watches is told of an order when it rests, of its new id, and once of its end', () => {
  const told: string[] = [];
  const orders = new Orders({
    rests: (order) => told.push(`rests ${order.orderId}`),
    ended: (order) => told.push(`ended ${order.orderId}`),
  });
  const order = orders.sent('c-1', 0, BID, OLD, C(10), T(0));
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  orders.doubt(order, T(2));
  orders.observe(
    { orderId: 'x-1', clientOrderId: 'c-1', status: 'resting', fillCount: C(0), remainingCount: C(10) },
    T(3),
  );
  orders.changed(order, orders.amendSent(order, NEW, C(10)), { ...result(10), orderId: 'x-2' }, T(4));
  orders.canceled(order, C(10), T(5));
  orders.canceled(order, C(10), T(6));
  assert.deepEqual(told, ['rests x-1', 'rests x-1', 'rests x-2', 'ended x-2']);
  const refused = orders.sent('c-2', 0, BID, OLD, C(10), T(7));
  orders.rejected(refused);
  assert.deepEqual(told.slice(4), ['ended ']);
});

test('an amend that comes back under another id is followed under it, and found by both', () => {
  const { orders, order } = resting();
  orders.changed(order, orders.amendSent(order, NEW, C(10)), { ...result(10), orderId: 'x-2' }, T(3));
  assert.equal(order.orderId, 'x-2');
  assert.equal(orders.byExchange('x-1'), order);
  assert.equal(orders.byExchange('x-2'), order);
});

test('our own moves are not taken for other people: the book is told of them by both its frames', () => {
  const { orders, order } = resting();
  orders.bookChanged(0, BID, OLD, C(10));
  orders.amendSent(order, NEW, C(12));
  orders.bookChanged(0, BID, OLD, -C(10));
  assert.deepEqual([orders.restingAt(0, BID, OLD, T(1)), orders.restingAt(0, BID, NEW, T(1))], [0, 0]);
  orders.bookChanged(0, BID, NEW, C(12));
  assert.deepEqual([orders.restingAt(0, BID, OLD, T(1)), orders.restingAt(0, BID, NEW, T(1))], [0, C(12)]);
});
