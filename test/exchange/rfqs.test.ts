import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { type BenchOptions, dollars } from './support/bench.ts';
import { differences } from './support/shape.ts';
import { type Client, type Json, type Reply, Venue } from './support/venue.ts';

const RECORDING = '../shared/kalshi/rest/demo__rfq_quote_scenarios.json';
const SKIP = existsSync(RECORDING) ? {} : { skip: 'recorded RFQs absent' };
const SECOND_US = 1_000_000;
const QUOTE = { yes_bid: '0.4800', no_bid: '0.4800', rest_remainder: false };
const errorOf = ({ body }: Reply): Json => body['error'] as Json;

/** Two accounts with a thousand dollars each: `a` asks, `b` quotes. */
async function open(t: TestContext, options: BenchOptions = {}): Promise<Venue> {
  const venue = await Venue.open(t, options);
  venue.bench.fund('a', '1000').fund('b', '1000');
  return venue;
}

async function ask(who: Client, fields: Json = {}): Promise<string> {
  const terms = { market_ticker: 'M', rest_remainder: false, contracts_fp: '1.00', ...fields };
  if ('target_cost_dollars' in fields) Reflect.deleteProperty(terms, 'contracts_fp');
  const reply = await who.post('/communications/rfqs', terms);
  assert.equal(reply.status, 201, reply.text);
  return String(reply.body['id']);
}

async function quote(who: Client, rfq: string, fields: Json = {}): Promise<string> {
  const reply = await who.post('/communications/quotes', { rfq_id: rfq, ...QUOTE, ...fields });
  assert.equal(reply.status, 201, reply.text);
  return String(reply.body['id']);
}

const act = (who: Client, rfq: string, id: string, what: 'accept' | 'confirm', side = 'yes'): Promise<Reply> =>
  who.call('PUT', `/communications/rfqs/${rfq}/quotes/${id}/${what}`, what === 'accept' ? { accepted_side: side } : {});

const statusOf = async (who: Client, id: string): Promise<unknown> =>
  ((await who.get(`/communications/quotes/${id}`)).body['quote'] as Json)['status'];

