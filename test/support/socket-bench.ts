import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  Engine,
  type EngineConfig,
  type EngineReport,
  type TextRequest,
  type VenueRequest,
  withText,
} from '../../engine/core/index.ts';
import { Exchange } from '../../engine/exchange/exchange.ts';
import type { LiveMarket } from '../../engine/exchange/listing.ts';
import { arriveBackground, reachByTrade } from '../../engine/exchange/matching.ts';
import { ExchangeServer } from '../../engine/exchange/server.ts';
import { SystemClock } from '../../engine/kalshi/clock.ts';
import { Signer } from '../../engine/kalshi/keys.ts';
import { LiveVenue } from '../../engine/kalshi/venue.ts';
import { feeSchedule, LINEAR_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type Money, parsePrice, type Side, type TimeUs } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';
import { testConfig } from './bench-venue.ts';
import { FaultProxy } from './fault-proxy.ts';

export const USER = 'user-1';
export const [A, B] = ['TST-A', 'TST-B'] as const;

type Timing = EngineConfig['timing'];

/**
 * Deadlines that are not meant to pass; a scenario shortens the ones it is about. They count from when all is quoted, so
 * that a busy machine does not let one pass, and take its step, before the scenario begins.
 */
const PATIENT: Partial<Timing> = {
  retryMs: 20,
  snapshotTimeoutMs: 2400,
  resubscribeTimeoutMs: 8000,
  quietCheckMs: 60_000,
  reconcileMs: 60_000,
  unknownAskMs: 50,
  refusedHoldMs: 50,
};
const TIMER_MS = 4;
const DEADLINE_MS = 8000;

/**
 * The engine and the live venue in process, against the exchange's own server on an ephemeral port, with a fault proxy
 * between them, real keys and the real clock. After every input it checks what must always hold: nothing is created on
 * a stale book, and when a book turns stale every order known to rest on it is being cancelled within the same input.
 */
export class SocketBench {
  readonly exchange: Exchange;
  readonly proxy: FaultProxy;
  readonly engine: Engine;
  readonly venue: LiveVenue;
  readonly reports: EngineReport[] = [];
  readonly requests: TextRequest[] = [];
  readonly commands: string[] = [];
  /** Times a market was stale with no write under way, and the exchange had nothing of ours resting on it. */
  emptyWhileStale = 0;
  /** Lifecycle messages a test has put into the connection. */
  told = 0;
  private readonly server: ExchangeServer;
  /** The engine's deadlines, as they are now. */
  private readonly timing: { -readonly [K in keyof Timing]: Timing[K] };
  private readonly hasty: Partial<Timing>;
  private readonly clock = new SystemClock();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly writes = new Set<number>();
  private readonly rested = new Set<string>();
  private readonly pulled = new Set<string>();
  private readonly stale = new Map<string, boolean>();
  private readonly wrong: string[] = [];
  private waiters: { readonly holds: () => boolean; readonly done: () => void }[] = [];

  private constructor(
    exchange: Exchange,
    server: ExchangeServer,
    proxy: FaultProxy,
    host: string,
    timing: Partial<Timing>,
  ) {
    this.exchange = exchange;
    this.server = server;
    this.proxy = proxy;
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const keyId = randomUUID();
    server.keys.register(keyId, USER, publicKey.export({ type: 'spki', format: 'pem' }) as string);
    const base = testConfig([A, B]);
    this.hasty = timing;
    this.timing = { ...base.timing, ...PATIENT, ...timing };
    const config: EngineConfig = { ...base, timing: this.timing };
    this.venue = new LiveVenue(
      {
        hosts: { restUrl: `http://${host}/trade-api/v2`, wsUrl: `ws://${host}/trade-api/ws/v2` },
        signer: new Signer(keyId, privateKey),
        clock: this.clock,
        random: () => 0.5,
        feed: { backoffBaseMs: 5, backoffCapMs: 50, silenceMs: 600, pongMs: 300 },
        gateway: { connections: 3 },
      },
      {
        onLink: (up, detail) => this.input(() => this.engine.onLink(up, detail, this.now())),
        onFrame: (bytes, time) => this.input(() => this.engine.onFrame(bytes, time)),
        onOutcome: (id, outcome) => {
          this.writes.delete(id);
          if (outcome.kind === 'response') this.learn(id, outcome.body);
          this.input(() => this.engine.onOutcome(id, outcome, this.now()));
        },
        onReport: (report) => this.reports.push(report),
      },
    );
    this.engine = new Engine(
      config,
      createLadder({}),
      {
        send: (text) => {
          this.commands.push(text);
          this.venue.send(text);
        },
        request: (request) => this.request(request),
        reconnect: (reason) => this.venue.reconnect(reason),
        report: (report) => this.reports.push(report),
      },
      this.now(),
    );
  }

