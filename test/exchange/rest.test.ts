import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { BID } from '../../engine/units/index.ts';
import { type Json, orderBody, type Reply, Venue } from './support/venue.ts';

const errorOf = ({ body }: Reply): Json => body['error'] as Json;
const ORDERS = '/portfolio/events/orders';

describe('an order from end to end', () => {
  test('create, read, amend, decrease, cancel: every answer has the exact numbers', async (t) => {
    const { a, bench } = await Venue.open(t);
    const made = await a.order({ client_order_id: 'first', count: '10.00' });
    assert.equal(made.status, 201);
    const id = made.body['order_id'] as string;
    assert.deepEqual(made.body, {
      order_id: id,
      client_order_id: 'first',
      fill_count: '0.00',
      remaining_count: '10.00',
      ts_ms: Math.floor(bench.timeUs / 1000),
    });
    const order = (await a.get(`/portfolio/orders/${id}`)).body['order'] as Json;
    assert.equal(order['status'], 'resting');
    assert.equal(order['yes_price_dollars'], '0.4000');
    assert.equal(order['no_price_dollars'], '0.6000');
    const change = { ticker: 'M', side: 'bid', price: '0.4100', count: '10.00' };
    const amended = await a.post(`${ORDERS}/${id}/amend`, { ...change, updated_client_order_id: 'second' });
    assert.deepEqual(
      [amended.status, amended.body['remaining_count'], amended.body['fill_count'], amended.body['client_order_id']],
      [200, '10.00', null, 'second'],
    );
    assert.equal(
      (await a.get('/markets/M/orderbook')).text,
      '{"orderbook_fp":{"yes_dollars":[["0.4100","10.00"]],"no_dollars":[]}}',
    );
    const by = await a.post(`${ORDERS}/${id}/decrease`, { reduce_by: '3.50', market_ticker: 'M' });
    assert.deepEqual([by.status, by.body['remaining_count']], [200, '6.50']);
    const to = await a.post(`${ORDERS}/${id}/decrease`, { reduce_to: '2.00' });
    assert.equal(to.body['remaining_count'], '2.00');
    const gone = await a.delete(`${ORDERS}/${id}?exchange_index=0`);
    assert.deepEqual([gone.status, gone.body['reduced_by']], [200, '2.00']);
    const again = await a.delete(`${ORDERS}/${id}`);
    assert.deepEqual([again.status, errorOf(again)], [404, { code: 'not_found', message: 'not found' }]);
    assert.equal((await a.get(`/portfolio/orders/${id}/queue_position`)).status, 404);
  });

  test('a fill shows everywhere: answer, fills, positions, balance, trades, both sides of it', async (t) => {
    const { a, b, bench } = await Venue.open(t);
    await a.order({ side: 'ask', price: '0.5200', count: '3.00' });
    const taken = await b.order({ price: '0.9900', time_in_force: 'immediate_or_cancel', client_order_id: 'x' });
    assert.deepEqual(taken.body, {
      order_id: taken.body['order_id'],
      client_order_id: 'x',
      fill_count: '1.00',
      remaining_count: '0.00',
      average_fill_price: '0.5200',
      average_fee_paid: '0.0175',
      ts_ms: taken.body['ts_ms'],
    });
    const [fill] = (await b.get('/portfolio/fills')).body['fills'] as Json[];
    assert.deepEqual(
      [fill!['fee_cost'], fill!['yes_price_dollars'], fill!['is_taker'], fill!['outcome_side']],
      ['0.017500', '0.5200', true, 'yes'],
    );
    const position = ((await a.get('/portfolio/positions')).body['market_positions'] as Json[])[0]!;
    assert.deepEqual(
      [position['position_fp'], position['market_exposure_dollars'], position['fees_paid_dollars']],
      ['-1.00', '0.480000', '0.000000'],
    );
    const events = (await a.get('/portfolio/positions')).body['event_positions'] as Json[];
    assert.deepEqual([events[0]!['event_ticker'], events[0]!['event_exposure_dollars']], ['M-EVENT', '0.480000']);
    const balance = (await b.get('/portfolio/balance')).body;
    assert.deepEqual(
      [balance['balance_dollars'], balance['balance'], balance['portfolio_value']],
      ['9999.4625', 999946, 52],
    );
    const [trade] = (await a.get('/markets/trades?ticker=M')).body['trades'] as Json[];
    assert.deepEqual([trade!['count_fp'], trade!['taker_book_side']], ['1.00', 'bid']);
    assert.equal(bench.position('a') + bench.position('b'), 0);
    const market = (await a.get('/markets/M')).body['market'] as Json;
    assert.deepEqual(
      [market['open_interest_fp'], market['volume_fp'], market['last_price_dollars']],
      ['1.00', '1.00', '0.5200'],
    );
  });

  test('an amend that crosses tells what it filled and at what price and fee', async (t) => {
    const { a, b } = await Venue.open(t);
    await a.order({ side: 'ask', price: '0.5200', count: '3.00' });
    const id = (await b.order({ count: '5.00' })).body['order_id'] as string;
    const reply = await b.post(`${ORDERS}/${id}/amend`, { ticker: 'M', side: 'bid', price: '0.5300', count: '5.00' });
    assert.deepEqual(
      [
        reply.body['fill_count'],
        reply.body['remaining_count'],
        reply.body['average_fill_price'],
        reply.body['average_fee_paid'],
      ],
      ['3.00', '2.00', '0.5200', '0.0175'],
    );
  });

  test('an amend that changes nothing says so with nulls', async (t) => {
    const { a } = await Venue.open(t);
    const id = (await a.order({ count: '5.00' })).body['order_id'] as string;
    const { body } = await a.post(`${ORDERS}/${id}/amend`, {
      ticker: 'M',
      side: 'bid',
      price: '0.4000',
      count: '5.00',
    });
    assert.deepEqual([body['fill_count'], body['remaining_count']], [null, null]);
  });

  test('queue places count the contracts ahead', async (t) => {
    const { a, b } = await Venue.open(t);
    await a.order({ count: '7.25' });
    const id = (await b.order()).body['order_id'] as string;
    assert.deepEqual((await b.get(`/portfolio/orders/${id}/queue_position`)).body, { queue_position_fp: '7.25' });
    const { body } = await b.get('/portfolio/orders/queue_positions?market_tickers=M');
    assert.deepEqual(body, { queue_positions: [{ order_id: id, market_ticker: 'M', queue_position_fp: '7.25' }] });
    assert.equal((await b.get('/portfolio/orders/queue_positions')).status, 400);
  });

  test('cancel all takes everything that rests and leaves others alone', async (t) => {
    const { a, b, bench } = await Venue.open(t);
    await a.order();
    await a.order({ price: '0.3000' });
    await b.order({ price: '0.2000' });
    assert.equal((await a.delete(ORDERS)).status, 200);
    assert.deepEqual([bench.total(BID, 40), bench.total(BID, 30), bench.total(BID, 20)], [0, 0, 1]);
  });
});

