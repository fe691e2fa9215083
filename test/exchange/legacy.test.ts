import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type FeedForm, FIXED_POINT } from '../../engine/exchange/feed-form.ts';
import { FeedHub } from '../../engine/exchange/feed-hub.ts';
import { LEGACY_CENTS, NoLegacyForm } from '../../engine/exchange/legacy.ts';
import { DECI_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Side } from '../../engine/units/index.ts';
import { Frame, FrameDecoder, type SnapshotMessage, TickerTable } from '../../engine/wire/index.ts';
import { Bench, lots } from './support/bench.ts';
import { type Json, Venue } from './support/venue.ts';

/** The book a client builds with our decoder, and the frames it was built from. */
function listen(bench: Bench, form: FeedForm, yesPrices: boolean) {
  const tickers = new TickerTable();
  tickers.add('M');
  const decoder = new FrameDecoder(tickers, { yesPrices });
  const book = new Map<string, number>();
  const trades: string[] = [];
  const texts: string[] = [];
  const client = new FeedHub(bench.exchange, form).join('a', {
    send: (text) => {
      texts.push(text);
      const found = decoder.decode(Buffer.from(text));
      assert.ok(found !== Frame.Garbage && found !== Frame.Malformed, `${decoder.reason}: ${text}`);
      const { side, price, count } = decoder;
      if (found === Frame.Delta) {
        const left = (book.get(`${side} ${price}`) ?? 0) + count;
        if (left === 0) book.delete(`${side} ${price}`);
        else book.set(`${side} ${price}`, left);
      } else if (found === Frame.Trade) trades.push(`${side} ${price} ${count}`);
      else if (found === Frame.Snapshot) {
        const { bids, asks } = decoder.detail as SnapshotMessage;
        for (const [at, levels] of [bids, asks].entries())
          for (let i = 0; i < levels.length; i += 2) book.set(`${at} ${levels[i]}`, levels[i + 1]!);
      }
    },
  });
  const params = { channels: ['orderbook_delta', 'trade'], market_tickers: ['M'], use_yes_price: yesPrices };
  client.command(JSON.stringify({ id: 1, cmd: 'subscribe', params }));
  return { book, trades, texts };
}

const act = fc.record({
  kind: fc.constantFrom('rest', 'order', 'take'),
  side: fc.constantFrom<Side>(BID, ASK),
  cents: fc.integer({ min: 1, max: 99 }),
  contracts: fc.integer({ min: 1, max: 500 }),
});

