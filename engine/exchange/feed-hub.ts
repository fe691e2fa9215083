import { type Count, formatCount, formatMoney, type Price, type Side, timeToMs } from '../units/index.ts';
import { fillFrameBody, tradeBody, userOrderBody } from './bodies.ts';
import { gets } from './communications.ts';
import type { Exchange } from './exchange.ts';
import { type Channel, FeedClient, type FeedHost, type FeedLimits, type FeedSink } from './feed.ts';
import { type BookChange, type FeedForm, FIXED_POINT, type Json } from './feed-form.ts';
import type { OrderGroup } from './groups.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { ExchangeListener } from './listing.ts';
import type { ExchangeFill, ExchangeOrder, ExchangeTrade } from './order.ts';
import type { DeskEvent } from './rfq.ts';
import { communicationBody } from './rfq-bodies.ts';
import { tickerBody, tickerKey } from './ticker.ts';

/** Whose news it is. */
type Owner = Pick<ExchangeOrder, 'userId' | 'subaccount'>;

const UNLIMITED: FeedLimits = { commands: null, markets: Number.POSITIVE_INFINITY };

/**
 * Everybody's feed. An event is put into words once for every form somebody hears it in; what differs from client to
 * client is the head, with its subscription's id and number.
 */
export class FeedHub implements ExchangeListener, FeedHost {
  readonly exchange: Exchange;
  readonly form: FeedForm;
  private readonly clients = new Set<FeedClient>();
  /** Book subscriptions by market, and the others by channel. */
  private readonly books = new Map<string, Set<Channel>>();
  private readonly others = new Map<string, Set<Channel>>();
  /** Markets whose `ticker` frame may be out of date. */
  private readonly restated = new Set<string>();

  constructor(exchange: Exchange, form: FeedForm = FIXED_POINT) {
    this.exchange = exchange;
    this.form = form;
    exchange.listeners.push(this);
  }

  /** A client connects; `subaccount`: the only one it hears of, null for all. */
  join(userId: string, sink: FeedSink, limits: FeedLimits = UNLIMITED, subaccount: number | null = null): FeedClient {
    const client = new FeedClient(this, userId, sink, limits, subaccount);
    this.clients.add(client);
    return client;
  }

  /** A client is gone; it is sent nothing more. */
  leave(client: FeedClient): void {
    if (!this.clients.delete(client)) return;
    for (const channel of client.channels) this.removed(channel, null);
  }

  added(channel: Channel, tickers: readonly string[] | null): void {
    if (channel.name === 'orderbook_delta') {
      for (const ticker of tickers ?? channel.tickers!) setOf(this.books, ticker).add(channel);
    } else setOf(this.others, channel.name).add(channel);
  }

  removed(channel: Channel, tickers: readonly string[] | null): void {
    if (channel.name === 'orderbook_delta') {
      for (const ticker of tickers ?? channel.tickers!) dropFrom(this.books, ticker, channel);
    } else if (tickers === null) dropFrom(this.others, channel.name, channel);
  }

  delta(ticker: string, side: Side, price: Price, change: Count, order: ExchangeOrder | null): void {
    const followers = this.books.get(ticker);
    if (followers !== undefined) this.bookChanged(followers, ticker, side, price, change, order);
    this.quotes(ticker);
  }

  private bookChanged(
    followers: ReadonlySet<Channel>,
    ticker: string,
    side: Side,
    price: Price,
    change: Count,
    order: ExchangeOrder | null,
  ): void {
    const what: BookChange = { ticker, side, price, change, time: this.exchange.now() };
    let inYes = '';
    let inNo = '';
    for (const channel of followers) {
      const { client, yesPrices } = channel;
      if (yesPrices && inYes === '') inYes = `${this.form.delta(what, true)}}`;
      if (!yesPrices && inNo === '') inNo = `${this.form.delta(what, false)}}`;
      let body = yesPrices ? inYes : inNo;
      // Who caused it is told to its owner alone.
      if (order !== null && client.hears(order.userId, order.subaccount))
        body = `${body.slice(0, -1)}${this.form.cause(order)}}`;
      client.publish(channel, 'orderbook_delta', body);
    }
  }

  trade(trade: ExchangeTrade): void {
    const times = { ts: Math.floor(trade.time / 1_000_000), ts_ms: timeToMs(trade.time) };
    this.publish('trade', trade.ticker, 'trade', null, () => ({
      market_ticker: trade.ticker,
      ...tradeBody(trade),
      ...times,
    }));
    this.quotes(trade.ticker);
  }