describe('routing by shard', () => {
  test('a cancel that names neither shard nor market does not find an order on shard 2', async (t) => {
    const { a, bench } = await Venue.open(t, { markets: { M: 0, N: 2 } });
    const create = async (): Promise<string> => (await a.order({ ticker: 'N' })).body['order_id'] as string;
    const id = await create();
    for (const query of ['', '?exchange_index=0', '?exchange_index=3', '?market_ticker=M', '?market_ticker=X']) {
      const reply = await a.delete(`${ORDERS}/${id}${query}`);
      assert.deepEqual([reply.status, errorOf(reply)['code']], [404, 'not_found'], query);
      assert.equal(bench.total(BID, 40, 'N'), 1);
    }
    assert.equal((await a.delete(`${ORDERS}/${id}?exchange_index=two`)).status, 400);
    for (const query of ['?exchange_index=2', '?market_ticker=N', '?exchange_index=-1'])
      assert.equal((await a.delete(`${ORDERS}/${await create()}${query}`)).status, 200, query);
    const decrease = await a.post(`${ORDERS}/${id}/decrease`, { reduce_to: '0.00' });
    assert.equal(decrease.status, 404);
    const read = await a.get(`/portfolio/orders/${id}`);
    assert.equal(read.status, 404);
    assert.equal((await a.get(`/portfolio/orders/${id}?market_ticker=N`)).status, 200);
  });

  test('a decrease without routing finds it by the other reading', async (t) => {
    const { a } = await Venue.open(t, { markets: { N: 2 }, rules: { unroutedDecrease: 'route' } });
    const id = (await a.order({ ticker: 'N' })).body['order_id'] as string;
    assert.equal((await a.post(`${ORDERS}/${id}/decrease`, { reduce_to: '0.00' })).status, 200);
  });
});

