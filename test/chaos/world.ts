import type { EngineReport, RequestOutcome, TextRequest } from '../../engine/core/index.ts';
import type { Gauge, OperatorCommand } from '../../engine/core/inputs.ts';
import { Answers } from '../../engine/exchange/answers.ts';
import type { ApiKey } from '../../engine/exchange/auth.ts';
import { Exchange } from '../../engine/exchange/exchange.ts';
import { Delays } from '../../engine/exchange/faults/delays.ts';
import { FrameLine } from '../../engine/exchange/faults/frame-line.ts';
import { triggerGroups } from '../../engine/exchange/faults/group-trigger.ts';
import { FaultInjector } from '../../engine/exchange/faults/injector.ts';
import type { FeedClient } from '../../engine/exchange/feed.ts';
import { FeedHub } from '../../engine/exchange/feed-hub.ts';
import { Random } from '../../engine/exchange/random.ts';
import { RestApi } from '../../engine/exchange/rest.ts';
import { SERVER_OPTIONS } from '../../engine/exchange/server-options.ts';
import { feeSchedule } from '../../engine/market/index.ts';
import type { Money, TimeUs } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';
import { Agenda } from './agenda.ts';
import { Crowd } from './crowd.ts';
import { Hostile } from './hostile.ts';
import { Life } from './life.ts';
import { LineWitness } from './line.ts';
import { type Disaster, planOf } from './plan.ts';
import type { WorldShape } from './shape.ts';

export const USER = 'user-1';
const OPENING_US = 1_800_000_000_000_000;
const DAY_US = 86_400_000_000;
/** A connection that was lost is made again after at least this. */
const REDIAL_MS = 150;

/** Who watches a world. Everything is called at the moment it happens. */
export interface Watcher {
  /** A request leaves the engine, before anything becomes of it. */
  leaves(life: Life, request: TextRequest): void;
  /** The exchange refused a request for want of tokens, and no fault had it do so. */
  overspent(request: TextRequest): void;
  reported(life: Life, report: EngineReport): void;
  /** An engine was killed. */
  killed(life: Life): void;
  /** For people: what went in and out. */
  note(line: () => string): void;
}

/** Faults planted into the engine or its senses, to see whether they are noticed. */
export interface Planted {
  readonly born?: (life: Life, world: World) => void;
  readonly config?: (config: Life['config']) => Life['config'];
  /** Null: the engine does not get it. */
  readonly frame?: (text: string) => string | null;
  readonly outcome?: (life: Life, request: TextRequest, outcome: RequestOutcome) => RequestOutcome;
  /** A request does not reach the exchange; its sender hears what `outcome` makes of a lost one. */
  readonly lost?: (life: Life, request: TextRequest) => boolean;
  /** The engine does not hear that the link is down. */
  readonly deaf?: boolean;
}

interface Line {
  readonly client: FeedClient;
  readonly witness: LineWitness;
  isMute: boolean;
}

/**
 * The embedded exchange with its seeded faults and one engine after the other on the same account, on a clock that jumps
 * from event to event. No sockets, no real time: a seed is always the same world.
 */
export class World {
  timeUs = OPENING_US;
  readonly shape: WorldShape;
  readonly exchange: Exchange;
  readonly crowd: Crowd;
  readonly injector: FaultInjector;
  readonly lives: Life[] = [];
  /** How far the engine's clock is ahead of the exchange's. */
  aheadUs = 0;
  /** Requests do not leave before this, with this chance. */
  unsentUntilUs = 0;
  unsentChance = 0;
  /** Frames reach the engine damaged until this. */
  badUntilUs = 0;
  private readonly watcher: Watcher;
  private readonly planted: Planted;
  private readonly answers: Answers;
  private readonly hub: FeedHub;
  private readonly delays: Delays;
  private readonly agenda = new Agenda();
  private readonly random: Random;
  private readonly key: ApiKey;
  private line: Line | null = null;
  private connections = 0;
  /** What waits for the engine's loop to come round again. */
  private inbox: (() => void)[] = [];
  private stalledUntilUs = 0;
  private ids = 0;
  private wasInMaintenance = false;

