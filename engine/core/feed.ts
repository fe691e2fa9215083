import { OFF_GRID, REFUSED } from '../market/index.ts';
import { ASK, BID, type Count, type Price, type Side, type TimeUs } from '../units/index.ts';
import {
  type EventLifecycleMessage,
  Frame,
  type FrameDecoder,
  isBookPrice,
  type LifecycleMessage,
  type SnapshotMessage,
  UNKNOWN_MARKET,
} from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import { Quiet } from './quiet.ts';
import { Recovery } from './recovery.ts';
import {
  ACCOUNT_CHANNELS,
  BOOK,
  isReply,
  LIFECYCLE,
  MARKET_CHANNELS,
  PRIVATE,
  Subscriptions,
} from './subscriptions.ts';

/** Messages of the private channels and of the lifecycle channel: each is told once, so one that cannot be read is lost. */
const OF_ORDERS: readonly string[] = ['fill', 'user_order', 'order_group_updates'];
const OF_LISTINGS: readonly string[] = ['market_lifecycle_v2', 'event_lifecycle', 'event_fee_update'];

/** What the feed cannot mend by itself. */
export interface FeedEvents {
  /** Messages about our orders may have been missed. */
  deaf(why: string): void;
  /** Messages about the state of markets may have been missed. */
  listingsMissed(): void;
}

/**
 * The feed as the core sees it: frames applied to the books as long as their sequence is whole, and no trust in a book
 * otherwise. While a book is not in order it is stale and its market is not quoted.
 */
export class Feed {
  private readonly ctx: Context;
  private readonly events: FeedEvents;
  private readonly subscriptions: Subscriptions;
  private readonly recovery: Recovery;
  private readonly quiet: Quiet;
  private marketsWanted = false;
  /** Fresh books that are crossed, and since when. */
  private readonly crossed = new Map<MarketState, TimeUs>();

  constructor(ctx: Context, events: FeedEvents) {
    this.ctx = ctx;
    this.events = events;
    this.subscriptions = new Subscriptions(ctx, {
      lost: (channel, why) => this.lost(channel, why),
      snapshotRefused: () => this.recovery.snapshotRefused(),
      hopeless: (why) => this.recovery.reconnect(why),
    });
    this.recovery = new Recovery(ctx, this.subscriptions, (reason) => this.distrustAll(reason));
    this.quiet = new Quiet(ctx, (market, reason, times) => {
      this.distrust(market, reason);
      this.recovery.dead(times);
    });
  }

  /** Resubscriptions and reconnections asked for, for status. */
  get recoveries(): number {
    return this.recovery.count;
  }

  /** The connection is new: subscribe to everything. Nothing known of the old one holds. */
  linkUp(): void {
    this.reset();
    for (const channel of ACCOUNT_CHANNELS) this.subscriptions.subscribe(channel);
    this.marketsWanted = true;
    this.subscribeMarkets();
  }

  /** The connection is gone: every book is stale. */
  linkDown(): void {
    this.reset();
    for (const market of this.ctx.markets) market.seen = false;
    this.distrustAll('feed connection lost');
  }

  /** True when the private channels are subscribed: what happens to our orders is heard from now on. */
  get privateReady(): boolean {
    return this.subscriptions.privateReady;
  }

