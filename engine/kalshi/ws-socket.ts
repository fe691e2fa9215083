import type { IncomingMessage } from 'node:http';
import WebSocket, { type ClientOptions } from 'ws';
import { describeCause } from './cause.ts';
import type { FeedSocket, SocketListener, SocketOptions } from './socket.ts';
import { BODY_CHARS, closeText, LOST, MAX_UNSENT_BYTES, refusalText, unreadText } from './socket-end.ts';

const NO_CLOSE_FRAME = 1006;
/** The answer to a close frame is on its way, and the other end is to hang up: it gets this long. */
const CLOSE_TIMEOUT_MS = 2_000;

/** The feed over the `ws` library: no compression, no UTF-8 check (the decoder looks at bytes), no copies. */
export class WsFeedSocket implements FeedSocket {
  readonly gone: Promise<void>;
  private readonly socket: WebSocket;
  private readonly listener: SocketListener;
  private opened = false;
  private done = false;
  private status = 0;
  private why = '';

  constructor(options: SocketOptions, listener: SocketListener) {
    this.listener = listener;
    // A setting of the library that its type declarations do not know yet.
    const settings: ClientOptions & { readonly closeTimeout: number } = {
      headers: { ...options.headers },
      // The server would accept compression; inflating costs fifty times what reading a frame does.
      perMessageDeflate: false,
      skipUTF8Validation: true,
      autoPong: true,
      maxPayload: options.maxFrameBytes,
      followRedirects: false,
      closeTimeout: CLOSE_TIMEOUT_MS,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    };
    const socket = new WebSocket(options.url, settings);
    this.socket = socket;
    this.gone = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('open', () => {
      this.opened = true;
      if (!this.done) listener.onOpen();
    });
    // Frames read before the connection was given up may still be delivered after.
    socket.on('message', (data, binary) => this.done || listener.onFrame(data as Buffer, binary));
    socket.on('ping', () => this.sign());
    socket.on('pong', () => this.sign());
    socket.on('unexpected-response', (_request, response) => this.refused(response));
    socket.on('error', (error) => {
      if (this.why === '') this.why = describeCause(error);
      // The other end broke the protocol and has been told so. What it does about it changes nothing.
      if (this.opened) this.end(this.why);
    });
    socket.on('close', (code, reason) => {
      this.end(this.why || (code === NO_CLOSE_FRAME ? LOST : closeText(code, reason.toString('utf8'))));
    });
  }

  send(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(text);
    this.checkUnsent();
  }

  ping(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  close(reason: string): void {
    this.socket.terminate();
    this.end(this.why || reason);
  }

  private sign(): void {
    if (this.done) return;
    this.checkUnsent();
    if (!this.done) this.listener.onSign();
  }

  private checkUnsent(): void {
    const bytes = this.socket.bufferedAmount;
    if (bytes > MAX_UNSENT_BYTES) this.close(unreadText(bytes));
  }

  /** The upgrade was answered with a plain response: read the start of its body, then give up. */
  private refused(response: IncomingMessage): void {
    this.status = response.statusCode ?? 0;
    let body = '';
    this.why = refusalText(this.status, body);
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
      this.why = refusalText(this.status, body);
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
