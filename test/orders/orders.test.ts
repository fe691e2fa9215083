import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Order, type OrderEvidence, Orders, remaining } from '../../engine/orders/index.ts';
import { ASK, BID, type Count, count, price, type Side, type TimeUs } from '../../engine/units/index.ts';

const T = (seconds: number): TimeUs => (1_781_159_489_000_000 + seconds * 1_000_000) as TimeUs;
const C = (contracts: number): Count => count(contracts * 100);

/** A session with one order handed over: 10 contracts at 47 cents in market 3. */
function sent(side: Side = BID): { orders: Orders; order: Order } {
  const orders = new Orders();
  return { orders, order: orders.sent('c-1', 3, side, price(4700), C(10), T(0)) };
}

function said(status: string, fill: number, left: number, ids: Partial<OrderEvidence> = {}): OrderEvidence {
  return { orderId: 'x-1', clientOrderId: 'c-1', status, fillCount: C(fill), remainingCount: C(left), ...ids };
}

test('an order counts as exposure from the moment it is handed over', () => {
  const { orders, order } = sent();
  assert.equal(order.life, 'sent');
  assert.equal(orders.liveCount, 1);
  assert.equal(orders.exposure(3, BID), C(10));
  assert.equal(orders.exposure(3, ASK), 0);
  assert.equal(orders.restingAt(3, BID, price(4700), T(1)), 0, 'the book does not show it yet');
  orders.bookChanged(3, BID, price(4700), C(10));
  assert.equal(orders.restingAt(3, BID, price(4700), T(1)), C(10));
  assert.equal(orders.restingAt(3, BID, price(4800), T(1)), 0);
  assert.deepEqual(orders.on(3, BID), [order]);
});

test('fill before the acknowledgement: it is booked once and the late acknowledgement changes nothing', () => {
  const { orders, order } = sent();
  orders.booked(order, C(10), T(1));
  assert.equal(order.life, 'done');
  assert.equal(order.doneReason, 'filled');
  orders.accepted(order, 'x-1', C(10), C(0), T(2));
  assert.equal(order.life, 'done');
  assert.equal(order.fillCount, C(10));
  assert.equal(orders.exposure(3, BID), 0);
  assert.equal(orders.byExchange('x-1'), order, 'the id is learnt all the same');
});

test('partial fill before the acknowledgement: an acknowledgement that knows less does not take it back', () => {
  const { orders, order } = sent();
  orders.booked(order, C(4), T(1));
  orders.accepted(order, 'x-1', C(0), C(10), T(2));
  assert.equal(order.life, 'resting');
  assert.equal(order.fillCount, C(4));
  assert.equal(orders.exposure(3, BID), C(6));
});

test('late acknowledgement after done: the order stays dead', () => {
  const { orders, order } = sent();
  orders.observe(said('canceled', 0, 0), T(1));
  orders.accepted(order, 'x-1', C(0), C(10), T(2));
  assert.equal(order.life, 'done');
  assert.equal(order.doneReason, 'canceled');
  assert.equal(orders.liveCount, 0);
});

test('lost answer, then found resting: blocked in between, free afterwards', () => {
  const { orders, order } = sent();
  orders.doubt(order, T(5));
  assert.equal(orders.unknownCount, 1);
  assert.equal(orders.isBlocked(3, BID), true);
  assert.equal(orders.isBlocked(3, ASK), false);
  assert.equal(orders.exposure(3, BID), C(10), 'it may be there: it counts');
  orders.observe(said('resting', 2, 8), T(6));
  assert.equal(order.life, 'resting');
  assert.equal(order.orderId, 'x-1');
  assert.equal(orders.unknownCount, 0);
  assert.equal(orders.isBlocked(3, BID), false);
  assert.equal(orders.exposure(3, BID), C(8));
});

test('lost answer, never found: only enough reads in a row make it absent', () => {
  const { orders, order } = sent();
  orders.doubt(order, T(5));
  assert.equal(orders.absentFromRead(order), 1);
  assert.equal(orders.absentFromRead(order), 2);
  orders.observe(said('resting', 0, 10), T(6));
  assert.equal(order.absentReads, 0, 'one read that shows it starts the count again');
  orders.doubt(order, T(7));
  assert.equal(orders.absentFromRead(order), 1);
  orders.absent(order);
  assert.deepEqual([order.life, order.doneReason, orders.unknownCount, orders.liveCount], ['done', 'absent', 0, 0]);
});

test('doubting twice does not count the order twice nor restart its clock', () => {
  const { orders, order } = sent();
  orders.doubt(order, T(5));
  orders.doubt(order, T(9));
  assert.equal(orders.unknownCount, 1);
  assert.equal(order.unknownSince, T(5));
});

