import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { marketId } from '../../engine/exchange/bodies.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { lots } from './support/bench.ts';
import { type Feed, type Frame, type Json, Venue } from './support/venue.ts';

const subscribe = (id: number, channels: readonly string[], more: Json = {}): Json => ({
  id,
  cmd: 'subscribe',
  params: { channels, ...more },
});
const books = { market_tickers: ['M'], use_yes_price: true };

/** Numbers of a subscription must be 1, 2, 3 without a hole, whatever came between. */
function assertNumbered(feed: Feed, sid: number): void {
  const seqs = feed
    .of(sid)
    .filter((f) => f.seq !== undefined)
    .map((f) => f.seq!);
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => i + 1),
  );
}

describe('private channels', () => {
  test('orders, fills and positions reach their owner and nobody else', async (t) => {
    const venue = await Venue.open(t);
    const mine = await venue.feed(venue.a);
    const other = await venue.feed(venue.b);
    const channels = ['user_orders', 'fill', 'market_positions'];
    for (const feed of [mine, other]) await feed.command(subscribe(1, channels));
    venue.bench.background(ASK, 50, 3);
    await venue.a.order({ price: '0.5000', count: '5.00', client_order_id: 'x' });
    await mine.drained();
    await other.drained();
    assert.deepEqual(
      other.frames.filter((f) => f.sid !== undefined),
      [],
    );
    const of = (type: string): Frame[] => mine.frames.filter((f) => f.type === type);
    assert.deepEqual(
      of('user_order').map((f) => [
        f.msg['status'],
        f.msg['fill_count_fp'],
        f.msg['remaining_count_fp'],
        f.msg['last_update_reason'],
      ]),
      [
        ['resting', '3.00', '2.00', 'Trade'],
        ['resting', '3.00', '2.00', ''],
      ],
    );
    assert.ok(mine.frames.every((f) => f.sid === undefined || f.seq === undefined));
    const [fill] = of('fill');
    assert.deepEqual(
      [fill!.msg['count_fp'], fill!.msg['fee_cost'], fill!.msg['post_position_fp'], fill!.msg['client_order_id']],
      ['3.00', '0.052500', '3.00', 'x'],
    );
    const { msg } = of('market_position')[0]!;
    assert.deepEqual(
      [
        msg['position_fp'],
        msg['position_cost_dollars'],
        msg['fees_paid_dollars'],
        msg['position_fee_cost_dollars'],
        msg['volume_fp'],
      ],
      ['3.00', '1.500000', '0.052500', '0.052500', '3.00'],
    );
    assert.ok(!Object.hasOwn(of('user_order')[0]!.msg, 'order_group_id'), 'an order of no group names none');
  });

  test('every way an order can end names its reason', async (t) => {
    const venue = await Venue.open(t);
    const { a, bench } = venue;
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['user_orders']));
    const seconds = Math.floor(venue.nowMs / 1000);
    await a.order({ client_order_id: 'expires', expiration_time: seconds + 1 });
    await a.order({ client_order_id: 'met', side: 'ask', price: '0.6000' });
    await a.order({ client_order_id: 'meets', price: '0.6000' });
    await a.order({ client_order_id: 'pulled', price: '0.3000' });
    const id = (await a.order({ client_order_id: 'smaller', price: '0.3500', count: '2.00' })).body['order_id'];
    await a.post(`/portfolio/events/orders/${id}/decrease`, { reduce_by: '1.00' });
    await a.post(`/portfolio/events/orders/${id}/amend`, { ticker: 'M', side: 'bid', price: '0.3600', count: '1.00' });
    bench.pass(1_000_000);
    bench.exchange.tick();
    await feed.drained();
    const reasons = new Map<unknown, unknown[]>();
    for (const { msg } of feed.frames.filter((f) => f.type === 'user_order'))
      reasons.set(msg['client_order_id'], [...(reasons.get(msg['client_order_id']) ?? []), msg['last_update_reason']]);
    assert.deepEqual(Object.fromEntries(reasons), {
      expires: ['', 'ExpiryCancel'],
      met: [''],
      meets: ['SelfTradeCancel'],
      pulled: [''],
      smaller: ['', 'Decrease', 'Amend'],
    });
  });

  test('group events are numbered and carry the limit where it matters', async (t) => {
    const venue = await Venue.open(t);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['order_group_updates']));
    const groups = '/portfolio/order_groups';
    const id = (await venue.a.post(`${groups}/create`, { contracts_limit: 10 })).body['order_group_id'];
    await venue.a.call('PUT', `${groups}/${id}/limit`, { contracts_limit: 5 });
    await venue.a.call('PUT', `${groups}/${id}/trigger`, {});
    await venue.a.call('PUT', `${groups}/${id}/reset`, {});
    await venue.a.delete(`${groups}/${id}`);
    await feed.drained();
    assert.deepEqual(
      feed.of(1).map((f) => [f.seq, f.msg['event_type'], f.msg['contracts_limit_fp']]),
      [
        [1, 'created', '10.00'],
        [2, 'limit_updated', '5.00'],
        [3, 'triggered', undefined],
        [4, 'reset', undefined],
        [5, 'deleted', undefined],
      ],
    );
  });
});

