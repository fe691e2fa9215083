import { RawFeedSocket } from './raw-socket.ts';
import { WsFeedSocket } from './ws-socket.ts';

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
  /** Send a text frame; lost unless the connection is open. */
  send(text: string): void;
  ping(): void;
  /** Close without waiting for the other end. `onClose` follows within the call. */
  close(reason: string): void;
  /** Resolves when the connection is gone from this machine. */
  readonly gone: Promise<void>;
}

export interface SocketOptions {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest message taken, all its fragments together. */
  readonly maxFrameBytes: number;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
}

/** Which implementation: the `ws` library, or the reader that parses frames in place. */
export type SocketKind = 'ws' | 'raw';

/** Begin to connect. The listener hears nothing from within the call. @throws Error for headers HTTP cannot carry */
export function openSocket(kind: SocketKind, options: SocketOptions, listener: SocketListener): FeedSocket {
  return kind === 'raw' ? new RawFeedSocket(options, listener) : new WsFeedSocket(options, listener);
}
