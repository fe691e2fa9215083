import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import {
  type ConnectionEvents,
  type ConnectionSetup,
  type Exchange,
  type OrderConnection,
  tooLarge,
  unstatedLength,
} from './connection.ts';

const EMPTY = Buffer.alloc(0);

/**
 * One HTTP/1.1 connection: an undici client that lives and dies with one socket.
 *
 * An undici client left to itself opens a new socket when its old one died, and decides by its own lights what to do
 * with requests it still holds. Giving it a single socket, opened before any request exists, makes two things certain:
 * nothing can be sent twice, and a request that meets a dead connection has not left.
 */
export class UndiciConnection implements OrderConnection {
  closed = false;
  /** Carries a request now. */
  busy = false;
  private readonly socket: Socket;
  private readonly client: Client;
  private readonly setup: ConnectionSetup;
  private handedOver = false;
  private ready = false;

  constructor(setup: ConnectionSetup, events: ConnectionEvents) {
    this.setup = setup;
    this.client = this.makeClient();
    this.socket = setup.dialer.dial(
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

  get wasReady(): boolean {
    return this.ready;
  }

  run(exchange: Exchange): void {
    const { signer, clock, maxResponseBytes } = this.setup;
    const { method, path, query, body } = exchange;
    const headers = ['accept', 'application/json', 'user-agent', 'hundred'];
    for (const [name, value] of Object.entries(signer.headers(method, path, clock.wallMs()))) headers.push(name, value);
    if (body.length > 0) headers.push('content-type', 'application/json');
    this.busy = true;
    const handler = new ResponseReader(this, exchange, maxResponseBytes);
    const target = query === '' ? path : `${path}?${query}`;
    // Undici may still hold the bytes when their owner writes the next request into them.
    const kept = typeof body === 'string' ? body : Buffer.from(body);
    // Left to itself undici ends the connection after a DELETE with a body, and every batched cancel is one.
    const options = { method, path: target, headers, body: kept.length === 0 ? null : kept, reset: false };
    this.client.dispatch(options, handler);
  }

  async destroy(reason: string): Promise<void> {
    this.closed = true;
    const gone = this.socket.closed ? undefined : new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.destroy();
    await this.client.destroy(new Error(reason));
    await gone;
  }

  private makeClient(): Client {
    return new Client(this.setup.dialer.target.url.origin, {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: this.setup.idleTimeoutMs,
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
  private readonly connection: UndiciConnection;
  private readonly exchange: Exchange;
  private readonly maxBytes: number;
  private status = 0;
  private date = '';
  private chunks: Buffer[] = [];
  private bytes = 0;
  private endlessBody = false;
  private sending = false;

  constructor(connection: UndiciConnection, exchange: Exchange, maxBytes: number) {
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
    this.date = String(headers['date'] ?? '');
    if (String(headers['connection'] ?? '').toLowerCase() === 'close') this.connection.closed = true;
    const framed = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    this.endlessBody = !framed && status !== 204 && status !== 304;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) {
      controller.abort(tooLarge(this.maxBytes));
      return;
    }
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.connection.busy = false;
    // Without a stated length, a body cut short by a clean close looks complete.
    if (this.endlessBody && this.status < 300) {
      this.connection.closed = true;
      this.exchange.onBroken(unstatedLength(this.status));
      return;
    }
    const whole = this.chunks.length > 1 ? Buffer.concat(this.chunks, this.bytes) : (this.chunks[0] ?? EMPTY);
    this.exchange.onResponse(this.status, whole.toString('utf8'), this.date);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.connection.busy = false;
    this.connection.closed = true;
    this.exchange.onBroken(error);
  }
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];
