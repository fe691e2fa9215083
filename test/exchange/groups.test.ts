import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OrderGroup } from '../../engine/exchange/groups.ts';
import { RestApi } from '../../engine/exchange/rest.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { Bench, cents, lots, refusal } from './support/bench.ts';

function withGroup(limit: number, options = {}): { t: Bench; group: OrderGroup; g: { groupId: string } } {
  const t = new Bench(options).fund('a').fund('b').fund('a', '10000', 2);
  const group = new OrderGroup('00000000-0000-4000-8000-0000000000aa', 'a', 0, lots(limit));
  t.exchange.addGroup(group);
  return { t, group, g: { groupId: group.groupId } };
}

describe('an order group', () => {
  test('triggers when fills within fifteen seconds reach its limit, and cancels all it has resting', () => {
    const { t, group, g } = withGroup(10);
    t.place('a', BID, 50, 6, { ...g, clientOrderId: 'x' });
    t.place('a', BID, 49, 6, { ...g, clientOrderId: 'y' });
    t.place('a', BID, 48, 6, { clientOrderId: 'free' });
    t.place('b', ASK, 50, 6);
    t.pass(14_999_999);
    assert.equal(group.triggered, false);
    t.place('b', ASK, 49, 4);
    assert.equal(group.triggered, true);
    assert.deepEqual(t.groups, ['triggered']);
    assert.equal(t.queue(BID, 49), '');
    assert.equal(t.queue(BID, 48), 'free:6');
  });

  test('forgets fills that are fifteen seconds old', () => {
    const { t, group, g } = withGroup(10);
    t.place('a', BID, 50, 9, g);
    t.place('b', ASK, 50, 9);
    t.pass(15_000_000);
    t.place('a', BID, 50, 9, g);
    t.place('b', ASK, 50, 9);
    assert.equal(group.triggered, false);
  });

  test('stays triggered though its fills age out; new orders are refused until it is reset', () => {
    const { t, group, g } = withGroup(5);
    t.place('a', BID, 50, 5, g);
    t.place('b', ASK, 50, 5);
    t.pass(60_000_000);
    assert.equal(
      refusal(() => t.place('a', BID, 50, 1, g)),
      '400 exceeded_order_group_risk_limit',
    );
    group.reset();
    assert.equal(t.place('a', BID, 50, 1, g).status, 'resting');
  });

  test('a reset clears the rolling counter', () => {
    const { t, group, g } = withGroup(5);
    t.place('a', BID, 50, 4, g);
    t.place('b', ASK, 50, 4);
    group.reset();
    t.place('a', BID, 50, 4, g);
    t.place('b', ASK, 50, 4);
    assert.equal(group.triggered, false);
    t.place('a', BID, 50, 1, g);
    t.place('b', ASK, 50, 1);
    assert.equal(group.triggered, true);
  });

  test('at the limit or only above it, by the reading chosen', () => {
    const { t, group, g } = withGroup(5, { rules: { triggerAtLimit: false } });
    t.place('a', BID, 50, 6, g);
    t.place('b', ASK, 50, 5);
    assert.equal(group.triggered, false);
    t.place('b', ASK, 50, 1);
    assert.equal(group.triggered, true);
  });

  test('fills it takes count too, or not by the other reading', () => {
    for (const countTakerFills of [true, false]) {
      const { t, group, g } = withGroup(5, { rules: { countTakerFills } });
      t.place('b', ASK, 50, 5);
      t.place('a', BID, 50, 5, g);
      assert.equal(group.triggered, countTakerFills);
    }
  });

  test('one aggressive order is not cut off at the limit, but its remainder does not rest', () => {
    const { t, group, g } = withGroup(5);
    t.place('b', ASK, 50, 20);
    const order = t.place('a', BID, 50, 30, g);
    assert.deepEqual([order.fillCount, order.remainingCount, order.status], [2000, 0, 'canceled']);
    assert.equal(group.triggered, true);
    assert.equal(t.total(BID, 50), 0);
    const shown = t.orders.filter((o) => o.id === order.clientOrderId).map((o) => `${o.status} ${o.reason}`);
    assert.deepEqual(shown, ['resting Trade', 'canceled ']);
  });

  test('belongs to its user and its shard', () => {
    const { t, g } = withGroup(5, { markets: { M: 0, N: 2 } });
    assert.equal(
      refusal(() => t.place('b', BID, 50, 1, g)),
      '404 order_group_not_found',
    );
    assert.equal(
      refusal(() => t.place('a', BID, 50, 1, { ...g, ticker: 'N' })),
      '404 order_group_not_found',
    );
  });
});

