import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LINEAR_CENT } from '../../engine/market/index.ts';
import { type Order, type OrderChange, Orders, remaining } from '../../engine/orders/index.ts';
import {
  Quotes,
  type Replace,
  reconcileSide,
  SidePlan,
  type SideTargets,
  type Tolerance,
} from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, count, type Price, price, type Side, type TimeUs } from '../../engine/units/index.ts';

const levelOf = (at: Price): number => LINEAR_CENT.level(at);
const STRICT: Tolerance = { levelsBehind: 0, countShare: 0 };
const EASY: Tolerance = { levelsBehind: 1, countShare: 0.1 };

type Wish = readonly [cents: number, contracts: number];

function targets(side: Side, wishes: readonly Wish[]): SideTargets {
  const quotes = new Quotes();
  quotes.begin(LINEAR_CENT);
  for (const [cents, contracts] of wishes) {
    if (side === BID) quotes.bid(price(cents * 100), count(contracts * 100), 5, 0.7);
    else quotes.ask(price(cents * 100), count(contracts * 100), 5, 0.7);
  }
  assert.equal(quotes.fault, '');
  return quotes.side(side);
}

/** A session's live orders of one side. Each: cents, contracts, contracts filled, and what else happened to it. */
class Side1 {
  readonly orders = new Orders();
  readonly side: Side;
  private made = 0;

  constructor(side: Side) {
    this.side = side;
  }

  rest(cents: number, contracts: number, filled = 0, then: 'none' | 'cancelling' | 'sent' | 'unknown' = 'none'): Order {
    const id = `c-${this.made++}`;
    const now = 1 as TimeUs;
    const order = this.orders.sent(id, 0, this.side, price(cents * 100), count(contracts * 100), now);
    if (then === 'sent') return order;
    this.orders.accepted(order, `x-${id}`, count(filled * 100), count((contracts - filled) * 100), now);
    if (then === 'cancelling') this.orders.cancelSent(order);
    if (then === 'unknown') this.orders.doubt(order, now);
    return order;
  }

  /** The exchange carried a change out. */
  answer(order: Order, change: OrderChange, left: Count): void {
    this.orders.changed(
      order,
      change,
      { orderId: order.orderId, remainingCount: left, time: 2 as TimeUs },
      2 as TimeUs,
    );
  }

  plan(wishes: readonly Wish[], tolerance: Tolerance, replace: Replace = 'cancel_create'): SidePlan {
    const plan = new SidePlan();
    const blocked = this.orders.isBlocked(0, this.side);
    reconcileSide(
      this.side,
      targets(this.side, wishes),
      this.orders.on(0, this.side),
      blocked,
      levelOf,
      tolerance,
      replace,
      plan,
    );
    return plan;
  }
}

const creates = (plan: SidePlan): Wish[] => plan.creates.map((c) => [c.price / 100, c.count / 100]);