describe('the old wire form', () => {
  test('tells our decoder the same book and the same trades as the new one, in either money of the NO side', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 40 }),
        fc.array(act, { maxLength: 10 }),
        fc.boolean(),
        (acts, before, yes) => {
          const bench = new Bench().fund('a', '1000000').fund('b', '1000000');
          const run = (list: typeof acts): void => {
            for (const { kind, side, cents, contracts } of list) {
              if (kind === 'rest') {
                // Liquidity of nobody's does not cross by itself.
                const { ladder } = bench.market();
                if (!ladder.crosses(side, bench.market().listing.grid.level((cents * 100) as never)))
                  bench.background(side, cents, contracts);
              } else
                bench.place(kind === 'order' ? 'a' : 'b', side, cents, contracts, {
                  timeInForce: kind === 'order' ? 'good_till_canceled' : 'immediate_or_cancel',
                });
            }
          };
          run(before);
          const old = listen(bench, LEGACY_CENTS, yes);
          const now = listen(bench, FIXED_POINT, yes);
          run(acts);
          assert.deepEqual(old.book, now.book);
          assert.deepEqual(old.trades, now.trades);
          for (const text of old.texts) assert.doesNotMatch(text, /_fp|_dollars|"\d+\.\d/);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is word for word what was recorded in 2023, the time apart', async (t) => {
    const venue = await Venue.open(t, {}, { legacyCents: true });
    venue.bench.background(BID, 36, 600);
    venue.bench.background(ASK, 97, 1200);
    const feed = await venue.feed();
    const texts: string[] = [];
    feed.socket.on('message', (data) => texts.push(String(data)));
    await feed.command({ id: 1, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_tickers: ['M'] } });
    venue.bench.exchange.onMarket('M', (m) =>
      m.ladder.reduceBackground(ASK, m.listing.grid.level(9700 as never), lots(2)),
    );
    await feed.drained();
    const [snapshot, delta] = texts.filter((text) => text.includes('orderbook_'));
    const told = texts.filter((text) => /^\{"type":"orderbook_/.test(text));
    assert.ok(snapshot !== undefined && delta !== undefined);
    assert.deepEqual(
      told.map((text) => text.replace(/,"ts":\d+/, '')),
      [
        '{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"M","yes":[[36,600]],"no":[[3,1200]]}}',
        '{"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"M","price":3,"delta":-2,"side":"no"}}',
      ],
    );
  });

  test('private frames and REST answers are in cents and contracts', async (t) => {
    const venue = await Venue.open(t, {}, { legacyCents: true });
    const { a, bench } = venue;
    const feed = await venue.feed();
    await feed.command({
      id: 1,
      cmd: 'subscribe',
      params: { channels: ['fill', 'market_positions', 'trade', 'ticker'] },
    });
    bench.background(ASK, 50, 3);
    await a.order({ price: '0.5000', count: '5.00' });
    await feed.drained();
    const of = (type: string): Json => feed.frames.findLast((f) => f.type === type)!.msg;
    const pick = (msg: Json, ...names: string[]): unknown[] => names.map((name) => msg[name]);
    assert.deepEqual(pick(of('fill'), 'yes_price', 'count', 'post_position', 'side'), [50, 3, 3, 'yes']);
    assert.deepEqual(pick(of('trade'), 'yes_price', 'no_price', 'count', 'taker_side'), [50, 50, 3, 'yes']);
    assert.deepEqual(pick(of('market_position'), 'position', 'position_cost', 'fees_paid'), [3, 15_000, 525]);
    assert.deepEqual(pick(of('ticker'), 'price', 'yes_bid', 'volume'), [50, 50, 3]);
    const [order] = (await a.get('/portfolio/orders')).body['orders'] as Json[];
    assert.deepEqual(pick(order!, 'yes_price', 'fill_count', 'remaining_count', 'yes_price_dollars'), [
      50,
      3,
      2,
      '0.5000',
    ]);
    assert.deepEqual((await a.get('/markets/M/orderbook')).body, {
      orderbook: { yes: [[50, 2]], yes_dollars: [['0.50', 2]], no: [], no_dollars: [] },
    });
    assert.deepEqual((await a.get('/account/limits')).body, {
      usage_tier: 'prestige',
      read_limit: 12_000,
      write_limit: 9600,
    });
  });

  test('the old order endpoints place, change and cancel', async (t) => {
    const venue = await Venue.open(t, {}, { legacyCents: true });
    const { a, bench } = venue;
    const made = await a.post('/portfolio/orders', {
      ticker: 'M',
      side: 'no',
      action: 'buy',
      count: 5,
      no_price: 30,
      client_order_id: 'x',
    });
    const order = made.body['order'] as Json;
    assert.deepEqual(
      [made.status, order['yes_price'], order['no_price'], order['remaining_count'], order['status']],
      [201, 70, 30, 5, 'resting'],
    );
    assert.equal(bench.total(ASK, 70), 5);
    const id = order['order_id'];
    const smaller = await a.post(`/portfolio/orders/${id}/decrease`, { reduce_by: 2 });
    assert.equal((smaller.body['order'] as Json)['remaining_count'], 3);
    const amended = await a.post(`/portfolio/orders/${id}/amend`, {
      ticker: 'M',
      side: 'no',
      action: 'buy',
      no_price: 40,
      count: 3,
    });
    assert.deepEqual(
      [(amended.body['old_order'] as Json)['no_price'], (amended.body['order'] as Json)['no_price']],
      [30, 40],
    );
    const gone = await a.delete(`/portfolio/orders/${id}`);
    assert.deepEqual([gone.body['reduced_by'], (gone.body['order'] as Json)['status']], [3, 'canceled']);
    const batch = await a.post('/portfolio/orders/batched', {
      orders: [
        { ticker: 'M', side: 'yes', action: 'buy', count: 1, yes_price: 20 },
        { ticker: 'M', side: 'yes', action: 'buy', count: 1, yes_price: 0 },
      ],
    });
    const [good, bad] = batch.body['orders'] as Json[];
    assert.equal((bad!['error'] as Json)['code'], 'invalid_price');
    const ids = [(good!['order'] as Json)['order_id']];
    const cleared = await a.delete('/portfolio/orders/batched', { ids });
    assert.equal((cleared.body['orders'] as Json[])[0]!['reduced_by'], 1);
    assert.equal(bench.exchange.restingOf('a').length, 0);
    assert.equal(
      (await a.post('/portfolio/orders', { ticker: 'M', side: 'yes', action: 'buy', count: 1 })).status,
      400,
    );
  });

  test('what it cannot say is refused: parts of cents at the start, of contracts with the order or request', async (t) => {
    const fine = { ticker: 'M', count: '1.50', side: 'bid', price: '0.4000' };
    const venue = await Venue.open(t, {}, { legacyCents: true });
    const refused = await venue.a.order(fine);
    assert.deepEqual([refused.status, (refused.body['error'] as Json)['code']], [400, 'invalid_order_size']);
    const wanted = { market_ticker: 'M', rest_remainder: false };
    for (const part of [{ contracts_fp: '1.50' }, { target_cost_dollars: '5.00' }])
      assert.equal((await venue.a.post('/communications/rfqs', { ...wanted, ...part })).status, 400);
    const { id } = (await venue.a.post('/communications/rfqs', { ...wanted, contracts: 2 })).body;
    const bids = { rfq_id: id, rest_remainder: false, no_bid: '0.4800' };
    assert.equal((await venue.b.post('/communications/quotes', { ...bids, yes_bid: '0.4850' })).status, 400);
    assert.equal((await venue.b.post('/communications/quotes', { ...bids, yes_bid: '0.4800' })).status, 201);
    await assert.rejects(Venue.open(t, { grid: DECI_CENT }, { legacyCents: true }), (error: Error) => {
      assert.ok(error instanceof NoLegacyForm);
      assert.match(error.message, /market M trades in parts of a cent.*leave out --legacy-cents/);
      return true;
    });
  });
});
