import type { TimeUs } from '../units/index.ts';
import { KeyRing } from './auth.ts';
import type { Exchange } from './exchange.ts';
import { Delays } from './faults/delays.ts';
import { triggerGroups } from './faults/group-trigger.ts';
import { FaultInjector } from './faults/injector.ts';
import { Relay } from './faults/relay.ts';
import { FeedFront } from './feed-front.ts';
import type { Front } from './front.ts';
import { HttpFront } from './http-front.ts';
import { requireWholeCents } from './legacy.ts';
import { SERVER_OPTIONS, type ServerOptions } from './server-options.ts';
import { App, type Listening, listenOn } from './uws.ts';

export { SERVER_OPTIONS, type ServerOptions } from './server-options.ts';

/** How often it is looked whether a maintenance window has begun. */
const LOOK_MS = 20;

/** A port somebody else listens on. */
export class PortInUse extends Error {}

/** The protocol front: REST and WebSocket on one port. What it decides, it decides on the exchange's clock. */
export class ExchangeServer {
  readonly keys: KeyRing;
  /** Called before answers and events of a turn leave; durability hooks in here. */
  beforeSend: () => void = () => {};
  private readonly exchange: Exchange;
  private readonly options: ServerOptions;
  private readonly injector: FaultInjector | null;
  private readonly delays: Delays;
  private readonly http: HttpFront;
  private readonly feed: FeedFront;
  private readonly relay: Relay | null;
  private listening: Listening | null = null;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly app = App();

  constructor(exchange: Exchange, options: Partial<ServerOptions> = {}) {
    this.exchange = exchange;
    this.options = { ...SERVER_OPTIONS, ...options };
    const { faults, onFault, timestampToleranceMs } = this.options;
    this.keys = new KeyRing(timestampToleranceMs);
    this.injector = faults === null ? null : new FaultInjector(faults, onFault);
    this.delays = new Delays(() => exchange.now());
    const startUs = exchange.now();
    const front: Front = {
      exchange,
      options: this.options,
      keys: this.keys,
      injector: this.injector,
      delays: this.delays,
      elapsedMs: () => (exchange.now() - startUs) / 1000,
      beforeSend: () => this.beforeSend(),
    };
    const needsRelay = faults?.connections.some(({ fault }) => fault === 'cut' || fault === 'freeze') ?? false;
    this.relay = needsRelay ? new Relay() : null;
    this.http = new HttpFront(front);
    this.feed = new FeedFront(front, this.relay);
    this.feed.attach(this.app);
    this.app.any('/*', (res, req) => this.http.handle(res, req));
    if (this.injector === null) return;
    if (this.injector.plan.groups.length > 0) triggerGroups(exchange, this.injector, front.elapsedMs);
    if (this.injector.plan.maintenance.length > 0) this.watchMaintenance(this.injector, front);
  }

  /** Start listening; the port in use. @throws PortInUse @throws NoLegacyForm */
  async listen(): Promise<number> {
    const { host, port, pingMs } = this.options;
    if (this.options.legacyCents) requireWholeCents([...this.exchange.markets.values()].map((m) => m.listing));
    this.http.open();
    this.listening = this.relay === null ? await listenOn(this.app, host, port) : await this.listenBehind(this.relay);
    if (this.listening === null) {
      throw new PortInUse(`port ${port} on ${host} is already in use: stop what listens there or pass another --port`);
    }
    this.every(pingMs, () => this.feed.heartbeat());
    return this.listening.port;
  }

  /** How often each fault struck, by name. */
  get faultCounts(): ReadonlyMap<string, number> {
    return this.injector?.counts ?? new Map();
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.delays.stop();
    this.listening?.close();
    this.listening = null;
    this.relay?.close();
    this.app.close();
  }

  /** Feed connections that are served; those told to go are not counted. */
  get connections(): number {
    return this.feed.connections;
  }

  /** End every feed connection, as an exchange does that restarts. */
  disconnectAll(): void {
    this.feed.endAll(1001, 'going away');
  }

  /** Most bytes any feed client has not read yet. */
  get unreadBytes(): number {
    return this.feed.unreadBytes;
  }

  private async listenBehind(relay: Relay): Promise<Listening | null> {
    const inner = await listenOn(this.app, '127.0.0.1', 0);
    if (inner === null) return null;
    const port = await relay.listen(this.options.host, this.options.port, inner.port);
    if (port !== null) return { port, close: inner.close };
    inner.close();
    return null;
  }

  private watchMaintenance(injector: FaultInjector, front: Front): void {
    let was = false;
    this.every(LOOK_MS, () => {
      const is = injector.inMaintenance(front.elapsedMs());
      if (is && !was) this.feed.endAll(1001, 'maintenance');
      was = is;
    });
  }

  private every(ms: number, act: () => void): void {
    const timer = setInterval(act, ms);
    timer.unref();
    this.timers.push(timer);
  }
}

/** Wall clock for a running exchange: microseconds that never go back. */
export function wallClock(): () => TimeUs {
  const anchorUs = Date.now() * 1000;
  const start = process.hrtime.bigint();
  return () => (anchorUs + Number((process.hrtime.bigint() - start) / 1000n)) as TimeUs;
}