describe('batches', () => {
  test('each item is answered in its place, refused ones with their error', async (t) => {
    const { a } = await Venue.open(t);
    const orders = [
      orderBody({ client_order_id: 'one' }),
      orderBody({ client_order_id: 'one' }),
      orderBody({ client_order_id: 'two', price: '0.4050' }),
      orderBody({ client_order_id: 'three', count: '-1.00' }),
      orderBody({ client_order_id: 'four' }),
    ];
    const { status, body } = await a.post(`${ORDERS}/batched`, { orders });
    assert.equal(status, 201);
    const seen = (body['orders'] as Json[]).map((o) => [
      o['client_order_id'],
      (o['error'] as Json | undefined)?.['code'],
    ]);
    assert.deepEqual(seen, [
      ['one', undefined],
      ['one', 'order_already_exists'],
      ['two', 'invalid_price'],
      ['three', 'invalid_order_size'],
      ['four', undefined],
    ]);
  });

  test('a batch whose body does not decode does nothing at all', async (t) => {
    const { a, bench } = await Venue.open(t);
    const refused = await a.post(`${ORDERS}/batched`, { orders: [orderBody(), orderBody({ count: 1 })] });
    assert.deepEqual([refused.status, refused.body['code']], [400, 'bad_request']);
    assert.equal(bench.total(BID, 40), 0);
    const id = (await a.order()).body['order_id'];
    for (const orders of [
      [{ order_id: id }, 'x'],
      [{ order_id: id }, { order_id: 5 }],
    ]) {
      assert.equal((await a.delete(`${ORDERS}/batched`, { orders })).status, 400);
      assert.equal(bench.total(BID, 40), 1);
    }
    assert.equal((await a.post(`${ORDERS}/batched`, { orders: [] })).status, 400);
  });

  test('batch cancel answers each id', async (t) => {
    const { a } = await Venue.open(t);
    const id = (await a.order()).body['order_id'];
    const orders = [{ order_id: id, exchange_index: 0 }, { order_id: randomUUID() }, { order_id: 'nonsense' }];
    const { body } = await a.delete(`${ORDERS}/batched`, { orders });
    assert.deepEqual(
      (body['orders'] as Json[]).map((o) => [o['reduced_by'], (o['error'] as Json | undefined)?.['code']]),
      [
        ['1.00', undefined],
        ['0.00', 'not_found'],
        ['0.00', 'invalid_UUID'],
      ],
    );
  });
});