for (const [name, side, better] of [
  ['bids', BID, 1],
  ['asks', ASK, -1],
] as const) {
  test(`${name}: an empty side gets every target, with its edge and urgency`, () => {
    const plan = new Side1(side).plan(
      [
        [47, 10],
        [45, 13],
      ],
      STRICT,
    );
    assert.deepEqual(creates(plan), [
      [47, 10],
      [45, 13],
    ]);
    assert.deepEqual([plan.creates[0]!.edge, plan.creates[0]!.urgency], [5, 0.7]);
    assert.equal(plan.cancels.length, 0);
  });

  test(`${name}: an order that matches exactly is kept and nothing is sent`, () => {
    const s = new Side1(side);
    s.rest(47, 10);
    const plan = s.plan([[47, 10]], STRICT);
    assert.deepEqual([plan.cancels, plan.creates], [[], []]);
  });

  test(`${name}: an order one level behind is kept when tolerated, pulled when not`, () => {
    const s = new Side1(side);
    const order = s.rest(47 - better, 10);
    const kept = s.plan([[47, 10]], EASY);
    assert.deepEqual([kept.cancels, kept.creates], [[], []]);
    const pulled = s.plan([[47, 10]], STRICT);
    assert.deepEqual(pulled.cancels, [order]);
    assert.deepEqual(pulled.creates, [], 'its contracts are alive until it is known to be gone');
  });

  test(`${name}: an order ahead of its target is always pulled, however tolerant we are`, () => {
    const s = new Side1(side);
    const order = s.rest(47 + better, 10);
    const plan = s.plan([[47, 10]], { levelsBehind: 5, countShare: 1 });
    assert.deepEqual(plan.cancels, [order]);
    assert.deepEqual(plan.creates, []);
  });

  test(`${name}: an order one level behind does not take the place of the one that is right`, () => {
    const s = new Side1(side);
    const behind = s.rest(47 - better, 10);
    s.rest(47, 10);
    const plan = s.plan([[47, 10]], EASY);
    assert.deepEqual(plan.cancels, [behind]);
  });

  test(`${name}: after a partial fill a second order tops up, the first keeps its queue place`, () => {
    const s = new Side1(side);
    s.rest(47, 10, 6);
    const plan = s.plan([[47, 10]], EASY);
    assert.deepEqual(plan.cancels, []);
    assert.deepEqual(creates(plan), [[47, 6]]);
  });

  test(`${name}: a remainder within the tolerance is not topped up`, () => {
    const s = new Side1(side);
    s.rest(47, 10, 1);
    assert.deepEqual(creates(s.plan([[47, 10]], EASY)), []);
    assert.deepEqual(creates(s.plan([[47, 10]], STRICT)), [[47, 1]]);
  });

  test(`${name}: an order larger than its target is made smaller and keeps its place`, () => {
    const s = new Side1(side);
    const order = s.rest(47, 20, 5);
    const plan = s.plan([[47, 10]], STRICT);
    assert.deepEqual([plan.cancels, plan.amends, plan.creates], [[], [], []]);
    assert.deepEqual(plan.decreases, [{ order, left: count(1000) }]);
  });

  test(`${name}: an order that has to move is moved by one request, to the wanted size and no further`, () => {
    const s = new Side1(side);
    const order = s.rest(40, 10, 4);
    const plan = s.plan([[47, 20]], STRICT, 'amend');
    assert.deepEqual([plan.cancels, plan.decreases, plan.creates], [[], [], []]);
    assert.deepEqual(
      plan.amends.map((a) => [a.order, a.price, a.count]),
      [[order, price(4700), count(2000)]],
    );
  });

  test(`${name}: two orders and one target: one is moved, the other pulled`, () => {
    const s = new Side1(side);
    s.rest(40, 10);
    s.rest(41, 10);
    const plan = s.plan([[47, 10]], STRICT, 'amend');
    assert.deepEqual([plan.amends.length, plan.cancels.length, plan.creates.length], [1, 1, 0]);
    assert.equal(plan.amends[0]!.count, count(1000));
  });

  test(`${name}: while a move is under way the larger of both sizes is alive, and nothing is sent twice`, () => {
    const s = new Side1(side);
    const order = s.rest(40, 10);
    s.orders.amendSent(order, price(4700), count(2000));
    const plan = s.plan([[47, 20]], STRICT, 'amend');
    assert.deepEqual([plan.amends, plan.cancels, plan.creates, plan.decreases], [[], [], [], []]);
    // The target has moved on: behind it the answer is awaited, ahead of it the order is pulled.
    assert.equal(s.plan([[47 + better, 20]], STRICT, 'amend').cancels.length, 0);
    assert.deepEqual(s.plan([[47 - better, 20]], STRICT, 'amend').cancels, [order]);
    assert.deepEqual(s.plan([], STRICT, 'amend').cancels, [order]);
  });

  test(`${name}: a pending cancel still counts as alive: no replacement until it is gone`, () => {
    const s = new Side1(side);
    const order = s.rest(40, 10, 0, 'cancelling');
    const waiting = s.plan([[47, 10]], STRICT);
    assert.deepEqual([waiting.cancels, waiting.creates], [[], []], 'not cancelled twice, not doubled');
    s.orders.canceled(order, count(1000), 2 as TimeUs);
    assert.deepEqual(creates(s.plan([[47, 10]], STRICT)), [[47, 10]]);
  });

  test(`${name}: a cancel that lost half to a fill frees only the other half`, () => {
    const s = new Side1(side);
    s.rest(40, 10, 5, 'cancelling');
    assert.deepEqual(creates(s.plan([[47, 10]], STRICT)), [[47, 5]]);
  });

  test(`${name}: an unanswered create counts as alive and cannot be cancelled yet`, () => {
    const s = new Side1(side);
    s.rest(40, 10, 0, 'sent');
    const plan = s.plan([[47, 10]], STRICT);
    assert.deepEqual([plan.cancels, plan.creates], [[], []]);
  });

  test(`${name}: a side with an unknown order gets no creates, and its other orders may still be pulled`, () => {
    const s = new Side1(side);
    s.rest(47, 1, 0, 'unknown');
    const stray = s.rest(30, 5);
    const plan = s.plan([[47, 100]], STRICT);
    assert.deepEqual([plan.cancels, plan.creates], [[stray], []]);
  });

  test(`${name}: no targets: everything that rests is pulled`, () => {
    const s = new Side1(side);
    const resting = [s.rest(47, 10), s.rest(45, 10)];
    s.rest(44, 10, 0, 'cancelling');
    const plan = s.plan([], EASY);
    assert.deepEqual([plan.cancels, plan.creates], [resting, []]);
  });
}

