import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Log } from './wait.ts';

/** A loopback feed server. `refuse` answers the upgrade with a plain response instead. */
export class FeedServer {
  readonly clients = new Log<WebSocket>();
  readonly upgrades: IncomingMessage[] = [];
  /** Raw HTTP response, or null to accept. */
  refuse: string | null = null;
  /** Leave upgrades unanswered. */
  mute = false;
  port = 0;
  private server: Server | null = null;
  private wss: WebSocketServer | null = null;
  private readonly sockets = new Set<Socket>();
  private readonly autoPong: boolean;

  constructor(options: { autoPong?: boolean } = {}) {
    this.autoPong = options.autoPong ?? true;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/trade-api/ws/v2`;
  }

  /** Listen, on the same port as before if there was one. */
  async listen(): Promise<void> {
    const wss = new WebSocketServer({ noServer: true, autoPong: this.autoPong });
    const server = createServer();
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('upgrade', (request, socket, head) => {
      this.upgrades.push(request);
      if (this.mute) return;
      if (this.refuse !== null) {
        socket.end(this.refuse);
        return;
      }
      wss.handleUpgrade(request, socket, head, (client) => this.clients.add(client));
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    this.wss = wss;
  }

  /** Die without a word: every connection is cut. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => (this.server === null ? resolve(null) : this.server.close(resolve)));
    for (const socket of this.sockets) socket.destroy();
    this.wss?.close();
    await closed;
    this.server = null;
  }
}

/** A plain HTTP response as it goes over the wire. */
export function rawResponse(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
