import type { TimeUs } from '../units/index.ts';
import { Backoff } from './backoff.ts';
import { describeCause } from './cause.ts';
import type { Clock } from './clock.ts';
import type { RequestSigner } from './keys.ts';
import { type FeedSocket, openSocket, type SocketKind, type SocketListener, type SocketOptions } from './socket.ts';

/** Settings of a feed session and what it needs; times in milliseconds. */
export interface FeedSessionOptions {
  readonly url: string;
  readonly signer: RequestSigner;
  readonly clock: Clock;
  /** Uniform in [0, 1), for the jitter of reconnects. */
  readonly random: () => number;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Default 250. */
  readonly backoffBaseMs?: number;
  /** Default 10,000. */
  readonly backoffCapMs?: number;
  /** A connection that lived this long resets the backoff. Default 30,000. */
  readonly goodLifeMs?: number;
  /** Nothing heard for this long (the server pings every 10 s): ask with a ping of our own. Default 25,000. */
  readonly silenceMs?: number;
  /** No answer to that for this long: the connection is dead. Default 5,000. */
  readonly pongMs?: number;
  /** Largest frame taken. Default 16 MiB. */
  readonly maxFrameBytes?: number;
  /** Implementation of the connection. Default `ws`. */
  readonly socket?: SocketKind;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Opens connections in place of both implementations. */
  readonly openSocket?: (options: SocketOptions, listener: SocketListener) => FeedSocket;
}

/** What a session tells; never from within a call to it. */
export interface FeedSessionListener {
  /** Up and down strictly alternate, beginning with up. */
  onLink(up: boolean, detail: string): void;
  /** `receivedNs` is the clock's interval time at which the frame was handed over. The bytes are valid during the call. */
  onFrame(bytes: Uint8Array, time: TimeUs, receivedNs: number, binary: boolean): void;
  /**
   * A connection attempt that failed, for people. `attempt` counts failures since the link was last up; `refused` says
   * that the exchange does not accept this key.
   */
  onFailedAttempt(attempt: number, reason: string, nextMs: number, refused: boolean): void;
}

/** Totals since the start. */
export interface FeedCounters {
  frames: number;
  bytes: number;
  binaryFrames: number;
  connects: number;
  failedAttempts: number;
  /** Connections dropped because nothing was heard. */
  silenceDrops: number;
}

/** One attempt and, when it succeeds, the connection it became. */
interface Link {
  readonly socket: FeedSocket;
  up: boolean;
  openedNs: number;
}

const NS_PER_MS = 1e6;

const DEFAULTS = {
  connectTimeoutMs: 10_000,
  backoffBaseMs: 250,
  backoffCapMs: 10_000,
  goodLifeMs: 30_000,
  silenceMs: 25_000,
  pongMs: 5_000,
  maxFrameBytes: 16 * 1024 * 1024,
  socket: 'ws',
  ca: undefined,
} as const;

/**
 * Keeps one feed connection alive: every attempt is signed afresh, reconnects back off exponentially with full jitter up
 * to a cap, and a connection that has gone silent is tested with a ping and dropped when nothing answers.
 */
export class FeedSession {
  /** Live totals. Read only. */
  readonly counters: FeedCounters = {
    frames: 0,
    bytes: 0,
    binaryFrames: 0,
    connects: 0,
    failedAttempts: 0,
    silenceDrops: 0,
  };
  private readonly options: Required<FeedSessionOptions>;
  private readonly path: string;
  private readonly listener: FeedSessionListener;
  private readonly backoff: Backoff;
  /** Events of any other link are ignored. */
  private link: Link | null = null;
  private heardNs = 0;
  private failures = 0;
  private started = false;
  private closing: Promise<void> | null = null;
  private cancelTimer: () => void = () => {};

  constructor(options: FeedSessionOptions, listener: FeedSessionListener) {
    const kind = options.socket ?? DEFAULTS.socket;
    const open = (target: SocketOptions, events: SocketListener): FeedSocket => openSocket(kind, target, events);
    this.options = { ...DEFAULTS, openSocket: open, ...options };
    this.path = new URL(options.url).pathname;
    this.listener = listener;
    const { backoffBaseMs, backoffCapMs, random } = this.options;
    this.backoff = new Backoff({ baseMs: backoffBaseMs, capMs: backoffCapMs }, random);
  }

  /** Connections made after the first. */
  get reconnects(): number {
    return Math.max(0, this.counters.connects - 1);
  }

  /** Begin to connect; later calls have no effect. */
  start(): void {
    if (this.started || this.closing !== null) return;
    this.started = true;
    this.connect();
  }

  /** Send on the connection that is up; lost when there is none. */
  send(text: string): void {
    if (this.link?.up) this.link.socket.send(text);
  }