describe('a request for quotes', () => {
  test('trades between the two accounts once accepted, confirmed and due, and never touches the book', async (t) => {
    const venue = await open(t);
    const { a, b, bench } = venue;
    await b.order({ price: '0.4700', count: '5.00' });
    const rfq = await ask(a);
    const id = await quote(b, rfq);
    assert.equal((await act(a, rfq, id, 'accept')).status, 204);
    assert.equal((await act(b, rfq, id, 'confirm')).status, 204);
    assert.equal(await statusOf(b, id), 'confirmed');
    bench.pass(15 * SECOND_US);
    assert.equal(await statusOf(b, id), 'executed');
    assert.deepEqual([bench.position('a'), bench.position('b')], [-1, 1]);
    assert.equal(bench.total(0, 47), 5, 'the book stands');
    const [trade] = (await a.get('/markets/trades')).body['trades'] as Json[];
    assert.deepEqual([trade!['is_block_trade'], trade!['yes_price_dollars']], [true, '0.4800']);
    for (const [flag, found] of [
      ['true', 1],
      ['false', 0],
    ] as const)
      assert.equal(((await a.get(`/markets/trades?is_block_trade=${flag}`)).body['trades'] as Json[]).length, found);
  });

  test('that was confirmed executes on time though nobody asks', async (t) => {
    const venue = await open(t, { rules: { quoteExecuteMs: 1 } });
    const feed = await venue.feed(venue.b);
    await feed.command({ id: 1, cmd: 'subscribe', params: { channels: ['fill'] } });
    const rfq = await ask(venue.a);
    const id = await quote(venue.b, rfq);
    await act(venue.a, rfq, id, 'accept');
    await act(venue.b, rfq, id, 'confirm');
    venue.bench.pass(1000);
    const fill = await feed.next((frame) => frame.type === 'fill');
    assert.equal(fill.msg['is_taker'], false);
  });

  test('is between the subaccounts that asked and quoted, and no other pays', async (t) => {
    const { a, b, bench } = await open(t);
    bench.fund('a', '100', 0, 3).fund('b', '100', 0, 5);
    const rfq = await ask(a, { subaccount: 3 });
    const id = await quote(b, rfq, { subaccount: 5 });
    await act(a, rfq, id, 'accept');
    await act(b, rfq, id, 'confirm');
    bench.pass(15 * SECOND_US);
    assert.equal(await statusOf(a, id), 'executed');
    assert.deepEqual([bench.position('a', 'M', 3), bench.position('b', 'M', 5)], [-1, 1]);
    assert.deepEqual([bench.position('a'), bench.position('b'), bench.cash('a'), bench.cash('b')], [0, 0, 1000, 1000]);
    const { body } = await b.get(`/communications/quotes/${id}`);
    assert.equal((body['quote'] as Json)['creator_subaccount'], 5);
    const poor = await quote(b, await ask(a, { contracts_fp: '500.00' }), { subaccount: 5 });
    const rfqOfPoor = String(((await b.get(`/communications/quotes/${poor}`)).body['quote'] as Json)['rfq_id']);
    await act(a, rfqOfPoor, poor, 'accept');
    assert.equal(errorOf(await act(b, rfqOfPoor, poor, 'confirm'))['code'], 'insufficient_balance');
  });

  test('is neither made nor executed while its shard is paused', async (t) => {
    const { a, b, bench } = await open(t);
    const rfq = await ask(a);
    const id = await quote(b, rfq);
    await act(a, rfq, id, 'accept');
    await act(b, rfq, id, 'confirm');
    bench.exchange.pauses.pause('trading', null);
    const refused = await a.post('/communications/rfqs', { market_ticker: 'M', contracts: 1, rest_remainder: false });
    assert.equal(errorOf(refused)['code'], 'trading_paused');
    bench.pass(15 * SECOND_US);
    assert.equal(await statusOf(b, id), 'cancelled');
    assert.equal(bench.fills.length, 0);
  });

  test('executes nothing once a party cannot pay any more', async (t) => {
    const { a, b, bench } = await open(t);
    const rfq = await ask(a, { contracts_fp: '1000.00' });
    const id = await quote(b, rfq);
    await act(a, rfq, id, 'accept');
    await act(b, rfq, id, 'confirm');
    assert.equal((await b.order({ price: '0.9000', count: '1000.00' })).status, 201);
    bench.pass(15 * SECOND_US);
    const { body } = await b.get(`/communications/quotes/${id}`);
    const ended = body['quote'] as Json;
    assert.deepEqual([ended['status'], ended['cancellation_reason']], ['cancelled', 'insufficient_balance']);
    assert.deepEqual([bench.position('a'), bench.position('b'), bench.fills.length], [0, 0, 0]);
    assert.equal(((await a.get(`/communications/rfqs/${rfq}`)).body['rfq'] as Json)['status'], 'open');
  });

  test('for a sum gets as many contracts as the sum pays for, fees counted unless excluded', async (t) => {
    const { a, b } = await open(t);
    for (const [fields, yes] of [
      // A YES bid of 48c leaves the asker NO at 52c, and the taker's fee of 0.07 x 0.52 x 0.48 each.
      [{ target_cost_excludes_fees: true }, '19.23'],
      [{}, '18.60'],
    ] as const) {
      const rfq = await ask(a, { target_cost_dollars: '10.00', ...fields });
      const id = await quote(b, rfq);
      const { body } = await b.get(`/communications/quotes/${id}`);
      const seen = body['quote'] as Json;
      assert.deepEqual([seen['yes_contracts_fp'], seen['rfq_target_cost_dollars']], [yes, '10.0000']);
    }
  });

  test('is one of at most a hundred open ones, and may replace those of its market', async (t) => {
    const { a, bench } = await open(t, { markets: { M: 0, N: 0 } });
    bench.fund('a', '1000');
    await ask(a, { market_ticker: 'N' });
    for (let n = 1; n < 100; n++) await ask(a);
    const more = { market_ticker: 'M', contracts: 1, rest_remainder: false };
    assert.equal((await a.post('/communications/rfqs', more)).status, 409);
    assert.equal((await a.post('/communications/rfqs', { ...more, replace_existing: true })).status, 201);
    const open_ = (await a.get('/communications/rfqs?status=open&limit=100')).body['rfqs'] as Json[];
    assert.deepEqual(open_.map((rfq) => rfq['market_ticker']).sort(), ['M', 'N']);
  });

  test('takes its quotes with it when it is withdrawn', async (t) => {
    const { a, b } = await open(t);
    const rfq = await ask(a);
    const id = await quote(b, rfq);
    assert.equal((await b.delete(`/communications/rfqs/${rfq}`)).status, 404, 'not the quoter');
    assert.equal((await a.delete(`/communications/rfqs/${rfq}`)).status, 204);
    assert.equal(await statusOf(b, id), 'cancelled');
    assert.equal((await act(a, rfq, id, 'accept')).status, 404);
    assert.equal((await b.post('/communications/quotes', { rfq_id: rfq, ...QUOTE })).status, 404);
  });

  test('is refused with a reason where it makes no sense', async (t) => {
    const { a, b } = await open(t);
    const rfqs = '/communications/rfqs';
    const base = { market_ticker: 'M', rest_remainder: false };
    for (const [fields, status, code] of [
      [{}, 400, 'invalid_parameters'],
      [{ contracts: 1, target_cost_dollars: '5.00' }, 400, 'invalid_parameters'],
      [{ contracts: 1, contracts_fp: '2.00' }, 400, 'invalid_parameters'],
      [{ contracts: -1 }, 400, 'invalid_order_size'],
      [{ target_cost_dollars: 'much' }, 400, 'invalid_parameters'],
      [{ contracts: 1, market_ticker: 'NONE' }, 404, 'market_not_found'],
    ] as const) {
      const reply = await a.post(rfqs, { ...base, ...fields });
      assert.deepEqual([reply.status, errorOf(reply)['code']], [status, code], reply.text);
    }
    assert.equal((await a.post(rfqs, { ...base, contracts: '1' })).body['code'], 'bad_request');
    const rfq = await ask(a);
    for (const [who, fields, code] of [
      [a, {}, 'invalid_parameters'],
      [b, { yes_bid: '0', no_bid: '0' }, 'invalid_parameters'],
      [b, { yes_bid: '1.0000' }, 'invalid_price'],
      [b, { yes_bid: '-0.1000' }, 'invalid_price'],
    ] as const) {
      const reply = await who.post('/communications/quotes', { rfq_id: rfq, ...QUOTE, ...fields });
      assert.deepEqual([reply.status, errorOf(reply)['code']], [400, code], reply.text);
    }
    const onlyNo = await quote(b, rfq, { yes_bid: '0' });
    assert.equal((await act(a, rfq, onlyNo, 'accept', 'yes')).status, 400);
    assert.equal((await act(b, rfq, onlyNo, 'accept', 'no')).status, 404, 'the quoter cannot accept');
    assert.equal((await b.get('/communications/quotes')).status, 400, 'without a filter');
  });

  test('shows the old forms without the RFQ in the path, and nothing to strangers', async (t) => {
    const { a, b } = await open(t);
    const rfq = await ask(a);
    const id = await quote(b, rfq);
    assert.equal((await a.call('PUT', `/communications/quotes/${id}/accept`, { accepted_side: 'no' })).status, 204);
    assert.equal((await b.call('PUT', `/communications/quotes/${id}/confirm`, {})).status, 204);
    const seenBy = async (who: Client): Promise<Json> =>
      (await who.get(`/communications/rfqs/${rfq}/quotes/${id}`)).body['quote'] as Json;
    assert.ok('creator_user_id' in (await seenBy(b)) && !('creator_user_id' in (await seenBy(a))));
    const other = await ask(a);
    assert.equal((await b.get(`/communications/rfqs/${other}/quotes/${id}`)).status, 404, 'of another RFQ');
  });
});

