import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { differences, withoutService } from './support/shape.ts';
import { API, ED25519, type Reply, signed, Venue } from './support/venue.ts';

const FOLDER = '../shared/kalshi/rest';
const INDEX = `${FOLDER}/INDEX_demo_requests.json`;
const SKIP = existsSync(INDEX) ? {} : { skip: 'recorded bodies absent' };
const ORDERS = '/portfolio/events/orders';

const read = (name: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8'));

/** Bodies of the index that say nothing of this exchange, and why. */
const NOT_OURS: Readonly<Record<string, string>> = {
  orders__legacy_create: 'legacy order writes were switched off on 2026-06-18; they answer 410',
  orders__legacy_cancel: 'legacy order writes were switched off on 2026-06-18; they answer 410',
  session__manifest: "the recorder's own notes, not an answer",
};

/** The kind of request each recorded body answers, made of an exchange on which the story of the recording has happened. */
async function replay(venue: Venue): Promise<ReadonlyMap<string, Reply>> {
  const { a, b, bench } = venue;
  const got = new Map<string, Reply>();
  const keep = (reply: Reply, ...names: string[]): Reply => {
    for (const name of names) got.set(name, reply);
    return reply;
  };
  const skewed = (ms: number, key = ED25519): Promise<Reply> =>
    a.call('GET', '/portfolio/balance', undefined, signed(key, 'GET', `${API}/portfolio/balance`, venue.nowMs + ms));
  const cancel = (made: Reply): Promise<Reply> => a.delete(`${ORDERS}/${String(made.body['order_id'])}`);

  const first = keep(await a.order({ client_order_id: 'one', price: '0.0100' }), 'orders__create_v2_maker');
  const path = `/portfolio/orders/${String(first.body['order_id'])}`;
  keep(await a.get(path), 'orders__get_after_create');
  const again = { client_order_id: 'one', price: '0.0100' };
  keep(await a.order(again), 'orders__duplicate_client_order_id');
  keep(await cancel(first), 'orders__cancel_v2');
  keep(await cancel(first), 'orders__cancel_already_canceled');
  keep(await a.get(path), 'orders__get_after_cancel');
  keep(await a.order(again), 'orders__reuse_canceled_client_id');
  keep(await a.delete(`${ORDERS}/00000000-0000-0000-0000-000000000000`), 'orders__cancel_unknown_id');

  await b.order({ side: 'ask', price: '0.5200', count: '3.00' });
  await b.order({ price: '0.4700', count: '3.00' });
  const ioc = { price: '0.9900', time_in_force: 'immediate_or_cancel' };
  bench.pass(17);
  const taken = keep(await a.order({ ...ioc, client_order_id: 'two' }), 'orders__create_v2_taker_ioc');
  keep(await cancel(taken), 'orders__cancel_executed', 'cleanup__leftover_0');
  keep(await a.order({ ...ioc, client_order_id: 'seed' }), 'orders__settlement_seed');
  keep(await a.get('/markets/M/orderbook'), 'orderbook__base');
  keep(await a.order({ count: '10099.00', price: '0.9900', client_order_id: 'dear' }), 'orders__insufficient_balance');
  keep(await a.order({ price: '0.5150', post_only: true }), 'orders__invalid_price_structure');
  keep(await a.order({ count: 1, price: 0.01 }), 'orders__numeric_field_types');
  keep(await a.order({ price: '0.9900', post_only: true }), 'orders__post_only_cross');
  const own = { price: '0.4800', post_only: true, client_order_id: 'own' };
  const rests = keep(await a.order(own), 'orders__stp_setup');
  const met = { side: 'ask', price: '0.4800', time_in_force: 'immediate_or_cancel', client_order_id: 'met' };
  keep(await a.order(met), 'orders__stp_self_cross');
  keep(await a.get(`/portfolio/orders/${String(rests.body['order_id'])}`), 'orders__stp_resting_after');
  keep(await cancel(rests), 'cleanup__stp_resting');

  keep(await a.get('/portfolio/orders?limit=10'), 'portfolio__orders_list');
  keep(await a.get('/portfolio/fills?limit=10'), 'fills__after_taker');
  keep(await a.get('/portfolio/positions'), 'portfolio__positions');
  keep(await a.get('/portfolio/settlements?limit=10'), 'settlements__page', 'settlements__end_of_session');
  keep(await a.get('/portfolio/balance'), 'auth__balance_ok', 'auth__balance_alt_host');
  keep(await skewed(-5000), 'auth__skew_minus5s');
  keep(await skewed(5000), 'auth__skew_plus5s');
  keep(await skewed(-30_000), 'auth__skew_minus30s');
  keep(await skewed(-300_000), 'auth__skew_minus5min');
  keep(await skewed(300_000), 'auth__skew_plus5min');
  keep(await skewed(0, { ...ED25519, keyId: first.body['order_id'] as string }), 'auth__unknown_key_id');
  const bad = { ...signed(ED25519, 'GET', `${API}/portfolio/fills`, venue.nowMs) };
  keep(await a.call('GET', '/portfolio/balance', undefined, bad), 'auth__bad_signature');
  const { 'KALSHI-ACCESS-SIGNATURE': _, ...unsigned } = bad;
  keep(await a.call('GET', '/portfolio/balance', undefined, unsigned), 'auth__missing_signature_header');
  keep(await a.get('/account/limits'), 'account__limits');
  keep(await a.get('/account/endpoint_costs'), 'account__endpoint_costs');
  keep(await a.get('/exchange/status'), 'exchange__status');
  keep(await a.get('/series/fee_changes'), 'series__fee_changes');
  keep(await a.get('/markets/trades?ticker=M&limit=1'), 'trades__public_recorded');
  keep(await a.get('/markets?limit=1'), 'markets__page1');
  keep(await a.get('/markets?limit=1&cursor=garbage-cursor-fixture'), 'markets__garbage_cursor');
  keep(await a.get('/markets?limit=1001'), 'markets__limit_over_max');
  keep(await a.get('/markets/M'), 'markets__single');
  keep(await a.get('/markets?tickers=M'), 'markets__single_filter_lastpage');
  keep(await a.get('/markets?status=open&limit=200'), 'markets__status_open');
  bench.market('CLOSED').listing.status = 'closed';
  keep(await a.get('/markets?status=closed&limit=5'), 'markets__status_closed');
  bench.market('CLOSED').listing.status = 'finalized';
  keep(await a.get('/markets?status=settled&limit=5'), 'markets__status_settled');
  return got;
}

describe('every recorded answer', SKIP, () => {
  test('has the status, keys, types and forms of ours to the same kind of request', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 0, CLOSED: 0 }, closeTime: 1_800_000_000_000_000 });
    const replies = await replay(venue);
    const index = JSON.parse(readFileSync(INDEX, 'utf8')) as Readonly<Record<string, { readonly status: number }>>;
    const wrong: string[] = [];
    for (const [name, { status }] of Object.entries(index)) {
      if (name in NOT_OURS) continue;
      const reply = replies.get(name);
      assert.ok(reply !== undefined, `${name} is neither asked for nor listed as none of ours`);
      if (reply.status !== status) wrong.push(`${name}: ${reply.status}, recorded ${status}: ${reply.text}`);
      const recorded = read(`demo__${name}`);
      // What a refusal says is part of the protocol; of other answers only the shape is.
      if (status >= 400) assert.deepEqual(reply.body, withoutService(recorded), name);
      else wrong.push(...differences(recorded, reply.body).map((line) => `${name}: ${line}`));
    }
    assert.deepEqual(wrong, []);
    const lastPages = [
      'portfolio__orders_list',
      'fills__after_taker',
      'settlements__page',
      'markets__single_filter_lastpage',
    ];
    for (const name of lastPages) assert.equal(replies.get(name)!.body['cursor'], '', name);
    for (const name of ['markets__page1', 'markets__garbage_cursor', 'trades__public_recorded'])
      assert.notEqual(replies.get(name)!.body['cursor'], '', name);
  });

  test('of the production exchange has the items of our lists', async (t) => {
    const { a, b } = await Venue.open(t);
    await b.order({ side: 'ask', price: '0.5000' });
    await a.order({ price: '0.5000', client_order_id: 'x' });
    for (const [name, url, list] of [
      ['prod__orders_list_items', '/portfolio/orders', 'orders'],
      ['prod__fills_list_items', '/portfolio/fills', 'fills'],
      ['prod__market_positions_items', '/portfolio/positions', 'market_positions'],
    ] as const)
      assert.deepEqual(differences(read(name), (await a.get(url)).body[list]), [], name);
  });
});

