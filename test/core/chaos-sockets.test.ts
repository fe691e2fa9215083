import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Engine } from '../../engine/core/index.ts';
import { Exchange } from '../../engine/exchange/exchange.ts';
import { faultPlan } from '../../engine/exchange/index.ts';
import { arriveBackground, reachByTrade } from '../../engine/exchange/matching.ts';
import { Random } from '../../engine/exchange/random.ts';
import { ExchangeServer } from '../../engine/exchange/server.ts';
import { SystemClock } from '../../engine/kalshi/clock.ts';
import { Signer } from '../../engine/kalshi/keys.ts';
import { LiveVenue } from '../../engine/kalshi/venue.ts';
import { ASK, BID, type Count, type Money } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';
import { testConfig, USER } from '../support/bench-venue.ts';
import { A, B, list } from '../support/socket-bench.ts';

const SEED = Number(process.env['CHAOS_SEED'] ?? 11);
const STORM_MS = 3500;
const DEADLINE_MS = 40_000;
const during = { forMs: STORM_MS };

/** Everything at once, on real sockets, while the storm lasts. */
const PLAN = faultPlan({
  seed: SEED,
  requests: [
    { fault: 'latency', beforeMs: 1, backMs: 1, jitterMs: 15, ...during },
    { fault: 'drop', method: 'POST', path: '/portfolio/events/**', probability: 0.04, ...during },
    { fault: 'drop', stage: 'after', method: 'POST', path: '/portfolio/events/**', from: 2, every: 9, ...during },
    { fault: 'error', stage: 'after', method: 'DELETE', probability: 0.05, ...during },
    { fault: 'error', status: 502, path: '/portfolio/**', probability: 0.03, ...during },
    { fault: 'silence', stage: 'after', path: '/portfolio/events/**', from: 4, every: 9, ...during },
    { fault: 'rateLimit', method: 'POST', path: '/portfolio/events/**', from: 3, to: 3, ...during },
    { fault: 'stale', lagMs: 150, path: '/portfolio/**', probability: 0.7, ...during },
  ],
  frames: [
    { fault: 'drop', probability: 0.003, ...during },
    { fault: 'duplicate', probability: 0.003, ...during },
    { fault: 'reorder', by: 2, probability: 0.003, ...during },
    { fault: 'delay', delayMs: 10, jitterMs: 40, probability: 0.01, ...during },
  ],
  connections: [
    { fault: 'cut', afterFrames: 250, to: 1 },
    { fault: 'freeze', afterFrames: 250, from: 2, to: 2 },
    { fault: 'refuse', from: 3, to: 3 },
    { fault: 'close', afterFrames: 100, from: 4, to: 4 },
  ],
});

