import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { costOf } from '../../engine/exchange/costs.ts';
import { allowed } from '../../engine/exchange/scopes.ts';
import {
  Client,
  ED25519,
  type Feed,
  type Json,
  orderBody,
  type Reply,
  RSA,
  signed,
  type TestKey,
  Venue,
} from './support/venue.ts';

const ORDERS = '/portfolio/events/orders';
const codeOf = ({ status, body }: Reply): [number, unknown] => [status, (body['error'] as Json | undefined)?.['code']];

/** A client of account `a` whose key was registered with these rights. */
function keyed(venue: Venue, scopes: readonly string[], subaccount: number | null = null): Client {
  const key: TestKey = { ...ED25519, keyId: randomUUID() };
  venue.server.keys.register(key.keyId, 'a', key.publicPem, { scopes, subaccount });
  return new Client(venue.port, key, () => venue.nowMs);
}

describe('a key does what its scopes say and no more', () => {
  const calls: readonly (readonly [method: string, url: string, body?: unknown])[] = [
    ['GET', '/portfolio/balance'],
    ['GET', '/portfolio/orders'],
    ['POST', ORDERS, orderBody()],
    ['POST', '/portfolio/order_groups/create', { contracts_limit: 5 }],
    ['POST', '/communications/rfqs', { market_ticker: 'M', contracts: 1, rest_remainder: false }],
    ['POST', '/api_keys/generate', { name: 'x', key_type: 'ed25519' }],
  ];
  const cases: readonly (readonly [scopes: readonly string[], allowed: readonly boolean[]])[] = [
    [
      ['read', 'write'],
      [true, true, true, true, true, true],
    ],
    [['read'], [true, true, false, false, false, false]],
    [['read::portfolio_balance'], [true, false, false, false, false, false]],
    [['write::trade'], [false, false, true, true, true, false]],
    [
      ['read', 'write::transfer'],
      [true, true, false, false, false, false],
    ],
  ];
  for (const [scopes, allowed] of cases)
    test(scopes.join(' and '), async (t) => {
      const venue = await Venue.open(t);
      const client = keyed(venue, scopes);
      for (const [i, [method, url, body]] of calls.entries()) {
        const reply = await client.call(method, url, body);
        if (allowed[i]) assert.ok(reply.status < 300, `${method} ${url}: ${reply.text}`);
        else assert.deepEqual(codeOf(reply), [403, 'forbidden'], `${method} ${url}`);
      }
    });

  test("public reads are everybody's, signed or not", async (t) => {
    const venue = await Venue.open(t);
    assert.equal((await keyed(venue, ['write::trade']).get('/markets/M')).status, 200);
    const key = venue.server.keys.of('a')[0]!;
    const call = { method: 'GET', path: ['markets'], query: new URLSearchParams(), body: undefined, userId: 'a' };
    assert.equal(allowed({ ...key, scopes: [] }, call), call);
  });

  test('the feed needs read', async (t) => {
    const venue = await Venue.open(t);
    await assert.rejects(keyed(venue, ['write::trade']).feed(), /401/);
    await (await keyed(venue, ['read']).feed()).close();
  });
});

test('subaccounts open with the promotion from Basic', async (t) => {
  const { a } = await Venue.open(t, {}, { tier: 'basic' });
  await a.order();
  assert.equal((await a.post('/portfolio/subaccounts', {})).status, 403);
  assert.equal((await a.post('/account/api_usage_level/upgrade', {})).status, 201);
  assert.deepEqual((await a.post('/portfolio/subaccounts', {})).body, { subaccount_number: 1 });
});

