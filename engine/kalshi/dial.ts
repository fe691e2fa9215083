import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { describeCause } from './cause.ts';
import type { Clock } from './clock.ts';

const KEEP_ALIVE_PROBE_MS = 10_000;

/** Where and how to connect. */
export interface DialTarget {
  /** Scheme, host and port are used. */
  readonly url: URL;
  readonly connectTimeoutMs: number;
  readonly ca?: string | undefined;
}

/** One buffer in which every read of a socket lands, and who is told; instead of `data` and `readable` events. */
export interface OnRead {
  readonly buffer: Uint8Array;
  readonly callback: (bytes: number) => boolean;
}

/** Opens sockets to one host, TCP or TLS by the URL's scheme, resuming TLS sessions. */
export class Dialer {
  readonly target: DialTarget;
  private readonly clock: Clock;
  private tlsSession: Buffer | undefined;

  constructor(target: DialTarget, clock: Clock) {
    this.target = target;
    this.clock = clock;
  }

  /**
   * Begin to connect. Exactly one of the callbacks is called, later: `onReady` with the socket ready for HTTP/1.1
   * (TLS done), or `onFailed` with one line for a person. Destroying the socket before counts as a failure.
   */
  dial(onReady: () => void, onFailed: (reason: string) => void, onread?: OnRead): Socket {
    const { url, connectTimeoutMs } = this.target;
    const secure = url.protocol === 'https:';
    const reading = onread === undefined ? {} : { onread };
    const to: TcpNetConnectOpts = { host: hostOf(url), port: Number(url.port || (secure ? 443 : 80)), ...reading };
    const socket = secure ? this.tls(to) : connectTcp(to);
    let failure = '';
    const cancelTimer = this.clock.after(connectTimeoutMs, () => {
      failure = `no connection to ${url.host} within ${connectTimeoutMs} ms`;
      socket.destroy();
    });
    const onError = (error: Error): void => {
      if (failure === '') failure = describeCause(error);
    };
    const onClose = (): void => {
      cancelTimer();
      onFailed(failure === '' ? `connection to ${url.host} closed before it was ready` : failure);
    };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    // Stays for the socket's life: an error without a listener would end the process.
    socket.on('error', onError);
    socket.once('close', onClose);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      cancelTimer();
      socket.off('close', onClose);
      onReady();
    });
    return socket;
  }

  private tls(to: TcpNetConnectOpts): Socket {
    const { ca } = this.target;
    const { host = '' } = to;
    const options: ConnectionOptions = {
      ...to,
      // HTTP/2 was measured slower here for small requests, and one connection would carry all of them.
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(this.tlsSession === undefined ? {} : { session: this.tlsSession }),
    };
    const socket = connectTls(options);
    socket.on('session', (session) => {
      this.tlsSession = session;
    });
    return socket;
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
