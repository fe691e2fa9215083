import type { Clock } from './clock.ts';
import type { Dialer } from './dial.ts';
import type { RequestSigner } from './keys.ts';
import type { RequestHeads } from './request-head.ts';

/** What the connections of a gateway share. */
export interface ConnectionSetup {
  readonly dialer: Dialer;
  readonly signer: RequestSigner;
  readonly clock: Clock;
  readonly heads: RequestHeads;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly idleTimeoutMs: number;
  readonly maxResponseBytes: number;
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** Ready for its first request. */
  onReady(connection: OrderConnection): void;
  /** Never became ready. */
  onFailed(connection: OrderConnection, reason: string): void;
  /** Was ready and is no more. The exchange it carried, if any, ends by itself. */
  onGone(connection: OrderConnection): void;
}

/** One request on the wire, as the connection sees it. */
export interface Exchange {
  readonly method: string;
  /** Full path from the root: what is signed. */
  readonly path: string;
  /** Without `?`; empty for none. */
  readonly query: string;
  /** Empty for none. Bytes are good only until `run` returns. */
  readonly body: string | Uint8Array;
  /** Right before the first byte goes out. */
  onSending(): void;
  /** A complete response was read. `date` is its Date header, '' where it has none. */
  onResponse(status: number, body: string, date: string): void;
  /** No complete response will come. Bytes may have left exactly if `onSending` was called. */
  onBroken(error: Error): void;
}

/** One HTTP/1.1 connection that carries one request at a time and lives and dies with its socket. */
export interface OrderConnection {
  /** Set once the connection must not take another request. */
  readonly closed: boolean;
  /** Whether the socket has been connected (it may be closed since). */
  readonly wasReady: boolean;
  /**
   * Sign and send a request. The connection must be ready and free. No callback comes from within the call but
   * `onSending`.
   * @throws Error when it cannot be signed: then nothing was sent and the connection is as it was
   */
  run(exchange: Exchange): void;
  /** Cut the connection; the exchange it carries breaks. Resolves when the socket is gone. */
  destroy(reason: string): Promise<void>;
}

/** What a success whose end nobody announced is: it may have been cut, and for a success the body matters. */
export function unstatedLength(status: number): Error {
  return new Error(`HTTP ${status} with a body of unstated length: it may have been cut`);
}

export function tooLarge(maxBytes: number): Error {
  return new Error(`response body larger than ${maxBytes} bytes`);
}