  quote(channel: Channel, ticker: string): void {
    this.quoteTo([channel], ticker);
  }

  private quotes(ticker: string): void {
    const followers = this.others.get('ticker');
    if (followers !== undefined) this.quoteTo(followers, ticker);
  }

  /** The `ticker` frame of a market, to all who have not been sent the like. */
  private quoteTo(channels: Iterable<Channel>, ticker: string): void {
    const market = this.exchange.markets.get(ticker);
    if (market === undefined) return;
    const key = tickerKey(this.exchange, market);
    let body = '';
    for (const channel of channels) {
      if (channel.tickers !== null && !channel.tickers.has(ticker)) continue;
      if (channel.sent.get(ticker) === key) continue;
      channel.sent.set(ticker, key);
      if (body === '') body = JSON.stringify(this.form.body('ticker', tickerBody(this.exchange, market)));
      channel.client.publish(channel, 'ticker', body);
    }
  }

  fill(fill: ExchangeFill): void {
    this.publish('fill', fill.ticker, 'fill', fill, () => fillFrameBody(fill));
  }

  order(order: ExchangeOrder): void {
    this.publish('user_orders', order.ticker, 'user_order', order, () => userOrderBody(order));
  }

  position(userId: string, ticker: string, subaccount: number): void {
    this.publish('market_positions', ticker, 'market_position', { userId, subaccount }, () => {
      const h = this.exchange.account(userId, subaccount).holding(ticker);
      return {
        user_id: userId,
        market_ticker: ticker,
        position_fp: formatCount(h.position),
        position_cost_dollars: formatMoney(h.exposure),
        realized_pnl_dollars: formatMoney(h.realized),
        fees_paid_dollars: formatMoney(h.feesPaid),
        position_fee_cost_dollars: formatMoney(h.openFees),
        volume_fp: formatCount(h.volume),
        subaccount,
      };
    });
    this.restate(ticker);
  }

  /** A fill changes the open interest after its print was told: tell it once the step is through. */
  private restate(ticker: string): void {
    if (!this.others.has('ticker')) return;
    if (this.restated.size === 0)
      queueMicrotask(() => {
        const tickers = [...this.restated];
        this.restated.clear();
        for (const each of tickers) this.quotes(each);
      });
    this.restated.add(ticker);
  }

  lifecycle({ type, msg }: LifecycleEvent): void {
    // Multivariate markets have a channel of their own.
    if (String(msg['market_ticker'] ?? msg['event_ticker']).startsWith('KXMVE')) return;
    this.publish('market_lifecycle_v2', '', type, null, () => msg);
  }

  group(group: OrderGroup, event: string): void {
    this.publish('order_group_updates', '', 'order_group_updates', group, () => ({
      event_type: event,
      order_group_id: group.groupId,
      ...(event === 'created' || event === 'limit_updated' ? { contracts_limit_fp: formatCount(group.limit) } : {}),
      ts_ms: timeToMs(this.exchange.now()),
    }));
  }

  /** What happens at the RFQ desk: a request to everybody, a quote to its two parties. */
  communicate(event: DeskEvent): void {
    const eventTicker = this.exchange.markets.get(event.rfq.ticker)?.listing.eventTicker ?? '';
    for (const channel of this.others.get('communications') ?? []) {
      const { client } = channel;
      // To a client that hears of one subaccount only, the user's others are strangers.
      const party = 'quote' in event && client.hears(event.quote.userId, event.quote.subaccount);
      const viewer = party || client.hears(event.rfq.userId, event.rfq.subaccount) ? client.userId : '';
      if (!gets(channel.share, event, viewer)) continue;
      const body = communicationBody(event, viewer, eventTicker);
      if (body !== null) channel.client.publish(channel, event.type, JSON.stringify(this.form.body(event.type, body)));
    }
  }

  /** Send to the followers of a channel: to all, or to those of one subaccount. */
  private publish(name: string, ticker: string, type: string, of: Owner | null, msg: () => Json): void {
    let body = '';
    for (const channel of this.others.get(name) ?? []) {
      if (of !== null && !channel.client.hears(of.userId, of.subaccount)) continue;
      if (ticker !== '' && channel.tickers !== null && !channel.tickers.has(ticker)) continue;
      if (body === '') body = JSON.stringify(this.form.body(type, msg()));
      channel.client.publish(channel, type, body);
    }
  }
}

function setOf<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  let set = map.get(key);
  if (set === undefined) {
    set = new Set();
    map.set(key, set);
  }
  return set;
}

function dropFrom<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}
