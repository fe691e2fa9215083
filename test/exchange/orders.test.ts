import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DECI_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Price } from '../../engine/units/index.ts';
import { Bench, cents, lots, refusal, START_US } from './support/bench.ts';

const bench = (options = {}): Bench => new Bench(options).fund('a').fund('b').fund('c');

describe('matching', () => {
  test('best price first, then oldest first, and the taker pays the maker price', () => {
    const t = bench();
    t.place('a', ASK, 52, 5, { clientOrderId: 'late' });
    t.place('b', ASK, 51, 3, { clientOrderId: 'best' });
    t.place('b', ASK, 52, 4, { clientOrderId: 'later' });
    const taker = t.place('c', BID, 60, 10, { timeInForce: 'immediate_or_cancel' });
    assert.deepEqual(
      t.fills.filter((f) => !f.isTaker).map((f) => [f.clientOrderId, f.price, f.count]),
      [
        ['best', 5100, 300],
        ['late', 5200, 500],
        ['later', 5200, 200],
      ],
    );
    assert.equal(taker.status, 'executed');
    assert.equal(t.queue(ASK, 52), 'later:2');
  });

  test('the remainder of a limit order rests at its own price', () => {
    const t = bench();
    t.place('a', ASK, 50, 2);
    const order = t.place('b', BID, 55, 5, { clientOrderId: 'x' });
    assert.deepEqual([order.fillCount, order.remainingCount, order.status], [200, 300, 'resting']);
    assert.equal(t.queue(BID, 55), 'x:3');
  });

  test('immediate-or-cancel leaves nothing behind', () => {
    const t = bench();
    t.place('a', ASK, 50, 2);
    const order = t.place('b', BID, 55, 5, { timeInForce: 'immediate_or_cancel' });
    assert.deepEqual([order.fillCount, order.remainingCount, order.status], [200, 0, 'canceled']);
    assert.equal(t.total(BID, 55), 0);
  });

  test('fill-or-kill takes all of it or is refused without a trace', () => {
    const t = bench();
    t.place('a', ASK, 50, 2);
    t.place('a', ASK, 51, 2);
    const fok = { timeInForce: 'fill_or_kill', clientOrderId: 'k' } as const;
    assert.equal(
      refusal(() => t.place('b', BID, 50, 3, fok)),
      '409 fill_or_kill_insufficient_resting_volume',
    );
    assert.equal(t.fills.length, 0);
    assert.equal(t.total(ASK, 50), 2);
    const order = t.place('b', BID, 51, 3, fok);
    assert.deepEqual([order.status, order.fillCount], ['executed', 300]);
  });

  test('fill-or-kill that would meet its own account is carried out like immediate-or-cancel', () => {
    const t = bench();
    t.place('a', ASK, 50, 2);
    t.place('b', ASK, 50, 2, { clientOrderId: 'own' });
    const stopped = t.place('b', BID, 50, 4, { timeInForce: 'fill_or_kill' });
    assert.deepEqual([stopped.status, stopped.fillCount, stopped.reason], ['canceled', 200, 'SelfTradeCancel']);
    assert.equal(t.queue(ASK, 50), 'own:2');
    const pulls = t.place('b', BID, 50, 2, { timeInForce: 'fill_or_kill', selfTrade: 'maker' });
    assert.deepEqual([pulls.status, pulls.fillCount], ['canceled', 0]);
    assert.equal(t.queue(ASK, 50), '');
  });
});

describe('self trades', () => {
  test('taker_at_cross: what filled before stands, the remainder is cancelled and does not rest', () => {
    const t = bench();
    t.place('a', ASK, 50, 2);
    t.place('b', ASK, 51, 5, { clientOrderId: 'own' });
    const order = t.place('b', BID, 52, 10);
    assert.deepEqual(
      [order.status, order.fillCount, order.remainingCount, order.reason],
      ['canceled', 200, 0, 'SelfTradeCancel'],
    );
    assert.equal(t.queue(ASK, 51), 'own:5');
    assert.equal(t.total(BID, 52), 0);
  });

  test('maker: the resting order goes and matching continues', () => {
    const t = bench();
    t.place('b', ASK, 50, 5, { clientOrderId: 'own' });
    t.place('a', ASK, 51, 4);
    const order = t.place('b', BID, 51, 6, { selfTrade: 'maker', clientOrderId: 'in' });
    assert.deepEqual([order.fillCount, order.remainingCount], [400, 200]);
    assert.deepEqual(
      t.orders.filter((o) => o.id === 'own').map((o) => `${o.status} ${o.reason}`),
      ['resting ', 'canceled SelfTradeCancel'],
    );
    assert.equal(t.queue(BID, 51), 'in:2');
  });
});

