import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, type TestContext, test } from 'node:test';
import * as sdk from 'kalshi-typescript';
import { Exchange } from '../../engine/exchange/exchange.ts';
import { ExchangeServer, wallClock } from '../../engine/exchange/server.ts';
import { feeSchedule, LINEAR_CENT } from '../../engine/market/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';
import { dollars } from './support/bench.ts';
import { API, ED25519, RSA } from './support/venue.ts';

const DAY_US = 86_400_000_000;
const SHARDS = [0, 1];

/** The HTTP client the SDK is built on: one of it per account, since the SDK hangs its signing into it. */
const axios = createRequire(createRequire(import.meta.url).resolve('kalshi-typescript'))('axios') as {
  create(): never;
};

/** An exchange on loopback with real time, as the SDK signs with it, and one market. */
async function open(t: TestContext): Promise<ExchangeServer> {
  const rules = { quoteExecuteMs: 0 };
  const exchange = new Exchange({ now: wallClock(), newId: randomUUID, rules });
  const now = exchange.now();
  for (const ticker of ['EVENT-M', 'EVENT-N'])
    exchange.list({
      ticker,
      eventTicker: 'EVENT',
      seriesTicker: 'SERIES',
      title: ticker,
      exchangeIndex: 0,
      grid: LINEAR_CENT,
      fees: feeSchedule('quadratic', '1', 100),
      feeType: 'quadratic',
      status: 'active',
      openTime: now,
      closeTime: (now + DAY_US) as TimeUs,
    });
  for (const user of ['a', 'b']) for (const shard of SHARDS) exchange.account(user).cash.set(shard, dollars('1000'));
  const server = new ExchangeServer(exchange, { tier: 'basic' });
  server.keys.register(RSA.keyId, 'a', RSA.publicPem);
  server.keys.register(ED25519.keyId, 'a', ED25519.publicPem);
  t.after(() => server.close());
  return server;
}

/** Every part of the SDK for one key. */
function clientOf(port: number, apiKey: string, privateKeyPem: string) {
  const configuration = new sdk.Configuration({ apiKey, privateKeyPem, basePath: `http://127.0.0.1:${port}${API}` });
  const http = axios.create();
  return {
    exchange: new sdk.ExchangeApi(configuration, undefined, http),
    markets: new sdk.MarketApi(configuration, undefined, http),
    events: new sdk.EventsApi(configuration, undefined, http),
    orders: new sdk.OrdersApi(configuration, undefined, http),
    groups: new sdk.OrderGroupsApi(configuration, undefined, http),
    portfolio: new sdk.PortfolioApi(configuration, undefined, http),
    account: new sdk.AccountApi(configuration, undefined, http),
    keys: new sdk.ApiKeysApi(configuration, undefined, http),
    rfqs: new sdk.CommunicationsApi(configuration, undefined, http),
    incentives: new sdk.IncentiveProgramsApi(configuration, undefined, http),
  };
}

type Sdk = ReturnType<typeof clientOf>;

const pem = RSA.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

/** Two accounts with the SDK: `a`, and `b` with a key that `generate` would have given it. */
async function pair(t: TestContext): Promise<{ a: Sdk; b: Sdk; port: number; server: ExchangeServer }> {
  const server = await open(t);
  const port = await server.listen();
  const other = randomUUID();
  server.keys.register(other, 'b', RSA.publicPem);
  return { a: clientOf(port, RSA.keyId, pem), b: clientOf(port, other, pem), port, server };
}

const bid = (fields: Partial<sdk.CreateOrderV2Request> = {}): sdk.CreateOrderV2Request => ({
  ticker: 'EVENT-M',
  side: 'bid',
  count: '10.00',
  price: '0.4000',
  time_in_force: 'good_till_canceled',
  self_trade_prevention_type: 'taker_at_cross',
  client_order_id: randomUUID(),
  ...fields,
});

/** What a call that fails looks like to the SDK's user: status and body. */
async function failure(call: Promise<unknown>): Promise<{ status: number; data: unknown }> {
  try {
    await call;
  } catch (error) {
    const { response } = error as { response?: { status: number; data: unknown } };
    if (response === undefined) throw error;
    return { status: response.status, data: response.data };
  }
  throw new Error('the call succeeded');
}

const codeOf = ({ status, data }: { status: number; data: unknown }): [number, unknown] => {
  const body = data as { error?: { code?: string }; code?: string };
  return [status, body.error?.code ?? body.code];
};