  /** Apply a decoded frame. Returns the market to look at again, or null. */
  apply(frame: FrameDecoder): MarketState | null {
    if (!this.inSequence(frame)) return null;
    const market = frame.market === UNKNOWN_MARKET ? null : this.ctx.markets[frame.market]!;
    switch (frame.kind) {
      case Frame.Delta:
        return market === null ? null : this.applyDelta(market, frame);
      case Frame.Snapshot:
        this.subscriptions.answered(frame.id);
        return market === null ? null : this.applySnapshot(market, frame.detail as SnapshotMessage);
      case Frame.Trade:
        if (market !== null && !frame.isBlockTrade) this.hint(market);
        return market;
      case Frame.Subscribed:
      case Frame.Ok:
        if (this.subscriptions.confirm(frame)) {
          this.distrustAll('another book subscription took over');
          this.recovery.need();
        }
        return null;
      case Frame.Unsubscribed:
        this.subscriptions.unsubscribed(frame);
        return null;
      case Frame.Error:
        this.subscriptions.refused(frame);
        return null;
      case Frame.Lifecycle:
        this.ctx.events.lifecycle(frame.detail as LifecycleMessage);
        return market;
      case Frame.EventLifecycle:
        this.ctx.events.described(frame.detail as EventLifecycleMessage);
        return null;
      case Frame.Malformed:
        return this.applyMalformed(market, frame);
      default:
        return market;
    }
  }

  /** A frame that is not of the protocol. A book frame may have been lost in it, and on a quiet day no other follows. */
  garbage(reason: string): void {
    this.ctx.report('warn', 'bad_frame', `feed frame ignored: ${reason}`);
    this.recovery.probe();
  }

  /** Something outside the book subscription says that the market's book has changed. */
  hint(market: MarketState): void {
    if (market.hintTime === 0) market.hintTime = this.ctx.now;
  }

  /** Deadlines of recovery and of subscriptions, and the look at markets that have gone quiet. */
  tick(): void {
    if (!this.ctx.linkUp) return;
    this.subscriptions.tick();
    this.subscribeMarkets();
    if (this.marketsWanted) return;
    this.watchCrossed();
    this.recovery.tick();
    this.quiet.tick();
  }

  /** The exchange matches what crosses: a book that stays crossed is not the exchange's. */
  private watchCrossed(): void {
    const { ctx } = this;
    for (const market of ctx.markets) {
      const since = this.crossed.get(market);
      if (market.book < 0 || market.stale !== '' || !ctx.books.isCrossed(market.book)) {
        if (since !== undefined) this.crossed.delete(market);
      } else if (since === undefined) this.crossed.set(market, ctx.now);
      else if (ctx.passed(since, ctx.config.timing.snapshotTimeoutMs)) {
        const bid = ctx.books.bestPrice(market.book, BID) / 100;
        const ask = ctx.books.bestPrice(market.book, ASK) / 100;
        const text = `its best bid ${bid} does not lie below its best ask ${ask}`;
        ctx.report('warn', 'book_crossed', `${market.ticker}: ${text}: asking for a snapshot`, { bid, ask });
        this.distrust(market, text);
        this.recovery.need();
      }
    }
  }

  /** Once every market's grid is known: before, their snapshots had nowhere to go. */
  private subscribeMarkets(): void {
    if (!this.marketsWanted || this.ctx.markets.some((m) => m.book < 0)) return;
    this.marketsWanted = false;
    for (const channel of MARKET_CHANNELS) this.subscriptions.subscribe(channel);
    this.recovery.subscribing();
  }

  private listingsMissed(): void {
    this.ctx.events.doubt();
    this.events.listingsMissed();
  }

  private lost(channel: string, why: string): void {
    if (channel === BOOK) {
      this.distrustAll(why);
      this.recovery.subscribing();
    } else if (PRIVATE.includes(channel)) this.events.deaf(why);
    else if (channel === LIFECYCLE) this.listingsMissed();
  }

  /** Check the frame's place in its subscription's sequence. False: not to be applied. */
  private inSequence(frame: FrameDecoder): boolean {
    const place = this.subscriptions.place(frame);
    if (place === 'next') return true;
    if (place === 'foreign') return !(frame.kind === Frame.Delta || frame.kind === Frame.Snapshot || isTrade(frame));
    if (place === 'gap') {
      this.gap(frame);
      return !this.subscriptions.isBelated;
    }
    if (isReply(frame)) return true;
    this.ctx.counters.duplicates++;
    return false;
  }

