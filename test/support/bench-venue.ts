import {
  Engine,
  type EngineConfig,
  type EnginePort,
  type EngineReport,
  type RequestOutcome,
  type TextRequest,
  type VenueRequest,
  withText,
} from '../../engine/core/index.ts';
import { AccountBuckets } from '../../engine/exchange/buckets.ts';
import { Exchange } from '../../engine/exchange/exchange.ts';
import type { FeedClient } from '../../engine/exchange/feed.ts';
import { FeedHub } from '../../engine/exchange/feed-hub.ts';
import type { LiveMarket } from '../../engine/exchange/listing.ts';
import { arriveBackground, reachByTrade } from '../../engine/exchange/matching.ts';
import { Refusal } from '../../engine/exchange/order.ts';
import { type ApiCall, RestApi, refusalBody } from '../../engine/exchange/rest.ts';
import type { IncentiveProgram } from '../../engine/exchange/rest-incentives.ts';
import type { ExchangeRules } from '../../engine/exchange/rules.ts';
import { feeSchedule, type Grid, LINEAR_CENT } from '../../engine/market/index.ts';
import { SCHEDULE_DEFAULTS, type Strategy } from '../../engine/quoting/index.ts';
import { GROUP_DEFAULTS } from '../../engine/risk/index.ts';
import {
  type Count,
  type Money,
  opposite,
  type Price,
  parsePrice,
  type Side,
  type TimeUs,
} from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';

export const USER = 'user-1';
const STEP_US = 10_000;

/** What a test may do to a message on its way: pass it on (return it), or swallow it (null). */
export interface Faults {
  /** Before the exchange sees the request: an outcome here means it never does. */
  onRequest?: (request: TextRequest) => RequestOutcome | null;
  /** After the exchange acted: what we hear of it. */
  onOutcome?: (request: TextRequest, outcome: RequestOutcome) => RequestOutcome | null;
  onFrame?: (text: string) => string | null;
}

export function testConfig(tickers: readonly string[], overrides: Partial<EngineConfig> = {}): EngineConfig {
  return {
    sessionId: 'test01',
    clientPrefix: 'hd',
    subaccount: 0,
    leftovers: 'cancel',
    cashMismatch: 'halt',
    tickers,
    strategy: { name: 'ladder', params: {} },
    risk: {
      maxPosition: 20_000 as Count,
      maxOrderCount: 10_000 as Count,
      maxOrdersPerMarket: 12,
      maxOrders: 100,
      maxCapital: 5_000_000_000 as Money,
      priceBand: 1000,
    },
    maxSessionLoss: 500_000_000 as Money,
    groupLimit: 50_000 as Count,
    groups: GROUP_DEFAULTS,
    tolerance: { levelsBehind: 1, countShare: 0.5 },
    replace: 'amend',
    quoteOneSided: false,
    staleTicks: 3,
    closeGuardMs: 120_000,
    budget: { share: 0.9, jitterMs: 200, reserve: 20, maxBatch: 20, shardBuckets: true, view: 'tokens' },
    scheduler: SCHEDULE_DEFAULTS,
    timing: {
      requestTimeoutMs: 5000,
      retryMs: 1000,
      snapshotTimeoutMs: 2000,
      resubscribeTimeoutMs: 5000,
      quietCheckMs: 60_000,
      unknownAskMs: 1000,
      unknownMinAgeMs: 10_000,
      absentReads: 3,
      missingFillMs: 2000,
      reconcileMs: 30_000,
      refusedHoldMs: 5000,
      stopTimeoutMs: 15_000,
    },
    feePrecision: 100,
    ...overrides,
  };
}

interface Delivery {
  readonly at: number;
  readonly act: () => void;
}

/**
 * The engine and the embedded exchange's own rules in one process, without sockets and on a hand-turned clock. Every
 * message takes `latencyUs` each way; faults decide what gets lost.
 */
export class BenchVenue implements EnginePort {
  timeUs = 1_800_000_000_000_000;
  latencyUs = 2000;
  /** How far the engine's clock is ahead of the exchange's. */
  engineAheadUs = 0;
  /** Travel time of one request or one answer; unlike feed frames they may overtake each other. */
  travelUs: () => number = () => this.latencyUs;
  readonly exchange: Exchange;
  readonly engine: Engine;
  readonly reports: EngineReport[] = [];
  readonly requests: TextRequest[] = [];
  /** Every action in order, as text: two equal runs have equal logs. */
  readonly log: string[] = [];
  faults: Faults = {};
  refusals429 = 0;
  /** Write tokens the exchange has billed, by shard: 0 is the common bucket. */
  readonly billed = new Map<number, number>();
  private readonly api: RestApi;
  private readonly hub: FeedHub;
  private readonly buckets: AccountBuckets;
  private client: FeedClient | null = null;
  private queue: Delivery[] = [];
  /** Requests without an outcome, with the moment their patience ends; oldest first. */
  private readonly open = new Map<number, number>();
  private ids = 0;
  private readonly keepsLog: boolean;

