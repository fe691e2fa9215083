import { Books } from '../market/index.ts';
import { Ledger, Orders } from '../orders/index.ts';
import {
  type BucketTerms,
  bucketTerms,
  TOKENS_A_BATCHED_CANCEL,
  TOKENS_A_WRITE,
  TokenBucket,
} from '../quoting/index.ts';
import { Halts, LEVEL_DEFAULTS, type LevelTerms, type ShardGroup } from '../risk/index.ts';
import type { Money, TimeUs } from '../units/index.ts';
import { type EndpointCosts, TickerTable } from '../wire/index.ts';
import { CalendarGuard } from './calendar.ts';
import type { EngineConfig } from './config.ts';
import { Events } from './events.ts';
import { ExchangeHours } from './exchange-hours.ts';
import { Expiries } from './expiries.ts';
import { Externals } from './externals.ts';
import { Incentives } from './incentives.ts';
import { type MarketState, newMarket } from './market-state.ts';
import { OrderPaths } from './order-paths.ts';
import type { EnginePort, EngineReport, RequestOp, RequestOutcome, VenueRequest } from './port.ts';
import { Queues } from './queues.ts';
import { RiskDesk } from './risk-desk.ts';

/** Phases of a session, in order. */
export type Phase = 'starting' | 'running' | 'stopping' | 'stopped';

interface Pending {
  readonly request: VenueRequest;
  readonly done: (outcome: RequestOutcome) => void;
  readonly bucket: TokenBucket;
  readonly cost: number;
  readonly sentTime: TimeUs;
}

interface DeferredRead {
  readonly op: RequestOp;
  readonly path: string;
  readonly query: string;
  readonly cost: number;
  readonly done: (outcome: RequestOutcome) => void;
}

const MILLIS = 1000;
/** Between two inputs: the timer alone comes every few milliseconds. */
const LEAP_US = 1_000_000;
/** Terms assumed until the account's own are read: the lowest tier. */
const BASIC = { read: { refillPerSecond: 200, capacity: 200 }, write: { refillPerSecond: 100, capacity: 100 } };

/** What requests cost as long as nothing else was read. */
const DEFAULT_COSTS: EndpointCosts = {
  defaultCost: 10,
  createCost: 10,
  cancelCost: 2,
  singleCreateCost: 10,
  singleCancelCost: 2,
  amendCost: 10,
  decreaseCost: 10,
};

/** What requests cost where limits are writes a second. */
const OLDER_COSTS: EndpointCosts = {
  defaultCost: TOKENS_A_WRITE,
  createCost: TOKENS_A_WRITE,
  cancelCost: TOKENS_A_BATCHED_CANCEL,
  singleCreateCost: TOKENS_A_WRITE,
  singleCancelCost: TOKENS_A_WRITE,
  amendCost: TOKENS_A_WRITE,
  decreaseCost: TOKENS_A_WRITE,
};

