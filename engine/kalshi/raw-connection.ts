import type { Socket } from 'node:net';
import type { ConnectionEvents, ConnectionSetup, Exchange, OrderConnection } from './connection.ts';
import { ResponseParser } from './http-response.ts';

/** Where every read of a connection lands; longer responses take several. */
const READ_BYTES = 64 * 1024;
/** Holds a batch of twenty orders with its head. */
const FIRST_SEND_BYTES = 16 * 1024;
/** A send buffer that had to grow beyond this is not kept. */
const KEPT_SEND_BYTES = 1024 * 1024;
/** Leave a kept connection this long before the server says it would. */
const KEEP_ALIVE_MARGIN_MS = 2_000;
/** Connections are given up at different moments, so that there is always one to use. */
const IDLE_SPREAD = 0.25;

/**
 * HTTP/1.1 straight on a TCP or TLS socket. A request is one buffer, head and body, and one write; the response is read
 * where it lands.
 *
 * A request is `unsent` exactly as long as `write` has not been called with it: on a socket known to be ended or
 * destroyed it never is. From that call on bytes may have left, whatever the socket says later.
 */
export class RawConnection implements OrderConnection {
  closed = false;
  private readonly setup: ConnectionSetup;
  private readonly socket: Socket;
  private readonly parser: ResponseParser;
  private out = Buffer.allocUnsafeSlow(FIRST_SEND_BYTES);
  private exchange: Exchange | null = null;
  private ready = false;
  private failure: Error | null = null;
  private idleMs: number;
  private cancelIdle = (): void => {};

  constructor(setup: ConnectionSetup, events: ConnectionEvents) {
    this.setup = setup;
    this.parser = new ResponseParser(setup.maxResponseBytes);
    this.idleMs = setup.idleTimeoutMs;
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const onread = {
      buffer,
      callback: (bytes: number): boolean => {
        this.read(buffer, bytes);
        return true;
      },
    };
    this.socket = setup.dialer.dial(
      () => {
        this.ready = true;
        this.socket.on('error', (error) => this.fail(error));
        this.socket.once('end', () => this.ended());
        this.socket.once('close', () => {
          this.cut(new Error('connection closed by the other side'));
          events.onGone(this);
        });
        this.rest();
        events.onReady(this);
      },
      (reason) => {
        this.closed = true;
        events.onFailed(this, reason);
      },
      onread,
    );
  }

  get wasReady(): boolean {
    return this.ready;
  }

  run(exchange: Exchange): void {
    const { socket } = this;
    if (this.closed || socket.destroyed || !socket.writable || socket.readableEnded) {
      this.closed = true;
      queueMicrotask(() => exchange.onBroken(new Error('the connection was closed while idle')));
      return;
    }
    const { heads, clock } = this.setup;
    const { method, path, query, body } = exchange;
    const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const room = heads.room(path, query, bodyBytes);
    if (room > this.out.length) this.out = Buffer.allocUnsafeSlow(room);
    const { out } = this;
    const at = heads.write(out, method, path, query, bodyBytes, clock.wallMs());
    if (typeof body !== 'string') out.set(body, at);
    else if (bodyBytes > 0) out.write(body, at, bodyBytes, 'utf8');
    this.cancelIdle();
    this.exchange = exchange;
    this.parser.begin();
    exchange.onSending();
    socket.write(out.subarray(0, at + bodyBytes));
  }

  async destroy(reason: string): Promise<void> {
    const gone = this.socket.closed ? undefined : new Promise((resolve) => this.socket.once('close', resolve));
    this.fail(new Error(reason));
    await gone;
  }

  /** A read of `bytes` bytes has landed in the buffer. */
  private read(buffer: Buffer, bytes: number): void {
    if (this.closed) return;
    if (this.exchange === null) {
      this.fail(new Error('the server speaks without being asked'));
      return;
    }
    let end: number;
    try {
      end = this.parser.read(buffer, 0, bytes);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (end >= 0) this.complete(end === bytes);
  }

  /** @param exactly nothing came after the response */
  private complete(exactly: boolean): void {
    const { parser } = this;
    const exchange = this.exchange!;
    this.exchange = null;
    // What follows a response, or comes before its request has left, makes nobody's next response certain.
    if (parser.closes || !exactly || this.socket.writableLength > 0) this.retire();
    else {
      if (parser.keepAliveSeconds >= 0) {
        const hintMs = parser.keepAliveSeconds * 1000 - KEEP_ALIVE_MARGIN_MS;
        this.idleMs = Math.min(this.setup.idleTimeoutMs, hintMs);
        if (hintMs <= 0) this.retire();
      }
      if (this.out.length > KEPT_SEND_BYTES) this.out = Buffer.allocUnsafeSlow(FIRST_SEND_BYTES);
      if (!this.closed) this.rest();
    }
    exchange.onResponse(parser.status, parser.body, parser.date);
  }

  /** The server ended its side. */
  private ended(): void {
    const { exchange, parser } = this;
    this.retire();
    if (exchange === null) return;
    try {
      parser.end();
    } catch (error) {
      this.cut(error as Error);
      return;
    }
    this.exchange = null;
    exchange.onResponse(parser.status, parser.body, parser.date);
  }

  /** Give the connection up when nobody uses it for long: sooner than the server would, unnoticed. */
  private rest(): void {
    const { clock, random } = this.setup;
    this.cancelIdle();
    this.cancelIdle = clock.after(this.idleMs * (1 - IDLE_SPREAD * random()), () => this.retire());
  }

  /** No more requests. */
  private retire(): void {
    this.closed = true;
    this.cancelIdle();
    this.socket.destroy();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.retire();
    this.cut(error);
  }

  /** End the exchange that gets no response. */
  private cut(error: Error): void {
    const { exchange } = this;
    this.closed = true;
    this.cancelIdle();
    this.exchange = null;
    if (exchange === null) return;
    const why = this.failure ?? error;
    queueMicrotask(() => exchange.onBroken(why));
  }
}