describe('a key that is locked to a subaccount', () => {
  test('names no other, in a query, a body or one item of a batch', async (t) => {
    const venue = await Venue.open(t);
    const client = keyed(venue, ['read', 'write'], 0);
    for (const [method, url, body] of [
      ['GET', '/portfolio/orders?subaccount=3'],
      ['POST', ORDERS, orderBody({ subaccount: 3 })],
      ['POST', `${ORDERS}/batched`, { orders: [orderBody(), orderBody({ subaccount: 3 })] }],
      ['DELETE', `${ORDERS}?subaccount=3`],
      ['POST', '/portfolio/subaccounts', {}],
      ['POST', '/portfolio/intra_exchange_instance_transfer', {}],
      ['GET', '/api_keys'],
    ] as const) {
      const reply = await client.call(method, url, body);
      assert.deepEqual(codeOf(reply), [403, 'forbidden'], `${method} ${url}`);
      assert.match(reply.text, /restricted to a single sub-account/);
    }
    assert.equal(venue.bench.exchange.orders.size, 0, 'the whole batch is refused');
    assert.equal((await client.order()).status, 201);
    assert.equal((await client.order({ subaccount: 0, client_order_id: 'x' })).status, 201);
  });

  test('means its own where it names none, and pays for no other when it cancels everything', async (t) => {
    const venue = await Venue.open(t, {}, { tier: 'basic' });
    const { bench } = venue;
    bench.fund('a', '100', 0, 3);
    for (let n = 0; n < 10; n++) await venue.a.order();
    bench.pass(1_000_000);
    const client = keyed(venue, ['read', 'write'], 3);
    assert.equal((await client.order()).status, 201);
    bench.pass(1_000_000);
    assert.equal((await client.delete(ORDERS)).status, 200);
    assert.deepEqual(
      bench.exchange.restingOf('a').map((o) => o.subaccount),
      Array(10).fill(0),
    );
    // Basic has a hundred write tokens: a cancel of one order costs 2, of all eleven 22.
    for (let n = 0; n < 9; n++) assert.equal((await venue.a.order()).status, 201);
  });

  test('means its own where it names none', async (t) => {
    const venue = await Venue.open(t, {}, { tier: 'basic' });
    const { keyId } = keyed(venue, ['read', 'write'], 7).key;
    const key = venue.server.keys.of('a').find((candidate) => candidate.keyId === keyId)!;
    const path = 'portfolio/events/orders/batched'.split('/');
    const body = { orders: [{ ticker: 'M' }, { ticker: 'N', subaccount: 7 }] };
    const call = allowed(key, { method: 'POST', path, query: new URLSearchParams(), body, userId: 'a' });
    assert.equal(call.query.get('subaccount'), '7');
    const orders = [
      { ticker: 'M', subaccount: 7 },
      { ticker: 'N', subaccount: 7 },
    ];
    assert.deepEqual(call.body, { orders });
  });
});

describe('keys made over the API', () => {
  for (const type of ['rsa', 'ed25519'])
    test(`${type}: the private half signs, is not kept, and a deleted key is unknown`, async (t) => {
      const venue = await Venue.open(t);
      const made = await venue.a.post('/api_keys/generate', { name: 'second', key_type: type });
      assert.equal(made.status, 201);
      const privateKey = createPrivateKey(String(made.body['private_key']));
      assert.equal(privateKey.asymmetricKeyType, type);
      const keyId = String(made.body['api_key_id']);
      const client = new Client(venue.port, { keyId, privateKey, publicPem: '' }, () => venue.nowMs);
      assert.equal((await client.get('/portfolio/balance')).status, 200);
      const listed = (await venue.a.get('/api_keys')).body['api_keys'] as Json[];
      assert.deepEqual(
        listed.find((key) => key['api_key_id'] === keyId),
        {
          api_key_id: keyId,
          name: 'second',
          scopes: ['read', 'write'],
        },
      );
      assert.equal((await venue.b.delete(`/api_keys/${keyId}`)).status, 404, "another account's");
      assert.equal((await client.delete(`/api_keys/${keyId}`)).status, 204);
      assert.equal((await client.get('/portfolio/balance')).status, 401);
    });

  test('a public key is registered by premier accounts, and only a public key', async (t) => {
    const venue = await Venue.open(t);
    const register = (fields: Json): Promise<Reply> => venue.a.post('/api_keys', { name: 'own', ...fields });
    const made = await register({ public_key: RSA.publicPem, scopes: ['read'] });
    assert.equal(made.status, 201);
    const own = new Client(venue.port, { ...RSA, keyId: String(made.body['api_key_id']) }, () => venue.nowMs);
    assert.equal((await own.get('/portfolio/balance')).status, 200);
    for (const fields of [
      { public_key: 'no key' },
      {},
      { public_key: RSA.publicPem, name: '' },
      { public_key: RSA.publicPem, scopes: ['write'] },
      { public_key: RSA.publicPem, scopes: ['root'] },
      { public_key: RSA.publicPem, scopes: [] },
      { public_key: RSA.publicPem, subaccount: 64 },
    ])
      assert.deepEqual(codeOf(await register(fields)), [400, 'invalid_parameters'], JSON.stringify(fields));
    const poor = await Venue.open(t, {}, { tier: 'advanced' });
    assert.equal((await poor.a.post('/api_keys', { name: 'own', public_key: RSA.publicPem })).status, 403);
  });

  test('one key cannot sign for another', async (t) => {
    const venue = await Venue.open(t);
    const made = await venue.a.post('/api_keys/generate', { name: 'other', key_type: 'ed25519' });
    const headers = signed(ED25519, 'GET', '/trade-api/v2/portfolio/balance', venue.nowMs);
    const stolen = { ...headers, 'KALSHI-ACCESS-KEY': String(made.body['api_key_id']) };
    assert.equal((await venue.a.call('GET', '/portfolio/balance', undefined, stolen)).status, 401);
  });
});