  private gap(frame: FrameDecoder): void {
    const { ctx } = this;
    const { channel, sid } = this.subscriptions.of(frame.sid)!;
    const expected = this.subscriptions.missed;
    const got = frame.seq;
    ctx.counters.gaps++;
    const text = `feed gap on ${channel} (sid ${sid}): expected seq ${expected}, received ${got}`;
    ctx.report('warn', 'feed_gap', text, { sid, expected, got });
    if (channel === LIFECYCLE) this.listingsMissed();
    if (channel !== BOOK) return;
    this.distrustAll(`feed gap: expected seq ${expected}, received ${got}`);
    this.recovery.need();
  }

  private applyDelta(market: MarketState, frame: FrameDecoder): MarketState | null {
    if (market.book < 0) return null;
    market.deltaTime = this.ctx.now;
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
    } else {
      this.ctx.orders.bookChanged(market.index, frame.side, frame.price, frame.count, frame.clientOrderId);
      this.ctx.queues.changed(market, frame.side, frame.price, frame.count, frame.clientOrderId);
    }
    return market;
  }

  private applySnapshot(market: MarketState, snapshot: SnapshotMessage): MarketState | null {
    if (market.book < 0 || market.gridChanged) return null;
    const { books } = this.ctx;
    books.clear(market.book);
    const fault = this.load(market, BID, snapshot.bids) || this.load(market, ASK, snapshot.asks);
    market.seen = true;
    market.snapshotTime = this.ctx.now;
    if (fault === '') {
      market.stale = '';
      this.ctx.orders.bookShown(market.index);
      this.ctx.queues.shown(market);
    } else {
      books.clear(market.book);
      this.gridChanged(market, fault);
    }
    this.recovery.snapshot();
    return market;
  }

  private applyMalformed(market: MarketState | null, frame: FrameDecoder): MarketState | null {
    this.ctx.report('warn', 'bad_frame', `feed frame ignored: ${frame.reason}`);
    if (market !== null) this.distrust(market, frame.reason);
    else if (frame.sid === this.subscriptions.bookSid && frame.sid !== 0) this.distrustAll(frame.reason);
    else this.recovery.probe();
    this.lostWith(market, frame);
    return market;
  }

  /** Books are mended by snapshots; what else a malformed frame told has to be learnt another way. */
  private lostWith(market: MarketState | null, { type, id }: FrameDecoder): void {
    if (OF_ORDERS.includes(type)) this.events.deaf(`a message of type ${type} could not be read`);
    else if (OF_LISTINGS.includes(type)) {
      if (market !== null && type === 'market_lifecycle_v2') {
        // It may have stopped; nothing of what the stream said before stands against the read that follows.
        market.status = 'unknown';
        market.statusTime = 0 as TimeUs;
      }
      this.listingsMissed();
    }
    // It answers no command, so it may have been the end of any subscription. Commands have deadlines of their own.
    else if (type === 'error' && id === 0) this.recovery.reconnect('an error of the feed could not be read');
  }

  /** A market's prices are not on the grid we know: no snapshot mends that, and the other books are not to suffer. */
  private gridChanged(market: MarketState, how: string): void {
    if (market.gridChanged) return;
    market.gridChanged = true;
    this.distrust(market, `its price grid changed (${how})`);
    this.ctx.report('warn', 'grid_changed', `${market.ticker}: its price grid changed (${how}): reading the new one`);
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

  private distrust(market: MarketState, reason: string): void {
    if (market.stale === '') market.staleSince = this.ctx.now;
    market.stale = reason;
    this.ctx.touch(market);
  }

  private distrustAll(reason: string): void {
    for (const market of this.ctx.markets) this.distrust(market, reason);
  }

  private reset(): void {
    this.ctx.events.doubt();
    this.subscriptions.reset();
    this.recovery.reset();
    this.quiet.reset();
    this.crossed.clear();
    this.marketsWanted = false;
  }
}

function isTrade(frame: FrameDecoder): boolean {
  return frame.kind === Frame.Trade;
}