  constructor(
    config: EngineConfig,
    options: {
      readonly tier?: string;
      readonly grid?: Grid;
      readonly makerFees?: boolean;
      readonly strategy?: Strategy;
      readonly rules?: Partial<ExchangeRules>;
      /** What `GET /incentive_programs` lists. */
      readonly incentives?: readonly IncentiveProgram[];
      /** Shard of a ticker; 0 where left out. */
      readonly shardOf?: (ticker: string) => number;
      /** Shards with cash; all that are in use where left out. */
      readonly funded?: readonly number[];
      /** At most one market of each event settles YES. */
      readonly exclusive?: boolean;
      /** False: `requests` and `log` stay empty, for long runs. */
      readonly keepsLog?: boolean;
    } = {},
  ) {
    this.keepsLog = options.keepsLog ?? true;
    const newId = (): string => `00000000-0000-4000-8000-${String(++this.ids).padStart(12, '0')}`;
    this.exchange = new Exchange({ now: () => this.timeUs as TimeUs, newId, rules: options.rules ?? {} });
    this.hub = new FeedHub(this.exchange);
    const tier = options.tier ?? 'basic';
    this.api = new RestApi(this.exchange, tier, newId, { incentives: options.incentives ?? [] });
    const shardOf = options.shardOf ?? (() => 0);
    const shards = new Set(config.tickers.map(shardOf));
    this.buckets = new AccountBuckets(tier, shards, this.timeUs as TimeUs);
    const feeType = options.makerFees === true ? 'quadratic_with_maker_fees' : 'quadratic';
    for (const ticker of config.tickers) {
      this.exchange.list({
        ticker,
        eventTicker: `${ticker.split('-')[0]}-E`,
        seriesTicker: ticker.split('-')[0]!,
        title: ticker,
        exchangeIndex: shardOf(ticker),
        grid: options.grid ?? LINEAR_CENT,
        fees: feeSchedule(feeType, '1', 100),
        ...(options.exclusive === true ? { collateralReturn: 'MECNET' as const } : {}),
        feeType,
        status: 'active',
        openTime: this.timeUs as TimeUs,
        closeTime: (this.timeUs + 86_400_000_000) as TimeUs,
      });
    }
    const account = this.exchange.account(USER, config.subaccount);
    for (const shard of options.funded ?? shards) account.cash.set(shard, 10_000_000_000 as Money);
    const strategy = options.strategy ?? createLadder(config.strategy.params);
    this.engine = new Engine(config, strategy, this, this.timeUs as TimeUs);
  }

  /** Put liquidity of nobody's on the book: price in dollars as text, contracts as a number. */
  rest(ticker: string, side: Side, price: string, contracts: number): void {
    this.exchange.onMarket(ticker, (m) =>
      arriveBackground(m.ladder, side, this.level(m, price), contracts * 100, this.exchange),
    );
  }

  /** Take nobody's liquidity off the book. */
  unrest(ticker: string, side: Side, price: string, contracts: number): void {
    this.exchange.onMarket(ticker, (m) => m.ladder.reduceBackground(side, this.level(m, price), contracts * 100));
  }

  /** Somebody trades `contracts` against `side` at its best levels, down to `price`. */
  trade(ticker: string, side: Side, price: string, contracts: number): void {
    this.exchange.onMarket(ticker, (m) => {
      let left = contracts * 100;
      const limit = this.level(m, price);
      for (let at = m.ladder.best(side); at >= 0 && left > 0; at = m.ladder.best(side)) {
        if (side === 0 ? at < limit : at > limit) break;
        const size = Math.min(left, m.ladder.total(side, at));
        reachByTrade(m.ladder, side, at, size, this.exchange);
        left -= size;
      }
    });
  }

  /** The exchange changes a market's state and says so on the lifecycle channel. */
  lifecycle(ticker: string, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const status = { activated: 'active', deactivated: 'inactive', determined: 'determined' }[event];
    const { listing } = this.exchange.markets.get(ticker)!;
    if (status !== undefined) listing.status = status as typeof listing.status;
    if (status === 'inactive') {
      // Our orders carry cancel_order_on_pause.
      for (const order of this.exchange.restingOf(USER)) {
        if (order.ticker === ticker) this.exchange.remove(order, 'HaltCancel');
      }
    }
    const msg = { event_type: event, market_ticker: ticker, ...fields };
    if (this.client !== null) this.frame(this.client, JSON.stringify({ type: 'market_lifecycle_v2', sid: 99, msg }));
  }

  private level(market: LiveMarket, price: string): number {
    return market.listing.grid.level(parsePrice(price));
  }

  private get engineTime(): TimeUs {
    return (this.timeUs + this.engineAheadUs) as TimeUs;
  }

  /** Bring the feed up (as the session would after connecting). */
  linkUp(): void {
    const client = this.hub.join(USER, { send: (text) => this.frame(client, text) });
    this.client = client;
    this.later(() => this.engine.onLink(true, 'test', this.engineTime));
  }

  linkDown(): void {
    if (this.client !== null) this.hub.leave(this.client);
    this.client = null;
    this.later(() => this.engine.onLink(false, 'test', this.engineTime));
  }

