import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { Dialer } from './dial.ts';

/** Limits of one connection. */
export interface ConnectionLimits {
  readonly idleTimeoutMs: number;
  readonly maxResponseBytes: number;
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** Ready for its first request. */
  onReady(connection: Connection): void;
  /** Never became ready. */
  onFailed(connection: Connection, reason: string): void;
  /** Was ready and is no more. The exchange it carried, if any, ends by itself. */
  onGone(connection: Connection): void;
}

/** One request on the wire, as the connection sees it. */
export interface Exchange {
  readonly method: string;
  /** Path and query from the root. */
  readonly target: string;
  /** Names and values, alternating. */
  readonly headers: string[];
  /** Empty for none. */
  readonly body: string;
  /** Right before the first byte goes out. */
  onSending(): void;
  /** A complete response was read. */
  onResponse(status: number, body: string): void;
  /** No complete response will come. Bytes may have left exactly if `onSending` was called. */
  onBroken(error: Error): void;
}

const EMPTY = Buffer.alloc(0);

/**
 * One HTTP/1.1 connection: an undici client that lives and dies with one socket.
 *
 * An undici client left to itself opens a new socket when its old one died, and decides by its own lights what to do
 * with requests it still holds. Giving it a single socket, opened before any request exists, makes two things certain:
 * nothing can be sent twice, and a request that meets a dead connection has not left.
 */
export class Connection {
  /** Set once the connection must not take another request. */
  closed = false;
  /** Carries a request now. */
  busy = false;
  private readonly socket: Socket;
  private readonly client: Client;
  private readonly limits: ConnectionLimits;
  private handedOver = false;
  private ready = false;

  constructor(dialer: Dialer, limits: ConnectionLimits, events: ConnectionEvents) {
    this.limits = limits;
    this.client = this.makeClient(dialer);
    this.socket = dialer.dial(
      () => {
        this.ready = true;
        this.socket.on('readable', this.onEarlyReadable);
        this.socket.once('close', () => {
          this.closed = true;
          events.onGone(this);
        });
        events.onReady(this);
      },
      (reason) => {
        this.closed = true;
        events.onFailed(this, reason);
      },
    );
  }

  /** Whether the socket has been connected (it may be closed since). */
  get wasReady(): boolean {
    return this.ready;
  }

  /** Send a request. The connection must be ready and free. */
  run(exchange: Exchange): void {
    this.busy = true;
    const handler = new ResponseReader(this, exchange, this.limits.maxResponseBytes);
    const { method, target, headers, body } = exchange;
    this.client.dispatch({ method, path: target, headers, body: body === '' ? null : body }, handler);
  }

  /** Cut the connection; the exchange it carries breaks. Resolves when the socket is gone. */
  async destroy(reason: string): Promise<void> {
    this.closed = true;
    const gone = this.socket.closed ? undefined : new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.destroy();
    await this.client.destroy(new Error(reason));
    await gone;
  }

  private makeClient(dialer: Dialer): Client {
    return new Client(dialer.target.url.origin, {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: this.limits.idleTimeoutMs,
      // The owner's timer decides; these would only answer for it, and coarsely.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => {
        // Undici loses the request when the connector answers at once.
        queueMicrotask(() => {
          if (this.handedOver || this.socket.destroyed || this.socket.readableEnded) {
            callback(new Error('the connection was closed while idle'), null);
            return;
          }
          this.handedOver = true;
          this.socket.off('readable', this.onEarlyReadable);
          callback(null, this.socket);
        });
      },
    });
  }

  /** Before the first request only an end can come; anything else makes the connection worthless too. */
  private readonly onEarlyReadable = (): void => {
    if (this.socket.read() !== null) this.socket.destroy();
  };
}

/** Collects one response. */
class ResponseReader implements Dispatcher.DispatchHandler {
  private readonly connection: Connection;
  private readonly exchange: Exchange;
  private readonly maxBytes: number;
  private status = 0;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private endlessBody = false;
  private sending = false;

  constructor(connection: Connection, exchange: Exchange, maxBytes: number) {
    this.connection = connection;
    this.exchange = exchange;
    this.maxBytes = maxBytes;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.sending) {
      controller.abort(new Error('refused to send a request twice'));
      return;
    }
    this.sending = true;
    this.exchange.onSending();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.status = status;
    if (String(headers['connection'] ?? '').toLowerCase() === 'close') this.connection.closed = true;
    const framed = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    this.endlessBody = !framed && status !== 204 && status !== 304;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) {
      controller.abort(new Error(`response body larger than ${this.maxBytes} bytes`));
      return;
    }
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.connection.busy = false;
    // Without a stated length, a body cut short by a clean close looks complete. For a success the body matters.
    if (this.endlessBody && this.status < 300) {
      this.connection.closed = true;
      this.exchange.onBroken(new Error(`HTTP ${this.status} with a body of unstated length: it may have been cut`));
      return;
    }
    const whole = this.chunks.length > 1 ? Buffer.concat(this.chunks, this.bytes) : (this.chunks[0] ?? EMPTY);
    this.exchange.onResponse(this.status, whole.toString('utf8'));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.connection.busy = false;
    this.connection.closed = true;
    this.exchange.onBroken(error);
  }
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];
