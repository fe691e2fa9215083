import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request a test server got, with its body read. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly socket: Socket;
}

export type Answer = (seen: Seen, response: ServerResponse) => void;

/** A loopback HTTP server that keeps what it saw. */
export class TestServer {
  readonly seen: Seen[] = [];
  readonly sockets = new Set<Socket>();
  accepted = 0;
  answer: Answer;
  private readonly server: Server;

  constructor(answer: Answer) {
    this.answer = answer;
    this.server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('error', () => {});
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const { method = '', url = '', headers, socket } = request;
        const seen = { method, url, headers, body, socket };
        this.seen.push(seen);
        this.answer(seen, response);
      });
    });
    this.server.on('connection', (socket) => {
      this.accepted++;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** @returns the REST root */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/trade-api/v2`;
  }

  /** Refuse new connections and keep the others. Resolves when those are gone. */
  stopAccepting(): Promise<unknown> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

/** A REST root on which nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = new TestServer(() => {});
  const url = await server.listen();
  await server.close();
  return url;
}
