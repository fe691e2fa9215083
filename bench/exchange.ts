import { App } from 'uWebSockets.js';
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { Exchange } from '../engine/exchange/exchange.ts';
import { arriveBackground } from '../engine/exchange/matching.ts';
import { ExchangeServer } from '../engine/exchange/server.ts';
import { listenOn } from '../engine/exchange/uws.ts';
import { feeSchedule, LINEAR_CENT } from '../engine/market/index.ts';
import { BID, formatRfc3339, type Money, type TimeUs } from '../engine/units/index.ts';
import type { CrowdAnswer, CrowdStart, OrdersAnswer, OrdersStart } from './clients/start.ts';
import { type BenchResult, type Check, median, type Row } from './result.ts';

const MEMBERS = 100;
const TICKER = 'BENCH';
const USER = 'user-1';
const CONNECTIONS = 4;
const PATIENCE_MS = 30_000;
const WS_PATH = '/trade-api/ws/v2';

const nowUs = (): TimeUs => Math.floor((performance.timeOrigin + performance.now()) * 1000) as TimeUs;

type Count = Extract<CrowdAnswer, { kind: 'count' }>;
interface Sample {
  readonly cpuNs: number;
  readonly wallUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** An exchange in this process with one market and one funded account. */
async function openExchange(): Promise<{ exchange: Exchange; server: ExchangeServer; port: number; keys: Keys }> {
  const exchange = new Exchange({ now: nowUs, newId: randomUUID });
  exchange.list({
    ticker: TICKER,
    eventTicker: TICKER,
    seriesTicker: TICKER,
    title: TICKER,
    exchangeIndex: 0,
    grid: LINEAR_CENT,
    fees: feeSchedule('quadratic', '1', 100),
    feeType: 'quadratic',
    status: 'active',
    openTime: nowUs(),
    closeTime: (nowUs() + 86_400_000_000) as TimeUs,
  });
  exchange.account(USER).cash.set(0, 1_000_000_000_000 as Money);
  const server = new ExchangeServer(exchange, { tier: 'prestige' });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keyId = randomUUID();
  server.keys.register(keyId, USER, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { exchange, server, port: await server.listen(), keys: { keyId, privatePem } };
}

interface Keys {
  readonly keyId: string;
  readonly privatePem: string;
}

function upgrade({ keyId, privatePem }: Keys): string {
  const time = String(Date.now());
  const signature = sign(null, Buffer.from(`${time}GET${WS_PATH}`), privatePem).toString('base64');
  const auth = `KALSHI-ACCESS-KEY: ${keyId}\r\nKALSHI-ACCESS-TIMESTAMP: ${time}\r\nKALSHI-ACCESS-SIGNATURE: ${signature}`;
  return `GET ${WS_PATH} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${auth}\r\n\r\n`;
}

function child(file: string, start: CrowdStart | OrdersStart): ChildProcess {
  return fork(path.join(import.meta.dirname, 'clients', file), [JSON.stringify(start)]);
}

async function answerOf(from: ChildProcess, ask?: string): Promise<unknown> {
  if (ask !== undefined) from.send(ask);
  const [answer] = (await once(from, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })) as [unknown];
  return answer;
}

/** A way of telling a crowd of a change, and the crowd. */
interface Stage {
  readonly tell: () => void;
  readonly crowd: ChildProcess;
  readonly samples: Sample[];
  wrong: string;
}

/** Turns with `burst` changes each; the crowd must have heard every one. */
async function perform(stage: Stage, changes: number, burst: number): Promise<Sample | null> {
  stage.crowd.send('reset');
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let n = 0; n < changes; n += burst) {
    for (let i = 0; i < burst; i++) stage.tell();
    // A turn of its own, and time for the crowd: a queue that only grows measures nothing but its length.
    await new Promise((done) => setTimeout(done, 1));
  }
  const spent = process.cpuUsage(cpu);
  let heard: Count;
  do {
    heard = (await answerOf(stage.crowd, 'count')) as Count;
  } while (heard.frames < changes * MEMBERS && heard.wrong === '' && performance.now() - began < PATIENCE_MS);
  const wallUs = (performance.now() - began) * 1000;
  stage.wrong ||= heard.wrong;
  if (heard.frames !== changes * MEMBERS) stage.wrong ||= `${heard.frames} frames heard of ${changes * MEMBERS}`;
  if (stage.wrong !== '') return null;
  const cpuNs = ((spent.user + spent.system) * 1000) / (changes * MEMBERS);
  return { cpuNs, wallUs, p50Us: heard.p50Us, p99Us: heard.p99Us };
}

async function openCrowd(port: number, keys: Keys, hello: string): Promise<ChildProcess> {
  const crowd = child('crowd.ts', { port, members: MEMBERS, upgrade: upgrade(keys), hello });
  await answerOf(crowd);
  return crowd;
}