describe('what is refused', () => {
  test('post-only that would cross; the same at a price that does not cross rests', () => {
    const t = bench();
    t.place('a', ASK, 50, 2);
    assert.equal(
      refusal(() => t.place('b', BID, 50, 1, { postOnly: true })),
      '400 invalid_order: post only cross',
    );
    assert.equal(t.place('b', BID, 49, 1, { postOnly: true }).status, 'resting');
  });

  test('post-only by the other reading: accepted and cancelled', () => {
    const t = bench({ rules: { postOnlyCross: 'cancel' } });
    t.place('a', ASK, 50, 2);
    const order = t.place('b', BID, 50, 1, { postOnly: true });
    assert.deepEqual([order.status, order.reason, order.fillCount], ['canceled', 'PostOnlyCrossCancel', 0]);
    assert.equal(t.total(ASK, 50), 2);
    assert.deepEqual(t.exchange.restingOf('b'), []);
  });

  test('prices off the grid, at 0, at a dollar; counts of nothing or less', () => {
    const t = bench();
    for (const c of [50.5, 0, 100])
      assert.equal(
        refusal(() => t.place('a', BID, c, 1)),
        '400 invalid_price',
      );
    for (const n of [0, -1])
      assert.equal(
        refusal(() => t.place('a', BID, 50, n)),
        '400 invalid_order_size',
      );
    const fine = new Bench({ grid: DECI_CENT }).fund('a');
    assert.equal(fine.place('a', BID, 50.5, 1).status, 'resting');
  });

  test('a market that does not exist, a shard never funded, the wrong shard', () => {
    const t = new Bench({ markets: { M: 0, N: 2 } }).fund('a');
    assert.equal(
      refusal(() => t.place('a', BID, 50, 1, { ticker: 'X' })),
      '404 market_not_found',
    );
    assert.match(
      refusal(() => t.place('a', BID, 50, 1, { ticker: 'N' })),
      /^404 user_not_found: .*Shard/,
    );
    assert.equal(
      refusal(() => t.place('a', BID, 50, 1, { exchangeIndex: 2 })),
      '404 market_not_found',
    );
    assert.equal(t.place('a', BID, 50, 1, { exchangeIndex: 0 }).status, 'resting');
    assert.equal(t.place('a', BID, 50, 1, { exchangeIndex: -1 }).status, 'resting');
    const routed = new Bench({ rules: { wrongShardCreate: 'route' } }).fund('a');
    assert.equal(routed.place('a', BID, 50, 1, { exchangeIndex: 2 }).status, 'resting');
  });

  test('a client order id never frees up, not after a cancel, not for another account either way', () => {
    const t = bench();
    const first = t.place('a', BID, 40, 1, { clientOrderId: 'dup' });
    assert.equal(
      refusal(() => t.place('a', BID, 41, 1, { clientOrderId: 'dup' })),
      '409 order_already_exists',
    );
    t.exchange.cancel('a', first.orderId);
    assert.equal(
      refusal(() => t.place('a', BID, 41, 1, { clientOrderId: 'dup' })),
      '409 order_already_exists',
    );
    assert.equal(t.place('b', BID, 41, 1, { clientOrderId: 'dup' }).status, 'resting');
  });

  test('a refused create leaves its client order id free, or not by the other reading', () => {
    for (const refusedUsesClientId of [false, true]) {
      const t = bench({ rules: { refusedUsesClientId } });
      assert.equal(
        refusal(() => t.place('a', BID, 50.5, 1, { clientOrderId: 'r' })),
        '400 invalid_price',
      );
      const again = refusal(() => t.place('a', BID, 50, 1, { clientOrderId: 'r' }));
      assert.equal(again, refusedUsesClientId ? '409 order_already_exists' : 'accepted');
    }
  });
});

