import { createHash } from 'node:crypto';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { Certificate } from '../../../bench/certificate.ts';
import { CLOSE, type ClientFrame, takeClientFrames } from './frames.ts';
import { Log } from './wait.ts';

/** One connection of a scripted server. */
export class ScriptedPeer {
  readonly socket: Socket;
  /** The upgrade request as it came. */
  readonly request: string;
  /** What the client sent after it, frame by frame. */
  readonly frames = new Log<ClientFrame>();
  /** What was wrong with what it sent. */
  complaint = '';
  readonly gone: Promise<void>;
  /** Close the connection once the client's close frame is there. */
  hangsUp = true;
  private pending = Buffer.alloc(0);

  constructor(socket: Socket, request: string, gone: Promise<void>) {
    this.socket = socket;
    this.request = request;
    this.gone = gone;
  }

  /** The value of a request header, or ''. */
  header(name: string): string {
    return new RegExp(`^${name}: (.*)$`, 'im').exec(this.request)?.[1]?.trim() ?? '';
  }

  /** The answer that accepts the upgrade. */
  acceptance(): string {
    const text = `${this.header('sec-websocket-key')}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(text).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    return `${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`;
  }

  heard(chunk: Buffer): void {
    try {
      const { frames, rest } = takeClientFrames(Buffer.concat([this.pending, chunk]));
      this.pending = Buffer.from(rest);
      for (const frame of frames) {
        this.frames.add(frame);
        if (frame.opcode === CLOSE && this.hangsUp) this.socket.end();
      }
    } catch (error) {
      this.complaint = (error as Error).message;
      this.socket.destroy();
    }
  }
}

/** A TCP or TLS server that reads an upgrade request and then does what the test's script says, byte by byte. */
export class ScriptServer {
  readonly peers = new Log<ScriptedPeer>();
  script: (peer: ScriptedPeer) => void = () => {};
  url = '';
  readonly ca: string | undefined;
  private readonly server: Server;
  private readonly secure: boolean;
  private readonly sockets = new Set<Socket>();

  constructor(certificate: Certificate | null = null) {
    this.secure = certificate !== null;
    this.ca = certificate?.cert;
    const accept = (socket: Socket): void => this.accept(socket);
    this.server = certificate === null ? createTcp(accept) : createTls(certificate, accept);
    this.server.on('tlsClientError', () => {});
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    this.url = `${this.secure ? 'wss' : 'ws'}://127.0.0.1:${port}/trade-api/ws/v2?v=1`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    const gone = new Promise<void>((resolve) => {
      socket.on('close', () => {
        this.sockets.delete(socket);
        resolve();
      });
    });
    let head = '';
    let peer: ScriptedPeer | null = null;
    socket.on('data', (chunk: Buffer) => {
      if (peer !== null) {
        peer.heard(chunk);
        return;
      }
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      peer = new ScriptedPeer(socket, head, gone);
      this.peers.add(peer);
      this.script(peer);
    });
  }
}
