import type { TimeUs } from '../units/index.ts';
import {
  type ErrorMessage,
  Frame,
  type FrameDecoder,
  snapshotCommand,
  subscribeCommand,
  unsubscribeCommand,
} from '../wire/index.ts';
import type { Context } from './context.ts';

export const BOOK = 'orderbook_delta';
export const LIFECYCLE = 'market_lifecycle_v2';
/** Channels that tell of our orders. Deaf on one of them, we know nothing for sure. */
export const PRIVATE: readonly string[] = ['fill', 'user_orders'];
/** Channels that cover the account or everything: subscribed as soon as the link is up. */
export const ACCOUNT_CHANNELS: readonly string[] = [...PRIVATE, 'order_group_updates', LIFECYCLE];
/** Channels filtered to our markets. */
export const MARKET_CHANNELS: readonly string[] = [BOOK, 'trade'];

const SNAPSHOT = 'get_snapshot';
/** Errors that end the subscription they name: channel error, buffer overflow. */
const TERMINAL: readonly number[] = [10, 25];

/** A subscription the exchange confirmed on this connection. */
export interface Subscription {
  readonly channel: string;
  readonly sid: number;
  readonly since: TimeUs;
  /** Next sequence number, 0 where any will do. */
  expected: number;
  /** Number the last frame had if that was a reply to a command, else 0. */
  replySeq: number;
  /** Frames in a row that were behind. */
  old: number;
  /** The number that had been reached when the count last started over, 0 if it never did. */
  reached: number;
}

/** Where a frame stands: next in line, behind a gap, already behind us, or of no subscription of ours. */
export type Place = 'next' | 'gap' | 'old' | 'foreign';

export interface SubscriptionEvents {
  /** A confirmed subscription ended; it has been asked for again. */
  lost(channel: string, why: string): void;
  /** The exchange would not send snapshots. */
  snapshotRefused(): void;
  /** Some subscription ended and nothing says which, or one was never confirmed. */
  hopeless(why: string): void;
}

/** The subscriptions of one feed connection: asked for, confirmed, ended, each with its place in its sequence. */
export class Subscriptions {
  /** The book subscription's sid, 0 while there is none. */
  bookSid = 0;
  /** The number that should have come, after `place` said `gap`. */
  missed = 0;
  /**
   * After `place` said `gap`: the frame is a snapshot that may be older than changes that came before it. Where the count
   * started over, only one asked for since is newer than all that had come.
   */
  isBelated = false;
  private readonly ctx: Context;
  private readonly events: SubscriptionEvents;
  private nextCommand = 1;
  private readonly asked = new Map<number, { readonly what: string; readonly time: TimeUs }>();
  private readonly bySid = new Map<number, Subscription>();
  private retryAt = 0 as TimeUs;
  private readonly retryChannels: string[] = [];

  constructor(ctx: Context, events: SubscriptionEvents) {
    this.ctx = ctx;
    this.events = events;
  }

  /** A connection ended or began: sids and sequences of another one mean nothing. */
  reset(): void {
    this.nextCommand = 1;
    this.asked.clear();
    this.bySid.clear();
    this.bookSid = 0;
    this.retryChannels.length = 0;
    this.retryAt = 0 as TimeUs;
  }

  /** True when the private channels are confirmed: what happens to our orders is heard from now on. */
  get privateReady(): boolean {
    return PRIVATE.every((channel) => [...this.bySid.values()].some((s) => s.channel === channel));
  }

  of(sid: number): Subscription | undefined {
    return this.bySid.get(sid);
  }

  subscribe(channel: string): void {
    const id = this.nextCommand++;
    this.asked.set(id, { what: channel, time: this.ctx.now });
    this.ctx.port.send(subscribeCommand(id, channel, MARKET_CHANNELS.includes(channel) ? this.ctx.config.tickers : []));
  }

  /** Leave the book subscription, if there is one, and ask for a new one. Frames of the old are not heard any more. */
  resubscribeBooks(): void {
    this.leaveBooks();
    this.subscribe(BOOK);
  }

  /** Ask for whole books inside the book subscription. False: there is none. */
  askSnapshots(tickers: readonly string[]): boolean {
    if (this.bookSid === 0) return false;
    const id = this.nextCommand++;
    this.forgetSnapshots();
    this.asked.set(id, { what: SNAPSHOT, time: this.ctx.now });
    this.ctx.port.send(snapshotCommand(id, this.bookSid, tickers));
    return true;
  }

  /**
   * Check a frame's place in its subscription's sequence and move on. Replies carry a number too; should the exchange
   * not count them, the frame that comes next under the same number is not taken for a repeated one. One frame behind is
   * a repetition; two in a row say that a number before them was wrong, and the count starts over from them.
   */
  place(frame: FrameDecoder): Place {
    const s = this.bySid.get(frame.sid);
    if (frame.seq === 0) return 'next';
    if (s === undefined) return 'foreign';
    const { expected, replySeq } = s;
    if (frame.seq < expected) {
      // A snapshot under the number of the last frame describes the present: applying it, even again, is right.
      if (frame.kind === Frame.Snapshot && frame.seq === expected - 1) return 'next';
      const uncounted = !isReply(frame) && frame.seq === replySeq && expected === replySeq + 1;
      if (uncounted) s.replySeq = 0;
      if (uncounted || ++s.old < 2) return uncounted ? 'next' : 'old';
      s.reached = Math.max(s.reached, expected - 1);
      this.forgetSnapshots();
    }
    s.old = 0;
    s.expected = frame.seq + 1;
    s.replySeq = isReply(frame) ? frame.seq : 0;
    this.missed = expected;
    this.isBelated = frame.kind === Frame.Snapshot && frame.seq <= s.reached && !this.asked.has(frame.id);
    if (this.isBelated && frame.seq === expected) return 'old';
    return expected === 0 || frame.seq === expected ? 'next' : 'gap';
  }