/** Order groups were only recorded on the perpetuals' exchange, whose calls are the same but for their path. */
test('order groups answer as their recorded relatives do', SKIP, async (t) => {
  const { a } = await Venue.open(t);
  const recorded = read('demo__margin_order_groups') as Readonly<
    Record<string, { readonly request: { readonly status: number }; readonly response_body: unknown }>
  >;
  const made = await a.post('/portfolio/order_groups/create', { contracts_limit: 10 });
  const url = `/portfolio/order_groups/${String(made.body['order_group_id'])}`;
  const replies: readonly (readonly [string, Reply])[] = [
    ['groups__create', made],
    ['groups__update_limit', await a.call('PUT', `${url}/limit`, { contracts_limit: 5 })],
    ['groups__trigger', await a.call('PUT', `${url}/trigger`, {})],
    ['groups__reset', await a.call('PUT', `${url}/reset`, {})],
    ['groups__delete', await a.delete(url)],
    ['groups__get', await a.get(url)],
  ];
  for (const [name, reply] of replies) {
    const { request, response_body } = recorded[name]!;
    assert.equal(reply.status, request.status, name);
    assert.deepEqual(differences(response_body, reply.body), [], name);
  }
});

describe('the comparison of shapes sees', () => {
  const body = { a: '0.5200', b: [{ c: 1, at: '2026-06-11T06:29:20.866753Z' }], d: null };
  const seen = (ours: unknown): string[] => differences(body, ours);
  test('what is absent, what is new, another type, another form, null', () => {
    assert.deepEqual(seen(body), []);
    assert.deepEqual(seen({ ...body, a: '0.52' }), ['body.a: 0.52 is not four decimals']);
    assert.deepEqual(seen({ ...body, a: 0.52 }), ['body.a: number, recorded string']);
    assert.deepEqual(seen({ ...body, d: 1 }), ['body.d: number, recorded null']);
    assert.deepEqual(seen({ ...body, e: 1 }), ['body.e: not in the recording']);
    assert.deepEqual(seen({ ...body, b: [{ c: 1 }] }), ['body.b[].at: absent']);
    const zeros = { ...body, b: [{ c: 1, at: '2026-06-11T06:29:20.860000Z' }] };
    assert.deepEqual(seen(zeros), ['body.b[].at: 2026-06-11T06:29:20.860000Z is not a moment']);
    assert.match(seen({ ...body, service: 'x' }).join(), /gone since/);
  });
});
