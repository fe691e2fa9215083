import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { makeCertificate } from './certificate.ts';
import { Child, canPin } from './child.ts';
import {
  type OrderServerStart,
  type OrdersSeen,
  SEND_WAYS,
  type SendCosts,
  type SenderStart,
  type SendWay,
  type Sent,
} from './clients/start.ts';
import { type BenchResult, type Check, median, type Row } from './result.ts';

const SIZES = [1, 20] as const;
const BUDGET_MS = 150;
const ENGINE_CORE = 0;
const SERVER_CORE = 1;

/** Medians of the rounds, by way and size: `raw-ahead-rsa 20`. */
type Times = Map<string, { readonly roundTripNs: number[]; readonly costNs: number[] }>;

/** Sending orders: what it costs the engine's thread, and how long an answer takes, over TLS on loopback. */
export async function benchSend(short: boolean): Promise<BenchResult> {
  const rounds = short ? 5 : 15;
  const requests = short ? 100 : 500;
  const notes = [
    'medians of interleaved rounds, every client and the server in a process of its own, both ends spinning in their turn',
    canPin() ? 'server and clients on different cores' : 'no taskset command here: cores not pinned',
    'signatures made ahead are reused for the requests of their 50 ms here: thousands a second are sent',
    'cost: from the decision until the thread is free (encode, head, signature, write); p99.99 depends on the machine',
  ];
  const certificate = makeCertificate();
  if (certificate === null || availableParallelism() < 2) {
    const why = certificate === null ? 'no openssl command here' : 'both ends would share the one core';
    return { name: 'send', rows: [], checks: [], notes: [`skipped: ${why}`], data: {} };
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'hundred-send-'));
  const children: Child[] = [];
  try {
    const [certPath, keyPath] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
    writeFileSync(certPath, certificate.cert);
    writeFileSync(keyPath, certificate.key, { mode: 0o600 });
    const pairs = { rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }), ed25519: generateKeyPairSync('ed25519') };
    const pem = (type: 'rsa' | 'ed25519') => ({
      privateKey: pairs[type].privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      publicKey: pairs[type].publicKey.export({ type: 'spki', format: 'pem' }) as string,
    });
    const [rsa, ed25519] = [pem('rsa'), pem('ed25519')];
    const publicKeys = { rsa: rsa.publicKey, ed25519: ed25519.publicKey };
    const serverStart: OrderServerStart = { certPath, keyPath, publicKeys };
    const server = new Child('the order server', 'order-server.ts', serverStart, SERVER_CORE);
    children.push(server);
    const { port } = (await server.next()) as { readonly port: number };
    const common = {
      restUrl: `https://127.0.0.1:${port}/trade-api/v2`,
      ca: certificate.cert,
      privateKeys: { rsa: rsa.privateKey, ed25519: ed25519.privateKey },
    };
    const open = (name: string, file: string, way: SendWay): Child => {
      const start: SenderStart = { ...common, way };
      // The official client takes its authorities from where Node does.
      const child = new Child(name, file, start, ENGINE_CORE, { NODE_EXTRA_CA_CERTS: certPath });
      children.push(child);
      return child;
    };
    const cost = open('the cost client', 'send-cost.ts', 'pool');
    const clients = new Map<SendWay, Child>();
    for (const way of SEND_WAYS) clients.set(way, open(`client ${way}`, 'sender.ts', way));
    await Promise.all([cost, ...clients.values()].map((client) => client.next()));
    const { times, wrong } = await race(server, clients, rounds, requests);
    const costs = await measureCosts(cost, rounds, short ? 400 : 2_000);
    const rows = [...costRows(costs), ...sendRows(times)];
    for (const way of SEND_WAYS) {
      const entry = (size: number) => times.get(`${way} ${size}`)!;
      const us = (ns: readonly number[]): string => (median(ns) / 1000).toFixed(0);
      const figures = SIZES.map((n) => `${n}: cost ${us(entry(n).costNs)}, answer ${us(entry(n).roundTripNs)} us`);
      notes.push(`${way.padEnd(19)} orders ${figures.join('; ')}`);
    }
    const data = { rounds, requests, costs, times: Object.fromEntries(times) };
    return { name: 'send', rows, checks: checksOf(wrong, costs), notes, data };
  } catch (error) {
    const check = { what: 'clients run', passed: false, detail: (error as Error).message };
    return { name: 'send', rows: [], checks: [check], notes, data: {} };
  } finally {
    await Promise.all(children.map((child) => child.end()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every way with every size once a round, in turning order. */
async function race(
  server: Child,
  clients: ReadonlyMap<SendWay, Child>,
  rounds: number,
  requests: number,
): Promise<{ readonly times: Times; readonly wrong: ReadonlyMap<SendWay, string> }> {
  const times: Times = new Map();
  const wrong = new Map<SendWay, string>(SEND_WAYS.map((way) => [way, '']));
  // The first round is warm-up.
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < SEND_WAYS.length; i++) {
      const way = SEND_WAYS[(i + round + 1) % SEND_WAYS.length]!;
      for (const orders of SIZES) {
        const sent = (await clients.get(way)!.next({ requests, budgetMs: BUDGET_MS, orders })) as Sent;
        const seen = (await server.next('seen')) as OrdersSeen;
        const fault =
          sent.error ||
          seen.error ||
          (seen.requests === sent.requests ? '' : `${seen.requests} of ${sent.requests} came`);
        if (fault !== '') wrong.set(way, fault);
        if (round < 0 || fault !== '') continue;
        const name = `${way} ${orders}`;
        const entry = times.get(name) ?? { roundTripNs: [], costNs: [] };
        times.set(name, entry);
        entry.roundTripNs.push(sent.roundTripNs);
        entry.costNs.push(sent.costNs);
      }
    }
  }
  for (const [way, fault] of wrong) {
    if (SIZES.some((size) => !times.has(`${way} ${size}`))) throw new Error(`${way}: ${fault}`);
  }
  return { times, wrong };
}

async function measureCosts(client: Child, rounds: number, gapMs: number): Promise<SendCosts[]> {
  const costs: SendCosts[] = [];
  for (let round = -1; round < rounds; round++) {
    const result = (await client.next({ gapMs: round < 0 ? 0 : gapMs })) as SendCosts;
    if (result.error !== '') throw new Error(result.error);
    if (round >= 0) costs.push(result);
  }
  return costs;
}

function costRows(costs: readonly SendCosts[]): Row[] {
  const mid = (of: (c: SendCosts) => number): number => median(costs.map(of));
  const encode = (size: number, i: number): Row => ({
    what: `encode a batch of ${size} into the send buffer, against JSON.stringify`,
    unit: 'ns',
    ratio: 'speedup',
    ours: mid((c) => c.encodeNs[i]!),
    baseline: mid((c) => c.plainNs[i]!),
    ...(size === 20 ? { must: 6, stretch: 12 } : {}),
  });
  return [
    encode(1, 0),
    encode(20, 1),
    {
      what: 'a signature when sending, against crypto.sign RSA-2048',
      unit: 'ns',
      ratio: 'speedup',
      ours: mid((c) => c.takeNs),
      baseline: mid((c) => c.signNs),
      must: 500,
      stretch: 3000,
    },
    {
      what: 'loop gap p99.99 while 100 RSA signatures/s are made, against none',
      unit: 'us',
      ratio: 'overhead',
      ours: mid((c) => c.gapSigningNs[0]! / 1000),
      baseline: mid((c) => c.gapNs[0]! / 1000),
      must: 2,
      stretch: 1.3,
    },
  ];
}

function sendRows(times: Times): Row[] {
  const row = (
    what: string,
    of: 'roundTripNs' | 'costNs',
    ours: SendWay,
    base: SendWay,
    size: number,
    limits: Partial<Pick<Row, 'must' | 'stretch' | 'ratio'>>,
  ): Row => ({
    what,
    unit: 'us',
    ratio: 'speedup',
    ours: median(times.get(`${ours} ${size}`)![of]) / 1000,
    baseline: median(times.get(`${base} ${size}`)![of]) / 1000,
    ...limits,
  });
  return SIZES.flatMap((n) => [
    row(
      `engine thread, batch of ${n}: ahead, against RSA-2048 in line`,
      'costNs',
      'raw-ahead-rsa',
      'raw-inline-rsa',
      n,
      {},
    ),
    row(
      `engine thread, batch of ${n}: ahead, against Ed25519 in line`,
      'costNs',
      'raw-ahead-ed25519',
      'raw-inline-ed25519',
      n,
      {},
    ),
    row(
      `answer to a batch of ${n} over TLS: raw, against undici Pool.request`,
      'roundTripNs',
      'raw-ahead-rsa',
      'pool',
      n,
      {
        ratio: 'overhead',
        must: 0.75,
        stretch: 0.55,
      },
    ),
    row(`answer to a batch of ${n} over TLS: raw, against the official SDK`, 'roundTripNs', 'raw-ahead-rsa', 'sdk', n, {
      must: 15,
      stretch: 35,
    }),
  ]);
}

function checksOf(wrong: ReadonlyMap<SendWay, string>, costs: readonly SendCosts[]): Check[] {
  const sent = [...wrong].map(([way, fault]) => ({
    what: `${way}: every batch arrived, right and authentic, and was answered`,
    passed: fault === '',
    detail: fault || 'all right',
  }));
  return [...sent, { what: 'both encoders mean the same', passed: costs.length > 0, detail: 'compared every round' }];
}
