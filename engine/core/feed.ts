import { NO_LEVEL, OFF_GRID, REFUSED } from '../market/index.ts';
import { ASK, BID, type Count, type Price, type Side, type TimeUs } from '../units/index.ts';
import {
  type ErrorMessage,
  Frame,
  type FrameDecoder,
  isBookPrice,
  type SnapshotMessage,
  snapshotCommand,
  subscribeCommand,
  UNKNOWN_MARKET,
  unsubscribeCommand,
} from '../wire/index.ts';
import type { Context, MarketState } from './context.ts';

const BOOK = 'orderbook_delta';
/** Channels that cover the account or everything: subscribed as soon as the link is up. */
const ACCOUNT_CHANNELS = ['fill', 'user_orders', 'order_group_updates', 'market_lifecycle_v2'] as const;
/** What tells about our orders. While one is missing, things happen to them unheard. */
const PRIVATE_CHANNELS: readonly string[] = ['fill', 'user_orders'];
/** Channels filtered to our markets: subscribed once every market's grid is known, or their snapshots had nowhere to go. */
const MARKET_CHANNELS: readonly string[] = [BOOK, 'trade'];

interface Subscription {
  readonly channel: string;
  sid: number;
  /** Next sequence number, 0 until the first frame of the sid. */
  expected: number;
}

type Recovery = 'none' | 'snapshot' | 'resubscribe' | 'reconnect';

/**
 * The feed as the core sees it: subscriptions, the sequence of each, the books, and the way back after a gap: ask for
 * snapshots, else resubscribe, else reconnect, each with a deadline. While a book is not in order it is stale and its
 * market is not quoted.
 */
export class Feed {
  /** Resubscriptions and reconnections asked for, for status. */
  recoveries = 0;
  private readonly ctx: Context;
  private nextCommand = 1;
  private readonly asked = new Map<number, { readonly what: string; readonly time: TimeUs }>();
  private readonly bySid = new Map<number, Subscription>();
  private bookSid = 0;
  private recovery: Recovery = 'none';
  private recoverySince = 0 as TimeUs;
  private retrySubscribeAt = 0 as TimeUs;
  private readonly retryChannels: string[] = [];
  private marketsWanted = false;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** The connection is new: subscribe to everything. Nothing known of the old one holds. */
  linkUp(): void {
    this.reset();
    for (const channel of ACCOUNT_CHANNELS) this.subscribe(channel);
    this.marketsWanted = true;
    this.subscribeMarkets();
  }

  private subscribeMarkets(): void {
    if (!this.marketsWanted || this.ctx.markets.some((m) => m.book < 0)) return;
    this.marketsWanted = false;
    for (const channel of MARKET_CHANNELS) this.subscribe(channel);
    this.setRecovery('resubscribe');
  }

  /** The connection is gone: every book is stale. */
  linkDown(): void {
    this.reset();
    for (const market of this.ctx.markets) {
      market.seen = false;
      this.distrust(market, 'feed connection lost');
    }
  }

  /** True when the private channels are subscribed: what happens to our orders is heard from now on. */
  get privateReady(): boolean {
    let ready = 0;
    for (const s of this.bySid.values()) if (PRIVATE_CHANNELS.includes(s.channel)) ready++;
    return ready === PRIVATE_CHANNELS.length;
  }

  /** Apply a decoded public frame. Returns the market to look at again, or null. */
  apply(frame: FrameDecoder): MarketState | null {
    if (!this.inSequence(frame)) return null;
    const market = frame.market === UNKNOWN_MARKET ? null : this.ctx.markets[frame.market]!;
    switch (frame.kind) {
      case Frame.Delta:
        return market === null ? null : this.applyDelta(market, frame);
      case Frame.Snapshot:
        this.asked.delete(frame.id);
        return market === null ? null : this.applySnapshot(market, frame.detail as SnapshotMessage);
      case Frame.Subscribed:
        this.subscribed(frame);
        return null;
      case Frame.Error:
        this.refused(frame);
        return null;
      case Frame.Malformed:
        if (market !== null) this.distrust(market, frame.reason);
        else if (frame.sid === this.bookSid && this.bookSid !== 0) this.distrustAll(frame.reason);
        return market;
      default:
        return market;
    }
  }

  /** A frame that is not of the protocol. If a book frame was lost in it, the next sequence number will tell. */
  garbage(reason: string): void {
    this.ctx.report('warn', 'bad_frame', `feed frame ignored: ${reason}`);
  }

