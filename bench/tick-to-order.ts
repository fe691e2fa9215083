import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { build, type Histogram } from 'hdr-histogram-js';
import type { ClientStart } from './clients/start.ts';
import { type Arrival, TICKER, TickHarness } from './harness.ts';
import type { BenchResult, Check, Row } from './result.ts';

const ENGINE = 'engine.ts';
const ECHO = 'echo.ts';
const PATIENCE_MS = 2000;
const START_PATIENCE_MS = 60_000;
const TICKS_PER_TURN = 20;

const RIVALS = [
  { name: 'echo', file: ECHO, key: 'ed25519', fast: false, text: 'bare echo' },
  { name: 'engine-ed25519', file: ENGINE, key: 'ed25519', fast: false, text: 'Ed25519 in line, undici' },
  { name: 'engine-rsa', file: ENGINE, key: 'rsa', fast: false, text: 'RSA-2048 in line, undici' },
  { name: 'engine-fast', file: ENGINE, key: 'rsa', fast: true, text: 'RSA-2048 made ahead, raw' },
] as const;

/** One client under test: its process, and what was measured of it. */
class Rival {
  readonly name: string;
  readonly text: string;
  readonly isEngine: boolean;
  readonly create = histogram();
  readonly cancel = histogram();
  missing = 0;
  wrong = '';
  ticks = 0;
  private readonly child: ChildProcess;
  private complaint = '';
  readonly started: Promise<void>;

  constructor(rival: (typeof RIVALS)[number], start: ClientStart) {
    this.name = rival.name;
    this.text = rival.text;
    this.isEngine = rival.file === ENGINE;
    this.child = fork(path.join(import.meta.dirname, 'clients', rival.file), [JSON.stringify(start)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.complaint = (this.complaint + chunk.toString('utf8')).slice(-2000);
    });
    this.started = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(this.fault('was not ready in time')), START_PATIENCE_MS);
      this.child.once('message', () => {
        clearTimeout(late);
        resolve();
      });
      this.child.once('exit', (code, signal) => {
        clearTimeout(late);
        reject(this.fault(`ended with ${signal ?? code}`));
      });
    });
  }

  /** One tick that asks for an order and one that asks for its cancel. */
  async turn(harness: TickHarness, price: number, record: boolean): Promise<void> {
    const create = await harness.tick(this.name, price, 5, PATIENCE_MS);
    this.take(create, 'POST', price, record ? this.create : null);
    await pause();
    const cancel = await harness.tick(this.name, price, -5, PATIENCE_MS);
    this.take(cancel, 'DELETE', price, record ? this.cancel : null);
    await pause();
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await gone;
  }

  checks(unexpected: number): Check[] {
    const detail = `${this.ticks} ticks, ${this.missing} unanswered, ${unexpected} writes nobody asked for`;
    const answered = this.ticks > 0 && this.missing === 0 && unexpected === 0;
    return [
      { what: `${this.name}: one write for every tick`, passed: answered, detail },
      {
        what: `${this.name}: every write is the right one`,
        passed: this.wrong === '',
        detail: this.wrong || 'all right',
      },
    ];
  }

  private take(
    result: { readonly ns: number; readonly arrival: Arrival } | null,
    method: Arrival['method'],
    price: number,
    into: Histogram | null,
  ): void {
    this.ticks++;
    if (result === null) {
      this.missing++;
      return;
    }
    const { arrival, ns } = result;
    if (arrival.method !== method) this.wrong ||= `${arrival.method} where ${method} was due`;
    else if (this.isEngine && method === 'POST') this.wrong ||= wrongOrder(arrival.body, price);
    into?.recordValue(Math.max(1, Math.round(ns)));
  }

  private fault(what: string): Error {
    return new Error(`client ${this.name} ${what}${this.complaint === '' ? '' : `: ${this.complaint.trim()}`}`);
  }
}

/** What is wrong with the order a tick at `price` caused, or ''. */
function wrongOrder(body: string, price: number): string {
  const { orders } = JSON.parse(body) as { orders: { ticker: string; side: string; price: string; count: string }[] };
  const [order] = orders;
  const right =
    orders.length === 1 &&
    order!.ticker === TICKER &&
    order!.side === 'bid' &&
    Number(order!.price) === price / 10_000 &&
    Number(order!.count) === 1;
  return right ? '' : `tick at ${price / 10_000} caused ${body}`;
}

function histogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: 3 });
}

/** Between two ticks: the client takes the answer in and goes back to sleep, as between two real ticks. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

/**
 * Tick to order over loopback: from just before a delta leaves the server to the last byte of the order it causes, for
 * the daemon as it runs, against a bare echo on the same kinds of socket. Clients take turns in the same run.
 */
export async function benchTickToOrder(short: boolean): Promise<BenchResult> {
  const notes = [
    'us over loopback without TLS, clients not spinning; baseline: ws + undici with constant bytes and headers, no engine',
    'signatures made ahead are reused for the requests of their 50 ms here; p99 and max depend on the machine and are not claimable',
  ];
  if (availableParallelism() < 2) {
    return {
      name: 'tick-to-order',
      rows: [],
      checks: [],
      notes: ['skipped: both ends would share the one core'],
      data: {},
    };
  }
  const turns = short ? 10 : 50;
  const folder = mkdtempSync(path.join(tmpdir(), 'hundred-bench-'));
  const harness = new TickHarness();
  const rivals: Rival[] = [];
  try {
    const port = await harness.listen();
    for (const rival of RIVALS) rivals.push(new Rival(rival, startOf(rival, port, folder)));
    await Promise.all(rivals.map((rival) => rival.started));
    await race(harness, rivals, turns);
    const checks = rivals.flatMap((rival) => rival.checks(harness.unexpected(rival.name)));
    const rows = rowsOf(rivals);
    const data = Object.fromEntries(
      rivals.map((rival) => [rival.name, { create: percentiles(rival.create), cancel: percentiles(rival.cancel) }]),
    );
    for (const rival of rivals) notes.push(`${rival.name.padEnd(14)} tick to order ${describe(rival.create)}`);
    return { name: 'tick-to-order', rows, checks, notes, data };
  } catch (error) {
    const check = { what: 'clients run', passed: false, detail: (error as Error).message };
    return { name: 'tick-to-order', rows: [], checks: [check], notes, data: {} };
  } finally {
    await Promise.all(rivals.map((rival) => rival.end()));
    harness.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function race(harness: TickHarness, rivals: readonly Rival[], turns: number): Promise<void> {
  // The first turns are warm-up.
  for (let turn = -3; turn < turns; turn++) {
    for (let i = 0; i < rivals.length; i++) {
      const rival = rivals[(i + turn + 3) % rivals.length]!;
      for (let n = 0; n < TICKS_PER_TURN && rival.missing === 0; n++) {
        await rival.turn(harness, 4100 + 100 * (n % 10), turn >= 0);
      }
    }
  }
}

function startOf(rival: (typeof RIVALS)[number], port: number, folder: string): ClientStart {
  const own = path.join(folder, rival.name);
  mkdirSync(own);
  const keyPath = path.join(own, 'key.pem');
  const { privateKey } =
    rival.key === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  writeFileSync(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return { port, keyId: rival.name, keyPath, folder: own, fast: rival.fast };
}

function rowsOf(rivals: readonly Rival[]): Row[] {
  const echo = rivals.find((rival) => !rival.isEngine)!;
  return rivals
    .filter((rival) => rival.isEngine && rival.missing === 0)
    .flatMap((rival): Row[] => {
      const us = (h: Histogram): number => h.getValueAtPercentile(50) / 1000;
      const common = { unit: 'us', ratio: 'overhead' } as const;
      return [
        { ...common, what: `tick to order p50, ${rival.text}`, ours: us(rival.create), baseline: us(echo.create) },
        { ...common, what: `tick to cancel p50, ${rival.text}`, ours: us(rival.cancel), baseline: us(echo.cancel) },
      ];
    });
}

function percentiles(h: Histogram): Record<string, number> {
  const us = (percentile: number): number => h.getValueAtPercentile(percentile) / 1000;
  return { count: h.totalCount, p50Us: us(50), p90Us: us(90), p99Us: us(99), maxUs: h.maxValue / 1000 };
}

function describe(h: Histogram): string {
  const { count, p50Us, p90Us, p99Us, maxUs } = percentiles(h);
  const figures = [p50Us, p90Us, p99Us, maxUs].map((us) => us!.toFixed(0));
  return `p50 ${figures[0]}  p90 ${figures[1]}  p99 ${figures[2]}  max ${figures[3]} us (${count} orders)`;
}