  /** Listen and fund the account; both markets have a book around 50 cents. The engine is not started. */
  static async open(timing: Partial<Timing> = {}): Promise<SocketBench> {
    const clock = new SystemClock();
    const exchange = new Exchange({ now: () => clock.nowUs(), newId: randomUUID });
    for (const ticker of [A, B]) list(exchange, ticker);
    exchange.account(USER).cash.set(0, 10_000_000_000 as Money);
    const server = new ExchangeServer(exchange, { tier: 'prestige', pingMs: 50 });
    const proxy = new FaultProxy(`127.0.0.1:${await server.listen()}`);
    const bench = new SocketBench(exchange, server, proxy, await proxy.listen(), timing);
    for (const ticker of [A, B]) {
      bench.rest(ticker, BID, '0.4500', 100);
      bench.rest(ticker, ASK, '0.5500', 100);
    }
    return bench;
  }

  /** Connect, and wait until both sides of both markets are quoted. */
  async start(): Promise<void> {
    Object.assign(this.timing, PATIENT);
    this.connect();
    await this.quoted();
    Object.assign(this.timing, this.hasty);
  }

  /** Connect and let time pass for the engine. */
  connect(): void {
    this.timers.push(setInterval(() => this.input(() => this.engine.onTimer(this.now())), TIMER_MS));
    this.venue.start();
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.venue.close();
    await this.proxy.close();
    this.server.close();
  }

  /** Wait until it holds; looks after every input. Fails with the state of things when it does not in time. */
  async until(what: string, holds: () => boolean): Promise<void> {
    if (!holds()) {
      await new Promise<void>((done, failed) => {
        const late = setTimeout(() => failed(new Error(`not in time: ${what}\n${this.picture()}`)), DEADLINE_MS);
        this.waiters.push({
          holds,
          done: () => {
            clearTimeout(late);
            done();
          },
        });
      });
    }
    assert.deepEqual(this.wrong, []);
  }

  /** Let the engine have this many inputs. */
  async inputs(n: number): Promise<void> {
    let left = n;
    await this.until(`${n} inputs`, () => left-- <= 0);
  }

  /** Wait until all is well: every book is the exchange's, both sides of both markets are quoted, nothing is under way. */
  async quoted(): Promise<void> {
    await this.until(
      'true books, quoted',
      () => this.isTrue(A) && this.isTrue(B) && this.isQuoted(A) && this.isQuoted(B),
    );
  }

  /** The engine trusts its book, and it is the exchange's, level by level. */
  isTrue(ticker: string): boolean {
    if (this.market(ticker).stale !== '') return false;
    const ours = this.engine.book(ticker);
    const { ladder, listing } = this.exchange.markets.get(ticker)!;
    return [BID, ASK].every((side) => {
      const theirs = [...ladder.levels(side as Side)].map((level) => [
        listing.grid.price(level),
        ladder.total(side as Side, level),
      ]);
      return JSON.stringify(side === BID ? ours.bids : ours.asks) === JSON.stringify(theirs);
    });
  }

  /** Both sides rest at the exchange, and engine and exchange agree on how many orders there are. */
  isQuoted(ticker: string): boolean {
    const resting = this.resting(ticker);
    return (
      [BID, ASK].every((side) => resting.some((o) => o.side === side)) &&
      this.writes.size === 0 &&
      this.engine.status().liveOrders === this.exchange.restingOf(USER).length
    );
  }

  resting(ticker: string): ReturnType<Exchange['restingOf']> {
    return this.exchange.restingOf(USER).filter((o) => o.ticker === ticker);
  }

  market(ticker: string): ReturnType<Engine['status']>['markets'][number] {
    return this.engine.status().markets.find((m) => m.ticker === ticker)!;
  }

