import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { type Json, type Reply, Venue } from './support/venue.ts';

const FOLDER = '../shared/kalshi/rest';

/** Fields that the exchange has stopped or started sending since the bodies were recorded, or sends only of some markets. */
const GONE = new Set([
  'service',
  'resting_orders_count',
  'fractional_trading_enabled',
  'liquidity_dollars',
  'expiration_time',
  'custom_strike',
  'early_close_condition',
  'occurrence_datetime',
  'strike_type',
  'floor_strike',
  'cap_strike',
  'subtitle',
  'primary_participant_key',
  'previous_yes_bid_size_fp',
  'response_price_units',
  'tick_size',
]);

/** What has a recorded value the other lacks or has as another type, as `path: what`. */
function missing(recorded: unknown, ours: unknown, path = ''): string[] {
  if (Array.isArray(recorded)) {
    if (!Array.isArray(ours)) return [`${path}: no list`];
    return recorded.length === 0 || ours.length === 0 ? [] : missing(recorded[0], ours[0], `${path}[]`);
  }
  if (recorded === null || typeof recorded !== 'object')
    return typeof recorded === typeof ours
      ? text(recorded, ours, path)
      : [`${path}: ${typeof ours}, not ${typeof recorded}`];
  if (typeof ours !== 'object' || ours === null) return [`${path}: no object`];
  return Object.entries(recorded).flatMap(([key, value]) => {
    if (GONE.has(key)) return [];
    const at = `${path}.${key}`;
    return Object.hasOwn(ours, key) ? missing(value, (ours as Json)[key], at) : [`${at}: absent`];
  });
}

/** Decimal strings have their recorded number of decimals. */
function text(recorded: unknown, ours: unknown, path: string): string[] {
  if (typeof recorded !== 'string' || !/^-?\d+\.\d+$/.test(recorded)) return [];
  const decimals = (s: string): number => s.split('.')[1]?.length ?? 0;
  return decimals(recorded) === decimals(String(ours)) ? [] : [`${path}: ${String(ours)}, recorded ${recorded}`];
}

function check(t: TestContext, name: string, reply: Reply, status: number): void {
  assert.equal(reply.status, status, name);
  const path = `${FOLDER}/demo__${name}.json`;
  if (!existsSync(path)) return t.skip('recorded bodies absent');
  assert.deepEqual(missing(JSON.parse(readFileSync(path, 'utf8')), reply.body), [], `${name}: ${reply.text}`);
}

describe('answers have the shape of recorded ones', () => {
  test('orders', async (t) => {
    const { a, b } = await Venue.open(t);
    const made = await a.order({ client_order_id: 'one' });
    check(t, 'orders__create_v2_maker', made, 201);
    const id = made.body['order_id'];
    check(t, 'orders__get_after_create', await a.get(`/portfolio/orders/${id}`), 200);
    check(t, 'orders__duplicate_client_order_id', await a.order({ client_order_id: 'one' }), 409);
    check(t, 'orders__cancel_v2', await a.delete(`/portfolio/events/orders/${id}`), 200);
    check(t, 'orders__cancel_already_canceled', await a.delete(`/portfolio/events/orders/${id}`), 404);
    check(t, 'orders__get_after_cancel', await a.get(`/portfolio/orders/${id}`), 200);
    check(t, 'orders__reuse_canceled_client_id', await a.order({ client_order_id: 'one' }), 409);
    await b.order({ side: 'ask', price: '0.5200' });
    const taken = await a.order({ price: '0.9900', time_in_force: 'immediate_or_cancel', client_order_id: 'two' });
    check(t, 'orders__create_v2_taker_ioc', taken, 201);
    check(t, 'orders__cancel_executed', await a.delete(`/portfolio/events/orders/${taken.body['order_id']}`), 404);
    check(t, 'portfolio__orders_list', await a.get('/portfolio/orders'), 200);
    check(t, 'fills__after_taker', await a.get('/portfolio/fills'), 200);
    check(t, 'portfolio__positions', await a.get('/portfolio/positions'), 200);
    check(t, 'settlements__page', await a.get('/portfolio/settlements'), 200);
    check(t, 'trades__public_recorded', await a.get('/markets/trades'), 200);
    check(t, 'auth__balance_ok', await a.get('/portfolio/balance'), 200);
  });

  test('orders that meet their own account', async (t) => {
    const { a } = await Venue.open(t);
    const resting = await a.order({ side: 'ask', price: '0.5000' });
    const met = await a.order({ price: '0.6000', time_in_force: 'immediate_or_cancel', client_order_id: 'met' });
    check(t, 'orders__stp_self_cross', met, 201);
    assert.deepEqual([met.body['fill_count'], met.body['remaining_count']], ['0.00', '0.00']);
    check(t, 'orders__stp_resting_after', await a.get(`/portfolio/orders/${resting.body['order_id']}`), 200);
  });

  test('refusals', async (t) => {
    const { a } = await Venue.open(t);
    await a.order({ side: 'ask', price: '0.5000' });
    check(t, 'orders__post_only_cross', await a.order({ price: '0.5000', post_only: true }), 400);
    check(t, 'orders__invalid_price_structure', await a.order({ price: '0.4050' }), 400);
    check(t, 'orders__insufficient_balance', await a.order({ count: '99999999.00' }), 400);
    const flat = await a.order({ count: 1 });
    check(t, 'orders__numeric_field_types', flat, 400);
    check(t, 'markets__limit_over_max', await a.get('/markets?limit=5000'), 400);
    check(t, 'auth__missing_signature_header', await a.call('GET', '/portfolio/balance', undefined, {}), 401);
  });

  test('markets, books, the account', async (t) => {
    const { a } = await Venue.open(t);
    await a.order();
    await a.order({ side: 'ask', price: '0.5000' });
    check(t, 'markets__single', await a.get('/markets/M'), 200);
    check(t, 'markets__page1', await a.get('/markets'), 200);
    check(t, 'orderbook__base', await a.get('/markets/M/orderbook'), 200);
    check(t, 'exchange__status', await a.get('/exchange/status'), 200);
    check(t, 'account__limits', await a.get('/account/limits'), 200);
    check(t, 'account__endpoint_costs', await a.get('/account/endpoint_costs'), 200);
  });
});
