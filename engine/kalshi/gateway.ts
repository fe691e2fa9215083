import type { RequestOutcome, VenueRequest } from '../core/port.ts';
import { Backoff } from './backoff.ts';
import { describeCause } from './cause.ts';
import type { Clock } from './clock.ts';
import type { ConnectionEvents, ConnectionSetup, Exchange, OrderConnection } from './connection.ts';
import { Dialer } from './dial.ts';
import type { RequestSigner } from './keys.ts';
import { RawConnection } from './raw-connection.ts';
import { RequestHeads } from './request-head.ts';
import { UndiciConnection } from './undici-connection.ts';

/** What requests travel by: the undici package, or a socket of our own. Both pass the same conformance tests. */
export type Transport = 'undici' | 'raw';

const TRANSPORTS: Readonly<
  Record<Transport, new (setup: ConnectionSetup, events: ConnectionEvents) => OrderConnection>
> = { undici: UndiciConnection, raw: RawConnection };

/** How full a gateway is. */
export interface GatewayLoad {
  readonly connecting: number;
  readonly idle: number;
  readonly busy: number;
  readonly queued: number;
}

/**
 * Carries requests to the exchange. Every request gets exactly one outcome, never from within a call to the gateway,
 * and no request is ever sent twice.
 */
export interface OrderGateway {
  request(request: VenueRequest, done: (outcome: RequestOutcome) => void): void;
  /** Open all connections now and keep them open. Resolves with the number open once each was tried. */
  warm(): Promise<number>;
  load(): GatewayLoad;
  /** Refuse new requests, end the waiting ones as `unsent` and those under way as `unknown`, close all sockets. */
  close(): Promise<void>;
}

/** Settings of a gateway and what it needs. */
export interface GatewayOptions {
  /** API root, e.g. `https://external-api.kalshi.com/trade-api/v2`. */
  readonly restUrl: string;
  readonly signer: RequestSigner;
  readonly clock: Clock;
  /** Default `undici`. */
  readonly transport?: Transport;
  /** Uniform in [0, 1), for the jitter of reopening connections. Default `Math.random`. */
  readonly random?: () => number;
  /** Connections kept; each carries one request at a time. Default 8. */
  readonly connections?: number;
  /** How long opening a connection may take. Default 3,000. */
  readonly connectTimeoutMs?: number;
  /** Requests that may wait for a connection. Default 1,024. */
  readonly queueLimit?: number;
  /** Largest response body taken. Default 16 MiB. */
  readonly maxResponseBytes?: number;
  /** Close a connection unused for this long; a shorter hint from the server wins. Default 55,000. */
  readonly idleTimeoutMs?: number;
  /** Trusted certificate authorities (PEM) instead of the built-in ones. */
  readonly ca?: string;
  /**
   * Told when things happened to a request that got a response, in the clock's interval nanoseconds: handed over,
   * first byte handed to the operating system, last byte of the response read.
   */
  readonly onTiming?: (id: number, queuedNs: number, sentNs: number, responseNs: number) => void;
}

const DEFAULTS = {
  transport: 'undici',
  connections: 8,
  connectTimeoutMs: 3_000,
  queueLimit: 1_024,
  maxResponseBytes: 16 * 1024 * 1024,
  idleTimeoutMs: 55_000,
} as const;
const MAX_PATHS = 512;
const REOPEN = { baseMs: 100, capMs: 5_000 } as const;

interface Job {
  request: VenueRequest;
  readonly done: (outcome: RequestOutcome) => void;
  readonly queuedNs: number;
  cancelTimer: () => void;
  /** The body is the gateway's own copy. */
  kept: boolean;
  /** Monotonic nanoseconds of the first byte; -1 while certain that none left. */
  sentNs: number;
  sentWallMs: number;
  /** Has met a connection that turned out dead; once is forgiven. */
  bounced: boolean;
  settled: boolean;
  connection: OrderConnection | null;
}