describe('the communications channel', () => {
  const subscribe = (params: Json = {}): Json => ({
    id: 1,
    cmd: 'subscribe',
    params: { channels: ['communications'], ...params },
  });

  test('tells everybody of requests and only the two parties of quotes, numbered without a hole', async (t) => {
    const venue = await open(t, { rules: { quoteExecuteMs: 0 } });
    const { a, b } = venue;
    const [asker, quoter] = [await venue.feed(a), await venue.feed(b)];
    for (const feed of [asker, quoter]) await feed.command(subscribe());
    const stranger = await ask(b);
    const rfq = await ask(a);
    const id = await quote(b, rfq);
    await act(a, rfq, id, 'accept');
    await act(b, rfq, id, 'confirm');
    await a.call('GET', `/communications/rfqs/${stranger}`);
    for (const feed of [asker, quoter]) await feed.drained();
    const types = ['rfq_created', 'rfq_created', 'quote_created', 'quote_accepted', 'rfq_deleted', 'quote_executed'];
    for (const feed of [asker, quoter]) {
      assert.deepEqual(
        feed.of(1).map((frame) => frame.type),
        types,
      );
      assert.deepEqual(
        feed.of(1).map((frame) => frame.seq),
        [1, 2, 3, 4, 5, 6],
      );
    }
    const [mine, theirs] = [asker, quoter].map((feed) => feed.of(1).at(-1)!.msg);
    assert.notEqual(mine!['order_id'], theirs!['order_id'], 'each party hears of its own order');
    const fills = (await a.get('/portfolio/fills')).body['fills'] as Json[];
    assert.equal(fills[0]!['order_id'], mine!['order_id']);
    const created = quoter.of(1)[2]!.msg;
    assert.deepEqual([created['yes_bid_dollars'], created['event_ticker']], ['0.4800', 'M-EVENT']);
  });

  test("leaves out what is not in the subscriber's share", async (t) => {
    const venue = await open(t);
    const own = await venue.feed(venue.b);
    await own.command(subscribe({ user_filter: 'self' }));
    const shares = await Promise.all(
      [0, 1].map(async (key) => {
        const feed = await venue.feed(venue.b);
        await feed.command(subscribe({ shard_factor: 2, shard_key: key }));
        return feed;
      }),
    );
    const rfq = await ask(venue.a);
    await quote(venue.b, rfq);
    for (const feed of [own, ...shares]) await feed.drained();
    assert.deepEqual(
      own.of(1).map((frame) => frame.type),
      ['quote_created'],
    );
    assert.deepEqual(shares.map((feed) => feed.of(1).length).sort(), [0, 2], 'one share has the market');
  });

  test('refuses shares that are none by their codes', async (t) => {
    const venue = await open(t);
    const feed = await venue.feed(venue.a);
    for (const [params, code] of [
      [{ shard_factor: 0 }, 19],
      [{ shard_key: 1 }, 20],
      [{ shard_factor: 2, shard_key: 2 }, 21],
      [{ shard_factor: 101 }, 22],
      [{ user_filter: 'others' }, 11],
    ] as const)
      assert.equal((await feed.command(subscribe(params)))[0]!.msg['code'], code);
  });
});