  /** Reports with a code, in order. */
  reported(code: string): EngineReport[] {
    return this.reports.filter((r) => r.code === code);
  }

  /** Requests of a kind so far. */
  count(op: VenueRequest['op']): number {
    return this.requests.filter((r) => r.op === op).length;
  }

  /** Commands sent so far that have this in them. */
  sent(part: string): number {
    return this.commands.filter((c) => c.includes(part)).length;
  }

  /** Put liquidity of nobody's on the book: price in dollars as text, contracts as a number. */
  rest(ticker: string, side: Side, price: string, contracts: number): void {
    const at = LINEAR_CENT.level(parsePrice(price));
    this.exchange.onMarket(ticker, (m: LiveMarket) =>
      arriveBackground(m.ladder, side, at, contracts * 100, this.exchange),
    );
  }

  /** Somebody trades this many contracts at the best of a side. */
  trade(ticker: string, side: Side, contracts: number): void {
    this.exchange.onMarket(ticker, (m: LiveMarket) =>
      reachByTrade(m.ladder, side, m.ladder.best(side), contracts * 100, this.exchange),
    );
  }

  private now(): TimeUs {
    return this.clock.nowUs();
  }

  private request(asked: VenueRequest): void {
    const request = withText(asked);
    this.requests.push(request);
    if (request.method !== 'GET') this.writes.add(request.id);
    if (request.op === 'createOrders') {
      for (const { ticker } of ordersIn(request.body)) {
        const { stale } = this.market(String(ticker));
        if (stale !== '') this.wrong.push(`create on ${ticker}, whose book is stale: ${stale}`);
      }
    }
    if (request.op === 'cancelOrders') for (const o of ordersIn(request.body)) this.pulled.add(String(o['order_id']));
    this.venue.request(asked);
  }

  private learn(id: number, body: string): void {
    if (this.requests.find((r) => r.id === id)?.op !== 'createOrders') return;
    for (const o of ordersIn(body)) this.rested.add(String(o['order_id']));
  }

  /** Let one input happen, then check what must hold and wake who waits. */
  private input(act: () => void): void {
    act();
    if (this.engine.phase === 'running') for (const ticker of [A, B]) this.check(ticker);
    const due = this.waiters.filter((w) => w.holds());
    this.waiters = this.waiters.filter((w) => !due.includes(w));
    for (const w of due) w.done();
  }

  private check(ticker: string): void {
    const { stale } = this.market(ticker);
    const was = this.stale.get(ticker) ?? false;
    this.stale.set(ticker, stale !== '');
    if (stale === '') return;
    const resting = this.resting(ticker);
    if (!was) {
      const left = resting.filter((o) => this.rested.has(o.orderId) && !this.pulled.has(o.orderId));
      if (left.length > 0) this.wrong.push(`${ticker} is stale (${stale}) and ${left.length} orders are left to rest`);
    }
    if (this.writes.size > 0) return;
    if (resting.length > 0) this.wrong.push(`${resting.length} orders rest on ${ticker}, which is stale: ${stale}`);
    else this.emptyWhileStale++;
  }

  private picture(): string {
    const { markets, counters, liveOrders } = this.engine.status();
    const state = markets.map((m) => `${m.ticker} ${m.stale || 'fresh'} bid ${m.bid.reason} ask ${m.ask.reason}`);
    const said = this.reports.slice(-20).map((r) => `  ${r.code}: ${r.text}`);
    return [
      ...state,
      JSON.stringify(counters),
      `${liveOrders} live, ${this.writes.size} writes`,
      ...said,
      ...this.wrong,
    ].join('\n');
  }
}

/** List a market on the exchange. */
export function list(exchange: Exchange, ticker: string): void {
  const now = exchange.now();
  exchange.list({
    ticker,
    eventTicker: 'TST-E',
    seriesTicker: 'TST',
    title: ticker,
    exchangeIndex: 0,
    grid: LINEAR_CENT,
    fees: feeSchedule('quadratic', '1', 100),
    feeType: 'quadratic',
    status: 'active',
    openTime: now,
    closeTime: (now + 86_400_000_000) as TimeUs,
  });
}

function ordersIn(body: string): Record<string, unknown>[] {
  return (JSON.parse(body) as { orders?: Record<string, unknown>[] }).orders ?? [];
}