test('cancel racing a fill: what the cancel did not take off had filled, and those fills are owed to us', () => {
  const { orders, order } = sent();
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  orders.cancelSent(order);
  orders.canceled(order, C(7), T(2));
  assert.deepEqual([order.life, order.doneReason, order.fillCount], ['done', 'canceled', C(3)]);
  assert.deepEqual(orders.missingFills(), [order]);
  assert.equal(order.fillsMissingSince, T(2));
  orders.booked(order, C(3), T(3));
  assert.deepEqual(orders.missingFills(), []);
});

test('404 on a cancel: the order is unknown and blocks its side, it is not written off', () => {
  const { orders, order } = sent();
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  orders.cancelSent(order);
  orders.cancelFoundNothing(order, T(2));
  assert.equal(order.life, 'unknown');
  assert.equal(orders.isBlocked(3, BID), true);
  assert.equal(orders.exposure(3, BID), C(10));
  orders.observe(said('executed', 10, 0), T(3));
  assert.deepEqual([order.life, order.doneReason], ['done', 'filled']);
  assert.equal(orders.missingFills().length, 1, 'filled, but the fills themselves are still to come');
});

test('404 on a cancel, then a read older than a fill we know: it does not put the order back to resting', () => {
  const { orders, order } = sent();
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  orders.booked(order, C(6), T(2));
  orders.cancelFoundNothing(order, T(3));
  orders.observe(said('resting', 2, 8), T(4));
  assert.equal(order.life, 'unknown', 'that was its state before the fill of 6');
  assert.equal(orders.isBlocked(3, BID), true);
  orders.observe(said('resting', 6, 4), T(5));
  assert.equal(order.life, 'resting');
});

test('lost answer to a cancel: the side is blocked until a read shows the order or its end', () => {
  const { orders, order } = sent();
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  orders.cancelSent(order);
  orders.cancelDoubted(order, T(2));
  assert.equal(orders.isBlocked(3, BID), true);
  orders.cancelWithdrawn(order);
  assert.equal(order.cancel, 'unknown', 'a lost cancel cannot be withdrawn');
  orders.observe(said('resting', 0, 10), T(3));
  assert.equal(order.cancel, 'none');
  assert.equal(orders.isBlocked(3, BID), false);
});

test('a cancel that never left can be sent again', () => {
  const { orders, order } = sent();
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  orders.cancelSent(order);
  assert.equal(order.cancel, 'sent');
  orders.cancelWithdrawn(order);
  assert.equal(order.cancel, 'none');
  assert.equal(order.life, 'resting');
});

test('a lagging read must not resurrect a done order', () => {
  for (const kill of ['canceled', 'executed']) {
    const { orders, order } = sent();
    orders.observe(said(kill, kill === 'executed' ? 10 : 3, 0), T(1));
    const { doneReason, fillCount } = order;
    orders.observe(said('resting', 0, 10), T(2));
    orders.doubt(order, T(3));
    orders.cancelSent(order);
    orders.cancelDoubted(order, T(3));
    orders.absent(order);
    orders.rejected(order);
    assert.deepEqual(
      [order.life, order.doneReason, order.fillCount, order.cancel],
      ['done', doneReason, fillCount, 'none'],
    );
    assert.deepEqual([orders.liveCount, orders.unknownCount, orders.exposure(3, BID)], [0, 0, 0]);
  }
});

test('refused: the order never was; refused although it has filled or has an id: it is in doubt, not forgotten', () => {
  const plain = sent();
  plain.orders.rejected(plain.order);
  assert.deepEqual([plain.order.life, plain.order.doneReason], ['done', 'rejected']);

  const filled = sent();
  filled.orders.booked(filled.order, C(1), T(1));
  filled.orders.rejected(filled.order);
  assert.equal(filled.order.life, 'unknown');
  assert.equal(filled.orders.unknownCount, 1);
  assert.equal(filled.orders.exposure(3, BID), C(9));

  const gone = sent();
  gone.orders.accepted(gone.order, 'x-1', C(0), C(10), T(1));
  gone.orders.cancelFoundNothing(gone.order, T(2));
  gone.orders.rejected(gone.order);
  assert.equal(gone.order.life, 'unknown', 'an acknowledged order cannot have been refused');

  const resting = sent();
  resting.orders.observe(said('resting', 0, 10), T(1));
  resting.orders.rejected(resting.order);
  assert.equal(resting.order.life, 'resting');
});

test('a request that never left this machine leaves nothing behind, unless it shows at the exchange after all', () => {
  const plain = sent();
  plain.orders.neverSent(plain.order);
  assert.deepEqual([plain.order.life, plain.orders.liveCount], ['done', 0]);
  const there = sent();
  there.orders.booked(there.order, C(1), T(1));
  there.orders.neverSent(there.order);
  assert.equal(there.order.life, 'unknown');
});