describe('lists', () => {
  test('a limit above the most is refused in the words of the exchange', async (t) => {
    const { a } = await Venue.open(t);
    const reply = await a.get('/markets?limit=1001');
    assert.deepEqual(
      [reply.status, reply.body],
      [
        400,
        {
          msg: "Parameter validation failed for GetMarkets: Key: 'GetMarketsParams.Limit' Error:Field validation for 'Limit' failed on the 'lte' tag",
        },
      ],
    );
    assert.equal((await a.get('/portfolio/orders?limit=0')).status, 200, 'no limit, as in the exchange');
    for (const limit of ['-1', 'many', '1.5'])
      assert.equal((await a.get(`/portfolio/orders?limit=${limit}`)).status, 400);
    assert.equal((await a.get('/markets/M/orderbook?depth=101')).status, 400);
    assert.equal((await a.get('/markets/orderbooks')).status, 400);
  });

  test('pages go through a list once, newest first, though it grows meanwhile', async (t) => {
    const { a } = await Venue.open(t);
    for (let n = 0; n < 5; n++) await a.order({ client_order_id: `o${n}` });
    const page = async (cursor: string): Promise<{ ids: unknown[]; cursor: string }> => {
      const { body } = await a.get(`/portfolio/orders?limit=2&cursor=${cursor}`);
      return { ids: (body['orders'] as Json[]).map((o) => o['client_order_id']), cursor: body['cursor'] as string };
    };
    const first = await page('');
    assert.deepEqual(first.ids, ['o4', 'o3']);
    await a.order({ client_order_id: 'new' });
    const second = await page(first.cursor);
    assert.deepEqual(second.ids, ['o2', 'o1']);
    const third = await page(second.cursor);
    assert.deepEqual([third.ids, third.cursor], [['o0'], '']);
    assert.deepEqual((await page('garbage')).ids, ['new', 'o4']);
  });

  test('filters leave out what they should', async (t) => {
    const { a, b } = await Venue.open(t, { markets: { M: 0, N: 2 } });
    await a.order({ client_order_id: 'm' });
    await a.order({ client_order_id: 'n', ticker: 'N' });
    await b.order({ ticker: 'N', side: 'ask', client_order_id: 'hit' });
    const ids = async (query: string): Promise<unknown[]> =>
      ((await a.get(`/portfolio/orders?${query}`)).body['orders'] as Json[]).map((o) => o['client_order_id']);
    assert.deepEqual(await ids('status=resting'), ['m']);
    assert.deepEqual(await ids('status=executed'), ['n']);
    assert.deepEqual(await ids('ticker=M'), ['m']);
    assert.deepEqual(await ids('event_ticker=N-EVENT'), ['n']);
    assert.deepEqual(await ids('exchange_index=2'), ['n']);
    assert.deepEqual(await ids('max_ts=1'), []);
    const fills = async (query: string): Promise<number> =>
      ((await a.get(`/portfolio/fills?${query}`)).body['fills'] as Json[]).length;
    assert.deepEqual(
      [await fills(''), await fills('ticker=M'), await fills('max_ts=1'), await fills('ticker=N')],
      [1, 0, 0, 1],
    );
    const tickers = async (query: string): Promise<unknown[]> =>
      ((await a.get(`/markets?${query}`)).body['markets'] as Json[]).map((m) => m['ticker']);
    assert.deepEqual(await tickers('tickers=N'), ['N']);
    assert.deepEqual(await tickers('event_ticker=M-EVENT'), ['M']);
    assert.deepEqual(await tickers('series_ticker=SERIES&status=open'), ['M', 'N']);
    assert.deepEqual(await tickers('status=closed'), []);
  });

  test('books ascend to their best level; depth keeps the best', async (t) => {
    const { a } = await Venue.open(t);
    for (const price of ['0.4000', '0.3800', '0.3900']) await a.order({ price });
    for (const price of ['0.5000', '0.5200']) await a.order({ price, side: 'ask' });
    const { body } = await a.get('/markets/M/orderbook');
    assert.deepEqual(body['orderbook_fp'], {
      yes_dollars: [
        ['0.3800', '1.00'],
        ['0.3900', '1.00'],
        ['0.4000', '1.00'],
      ],
      no_dollars: [
        ['0.4800', '1.00'],
        ['0.5000', '1.00'],
      ],
    });
    const best = (await a.get('/markets/M/orderbook?depth=1')).body['orderbook_fp'];
    assert.deepEqual(best, { yes_dollars: [['0.4000', '1.00']], no_dollars: [['0.5000', '1.00']] });
    const books = (await a.get('/markets/orderbooks?tickers=M')).body['orderbooks'] as Json[];
    assert.deepEqual(books[0]!['orderbook_fp'], body['orderbook_fp']);
  });
});