  /** Deadlines of recovery and of refused subscriptions. */
  tick(): void {
    const { ctx } = this;
    if (!ctx.linkUp) return;
    if (this.retrySubscribeAt !== 0 && ctx.now >= this.retrySubscribeAt) {
      this.retrySubscribeAt = 0 as TimeUs;
      for (const channel of this.retryChannels.splice(0)) this.subscribe(channel);
    }
    this.subscribeMarkets();
    if (this.marketsWanted || this.unanswered()) return;
    if (ctx.markets.every((m) => !this.recoverable(m))) {
      this.recovery = 'none';
      return;
    }
    this.advanceRecovery();
  }

  /** A subscription nobody confirms leaves us deaf on its channel without a sign: a new connection settles it. */
  private unanswered(): boolean {
    const { ctx } = this;
    const waitMs = 2 * ctx.config.timing.resubscribeTimeoutMs;
    for (const { what, time } of this.asked.values()) {
      if (what === 'get_snapshot' || !ctx.passed(time, waitMs)) continue;
      this.recoveries++;
      this.asked.clear();
      ctx.report(
        'warn',
        'feed_reconnect',
        `the subscription to ${what} was not confirmed: opening a new feed connection`,
      );
      ctx.port.reconnect(`subscription to ${what} not confirmed`);
      return true;
    }
    return false;
  }

  private advanceRecovery(): void {
    const { ctx } = this;
    const { snapshotTimeoutMs, resubscribeTimeoutMs } = ctx.config.timing;
    if (this.recovery === 'none') this.askSnapshots();
    else if (this.recovery === 'snapshot' && ctx.passed(this.recoverySince, snapshotTimeoutMs)) this.resubscribe();
    else if (this.recovery === 'resubscribe' && ctx.passed(this.recoverySince, resubscribeTimeoutMs)) {
      this.recoveries++;
      this.setRecovery('reconnect');
      ctx.report('warn', 'feed_reconnect', 'books did not recover by resubscribing: opening a new feed connection');
      ctx.port.reconnect('books did not recover');
    } else if (this.recovery === 'reconnect' && ctx.passed(this.recoverySince, 2 * resubscribeTimeoutMs)) {
      this.recovery = 'none';
    }
  }

  /** A book that is not in order and that a snapshot could put in order. */
  private recoverable(market: MarketState): boolean {
    return market.book >= 0 && !market.gridChanged && (market.stale !== '' || !market.seen);
  }

  /** A market's prices are not on the grid we know: no snapshot mends that, and the other books are not to suffer. */
  private gridChanged(market: MarketState, how: string): void {
    if (market.gridChanged) return;
    market.gridChanged = true;
    this.distrust(market, `its price grid changed (${how})`);
    const text = `${market.ticker}: its price grid changed (${how}): reading the new one`;
    this.ctx.report('warn', 'grid_changed', text);
  }

  private askSnapshots(): void {
    const tickers = this.ctx.markets.filter((m) => this.recoverable(m)).map((m) => m.ticker);
    if (this.bookSid === 0) {
      this.setRecovery('resubscribe');
      return;
    }
    this.setRecovery('snapshot');
    const id = this.nextCommand++;
    this.asked.set(id, { what: 'get_snapshot', time: this.ctx.now });
    this.ctx.port.send(snapshotCommand(id, this.bookSid, tickers));
  }

  private resubscribe(): void {
    this.recoveries++;
    this.setRecovery('resubscribe');
    this.ctx.report('warn', 'feed_resubscribe', 'no snapshot came in time: subscribing to the books anew');
    if (this.bookSid !== 0) this.ctx.port.send(unsubscribeCommand(this.nextCommand++, this.bookSid));
    this.bySid.delete(this.bookSid);
    this.bookSid = 0;
    this.subscribe(BOOK);
  }

  private subscribe(channel: string): void {
    const id = this.nextCommand++;
    this.asked.set(id, { what: channel, time: this.ctx.now });
    this.ctx.port.send(subscribeCommand(id, channel, MARKET_CHANNELS.includes(channel) ? this.ctx.config.tickers : []));
  }

  private subscribed(frame: FrameDecoder): void {
    const channel = (frame.detail as { channel: string }).channel;
    this.asked.delete(frame.id);
    if (this.bySid.has(frame.sid)) return;
    this.bySid.set(frame.sid, { channel, sid: frame.sid, expected: 0 });
    if (channel === BOOK) this.bookSid = frame.sid;
  }

  private refused(frame: FrameDecoder): void {
    const { code, text } = frame.detail as ErrorMessage;
    const asked = this.asked.get(frame.id)?.what;
    this.asked.delete(frame.id);
    const terminal = code === 10 || code === 25;
    const lost = terminal ? this.bySid.get(frame.sid) : undefined;
    const what = lost?.channel ?? asked ?? `sid ${frame.sid}`;
    this.ctx.report('warn', 'feed_error', `the feed refused ${what}: code ${code} ${text}`, { code });
    if (lost !== undefined) {
      this.bySid.delete(frame.sid);
      if (lost.channel === BOOK) {
        this.bookSid = 0;
        this.distrustAll(`book subscription ended by the exchange (code ${code})`);
        this.setRecovery('resubscribe');
      } else if (PRIVATE_CHANNELS.includes(lost.channel)) this.ctx.distrustOrders();
      this.subscribe(lost.channel);
    } else if (asked === 'get_snapshot') this.resubscribe();
    else if (asked !== undefined) {
      this.retryChannels.push(asked);
      this.retrySubscribeAt = this.ctx.after(2 * this.ctx.config.timing.retryMs);
    }
  }

