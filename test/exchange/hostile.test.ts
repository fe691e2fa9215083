import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { Exchange } from '../../engine/exchange/exchange.ts';
import { Refusal } from '../../engine/exchange/order.ts';
import { type ApiAnswer, RestApi } from '../../engine/exchange/rest.ts';
import { BID, type TimeUs } from '../../engine/units/index.ts';
import { Bench } from './support/bench.ts';
import { orderBody, raw, Venue } from './support/venue.ts';

const id = randomUUID();
const WRITES: readonly (readonly [method: string, path: string])[] = [
  ['POST', 'portfolio/events/orders'],
  ['DELETE', `portfolio/events/orders/${id}`],
  ['POST', `portfolio/events/orders/${id}/amend`],
  ['POST', `portfolio/events/orders/${id}/decrease`],
  ['POST', 'portfolio/events/orders/batched'],
  ['DELETE', 'portfolio/events/orders/batched'],
  ['POST', 'portfolio/order_groups/create'],
  ['PUT', `portfolio/order_groups/${id}/limit`],
  ['POST', 'portfolio/orders'],
  ['POST', 'communications/rfqs'],
  ['POST', 'communications/quotes'],
  ['PUT', `communications/quotes/${id}/accept`],
  ['POST', 'api_keys'],
  ['DELETE', `api_keys/${id}`],
];
const FIELDS = [
  ...Object.keys(orderBody()),
  ...'orders contracts contracts_fp contracts_limit contracts_limit_fp market_ticker target_cost_dollars yes_bid no_bid'.split(
    ' ',
  ),
  ...'reduce_by reduce_to rfq_id accepted_side name public_key scopes subaccount exchange_index expiration_time'.split(
    ' ',
  ),
];
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  '-1.00',
  '1e5',
  'NaN',
  '0x10',
  '99999999999999999999.00',
  '0.00000000001',
  '\u0000',
  '../../etc',
  '__proto__',
  '💥'.repeat(1000),
  [],
  [[]],
  [null],
  [{ ticker: {} }],
  {},
  { toString: 1 },
  JSON.parse('{"__proto__":{"userId":"b"}}'),
];
const READS =
  `markets markets/M markets/M/orderbook markets/orderbooks markets/trades markets/candlesticks events events/M-EVENT
  events/fee_changes events/multivariate series series/SERIES series/fee_changes series/SERIES/markets/M/candlesticks
  series/SERIES/events/M-EVENT/candlesticks incentive_programs portfolio/orders portfolio/orders/queue_positions
  portfolio/balance portfolio/positions portfolio/fills portfolio/settlements communications/rfqs communications/quotes
  account/limits api_keys`.split(/\s+/);
const PARAMETERS =
  `limit cursor ticker tickers market_tickers event_ticker series_ticker status min_ts max_ts start_ts end_ts
  period_interval min_close_ts max_created_ts mve_filter depth subaccount exchange_index is_block_trade user_filter`.split(
    /\s+/,
  );
const WORDS = [
  '',
  '-1',
  '0',
  '1.5',
  '1e999',
  'NaN',
  'null',
  '99999999999999999999',
  '__proto__',
  'a,b,,c',
  '%00',
  'ok',
];

/** The answer, or the refusal; anything else is thrown: it would have been an internal error. */
function ask(api: RestApi, method: string, path: string, query: string, body: unknown): ApiAnswer | Refusal {
  try {
    return api.answer({ method, path: path.split('/'), query: new URLSearchParams(query), body, userId: 'a' });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw new Error(`${method} ${path}?${query} ${JSON.stringify(body)?.slice(0, 200)}`, { cause: error });
  }
}

describe('whatever is sent', () => {
  test('no field of a body is an internal error, and nothing trades', () => {
    const bench = new Bench().fund('a').fund('b');
    const api = new RestApi(bench.exchange, 'basic', randomUUID);
    for (const [method, path] of WRITES) {
      for (const body of VALUES) ask(api, method, path, '', body);
      for (const field of FIELDS)
        for (const value of VALUES) {
          ask(api, method, path, '', { ...orderBody(), [field]: value });
          ask(api, method, path, '', { orders: [{ ...orderBody(), order_id: id, [field]: value }] });
        }
    }
    assert.equal(bench.fills.length, 0);
    assert.equal(bench.cash('a') + bench.cash('b'), 20_000);
    for (const order of bench.exchange.orders.values())
      assert.deepEqual([order.userId, order.side, order.price, order.remainingCount], ['a', BID, 4000, 100]);
    assert.equal(({} as Record<string, unknown>)['userId'], undefined, 'a prototype was written to');
  });

  test('no query is an internal error', () => {
    const exchange = new Bench().fund('a').exchange;
    const api = new RestApi(exchange, 'basic', randomUUID);
    for (const path of READS)
      for (const name of PARAMETERS) for (const word of WORDS) ask(api, 'GET', path, `${name}=${word}`, undefined);
  });

  test('the words of a query change nothing', () => {
    const bench = new Bench().fund('a');
    bench.place('a', BID, 40, 1);
    const api = new RestApi(bench.exchange, 'basic', randomUUID);
    for (const word of WORDS) ask(api, 'DELETE', `portfolio/events/orders/${id}`, `exchange_index=${word}`, undefined);
    assert.equal(bench.total(BID, 40), 1);
  });

  test('an exchange without a market answers every read', () => {
    const api = new RestApi(new Exchange({ now: () => 1 as TimeUs, newId: randomUUID }), 'basic', randomUUID);
    for (const path of READS) ask(api, 'GET', path, '', undefined);
  });

  test('JSON nested without end, bytes that are no text and a body that ends early do not stop the exchange', async (t) => {
    const { a, port, bench } = await Venue.open(t);
    const url = '/portfolio/events/orders';
    assert.equal((await a.call('POST', url, '['.repeat(500_000))).status, 400);
    assert.equal((await a.call('POST', url, `{"orders":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).status, 400);
    assert.equal((await a.call('POST', url, '{"ticker":"\ud800"}')).status, 400);
    const cut = await raw(
      port,
      'POST /trade-api/v2/portfolio/events/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"tick',
    );
    assert.ok(!cut.includes('201'), cut);
    assert.equal(bench.exchange.orders.size, 0);
    assert.equal((await a.order()).status, 201);
  });
});
