import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import { lots } from './support/bench.ts';
import { ED25519, Feed, type Frame, type Json, raw, signed, Venue } from './support/venue.ts';

const subscribe = (id: number, channels: readonly string[], more: Json = {}): Json => ({
  id,
  cmd: 'subscribe',
  params: { channels, ...more },
});
const update = (id: number, sid: number, action: string, market_tickers?: readonly string[]): Json => ({
  id,
  cmd: 'update_subscription',
  params: { sids: [sid], action, market_tickers },
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

const codes = (frames: readonly Frame[]): unknown[] => frames.map((f) => [f.id, f.type, f.msg['code']]);

describe('the handshake', () => {
  test('unsigned is 401 with a flat body', async (t) => {
    const venue = await Venue.open(t);
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13';
    const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';
    const answer = await raw(venue.port, `GET /trade-api/ws/v2 HTTP/1.1\r\nhost: x\r\n${upgrade}\r\n${key}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 401 /);
    assert.match(answer, /\{"code":"token_authentication_failure"\}$/);
  });

  test('a wrong signature does not get a connection, a good one with a ping on it does', async (t) => {
    const venue = await Venue.open(t, {}, { pingMs: 5 });
    const bad = new Feed(venue.a.base, signed(ED25519, 'GET', '/trade-api/v2/ws', venue.nowMs));
    await assert.rejects(bad.opened, /401/);
    const feed = await venue.feed();
    await new Promise<void>((resolve) => feed.socket.once('ping', () => resolve()));
    assert.equal(feed.pings[0], 'heartbeat');
  });
});

describe('the book channel', () => {
  test('a snapshot, then every change, numbered without a hole; ok takes a number too', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 0 } });
    venue.bench.background(BID, 40, 5);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['orderbook_delta'], books));
    venue.bench.background(ASK, 60, 2);
    await feed.command(update(2, 1, 'add_markets', ['N']));
    venue.bench.background(BID, 30, 1, 'N');
    await venue.a.order({ price: '0.4100', client_order_id: 'mine' });
    await feed.command(update(3, 1, 'delete_markets', ['M']));
    venue.bench.background(BID, 10, 1);
    venue.bench.background(BID, 31, 1, 'N');
    await feed.drained();
    assert.deepEqual(
      feed.of(1).map((f) => [f.type, f.seq, f.id, f.msg['market_ticker'] ?? f.msg['market_tickers']]),
      [
        ['orderbook_snapshot', 1, undefined, 'M'],
        ['orderbook_delta', 2, undefined, 'M'],
        ['ok', 3, 2, ['M', 'N']],
        ['orderbook_snapshot', 4, undefined, 'N'],
        ['orderbook_delta', 5, undefined, 'N'],
        ['orderbook_delta', 6, undefined, 'M'],
        ['ok', 7, 3, ['N']],
        ['orderbook_delta', 8, undefined, 'N'],
      ],
    );
    const [subscribed] = feed.frames;
    assert.deepEqual(subscribed, { id: 1, type: 'subscribed', msg: { channel: 'orderbook_delta', sid: 1 } });
    const own = feed.of(1)[5]!.msg;
    assert.deepEqual(
      [own['client_order_id'], own['side'], own['price_dollars'], own['delta_fp']],
      ['mine', 'yes', '0.4100', '1.00'],
    );
  });

  test('the no side in its own money, or in YES money when asked; empty sides are absent', async (t) => {
    const venue = await Venue.open(t);
    const empty = await venue.feed();
    await empty.command(subscribe(1, ['orderbook_delta'], books));
    assert.deepEqual(Object.keys(empty.of(1)[0]!.msg), ['market_ticker', 'market_id']);
    venue.bench.background(ASK, 52, 3);
    venue.bench.background(ASK, 53, 1);
    venue.bench.background(BID, 47, 3);
    for (const [yes, levels, shown] of [
      [
        true,
        [
          ['0.5200', '3.00'],
          ['0.5300', '1.00'],
        ],
        '0.5500',
      ],
      [
        false,
        [
          ['0.4700', '1.00'],
          ['0.4800', '3.00'],
        ],
        '0.4500',
      ],
    ] as const) {
      const feed = await venue.feed();
      await feed.command(subscribe(1, ['orderbook_delta'], { market_ticker: 'M', use_yes_price: yes }));
      const { msg } = feed.of(1)[0]!;
      assert.deepEqual([msg['no_dollars_fp'], msg['yes_dollars_fp']], [levels, [['0.4700', '3.00']]]);
      venue.bench.background(ASK, 55, 1);
      await feed.drained();
      assert.deepEqual([feed.of(1)[1]!.msg['price_dollars'], feed.of(1)[1]!.msg['side']], [shown, 'no']);
      venue.bench.exchange.onMarket('M', (m) =>
        m.ladder.reduceBackground(ASK, m.listing.grid.level(5500 as never), lots(1)),
      );
    }
  });

  test('get_snapshot answers with the id, in sequence, and changes nothing', async (t) => {
    const venue = await Venue.open(t);
    venue.bench.background(BID, 40, 5);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['orderbook_delta'], books));
    await feed.command(update(7, 1, 'get_snapshot', ['M', 'Z']));
    const [, again] = feed.of(1);
    assert.deepEqual([again!.type, again!.id, again!.seq], ['orderbook_snapshot', 7, 2]);
    assert.deepEqual(codes(feed.frames.filter((f) => f.type === 'error')), [[7, 'error', 11]]);
    venue.bench.background(BID, 40, 5);
    await feed.drained();
    assertNumbered(feed, 1);
    assert.equal(feed.of(1).length, 3);
  });

  test('what a client builds from it is the book, through fills, amends, cancels and expiries', async (t) => {
    const venue = await Venue.open(t);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['orderbook_delta'], books));
    const { bench, a, b } = venue;
    bench.background(ASK, 55, 5);
    await a.order({ price: '0.5500', count: '8.00', client_order_id: 'x' });
    const id = (await b.order({ price: '0.5000', count: '4.00' })).body['order_id'];
    await b.post(`/portfolio/events/orders/${id}/amend`, { ticker: 'M', side: 'bid', price: '0.5400', count: '6.00' });
    await a.order({
      side: 'ask',
      price: '0.5400',
      count: '1.00',
      time_in_force: 'immediate_or_cancel',
      self_trade_prevention_type: 'maker',
    });
    await b.post(`/portfolio/events/orders/${id}/decrease`, { reduce_to: '2.00' });
    await b.order({ side: 'ask', price: '0.7000', expiration_time: Math.floor(venue.nowMs / 1000) + 1 });
    bench.pass(1_000_000);
    bench.exchange.tick();
    await feed.drained();
    const built = new Map<string, number>();
    for (const f of feed.of(1)) {
      if (f.type !== 'orderbook_delta') continue;
      const key = `${f.msg['side']} ${f.msg['price_dollars']}`;
      const left = (built.get(key) ?? 0) + Math.round(Number(f.msg['delta_fp']) * 100);
      assert.ok(left >= 0, 'a level went below nothing');
      if (left === 0) built.delete(key);
      else built.set(key, left);
    }
    const wanted = new Map<string, number>();
    for (const side of [BID, ASK] as const)
      for (const level of bench.market().ladder.levels(side))
        wanted.set(
          `${side === BID ? 'yes' : 'no'} ${((level + 1) / 100).toFixed(4)}`,
          bench.market().ladder.total(side, level),
        );
    assert.deepEqual(built, wanted);
    assert.equal(wanted.size, 1);
    assertNumbered(feed, 1);
  });

  test('a market there is not has an empty book', async (t) => {
    const venue = await Venue.open(t);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['orderbook_delta'], { market_ticker: 'NOPE' }));
    assert.deepEqual(Object.keys(feed.of(1)[0]!.msg), ['market_ticker', 'market_id']);
  });
});

describe('subscriptions', () => {
  test('one answer and one sid per channel, in order; listed until they end', async (t) => {
    const venue = await Venue.open(t);
    const feed = await venue.feed();
    const frames = await feed.command(subscribe(1, ['trade', 'fill', 'orderbook_delta'], books));
    assert.deepEqual(
      frames.filter((f) => f.type === 'subscribed').map((f) => [f.id, f.msg]),
      [
        [1, { channel: 'trade', sid: 1 }],
        [1, { channel: 'fill', sid: 2 }],
        [1, { channel: 'orderbook_delta', sid: 3 }],
      ],
    );
    const gone = await feed.command({ id: 2, cmd: 'unsubscribe', params: { sids: [3, 2, 9] } });
    assert.deepEqual(
      gone.map((f) => [f.type, f.sid, f.seq, f.msg?.['code']]),
      [
        ['unsubscribed', 3, 2, undefined],
        ['unsubscribed', 2, undefined, undefined],
        ['error', undefined, undefined, 7],
      ],
    );
    const [list] = await feed.command({ id: 5, cmd: 'list_subscriptions' });
    assert.deepEqual(list, { id: 5, type: 'ok', msg: [{ channel: 'trade', sid: 1 }] });
    venue.bench.background(BID, 40, 1);
    await feed.drained();
    assert.equal(feed.of(3).length, 2);
  });

  test('subscribing again adds markets to what there is', async (t) => {
    const venue = await Venue.open(t, { markets: { M: 0, N: 0 } });
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['orderbook_delta'], books));
    const again = await feed.command(subscribe(2, ['orderbook_delta'], { market_tickers: ['M', 'N'] }));
    assert.deepEqual(
      again.map((f) => [f.type, f.sid, f.seq]),
      [
        ['ok', 1, 2],
        ['orderbook_snapshot', 1, 3],
      ],
    );
  });

  test('what makes no sense is answered with its error code', async (t) => {
    const venue = await Venue.open(t);
    const feed = await venue.feed();
    await feed.command(subscribe(1, ['orderbook_delta', 'trade'], books));
    const cases: readonly [unknown, number][] = [
      ['{"id":', 1],
      ['null', 1],
      ['7', 1],
      [{ id: 3, cmd: 'subscribe' }, 2],
      [{ id: 3, cmd: 'subscribe', params: {} }, 3],
      [{ id: 3, cmd: 'unsubscribe', params: {} }, 4],
      [{ id: 3, cmd: 'dance', params: {} }, 5],
      [{ id: 3, cmd: 'dance' }, 5],
      [{ id: 3, cmd: 'unsubscribe', params: { sids: [99] } }, 7],
      [update(3, 99, 'add_markets', ['M']), 7],
      [subscribe(3, ['ticker_v2']), 8],
      [{ id: 3, cmd: 'update_subscription', params: { sids: [1, 2], action: 'add_markets' } }, 12],
      [{ id: 3, cmd: 'update_subscription', params: { sids: 'x', action: 'add_markets' } }, 12],
      [{ id: 3, cmd: 'update_subscription', params: { action: 'add_markets' } }, 12],
      [update(3, 1, 'replace_markets', ['M']), 13],
      [update(3, 2, 'get_snapshot', ['M']), 13],
      [subscribe(3, ['orderbook_delta']), 14],
      [subscribe(3, ['orderbook_delta'], { market_tickers: [] }), 14],
      [update(3, 1, 'add_markets'), 14],
      [{ id: 3, cmd: 'update_subscription', params: { sid: 1, market_tickers: ['M'] } }, 15],
    ];
    for (const [command, code] of cases) {
      const frames = await feed.command(command);
      const id = typeof command === 'string' ? 0 : 3;
      assert.deepEqual(codes(frames), [[id, 'error', code]], JSON.stringify(command));
    }
    venue.bench.background(BID, 40, 1);
    await feed.drained();
    assertNumbered(feed, 1);
  });
});
