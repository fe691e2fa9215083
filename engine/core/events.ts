import {
  type EventGroup,
  EventGroups,
  type EventMarket,
  NO_LEVEL,
  othersAt,
  othersFrom,
  type Strike,
} from '../market/index.ts';
import { type EventView, OwnResting, type SiblingView } from '../quoting/index.ts';
import type { Count, Price, Side, TimeUs } from '../units/index.ts';
import {
  type EventBody,
  type EventLifecycleMessage,
  type EventRecord,
  eventBody,
  type LifecycleMessage,
} from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import { understood, whyNot } from './reader.ts';

/** How an event's markets hang together, for people. */
export interface EventStatus {
  readonly ticker: string;
  /** See `ShapeKind`. */
  readonly kind: string;
  /** Exactly one of the markets settles YES; null where it is not known. */
  readonly partition: boolean | null;
  readonly why: string;
  /** Every market known, those this session does not trade included. */
  readonly markets: readonly string[];
}

/**
 * The events of this session's markets. Each is read over REST with all its markets, after every connection and
 * whenever news of markets may have been missed; the stream keeps it up to date in between. Until its markets have been
 * read an event's shape is unknown, and nothing is concluded. Nothing else waits for these reads, and they leave half of
 * the read budget to what cannot wait.
 */
export class Events {
  /** Hears of every event that was read. */
  onRead: (event: EventRecord) => void = () => {};
  private readonly ctx: Context;
  private readonly groups = new EventGroups();
  private readonly views = new Map<string, LiveEvent>();
  /** Events to be read, in order. */
  private readonly wanted = new Set<string>();
  /** Events about which people have been told that they cannot be read. */
  private readonly complained = new Set<string>();
  private asking = false;
  private retryAt = 0 as TimeUs;
  /** Counts doubts: a list asked for before one proves nothing. */
  private doubts = 0;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** News of markets may have been missed: no list is complete until it has been read again. */
  doubt(): void {
    this.doubts++;
    this.groups.doubt();
    for (const market of this.ctx.markets) if (market.eventTicker !== '') this.ctx.touch(market);
    this.wanted.clear();
  }

  /** Read what is not known, one event at a time. Called at every timer. */
  tick(): void {
    const { ctx, wanted } = this;
    if (!ctx.linkUp || !ctx.reconciled || this.asking || ctx.now < this.retryAt) return;
    for (const { eventTicker } of ctx.markets) {
      if (eventTicker !== '' && this.groups.get(eventTicker)?.complete !== true) wanted.add(eventTicker);
    }
    this.next();
  }

  private next(): void {
    const { ctx, wanted } = this;
    const [ticker] = wanted;
    if (ticker === undefined) return;
    if (ctx.reads.available(ctx.now) - ctx.costs.defaultCost < ctx.reads.capacity / 2) return;
    wanted.delete(ticker);
    this.asking = true;
    const { doubts } = this;
    const path = `/events/${encodeURIComponent(ticker)}`;
    ctx.read('getEvent', path, 'with_nested_markets=true', ctx.costs.defaultCost, (outcome) => {
      this.asking = false;
      const decoded = understood(outcome, eventBody);
      if (decoded.kind !== 'ok') this.failed(ticker, whyNot(decoded));
      else if (doubts === this.doubts) {
        this.take(decoded.value);
        if (this.groups.get(ticker)?.complete !== true) this.failed(ticker, 'the answer does not list them');
      }
      if (ctx.now >= this.retryAt && ctx.phase !== 'stopping' && ctx.phase !== 'stopped') this.next();
    });
  }

  private failed(ticker: string, why: string): void {
    const { ctx } = this;
    this.retryAt = ctx.after(10 * ctx.config.timing.retryMs);
    if (this.complained.has(ticker)) return;
    this.complained.add(ticker);
    const text = `${ticker}: the event's markets cannot be read, nothing is concluded about them: ${why}`;
    ctx.report('warn', 'event_unknown', text);
  }

  private take({ event, markets }: EventBody): void {
    this.onRead(event);
    const group = this.groups.describe(event);
    const before = group.shape.kind;
    // A list that lacks a market of ours was made before it, or for somebody else.
    const listed = new Set(markets.map((m) => m.ticker));
    const lacking = this.ctx.markets.some((m) => m.eventTicker === event.eventTicker && !listed.has(m.ticker));
    this.groups.list(event.eventTicker, markets, markets.length > 0 && !lacking);
    this.changed(group, before);
  }

