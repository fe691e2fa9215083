import { randomUUID } from 'node:crypto';
import { feeSchedule, type Grid } from '../market/index.ts';
import type { Money, TimeUs } from '../units/index.ts';
import { Exchange } from './exchange.ts';
import { skewed } from './faults/clock.ts';
import { type IncentivePlan, programsOf } from './incentive-plan.ts';
import { requireWholeCents } from './legacy.ts';
import type { Listing } from './listing.ts';
import { Playback } from './playback.ts';
import type { ExchangeRules } from './rules.ts';
import { gridsOf, Scenario, type ScenarioStep } from './scenario.ts';
import { ExchangeServer, type ServerOptions, wallClock } from './server.ts';
import { isKnown, Store } from './store.ts';
import { type CapturedFrame, type FeedSurvey, readEvent } from './survey.ts';
import { syntheticListings } from './synthetic/listings.ts';
import { LiveSynthetic } from './synthetic/live.ts';
import { PRESETS, type PresetName } from './synthetic/presets.ts';

/** A key a client signs with. */
export interface ClientKey {
  readonly keyId: string;
  readonly publicPem: string;
}

export interface WorldOptions {
  readonly server: Partial<ServerOptions>;
  readonly keys: readonly ClientKey[];
  readonly seed: number;
  /** Opening cash on each shard, for a user without a stored account. */
  readonly balance: Money;
  /** Maker fees as in the series that have them; otherwise only takers pay. */
  readonly makerFees: boolean;
  /** Balance precision of the accounts, micro-dollars: 100 for direct members (the default), 10,000 at a broker. */
  readonly precision?: number;
  /** Readings of Kalshi's rules other than the defaults. */
  readonly rules?: Partial<ExchangeRules>;
  /** File the accounts are kept in across restarts; none: kept in memory. */
  readonly statePath?: string;
  /** Which synthetic market moves where no recording does, and how many of it; absent: `lively`, the preset's number. */
  readonly preset?: PresetName;
  readonly markets?: number;
  /** Told of the true fair values of a synthetic market, as lines of NDJSON. Nobody else is. */
  readonly onTruth?: (lines: string) => void;
  /** Recording to play: its survey, and a fresh pass over its frames. Absent: a synthetic market. */
  readonly feed?: {
    readonly survey: FeedSurvey;
    readonly frames: () => AsyncIterable<readonly CapturedFrame[]>;
    /** Multiple of recorded time; Infinity for as fast as it goes. */
    readonly speed: number;
    readonly yesPrices: boolean;
  };
  /** Liquidity programs that are listed from the start on. Nothing pays them. */
  readonly incentives?: readonly IncentivePlan[];
  /** What happens to the exchange at which time after the start. */
  readonly scenario?: readonly ScenarioStep[];
  /** Told of every step of the scenario. */
  readonly onScenario?: (text: string) => void;
  /** Play nothing past the opening snapshots before `play()` is called. */
  readonly holdFeed?: boolean;
  readonly onFeedEnd?: (frames: number) => void;
  /** The recording cannot be played any further; the exchange goes on with the books as they are. Absent: it is thrown. */
  readonly onFailure?: (message: string) => void;
}

const SHARDS = [0, 1, 2, 3];
const USER = 'user-1';
const STEP_MS = 20;
/** How often orders and markets are looked at whose time may have come. */
const TICK_MS = 100;
const DAY_US = 86_400_000_000;
/** Frames applied between two looks at the event loop when playing as fast as possible. */
const BURST = 200;
const MAX_UNREAD_BYTES = 1024 * 1024;

/** A running exchange: markets listed, accounts funded, a world that moves, and a server in front. */
export class World {
  readonly exchange: Exchange;
  readonly server: ExchangeServer;
  readonly tickers: readonly string[];
  port = 0;
  /** What moves the markets where no recording does, once started. Its truth is for tests and tools, never for clients. */
  synthetic: LiveSynthetic | null = null;
  private readonly options: WorldOptions;
  private readonly store: Store | null;
  private scenario: Scenario | null = null;
  private readonly timers: NodeJS.Timeout[] = [];
  private closed = false;
  private listening = false;
  private held: boolean;
  private release: () => void = () => {};
  private readonly released: Promise<void>;

  constructor(options: WorldOptions) {
    this.options = options;
    this.released = new Promise((resolve) => {
      this.release = resolve;
    });
    this.held = options.holdFeed === true;
    const now = skewed(wallClock(), options.server.faults ?? null);
    const { rules = {}, precision = 0 } = options;
    this.exchange = new Exchange({ now, newId: randomUUID, rules, precision });
    const listings = listingsOf(options, now());
    this.tickers = listings.map(({ ticker }) => ticker);
    const programs = programsOf(options.incentives ?? [], this.tickers, now());
    const incentives = [...(options.server.incentives ?? []), ...programs];
    this.server = new ExchangeServer(this.exchange, { ...options.server, incentives });
    for (const each of listings) this.exchange.list({ ...each, recorded: options.feed !== undefined });
    this.store = options.statePath === undefined ? null : new Store(options.statePath, this.exchange);
    this.fund();
    for (const key of options.keys) this.server.keys.register(key.keyId, USER, key.publicPem);
    if (this.store !== null) this.server.beforeSend = () => this.store?.flush();
  }

