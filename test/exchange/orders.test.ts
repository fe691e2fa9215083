import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DECI_CENT } from '../../engine/market/index.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { Bench, cents, lots, refusal } from './support/bench.ts';

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