/** `OrderGateway` on a few keep-alive connections, one request at a time on each, signed when sent. */
export class PooledGateway implements OrderGateway {
  private readonly options: GatewayOptions & Required<Pick<GatewayOptions, keyof typeof DEFAULTS>>;
  private readonly setup: ConnectionSetup;
  private readonly pathPrefix: string;
  private readonly fullPaths = new Map<string, string>();
  private readonly backoff: Backoff;
  private readonly all = new Set<OrderConnection>();
  /** Free connections, the most recently used last: it is the warmest. */
  private readonly idle: OrderConnection[] = [];
  private queue: Job[] = [];
  private readonly underWay = new Set<Job>();
  private keepWarm = false;
  private cancelReopen: (() => void) | null = null;
  private warmWaiters: (() => void)[] = [];
  private closing: Promise<void> | null = null;

  constructor(options: GatewayOptions) {
    this.options = { ...DEFAULTS, ...options };
    const url = new URL(options.restUrl);
    this.pathPrefix = url.pathname.replace(/\/+$/, '');
    const { signer, clock, connectTimeoutMs, ca, random = Math.random } = this.options;
    const { idleTimeoutMs, maxResponseBytes } = this.options;
    const dialer = new Dialer({ url, connectTimeoutMs, ca }, clock);
    const heads = new RequestHeads(url.host, signer);
    this.setup = { dialer, signer, clock, heads, random, idleTimeoutMs, maxResponseBytes };
    this.backoff = new Backoff(REOPEN, random);
  }

  request(request: VenueRequest, done: (outcome: RequestOutcome) => void): void {
    const { clock } = this.options;
    const job: Job = {
      request,
      done,
      queuedNs: clock.nowNs(),
      cancelTimer: () => {},
      kept: typeof request.body === 'string',
      sentNs: -1,
      sentWallMs: 0,
      bounced: false,
      settled: false,
      connection: null,
    };
    if (this.closing !== null) return this.settle(job, { kind: 'unsent', reason: 'the gateway is closed' });
    if (this.queue.length >= this.options.queueLimit) {
      const reason = `${this.options.queueLimit} requests are waiting for a connection already`;
      return this.settle(job, { kind: 'unsent', reason });
    }
    job.cancelTimer = clock.after(request.timeoutMs, () => this.expire(job));
    this.queue.push(job);
    this.pump();
    // The body's bytes are the caller's again when this call ends.
    if (job.sentNs < 0) keep(job);
  }

  async warm(): Promise<number> {
    if (this.closing !== null) return 0;
    this.keepWarm = true;
    while (this.all.size < this.options.connections) this.open();
    await new Promise<void>((resolve) => {
      this.warmWaiters.push(resolve);
      this.tellWarm();
    });
    return this.all.size;
  }

  load(): GatewayLoad {
    let connecting = 0;
    for (const connection of this.all) if (!connection.wasReady) connecting++;
    const busy = this.underWay.size;
    return { connecting, idle: this.idle.length, busy, queued: this.queue.length };
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.cancelReopen?.();
    const waiting = this.queue;
    this.queue = [];
    for (const job of waiting) this.settle(job, { kind: 'unsent', reason: 'the gateway was closed' });
    for (const job of [...this.underWay]) this.settle(job, this.lost(job, 'the gateway was closed'));
    await Promise.all([...this.all].map((connection) => connection.destroy('the gateway was closed')));
    this.tellWarm();
  }

  /** Give waiting requests to free connections; open more when there are not enough. */
  private pump(): void {
    while (this.queue.length > 0) {
      const connection = this.takeIdle();
      if (connection === null) break;
      this.dispatch(this.queue.shift()!, connection);
    }
    if (this.queue.length === 0 || this.closing !== null) return;
    // After a failed connect, wait for the backoff unless there is no connection at all to wait for.
    if (this.cancelReopen !== null && this.all.size > 0) return;
    const wanted = Math.min(this.queue.length, this.options.connections);
    for (let n = this.load().connecting; n < wanted && this.all.size < this.options.connections; n++) this.open();
  }

  private takeIdle(): OrderConnection | null {
    for (let next = this.idle.pop(); next !== undefined; next = this.idle.pop()) {
      if (!next.closed) return next;
    }
    return null;
  }

  private open(): void {
    const connection = new TRANSPORTS[this.options.transport](this.setup, {
      onReady: (ready) => {
        this.backoff.reset();
        this.idle.push(ready);
        this.pump();
        this.tellWarm();
      },
      onFailed: (failed, reason) => this.openFailed(failed, reason),
      onGone: (gone) => {
        this.forget(gone);
        if (this.keepWarm) this.reopenLater();
        this.pump();
      },
    });
    this.all.add(connection);
  }

