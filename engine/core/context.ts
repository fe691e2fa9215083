import { type BookId, Books, type FeeSchedule, type MarketStatus } from '../market/index.ts';
import { Ledger, Orders } from '../orders/index.ts';
import { type QuietReason, TokenBucket } from '../quoting/index.ts';
import { Halts, type ShardGroup } from '../risk/index.ts';
import type { Money, Side, TimeUs } from '../units/index.ts';
import { type EndpointCosts, TickerTable } from '../wire/index.ts';
import type { EngineConfig } from './config.ts';
import type { EnginePort, EngineReport, RequestOp, RequestOutcome, VenueRequest } from './port.ts';

/** What the core knows of one market. */
export interface MarketState {
  readonly index: number;
  readonly ticker: string;
  /** -1 until the exchange described the market. */
  book: BookId;
  eventTicker: string;
  exchangeIndex: number;
  status: MarketStatus;
  closeTime: TimeUs;
  fees: FeeSchedule | null;
  /** A snapshot arrived on this connection. */
  seen: boolean;
  /** Why the book is not to be trusted, '' when it is. */
  stale: string;
  staleSince: TimeUs;
  /** Evaluate again: something it depends on changed. */
  dirty: boolean;
  /** No creates on a side before this (the exchange refused one), and why each side is quiet. */
  readonly holdUntil: [TimeUs, TimeUs];
  readonly reasons: [QuietReason, QuietReason];
  /** The last words about each reason: a limit with its numbers, a refusal. */
  readonly details: [string, string];
}

/** Phases of a session, in order. */
export type Phase = 'starting' | 'running' | 'stopping' | 'stopped';

interface Pending {
  readonly request: VenueRequest;
  readonly done: (outcome: RequestOutcome) => void;
  readonly bucket: TokenBucket;
  readonly cost: number;
}

interface DeferredRead {
  readonly op: RequestOp;
  readonly path: string;
  readonly query: string;
  readonly cost: number;
  readonly done: (outcome: RequestOutcome) => void;
}

const MILLIS = 1000;
/** Terms assumed until the account's own are read: the lowest tier. */
const BASIC = { read: { refillPerSecond: 200, capacity: 200 }, write: { refillPerSecond: 100, capacity: 100 } };

/** What the modules of the core share: configuration, the world as known, and the way out. */
export class Context {
  readonly config: EngineConfig;
  readonly port: EnginePort;
  readonly tickers = new TickerTable();
  readonly books = new Books();
  readonly markets: MarketState[] = [];
  readonly orders = new Orders();
  readonly ledger = new Ledger();
  readonly halts = new Halts();
  readonly groups = new Map<number, ShardGroup>();
  readonly writes: TokenBucket;
  readonly reads: TokenBucket;
  costs: EndpointCosts = { defaultCost: 10, createCost: 10, cancelCost: 2 };
  tier = '';
  /** Free cash by shard as the exchange last said; empty until it did. */
  cash: ReadonlyMap<number, Money> = new Map();
  phase: Phase = 'starting';
  paused = false;
  linkUp = false;
  /** The exchange's view has been compared with ours since the link came up. */
  reconciled = false;
  now = 0 as TimeUs;
  readonly startTime: TimeUs;
  readonly counters = {
    frames: 0,
    badFrames: 0,
    gaps: 0,
    duplicates: 0,
    created: 0,
    canceled: 0,
    rejected: 0,
    unknown: 0,
    fills: 0,
    foreignFills: 0,
    feeMismatches: 0,
  };
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly deferred: DeferredRead[] = [];

  constructor(config: EngineConfig, port: EnginePort, time: TimeUs) {
    this.config = config;
    this.port = port;
    this.now = time;
    this.startTime = time;
    const own = { share: config.budget.share, jitterMs: config.budget.jitterMs };
    this.writes = new TokenBucket({ ...BASIC.write, ...own }, time);
    this.reads = new TokenBucket({ ...BASIC.read, ...own }, time);
    for (const ticker of config.tickers) {
      const index = this.tickers.add(ticker);
      if (index === this.markets.length) this.markets.push(newMarket(index, ticker));
    }
  }

  /** Time of the current input plus this many milliseconds. */
  after(ms: number): TimeUs {
    return (this.now + ms * MILLIS) as TimeUs;
  }

  /** True when at least `ms` milliseconds passed since `since`. */
  passed(since: TimeUs, ms: number): boolean {
    return this.now - since >= ms * MILLIS;
  }

  report(level: EngineReport['level'], code: string, text: string, data?: EngineReport['data']): void {
    this.port.report(data === undefined ? { level, code, text } : { level, code, text, data });
  }

  /** Hand over a write whose tokens are already taken. `done` gets its one outcome. */
  write(
    op: RequestOp,
    method: VenueRequest['method'],
    path: string,
    body: string,
    cost: number,
    done: (outcome: RequestOutcome) => void,
    query = '',
  ): void {
    this.send(op, method, path, query, body, this.writes, cost, done);
  }

  /** Read something as soon as the read bucket allows. */
  read(op: RequestOp, path: string, query: string, cost: number, done: (outcome: RequestOutcome) => void): void {
    this.deferred.push({ op, path, query, cost, done });
    this.flushReads();
  }

  /** Send the reads that were waiting for tokens, in order. */
  flushReads(): void {
    while (this.deferred.length > 0) {
      const next = this.deferred[0]!;
      if (!this.reads.take(Math.min(next.cost, this.reads.capacity), 0, this.now)) return;
      this.deferred.shift();
      this.send(next.op, 'GET', next.path, next.query, '', this.reads, next.cost, next.done);
    }
  }

  /** Route an outcome to whoever asked, after the bucket has learnt from it. */
  outcome(id: number, outcome: RequestOutcome): void {
    const waiting = this.pending.get(id);
    if (waiting === undefined) return;
    this.pending.delete(id);
    if (outcome.kind === 'unsent') waiting.bucket.refund(waiting.cost, this.now);
    else if (outcome.kind === 'unknown') waiting.bucket.charge(waiting.cost, this.now);
    else if (outcome.status === 429) {
      waiting.bucket.refused(this.now);
      this.report('warn', 'rate_limited', `the exchange refused ${waiting.request.op} for want of tokens (HTTP 429)`);
    }
    waiting.done(outcome);
  }

  /** Requests without an outcome yet. */
  get inFlight(): number {
    return this.pending.size;
  }

  private send(
    op: RequestOp,
    method: VenueRequest['method'],
    path: string,
    query: string,
    body: string,
    bucket: TokenBucket,
    cost: number,
    done: (outcome: RequestOutcome) => void,
  ): void {
    const id = this.nextId++;
    const timeoutMs = this.config.timing.requestTimeoutMs;
    const request: VenueRequest = { id, op, method, path, query, body, timeoutMs };
    this.pending.set(id, { request, done, bucket, cost });
    this.port.request(request);
  }
}

function newMarket(index: number, ticker: string): MarketState {
  return {
    index,
    ticker,
    book: -1,
    eventTicker: '',
    exchangeIndex: 0,
    status: 'unknown',
    closeTime: 0 as TimeUs,
    fees: null,
    seen: false,
    stale: '',
    staleSince: 0 as TimeUs,
    dirty: true,
    holdUntil: [0 as TimeUs, 0 as TimeUs],
    reasons: ['starting', 'starting'],
    details: ['', ''],
  };
}

/** Keep a side quiet for a while after a refusal, and say why. */
export function hold(market: MarketState, side: Side, until: TimeUs, detail: string): void {
  market.holdUntil[side] = until;
  market.reasons[side] = 'exchange_refused';
  market.details[side] = detail;
}