describe('what RFQs and quotes cost', () => {
  const id = randomUUID();
  for (const [method, path, tokens] of [
    ['POST', 'communications/rfqs', 10],
    ['DELETE', `communications/rfqs/${id}`, 10],
    ['POST', 'communications/quotes', 2],
    ['DELETE', `communications/quotes/${id}`, 2],
    ['PUT', `communications/quotes/${id}/accept`, 10],
    ['PUT', `communications/rfqs/${id}/quotes/${id}/confirm`, 2],
  ] as const)
    test(`${method} ${path.replaceAll(id, ':id')}: ${tokens} tokens of shard 1`, () => {
      const call = { method, path: path.split('/'), query: new URLSearchParams(), body: {}, userId: 'a' };
      assert.deepEqual(costOf(call), { bucket: 'write', tokens, shard: 1 });
    });

  test('a spent shard 1 leaves orders of shard 0 alone', async (t) => {
    const { a } = await Venue.open(t, {}, { tier: 'basic' });
    const terms = { market_ticker: 'M', contracts: 1, rest_remainder: false };
    for (let n = 0; n < 10; n++) assert.equal((await a.post('/communications/rfqs', terms)).status, 201);
    assert.deepEqual(codeOf(await a.post('/communications/rfqs', terms)), [429, 'too_many_requests']);
    assert.equal((await a.order({ exchange_index: 0 })).status, 201);
    assert.equal((await a.order({ client_order_id: 'auto' })).status, 429, 'auto-routed orders pay everywhere');
  });
});