test('a side whose orders are all too small for its target is not pulled bare: the largest is moved, the rest follows', () => {
  const s = new Side1(BID);
  const small = s.rest(40, 1);
  const large = s.rest(41, 2);
  const plan = s.plan([[47, 100]], STRICT, 'amend');
  assert.deepEqual(plan.cancels, [small]);
  assert.deepEqual(
    plan.amends.map((a) => [a.order, a.price, a.count]),
    [[large, 4700, 9900]],
  );
  assert.equal(plan.creates.length, 0);
});

test('an order whose price left the grid is pulled, not taken for the lowest target`s neighbour', () => {
  const orders = new Orders();
  const order = orders.sent('c', 0, BID, 50 as Price, count(1000), 1 as TimeUs);
  orders.accepted(order, 'x', 0 as Count, count(1000), 1 as TimeUs);
  const plan = new SidePlan();
  reconcileSide(BID, targets(BID, [[1, 10]]), [order], false, levelOf, EASY, 'cancel_create', plan);
  assert.deepEqual(plan.cancels, [order]);
});

test('a plan is written over, not added to', () => {
  const s = new Side1(BID);
  s.rest(40, 10);
  const plan = new SidePlan();
  for (let n = 0; n < 2; n++) {
    reconcileSide(BID, targets(BID, [[47, 30]]), s.orders.on(0, BID), false, levelOf, STRICT, 'cancel_create', plan);
    assert.equal(plan.cancels.length, 1);
    assert.deepEqual(creates(plan), [[47, 20]]);
  }
});

const liveOrder = fc.record({
  cents: fc.integer({ min: 40, max: 50 }),
  contracts: fc.integer({ min: 1, max: 30 }),
  filled: fc.integer({ min: 0, max: 29 }),
  fate: fc.constantFrom('none', 'none', 'none', 'cancelling', 'sent', 'unknown'),
});
const wish = fc.tuple(fc.integer({ min: 40, max: 50 }), fc.integer({ min: 1, max: 30 }));

test('never more alive and created than wanted; nothing pulled twice; blocked sides create nothing', () => {
  let created = 0;
  let pulled = 0;
  let moved = 0;
  let shrunk = 0;
  fc.assert(
    fc.property(
      fc.constantFrom<Side>(BID, ASK),
      fc.array(liveOrder, { maxLength: 6, size: 'max' }),
      fc.array(wish, { maxLength: 5, size: 'max' }),
      fc.record({ levelsBehind: fc.integer({ min: 0, max: 2 }), countShare: fc.constantFrom(0, 0.1, 0.5) }),
      fc.constantFrom<Replace>('amend', 'cancel_create'),
      (side, live, wishes, tolerance, replace) => {
        const s = new Side1(side);
        for (const o of live) s.rest(o.cents, o.contracts, Math.min(o.filled, o.contracts - 1), o.fate as 'none');
        const plan = s.plan(wishes, tolerance, replace);
        let alive = 0;
        for (const order of s.orders.on(0, side)) alive += remaining(order);
        const grown = plan.amends.reduce((sum, a) => sum + Math.max(0, a.count - remaining(a.order)), 0);
        const added = plan.creates.reduce((sum, c) => sum + c.count, grown);
        const total = wishes.reduce((sum, [, n]) => sum + n * 100, 0);
        assert.ok(added === 0 || alive + added <= total, `${alive} alive and ${added} new for ${total}`);
        if (live.some((o) => o.fate === 'unknown')) assert.equal(plan.creates.length, 0);
        const touched = [...plan.cancels, ...plan.amends.map((a) => a.order), ...plan.decreases.map((d) => d.order)];
        assert.equal(new Set(touched).size, touched.length);
        for (const order of touched) assert.deepEqual([order.life, order.cancel], ['resting', 'none']);
        for (const d of plan.decreases) assert.ok(d.left > 0 && d.left < remaining(d.order));
        for (const c of [...plan.creates, ...plan.amends]) {
          assert.ok(c.count > 0 && Number.isSafeInteger(c.count));
          assert.ok(
            wishes.some(([cents]) => cents * 100 === c.price),
            'only at prices that are wanted',
          );
        }
        // Never naked: where something is wanted and nothing is kept, an order that can be moved is.
        const free = s.orders.on(0, side).filter((o) => o.life === 'resting' && o.cancel === 'none');
        const kept = free.filter((o) => !plan.cancels.includes(o));
        if (
          replace === 'amend' &&
          wishes.length > 0 &&
          free.length > 0 &&
          live.every((o) => o.fate !== 'unknown' && o.fate !== 'sent')
        )
          assert.ok(kept.length > 0, `${plan.cancels.length} pulled, none kept or moved`);
        // What is kept is at a target or tolerably behind one; all that is ahead of every target is pulled.
        const away = (cents: number, at: Price): number => (side === BID ? cents - at / 100 : at / 100 - cents);
        for (const order of s.orders.on(0, side)) {
          if (order.life !== 'resting' || order.cancel !== 'none' || plan.cancels.includes(order)) continue;
          if (plan.amends.some((a) => a.order === order)) continue;
          const fits = wishes.some(
            ([c]) => away(c, order.price) >= 0 && away(c, order.price) <= tolerance.levelsBehind,
          );
          assert.ok(fits, `kept at ${order.price}`);
        }
        created += plan.creates.length;
        moved += plan.amends.length;
        shrunk += plan.decreases.length;
        pulled += plan.cancels.length;
      },
    ),
    { seed: 51, numRuns: 4000 },
  );
  assert.ok(created > 400 && pulled > 1500, `${created} creates, ${pulled} cancels seen`);
  assert.ok(moved > 400 && shrunk > 100, `${moved} amends, ${shrunk} decreases seen`);
});

