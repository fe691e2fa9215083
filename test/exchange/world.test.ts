import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { surveyFeed } from '../../engine/exchange/survey.ts';
import { World, type WorldOptions } from '../../engine/exchange/world.ts';
import type { Money } from '../../engine/units/index.ts';
import { START_US } from './support/bench.ts';
import { oneBatch } from './support/tape.ts';
import { Client, ED25519, type Json } from './support/venue.ts';

const SNAPSHOT = {
  type: 'orderbook_snapshot',
  msg: { market_ticker: 'M-1-A', yes_dollars_fp: [['0.4000', '10.00']], no_dollars_fp: [['0.5500', '10.00']] },
};
const change = (delta: string, price = '0.4000'): unknown => ({
  type: 'orderbook_delta',
  msg: { market_ticker: 'M-1-A', side: 'yes', price_dollars: price, delta_fp: delta },
});

async function play(
  t: TestContext,
  frames: readonly unknown[],
  more: Partial<WorldOptions> = {},
): Promise<{ world: World; a: Client; ended: Promise<number>; failed: Promise<string> }> {
  let end: (frames: number) => void = () => {};
  let fail: (message: string) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const failed = new Promise<string>((resolve) => {
    fail = resolve;
  });
  const world = new World({
    server: { tier: 'prestige' },
    keys: [{ keyId: ED25519.keyId, publicPem: ED25519.publicPem }],
    seed: 1,
    balance: 10_000_000_000 as Money,
    makerFees: false,
    feed: {
      survey: await surveyFeed(oneBatch(frames), false),
      frames: () => oneBatch(frames),
      speed: Number.POSITIVE_INFINITY,
      yesPrices: false,
    },
    onFeedEnd: end,
    onFailure: fail,
    ...more,
  });
  t.after(() => world.close());
  return { world, a: new Client(await world.start(), ED25519, Date.now), ended, failed };
}

describe('a recording as the world', () => {
  test('the opening books stand before anybody is let in, and nothing moves while it is held', async (t) => {
    const subscribed = { type: 'subscribed', id: 1, msg: { channel: 'orderbook_delta', sid: 1 } };
    const { world, a, ended } = await play(t, [subscribed, SNAPSHOT, change('5.00'), change('-2.00')], {
      holdFeed: true,
    });
    const book = async (): Promise<unknown> =>
      ((await a.get('/markets/M-1-A/orderbook')).body['orderbook_fp'] as Json)['yes_dollars'];
    assert.deepEqual(await book(), [['0.4000', '10.00']]);
    world.play();
    assert.equal(await ended, 3);
    assert.deepEqual(await book(), [['0.4000', '13.00']]);
  });

  test('without hold it runs by itself, and its book stays when it is over', async (t) => {
    const { a, ended } = await play(t, [SNAPSHOT, change('5.00', '0.3900')]);
    assert.equal(await ended, 2);
    const { body } = await a.get('/markets/M-1-A');
    const market = body['market'] as Json;
    assert.deepEqual(
      [market['event_ticker'], market['yes_bid_dollars'], market['status']],
      ['M-1', '0.4000', 'active'],
    );
  });

  test('at recorded pace a later frame waits for its time', async (t) => {
    const survey = await surveyFeed(oneBatch([SNAPSHOT]), false);
    const stamped = [SNAPSHOT, change('1.00'), change('1.00')].map((frame, i) => ({
      line: i + 1,
      recvTime: (START_US + i * 40_000) as never,
      text: JSON.stringify(frame),
      fill: false,
    }));
    async function* frames(): AsyncGenerator<typeof stamped> {
      yield stamped;
    }
    const started = process.hrtime.bigint();
    const { ended } = await play(t, [SNAPSHOT], { feed: { survey, frames, speed: 2, yesPrices: false } });
    assert.equal(await ended, 3);
    // 40 ms recorded between the two changes, at twice the pace. A lower bound only: no machine is too slow for it.
    assert.ok(process.hrtime.bigint() - started >= 19_000_000n);
  });

  test('one that contradicts itself is stopped with its line, and the exchange goes on', async (t) => {
    const { a, failed } = await play(t, [SNAPSHOT, change('-11.00')]);
    assert.match(await failed, /^line 2: delta for M-1-A removes 11 contracts at 40c where the recording shows 10$/);
    assert.equal((await a.get('/portfolio/balance')).status, 200);
  });

  test('an own order is filled by it and told so', async (t) => {
    const print = {
      type: 'trade',
      msg: { market_ticker: 'M-1-A', yes_price_dollars: '0.4000', count_fp: '12.00', taker_side: 'no' },
    };
    const { world, a, ended } = await play(t, [SNAPSHOT, print, change('-10.00')], { holdFeed: true });
    const id = (await a.order({ ticker: 'M-1-A', count: '5.00' })).body['order_id'];
    world.play();
    await ended;
    const order = (await a.get(`/portfolio/orders/${id}`)).body['order'] as Json;
    assert.deepEqual([order['fill_count_fp'], order['status']], ['2.00', 'resting']);
  });
});
