import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import {
  API,
  ED25519,
  type Json,
  orderBody,
  type Reply,
  RSA,
  raw,
  signed,
  type TestKey,
  Venue,
} from './support/venue.ts';

const errorOf = ({ body }: Reply): Json => body['error'] as Json;
const ORDERS = '/portfolio/events/orders';

describe('signatures', () => {
  for (const [name, who] of [
    ['Ed25519', 'a'],
    ['RSA-PSS', 'b'],
  ] as const) {
    test(`${name} is let in; five seconds off too`, async (t) => {
      const venue = await Venue.open(t);
      const client = venue[who];
      assert.equal((await client.get('/portfolio/balance')).status, 200);
      for (const offMs of [-5000, 5000]) {
        const auth = signed(client.key, 'GET', `${API}/portfolio/balance`, venue.nowMs + offMs);
        assert.equal((await client.call('GET', '/portfolio/balance', undefined, auth)).status, 200);
      }
    });
  }

  test('every other way is 401 with the code that tells why', async (t) => {
    const venue = await Venue.open(t);
    const path = `${API}/portfolio/balance`;
    const good = signed(ED25519, 'GET', path, venue.nowMs);
    const without = (name: string): Record<string, string> =>
      Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
    const at = (ms: number, key: TestKey = ED25519): Record<string, string> =>
      signed(key, 'GET', path, venue.nowMs + ms);
    const unknown = { ...ED25519, keyId: randomUUID() };
    const cases: readonly [string, Record<string, string>, string, string?][] = [
      ['unsigned', {}, 'signature_is_missing_from_headers'],
      ['no signature', without('KALSHI-ACCESS-SIGNATURE'), 'signature_is_missing_from_headers'],
      ['thirty seconds old', at(-30_000), 'header_timestamp_expired'],
      ['five minutes early', at(300_000), 'header_timestamp_expired'],
      ['in seconds', { ...good, 'KALSHI-ACCESS-TIMESTAMP': '1790000000' }, 'header_timestamp_expired'],
      ['no number', { ...good, 'KALSHI-ACCESS-TIMESTAMP': 'now' }, 'header_timestamp_expired'],
      ['unknown key', at(0, unknown), 'authentication_error', 'NOT_FOUND'],
      [
        'another method',
        signed(ED25519, 'POST', path, venue.nowMs),
        'authentication_error',
        'INCORRECT_API_KEY_SIGNATURE',
      ],
      [
        'with the query',
        signed(ED25519, 'GET', `${path}?subaccount=0`, venue.nowMs),
        'authentication_error',
        'INCORRECT_API_KEY_SIGNATURE',
      ],
      [
        'garbage',
        { ...good, 'KALSHI-ACCESS-SIGNATURE': 'AAAA' },
        'authentication_error',
        'INCORRECT_API_KEY_SIGNATURE',
      ],
      [
        'one key id, the other key',
        { ...at(0, RSA), 'KALSHI-ACCESS-KEY': ED25519.keyId },
        'authentication_error',
        'INCORRECT_API_KEY_SIGNATURE',
      ],
    ];
    for (const [name, headers, code, details] of cases) {
      const reply = await venue.a.call('GET', '/portfolio/balance', undefined, headers);
      assert.equal(reply.status, 401, name);
      assert.equal(errorOf(reply)['code'], code, name);
      assert.equal(errorOf(reply)['details'], details, name);
    }
  });

  test('a request that is sent again within the tolerance does nothing twice, after it nothing at all', async (t) => {
    const { a, nowMs, bench } = await Venue.open(t);
    const headers = signed(ED25519, 'POST', `${API}${ORDERS}`, nowMs);
    const send = (body: Json): Promise<Reply> => a.call('POST', ORDERS, body, headers);
    const body = orderBody({ client_order_id: 'once' });
    assert.equal((await send(body)).status, 201);
    assert.equal((await send(body)).status, 409);
    const moved = await a.call('DELETE', ORDERS, undefined, headers);
    assert.equal(moved.status, 401, 'for another method');
    bench.pass(11_000_000);
    const late = await send(orderBody({ client_order_id: 'twice' }));
    assert.deepEqual([late.status, errorOf(late)['code']], [401, 'header_timestamp_expired']);
    assert.equal(bench.exchange.orders.size, 1);
  });

  test('public reads need none', async (t) => {
    const venue = await Venue.open(t);
    for (const url of [
      '/markets',
      '/markets/M',
      '/markets/M/orderbook',
      '/markets/trades',
      '/exchange/status',
      '/series/SERIES',
      '/events/M-EVENT',
      '/account/endpoint_costs',
    ])
      assert.equal((await venue.a.call('GET', url, undefined, {})).status, 200, url);
  });
});

