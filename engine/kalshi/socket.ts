import WebSocket from 'ws';

/** What a feed connection tells. */
export interface SocketListener {
  onOpen(): void;
  /** One text or binary frame; the bytes are only valid during the call. */
  onFrame(bytes: Uint8Array): void;
  /** A ping or pong: the other end lives. */
  onSign(): void;
  /** The end, exactly once, whatever led to it. `status` is the HTTP status of a refused upgrade, else 0. */
  onClose(reason: string, status: number): void;
}

/** One feed connection. Implementations differ in speed, not in behaviour. */
export interface FeedSocket {
  send(text: string): void;
  ping(): void;
  /** Close without waiting for the other end. `onClose` follows. */
  close(reason: string): void;
}

export interface SocketOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connectTimeoutMs: number;
  readonly maxFrameBytes: number;
}

/** The feed over the `ws` library. */
export class WsFeedSocket implements FeedSocket {
  private readonly socket: WebSocket;
  private readonly listener: SocketListener;
  private done = false;
  private status = 0;
  private why = '';

  constructor(options: SocketOptions, listener: SocketListener) {
    this.listener = listener;
    this.socket = new WebSocket(options.url, {
      headers: { ...options.headers },
      // The server would accept compression; inflating costs fifty times what reading a frame does.
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: options.connectTimeoutMs,
      maxPayload: options.maxFrameBytes,
      followRedirects: false,
    });
    this.socket.on('open', () => listener.onOpen());
    this.socket.on('message', (data) => listener.onFrame(data as Buffer));
    this.socket.on('ping', () => listener.onSign());
    this.socket.on('pong', () => listener.onSign());
    this.socket.on('unexpected-response', (request, response) => {
      this.status = response.statusCode ?? 0;
      let body = '';
      response.on('data', (chunk: Buffer) => {
        if (body.length < 200) body += chunk.toString('utf8');
      });
      const finish = (): void => {
        request.destroy();
        this.end(`upgrade refused with HTTP ${this.status}${body === '' ? '' : ` ${body.slice(0, 200)}`}`);
      };
      response.on('end', finish);
      response.on('error', finish);
    });
    this.socket.on('error', (error) => {
      const { code } = error as NodeJS.ErrnoException;
      this.why = error.message || code || 'connection failed';
      if (this.socket.readyState === WebSocket.CONNECTING || this.socket.readyState === WebSocket.CLOSED)
        this.end(this.why);
    });
    this.socket.on('close', (code, reason) => {
      const said = reason.toString('utf8');
      this.end(this.why || `closed with code ${code}${said === '' ? '' : ` ${said}`}`);
    });
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  ping(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  close(reason: string): void {
    this.why = reason;
    this.socket.terminate();
    this.end(reason);
  }

  private end(reason: string): void {
    if (this.done) return;
    this.done = true;
    this.listener.onClose(reason, this.status);
  }
}
