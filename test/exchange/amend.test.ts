import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ASK, BID, type Price } from '../../engine/units/index.ts';
import { Bench, cents, lots, refusal, START_US } from './support/bench.ts';

const bench = (options = {}): Bench => new Bench(options).fund('a').fund('b').fund('c');

describe('queue places', () => {
  const crowd = (): Bench => {
    const t = bench();
    t.place('a', BID, 50, 5, { clientOrderId: 'a' });
    t.place('b', BID, 50, 5, { clientOrderId: 'b' });
    return t;
  };
  const idOf = (t: Bench, name: string): string =>
    [...t.exchange.orders.values()].find((o) => o.clientOrderId === name)!.orderId;

  test('decrease keeps the place; to nothing cancels; never up', () => {
    const t = crowd();
    t.exchange.decrease('a', idOf(t, 'a'), lots(2));
    assert.equal(t.queue(BID, 50), 'a:2 b:5');
    assert.equal(t.exchange.orders.get(idOf(t, 'a'))!.initialCount, 200);
    assert.equal(
      refusal(() => t.exchange.decrease('a', idOf(t, 'a'), lots(3))),
      '400 invalid_order_size',
    );
    t.exchange.decrease('a', idOf(t, 'a'), lots(0));
    assert.equal(t.queue(BID, 50), 'b:5');
    assert.equal(
      refusal(() => t.exchange.decrease('a', idOf(t, 'a'), lots(0))),
      '404 not_found',
    );
  });

  const amended: readonly [string, number, number, string][] = [
    ['down at the same price keeps the place', 50, 3, 'a:3 b:5'],
    ['the same again keeps the place', 50, 5, 'a:5 b:5'],
    ['up goes to the back', 50, 6, 'b:5 a:6'],
  ];
  for (const [name, c, n, queue] of amended) {
    test(`amend: ${name}`, () => {
      const t = crowd();
      t.exchange.amend('a', idOf(t, 'a'), { side: BID, price: cents(c), total: lots(n) });
      assert.equal(t.queue(BID, 50), queue);
    });
  }

  test('amend: another price goes to the back there, and back again to the back here', () => {
    const t = crowd();
    const id = idOf(t, 'a');
    t.exchange.amend('a', id, { side: BID, price: cents(49), total: lots(5) });
    assert.equal(t.queue(BID, 49), 'a:5');
    t.exchange.amend('a', id, { side: BID, price: cents(50), total: lots(5) });
    assert.equal(t.queue(BID, 50), 'b:5 a:5');
    assert.equal(t.total(BID, 50), 10);
  });

  test('amend counts what has filled: the total is filled plus wanted', () => {
    const t = crowd();
    t.place('c', ASK, 50, 2);
    const order = t.exchange.amend('a', idOf(t, 'a'), { side: BID, price: cents(50), total: lots(4) });
    assert.deepEqual([order.fillCount, order.remainingCount, order.initialCount], [200, 200, 400]);
    assert.equal(t.queue(BID, 50), 'a:2 b:5');
    assert.equal(
      refusal(() => t.exchange.amend('a', order.orderId, { side: BID, price: cents(50), total: lots(2) })),
      '400 invalid_order_size',
    );
  });

  test('an amend that crosses takes; what is left rests', () => {
    const t = crowd();
    t.place('c', ASK, 52, 3);
    const order = t.exchange.amend('a', idOf(t, 'a'), { side: BID, price: cents(52), total: lots(5) });
    assert.deepEqual([order.fillCount, order.remainingCount], [300, 200]);
    assert.equal(t.queue(BID, 52), 'a:2');
    assert.equal(t.fills.at(-1)!.isTaker, true);
  });

  test('a refused amend changes nothing', () => {
    const t = crowd();
    const id = idOf(t, 'a');
    const act = (price: Price, total: number, side: 0 | 1 = BID): string =>
      refusal(() => t.exchange.amend('a', id, { side, price, total: lots(total), clientOrderId: 'new' }));
    assert.equal(act(cents(50.5), 5), '400 invalid_price');
    assert.equal(act(cents(50), 5, ASK), '400 order_side_mismatch');
    assert.equal(act(cents(50), 10_000_000), '400 insufficient_balance');
    const order = t.exchange.orders.get(id)!;
    assert.deepEqual(
      [order.clientOrderId, order.price, order.remainingCount, order.initialCount],
      ['a', 5000, 500, 500],
    );
    assert.equal(t.queue(BID, 50), 'a:5 b:5');
  });

  test('an amend may bring a new client order id; old and new both stay used', () => {
    const t = crowd();
    const id = idOf(t, 'a');
    t.exchange.amend('a', id, { side: BID, price: cents(50), total: lots(5), clientOrderId: 'a2' });
    assert.equal(t.queue(BID, 50), 'a2:5 b:5');
    for (const clientOrderId of ['a', 'a2'])
      assert.equal(
        refusal(() => t.place('a', BID, 40, 1, { clientOrderId })),
        '409 order_already_exists',
      );
    const other = t.place('a', BID, 40, 1);
    assert.equal(
      refusal(() =>
        t.exchange.amend('a', other.orderId, { side: BID, price: cents(40), total: lots(1), clientOrderId: 'a' }),
      ),
      '409 order_already_exists',
    );
  });

  test('an amend onto its own account is refused, or stops there by the other reading', () => {
    for (const amendSelfCross of ['refuse', 'cancel'] as const) {
      const t = bench({ rules: { amendSelfCross } });
      const order = t.place('a', BID, 40, 5, { clientOrderId: 'mine' });
      t.place('b', ASK, 50, 2);
      t.place('a', ASK, 50, 5, { clientOrderId: 'own' });
      const ends = refusal(() => t.exchange.amend('a', order.orderId, { side: BID, price: cents(50), total: lots(5) }));
      assert.equal(ends, amendSelfCross === 'refuse' ? '400 self_cross_attempt' : 'accepted');
      assert.equal(t.queue(BID, 40), amendSelfCross === 'refuse' ? 'mine:5' : '');
      assert.deepEqual(
        [order.status, order.fillCount],
        amendSelfCross === 'refuse' ? ['resting', 0] : ['canceled', 200],
      );
      // Two contracts reach only what others rest: no meeting, no refusal.
      const small = t.place('a', BID, 41, 1, { clientOrderId: 'small' });
      t.place('c', ASK, 49, 1);
      t.exchange.amend('a', small.orderId, { side: BID, price: cents(50), total: lots(1) });
      assert.equal(small.status, 'executed');
    }
  });

  test('a post-only order amended across takes, or is refused by the other reading', () => {
    for (const amendPostOnly of ['take', 'refuse'] as const) {
      const t = bench({ rules: { amendPostOnly } });
      const order = t.place('a', BID, 40, 5, { postOnly: true });
      t.place('b', ASK, 50, 5);
      const ends = refusal(() => t.exchange.amend('a', order.orderId, { side: BID, price: cents(50), total: lots(5) }));
      assert.equal(ends, amendPostOnly === 'take' ? 'accepted' : '400 invalid_order: post only cross');
      assert.equal(order.fillCount, amendPostOnly === 'take' ? 500 : 0);
    }
  });
});