describe('the desk of order groups', () => {
  test('triggers at once when a new limit is below what was filled, and says the limit first', () => {
    const { t, group, g } = withGroup(10);
    t.place('a', BID, 50, 6, g);
    t.place('b', ASK, 50, 6);
    const rests = t.place('a', BID, 49, 1, g);
    t.exchange.desk.limit(group, lots(6));
    assert.deepEqual([group.triggered, rests.status], [true, 'canceled']);
    assert.deepEqual(t.groups, ['limit_updated', 'triggered']);
    t.exchange.desk.limit(group, lots(100));
    assert.equal(group.triggered, true, 'only a reset opens the latch');
    t.exchange.desk.reset(group);
    assert.equal(t.place('a', BID, 49, 1, g).status, 'resting');
  });

  test('deleting cancels what rests, and the name is unknown afterwards', () => {
    const { t, group, g } = withGroup(10);
    const rests = t.place('a', BID, 49, 1, g);
    t.exchange.desk.delete(group);
    assert.equal(rests.status, 'canceled');
    assert.equal(
      refusal(() => t.place('a', BID, 50, 1, g)),
      '404 order_group_not_found',
    );
  });

  test('an amend keeps its order in the group', () => {
    const { t, group, g } = withGroup(5);
    const order = t.place('a', BID, 48, 5, g);
    t.exchange.amend('a', order.orderId, { side: BID, price: cents(50), total: lots(5) });
    t.place('b', ASK, 50, 5);
    assert.equal(group.triggered, true);
  });
});