  constructor(shape: WorldShape, disasters: readonly Disaster[], watcher: Watcher, planted: Planted = {}) {
    this.shape = shape;
    this.watcher = watcher;
    this.planted = planted;
    this.random = new Random(shape.seed, 'travel');
    const newId = (): string => `00000000-0000-4000-8000-${String(++this.ids).padStart(12, '0')}`;
    const exchange = new Exchange({ now: () => this.timeUs as TimeUs, newId, rules: shape.rules });
    this.exchange = exchange;
    this.hub = new FeedHub(exchange);
    const feeType = shape.makerFees ? 'quadratic_with_maker_fees' : 'quadratic';
    for (const event of shape.events) {
      for (const ticker of event.markets) {
        exchange.list({
          ticker,
          eventTicker: event.ticker,
          seriesTicker: event.series,
          title: ticker,
          exchangeIndex: event.shard,
          grid: event.grid,
          fees: feeSchedule(feeType, '1', 100),
          feeType,
          ...(event.kind === 'exclusive' ? { collateralReturn: 'MECNET' as const } : {}),
          status: 'active',
          openTime: this.timeUs as TimeUs,
          closeTime: (this.timeUs + DAY_US) as TimeUs,
          settlementSeconds: 1,
        });
      }
    }
    const account = exchange.account(USER);
    for (const shard of shape.shards) account.cash.set(shard, shape.cash as Money);
    const plan = planOf(shape.seed, disasters, shape.shards);
    this.injector = new FaultInjector(plan, (line) => watcher.note(() => line));
    this.delays = new Delays(() => exchange.now());
    const options = { ...SERVER_OPTIONS, tier: shape.tier, faults: plan };
    const api = new RestApi(exchange, shape.tier, newId);
    this.key = { userId: USER, scopes: ['read', 'write'], subaccount: null } as unknown as ApiKey;
    const elapsedMs = (): number => this.elapsedMs;
    const front = { exchange, options, api, injector: this.injector, delays: this.delays, elapsedMs };
    this.answers = new Answers({ ...front, keys: null as never, beforeSend: () => {} });
    this.answers.open();
    if (plan.groups.length > 0) triggerGroups(exchange, this.injector, elapsedMs);
    this.crowd = new Crowd(exchange, shape.seed);
  }

  get elapsedMs(): number {
    return (this.timeUs - OPENING_US) / 1000;
  }

  /** The engine that lives now. */
  get life(): Life {
    return this.lives[this.lives.length - 1]!;
  }

  /** Start an engine on the account, and connect it. */
  begin(): Life {
    const number = this.lives.length + 1;
    const { shape, planted } = this;
    const own = { ...shape.config, sessionId: `life${number}` };
    const config = planted.config?.(own) ?? own;
    const strategy =
      shape.strategy === 'hostile'
        ? new Hostile(shape.seed * 16 + number)
        : createLadder(config.strategy.params as Record<string, unknown>);
    const life = new Life(number, config, strategy, this.engineTime, {
      request: (from, request) => this.request(from, request),
      send: (from, text) => this.command(from, text),
      reconnect: (from, reason) => this.reconnect(from, reason),
      report: (from, report) => this.watcher.reported(from, report),
    });
    this.lives.push(life);
    this.planted.born?.(life, this);
    this.tick(life);
    this.dial(life, 0);
    return life;
  }

  /** The engine is gone from one moment to the next; what it had sent is still on its way. */
  kill(): void {
    const { life } = this;
    if (life.isDead) return;
    life.isDead = true;
    this.hangUp();
    this.inbox = [];
    this.stalledUntilUs = 0;
    this.watcher.killed(life);
  }

  /** Let time pass. */
  run(ms: number): void {
    const until = this.timeUs + Math.round(ms * 1000);
    while (this.agenda.next <= until) {
      this.timeUs = Math.max(this.timeUs, this.agenda.next);
      this.exchange.tick();
      this.agenda.take()();
    }
    this.timeUs = until;
    this.exchange.tick();
  }

  /** Do it in `ms`. */
  later(ms: number, act: () => void): void {
    this.agenda.add(this.timeUs + Math.round(ms * 1000), act);
  }

  command(life: Life, text: string): void {
    this.watcher.note(() => `-> ${text}`);
    const { line } = this;
    if (line === null) return;
    this.later(this.travelMs(), () => {
      if (!line.isMute && !life.isDead && this.line === line) line.client.command(text);
    });
  }

  operate(command: OperatorCommand): void {
    const { life } = this;
    this.toEngine(life, `operator: ${command}`, () => {
      // From within the command on: what it allows is sent before it returns.
      const undo = life.hear(command);
      if (!life.engine.onCommand(command, this.engineTime).done) undo();
    });
  }

  /** The session measures something of the machine. */
  gauge(name: Gauge, value: number): void {
    const { life } = this;
    this.toEngine(life, `gauge: ${name} ${value}`, () => life.engine.onGauge(name, value, this.engineTime));
  }