  /** Check the frame's place in its subscription's sequence. False: a duplicate, not to be applied. */
  private inSequence(frame: FrameDecoder): boolean {
    if (frame.seq === 0) return true;
    const subscription = this.bySid.get(frame.sid);
    if (subscription === undefined) return frame.kind !== Frame.Delta && frame.kind !== Frame.Snapshot;
    const { expected } = subscription;
    if (expected === 0 || frame.seq === expected) {
      subscription.expected = frame.seq + 1;
      return true;
    }
    if (frame.seq < expected) {
      this.ctx.counters.duplicates++;
      return false;
    }
    subscription.expected = frame.seq + 1;
    this.gap(subscription, expected, frame.seq);
    return true;
  }

  private gap(subscription: Subscription, expected: number, got: number): void {
    this.ctx.counters.gaps++;
    const text = `feed gap on ${subscription.channel} (sid ${subscription.sid}): expected seq ${expected}, received ${got}`;
    this.ctx.report('warn', 'feed_gap', text, { sid: subscription.sid, expected, got });
    if (subscription.channel !== BOOK) return;
    this.distrustAll(`feed gap: expected seq ${expected}, received ${got}`);
    this.askSnapshots();
  }

  private applyDelta(market: MarketState, frame: FrameDecoder): MarketState | null {
    if (market.book < 0) return null;
    if (!market.seen) {
      this.distrust(market, 'delta before a snapshot');
      return market;
    }
    if (market.stale !== '' || market.gridChanged) return null;
    const { books } = this.ctx;
    const level = isBookPrice(frame.price) ? books.levelOf(market.book, frame.price) : OFF_GRID;
    if (level === OFF_GRID)
      this.distrust(market, `delta at ${frame.price / 10_000}, which is not on the market's grid`);
    else if (books.add(market.book, frame.side, level, frame.count) === REFUSED) {
      this.distrust(market, `delta of ${frame.count / 100} would make the level at ${frame.price / 10_000} negative`);
    } else this.ctx.orders.bookChanged(market.index, frame.side, frame.price, frame.count);
    return market;
  }

  private applySnapshot(market: MarketState, snapshot: SnapshotMessage): MarketState | null {
    if (market.book < 0 || market.gridChanged) return null;
    const { books } = this.ctx;
    books.clear(market.book);
    const fault = this.load(market, BID, snapshot.bids) || this.load(market, ASK, snapshot.asks);
    market.seen = true;
    if (fault === '') {
      market.stale = '';
      this.ctx.orders.bookShown(market.index);
      this.openMark(market);
    } else {
      books.clear(market.book);
      this.gridChanged(market, fault);
    }
    return market;
  }

  private load(market: MarketState, side: Side, levels: readonly number[]): string {
    const { books } = this.ctx;
    for (let i = 0; i < levels.length; i += 2) {
      const at = levels[i]! as Price;
      const level = isBookPrice(at) ? books.levelOf(market.book, at) : OFF_GRID;
      if (level === OFF_GRID) return `snapshot level at ${at / 10_000}, which is not on the market's grid`;
      books.set(market.book, side, level, levels[i + 1]! as Count);
    }
    return '';
  }

  private openMark(market: MarketState): void {
    const { books, ledger } = this.ctx;
    if (books.bestLevel(market.book, BID) === NO_LEVEL || books.bestLevel(market.book, ASK) === NO_LEVEL) return;
    ledger.markOpening(market.index, books.bestPrice(market.book, BID), books.bestPrice(market.book, ASK));
  }

  private distrust(market: MarketState, reason: string): void {
    if (market.stale === '') market.staleSince = this.ctx.now;
    market.stale = reason;
    this.ctx.touch(market);
  }

  private distrustAll(reason: string): void {
    for (const market of this.ctx.markets) this.distrust(market, reason);
  }

  private setRecovery(recovery: Recovery): void {
    this.recovery = recovery;
    this.recoverySince = this.ctx.now;
  }

  private reset(): void {
    this.nextCommand = 1;
    this.asked.clear();
    this.bySid.clear();
    this.bookSid = 0;
    this.recovery = 'none';
    this.retryChannels.length = 0;
    this.marketsWanted = false;
    this.retrySubscribeAt = 0 as TimeUs;
  }
}
