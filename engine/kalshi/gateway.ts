import type { RequestOutcome, VenueRequest } from '../core/port.ts';
import { Backoff } from './backoff.ts';
import { describeCause } from './cause.ts';
import type { Clock } from './clock.ts';
import { Connection, type Exchange } from './connection.ts';
import { Dialer } from './dial.ts';
import type { RequestSigner } from './keys.ts';

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
  connections: 8,
  connectTimeoutMs: 3_000,
  queueLimit: 1_024,
  maxResponseBytes: 16 * 1024 * 1024,
  idleTimeoutMs: 55_000,
} as const;
const REOPEN = { baseMs: 100, capMs: 5_000 } as const;

interface Job {
  readonly request: VenueRequest;
  readonly done: (outcome: RequestOutcome) => void;
  readonly queuedNs: number;
  cancelTimer: () => void;
  /** Monotonic nanoseconds of the first byte; -1 while certain that none left. */
  sentNs: number;
  /** Has met a connection that turned out dead; once is forgiven. */
  bounced: boolean;
  settled: boolean;
  connection: Connection | null;
}

/** `OrderGateway` on undici: a few keep-alive connections, one request at a time on each, signed when sent. */
export class UndiciGateway implements OrderGateway {
  private readonly options: GatewayOptions & Required<Pick<GatewayOptions, keyof typeof DEFAULTS>>;
  private readonly dialer: Dialer;
  private readonly pathPrefix: string;
  private readonly backoff: Backoff;
  private readonly all = new Set<Connection>();
  /** Free connections, the most recently used last: it is the warmest. */
  private readonly idle: Connection[] = [];
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
    const { clock, connectTimeoutMs, ca, random = Math.random } = this.options;
    this.dialer = new Dialer({ url, connectTimeoutMs, ca }, clock);
    this.backoff = new Backoff(REOPEN, random);
  }

  request(request: VenueRequest, done: (outcome: RequestOutcome) => void): void {
    const { clock } = this.options;
    const job: Job = {
      request,
      done,
      queuedNs: clock.nowNs(),
      cancelTimer: () => {},
      sentNs: -1,
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

  private takeIdle(): Connection | null {
    for (let next = this.idle.pop(); next !== undefined; next = this.idle.pop()) {
      if (!next.closed) return next;
    }
    return null;
  }

  private open(): void {
    const limits = { idleTimeoutMs: this.options.idleTimeoutMs, maxResponseBytes: this.options.maxResponseBytes };
    const connection = new Connection(this.dialer, limits, {
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

  private openFailed(connection: Connection, reason: string): void {
    this.forget(connection);
    this.reopenLater();
    if (this.all.size === 0) {
      const stranded = this.queue;
      this.queue = [];
      for (const job of stranded) this.settle(job, { kind: 'unsent', reason });
    }
    this.tellWarm();
  }

  private forget(connection: Connection): void {
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

  private dispatch(job: Job, connection: Connection): void {
    let exchange: Exchange;
    try {
      exchange = this.exchange(job, connection);
    } catch (error) {
      this.idle.push(connection);
      return this.settle(job, { kind: 'unsent', reason: `cannot sign the request: ${describeCause(error)}` });
    }
    job.connection = connection;
    this.underWay.add(job);
    connection.run(exchange);
  }

  private exchange(job: Job, connection: Connection): Exchange {
    const { request } = job;
    const { clock, signer, onTiming } = this.options;
    const path = this.pathPrefix + request.path;
    const signed = signer.headers(request.method, path, clock.wallMs());
    const headers = ['accept', 'application/json', 'user-agent', 'hundred'];
    for (const [name, value] of Object.entries(signed)) headers.push(name, value);
    if (request.body !== '') headers.push('content-type', 'application/json');
    return {
      method: request.method,
      target: request.query === '' ? path : `${path}?${request.query}`,
      headers,
      body: request.body,
      onSending: () => {
        job.sentNs = clock.nowNs();
      },
      onResponse: (status, body) => {
        if (!job.settled) onTiming?.(request.id, job.queuedNs, job.sentNs, clock.nowNs());
        this.settle(job, { kind: 'response', status, body });
        this.release(connection);
      },
      onBroken: (error) => this.broken(job, error),
    };
  }

  private release(connection: Connection): void {
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