  /** Give up the connection that is up and make a new one after the usual wait. */
  reconnect(reason: string): void {
    if (this.link?.up) this.lose(this.link, `reconnecting: ${reason}`);
  }

  /** End for good. Resolves when the connection is gone. Nothing is told any more. */
  close(): Promise<void> {
    if (this.closing !== null) return this.closing;
    const link = this.link;
    this.cancelTimer();
    this.link = null;
    this.closing = link?.socket.gone ?? Promise.resolve();
    link?.socket.close('session closed');
    return this.closing;
  }

  private connect(): void {
    const { url, signer, clock, connectTimeoutMs, maxFrameBytes, ca, openSocket } = this.options;
    let headers: Readonly<Record<string, string>>;
    try {
      headers = { ...signer.headers('GET', this.path, clock.wallMs()) };
    } catch (error) {
      this.failed(`the upgrade request cannot be signed: ${describeCause(error)}`, true);
      return;
    }
    const socket = openSocket(
      { url, headers, maxFrameBytes, ca },
      {
        onOpen: () => this.opened(link),
        onFrame: (bytes, binary) => this.frame(link, bytes, binary),
        onSign: () => this.heard(link),
        onClose: (reason, status) => this.closed(link, reason, status),
      },
    );
    const link: Link = { socket, up: false, openedNs: 0 };
    this.link = link;
    this.cancelTimer = clock.after(connectTimeoutMs, () => {
      socket.close(`no connection within ${connectTimeoutMs} ms`);
    });
  }

  private opened(link: Link): void {
    if (this.link !== link) return;
    const { clock, silenceMs, url } = this.options;
    link.up = true;
    link.openedNs = clock.nowNs();
    this.heardNs = link.openedNs;
    this.failures = 0;
    this.counters.connects++;
    this.watch(silenceMs);
    this.listener.onLink(true, url);
  }

  private frame(link: Link, bytes: Uint8Array, binary: boolean): void {
    if (this.link !== link) return;
    const { clock } = this.options;
    this.heardNs = clock.nowNs();
    this.counters.frames++;
    this.counters.bytes += bytes.byteLength;
    if (binary) this.counters.binaryFrames++;
    this.listener.onFrame(bytes, clock.nowUs(), this.heardNs, binary);
  }

  private heard(link: Link): void {
    if (this.link === link) this.heardNs = this.options.clock.nowNs();
  }

  private closed(link: Link, reason: string, status: number): void {
    if (this.link !== link) return;
    if (link.up) {
      this.lose(link, reason);
      return;
    }
    this.link = null;
    this.failed(reason, status === 401 || status === 403);
  }

  /** The connection that was up is given up: nothing of it is heard from here on. */
  private lose(link: Link, detail: string): void {
    const { clock, goodLifeMs } = this.options;
    this.link = null;
    link.socket.close(detail);
    if (clock.nowNs() - link.openedNs >= goodLifeMs * NS_PER_MS) this.backoff.reset();
    this.connectAfter(this.backoff.nextMs());
    // The caller may be the engine itself, in the middle of an input.
    queueMicrotask(() => this.closing ?? this.listener.onLink(false, detail));
  }

  /** An attempt did not come up. A refused key will hardly be accepted in a moment: wait as long as we ever do. */
  private failed(reason: string, refused: boolean): void {
    const waitMs = refused ? this.options.backoffCapMs : this.backoff.nextMs();
    const attempt = ++this.failures;
    this.counters.failedAttempts++;
    this.connectAfter(waitMs);
    queueMicrotask(() => this.closing ?? this.listener.onFailedAttempt(attempt, reason, Math.round(waitMs), refused));
  }

  private connectAfter(ms: number): void {
    this.cancelTimer();
    this.cancelTimer = this.options.clock.after(ms, () => this.connect());
  }

  /** Look after `ms` whether anything was heard: one timer, not touched per frame. */
  private watch(ms: number): void {
    this.cancelTimer();
    this.cancelTimer = this.options.clock.after(ms, () => this.inspect());
  }

  private inspect(): void {
    const { clock, silenceMs, pongMs } = this.options;
    const link = this.link;
    if (link === null) return;
    const leftMs = silenceMs - (clock.nowNs() - this.heardNs) / NS_PER_MS;
    if (leftMs > 0) {
      this.watch(Math.ceil(leftMs));
      return;
    }
    const heardBefore = this.heardNs;
    link.socket.ping();
    this.cancelTimer = clock.after(pongMs, () => {
      if (this.heardNs !== heardBefore) return this.inspect();
      this.counters.silenceDrops++;
      this.lose(link, `no sign of life for ${Math.round((clock.nowNs() - heardBefore) / 1e9)} s`);
    });
  }
}
