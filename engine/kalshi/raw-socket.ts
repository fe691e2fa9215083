import { randomFillSync } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { describeCause } from './cause.ts';
import { clientFrame, type FillRandom } from './client-frame.ts';
import { type FrameHandler, FrameReader, Opcode } from './frame-reader.ts';
import { BodyStart, HeadReader } from './response-reader.ts';
import type { FeedSocket, SocketListener, SocketOptions } from './socket.ts';
import { BODY_CHARS, closeText, LOST, MAX_UNSENT_BYTES, NO_CODE, refusalText, unreadText } from './socket-end.ts';
import { upgradeRequest } from './upgrade.ts';

/** Where every read of a connection lands. At most one frame in it is not whole. */
const READ_BYTES = 64 * 1024;
const KEY_BYTES = 16;
const NOTHING = Buffer.alloc(0);

type Phase = 'upgrading' | 'refused' | 'open' | 'over';

/**
 * The feed over a plain TCP or TLS socket whose reads land in one fixed buffer, in which frames are parsed where they
 * lie: no stream, no event and no copy stands between a read and the listener.
 */
export class RawFeedSocket implements FeedSocket {
  readonly gone: Promise<void>;
  private readonly socket: Socket;
  private readonly listener: SocketListener;
  private readonly fillRandom: FillRandom;
  private readonly key: string;
  private readonly reader: FrameReader;
  private readonly headReader = new HeadReader();
  private body: BodyStart | null = null;
  private phase: Phase = 'upgrading';
  private status = 0;

  /** @param fillRandom for the handshake key and the masks @throws Error for headers HTTP cannot carry */
  constructor(options: SocketOptions, listener: SocketListener, fillRandom: FillRandom = randomFillSync) {
    this.listener = listener;
    this.fillRandom = fillRandom;
    const url = new URL(options.url);
    const key = Buffer.alloc(KEY_BYTES);
    fillRandom(key);
    this.key = key.toString('base64');
    const request = upgradeRequest(url, this.key, options.headers);
    this.reader = new FrameReader(options.maxFrameBytes, this.handler());
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const secure = url.protocol === 'wss:';
    const socket = dial(url, secure, options.ca, {
      buffer,
      callback: (bytes) => {
        this.read(buffer, bytes);
        return true;
      },
    });
    this.socket = socket;
    socket.setNoDelay(true);
    socket.once(secure ? 'secureConnect' : 'connect', () => socket.write(request, 'latin1'));
    socket.on('error', (error) => this.lost(describeCause(error)));
    socket.on('end', () => this.lost('connection closed before the upgrade was answered'));
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        this.lost('connection closed before the upgrade was answered');
        resolve();
      });
    });
  }

  send(text: string): void {
    if (this.phase === 'open') this.write(Opcode.Text, Buffer.from(text, 'utf8'));
  }

  ping(): void {
    if (this.phase === 'open') this.write(Opcode.Ping, NOTHING);
  }

  close(reason: string): void {
    this.socket.destroy();
    this.end(this.body === null ? reason : refusalText(this.status, this.body.text));
  }

  private handler(): FrameHandler {
    const { listener } = this;
    return {
      onMessage: (bytes, binary) => listener.onFrame(bytes, binary),
      onPing: (payload) => {
        this.write(Opcode.Pong, payload);
        if (this.phase === 'open') listener.onSign();
      },
      onPong: () => listener.onSign(),
      onCloseFrame: (code, payload) => {
        this.write(Opcode.Close, payload);
        this.socket.destroySoon();
        this.end(closeText(code, code === NO_CODE ? '' : Buffer.from(payload.subarray(2)).toString('utf8')));
      },
      onFault: (code, reason) => {
        this.write(Opcode.Close, Buffer.from([code >> 8, code & 255]));
        this.socket.destroySoon();
        this.end(reason);
      },
    };
  }

  /** A read of `bytes` bytes has landed in the buffer. */
  private read(buffer: Buffer, bytes: number): void {
    if (this.phase === 'open') this.reader.read(buffer, 0, bytes);
    else if (this.phase === 'upgrading') this.readHead(buffer, bytes);
    else if (this.phase === 'refused') this.readBody(buffer, 0, bytes);
  }

  private readHead(buffer: Buffer, bytes: number): void {
    let from: number;
    try {
      from = this.headReader.read(buffer, 0, bytes);
    } catch (error) {
      this.close((error as Error).message);
      return;
    }
    const { head } = this.headReader;
    if (head === null) return;
    if (head.status !== 101) {
      this.phase = 'refused';
      this.status = head.status;
      this.body = new BodyStart(head, BODY_CHARS);
      this.readBody(buffer, from, bytes);
      return;
    }
    const objection = head.objection(this.key);
    if (objection !== '') {
      this.close(objection);
      return;
    }
    this.phase = 'open';
    this.listener.onOpen();
    this.reader.read(buffer, from, bytes);
  }

  private readBody(buffer: Buffer, from: number, to: number): void {
    this.body!.read(buffer, from, to);
    if (this.body!.complete) this.close('');
  }

  private write(opcode: number, payload: Uint8Array): void {
    this.socket.write(clientFrame(opcode, payload, this.fillRandom));
    const unsent = this.socket.writableLength;
    if (unsent > MAX_UNSENT_BYTES) this.close(unreadText(unsent));
  }

  /** The connection is no more, without a word of WebSocket about it. */
  private lost(before: string): void {
    if (this.phase !== 'over') this.close(this.phase === 'open' ? LOST : before);
  }

  private end(reason: string): void {
    if (this.phase === 'over') return;
    this.phase = 'over';
    this.reader.stop();
    this.listener.onClose(reason, this.status);
  }
}

interface OnRead {
  readonly buffer: Uint8Array;
  readonly callback: (bytes: number) => boolean;
}

function dial(url: URL, secure: boolean, ca: string | undefined, onread: OnRead): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (secure ? 443 : 80));
  const target: TcpNetConnectOpts = { host, port, onread };
  if (!secure) return connectTcp(target);
  const options: ConnectionOptions = {
    ...target,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
  return connectTls(options);
}
