import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { describeCause } from './cause.ts';

/** What a feed connection tells. Nothing comes after `onClose`. */
export interface SocketListener {
  onOpen(): void;
  /** One text or binary frame; the bytes are only valid during the call. */
  onFrame(bytes: Uint8Array, binary: boolean): void;
  /** A ping or pong: the other end lives. */
  onSign(): void;
  /** The end, exactly once, whatever led to it. `status` is the HTTP status of a refused upgrade, else 0. */
  onClose(reason: string, status: number): void;
}

/** One feed connection, used once. Pings are answered by it. Implementations differ in speed, not in behaviour. */
export interface FeedSocket {
  send(text: string): void;
  ping(): void;
  /** Close without waiting for the other end. `onClose` follows within the call. */
  close(reason: string): void;
  /** Resolves when the connection is gone from this machine. */
  readonly gone: Promise<void>;
}

export interface SocketOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxFrameBytes: number;
}

const BODY_CHARS = 200;
const NO_CLOSE_FRAME = 1006;

/** The feed over the `ws` library: no compression, no UTF-8 check (the decoder looks at bytes), no copies. */
export class WsFeedSocket implements FeedSocket {
  readonly gone: Promise<void>;
  private readonly socket: WebSocket;
  private readonly listener: SocketListener;
  private done = false;
  private status = 0;
  private why = '';

  constructor(options: SocketOptions, listener: SocketListener) {
    this.listener = listener;
    const socket = new WebSocket(options.url, {
      headers: { ...options.headers },
      // The server would accept compression; inflating costs fifty times what reading a frame does.
      perMessageDeflate: false,
      skipUTF8Validation: true,
      autoPong: true,
      maxPayload: options.maxFrameBytes,
      followRedirects: false,
    });
    this.socket = socket;
    this.gone = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('open', () => listener.onOpen());
    // Frames read before the connection was given up may still be delivered after.
    socket.on('message', (data, binary) => this.done || listener.onFrame(data as Buffer, binary));
    socket.on('ping', () => this.done || listener.onSign());
    socket.on('pong', () => this.done || listener.onSign());
    socket.on('unexpected-response', (_request, response) => this.refused(response));
    socket.on('error', (error) => {
      if (this.why === '') this.why = describeCause(error);
    });
    socket.on('close', (code, reason) => this.end(this.why || closeText(code, reason.toString('utf8'))));
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  ping(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  close(reason: string): void {
    this.socket.terminate();
    this.end(this.why || reason);
  }

  /** The upgrade was answered with a plain response: read the start of its body, then give up. */
  private refused(response: IncomingMessage): void {
    this.status = response.statusCode ?? 0;
    let body = '';
    const say = (): void => {
      const text = body.slice(0, BODY_CHARS).replace(/\s+/g, ' ').trim();
      this.why = `upgrade refused with HTTP ${this.status}${text === '' ? '' : ` ${text}`}`;
    };
    say();
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
      say();
      if (body.length >= BODY_CHARS) this.socket.terminate();
    });
    response.on('error', () => this.socket.terminate());
    response.on('close', () => this.socket.terminate());
  }

  private end(reason: string): void {
    if (this.done) return;
    this.done = true;
    this.listener.onClose(reason, this.status);
  }
}

function closeText(code: number, said: string): string {
  if (code === NO_CLOSE_FRAME) return 'connection lost without a close frame';
  return `closed with code ${code}${said === '' ? '' : ` ${said}`}`;
}
