import type { WebSocket } from 'uWebSockets.js';
import { FrameLine } from './faults/frame-line.ts';
import type { ConnectionFate, FaultInjector } from './faults/injector.ts';
import type { Relay } from './faults/relay.ts';
import type { FeedClient, FeedSink } from './feed.ts';
import type { Front } from './front.ts';

/** What uWebSockets keeps with a connection. */
export interface SocketData {
  readonly userId: string;
  /** The only one its key reaches; null: all. */
  readonly subaccount: number | null;
  /** The relay's name for it, '' without a relay. */
  readonly relayName: string;
  readonly fate: ConnectionFate | null;
  socket: FeedSocket | null;
}

const OVERFLOW = JSON.stringify({ type: 'error', msg: { code: 25, msg: 'Subscription buffer overflow' } });

/**
 * One feed connection. Frames of a turn of the event loop leave together, in one write: a write costs more than all
 * that makes a frame.
 */
export class FeedSocket implements FeedSink {
  readonly ws: WebSocket<SocketData>;
  readonly data: SocketData;
  client: FeedClient | null = null;
  /** Exchange time of its last pong, or of its opening, us. */
  heardUs: number;
  /** When it was told to go, us; 0: it was not. */
  droppedUs = 0;
  /** Faults: it sends nothing more; it does not read either. */
  isMute = false;
  isDeaf = false;
  private readonly front: Front;
  private readonly relay: Relay | null;
  private readonly wake: (socket: FeedSocket) => void;
  private readonly line: FrameLine | null;
  private readonly number: number;
  private pending: string[] = [];
  private sent = 0;
  private closed = false;

  /** @param number which of its user's connections this is @param wake asks for a flush at the end of this turn */
  constructor(
    ws: WebSocket<SocketData>,
    front: Front,
    relay: Relay | null,
    number: number,
    wake: (socket: FeedSocket) => void,
  ) {
    this.ws = ws;
    this.data = ws.getUserData();
    this.front = front;
    this.relay = relay;
    this.number = number;
    this.wake = wake;
    this.heardUs = front.exchange.now();
    this.line = front.injector === null ? null : new FrameLine(front.delays, (text) => this.enqueue(text));
    if (this.data.fate?.afterFrames === 0) this.meetFate();
  }

  send(text: string, channel: string): void {
    if (this.line === null) return this.enqueue(text);
    const { injector } = this.front;
    this.line.send(text, this.fateOf(injector!, channel));
  }

  private fateOf(injector: FaultInjector, channel: string): ReturnType<FaultInjector['frame']> {
    return injector.frame(this.data.userId, this.number, channel, this.front.elapsedMs());
  }

  private enqueue(text: string): void {
    if (this.closed || this.droppedUs > 0 || this.isMute) return;
    this.pending.push(text);
    if (this.pending.length === 1) this.wake(this);
  }

  /** Write what has come together. */
  flush(): void {
    const frames = this.pending;
    this.pending = [];
    if (this.closed || this.droppedUs > 0) return;
    const { fate } = this.data;
    const most = this.front.options.maxUnreadBytes;
    const until = fate === null || this.isMute ? frames.length : fate.afterFrames - this.sent;
    let overflow = false;
    this.ws.cork(() => {
      for (const [i, frame] of frames.entries()) {
        if (i >= until) return;
        overflow = this.ws.getBufferedAmount() > most;
        if (overflow) return;
        this.ws.send(frame);
        this.sent++;
      }
    });
    if (overflow) this.drop();
    else if (fate !== null && !this.isMute && this.sent >= fate.afterFrames) this.meetFate();
  }

  /** A reader that is too slow: its subscriptions are dead. */
  private drop(): void {
    this.droppedUs = this.front.exchange.now();
    this.ws.send(OVERFLOW);
    setImmediate(() => this.end(1008, 'slow reader'));
  }

  /** End it with a close frame. */
  end(code: number, reason: string): void {
    if (this.closed) return;
    this.droppedUs ||= this.front.exchange.now();
    this.ws.end(code, reason);
  }

  /** End it without a word. */
  cut(): void {
    if (!this.closed) this.ws.close();
  }

  ping(): void {
    if (!this.closed && !this.isMute) this.ws.ping('heartbeat');
  }

  /** It is gone. */
  gone(): void {
    this.closed = true;
    this.pending = [];
  }

  private meetFate(): void {
    const { fate, relayName, userId } = this.data;
    const { kind } = fate!;
    this.isMute = true;
    this.front.injector!.note(`connection ${kind}`, `${userId} connection ${this.number} after ${this.sent} frames`);
    if (kind === 'close') setImmediate(() => this.end(1001, 'going away'));
    else if (kind === 'cut') this.relay!.reset(relayName);
    else if (kind === 'freeze') {
      this.isDeaf = true;
      this.relay!.freeze(relayName);
    }
  }
}