describe('a key that is locked to a subaccount', () => {
  const RFQS = '/communications/rfqs';
  const terms = { market_ticker: 'M', contracts: 1, rest_remainder: false };
  const bids = { yes_bid: '0.4800', no_bid: '0.4800', rest_remainder: false };

  /** Account `a` with money in subaccounts 0 and 1, and a key that reaches 1 alone. */
  async function open(t: TestContext): Promise<{ venue: Venue; one: Client }> {
    const venue = await Venue.open(t);
    venue.bench.fund('a', '1000', 0, 1);
    return { venue, one: keyed(venue, ['read', 'write'], 1) };
  }

  test('neither withdraws nor owns the RFQs of another subaccount', async (t) => {
    const { venue, one } = await open(t);
    const theirs = String((await venue.a.post(RFQS, terms)).body['id']);
    const own = String((await one.post(RFQS, { ...terms, replace_existing: true })).body['id']);
    assert.deepEqual(codeOf(await one.delete(`${RFQS}/${theirs}`)), [404, 'not_found']);
    const ids = async (query: string): Promise<unknown[]> =>
      ((await one.get(`${RFQS}?status=open&${query}`)).body['rfqs'] as Json[]).map((rfq) => rfq['id']);
    assert.deepEqual(await ids(''), [own, theirs], 'requests are for everybody to see');
    assert.deepEqual(await ids('user_filter=self'), [own]);
    assert.deepEqual(await ids('creator_user_id=a'), [own]);
    const shown = (await one.get(`${RFQS}/${theirs}`)).body['rfq'] as Json;
    assert.ok(!('creator_user_id' in shown || 'creator_subaccount' in shown));
    assert.equal((await one.delete(`${RFQS}/${own}`)).status, 204);
    assert.equal((await venue.a.delete(`${RFQS}/${theirs}`)).status, 204);
  });

  test('can do nothing with the quotes that another subaccount gives or gets', async (t) => {
    const { venue, one } = await open(t);
    const { a, b } = venue;
    const asked = String((await a.post(RFQS, terms)).body['id']);
    const gotten = String((await b.post('/communications/quotes', { rfq_id: asked, ...bids })).body['id']);
    const other = String((await b.post(RFQS, terms)).body['id']);
    const given = String((await a.post('/communications/quotes', { rfq_id: other, ...bids })).body['id']);
    for (const [method, path] of [
      ['GET', `quotes/${gotten}`],
      ['GET', `quotes/${given}`],
      ['DELETE', `quotes/${given}`],
      ['PUT', `rfqs/${asked}/quotes/${gotten}/accept`],
      ['PUT', `rfqs/${other}/quotes/${given}/confirm`],
    ] as const) {
      const body = path.endsWith('accept') ? { accepted_side: 'yes' } : undefined;
      assert.deepEqual(codeOf(await one.call(method, `/communications/${path}`, body)), [404, 'not_found'], path);
      assert.equal((await a.get(`/communications/quotes/${given}`)).status, 200);
    }
    for (const query of ['user_filter=self', 'rfq_user_filter=self', `rfq_id=${asked}`])
      assert.deepEqual((await one.get(`/communications/quotes?${query}`)).body['quotes'], []);
  });

  test('hears of its own subaccount alone', async (t) => {
    const { venue, one } = await open(t);
    const channels = [
      'user_orders',
      'fill',
      'market_positions',
      'order_group_updates',
      'communications',
      'orderbook_delta',
    ];
    const subscribe = { id: 1, cmd: 'subscribe', params: { channels, market_tickers: ['M'], use_yes_price: true } };
    const [feed, whole] = [await venue.feed(one), await venue.feed(venue.a)];
    for (const each of [feed, whole]) await each.command(subscribe);
    for (const subaccount of [0, 1]) {
      await venue.a.post('/portfolio/order_groups/create', { contracts_limit: 5, subaccount });
      await venue.a.order({ subaccount, client_order_id: `c${subaccount}` });
      const rfq = (await venue.b.post(RFQS, terms)).body['id'];
      await venue.a.post('/communications/quotes', { rfq_id: rfq, ...bids, subaccount });
    }
    await venue.b.order({ side: 'ask', count: '2.00' });
    for (const each of [feed, whole]) await each.drained();
    const news = (each: Feed): string[] =>
      each.frames.flatMap(({ type, msg }) => {
        if (type === 'order_group_updates') return [type];
        const of = msg?.['subaccount'] ?? msg?.['subaccount_number'];
        return of === undefined ? [] : [`${type} ${of}`];
      });
    const both = ['orderbook_delta', 'user_order', 'fill', 'market_position'];
    for (const name of both) assert.ok(news(whole).includes(`${name} 0`) && news(whole).includes(`${name} 1`), name);
    for (const name of [...both, 'quote_created']) assert.ok(news(feed).includes(`${name} 1`), name);
    assert.deepEqual(
      news(feed).filter((line) => line.endsWith(' 0')),
      [],
    );
    const count = (each: Feed, type: string): number => each.frames.filter((frame) => frame.type === type).length;
    assert.deepEqual([count(feed, 'order_group_updates'), count(whole, 'order_group_updates')], [1, 2]);
    assert.deepEqual([count(feed, 'quote_created'), count(whole, 'quote_created')], [1, 2]);
  });
});

test('block trades are refused in words, not as a page that is not there', async (t) => {
  const { a } = await Venue.open(t);
  for (const [method, path] of [
    ['GET', ''],
    ['POST', ''],
    ['POST', `/${randomUUID()}/accept`],
  ] as const)
    assert.deepEqual(codeOf(await a.call(method, `/communications/block-trade-proposals${path}`)), [
      501,
      'not_implemented',
    ]);
});