test('carried out again and again, a plan comes to rest with exactly what is wanted', () => {
  const distinct = fc.uniqueArray(wish, { selector: ([c]) => c, maxLength: 5, size: 'max' });
  const resting = fc.array(liveOrder, { maxLength: 6, size: 'max' });
  fc.assert(
    fc.property(fc.constantFrom<Side>(BID, ASK), resting, distinct, fc.boolean(), (side, live, wishes, amends) => {
      const s = new Side1(side);
      for (const o of live) s.rest(o.cents, o.contracts, Math.min(o.filled, o.contracts - 1));
      let rounds = 0;
      for (; ; rounds++) {
        assert.ok(rounds < 4, 'it does not flap');
        const plan = s.plan(wishes, STRICT, amends ? 'amend' : 'cancel_create');
        const { cancels, creates: made, amends: moved, decreases } = plan;
        if (cancels.length + made.length + moved.length + decreases.length === 0) break;
        for (const { order, left } of decreases) s.answer(order, s.orders.decreaseSent(order, left), left);
        for (const { order, price: at, count: left } of moved)
          s.answer(order, s.orders.amendSent(order, at, count(order.fillCount + left)), left);
        for (const order of plan.cancels) s.orders.canceled(order, remaining(order), 2 as TimeUs);
        for (const c of plan.creates) s.rest(c.price / 100, c.count / 100);
      }
      const at = new Map<number, number>();
      for (const o of s.orders.on(0, side)) at.set(o.price / 100, (at.get(o.price / 100) ?? 0) + remaining(o) / 100);
      assert.deepEqual(at, new Map([...at.keys()].map((c) => [c, new Map(wishes).get(c)])));
      assert.equal(at.size, wishes.length);
    }),
    { seed: 52, numRuns: 1500 },
  );
});

test('an order taken over that lies between the steps of our grid serves nothing: it is moved to where one is wanted, or pulled', () => {
  for (const side of [BID, ASK] as const) {
    const own = new Side1(side);
    const order = own.rest(47.25, 10);
    for (const tolerance of [STRICT, EASY]) {
      const moved = own.plan([[47, 10]], tolerance, 'amend');
      assert.deepEqual(
        moved.amends.map((a) => [a.order, a.price, a.count]),
        [[order, 4700, 1000]],
      );
      assert.deepEqual([moved.creates.length, moved.cancels.length], [0, 0]);
      const pulled = own.plan([[47, 10]], tolerance);
      assert.deepEqual([pulled.creates.length, pulled.amends.length, pulled.cancels], [0, 0, [order]]);
      assert.deepEqual(own.plan([], tolerance, 'amend').cancels, [order]);
    }
  }
});