  /** Let the opening books stand, listen, and let the world move. @throws PortInUse, NoLegacyForm, ScenarioError */
  async start(): Promise<number> {
    const world = this.options.feed === undefined ? this.openSynthetic() : null;
    if (world === null) await this.openFeed();
    try {
      this.scenario = new Scenario(this.exchange, this.options.scenario ?? [], {
        world,
        given: this.tickers,
        disconnect: () => this.server.disconnectAll(),
        tell: (text) => this.options.onScenario?.(text),
      });
      if (this.options.server.legacyCents === true) requireWholeCents(gridsOf(this.options.scenario ?? []));
      this.port = await this.server.listen();
    } catch (error) {
      this.close();
      throw error;
    }
    const tick = (): void => {
      this.exchange.tick();
      this.scenario?.advance();
      this.store?.flush();
    };
    this.timers.push(setInterval(tick, TICK_MS));
    if (world !== null) this.timers.push(setInterval(() => world.advance(), STEP_MS));
    this.listening = true;
    this.releaseFeed();
    return this.port;
  }

  /** Start the recording; resolves when its opening books stand, or when it has ended before any moved. */
  private openFeed(): Promise<void> {
    return new Promise((opened) => {
      this.playFeed(opened)
        .catch((error: Error) => {
          if (this.options.onFailure === undefined) throw error;
          this.options.onFailure(error.message);
        })
        .finally(opened);
    });
  }

  /** Break news in a synthetic market: its true log odds move by `logit`. False where there is none to break. */
  jump(ticker: string, logit: number): boolean {
    return this.synthetic?.jump(ticker, logit) ?? false;
  }

  /** Let a held recording run. */
  play(): void {
    this.held = false;
    this.releaseFeed();
  }

  private releaseFeed(): void {
    if (!this.listening || this.held) return;
    this.scenario?.start();
    this.release();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.release();
    for (const timer of this.timers) clearInterval(timer);
    this.server.close();
    this.store?.close();
  }

  private fund(): void {
    if (!isKnown(this.exchange, USER)) {
      for (const shard of SHARDS) {
        this.exchange.account(USER).cash.set(shard, this.options.balance);
        this.store?.funded(USER, shard);
      }
    }
    this.store?.flush();
  }

  private openSynthetic(): LiveSynthetic {
    const { preset = 'lively', seed, onTruth } = this.options;
    const options = { preset: PRESETS[preset], seed, ...(onTruth === undefined ? {} : { onTruth }) };
    this.synthetic = new LiveSynthetic(this.exchange, this.tickers, options);
    this.synthetic.advance();
    return this.synthetic;
  }

  private async playFeed(opened: () => void): Promise<void> {
    const { frames, speed, yesPrices } = this.options.feed!;
    const playback = new Playback(this.exchange, yesPrices);
    let startedMs = 0;
    let firstUs = -1;
    let applied = 0;
    for await (const batch of frames()) {
      for (const frame of batch) {
        if (this.closed) return;
        const timeUs = playback.timeOf(frame);
        if (firstUs < 0 && moves(frame, yesPrices)) {
          opened();
          await this.released;
          firstUs = timeUs;
          startedMs = performance.now();
        }
        if (firstUs >= 0) {
          if (Number.isFinite(speed)) await this.until(startedMs + (timeUs - firstUs) / 1000 / speed);
          else if (++applied % BURST === 0) await this.breathe();
        }
        if (this.closed) return;
        playback.apply(frame);
      }
    }
    this.options.onFeedEnd?.(playback.counts.applied);
  }

  private async until(atMs: number): Promise<void> {
    for (;;) {
      const waitMs = atMs - performance.now();
      if (waitMs <= 0.5 || this.closed) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, 500)));
    }
  }

  /** Let the sockets move, and wait for clients that have fallen behind. */
  private async breathe(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.server.unreadBytes > MAX_UNREAD_BYTES && !this.closed)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** True for the first kinds of frame that change a book which stands: all before them open the books. */
function moves(frame: CapturedFrame, yesPrices: boolean): boolean {
  const kind = readEvent(frame, yesPrices)?.kind;
  return kind === 'delta' || kind === 'trade';
}

function listingsOf(options: WorldOptions, now: TimeUs): Listing[] {
  const { feed, preset = 'lively', makerFees } = options;
  if (feed !== undefined)
    return [...feed.survey.markets].map(([ticker, grid]) => listing(ticker, grid, now, makerFees));
  return syntheticListings(preset, options.markets ?? PRESETS[preset].markets, now, feeTypeOf(makerFees));
}

function feeTypeOf(makerFees: boolean): string {
  return makerFees ? 'quadratic_with_maker_fees' : 'quadratic';
}

function listing(ticker: string, grid: Grid, now: TimeUs, makerFees: boolean): Listing {
  const parts = ticker.split('-');
  const feeType = feeTypeOf(makerFees);
  return {
    ticker,
    eventTicker: parts.length > 2 ? parts.slice(0, -1).join('-') : ticker,
    seriesTicker: parts[0]!,
    title: ticker,
    exchangeIndex: 0,
    grid,
    fees: feeSchedule(feeType, '1', 100),
    feeType,
    status: 'active',
    openTime: now,
    closeTime: (Math.ceil(now / DAY_US) * DAY_US + DAY_US) as TimeUs,
  };
}