/** What the modules of the core share: configuration, the world as known, and the way out. */
export class Context {
  readonly config: EngineConfig;
  readonly port: EnginePort;
  readonly tickers = new TickerTable();
  readonly books = new Books();
  readonly markets: MarketState[] = [];
  readonly orders: Orders;
  readonly ledger = new Ledger((market) => this.risk.booked(market));
  readonly risk: RiskDesk;
  readonly halts = new Halts();
  readonly terms: LevelTerms;
  readonly groups = new Map<number, ShardGroup>();
  readonly events: Events;
  readonly queues: Queues;
  readonly incentives: Incentives;
  readonly calendar: CalendarGuard;
  readonly hours: ExchangeHours;
  readonly externals: Externals;
  readonly expiries: Expiries;
  readonly writes: TokenBucket;
  readonly reads: TokenBucket;
  /** Write buckets of the shards from 1 on, for requests that concern one order; made when first used. */
  readonly shardWrites = new Map<number, TokenBucket>();
  costs: EndpointCosts = DEFAULT_COSTS;
  tier = '';
  /** Free cash by shard as the exchange last said; empty until it did. */
  cash: ReadonlyMap<number, Money> = new Map();
  /** Shards in use that have no cash. */
  readonly unfunded = new Set<number>();
  phase: Phase = 'starting';
  paused = false;
  linkUp = false;
  /** The exchange's view has been compared with ours since the private channels came up. */
  reconciled = false;
  /** Counts how often what happened to our orders may have escaped us: a comparison begun before proves nothing. */
  epoch = 0;
  now = 0 as TimeUs;
  /** From a write to its answer, smoothed over the last few, microseconds; 0 before the first. */
  roundTripUs = 0;
  readonly startTime: TimeUs;
  /** When the last fill was made that is in no account of this session, as far as it was read; 0 for none. */
  earlierFillTime = 0 as TimeUs;
  readonly counters = {
    frames: 0,
    badFrames: 0,
    gaps: 0,
    duplicates: 0,
    quietChecks: 0,
    deadFeeds: 0,
    created: 0,
    canceled: 0,
    amended: 0,
    decreased: 0,
    rejected: 0,
    /** Of these and refused changes: those no race with the market explains. */
    refused: 0,
    unknown: 0,
    fills: 0,
    foreignFills: 0,
    feeMismatches: 0,
  };
  /** Markets to be evaluated, in the order in which something happened to them. */
  readonly dirtyMarkets: MarketState[] = [];
  private readonly waitingMarkets: MarketState[] = [];
  /** Something else than tokens of a quote is waited for. */
  private waitsForTime = false;
  /** A quote that waits for tokens might get them now. Set by the trader. */
  mayServe: () => boolean = () => true;
  private writeTerms: BucketTerms;
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly deferred: DeferredRead[] = [];

  constructor(config: EngineConfig, port: EnginePort, time: TimeUs) {
    this.config = config;
    this.terms = { ...LEVEL_DEFAULTS, ...config.levels };
    this.port = port;
    this.now = time;
    this.startTime = time;
    this.events = new Events(this);
    const paths = port.expect === undefined ? null : new OrderPaths(this, (...hint) => port.expect?.(...hint));
    this.risk = new RiskDesk(this);
    this.orders = new Orders(paths, (order) => this.risk.exposure.order(order));
    this.queues = new Queues(this);
    this.incentives = new Incentives(this);
    this.calendar = new CalendarGuard(this);
    this.hours = new ExchangeHours(this);
    this.externals = new Externals(this);
    this.expiries = new Expiries(this);
    this.writeTerms = bucketTerms(config.budget.view, BASIC.write, config.budget);
    if (config.budget.view === 'writes') this.costs = OLDER_COSTS;
    this.writes = new TokenBucket(this.writeTerms, time, false);
    this.reads = new TokenBucket(bucketTerms('tokens', BASIC.read, config.budget), time);
    for (const ticker of config.tickers) {
      const index = this.tickers.add(ticker);
      if (index === this.markets.length) this.markets.push(newMarket(index, ticker));
    }
    this.touchAll();
  }

  /** Something that a market's quotes depend on changed. */
  touch(market: MarketState): void {
    if (market.dirty) return;
    market.dirty = true;
    this.dirtyMarkets.push(market);
  }

  touchAll(): void {
    for (const market of this.markets) this.touch(market);
  }

  /**
   * Look at a market again at the next timer: only time changes what is in its way (tokens, a hold).
   * @param forTokens it only waits for tokens of a quote, which nothing is lost without: not before there may be some
   */
  wait(market: MarketState, forTokens = false): void {
    if (!forTokens) this.waitsForTime = true;
    if (market.waiting) return;
    market.waiting = true;
    this.waitingMarkets.push(market);
  }

  /** There are markets to be looked at again that this round does not see. */
  get someWait(): boolean {
    return this.waitingMarkets.length > 0;
  }

  /** Time has passed. Who waits is looked at together, or not at all: who is served is judged among all. */
  wake(): void {
    if (this.waitingMarkets.length === 0 || !(this.waitsForTime || this.mayServe())) return;
    this.waitsForTime = false;
    // Among equals it must not matter how often one has looked.
    this.waitingMarkets.sort((a, b) => a.index - b.index);
    for (const market of this.waitingMarkets) {
      market.waiting = false;
      this.touch(market);
    }
    this.waitingMarkets.length = 0;
  }

  /** What happened to our orders may have escaped us: nothing is quoted until a new comparison is through. */
  distrustOrders(): void {
    this.epoch++;
    this.reconciled = false;
    this.touchAll();
  }

