import type { TimeUs } from '../units/index.ts';
import type { Clock } from './clock.ts';
import type { Signer } from './keys.ts';
import { type FeedSocket, type SocketListener, type SocketOptions, WsFeedSocket } from './socket.ts';

export interface FeedSessionOptions {
  readonly url: string;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Uniform in [0, 1), for the jitter of reconnects. */
  readonly random: () => number;
  readonly connectTimeoutMs?: number;
  readonly backoffBaseMs?: number;
  readonly backoffCapMs?: number;
  /** Nothing heard for this long (the server pings every 10 s): ask with a ping of our own. */
  readonly silenceMs?: number;
  /** No answer to that for this long: the connection is dead. */
  readonly pongMs?: number;
  readonly openSocket?: (options: SocketOptions, listener: SocketListener) => FeedSocket;
}

export interface FeedSessionListener {
  onLink(up: boolean, detail: string): void;
  /** `receivedNs` is the clock's interval time at which the frame was handed over. */
  onFrame(bytes: Uint8Array, time: TimeUs, receivedNs: number): void;
  /** A connection attempt that failed, for people. */
  onFailedAttempt(attempt: number, reason: string, nextMs: number): void;
}

/** A connection that lived this long resets the backoff. */
const GOOD_LIFE_US = 30_000_000;
const CHECK_MS = 1000;

/**
 * Keeps one feed connection alive: every attempt is signed afresh, reconnects back off exponentially with full jitter up
 * to a cap, and a connection that has gone silent is tested with a ping and dropped when nothing answers.
 */
export class FeedSession implements SocketListener {
  private readonly options: FeedSessionOptions;
  private readonly listener: FeedSessionListener;
  private socket: FeedSocket | null = null;
  private attempt = 0;
  private up = false;
  private closed = false;
  private openedAt = 0 as TimeUs;
  private heardAt = 0 as TimeUs;
  private pingedAt = 0 as TimeUs;
  private cancelTimer: () => void = () => {};
  private cancelCheck: () => void = () => {};
  reconnects = 0;

  constructor(options: FeedSessionOptions, listener: FeedSessionListener) {
    this.options = options;
    this.listener = listener;
  }

  start(): void {
    this.connect();
  }

  send(text: string): void {
    this.socket?.send(text);
  }

  /** Drop the connection and open a new one at once. */
  reconnect(reason: string): void {
    this.attempt = 0;
    this.socket?.close(reason);
  }

  close(): void {
    this.closed = true;
    this.cancelTimer();
    this.cancelCheck();
    this.socket?.close('session closed');
    this.socket = null;
  }

  onOpen(): void {
    this.up = true;
    this.openedAt = this.options.clock.nowUs();
    this.heard();
    this.watch();
    this.listener.onLink(true, this.options.url);
  }

  onFrame(bytes: Uint8Array): void {
    const { clock } = this.options;
    const receivedNs = clock.nowNs();
    this.heardAt = clock.nowUs();
    this.pingedAt = 0 as TimeUs;
    this.listener.onFrame(bytes, this.heardAt, receivedNs);
  }

  onSign(): void {
    this.heard();
  }

  onClose(reason: string): void {
    this.cancelCheck();
    this.socket = null;
    if (this.up) {
      this.up = false;
      if (this.options.clock.nowUs() - this.openedAt >= GOOD_LIFE_US) this.attempt = 0;
      if (!this.closed) this.listener.onLink(false, reason);
    }
    if (this.closed) return;
    const { backoffBaseMs = 250, backoffCapMs = 10_000, random, clock } = this.options;
    const ceiling = Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(this.attempt, 20));
    const waitMs = this.attempt === 0 ? 0 : Math.ceil(random() * ceiling);
    this.attempt++;
    this.reconnects++;
    this.listener.onFailedAttempt(this.attempt, reason, waitMs);
    this.cancelTimer = clock.after(waitMs, () => this.connect());
  }

  private connect(): void {
    if (this.closed) return;
    const { url, signer, clock, connectTimeoutMs = 10_000, openSocket } = this.options;
    const headers = signer.headers('GET', new URL(url).pathname, Math.floor(clock.nowUs() / 1000));
    const options = { url, headers: { ...headers }, connectTimeoutMs, maxFrameBytes: 16 * 1024 * 1024 };
    this.socket = openSocket === undefined ? new WsFeedSocket(options, this) : openSocket(options, this);
  }

  private heard(): void {
    this.heardAt = this.options.clock.nowUs();
    this.pingedAt = 0 as TimeUs;
  }

  private watch(): void {
    this.cancelCheck();
    this.cancelCheck = this.options.clock.after(CHECK_MS, () => this.check());
  }

  private check(): void {
    const { clock, silenceMs = 25_000, pongMs = 5000 } = this.options;
    const now = clock.nowUs();
    if (this.pingedAt !== 0 && now - this.pingedAt > pongMs * 1000) {
      this.socket?.close(`no sign of life for ${Math.round((now - this.heardAt) / 1_000_000)} s`);
      return;
    }
    if (this.pingedAt === 0 && now - this.heardAt > silenceMs * 1000) {
      this.pingedAt = now;
      this.socket?.ping();
    }
    this.watch();
  }
}