  /**
   * `subscribed`, or the `ok` that answers a subscription to what is subscribed already. True: the books go on in a
   * sequence that does not begin with their snapshots, or in another than before.
   */
  confirm(frame: FrameDecoder): boolean {
    const adopted = frame.kind === Frame.Ok;
    const asked = this.asked.get(frame.id)?.what;
    this.asked.delete(frame.id);
    if (frame.sid === 0 || (adopted && (asked === undefined || asked === SNAPSHOT))) return false;
    if (this.bySid.has(frame.sid)) return false;
    const channel = adopted ? asked! : (frame.detail as { channel: string }).channel;
    // Only a book's first number is relied on: a lost first snapshot should be noticed with the next frame.
    const first = channel === BOOK ? 1 : 0;
    const expected = adopted ? (frame.seq === 0 ? 0 : frame.seq + 1) : first;
    const replySeq = adopted ? frame.seq : 0;
    this.bySid.set(frame.sid, { channel, sid: frame.sid, since: this.ctx.now, expected, replySeq, old: 0, reached: 0 });
    if (channel !== BOOK) return false;
    // Two book subscriptions would apply every change twice.
    const replaces = this.bookSid !== 0;
    this.leaveBooks();
    this.bookSid = frame.sid;
    return adopted || replaces;
  }

  /** A snapshot that was asked for is here. */
  answered(id: number): void {
    this.asked.delete(id);
  }

  /** An `error` reply: of a command, or the end of a subscription. */
  refused(frame: FrameDecoder): void {
    const { code, text } = frame.detail as ErrorMessage;
    const asked = this.asked.get(frame.id)?.what;
    this.asked.delete(frame.id);
    const terminal = TERMINAL.includes(code);
    const lost = terminal ? this.bySid.get(frame.sid) : undefined;
    const what = lost?.channel ?? asked ?? (frame.sid === 0 ? 'something' : `sid ${frame.sid}`);
    this.ctx.report('warn', 'feed_error', `the feed refused ${what}: code ${code} ${text}`, { code });
    if (lost !== undefined) this.end(lost, `subscription to ${lost.channel} ended by the exchange (code ${code})`);
    else if (asked === SNAPSHOT) this.events.snapshotRefused();
    else if (asked !== undefined) this.retryLater(asked);
    else if (terminal && frame.sid === 0) this.events.hopeless(`a subscription ended without a name (code ${code})`);
  }

  /** `unsubscribed`, for a subscription we did not leave. */
  unsubscribed(frame: FrameDecoder): void {
    const lost = this.bySid.get(frame.sid);
    if (lost !== undefined) this.end(lost, `subscription to ${lost.channel} ended by the exchange`);
  }

  /** Repeat what was refused, and see that everything is confirmed: deaf on a channel, we would not know it. */
  tick(): void {
    const { ctx } = this;
    if (this.retryAt !== 0 && ctx.now >= this.retryAt) {
      this.retryAt = 0 as TimeUs;
      for (const channel of this.retryChannels.splice(0)) this.subscribe(channel);
    }
    const waitMs = 2 * ctx.config.timing.resubscribeTimeoutMs;
    for (const { what, time } of this.asked.values()) {
      if (what === SNAPSHOT || !ctx.passed(time, waitMs)) continue;
      this.asked.clear();
      this.events.hopeless(`subscription to ${what} not confirmed`);
      return;
    }
  }

  private forgetSnapshots(): void {
    for (const [id, { what }] of this.asked) if (what === SNAPSHOT) this.asked.delete(id);
  }

  private end(lost: Subscription, why: string): void {
    this.bySid.delete(lost.sid);
    if (lost.sid === this.bookSid) this.bookSid = 0;
    // One that ends as soon as it has begun must not become a storm of commands.
    if (this.ctx.passed(lost.since, this.ctx.config.timing.retryMs)) this.subscribe(lost.channel);
    else this.retryLater(lost.channel);
    this.events.lost(lost.channel, why);
  }

  private leaveBooks(): void {
    if (this.bookSid === 0) return;
    this.ctx.port.send(unsubscribeCommand(this.nextCommand++, this.bookSid));
    this.bySid.delete(this.bookSid);
    this.bookSid = 0;
  }

  private retryLater(channel: string): void {
    this.retryChannels.push(channel);
    this.retryAt = this.ctx.after(2 * this.ctx.config.timing.retryMs);
  }
}

/** Frames that answer a command. */
export function isReply(frame: FrameDecoder): boolean {
  const { kind } = frame;
  return kind === Frame.Ok || kind === Frame.Error || kind === Frame.Unsubscribed || kind === Frame.Subscribed;
}