  /** The engine's event loop stands still: everything for it comes at once afterwards. */
  stall(ms: number): void {
    this.stalledUntilUs = Math.max(this.stalledUntilUs, this.timeUs + ms * 1000);
    this.later(ms, () => this.drain());
  }

  /** The connection ends; a new one is made after `ms` at the earliest. */
  cut(ms: number): void {
    const { life } = this;
    this.hangUp();
    this.tellDown(life);
    this.dial(life, ms);
  }

  /** Nothing comes or goes over the connection any more, and nobody is told before `ms` have passed. */
  mute(ms: number): void {
    const { line } = this;
    if (line === null) return;
    line.isMute = true;
    this.later(ms, () => {
      if (this.line === line) this.cut(REDIAL_MS);
    });
  }

  get engineTime(): TimeUs {
    return (this.timeUs + this.aheadUs) as TimeUs;
  }

  /** What the exchange says reaches the engine, sooner or later: it has heard of every end and beginning there was. */
  get isListening(): boolean {
    return this.line !== null && this.line.witness === this.life.witness;
  }

  private travelMs(): number {
    const { latencyUs, jitterUs } = this.shape;
    return (latencyUs + (jitterUs === 0 ? 0 : this.random.integer(0, jitterUs))) / 1000;
  }

  private tick(life: Life): void {
    if (life.isDead) return;
    this.delays.look();
    this.checkMaintenance();
    this.toEngine(life, '', () => {
      life.expire(this.timeUs, this.engineTime);
      life.engine.onTimer(this.engineTime);
    });
    this.later(this.shape.timerMs, () => this.tick(life));
  }

  private checkMaintenance(): void {
    const is = this.injector.inMaintenance(this.elapsedMs);
    if (is && !this.wasInMaintenance && this.line !== null) this.cut(REDIAL_MS);
    this.wasInMaintenance = is;
  }

  /** An input, as soon as the engine's loop comes round. */
  private toEngine(life: Life, note: string, act: (life: Life) => void): void {
    if (life.isDead) return;
    if (this.timeUs < this.stalledUntilUs || this.inbox.length > 0) {
      // Of timers that were missed one is enough.
      if (note !== '') this.inbox.push(() => this.hand(life, note, act));
      return;
    }
    this.hand(life, note, act);
  }

  private hand(life: Life, note: string, act: (life: Life) => void): void {
    if (life.isDead) return;
    if (note !== '') this.watcher.note(() => `<- ${note}`);
    act(life);
  }

  private drain(): void {
    if (this.timeUs < this.stalledUntilUs) return;
    const { inbox } = this;
    this.inbox = [];
    for (const act of inbox) act();
  }

  private dial(life: Life, ms: number): void {
    this.later(ms, () => {
      if (life.isDead || this.line !== null) return;
      const isStalled = this.timeUs < this.stalledUntilUs;
      if (isStalled || this.injector.inMaintenance(this.elapsedMs)) return this.dial(life, REDIAL_MS);
      this.connect(life);
    });
  }

  private connect(life: Life): void {
    const number = ++this.connections;
    const witness = new LineWitness();
    let lastUs = 0;
    const out = new FrameLine(this.delays, (text) => {
      // One connection keeps its order.
      lastUs = Math.max(lastUs, this.timeUs + this.travelMs() * 1000);
      this.agenda.add(lastUs, () => this.arrive(life, line, text));
    });
    const sink = {
      send: (text: string, channel: string): void => {
        if (channel === 'orderbook_delta') witness.sent(text);
        out.send(text, this.injector.frame(USER, number, channel, this.elapsedMs));
      },
    };
    const line: Line = { client: this.hub.join(USER, sink), witness, isMute: false };
    this.line = line;
    this.later(this.travelMs(), () => {
      if (this.line !== line) return;
      this.toEngine(life, 'link up', () => {
        if (this.line !== line) return;
        life.witness = witness;
        witness.isUp = true;
        life.engine.onLink(true, 'chaos', this.engineTime);
      });
    });
  }

  private arrive(life: Life, line: Line, text: string): void {
    if (line !== this.line || line.isMute) return;
    const isBad = this.timeUs < this.badUntilUs && this.random.next() < 0.3;
    const told = this.planted.frame === undefined ? text : this.planted.frame(text);
    const heard = isBad ? damaged(text, this.random) : { text: told ?? '', isPlaced: true };
    this.toEngine(life, text, () => {
      if (line !== this.line || line.isMute) return;
      if (heard.isPlaced && OF_BOOKS.test(text)) line.witness.arrived(text, !isBad);
      if (heard.text !== '') life.engine.onFrame(Buffer.from(heard.text), this.engineTime);
    });
  }

