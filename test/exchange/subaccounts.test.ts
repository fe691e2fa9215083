import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import { Bench } from './support/bench.ts';
import { type Client, type Json, Venue } from './support/venue.ts';

const rows = async (a: Client, url: string, key: string): Promise<Json[]> => (await a.get(url)).body[key] as Json[];
const code = (reply: { readonly body: Json }): unknown => (reply.body['error'] as Json)['code'];

/** A venue whose account `a` has subaccount 1 on shard 0, with this much money. */
async function withOne(t: Parameters<typeof Venue.open>[0], cents = 100_00): Promise<Venue> {
  const venue = await Venue.open(t, { markets: { M: 0, N: 2 }, feeMultiplier: '0' });
  assert.deepEqual((await venue.a.post('/portfolio/subaccounts', {})).body, { subaccount_number: 1 });
  const body = { client_transfer_id: 'first', from_subaccount: 0, to_subaccount: 1, amount_cents: cents };
  assert.equal((await venue.a.post('/portfolio/subaccounts/transfer', body)).status, 200);
  return venue;
}

describe('subaccounts', () => {
  test('are opened per shard, lowest number first, and have balances of their own', async (t) => {
    const { a } = await withOne(t);
    assert.equal((await a.post('/portfolio/subaccounts', {})).body['subaccount_number'], 2);
    assert.equal((await a.post('/portfolio/subaccounts', { exchange_index: 2 })).body['subaccount_number'], 1);
    assert.equal((await a.post('/portfolio/subaccounts', { exchange_index: 9 })).status, 404);
    const balances = await rows(a, '/portfolio/subaccounts/balances', 'subaccount_balances');
    assert.deepEqual(
      balances.map((b) => [b['subaccount_number'], b['exchange_index'], b['balance']]),
      [
        [0, 0, '9900.0000'],
        [0, 2, '10000.0000'],
        [1, 0, '100.0000'],
        [1, 2, '0.0000'],
        [2, 0, '0.0000'],
      ],
    );
    assert.equal((await a.get('/portfolio/balance?subaccount=1')).body['balance_dollars'], '100.0000');
    assert.equal((await a.get('/portfolio/balance')).body['balance_dollars'], '19900.0000');
    assert.equal((await a.get('/portfolio/balance?subaccount=64')).status, 400);
  });

  test('need more than the Basic level', async (t) => {
    const { a } = await Venue.open(t, {}, { tier: 'basic' });
    assert.equal((await a.post('/portfolio/subaccounts', {})).status, 403);
  });

  test('pay with their own money, hold their own positions, and are named in orders, fills and frames', async (t) => {
    const venue = await withOne(t, 5_00);
    const { a, bench } = venue;
    const feed = await venue.feed(a);
    await feed.command({
      id: 1,
      cmd: 'subscribe',
      params: { channels: ['fill', 'user_orders', 'market_positions'] },
    });
    bench.background(ASK, 40, 50);
    assert.equal(code(await a.order({ count: '20.00', subaccount: 1 })), 'insufficient_balance');
    assert.equal((await a.order({ count: '10.00', subaccount: 1 })).body['fill_count'], '10.00');
    assert.deepEqual([bench.position('a'), bench.position('a', 'M', 1), bench.cash('a', 0, 1)], [0, 10, 1]);
    await feed.drained();
    const field = (type: string, name: string): unknown => feed.frames.find((f) => f.type === type)!.msg[name];
    assert.deepEqual(
      [field('fill', 'subaccount'), field('user_order', 'subaccount_number'), field('market_position', 'subaccount')],
      [1, 1, 1],
    );
    assert.equal((await rows(a, '/portfolio/positions', 'market_positions')).length, 0);
    assert.equal((await rows(a, '/portfolio/positions?subaccount=1', 'market_positions')).length, 1);
    for (const [list, key] of [
      ['fills', 'fills'],
      ['orders', 'orders'],
    ] as const) {
      assert.equal((await rows(a, `/portfolio/${list}`, key)).length, 1, 'all subaccounts unless one is named');
      assert.equal((await rows(a, `/portfolio/${list}?subaccount=0`, key)).length, 0);
      assert.equal((await rows(a, `/portfolio/${list}?subaccount=1`, key))[0]!['subaccount_number'], 1);
    }
    assert.equal(code(await a.order({ subaccount: 2 })), 'user_not_found');
    assert.equal(code(await a.order({ ticker: 'N', subaccount: 1 })), 'user_not_found', 'not opened on that shard');
  });

  test('an order is found under its own subaccount only; 0 is meant where none is named', async (t) => {
    const { a } = await withOne(t);
    const id = (await a.order({ subaccount: 1 })).body['order_id'];
    const url = `/portfolio/events/orders/${id}`;
    const amend = { ticker: 'M', side: 'bid', price: '0.4100', count: '1.00' };
    const dec = { reduce_to: '0.50', exchange_index: 0 };
    assert.deepEqual(
      [
        (await a.delete(url)).status,
        (await a.post(`${url}/amend`, amend)).status,
        (await a.post(`${url}/decrease`, dec)).status,
      ],
      [404, 404, 404],
    );
    const query = '?market_tickers=M';
    assert.equal((await rows(a, `/portfolio/orders/queue_positions${query}`, 'queue_positions')).length, 0);
    assert.equal(
      (await rows(a, `/portfolio/orders/queue_positions${query}&subaccount=1`, 'queue_positions')).length,
      1,
    );
    assert.equal((await a.post(`${url}/amend?subaccount=1`, amend)).status, 200);
    assert.equal((await a.post(`${url}/decrease?subaccount=1`, dec)).status, 200);
    const batch = { orders: [{ order_id: id }, { order_id: id, subaccount: 1 }] };
    const { orders } = (await a.delete('/portfolio/events/orders/batched', batch)).body as { orders: Json[] };
    assert.deepEqual(
      orders.map((o) => o['reduced_by']),
      ['0.00', '0.50'],
    );
  });

  test('order groups belong to one', async (t) => {
    const { a, bench } = await withOne(t);
    const made = await a.post('/portfolio/order_groups/create', { contracts_limit: 5, subaccount: 1 });
    const id = made.body['order_group_id'];
    assert.equal(made.body['subaccount'], 1);
    assert.equal(code(await a.order({ order_group_id: id })), 'order_group_not_found');
    assert.equal((await a.order({ order_group_id: id, subaccount: 1 })).status, 201);
    assert.equal((await a.call('PUT', `/portfolio/order_groups/${id}/trigger`, {})).status, 404);
    assert.equal((await a.get(`/portfolio/order_groups/${id}?subaccount=0`)).status, 404);
    assert.equal((await rows(a, '/portfolio/order_groups?subaccount=0', 'order_groups')).length, 0);
    assert.equal((await rows(a, '/portfolio/order_groups', 'order_groups')).length, 1);
    assert.equal((await a.call('PUT', `/portfolio/order_groups/${id}/trigger?subaccount=1`, {})).status, 200);
    assert.equal(bench.exchange.restingOf('a').length, 0);
  });

  test('of one account do not trade with each other', () => {
    const t = new Bench().fund('a').fund('a', '100', 0, 1);
    const mine = t.place('a', BID, 40, 5, { subaccount: 1 });
    const stopped = t.place('a', ASK, 40, 5);
    assert.deepEqual([mine.status, stopped.status, stopped.reason], ['resting', 'canceled', 'SelfTradeCancel']);
    t.place('a', ASK, 40, 5, { selfTrade: 'maker' });
    assert.deepEqual([mine.status, mine.reason], ['canceled', 'SelfTradeCancel']);
  });

  test('money moves between them once per transfer id, and never more than is free', async (t) => {
    const { a, bench } = await withOne(t);
    const move = (id: string, cents: number, more: Json = {}): Promise<{ status: number; body: Json }> =>
      a.post('/portfolio/subaccounts/transfer', {
        client_transfer_id: id,
        from_subaccount: 1,
        to_subaccount: 0,
        amount_cents: cents,
        ...more,
      });
    bench.place('a', BID, 40, 100, { subaccount: 1 });
    assert.equal((await move('first', 10)).status, 409);
    assert.equal(code(await move('x', 60_01)), 'insufficient_balance');
    assert.equal((await move('x', 60_00)).status, 200);
    assert.equal(code(await move('y', 1, { to_subaccount: 5 })), 'user_not_found');
    assert.equal(code(await move('y', 0)), 'invalid_parameters');
    assert.equal(code(await move('y', 5, { to_subaccount: 1 })), 'invalid_parameters');
    assert.equal(bench.cash('a') + bench.cash('a', 0, 1), 10_000);
    const list = await rows(a, '/portfolio/subaccounts/transfers?limit=1', 'transfers');
    assert.deepEqual(
      list.map(({ transfer_id: _, created_ts: __, ...rest }) => rest),
      [{ from_subaccount: 1, to_subaccount: 0, amount_cents: 60_00, exchange_index: 0 }],
    );
  });
});

