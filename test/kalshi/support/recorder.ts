import { createHash } from 'node:crypto';
import { type FeedSocket, openSocket, type SocketKind } from '../../../engine/kalshi/socket.ts';
import { Log } from './wait.ts';

/** What kind of end a reason tells of: the words differ between implementations, the kind must not. */
export function kindOfEnd(reason: string): string {
  if (/^protocol error: |^Invalid WebSocket frame: /.test(reason)) return 'protocol error';
  if (/payload (size|length)/i.test(reason)) return 'too big';
  return reason;
}

/** Bytes as they appear in events: as they are, long ones as a hash. */
export function digest(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return text.length <= 100 ? text : `${bytes.length} bytes ${createHash('sha1').update(bytes).digest('hex')}`;
}

/** A feed connection with everything it tells written down. */
export class Recorder {
  readonly events = new Log<string>();
  /** The reasons it gave for its end, in full. */
  readonly reasons: string[] = [];
  readonly socket: FeedSocket;
  readonly closed: Promise<void>;
  /** Called on every event, after it is written down. */
  react: (event: string) => void = () => {};

  constructor(kind: SocketKind, url: string, maxFrameBytes: number, ca: string | undefined) {
    let resolveClosed: () => void = () => {};
    this.closed = new Promise((resolve) => {
      resolveClosed = resolve;
    });
    const add = (event: string): void => {
      this.events.add(event);
      this.react(event);
    };
    const headers = { 'KALSHI-ACCESS-KEY': 'key-1' };
    this.socket = openSocket(
      kind,
      { url, headers, maxFrameBytes, ca },
      {
        onOpen: () => add('open'),
        onFrame: (bytes, binary) => add(`${binary ? 'binary' : 'text'} ${digest(bytes)}`),
        onSign: () => add('sign'),
        onClose: (reason, status) => {
          this.reasons.push(reason);
          add(`closed ${status} ${kindOfEnd(reason)}`);
          resolveClosed();
        },
      },
    );
  }
}