describe('the order-group calls', () => {
  const api = (
    rules = {},
  ): { t: Bench; call: (method: string, path: string, body?: unknown, user?: string) => unknown } => {
    const t = new Bench({ markets: { M: 0, N: 2 }, rules }).fund('a').fund('a', '10000', 2).fund('b');
    let ids = 0;
    const rest = new RestApi(t.exchange, 'basic', () => `00000000-0000-4000-8000-0000000000b${ids++}`);
    const call = (method: string, url: string, body?: unknown, userId = 'a'): unknown => {
      const [path, query] = url.split('?') as [string, string?];
      const full = ['portfolio', 'order_groups', ...path.split('/').filter((p) => p !== '')];
      return rest.answer({ method, path: full, query: new URLSearchParams(query), body, userId }).body;
    };
    return { t, call };
  };
  const create = (call: (m: string, p: string, b?: unknown) => unknown, body: unknown): string =>
    (call('POST', 'create', body) as { order_group_id: string }).order_group_id;

  test('create, list, get, trigger, reset, limit, delete: each says so on the channel', () => {
    const { t, call } = api();
    const id = create(call, { contracts_limit: 10 });
    const order = t.place('a', BID, 50, 5, { groupId: id });
    const shape = { contracts_limit_fp: '10.00', is_auto_cancel_enabled: true, exchange_index: 0 };
    assert.deepEqual(call('GET', ''), { order_groups: [{ id, ...shape }] });
    assert.deepEqual(call('GET', id), { ...shape, orders: [order.orderId] });
    call('PUT', `${id}/trigger`, {});
    assert.equal(t.total(BID, 50), 0);
    assert.deepEqual(call('GET', id), { ...shape, is_auto_cancel_enabled: false, orders: [] });
    call('PUT', `${id}/reset`, {});
    call('PUT', `${id}/limit`, { contracts_limit_fp: '7.50' });
    t.place('a', BID, 50, 5, { groupId: id });
    call('DELETE', id);
    assert.equal(t.total(BID, 50), 0);
    assert.deepEqual(t.groups, ['created', 'triggered', 'reset', 'limit_updated', 'deleted']);
    assert.equal(
      refusal(() => t.place('a', BID, 50, 5, { groupId: id })),
      '404 order_group_not_found',
    );
    assert.equal(
      refusal(() => call('GET', id)),
      '404 not_found',
    );
  });

  test('a limit below what has filled triggers at once', () => {
    const { t, call } = api();
    const id = create(call, { contracts_limit: 100 });
    t.place('a', BID, 50, 20, { groupId: id });
    t.place('b', ASK, 50, 8);
    call('PUT', `${id}/limit`, { contracts_limit: 8 });
    assert.deepEqual(t.groups, ['created', 'limit_updated', 'triggered']);
    assert.equal(t.total(BID, 50), 0);
  });

  test('a call for the wrong shard, or by somebody else, finds nothing', () => {
    const { t, call } = api();
    const id = create(call, { contracts_limit: 10, exchange_index: 2 });
    const order = t.place('a', BID, 50, 5, { groupId: id, ticker: 'N' });
    for (const [method, path, body] of [
      ['PUT', `${id}/trigger`, {}],
      ['PUT', `${id}/reset?exchange_index=1`, {}],
      ['DELETE', id, undefined],
    ] as const)
      assert.equal(
        refusal(() => call(method, path, body)),
        '404 not_found',
        `${method} ${path}`,
      );
    assert.equal(
      refusal(() => call('PUT', `${id}/trigger?exchange_index=2`, {}, 'b')),
      '404 not_found',
    );
    assert.equal(order.status, 'resting');
    call('PUT', `${id}/trigger?exchange_index=2`, {});
    assert.equal(order.status, 'canceled');
  });

  test('limits that make no sense are refused', () => {
    const { call } = api();
    for (const body of [
      {},
      { contracts_limit: 0 },
      { contracts_limit: 1_000_001 },
      { contracts_limit: 5, contracts_limit_fp: '6.00' },
      { contracts_limit_fp: '0.50' },
    ])
      assert.match(
        refusal(() => call('POST', 'create', body)),
        /^400 invalid_parameters: contracts_limit/,
      );
    assert.match(
      refusal(() => call('POST', 'create', { contracts_limit: '5' })),
      /^400 flat:bad_request: json: cannot unmarshal string/,
    );
    assert.match(
      refusal(() => call('POST', 'create', { contracts_limit: 5, exchange_index: 1 })),
      /^404 user_not_found/,
    );
    assert.match(
      refusal(() => call('POST', 'create', { contracts_limit: 5, subaccount: 1 })),
      /^404 user_not_found/,
    );
    assert.match(
      refusal(() => call('POST', 'create', { contracts_limit: 5, subaccount: 64 })),
      /^400 invalid_parameters: subaccount is 64/,
    );
  });

  test('is_auto_cancel_enabled goes with the latch, or by the other reading stays', () => {
    for (const [autoCancelEnabled, after] of [
      ['armed', false],
      ['always', true],
    ] as const) {
      const { call } = api({ autoCancelEnabled });
      const id = create(call, { contracts_limit: 10 });
      const enabled = (): unknown => (call('GET', id) as { is_auto_cancel_enabled: unknown }).is_auto_cancel_enabled;
      assert.equal(enabled(), true);
      call('PUT', `${id}/trigger`, {});
      assert.equal(enabled(), after);
    }
  });

  test('POST where PUT is meant is no such page', () => {
    const { call } = api();
    const id = create(call, { contracts_limit: 10 });
    assert.match(
      refusal(() => call('POST', `${id}/reset`, {})),
      /^404 text:404 page not found/,
    );
    assert.match(
      refusal(() => call('PUT', `${id}/reset/more`, {})),
      /^404 text:404 page not found/,
    );
  });
});