describe('money between shards', () => {
  const body = (amount: number, from: number, to: number, more: Json = {}): Json => ({
    source: 'event_contract',
    destination: 'event_contract',
    amount,
    source_exchange_shard: from,
    destination_exchange_shard: to,
    ...more,
  });
  const URL = '/portfolio/intra_exchange_instance_transfer';

  test('must be there before an order: a shard never funded knows nobody', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 2 } });
    const { a, bench } = venue;
    bench.exchange.account('a').cash.delete(2);
    assert.equal(code(await a.order({ ticker: 'N' })), 'user_not_found');
    assert.equal((await a.post(URL, body(4000, 0, 2))).status, 200);
    assert.deepEqual([bench.cash('a', 0), bench.cash('a', 2)], [9999.6, 0.4]);
    assert.equal(code(await a.order({ ticker: 'N', price: '0.5000' })), 'insufficient_balance');
    assert.equal((await a.order({ ticker: 'N', price: '0.3800' })).status, 201);
    assert.equal(code(await a.post(URL, body(300, 2, 0))), 'insufficient_balance');
    assert.equal(code(await a.post(URL, body(0, 2, 0))), 'invalid_parameters');
    assert.equal(code(await a.post(URL, body(5, 0, 7))), 'invalid_parameters');
    assert.equal(code(await a.post(URL, body(5, 0, 2, { destination: 'margined' }))), 'invalid_parameters');
    const value = (await a.get('/portfolio/summary/total_resting_order_value')).body;
    assert.deepEqual(value, {
      total_resting_order_value: 38,
      resting_order_value_breakdown: [
        { exchange_index: 0, balance: '0.0000' },
        { exchange_index: 2, balance: '0.3800' },
      ],
    });
  });

  test('is in no balance while it is under way', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 2 }, rules: { transferMs: 2000 } });
    const { a, bench } = venue;
    const id = (await a.post(URL, body(10_000, 0, 2))).body['transfer_id'];
    const state = async (): Promise<unknown[]> => {
      const { transfer } = (await a.get(`${URL}s/${id}`)).body as { transfer: Json };
      return [transfer['status'], transfer['amount'], bench.cash('a', 0), bench.cash('a', 2)];
    };
    assert.deepEqual(await state(), ['pending', '1.0000', 9999, 10_000]);
    bench.pass(2_000_000);
    assert.deepEqual(await state(), ['complete', '1.0000', 9999, 10_001]);
    assert.equal((await rows(a, `${URL}s`, 'transfers')).length, 1);
    assert.equal((await a.get(`${URL}s?limit=501`)).status, 400);
    assert.equal((await a.get(`${URL}s/none`)).status, 404);
  });
});
