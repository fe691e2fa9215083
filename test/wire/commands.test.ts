import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID, count, price } from '../../engine/units/index.ts';
import {
  amendOrderBody,
  type CreateOrder,
  cancelOrderQuery,
  cancelOrdersBody,
  changedOrder,
  createOrderBody,
  createOrdersBody,
  decreaseOrderBody,
  orderPath,
  snapshotCommand,
  subscribeCommand,
  unsubscribeCommand,
} from '../../engine/wire/index.ts';

const ORDER: CreateOrder = {
  ticker: 'KXTEST-26NOV23-A',
  clientOrderId: 'h-1',
  side: BID,
  price: price(4750),
  count: count(1050),
  groupId: 'g-1',
  exchangeIndex: 2,
  expirationSeconds: 1_781_159_520,
};

test('a create: decimal texts, post-only, in its group, on its shard, pulled on a pause, expiring by itself', () => {
  assert.deepEqual(JSON.parse(createOrdersBody([ORDER])), {
    orders: [
      {
        ticker: 'KXTEST-26NOV23-A',
        client_order_id: 'h-1',
        side: 'bid',
        count: '10.50',
        price: '0.4750',
        time_in_force: 'good_till_canceled',
        post_only: true,
        self_trade_prevention_type: 'taker_at_cross',
        cancel_order_on_pause: true,
        order_group_id: 'g-1',
        exchange_index: 2,
        expiration_time: 1_781_159_520,
      },
    ],
  });
});

test('an ask names the YES price, not the complement; no expiry is an absent field', () => {
  const body = JSON.parse(createOrdersBody([{ ...ORDER, side: ASK, price: price(1), expirationSeconds: 0 }, ORDER]));
  assert.equal(body.orders.length, 2);
  assert.deepEqual([body.orders[0].side, body.orders[0].price], ['ask', '0.0001']);
  assert.equal('expiration_time' in body.orders[0], false);
});

test('free text cannot break out of the body', () => {
  const body = JSON.parse(createOrdersBody([{ ...ORDER, groupId: 'a","post_only":false,"x":"' }]));
  assert.equal(body.orders[0].post_only, true);
  assert.equal(body.orders[0].order_group_id, 'a","post_only":false,"x":"');
});

test('a cancel always names its market and shard: unrouted it would only look on shard 0', () => {
  assert.deepEqual(JSON.parse(cancelOrdersBody([{ orderId: 'o', ticker: 'T', exchangeIndex: 3 }])), {
    orders: [{ order_id: 'o', exchange_index: 3, market_ticker: 'T' }],
  });
});

test('subscriptions: the book always says whose money its prices are in; no tickers means all', () => {
  assert.deepEqual(JSON.parse(subscribeCommand(1, 'orderbook_delta', ['A', 'B'])), {
    id: 1,
    cmd: 'subscribe',
    params: { channels: ['orderbook_delta'], market_tickers: ['A', 'B'], use_yes_price: true },
  });
  assert.deepEqual(JSON.parse(subscribeCommand(2, 'fill', [])), {
    id: 2,
    cmd: 'subscribe',
    params: { channels: ['fill'] },
  });
  assert.deepEqual(JSON.parse(unsubscribeCommand(3, 7)), { id: 3, cmd: 'unsubscribe', params: { sids: [7] } });
  assert.deepEqual(JSON.parse(snapshotCommand(4, 7, ['A'])), {
    id: 4,
    cmd: 'update_subscription',
    params: { sids: [7], action: 'get_snapshot', market_tickers: ['A'] },
  });
});

test('an amend names the new total, a decrease what shall be left; both say where the order is', () => {
  const { ticker, side, exchangeIndex } = ORDER;
  assert.deepEqual(JSON.parse(amendOrderBody({ ticker, side, price: price(4800), total: count(700), exchangeIndex })), {
    ticker,
    side: 'bid',
    price: '0.4800',
    count: '7.00',
    exchange_index: 2,
  });
  assert.deepEqual(JSON.parse(decreaseOrderBody({ ticker, left: count(250), exchangeIndex })), {
    reduce_to: '2.50',
    exchange_index: 2,
    market_ticker: ticker,
  });
  assert.equal(orderPath('x/1', 'amend'), '/portfolio/events/orders/x%2F1/amend');
  assert.equal(orderPath('x-1'), '/portfolio/events/orders/x-1');
  assert.equal(
    cancelOrderQuery({ orderId: 'x', ticker: 'A B', exchangeIndex: 3 }),
    'exchange_index=3&market_ticker=A%20B',
  );
  assert.deepEqual(JSON.parse(createOrderBody(ORDER)), JSON.parse(createOrdersBody([ORDER])).orders[0]);
});

test('the answer to an amend that changed nothing says nothing of what rests', () => {
  const told = changedOrder({ order_id: 'x', remaining_count: '3.00', fill_count: '1.00', ts_ms: 1_781_159_370_164 });
  assert.deepEqual(told, { orderId: 'x', remainingCount: 300, time: 1_781_159_370_164_000 });
  assert.deepEqual(changedOrder({ order_id: 'x', remaining_count: null }), {
    orderId: 'x',
    remainingCount: null,
    time: 0,
  });
  assert.throws(() => changedOrder({ order_id: 'x', remaining_count: 3 }));
});
