import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { intendedLeft, type Order, type OrderChange, Orders, remaining, SIDES } from '../../engine/orders/index.ts';
import { BID, type Count, count, price, type Side, type TimeUs } from '../../engine/units/index.ts';

/** Anything the world may tell about one of the orders, true or stale, in any order and as often as it likes. */
interface Evidence {
  readonly order: number;
  readonly kind: (typeof KINDS)[number];
  readonly a: number;
  readonly b: number;
}

const KINDS = [
  'accepted',
  'rejected',
  'neverSent',
  'doubt',
  'cancelSent',
  'cancelWithdrawn',
  'cancelDoubted',
  'canceled',
  'cancelFoundNothing',
  'resting',
  'executed',
  'canceledSeen',
  'strangeSeen',
  'booked',
  'absentFromRead',
  'absent',
  'amendSent',
  'decreaseSent',
  'changed',
  'changeWithdrawn',
  'changeFoundNothing',
  'changeDoubted',
  'shapeSeen',
] as const;

/** The change each order is told about: the last that was sent. */
const sentChanges = new WeakMap<Order, OrderChange>();

const SIZE = 1000;
const evidence: fc.Arbitrary<Evidence> = fc.record({
  order: fc.integer({ min: 0, max: 5 }),
  kind: fc.constantFrom(...KINDS),
  a: fc.integer({ min: 0, max: SIZE }),
  b: fc.integer({ min: 0, max: SIZE }),
});

/** The statuses a full description may carry, by the kind of evidence. */
const STATUS: Readonly<Record<string, string>> = {
  resting: 'resting',
  executed: 'executed',
  canceledSeen: 'canceled',
  strangeSeen: 'unheard_of',
};

function apply(orders: Orders, order: Order, e: Evidence, time: TimeUs): void {
  const a = count(e.a);
  const orderId = `x-${order.clientOrderId}`;
  const status = STATUS[e.kind];
  if (status !== undefined) {
    const { clientOrderId } = order;
    orders.observe({ orderId, clientOrderId, status, fillCount: a, remainingCount: count(e.b) }, time);
    return;
  }
  switch (e.kind) {
    case 'accepted':
      return orders.accepted(order, orderId, a, count(e.b), time);
    case 'doubt':
      return orders.doubt(order, time);
    case 'cancelDoubted':
      return orders.cancelDoubted(order, time);
    case 'canceled':
      return orders.canceled(order, a, time);
    case 'cancelFoundNothing':
      return orders.cancelFoundNothing(order, time);
    case 'booked':
      return orders.booked(order, count(Math.ceil(e.a / 10)), time);
    case 'absentFromRead':
      orders.absentFromRead(order);
      return;
    case 'amendSent':
    case 'decreaseSent': {
      if (order.life !== 'resting' || order.cancel !== 'none' || order.change !== null) return;
      const left = Math.max(1, remaining(order) - 1) as Count;
      const to = count(order.fillCount + 1 + e.b);
      sentChanges.set(
        order,
        e.kind === 'amendSent'
          ? orders.amendSent(order, price(100 * (1 + (e.a % 90))), to)
          : orders.decreaseSent(order, left),
      );
      return;
    }
    case 'changed':
    case 'changeWithdrawn':
    case 'changeFoundNothing':
    case 'changeDoubted': {
      const change = sentChanges.get(order);
      if (change === undefined) return;
      if (e.kind === 'changeWithdrawn') return orders.changeWithdrawn(order, change);
      if (e.kind === 'changeFoundNothing') return orders.changeFoundNothing(order, change, time);
      if (e.kind === 'changeDoubted') return orders.changeDoubted(order, change, time);
      const left = e.a % 3 === 0 ? null : (Math.max(0, change.left - (e.b % 3)) as Count);
      return orders.changed(order, change, { orderId, remainingCount: left, time: 0 as TimeUs }, time);
    }
    case 'shapeSeen': {
      const { clientOrderId } = order;
      const shape = {
        status: 'resting',
        fillCount: a,
        remainingCount: count(e.b),
        price: price(100 + 100 * (e.a % 90)),
      };
      orders.observe({ orderId, clientOrderId, ...shape, updatedTime: (e.a * 1000) as TimeUs }, time);
      return;
    }
    case 'rejected':
    case 'neverSent':
    case 'cancelSent':
    case 'cancelWithdrawn':
    case 'absent':
      return orders[e.kind](order);
    default:
      assert.fail(`no such evidence: ${e.kind}`);
  }
}

/** Told twice these are two events, or nothing is kept of them. */
const UNREPEATABLE: readonly Evidence['kind'][] = ['booked', 'absentFromRead'];

