import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Engine, type EnginePort, type VenueRequest } from '../../engine/core/index.ts';
import { Exchange } from '../../engine/exchange/exchange.ts';
import { arriveBackground } from '../../engine/exchange/matching.ts';
import type { ExchangeOrder } from '../../engine/exchange/order.ts';
import { ExchangeServer } from '../../engine/exchange/server.ts';
import { SystemClock } from '../../engine/kalshi/clock.ts';
import type { Transport } from '../../engine/kalshi/gateway.ts';
import { Signer } from '../../engine/kalshi/keys.ts';
import { openSigningPool, type SigningPool } from '../../engine/kalshi/signing-pool.ts';
import { LiveVenue } from '../../engine/kalshi/venue.ts';
import { feeSchedule, LINEAR_CENT } from '../../engine/market/index.ts';
import type { MarketView, Quotes } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Money, type Price, type TimeUs } from '../../engine/units/index.ts';
import { orderPath } from '../../engine/wire/index.ts';
import { testConfig } from '../support/bench-venue.ts';
import { until } from './support/wait.ts';

const TICKER = 'TST-A';
const USER = 'maker';
const API = '/trade-api/v2';
/** A shard with a bucket of its own: there every request concerns one order. */
const SHARD = 2;
const OPS: readonly string[] = ['createOrders', 'cancelOrders', 'amendOrder', 'decreaseOrder'];

/** The whole engine over sockets and real keys: an order is moved, made smaller and pulled, each by its own path. */
async function session(transport: Transport): Promise<void> {
  const clock = new SystemClock();
  const exchange = new Exchange({ now: () => clock.nowUs(), newId: randomUUID });
  exchange.list({
    ticker: TICKER,
    eventTicker: 'TST-E',
    seriesTicker: 'TST',
    title: TICKER,
    exchangeIndex: SHARD,
    grid: LINEAR_CENT,
    fees: feeSchedule('quadratic', '1', 100),
    feeType: 'quadratic',
    status: 'active',
    openTime: clock.nowUs(),
    closeTime: (clock.nowUs() + 86_400_000_000) as TimeUs,
  });
  for (const shard of [0, SHARD]) exchange.account(USER).cash.set(shard, 10_000_000_000 as Money);
  const server = new ExchangeServer(exchange, { tier: 'prestige', timestampToleranceMs: 5_000 });
  const host = `127.0.0.1:${await server.listen()}`;
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyId = randomUUID();
  server.keys.register(keyId, USER, pair.publicKey.export({ type: 'spki', format: 'pem' }) as string);
  const signer = new Signer(keyId, pair.privateKey);
  let pool: SigningPool | null = null;
  const statuses = new Map<number, number>();
  const sent: VenueRequest[] = [];
  const likely = new Set<string>();
  const wish = { price: 4500 as Price, count: 1000 as Count };
  const strategy = {
    name: 'wish',
    quote: (_: MarketView, quotes: Quotes): void => {
      quotes.none(ASK, 'not_wanted');
      if (wish.count === 0) quotes.none(BID, 'not_wanted');
      else quotes.bid(wish.price, wish.count, 1, 0.5);
    },
  };
  const port: EnginePort = {
    send: (text) => venue.send(text),
    request: (request) => {
      sent.push(request);
      venue.request(request);
    },
    expect: (method, path, isLikely) => {
      if (isLikely) likely.add(`${method} ${path}`);
      else likely.delete(`${method} ${path}`);
      venue.expect(method, path, isLikely);
    },
    reconnect: (reason) => venue.reconnect(reason),
    report: () => {},
  };
  const tolerance = { levelsBehind: 0, countShare: 0 };
  const engine = new Engine(testConfig([TICKER], { tolerance, quoteOneSided: true }), strategy, port, clock.nowUs());
  const venue = new LiveVenue(
    {
      hosts: { restUrl: `http://${host}${API}`, wsUrl: `ws://${host}/trade-api/ws/v2` },
      signer,
      clock,
      random: () => 0.5,
      gateway: { transport, connections: 4 },
      openPool: (onTrouble) => {
        pool = openSigningPool(signer, clock, onTrouble);
        return pool;
      },
    },
    {
      onLink: (up, detail) => engine.onLink(up, detail, clock.nowUs()),
      onFrame: (bytes, time) => engine.onFrame(bytes, time),
      onOutcome: (id, outcome) => {
        statuses.set(id, outcome.kind === 'response' ? outcome.status : 0);
        engine.onOutcome(id, outcome, clock.nowUs());
      },
      onReport: () => {},
    },
  );
  const running = (done: () => boolean): Promise<void> =>
    until(() => {
      engine.onTimer(clock.nowUs());
      return done();
    });
  const resting = (): ExchangeOrder | undefined => exchange.restingOf(USER)[0];
  const isReady = (method: string, path: string): boolean =>
    (pool as SigningPool | null)!.signer.isReady(method, API + path);
  /** Want something else once the signature for it is there: its request must use that one and be accepted. */
  const act = async (op: string, method: string, path: string, change: () => void): Promise<void> => {
    await running(() => isReady(method, path));
    const before = venue.counters().signatures!;
    const from = sent.length;
    change();
    exchange.onMarket(TICKER, (m) => arriveBackground(m.ladder, BID, LINEAR_CENT.level(1000 as Price), 100, exchange));
    await running(() => sent.slice(from).some((r) => r.op === op && statuses.has(r.id)));
    const writes = sent.slice(from).filter((r) => OPS.includes(r.op));
    assert.deepEqual(
      writes.map((r) => [r.op, r.method, r.path, statuses.get(r.id)]),
      [[op, method, path, 200]],
    );
    const now = venue.counters().signatures!;
    assert.deepEqual([now.prepared - before.prepared, now.missed - before.missed], [1, 0], `${op}: made ahead`);
  };
  try {
    venue.start();
    await running(() => resting() !== undefined && likely.size === 4);
    const { orderId } = resting()!;
    await act('amendOrder', 'POST', orderPath(orderId, 'amend'), () => (wish.price = 4600 as Price));
    assert.equal(resting()!.price, 4600);
    await act('amendOrder', 'POST', orderPath(orderId, 'amend'), () => (wish.price = 4700 as Price));
    assert.equal(resting()!.price, 4700);
    await act('decreaseOrder', 'POST', orderPath(orderId, 'decrease'), () => (wish.count = 400 as Count));
    assert.equal(resting()!.remainingCount, 400);
    await act('cancelOrders', 'DELETE', orderPath(orderId), () => (wish.count = 0 as Count));
    assert.equal(resting(), undefined);
    await running(() => engine.status().liveOrders === 0);
    // Nothing is prepared for an order that is gone; the group's trigger is.
    assert.deepEqual(
      [...likely].filter((path) => path.includes(orderId)),
      [],
    );
    assert.ok(!isReady('POST', orderPath(orderId, 'amend')));
    assert.equal(likely.size, 1);
  } finally {
    await venue.close();
    server.close();
  }
}

for (const transport of ['raw', 'undici'] as const) {
  test(`${transport}: amends, a decrease and a cancel of the engine's are signed ahead and accepted`, () =>
    session(transport));
}