  private hangUp(): void {
    if (this.line === null) return;
    this.hub.leave(this.line.client);
    this.line = null;
  }

  private tellDown(life: Life): void {
    this.toEngine(life, 'link down', () => {
      life.witness.isUp = false;
      if (this.planted.deaf !== true) life.engine.onLink(false, 'chaos', this.engineTime);
    });
  }

  private reconnect(life: Life, reason: string): void {
    this.watcher.note(() => `-> reconnect: ${reason}`);
    this.hangUp();
    this.later(0, () => this.tellDown(life));
    this.dial(life, REDIAL_MS);
  }

  private request(life: Life, request: TextRequest): void {
    this.watcher.note(
      () => `-> ${request.op} ${request.path}${request.query === '' ? '' : '?'}${request.query} ${request.body}`,
    );
    this.watcher.leaves(life, request);
    life.open.set(request.id, { request, until: this.timeUs + request.timeoutMs * 1000 });
    if (this.timeUs < this.unsentUntilUs && this.random.next() < this.unsentChance)
      return this.answer(life, request, { kind: 'unsent', reason: 'refused' });
    if (this.planted.lost?.(life, request) === true)
      return this.answer(life, request, { kind: 'unknown', reason: 'planted' });
    const fate = this.injector.request(request.method, request.path, USER, this.elapsedMs);
    const { end } = fate;
    this.later(this.travelMs() + fate.beforeMs, () => {
      const early = end !== null && (end.fault === 'rateLimit' || end.stage === 'before');
      const outcome = early ? null : this.serve(request, fate.lagMs);
      if (end?.fault === 'silence') return;
      this.later(fate.afterMs, () => {
        if (end === null) this.answer(life, request, outcome!);
        else if (end.fault === 'drop') this.answer(life, request, { kind: 'unknown', reason: 'cut' });
        else if (end.fault === 'rateLimit') this.answer(life, request, REFUSED);
        else if (end.fault === 'error')
          this.answer(life, request, { kind: 'response', status: end.status, body: 'upstream' });
      });
    });
  }

  private answer(life: Life, request: TextRequest, outcome: RequestOutcome): void {
    const heard = this.planted.outcome?.(life, request, outcome) ?? outcome;
    const what = heard.kind === 'response' ? `${heard.status} ${heard.body}` : `${heard.kind}: ${heard.reason}`;
    this.later(this.travelMs(), () => {
      this.toEngine(life, `#${request.id} ${request.op}: ${what}`, () =>
        life.answered(request.id, heard, this.engineTime),
      );
    });
  }

  private serve(request: TextRequest, lagMs: number): RequestOutcome {
    const { method, query, body } = request;
    const path = request.path.slice(1).split('/').map(decodeURIComponent);
    const isPublic = RestApi.isPublic(method, path);
    const key = isPublic ? null : this.key;
    const raw = { method, path, query, body: Buffer.from(body), key, address: 'here' };
    const { status, text } = this.answers.answer(raw, lagMs);
    if (status === 429) this.watcher.overspent(request);
    return { kind: 'response', status, body: text };
  }

  /** Nothing may go on living outside a world that is over. */
  end(): void {
    this.delays.stop();
  }
}

const REFUSED: RequestOutcome = { kind: 'response', status: 429, body: '{"error":{"code":"too_many_requests"}}' };
/** What comes under a number of the book subscription, and its confirmation. */
const OF_BOOKS = /"type":"(ok|unsubscribed|orderbook_delta|orderbook_snapshot)"|"channel":"orderbook_delta"/;
const FIELD = /"(delta_fp|price_dollars|count_fp|status)":("[^"]*"|\d+)/;

/** A frame that is cut short, no JSON, or lacks a value; `isPlaced`: its place in its sequence can still be read. */
function damaged(text: string, random: Random): { readonly text: string; readonly isPlaced: boolean } {
  const at = random.integer(1, text.length - 1);
  const how = random.next();
  if (how > 0.7 && FIELD.test(text)) return { text: text.replace(FIELD, '"$1":null'), isPlaced: true };
  const other = `${text.slice(0, at)}"${text.slice(at + 1)}`;
  return { text: how < 0.4 || other === text ? text.slice(0, at) : other, isPlaced: false };
}