/** Counters and lookups against a recount over all orders. */
function assertConsistent(orders: Orders, all: readonly Order[]): void {
  const live = all.filter((o) => o.life !== 'done');
  assert.equal(orders.liveCount, live.length, 'live orders');
  assert.equal(orders.unknownCount, live.filter((o) => o.life === 'unknown').length, 'unknown orders');
  assert.deepEqual(new Set(orders.all()), new Set(live));
  for (const market of [0, 1]) {
    for (const side of SIDES) {
      const here = live.filter((o) => o.market === market && o.side === side);
      let exposure = 0;
      for (const o of here) exposure += remaining(o);
      assert.deepEqual(new Set(orders.on(market, side)), new Set(here));
      assert.equal(orders.exposure(market, side), exposure);
      assert.ok(exposure >= 0);
      const doubtful = (o: Order): boolean => [o.life, o.cancel, o.change?.life].includes('unknown');
      const blocked = here.some(doubtful);
      assert.equal(orders.isBlocked(market, side), blocked);
    }
  }
  const behind = all.filter((o) => o.bookedCount < o.fillCount);
  assert.deepEqual(new Set(orders.missingFills()), new Set(behind), 'orders whose fills are missing');
}

test('no order and repetition of evidence takes a fill back, revives a done order or upsets a counter', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(evidence, { minLength: 20, maxLength: 120, size: 'max' }), (list) => {
      const orders = new Orders();
      const all = Array.from({ length: 6 }, (_, n) =>
        orders.sent(`c-${n}`, n % 2, (n % 3 === 0 ? 1 : BID) as Side, price(100 * (n + 1)), SIZE as Count, 1 as TimeUs),
      );
      for (const [n, e] of list.entries()) {
        const order = all[e.order]!;
        const before = { ...order };
        apply(orders, order, e, (n + 2) as TimeUs);
        reached.add(`${order.life} ${order.doneReason}`.trim());
        assert.ok(order.fillCount >= before.fillCount, 'a fill never falls');
        assert.ok(order.bookedCount >= before.bookedCount);
        assert.ok(order.fillCount >= order.bookedCount);
        const grows = e.kind === 'amendSent' || e.kind === 'changed' || e.kind === 'shapeSeen';
        assert.ok(
          remaining(order) >= 0 && (grows || remaining(order) <= remaining(before)),
          'what may fill never grows',
        );
        assert.ok(order.leastCount <= order.initialCount);
        assert.ok(intendedLeft(order) <= remaining(order));
        const change = before.change;
        if (change !== null && order.change === change && order.life !== 'done') {
          const filled = Math.max(order.fillCount, order.bookedCount);
          if (change.kind === 'amend') assert.ok(remaining(order) >= change.total - filled, 'the new size counts');
          assert.ok(remaining(order) >= Math.min(order.initialCount - filled, order.leftAtMost), 'and the old one');
        }
        if (before.life === 'done') {
          assert.equal(order.life, 'done');
          assert.equal(order.doneReason, before.doneReason);
          assert.equal(order.cancel, 'none');
          assert.equal(order.change, null);
        }
        if (before.orderId !== '') assert.equal(order.orderId, before.orderId);
        assertConsistent(orders, all);
      }
    }),
    { seed: 21, numRuns: 500 },
  );
  const ends = ['done absent', 'done canceled', 'done filled', 'done rejected', 'resting', 'sent', 'unknown'];
  assert.deepEqual([...reached].sort(), ends, 'every state was visited');
});

test('whatever came before, one final description ends the doubt, and telling it again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(evidence, { maxLength: 40, size: 'max' }),
      fc.constantFrom('executed', 'canceledSeen'),
      (list, last) => {
        const orders = new Orders();
        const order = orders.sent('c-0', 0, BID, price(4700), SIZE as Count, 1 as TimeUs);
        for (const [n, e] of list.entries()) apply(orders, order, e, (n + 2) as TimeUs);
        const final: Evidence = { order: 0, kind: last as Evidence['kind'], a: SIZE, b: 0 };
        apply(orders, order, final, 1000 as TimeUs);
        assert.equal(order.life, 'done');
        assert.deepEqual([orders.liveCount, orders.unknownCount, orders.isBlocked(0, BID)], [0, 0, false]);
        const settled = { ...order };
        for (const e of [final, ...list.filter((x) => !UNREPEATABLE.includes(x.kind))]) {
          apply(orders, order, e, 2000 as TimeUs);
        }
        assert.deepEqual({ ...order }, settled);
      },
    ),
    { seed: 22, numRuns: 800 },
  );
});