  private openFailed(connection: OrderConnection, reason: string): void {
    this.forget(connection);
    this.reopenLater();
    if (this.all.size === 0) {
      const stranded = this.queue;
      this.queue = [];
      for (const job of stranded) this.settle(job, { kind: 'unsent', reason });
    }
    this.tellWarm();
  }

  private forget(connection: OrderConnection): void {
    this.all.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
  }

  private reopenLater(): void {
    if (this.closing !== null || this.cancelReopen !== null) return;
    this.cancelReopen = this.options.clock.after(this.backoff.nextMs(), () => {
      this.cancelReopen = null;
      if (this.keepWarm) while (this.all.size < this.options.connections) this.open();
      this.pump();
    });
  }

  private tellWarm(): void {
    if (this.load().connecting > 0 && this.closing === null) return;
    const waiters = this.warmWaiters;
    this.warmWaiters = [];
    for (const resolve of waiters) resolve();
  }

  private dispatch(job: Job, connection: OrderConnection): void {
    job.connection = connection;
    this.underWay.add(job);
    try {
      connection.run(this.exchange(job, connection));
    } catch (error) {
      this.underWay.delete(job);
      this.idle.push(connection);
      this.settle(job, { kind: 'unsent', reason: `cannot sign the request: ${describeCause(error)}` });
    }
  }

  private exchange(job: Job, connection: OrderConnection): Exchange {
    const { request } = job;
    const { clock, signer, onTiming } = this.options;
    return {
      method: request.method,
      path: this.fullPath(request.path),
      query: request.query,
      body: request.body,
      onSending: () => {
        job.sentNs = clock.nowNs();
        job.sentWallMs = clock.wallMs();
      },
      onResponse: (status, body, date) => {
        if (!job.settled) onTiming?.(request.id, job.queuedNs, job.sentNs, clock.nowNs());
        signer.answered?.({ status, body, date, sentMs: job.sentWallMs, receivedMs: clock.wallMs() });
        this.settle(job, { kind: 'response', status, body });
        this.release(connection);
      },
      onBroken: (error) => this.broken(job, error),
    };
  }

  /** The same string object for the same path: it is looked up by its hash, which a new one has not yet. */
  private fullPath(path: string): string {
    let full = this.fullPaths.get(path);
    if (full === undefined) {
      full = this.pathPrefix + path;
      if (this.fullPaths.size >= MAX_PATHS) this.fullPaths.clear();
      this.fullPaths.set(path, full);
    }
    return full;
  }

  private release(connection: OrderConnection): void {
    if (!connection.closed && this.closing === null) this.idle.push(connection);
    this.pump();
  }

  private broken(job: Job, error: Error): void {
    const unsent = job.sentNs < 0;
    if (job.settled || !unsent || job.bounced || this.closing !== null) {
      return this.settle(job, this.lost(job, describeCause(error)));
    }
    // The kept connection had died unnoticed and not a byte left: another connection may take it. Not a retry.
    job.bounced = true;
    this.underWay.delete(job);
    job.connection = null;
    this.queue.unshift(job);
    this.pump();
  }

  private expire(job: Job): void {
    const reason = `no answer within ${job.request.timeoutMs} ms`;
    const { connection } = job;
    if (connection === null) this.queue = this.queue.filter((other) => other !== job);
    this.settle(
      job,
      this.lost(job, connection === null ? `no free connection within ${job.request.timeoutMs} ms` : reason),
    );
    // What still comes on this connection would belong to a request that has its outcome already.
    if (connection !== null) void connection.destroy(reason);
  }

  /** The honest outcome of a request that got no response. */
  private lost(job: Job, reason: string): RequestOutcome {
    return { kind: job.sentNs < 0 ? 'unsent' : 'unknown', reason };
  }

  private settle(job: Job, outcome: RequestOutcome): void {
    if (job.settled) return;
    job.settled = true;
    job.cancelTimer();
    this.underWay.delete(job);
    // Never from within the caller's call, and out of undici's reach, which swallows what its handlers throw.
    queueMicrotask(() => job.done(outcome));
  }
}

/** Give a job that waits a body of its own. */
function keep(job: Job): void {
  if (job.kept || job.settled) return;
  job.kept = true;
  job.request = { ...job.request, body: Uint8Array.from(job.request.body as Uint8Array) };
}