test(`seed ${SEED}: on real sockets, whatever breaks, in the end our truth is the exchange's and nothing rests`, async (t) => {
  const clock = new SystemClock();
  const exchange = new Exchange({ now: () => clock.nowUs(), newId: randomUUID });
  for (const ticker of [A, B]) list(exchange, ticker);
  exchange.account(USER).cash.set(0, 10_000_000_000 as Money);
  const server = new ExchangeServer(exchange, { tier: 'advanced', pingMs: 50, faults: PLAN });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keyId = randomUUID();
  server.keys.register(keyId, USER, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const host = `127.0.0.1:${await server.listen()}/trade-api`;

  let answered429 = 0;
  const now = (): ReturnType<SystemClock['nowUs']> => clock.nowUs();
  const venue = new LiveVenue(
    {
      hosts: { restUrl: `http://${host}/v2`, wsUrl: `ws://${host}/ws/v2` },
      signer: new Signer(keyId, privateKey),
      clock,
      random: () => 0.5,
      feed: { backoffBaseMs: 5, backoffCapMs: 50, silenceMs: 400, pongMs: 200 },
      gateway: { connections: 3 },
    },
    {
      onLink: (up, detail) => engine.onLink(up, detail, now()),
      onFrame: (bytes, time) => engine.onFrame(bytes, time),
      onOutcome: (id, outcome) => {
        if (outcome.kind === 'response' && outcome.status === 429) answered429++;
        engine.onOutcome(id, outcome, now());
      },
      onReport: () => {},
    },
  );
  const base = testConfig([A, B]);
  const patience = {
    requestTimeoutMs: 300,
    retryMs: 50,
    snapshotTimeoutMs: 400,
    resubscribeTimeoutMs: 800,
    unknownAskMs: 100,
    unknownMinAgeMs: 600,
    missingFillMs: 300,
    reconcileMs: 700,
    refusedHoldMs: 100,
  };
  // So much trades in so little time that the levels would take it for what it looks like.
  const levels = { fillFloor: 100_000, pickOffFills: 1000, rejectShare: 1 };
  const config = { ...base, levels, groupLimit: 100_000_000 as Count, timing: { ...base.timing, ...patience } };
  const port = {
    send: (text: string) => venue.send(text),
    request: (request: Parameters<typeof venue.request>[0]) => venue.request(request),
    reconnect: (reason: string) => venue.reconnect(reason),
    report: () => {},
  };
  const engine: Engine = new Engine(config, createLadder({}), port, now());

  const random = new Random(SEED, 'market');
  const move = (): void => {
    for (const ticker of [A, B]) {
      exchange.onMarket(ticker, ({ ladder }) => {
        for (const side of [BID, ASK] as const) {
          for (const level of [...ladder.levels(side)])
            if (random.next() < 0.3) ladder.reduceBackground(side, level, ladder.background(side, level));
          const level = side === BID ? random.integer(44, 48) : random.integer(50, 54);
          if (!ladder.crosses(side, level))
            arriveBackground(ladder, side, level, random.integer(1, 60) * 100, exchange);
          const best = ladder.best(side);
          if (best >= 0 && random.next() < 0.4)
            reachByTrade(ladder, side, best, random.integer(10, 80) * 100, exchange);
        }
      });
    }
  };
  const timers = [setInterval(() => engine.onTimer(now()), 4), setInterval(move, 25)];
  t.after(async () => {
    for (const timer of timers) clearInterval(timer);
    await venue.close();
    server.close();
  });

  const deadline = now() + DEADLINE_MS * 1000;
  const picture = (): string =>
    JSON.stringify([
      engine.status().markets.map((m) => [m.ticker, m.stale, m.position, m.bid.reason, m.ask.reason]),
      engine.status().counters,
      [...server.faultCounts],
    ]);
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    while (!holds()) {
      assert.ok(now() < deadline, `seed ${SEED}: not in time: ${what}\n${picture()}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  const stormEnds = now() + STORM_MS * 1000;
  for (let n = 0; n < 5; n++) move();
  venue.start();
  await until('the storm is over', () => now() > stormEnds);
  await until('our orders trade', () => exchange.fills.length > 1);
  clearInterval(timers[1]);
  for (const ticker of [A, B])
    exchange.onMarket(ticker, ({ ladder }) => {
      for (const [side, level] of [
        [BID, 45],
        [ASK, 53],
      ] as const)
        if (!ladder.crosses(side, level)) arriveBackground(ladder, side, level, 5000, exchange);
    });

  await until('our truth is the exchange’s', () => {
    const status = engine.status();
    return (
      status.unknownOrders === 0 &&
      engine.inFlight === 0 &&
      status.liveOrders === exchange.restingOf(USER).length &&
      status.markets.every((m) => m.stale === '' && m.position === exchange.account(USER).holding(m.ticker).position)
    );
  });
  assert.deepEqual(engine.status().halts, []);
  engine.onCommand('stop', now());
  await until('the engine has stopped', () => engine.stopResult !== null);
  assert.equal(engine.stopResult?.clean, true, engine.stopResult?.text);
  assert.equal(exchange.restingOf(USER).length, 0);
  // One that was injected may have come too late to be heard.
  const injected429 = server.faultCounts.get('request rateLimit') ?? 0;
  assert.ok(answered429 <= injected429, `${answered429} times 429, ${injected429} injected`);
  const struck = [...server.faultCounts.keys()];
  // How much of the plan a slow machine gets through differs.
  assert.ok(struck.length >= 6, `only ${struck.join(', ')}`);
});