describe('bad requests', () => {
  const cases: readonly [string, unknown, number, Json][] = [
    ['malformed JSON', '{"ticker":', 400, { code: 'bad_request' }],
    ['no body', undefined, 400, { code: 'bad_request', details: 'EOF' }],
    ['a list', [], 400, { code: 'bad_request' }],
    ['null', 'null', 400, { code: 'bad_request' }],
    [
      'a number for count',
      orderBody({ count: 1 }),
      400,
      {
        code: 'bad_request',
        details: 'json: cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string',
      },
    ],
    ['a number for price', orderBody({ price: 0.4 }), 400, { code: 'bad_request' }],
    ['a string for post_only', orderBody({ post_only: 'yes' }), 400, { code: 'bad_request' }],
    [
      'milliseconds for expiration_time',
      orderBody({ expiration_time: 1_790_000_100_000 }),
      400,
      { code: 'invalid_parameters' },
    ],
    [
      'an expiration_time past every calendar',
      orderBody({ expiration_time: 2 ** 53 - 1 }),
      400,
      { code: 'invalid_parameters' },
    ],
    ['a fraction for expiration_time', orderBody({ expiration_time: 1.5 }), 400, { code: 'bad_request' }],
    ['off-grid price', orderBody({ price: '0.4050' }), 400, { code: 'invalid_price' }],
    ['price of a dollar', orderBody({ price: '1.0000' }), 400, { code: 'invalid_price' }],
    ['price that is none', orderBody({ price: 'cheap' }), 400, { code: 'invalid_price' }],
    ['no price', orderBody({ price: undefined }), 400, { code: 'invalid_price' }],
    ['negative count', orderBody({ count: '-5.00' }), 400, { code: 'invalid_order_size' }],
    ['count too fine', orderBody({ count: '1.005' }), 400, { code: 'invalid_order_size' }],
    ['count without end', orderBody({ count: '90000000000000.00' }), 400, { code: 'invalid_order_size' }],
    ['a side that is none', orderBody({ side: 'yes' }), 400, { code: 'invalid_parameters' }],
    ['a time in force that is none', orderBody({ time_in_force: 'GTT' }), 400, { code: 'invalid_parameters' }],
    [
      'no self-trade prevention',
      orderBody({ self_trade_prevention_type: undefined }),
      400,
      { code: 'invalid_parameters' },
    ],
    ['no ticker', orderBody({ ticker: undefined }), 400, { code: 'invalid_parameters' }],
    ['a market there is not', orderBody({ ticker: 'X' }), 404, { code: 'market_not_found' }],
    ['a subaccount that was never opened', orderBody({ subaccount: 3 }), 404, { code: 'user_not_found' }],
    ['a subaccount there cannot be', orderBody({ subaccount: 64 }), 400, { code: 'invalid_parameters' }],
    ['more than the account has', orderBody({ count: '100000000.00' }), 400, { code: 'insufficient_balance' }],
    ['a group there is not', orderBody({ order_group_id: randomUUID() }), 404, { code: 'order_group_not_found' }],
  ];
  test('each has its status and code, and none leaves anything behind', async (t) => {
    const { a, bench } = await Venue.open(t);
    for (const [name, body, status, wanted] of cases) {
      const reply = await a.post(ORDERS, body);
      assert.equal(reply.status, status, `${name}: ${reply.text}`);
      // What does not decode is answered flat, what the exchange refuses under `error`.
      const error = wanted['code'] === 'bad_request' ? reply.body : errorOf(reply);
      for (const [key, value] of Object.entries(wanted)) assert.equal(error[key], value, name);
      assert.ok(!reply.text.includes('.ts:'), 'a stack trace reached the client');
    }
    assert.deepEqual([bench.total(BID, 40), bench.total(ASK, 40), bench.exchange.orders.size], [0, 0, 0]);
  });

  test('an unknown field is ignored, the old name of the expiry too', async (t) => {
    const { a, bench } = await Venue.open(t);
    assert.equal((await a.order({ expiration_ts: 1, whatever: {} })).status, 201);
    assert.equal(bench.total(BID, 40), 1);
  });

  test('an amend for another market, side or client id is refused', async (t) => {
    const { a, b } = await Venue.open(t, { markets: { M: 0, N: 0 } });
    const id = (await a.order({ client_order_id: 'x' })).body['order_id'];
    const url = `${ORDERS}/${id}/amend`;
    const to = { ticker: 'M', side: 'bid', price: '0.4100', count: '1.00' };
    for (const [fields, code] of [
      [{ ticker: 'N' }, 'order_ticker_mismatch'],
      [{ side: 'ask' }, 'order_side_mismatch'],
      [{ client_order_id: 'y' }, 'order_id_and_client_order_id_mismatch'],
    ] as const) {
      const reply = await a.post(url, { ...to, ...fields });
      assert.deepEqual([reply.status, errorOf(reply)['code']], [400, code]);
    }
    assert.equal((await b.post(url, { ...to, ticker: 'N' })).status, 404);
    assert.equal((await a.post(url, { ...to, exchange_index: 1 })).status, 404);
    assert.equal((await a.post(url, to)).status, 200);
  });

  test('a decrease takes exactly one of by and to', async (t) => {
    const { a } = await Venue.open(t);
    const id = (await a.order({ count: '5.00' })).body['order_id'];
    const url = `${ORDERS}/${id}/decrease`;
    assert.equal((await a.post(url, {})).status, 400);
    assert.equal((await a.post(url, { reduce_by: '1.00', reduce_to: '1.00' })).status, 400);
    assert.equal((await a.post(url, { reduce_to: '6.00' })).status, 400);
    assert.equal((await a.post(url, { reduce_by: '9.00' })).body['remaining_count'], '0.00');
  });
});