  /** Let time pass in steps of 10 ms. */
  run(ms: number): void {
    const until = this.timeUs + ms * 1000;
    while (this.timeUs < until) {
      this.timeUs += STEP_US;
      this.exchange.tick();
      this.expire();
      this.deliver();
      this.engine.onTimer(this.engineTime);
      this.deliver();
    }
  }

  /** Connect and run until the engine quotes. */
  start(): void {
    this.linkUp();
    for (let i = 0; i < 500 && this.engine.phase === 'starting'; i++) this.run(20);
    // The write bucket fills from nothing.
    this.run(1500);
  }

  stop(): void {
    this.engine.onCommand('stop', this.engineTime);
    for (let i = 0; i < 2000 && this.engine.stopResult === null; i++) this.run(10);
    this.run(50);
  }

  /** Orders of ours the exchange has resting, by side. */
  resting(
    ticker: string,
    side: Side,
  ): { readonly price: Price; readonly count: number; readonly clientOrderId: string }[] {
    return this.exchange
      .restingOf(USER)
      .filter((o) => o.ticker === ticker && o.side === side)
      .map((o) => ({ price: o.price, count: o.remainingCount, clientOrderId: o.clientOrderId }));
  }

  position(ticker: string): number {
    return this.exchange.account(USER).holding(ticker).position;
  }

  reported(code: string): EngineReport | undefined {
    return this.reports.find((r) => r.code === code);
  }

  send(text: string): void {
    if (this.keepsLog) this.log.push(`send ${text}`);
    const client = this.client;
    this.later(() => client?.command(text));
  }

  request(asked: VenueRequest): void {
    const request = withText(asked);
    if (this.keepsLog) {
      this.requests.push(request);
      this.log.push(`request ${JSON.stringify(request)}`);
    }
    this.open.set(request.id, this.timeUs + request.timeoutMs * 1000);
    const early = this.faults.onRequest?.(request) ?? null;
    if (early !== null) return this.answer(request, early);
    this.later(() => {
      const outcome = this.serve(request);
      const heard = this.faults.onOutcome === undefined ? outcome : this.faults.onOutcome(request, outcome);
      if (heard !== null) this.answer(request, heard);
    }, this.travelUs());
  }

  /** A request thought lost reaches the exchange after all. */
  deliverLate(request: TextRequest): void {
    this.serve(request);
  }

  reconnect(reason: string): void {
    this.log.push(`reconnect ${reason}`);
    this.linkDown();
    this.run(0);
    this.linkUp();
  }

  report(report: EngineReport): void {
    this.reports.push(report);
  }

  /** What is not answered in time has the outcome `unknown`; an answer that comes later is nobody's. */
  private expire(): void {
    for (const [id, until] of this.open) {
      if (until > this.timeUs) return;
      this.open.delete(id);
      this.engine.onOutcome(id, { kind: 'unknown', reason: 'no answer' }, this.engineTime);
    }
  }

  private answer(request: VenueRequest, outcome: RequestOutcome): void {
    this.later(() => {
      if (this.open.delete(request.id)) this.engine.onOutcome(request.id, outcome, this.engineTime);
    }, this.travelUs());
  }

  private serve(request: TextRequest): RequestOutcome {
    const call: ApiCall = {
      method: request.method,
      path: request.path.slice(1).split('/').map(decodeURIComponent),
      query: new URLSearchParams(request.query),
      body: request.body === '' ? undefined : JSON.parse(request.body),
      userId: USER,
    };
    try {
      const open = RestApi.isPublic(call.method, call.path);
      if (!open && !this.pay(call)) {
        this.refusals429++;
        return { kind: 'response', status: 429, body: '{"error":"too many requests"}' };
      }
      const { status, body } = this.api.answer(call);
      return { kind: 'response', status, body: JSON.stringify(body) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: 'response', status: error.status, body: JSON.stringify({ error: refusalBody(error) }) };
    }
  }

  private pay(call: ApiCall): boolean {
    const cost = RestApi.cost(call);
    if (!this.buckets.take(cost, this.timeUs as TimeUs)) return false;
    if (cost.bucket === 'write' && cost.shard !== 'every')
      this.billed.set(cost.shard, (this.billed.get(cost.shard) ?? 0) + cost.tokens);
    return true;
  }

  private frame(client: FeedClient, text: string): void {
    const heard = this.faults.onFrame === undefined ? text : this.faults.onFrame(text);
    if (heard === null) return;
    this.later(() => {
      if (client === this.client) this.engine.onFrame(Buffer.from(heard), this.engineTime);
    });
  }

  /** Queue an event; events due at the same moment keep their order. */
  private later(act: () => void, delayUs: number = this.latencyUs): void {
    this.queue.push({ at: this.timeUs + delayUs, act });
  }

  private deliver(): void {
    for (;;) {
      const due = this.queue.filter((d) => d.at <= this.timeUs);
      if (due.length === 0) return;
      this.queue = this.queue.filter((d) => d.at > this.timeUs);
      for (const d of due.sort((a, b) => a.at - b.at)) d.act();
    }
  }
}

/** The side across. */
export { opposite };