interface Step {
  readonly step: string;
  readonly data: Json;
}

describe('recorded RFQs', SKIP, () => {
  const recorded = existsSync(RECORDING)
    ? (JSON.parse(readFileSync(RECORDING, 'utf8')) as Readonly<Record<string, readonly Step[]>>)
    : {};
  const step = (scenario: string, name: string): Json => recorded[scenario]!.find((s) => s.step === name)!.data;

  test('end with the same balances, positions, fills and quotes here', async (t) => {
    const { a, b, bench } = await open(t);
    for (const [scenario, side] of [
      ['accept_yes', 'yes'],
      ['accept_no', 'no'],
    ] as const) {
      bench.pass(SECOND_US + 17);
      const rfq = await ask(a);
      const id = await quote(b, rfq);
      await act(a, rfq, id, 'accept', side);
      await act(b, rfq, id, 'confirm');
      bench.pass(16 * SECOND_US + 3);
      const ours = (await b.get(`/communications/quotes/${id}`)).body['quote'] as Json;
      assert.deepEqual(differences(step(scenario, 'quote_terminal'), ours), [], scenario);
      const fills = await b.get(`/portfolio/fills?order_id=${String(ours['creator_order_id'])}`);
      assert.deepEqual(differences(step(scenario, 'fills_by_creator_order_id'), fills.body), []);
      for (const [who, name] of [
        [b, 'after_maker'],
        [a, 'after_requester'],
      ] as const) {
        const there = step(scenario, name);
        const balance = (await who.get('/portfolio/balance')).body;
        for (const key of ['balance', 'balance_dollars', 'portfolio_value'])
          assert.equal(balance[key], (there['balance'] as Json)[key], `${scenario} ${name} ${key}`);
        const [mine, theirs] = [(await who.get('/portfolio/positions')).body, there['positions'] as Json].map(
          (body) => (body['market_positions'] as Json[])[0]!,
        );
        for (const key of [
          'position_fp',
          'market_exposure_dollars',
          'realized_pnl_dollars',
          'fees_paid_dollars',
          'total_traded_dollars',
        ])
          assert.equal(mine![key], theirs![key], `${scenario} ${name} ${key}`);
      }
    }
    assert.equal(bench.exchange.account('a').cashOn(0), dollars('999.925'));
  });

  test('that are not confirmed in time stay accepted and trade nothing', async (t) => {
    const { a, b, bench } = await open(t);
    bench.pass(17);
    const rfq = await ask(a);
    const id = await quote(b, rfq);
    await act(a, rfq, id, 'accept');
    assert.equal((await b.delete(`/communications/quotes/${id}`)).status, 404, 'as recorded after an acceptance');
    bench.pass(40 * SECOND_US);
    const late = await act(b, rfq, id, 'confirm');
    assert.deepEqual([late.status, errorOf(late)], [400, { code: 'expired', message: 'expired' }]);
    bench.pass(60 * SECOND_US);
    const ours = (await b.get(`/communications/quotes/${id}`)).body['quote'];
    assert.deepEqual(differences(step('lapse', 'quote_terminal'), ours), []);
    assert.equal(await statusOf(b, id), 'accepted');
    assert.equal(bench.fills.length, 0);
    const second = await quote(b, rfq);
    assert.equal((await act(a, rfq, second, 'accept')).status, 204, 'another quote can be taken');
  });

  test('take quotes off the price grid, and the account has the recorded facts', async (t) => {
    const { a, b } = await open(t);
    await quote(b, await ask(a), { yes_bid: '0.4815' });
    const id = await b.get('/communications/id');
    assert.deepEqual(Object.keys(id.body), Object.keys(step('account_facts', 'communications_id')));
    assert.match(String(id.body['communications_id']), /^[0-9a-f]{64}$/);
    type Costs = readonly { readonly method: string; readonly path: string; readonly cost: number }[];
    const name = (row: Costs[number]): string => `${row.method} ${row.path} ${row.cost}`;
    const ours = ((await b.get('/account/endpoint_costs')).body['endpoint_costs'] as Costs).map(name);
    // Paths of other exchanges and of calls that were removed apart, every recorded cost is ours.
    const theirs = (step('account_facts', 'endpoint_costs')['endpoint_costs'] as Costs).map(name);
    assert.deepEqual(
      theirs.filter((row) => !ours.includes(row) && !/cfbenchmarks|margin|lookup/.test(row)),
      [],
    );
  });
});