describe("the exchange's own SDK needs nothing but another base path", () => {
  test('it reads the exchange, its markets, events and series', async (t) => {
    const { a } = await pair(t);
    assert.equal((await a.exchange.getExchangeStatus()).data.trading_active, true);
    assert.ok((await a.exchange.getExchangeSchedule()).data.schedule);
    assert.ok((await a.exchange.getUserDataTimestamp()).data.as_of_time);
    assert.deepEqual((await a.exchange.getSeriesFeeChanges()).data.series_fee_change_arr, []);
    const first = (await a.markets.getMarkets(1, undefined, 'EVENT')).data;
    const second = (await a.markets.getMarkets(1, first.cursor, 'EVENT')).data;
    assert.deepEqual(
      [...first.markets, ...second.markets].map((m) => m.ticker),
      ['EVENT-M', 'EVENT-N'],
    );
    assert.equal(second.cursor, '');
    assert.equal((await a.markets.getMarket('EVENT-M')).data.market.status, 'active');
    assert.equal((await a.events.getEvent('EVENT', true)).data.event.markets?.length, 2);
    assert.equal((await a.events.getEvents(10, undefined, true)).data.events[0]?.event_ticker, 'EVENT');
    assert.deepEqual((await a.events.getMultivariateEvents()).data.events, []);
    assert.deepEqual((await a.events.getEventFeeChanges()).data.event_fee_changes, []);
    assert.equal((await a.events.getEventMetadata('EVENT')).data.market_details.length, 2);
    assert.equal((await a.markets.getSeries('SERIES', true)).data.series.fee_type, 'quadratic');
    assert.equal((await a.markets.getSeriesList()).data.series[0]?.ticker, 'SERIES');
    assert.deepEqual((await a.incentives.getIncentivePrograms('active')).data.incentive_programs, []);
  });

  test('it places, reads, amends, decreases and cancels an order', async (t) => {
    const { a } = await pair(t);
    const request = bid();
    const made = await a.orders.createOrderV2(request);
    assert.equal(made.status, 201);
    const { order_id: id } = made.data;
    const { order } = (await a.orders.getOrder(id)).data;
    assert.deepEqual(
      [order.status, order.client_order_id, order.remaining_count_fp],
      ['resting', request.client_order_id, '10.00'],
    );
    assert.equal((await a.orders.getOrderQueuePosition(id)).data.queue_position_fp, '0.00');
    const queue = (await a.orders.getOrderQueuePositions('EVENT-M')).data.queue_positions;
    assert.equal(queue?.[0]?.order_id, id);
    assert.deepEqual((await a.markets.getMarketOrderbook('EVENT-M')).data.orderbook_fp.yes_dollars, [
      ['0.4000', '10.00'],
    ]);
    assert.equal((await a.markets.getMarketOrderbooks(['EVENT-M', 'EVENT-N'])).data.orderbooks.length, 2);
    const to = { ticker: 'EVENT-M', side: 'bid', price: '0.4100', count: '12.00' } as const;
    assert.equal((await a.orders.amendOrderV2(id, to)).data.remaining_count, '12.00');
    const less = await a.orders.decreaseOrderV2(id, { reduce_to: '5.00', exchange_index: 0 });
    assert.equal(less.data.remaining_count, '5.00');
    assert.equal(
      (await a.orders.getOrders('EVENT-M', undefined, undefined, undefined, 'resting')).data.orders.length,
      1,
    );
    assert.equal((await a.orders.cancelOrderV2(id, undefined, 0)).data.reduced_by, '5.00');
    assert.deepEqual(codeOf(await failure(a.orders.cancelOrderV2(id, undefined, 0))), [404, 'not_found']);
  });

  test('it trades: fills, positions, balance, trades, candlesticks', async (t) => {
    const { a, b } = await pair(t);
    await b.orders.createOrderV2(bid({ side: 'ask', price: '0.6000' }));
    const taken = await a.orders.createOrderV2(
      bid({ price: '0.6000', count: '4.00', time_in_force: 'immediate_or_cancel' }),
    );
    const { fill_count, remaining_count, average_fill_price } = taken.data;
    assert.deepEqual([fill_count, remaining_count, average_fill_price], ['4.00', '0.00', '0.6000']);
    const [fill] = (await a.portfolio.getFills('EVENT-M')).data.fills;
    assert.deepEqual([fill?.is_taker, fill?.count_fp, fill?.order_id], [true, '4.00', taken.data.order_id]);
    assert.equal((await b.portfolio.getFills()).data.fills[0]?.trade_id, fill?.trade_id);
    const { market_positions, event_positions } = (await a.portfolio.getPositions()).data;
    assert.deepEqual([market_positions[0]?.position_fp, event_positions[0]?.event_ticker], ['4.00', 'EVENT']);
    // Four contracts at 60c, and 0.07 x 4 x 0.6 x 0.4 in fees.
    const { balance_breakdown } = (await a.portfolio.getBalance()).data;
    assert.equal(balance_breakdown?.find((part) => part.exchange_index === 0)?.balance, '997.5328');
    assert.deepEqual((await a.portfolio.getSettlements()).data.settlements, []);
    assert.deepEqual((await a.portfolio.getDeposits(10)).data, { deposits: [], cursor: '' });
    assert.deepEqual((await a.portfolio.getWithdrawals(10)).data, { withdrawals: [], cursor: '' });
    const { trades } = (await a.markets.getTrades(10, undefined, 'EVENT-M')).data;
    assert.deepEqual([trades[0]?.trade_id, trades[0]?.taker_book_side], [fill?.trade_id, 'bid']);
    const now = Math.floor(Date.now() / 1000);
    const candles = await a.markets.getMarketCandlesticks('SERIES', 'EVENT-M', now - 60, now + 120, 1);
    assert.equal(candles.data.candlesticks.at(-1)?.price.close_dollars, '0.6000');
    const several = await a.markets.batchGetMarketCandlesticks('EVENT-M,EVENT-N', now - 60, now + 7200, 60);
    assert.deepEqual(
      several.data.markets.map((m) => m.market_ticker),
      ['EVENT-M', 'EVENT-N'],
    );
    const whole = await a.events.getMarketCandlesticksByEvent('EVENT', 'SERIES', now - 60, now + 86_400, 1440);
    assert.equal(whole.data.market_candlesticks.length, 2);
  });

  test('it sends batches, and cancels everything', async (t) => {
    const { a } = await pair(t);
    const orders = [bid(), bid({ price: '0.4050' }), bid({ price: '0.3000' })];
    const made = (await a.orders.batchCreateOrdersV2({ orders })).data.orders;
    assert.deepEqual(
      made.map((item) => item.error?.code ?? item.remaining_count),
      ['10.00', 'invalid_price', '10.00'],
    );
    const cancelled = await a.orders.batchCancelOrdersV2({ orders: [{ order_id: made[0]!.order_id! }] });
    assert.equal(cancelled.data.orders[0]?.reduced_by, '10.00');
    assert.equal((await a.orders.cancelAllOrders()).status, 200);
    const left = await a.orders.getOrders(undefined, undefined, undefined, undefined, 'resting');
    assert.deepEqual(left.data.orders, []);
  });

  test('it runs an order group', async (t) => {
    const { a } = await pair(t);
    const { order_group_id: id } = (await a.groups.createOrderGroup({ contracts_limit: 5 })).data;
    const made = await a.orders.createOrderV2(bid({ order_group_id: id }));
    assert.equal((await a.groups.getOrderGroups()).data.order_groups?.[0]?.id, id);
    assert.deepEqual((await a.groups.getOrderGroup(id)).data.orders, [made.data.order_id]);
    await a.groups.updateOrderGroupLimit(id, { contracts_limit_fp: '7.00' });
    await a.groups.triggerOrderGroup(id);
    assert.equal((await a.orders.getOrder(made.data.order_id)).data.order.status, 'canceled');
    const refused = await failure(a.orders.createOrderV2(bid({ order_group_id: id })));
    assert.deepEqual(codeOf(refused), [400, 'exceeded_order_group_risk_limit']);
    await a.groups.resetOrderGroup(id);
    assert.equal((await a.groups.getOrderGroup(id)).data.is_auto_cancel_enabled, true);
    await a.groups.deleteOrderGroup(id);
    assert.deepEqual(codeOf(await failure(a.groups.getOrderGroup(id))), [404, 'not_found']);
  });

  test('it asks for quotes, and quotes, until a quote has traded', async (t) => {
    const { a, b } = await pair(t);
    const terms = { market_ticker: 'EVENT-M', contracts_fp: '10.00', rest_remainder: false };
    const rfq = (await a.rfqs.createRFQ(terms)).data.id;
    assert.equal((await b.rfqs.getRFQs()).data.rfqs[0]?.id, rfq);
    const prices = { rfq_id: rfq, yes_bid: '0.4800', no_bid: '0.4800', rest_remainder: false };
    const spare = (await b.rfqs.createQuote(prices)).data.id;
    await b.rfqs.deleteQuote(spare);
    const quote = (await b.rfqs.createQuote(prices)).data.id;
    const mine = await a.rfqs.getQuotes(
      undefined,
      undefined,
      undefined,
      undefined,
      'open',
      undefined,
      undefined,
      'self',
    );
    assert.equal(mine.data.quotes[0]?.id, quote);
    await a.rfqs.acceptRFQQuote(rfq, quote, { accepted_side: 'yes' });
    await b.rfqs.confirmRFQQuote(rfq, quote);
    const done = (await b.rfqs.getRFQQuote(rfq, quote)).data.quote;
    assert.equal(done.status, 'executed');
    const [fill] = (await b.portfolio.getFills(undefined, done.creator_order_id)).data.fills;
    assert.deepEqual([fill?.is_taker, fill?.yes_price_dollars, fill?.count_fp], [false, '0.4800', '10.00']);
    assert.equal((await a.rfqs.getRFQ(rfq)).data.rfq.status, 'closed');
    const ids = [await a.rfqs.getCommunicationsID(), await b.rfqs.getCommunicationsID()].map(
      (r) => r.data.communications_id,
    );
    assert.deepEqual([done.rfq_creator_id, done.creator_id], ids);
    const gone = (await a.rfqs.createRFQ(terms)).data.id;
    await a.rfqs.deleteRFQ(gone);
    assert.equal((await a.rfqs.getRFQ(gone)).data.rfq.status, 'closed');
  });

  test('it reads its limits and is promoted', async (t) => {
    const { a } = await pair(t);
    const before = (await a.account.getAccountApiLimits()).data;
    assert.deepEqual([before.usage_tier, before.write.refill_rate], ['basic', 100]);
    const costs = (await a.account.getAccountEndpointCosts()).data;
    assert.ok(costs.endpoint_costs.some((row) => row.path.endsWith('/events/orders/:order_id') && row.cost === 2));
    assert.equal((await failure(a.account.upgradeAccountApiUsageLevel())).status, 403, 'no order yet');
    await a.orders.createOrderV2(bid());
    assert.equal((await a.account.upgradeAccountApiUsageLevel()).status, 201);
    const after = (await a.account.getAccountApiLimits()).data;
    assert.deepEqual([after.usage_tier, after.write.refill_rate, after.grants.length], ['advanced', 300, 1]);
    assert.ok((await a.account.getAccountApiUsageLevelVolumeProgress()).data.volume_progress[0]?.goals.length);
    // Sixty orders in one batch: six times what Basic could pay for.
    const orders = Array.from({ length: 60 }, () => bid({ count: '1.00' }));
    assert.equal((await a.orders.batchCreateOrdersV2({ orders })).data.orders.length, 60);
  });

  test('it makes a key, works with it and deletes it', async (t) => {
    const { a, port } = await pair(t);
    const made = (await a.keys.generateApiKey({ name: 'reader', scopes: ['read'] })).data;
    const reader = clientOf(port, made.api_key_id, made.private_key);
    assert.equal((await reader.portfolio.getBalance()).status, 200);
    assert.equal((await failure(reader.orders.createOrderV2(bid()))).status, 403);
    const listed = (await a.keys.getApiKeys()).data.api_keys;
    assert.deepEqual(listed.find((key) => key.api_key_id === made.api_key_id)?.scopes, ['read']);
    await a.keys.deleteApiKey(made.api_key_id);
    assert.deepEqual(codeOf(await failure(reader.portfolio.getBalance())), [401, 'authentication_error']);
    const register = a.keys.createApiKey({ name: 'own', public_key: RSA.publicPem });
    assert.equal((await failure(register)).status, 403, 'for premier accounts');
  });

  test('it sees refusals in the words of the exchange', async (t) => {
    const { a, b, port } = await pair(t);
    const cases: [Promise<unknown>, number, string][] = [
      [a.orders.createOrderV2(bid({ price: '0.4050' })), 400, 'invalid_price'],
      [a.orders.createOrderV2(bid({ count: '9999.00' })), 400, 'insufficient_balance'],
      [a.orders.createOrderV2(bid({ ticker: 'NONE' })), 404, 'market_not_found'],
      [a.orders.createOrderV2(bid({ count: 1 as never })), 400, 'bad_request'],
      [a.orders.getOrder('17'), 400, 'invalid_UUID'],
      [a.orders.getOrder(randomUUID()), 404, 'not_found'],
      [clientOf(port, randomUUID(), pem).portfolio.getBalance(), 401, 'authentication_error'],
    ];
    for (const [call, status, code] of cases) assert.deepEqual(codeOf(await failure(call)), [status, code]);
    const request = bid();
    await a.orders.createOrderV2(request);
    assert.deepEqual(codeOf(await failure(a.orders.createOrderV2(request))), [409, 'order_already_exists']);
    const limit = await failure(b.markets.getMarkets(1001));
    assert.match((limit.data as { msg: string }).msg, /'Limit' failed on the 'lte' tag/);
    const many = Array.from({ length: 30 }, () => bid());
    assert.deepEqual(codeOf(await failure(b.orders.batchCreateOrdersV2({ orders: many }))), [429, 'too_many_requests']);
  });
});