  /** The exchange told of an event: what it says of one of ours counts. */
  described(message: EventLifecycleMessage): void {
    const { eventTicker, collateralReturn } = message;
    const group = this.groups.get(eventTicker);
    if (group === undefined) return;
    const before = group.shape.kind;
    this.groups.describe({ eventTicker, collateralReturn, mutuallyExclusive: null });
    this.changed(group, before);
  }

  /** Something happened to a market, ours or not: a new one of an event of ours, other strikes, a result. */
  lifecycle(message: LifecycleMessage): void {
    const group = this.groups.of(message.ticker) ?? this.groups.get(message.metadata?.eventTicker ?? '');
    if (group === undefined) return;
    const before = group.shape.kind;
    if (this.groups.lifecycle(message)) this.changed(group, before);
  }

  private changed(group: EventGroup, before: string): void {
    const { ctx } = this;
    for (const market of ctx.markets) if (market.eventTicker === group.ticker) ctx.touch(market);
    const { kind, why } = group.shape;
    if (kind === before || group.markets.length < 2) return;
    ctx.report('info', 'event_shape', `${group.ticker}: ${group.markets.length} markets, ${kind}: ${why}`);
  }

  /** The event of a market, null while nothing is known of it. */
  of(market: MarketState): EventView | null {
    const known = this.views.get(market.eventTicker);
    if (known !== undefined) return known;
    const group = this.groups.get(market.eventTicker);
    if (group === undefined) return null;
    const view = new LiveEvent(this.ctx, group);
    this.views.set(market.eventTicker, view);
    return view;
  }

  /** What is known of an event, undefined before it was described. */
  group(eventTicker: string): EventGroup | undefined {
    return this.groups.get(eventTicker);
  }

  /** Every event of this session's markets. */
  status(): EventStatus[] {
    const tickers = new Set(this.ctx.markets.map((m) => m.eventTicker).filter((ticker) => ticker !== ''));
    return [...tickers].map((ticker) => {
      const group = this.groups.get(ticker);
      if (group === undefined) return { ticker, kind: 'unknown', partition: null, why: 'not read yet', markets: [] };
      const { kind, partition, why } = group.shape;
      return { ticker, kind, partition, why, markets: group.markets.map((m) => m.ticker) };
    });
  }
}

class LiveEvent implements EventView {
  private readonly ctx: Context;
  private readonly group: EventGroup;
  private readonly siblings: LiveSibling[] = [];

  constructor(ctx: Context, group: EventGroup) {
    this.ctx = ctx;
    this.group = group;
  }

  get ticker(): string {
    return this.group.ticker;
  }

  get shape(): EventGroup['shape'] {
    return this.group.shape;
  }

  /** Markets are added to an event and never leave it. */
  get markets(): readonly SiblingView[] {
    const { siblings, group } = this;
    while (siblings.length < group.markets.length) siblings.push(new LiveSibling(this.ctx, group, siblings.length));
    return siblings;
  }
}

class LiveSibling implements SiblingView {
  readonly ticker: string;
  private readonly ctx: Context;
  private readonly group: EventGroup;
  private readonly place: number;
  private readonly market: MarketState | null;
  private readonly own: OwnResting;

  constructor(ctx: Context, group: EventGroup, place: number) {
    this.ctx = ctx;
    this.group = group;
    this.place = place;
    this.ticker = group.markets[place]!.ticker;
    this.market = ctx.markets[ctx.tickers.indexOf(this.ticker)] ?? null;
    this.own = new OwnResting(ctx.books, ctx.orders);
    this.own.market = this.market?.index ?? 0;
  }

  private get told(): EventMarket {
    return this.group.markets[this.place]!;
  }

  get strike(): Strike {
    return this.told.strike;
  }

  get result(): string {
    return this.told.result;
  }

  get isTrusted(): boolean {
    const { market } = this;
    return market !== null && market.book >= 0 && market.status === 'active' && market.seen && market.stale === '';
  }

  get position(): Count {
    return this.market === null ? (0 as Count) : this.ctx.ledger.position(this.market.index);
  }

  bestPrice(side: Side): Price {
    const level = this.bestLevel(side);
    return level === NO_LEVEL ? (0 as Price) : this.ctx.books.grid(this.market!.book).price(level);
  }

  bestSize(side: Side): Count {
    const level = this.bestLevel(side);
    return level === NO_LEVEL ? (0 as Count) : othersAt(this.ctx.books, this.own, this.market!.book, side, level);
  }

  private bestLevel(side: Side): number {
    if (!this.isTrusted) return NO_LEVEL;
    const { books, now } = this.ctx;
    const { book } = this.market!;
    this.own.time = now;
    return othersFrom(books, this.own, book, side, books.bestLevel(book, side));
  }
}