describe('time', () => {
  const inSeconds = (s: number): number => START_US / 1_000_000 + s;

  test('an order expires at its second, and nobody trades with it from then on', () => {
    const t = bench();
    t.place('a', ASK, 50, 5, { expirationSeconds: inSeconds(10), clientOrderId: 'x' });
    t.pass(9_999_999);
    t.exchange.tick();
    assert.equal(t.total(ASK, 50), 5);
    t.pass(1);
    // No tick in between: the create itself must find the order gone.
    const order = t.place('b', BID, 50, 5);
    assert.equal(order.fillCount, 0);
    assert.deepEqual(t.orders.find((o) => o.id === 'x' && o.status === 'canceled')?.reason, 'ExpiryCancel');
  });

  test('an expiry in the past, or with an order that cannot rest, is refused', () => {
    const t = bench();
    for (const s of [0, -5])
      assert.equal(
        refusal(() => t.place('a', BID, 50, 1, { expirationSeconds: inSeconds(s) })),
        '400 bad_request',
      );
    for (const timeInForce of ['immediate_or_cancel', 'fill_or_kill'] as const)
      assert.equal(
        refusal(() => t.place('a', BID, 50, 1, { expirationSeconds: inSeconds(5), timeInForce })),
        '400 bad_request',
      );
  });

  test('at the close what rests goes, and every operation is refused', () => {
    const t = new Bench({ closeTime: START_US + 5_000_000 }).fund('a');
    const order = t.place('a', BID, 50, 5, { clientOrderId: 'x' });
    t.pass(5_000_000);
    assert.equal(
      refusal(() => t.exchange.cancel('a', order.orderId)),
      '400 market_inactive',
    );
    assert.deepEqual([order.status, order.reason, t.total(BID, 50)], ['canceled', 'CloseCancel', 0]);
    for (const act of [
      () => t.place('a', BID, 50, 1),
      () => t.exchange.decrease('a', order.orderId, lots(1)),
      () => t.exchange.amend('a', order.orderId, { side: BID, price: cents(51), total: lots(5) }),
    ])
      assert.equal(refusal(act), '400 market_inactive');
  });

  test('a market listed later closes at its own time', () => {
    const t = bench();
    t.exchange.tick();
    t.list('N', 0, { closeTime: START_US + 1_000_000 });
    t.pass(1_000_000);
    assert.equal(
      refusal(() => t.place('a', BID, 50, 1, { ticker: 'N' })),
      '400 market_inactive',
    );
    assert.equal(t.place('a', BID, 50, 1).status, 'resting');
  });
});