  /**
   * The bucket that a request for one order on this shard is billed to: shards from 1 on have one each, as large as the
   * common one. Batches and everything else are billed to the common one (API section 5).
   */
  bucketOf(shard: number): TokenBucket {
    const { shardBuckets, view } = this.config.budget;
    if (shard === 0 || !shardBuckets || view === 'writes') return this.writes;
    let bucket = this.shardWrites.get(shard);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.writeTerms, this.now, false);
      this.shardWrites.set(shard, bucket);
    }
    return bucket;
  }

  /**
   * Time moves on. Inputs come many times a second; after a gap the clock may have been set, and a mirror that earned by
   * it would be fuller than the exchange's bucket. Time never goes back here.
   */
  advance(time: TimeUs): void {
    if (time - this.now > LEAP_US) {
      for (const bucket of [this.writes, this.reads, ...this.shardWrites.values()]) bucket.leapt(this.now, time);
    }
    if (time > this.now) this.now = time;
  }

  /** The account's own terms are known. */
  retune(read: BucketTerms, write: BucketTerms): void {
    this.writeTerms = write;
    this.reads.retune(read, this.now);
    this.writes.retune(write, this.now);
    for (const bucket of this.shardWrites.values()) bucket.retune(write, this.now);
  }

  /** Query of reads that would tell of every subaccount where none is named. */
  get scope(): string {
    return `subaccount=${this.config.subaccount}`;
  }

  /** Write tokens that cancels leave for the group triggers. */
  get triggerReserve(): number {
    let armed = 0;
    for (const group of this.groups.values()) if (group.life === 'armed') armed++;
    return Math.min(this.config.budget.reserve, armed * this.costs.defaultCost);
  }

  /** Write tokens that a new or moved order leaves; one that reduces a position, or has waited long, leaves half. */
  keptFor(isEager: boolean): number {
    const { reserve } = this.config.budget;
    return isEager ? Math.max(this.triggerReserve, reserve / 2) : reserve;
  }

  /** Write tokens that new and moved orders leave in a bucket besides, for pulls; always so that two of them can be paid. */
  keptForPulls(bucket: TokenBucket): number {
    const { budget, scheduler } = this.config;
    const { amendCost, cancelCost } = this.costs;
    const most = Math.min(scheduler.pullShare * bucket.capacity, bucket.room - budget.reserve - 2 * amendCost);
    return Math.max(0, Math.min(most, cancelCost * this.orders.liveCount));
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
    body: string | Uint8Array,
    cost: number,
    done: (outcome: RequestOutcome) => void,
    query = '',
    bucket = this.writes,
  ): void {
    this.send(op, method, path, query, body, bucket, cost, done);
  }

  /** Read something as soon as the read bucket allows. */
  read(op: RequestOp, path: string, query: string, cost: number, done: (outcome: RequestOutcome) => void): void {
    this.deferred.push({ op, path, query, cost, done });
    this.flushReads();
  }

  /** Forget the reads that still wait for tokens: what comes now matters more. Their askers hear nothing. */
  dropReads(): void {
    this.deferred.length = 0;
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
    const { bucket, cost, sentTime } = waiting;
    if (bucket !== this.reads && outcome.kind === 'response')
      this.roundTripUs = smoothed(this.roundTripUs, this.now - sentTime);
    if (outcome.kind === 'unknown') bucket.mayArrive(cost, this.after(this.config.timing.requestTimeoutMs), this.now);
    else bucket.answered(cost, this.now);
    if (outcome.kind === 'unsent') bucket.refund(cost, this.now);
    else if (outcome.kind === 'response' && outcome.status === 429) {
      bucket.refused(this.now);
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
    body: string | Uint8Array,
    bucket: TokenBucket,
    cost: number,
    done: (outcome: RequestOutcome) => void,
  ): void {
    const id = this.nextId++;
    const timeoutMs = this.config.timing.requestTimeoutMs;
    const request: VenueRequest = { id, op, method, path, query, body, timeoutMs };
    this.pending.set(id, { request, done, bucket, cost, sentTime: this.now });
    bucket.left(cost);
    this.port.request(request);
  }
}

/** Moves an eighth of the way to each new value. */
function smoothed(before: number, value: number): number {
  return before === 0 ? value : before + (value - before) / 8;
}