describe('public channels', () => {
  test('trades are numbered and say who took', async (t) => {
    const venue = await Venue.open(t);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['trade'], { market_tickers: ['M'] }));
    venue.bench.background(ASK, 50, 3);
    venue.bench.background(ASK, 51, 3);
    await venue.a.order({ price: '0.5100', count: '4.00' });
    await feed.drained();
    assert.deepEqual(
      feed
        .of(1)
        .map((f) => [
          f.seq,
          f.msg['yes_price_dollars'],
          f.msg['count_fp'],
          f.msg['taker_outcome_side'],
          f.msg['taker_book_side'],
        ]),
      [
        [1, '0.5000', '3.00', 'yes', 'bid'],
        [2, '0.5100', '1.00', 'yes', 'bid'],
      ],
    );
  });

  test('the ticker speaks when its market changes and is still when nothing does', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 0 } });
    venue.bench.background(BID, 40, 5);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['ticker'], { market_tickers: ['M'], send_initial_snapshot: true }));
    const shown = (): unknown[] =>
      feed.of(1).map((f) => [f.msg['yes_bid_dollars'], f.msg['yes_bid_size_fp'], f.msg['yes_ask_dollars']]);
    assert.deepEqual(shown(), [['0.4000', '5.00', '1.0000']]);
    venue.bench.background(BID, 30, 5);
    venue.bench.background(BID, 40, 5, 'N');
    venue.bench.background(ASK, 50, 1);
    await feed.drained();
    assert.deepEqual(shown().slice(1), [['0.4000', '5.00', '0.5000']]);
    await venue.a.order({ price: '0.5000' });
    await feed.drained();
    const last = feed.of(1).at(-1)!.msg;
    assert.deepEqual(
      [last['price_dollars'], last['volume_fp'], last['last_trade_size_fp']],
      ['0.5000', '1.00', '1.00'],
    );
    assert.ok(feed.of(1).every((f) => f.seq === undefined));
  });
});

describe('a reader that is too slow', () => {
  test('is dropped with error 25 while the others go on', async (t) => {
    const venue = await Venue.open(t, {}, { maxUnreadBytes: 256 * 1024 });
    const { bench } = venue;
    const slow = await venue.feed(venue.a);
    const quick = await venue.feed(venue.b);
    for (const feed of [slow, quick]) await feed.command(subscribe(1, ['orderbook_delta'], books));
    slow.socket.pause();
    let rounds = 0;
    // Kernel buffers take what they can first: go on until the exchange has had enough of it.
    while (venue.server.connections > 1 && rounds < 400) {
      rounds++;
      for (let n = 0; n < 200; n++) {
        bench.background(BID, 40, 1);
        bench.exchange.onMarket('M', (m) =>
          m.ladder.reduceBackground(BID, m.listing.grid.level(4000 as never), lots(1)),
        );
      }
      await quick.drained();
    }
    assert.equal(venue.server.connections, 1, 'still connected');
    slow.socket.resume();
    await slow.closed;
    assert.deepEqual(slow.frames.at(-1)!.msg, { code: 25, msg: 'Subscription buffer overflow' });
    bench.background(BID, 41, 7);
    await quick.drained();
    assertNumbered(quick, 1);
    assert.equal(quick.of(1).at(-1)!.msg['delta_fp'], '7.00');
  });
});

describe('a subscription', () => {
  test('leaves the list of markets out of its ok replies where that is asked for', async (t) => {
    const feed = await (await Venue.open(t, { markets: { M: 0, N: 0 } })).feed();
    await feed.command(subscribe(1, ['orderbook_delta'], { ...books, skip_ticker_ack: true }));
    const params = { sids: [1], action: 'add_markets', market_tickers: ['N'] };
    const [ok] = await feed.command({ id: 2, cmd: 'update_subscription', params });
    assert.deepEqual(ok, { id: 2, sid: 1, seq: 2, type: 'ok', msg: {} });
    assertNumbered(feed, 1);
  });

  test('to tickers names markets by id, and none by two names at once', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 0 } });
    const feed = await venue.feed();
    const [refused] = await feed.command(subscribe(1, ['ticker'], { market_ticker: 'M', market_tickers: ['N'] }));
    assert.deepEqual(refused!.msg, { code: 11, msg: 'Invalid parameter' });
    await feed.command(subscribe(2, ['ticker'], { market_ids: [marketId('N')], send_initial_snapshot: true }));
    for (const ticker of ['M', 'N']) venue.bench.background(BID, 40, 5, ticker);
    await feed.drained();
    const markets = feed.frames.filter(({ type }) => type === 'ticker').map(({ msg }) => msg['market_ticker']);
    assert.deepEqual(new Set(markets), new Set(['N']));
  });

  test('to some markets becomes one to all where it is repeated without naming any', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 0 } });
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['trade'], { market_ticker: 'M' }));
    const [ok] = await feed.command(subscribe(2, ['trade']));
    assert.deepEqual([ok!.type, ok!.sid], ['ok', 1]);
    venue.bench.background(ASK, 50, 3, 'N');
    await venue.a.order({ ticker: 'N', price: '0.5000' });
    await feed.drained();
    assert.deepEqual(
      feed.frames.filter(({ type }) => type === 'trade').map(({ msg }) => msg['market_ticker']),
      ['N'],
    );
    assertNumbered(feed, 1);
  });
});

test('the last ticker after a fill has the open interest that the fill made', async (t) => {
  const venue = await Venue.open(t);
  const feed = await venue.feed();
  await feed.command(subscribe(1, ['ticker'], { market_ticker: 'M' }));
  venue.bench.background(ASK, 50, 3);
  await venue.a.order({ price: '0.5000', count: '3.00' });
  await feed.drained();
  assert.equal(feed.frames.filter(({ type }) => type === 'ticker').at(-1)!.msg['open_interest_fp'], '3.00');
});