describe('money', () => {
  test('an order costs its collateral and its fee, to the cent', () => {
    // 100 at 50c: 50.00 and a taker fee of 1.75, reserved because the order may take.
    for (const [amount, ends] of [
      ['51.75', 'accepted'],
      ['51.7499', '400 insufficient_balance'],
    ] as const) {
      const t = new Bench().fund('a', amount);
      assert.equal(
        refusal(() => t.place('a', BID, 50, 100)),
        ends,
      );
    }
    const bare = new Bench({ rules: { reserveFees: false } }).fund('a', '50');
    assert.equal(
      refusal(() => bare.place('a', BID, 50, 100)),
      'accepted',
    );
  });

  test('an ask costs the complement', () => {
    const t = new Bench({ rules: { reserveFees: false } }).fund('a', '20');
    assert.equal(
      refusal(() => t.place('a', ASK, 80, 101)),
      '400 insufficient_balance',
    );
    assert.equal(
      refusal(() => t.place('a', ASK, 80, 100)),
      'accepted',
    );
    assert.equal(
      refusal(() => t.place('a', BID, 1, 1)),
      '400 insufficient_balance',
    );
  });

  test('every pair that closes pays one dollar: long 10, sold at 60, brings 6.00', () => {
    const t = bench();
    t.place('a', ASK, 40, 10);
    t.place('b', BID, 40, 10);
    const before = t.cash('b');
    t.place('c', BID, 60, 10);
    t.place('b', ASK, 60, 10);
    assert.equal(t.position('b'), 0);
    const fee = t.fills.at(-1)!.fee / 1e6;
    assert.ok(Math.abs(t.cash('b') - before - (6 - fee)) < 1e-9);
    const { exposure, realized, cashFlow, traded, volume } = t.exchange.account('b').holding('M');
    assert.deepEqual([exposure, realized, cashFlow, volume], [0, 2_000_000, 2_000_000, 2000]);
    assert.equal(traded, 4_000_000 + 4_000_000);
  });

  test('a position that turns is opened at the new price: average cost starts over', () => {
    const t = bench();
    t.place('a', ASK, 40, 10);
    t.place('b', BID, 40, 10);
    t.place('c', BID, 70, 15);
    t.place('b', ASK, 70, 15);
    const h = t.exchange.account('b').holding('M');
    assert.equal(t.position('b'), -5);
    assert.deepEqual([h.exposure, h.realized], [5 * 300_000, 3_000_000]);
  });

  test('closing orders hold back nothing, their opening part does', () => {
    const t = new Bench({ rules: { reserveFees: false } }).fund('a').fund('b', '4');
    t.place('a', ASK, 40, 10);
    t.place('b', BID, 40, 10);
    t.exchange.account('b').cash.set(0, lots(0) as never);
    assert.equal(
      refusal(() => t.place('b', ASK, 90, 10)),
      'accepted',
    );
    assert.equal(
      refusal(() => t.place('b', ASK, 90, 1)),
      '400 insufficient_balance',
    );
  });

  test('a maker fee is held back by the order that may pay it', () => {
    const t = new Bench({ feeType: 'quadratic_with_maker_fees' }).fund('a', '1000');
    t.place('a', BID, 50, 100);
    assert.equal(t.exchange.reservedOn('a', 0, null), 50_437_500);
  });
});

describe('reduce-only', () => {
  test('is cut to the position and only goes immediate-or-cancel', () => {
    const t = bench();
    t.place('a', ASK, 50, 3);
    t.place('b', BID, 50, 3);
    t.place('c', BID, 45, 10);
    assert.match(
      refusal(() => t.place('b', ASK, 45, 10, { reduceOnly: true })),
      /^400 invalid_order: reduce only/,
    );
    const order = t.place('b', ASK, 45, 10, { reduceOnly: true, timeInForce: 'immediate_or_cancel' });
    assert.deepEqual([order.initialCount, order.fillCount, order.status], [300, 300, 'executed']);
    assert.equal(t.position('b'), 0);
  });

  test('with nothing to reduce it is cancelled, or refused by the other reading', () => {
    const ioc = { reduceOnly: true, timeInForce: 'immediate_or_cancel' } as const;
    const t = bench();
    t.place('c', BID, 45, 10);
    const order = t.place('b', ASK, 45, 10, ioc);
    assert.deepEqual([order.status, order.reason, order.fillCount], ['canceled', 'ReduceOnlyCancel', 0]);
    assert.equal(t.position('b'), 0);
    const strict = bench({ rules: { reduceOnlyEmpty: 'refuse' } });
    assert.equal(
      refusal(() => strict.place('b', ASK, 45, 10, ioc)),
      '400 invalid_order: reduce only',
    );
  });
});

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

test('somebody else can neither cancel, nor change, nor learn of an order', () => {
  const t = bench();
  const { orderId } = t.place('a', BID, 50, 5);
  for (const act of [
    () => t.exchange.cancel('b', orderId),
    () => t.exchange.decrease('b', orderId, lots(1)),
    () => t.exchange.amend('b', orderId, { side: BID, price: cents(50), total: lots(1) }),
  ])
    assert.equal(refusal(act), '404 not_found');
  assert.equal(t.total(BID, 50), 5);
});