async function fanOut(rounds: number, changes: number): Promise<{ rows: Row[]; checks: Check[]; notes: string[] }> {
  const { exchange, server, port, keys } = await openExchange();
  const app = App();
  app.ws(WS_PATH, {
    idleTimeout: 0,
    open: (ws) => {
      ws.subscribe('all');
      ws.send('{"seq":1}');
    },
  });
  const bare = (await listenOn(app, '127.0.0.1', 0))!;
  const params = { channels: ['orderbook_delta'], market_tickers: [TICKER], use_yes_price: true };
  let seq = 1;
  let level = 0;
  const stages: Record<'ours' | 'baseline', Stage> = {
    ours: {
      tell: () => {
        level = (level + 1) % 40;
        exchange.onMarket(TICKER, ({ ladder }) => arriveBackground(ladder, BID, level, 5400, exchange));
      },
      crowd: await openCrowd(port, keys, JSON.stringify({ id: 1, cmd: 'subscribe', params })),
      samples: [],
      wrong: '',
    },
    baseline: {
      tell: () => {
        const body = `"market_ticker":"${TICKER}","market_id":"40b92a88-8bde-4a7e-9d41-da979865ae04","price_dollars":"0.4200","delta_fp":"54.00","side":"yes","ts":"${formatRfc3339(nowUs())}","ts_ms":${Date.now()}`;
        app.publish('all', `{"type":"orderbook_delta","sid":1,"seq":${++seq},"msg":{${body}}}`);
      },
      crowd: await openCrowd(bare.port, keys, ''),
      samples: [],
      wrong: '',
    },
  };
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const burst of [1, 10]) {
    for (const stage of Object.values(stages)) stage.samples.length = 0;
    for (let round = -1; round < rounds; round++) {
      for (const stage of Object.values(stages)) {
        const sample = await perform(stage, changes, burst);
        if (round >= 0 && sample !== null) stage.samples.push(sample);
      }
    }
    const { ours, baseline } = stages;
    if (ours.samples.length === 0 || baseline.samples.length === 0) break;
    const of = (stage: Stage, what: keyof Sample): number => median(stage.samples.map((s) => s[what]));
    const row = (what: string, unit: Row['unit'], name: keyof Sample): Row => ({
      what: `a delta to ${MEMBERS} clients, ${burst} a turn: ${what}`,
      unit,
      ours: of(ours, name),
      baseline: of(baseline, name),
      ratio: 'overhead',
    });
    rows.push(
      row('server CPU a frame', 'ns', 'cpuNs'),
      row('latency p50', 'us', 'p50Us'),
      row('latency p99', 'us', 'p99Us'),
    );
    const rate = ((changes * MEMBERS) / of(ours, 'wallUs')) * 1000;
    notes.push(
      `fan-out, ${burst} a turn: ${rate.toFixed(0)} thousand frames a second delivered, paced by a 1 ms timer`,
    );
  }
  for (const { crowd } of Object.values(stages)) crowd.kill();
  server.close();
  bare.close();
  app.close();
  const checks = Object.entries(stages).map(([name, { wrong }]) => ({
    what: `fan-out, ${name}: every client got every frame in sequence`,
    passed: wrong === '',
    detail: wrong || 'all right',
  }));
  return { rows, checks, notes };
}

async function placeOrders(rounds: number, orders: number): Promise<{ rows: Row[]; checks: Check[]; notes: string[] }> {
  const app = App();
  app.post('/*', (res) => {
    let aborted = false;
    res.onAborted(() => (aborted = true));
    res.onData((_, isLast) => {
      if (isLast && !aborted) res.cork(() => res.writeStatus('201 Created').end('{}'));
    });
  });
  const bare = (await listenOn(app, '127.0.0.1', 0))!;
  const samples = { ours: [] as number[], baseline: [] as number[] };
  const wallUs = { ours: [] as number[], baseline: [] as number[] };
  let wrong = '';
  let accounted = true;
  for (let round = -1; round < rounds; round++) {
    // A fresh exchange each round, and a full bucket with it.
    const { exchange, server, port, keys } = await openExchange();
    for (const name of ['ours', 'baseline'] as const) {
      const client = child('orders.ts', {
        port: name === 'ours' ? port : bare.port,
        ticker: TICKER,
        ...keys,
        run: `r${round + 1}`,
        connections: CONNECTIONS,
        orders,
      });
      const cpu = process.cpuUsage();
      const answer = (await answerOf(client)) as OrdersAnswer;
      const spent = process.cpuUsage(cpu);
      wrong ||= answer.wrong || (answer.accepted === orders ? '' : `${answer.accepted} accepted of ${orders}`);
      if (round < 0) continue;
      samples[name].push((spent.user + spent.system) / orders);
      wallUs[name].push(answer.wallUs / orders);
    }
    accounted &&= exchange.orders.size === orders && exchange.restingOf(USER).length === orders;
    server.close();
  }
  bare.close();
  app.close();
  const row = (what: string, of: typeof samples): Row => ({
    what: `a signed order over REST: ${what}`,
    unit: 'us',
    ours: median(of.ours),
    baseline: median(of.baseline),
    ratio: 'overhead',
  });
  return {
    rows: [row('server CPU', samples), row('wall time', wallUs)],
    checks: [
      { what: 'orders: every one answered 201', passed: wrong === '', detail: wrong || 'all right' },
      {
        what: 'orders: every one rests at the exchange',
        passed: accounted,
        detail: accounted ? 'all right' : 'not all',
      },
    ],
    notes: [
      `orders: ${(1_000_000 / median(wallUs.ours)).toFixed(0)} a second, ${CONNECTIONS} connections, the client signs`,
    ],
  };
}

/** The embedded exchange under load: fan-out of book changes and orders over REST, beside bare uWebSockets.js. */
export async function benchExchange(short: boolean): Promise<BenchResult> {
  const fan = await fanOut(short ? 3 : 9, short ? 120 : 600);
  const placed = await placeOrders(short ? 3 : 7, short ? 200 : 1500);
  return {
    name: 'exchange',
    rows: [...fan.rows, ...placed.rows],
    checks: [...fan.checks, ...placed.checks],
    notes: [
      'baselines: one text published to a topic, and a server that answers every POST 201 without looking at it',
      ...fan.notes,
      ...placed.notes,
    ],
    data: { members: MEMBERS, connections: CONNECTIONS },
  };
}