describe('paths', () => {
  const statusOf = (answer: string): number => Number(answer.split(' ')[1]);

  test('what there is not is 404 in plain text', async (t) => {
    const { a } = await Venue.open(t);
    const id = randomUUID();
    for (const [method, url] of [
      ['GET', ORDERS],
      ['GET', `${ORDERS}/${id}`],
      ['PUT', ORDERS],
      ['POST', `${ORDERS}/${id}/explode`],
      ['GET', '/portfolio/nothing'],
      ['GET', '/portfolio/balance/more'],
      ['GET', `/portfolio/orders/${id}/more`],
      ['GET', '/markets/M/orderbook/more'],
      ['GET', '/markets/M/nothing'],
      ['GET', '/exchange/nothing'],
      ['POST', '/markets'],
    ] as const) {
      const reply = await a.call(method, url);
      assert.deepEqual(
        [reply.status, reply.type, reply.text],
        [404, 'text/plain', '404 page not found'],
        `${method} ${url}`,
      );
    }
  });

  test('legacy order writes are gone', async (t) => {
    const { a } = await Venue.open(t);
    for (const [method, url] of [
      ['POST', '/portfolio/orders'],
      ['DELETE', `/portfolio/orders/${randomUUID()}`],
      ['POST', '/portfolio/orders/batched'],
    ] as const) {
      const reply = await a.call(method, url, method === 'POST' ? {} : undefined);
      assert.deepEqual([reply.status, errorOf(reply)['code']], [410, 'deprecated_v1_order_endpoint']);
    }
  });

  test('tricks lead nowhere: no way around the signature, no crash', async (t) => {
    const { a, port } = await Venue.open(t);
    for (const path of [
      '/trade-api/v2/markets/../portfolio/balance',
      '/trade-api/v2/markets/..%2fportfolio/balance',
      '/trade-api/v2/markets/%2e%2e/portfolio/balance',
      '/trade-api/v2/markets%2fM',
      '/trade-api/v2//markets',
      '/trade-api/v2/markets/M%00',
      '/trade-api/v2/markets/%ff%fe',
      '/trade-api/v2/markets/%',
      '/trade-api/v2/exchange/../portfolio/orders',
      '/../../etc/passwd',
      '/',
      '/trade-api/v2',
      '/trade-api/v2/',
      `/trade-api/v2/markets/${'x'.repeat(3000)}`,
      '/trade-api/v2/markets/__proto__',
      '/trade-api/v2/events/constructor',
    ]) {
      const answer = await raw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      assert.ok([400, 401, 404].includes(statusOf(answer)), `${path}: ${answer.slice(0, 200)}`);
      assert.ok(!answer.includes('balance_dollars'), path);
    }
    const nul = await raw(port, 'GET /trade-api/v2/mar\0kets HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    assert.ok(nul === '' || statusOf(nul) >= 400, nul);
    assert.equal((await a.get('/portfolio/balance')).status, 200);
  });

  test('a signature is for the path as it is sent, and a hidden slash leads nowhere', async (t) => {
    const { port, nowMs, bench } = await Venue.open(t);
    const get = async (path: string, signedPath = path): Promise<string> => {
      const headers = Object.entries(signed(ED25519, 'GET', signedPath, nowMs)).map(
        ([name, value]) => `${name}: ${value}`,
      );
      const answer = await raw(
        port,
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers.join('\r\n')}\r\n\r\n`,
      );
      return `${statusOf(answer)}${answer.includes('balance_dollars') ? ' let in' : ''}`;
    };
    const balance = `${API}/portfolio/balance`;
    assert.equal(await get(balance), '200 let in');
    assert.equal(await get(`${balance}?subaccount=0`, balance), '200 let in', 'the query is not signed');
    for (const [path, signedPath, wanted] of [
      [`${balance}?subaccount=0`, `${balance}?subaccount=0`, '401'],
      [balance, `${API}/portfolio/positions`, '401'],
      [`${API}/portfolio//balance`, balance, '401'],
      [`${API}/portfolio%2Fbalance`, balance, '401'],
      [`${API}/portfolio//balance`, `${API}/portfolio//balance`, '404'],
      [`${API}/portfolio%2Fbalance`, `${API}/portfolio%2Fbalance`, '404'],
      [`${API}/portfolio/orders%2Fqueue_positions`, `${API}/portfolio/orders%2Fqueue_positions`, '404'],
      [`${API}/markets/%2e%2e/portfolio/balance`, balance, '401'],
      [`${API}/markets/%2e%2e/portfolio/balance`, `${API}/markets/%2e%2e/portfolio/balance`, '404'],
      [`${API}/markets/../portfolio/balance`, balance, '401'],
      [`${API}/markets/../portfolio/balance`, `${API}/markets/../portfolio/balance`, '404'],
    ] as const)
      assert.equal(await get(path, signedPath), wanted, `${path} signed as ${signedPath}`);
    assert.equal(bench.exchange.orders.size, 0);
  });

  test('an id that is none is told apart from one that is unknown', async (t) => {
    const { a } = await Venue.open(t);
    for (const [method, url] of [
      ['DELETE', `${ORDERS}/17`],
      ['GET', '/portfolio/orders/17'],
    ] as const) {
      const reply = await a.call(method, url);
      assert.deepEqual([reply.status, errorOf(reply)], [400, { code: 'invalid_UUID', message: 'invalid UUID' }]);
    }
    assert.equal((await a.delete(`${ORDERS}/${randomUUID()}`)).status, 404);
  });

  test('a body of ten megabytes is refused and the exchange goes on', async (t) => {
    const { a, bench } = await Venue.open(t);
    const reply = await a.order({ client_order_id: 'x'.repeat(10 * 1024 * 1024) });
    assert.equal(reply.status, 413);
    assert.equal(bench.exchange.orders.size, 0);
    assert.equal((await a.order()).status, 201);
  });
});