test('acknowledged with nothing left: filled when all filled, cancelled when not', () => {
  const all = sent();
  all.orders.accepted(all.order, 'x-1', C(10), C(0), T(1));
  assert.equal(all.order.doneReason, 'filled');
  const some = sent();
  some.orders.accepted(some.order, 'x-1', C(4), C(0), T(1));
  assert.deepEqual([some.order.doneReason, some.order.fillCount], ['canceled', C(4)]);
});

test('fill reported by the order before the fills arrive: the gap is dated from its beginning and closes', () => {
  const { orders, order } = sent();
  orders.observe(said('resting', 4, 6), T(1));
  orders.observe(said('resting', 5, 5), T(2));
  assert.equal(order.fillsMissingSince, T(1));
  orders.booked(order, C(4), T(3));
  assert.equal(order.fillsMissingSince, T(1), 'one contract is still missing');
  orders.booked(order, C(1), T(4));
  assert.equal(order.fillsMissingSince, 0);
  assert.equal(remaining(order), C(5));
});

test('a status word we do not know puts the order in doubt', () => {
  const { orders, order } = sent();
  orders.observe(said('pending_review', 0, 10), T(1));
  assert.equal(order.life, 'unknown');
  assert.equal(orders.isBlocked(3, BID), true);
});

test('reuse of a client id is refused, also after the order is done', () => {
  const { orders, order } = sent();
  assert.throws(() => orders.sent('c-1', 4, ASK, price(100), C(1), T(1)), /c-1 was used before/);
  orders.rejected(order);
  assert.throws(() => orders.sent('c-1', 4, ASK, price(100), C(1), T(1)), /c-1 was used before/);
  assert.equal(orders.liveCount, 0);
});

test('another order under our client id: what is said about it is not applied to ours', () => {
  const { orders, order } = sent();
  orders.accepted(order, 'x-1', C(0), C(10), T(1));
  assert.equal(orders.observe(said('canceled', 10, 0, { orderId: 'x-2' }), T(2)), undefined);
  assert.deepEqual([order.life, order.fillCount], ['resting', 0]);
});

test('evidence about orders that are not ours is not ours', () => {
  const { orders } = sent();
  assert.equal(orders.observe(said('resting', 0, 5, { orderId: 'y', clientOrderId: '' }), T(1)), undefined);
  assert.equal(orders.observe(said('resting', 0, 5, { orderId: 'y', clientOrderId: 'other' }), T(1)), undefined);
  assert.equal(orders.liveCount, 1);
});

test('a long session forgets finished orders, but none whose fills are still missing', () => {
  const orders = new Orders();
  const owing = orders.sent('owing', 0, BID, price(4700), C(10), T(0));
  orders.accepted(owing, 'x-owing', C(10), C(0), T(1));
  for (let n = 0; n < 10_100; n++) {
    const order = orders.sent(`c-${n}`, 0, BID, price(4700), C(1), T(2));
    orders.accepted(order, `x-${n}`, C(0), C(1), T(2));
    // The first one goes on under another id.
    const moved = { orderId: `y-${n}`, remainingCount: C(1), time: T(2) };
    if (n === 0) orders.changed(order, orders.amendSent(order, price(4800), C(1)), moved, T(2));
    orders.canceled(order, C(1), T(3));
  }
  assert.equal(orders.byClient('c-0'), undefined);
  assert.equal(orders.byExchange('y-0'), undefined);
  assert.equal(orders.byExchange('x-0'), undefined);
  assert.ok(orders.byClient('c-10099'));
  assert.deepEqual(orders.missingFills(), [owing]);
  assert.equal(orders.byExchange('x-owing'), owing);
  assert.equal(orders.liveCount, 0);
});

test('fills known of and not booked yet belong to the worst case of their side, done or not', () => {
  const { orders, order } = sent();
  orders.observe(said('executed', 10, 0), T(2));
  assert.equal(order.life, 'done');
  assert.equal(orders.exposure(3, BID), 0);
  assert.equal(orders.unbooked(3, BID), C(10));
  assert.equal(orders.unbooked(3, ASK), 0);
  orders.booked(order, C(4), T(3));
  assert.equal(orders.unbooked(3, BID), C(6));
  orders.booked(order, C(6), T(4));
  assert.equal(orders.unbooked(3, BID), 0);
});

test('fills booked under an id nobody knew yet are counted once the order is known by it', () => {
  const { orders, order } = sent();
  orders.doubt(order, T(1));
  orders.bookedEarly('x-1', C(3));
  orders.bookedEarly('x-1', C(7));
  orders.observe(said('executed', 10, 0), T(2));
  assert.equal(order.bookedCount, C(10));
  assert.deepEqual(orders.missingFills(), []);
});
