import {
  ASK,
  BID,
  type Count,
  complement,
  formatCount,
  formatMoney,
  formatPrice,
  formatRfc3339,
  type Price,
  type Side,
  timeToMs,
} from '../units/index.ts';
import { fillFrameBody, marketId, sideLevels, tradeBody, userOrderBody } from './bodies.ts';
import { type CommunicationsShare, EVERYTHING, gets, shareOf } from './communications.ts';
import type { Exchange } from './exchange.ts';
import type { OrderGroup } from './groups.ts';
import type { ExchangeListener } from './listing.ts';
import type { ExchangeFill, ExchangeOrder, ExchangeTrade } from './order.ts';
import type { DeskEvent } from './rfq.ts';
import { communicationBody } from './rfq-bodies.ts';
import { tickerBody, tickerKey } from './ticker.ts';

/** The way to one client. `send` is false when the client reads too slowly and was dropped. */
export interface FeedSink {
  send(text: string): void;
}

interface Channel {
  readonly name: string;
  readonly sid: number;
  seq: number;
  /** Markets it is filtered to; null: all. */
  tickers: Set<string> | null;
  readonly yesPrices: boolean;
  /** Which of the RFQ messages it gets. */
  readonly share: CommunicationsShare;
  /** What was last sent of each market, where only changes are sent. */
  readonly sent: Map<string, string>;
}

const COMMANDS = ['subscribe', 'unsubscribe', 'update_subscription', 'list_subscriptions'];
const SEQUENCED = ['orderbook_delta', 'trade', 'market_lifecycle_v2', 'order_group_updates', 'communications'];
const PLAIN = ['ticker', 'fill', 'market_positions', 'user_orders'];

type Json = Readonly<Record<string, unknown>>;

/** One client's feed connection: its subscriptions, their sids and sequence numbers, and what it is sent. */
export class FeedClient implements ExchangeListener {
  readonly userId: string;
  private readonly exchange: Exchange;
  private readonly sink: FeedSink;
  private readonly channels: Channel[] = [];
  private nextSid = 1;

  constructor(exchange: Exchange, userId: string, sink: FeedSink) {
    this.exchange = exchange;
    this.userId = userId;
    this.sink = sink;
  }

  /** Handle one command. Never throws. */
  command(text: string): void {
    let command: Json;
    try {
      command = JSON.parse(text) as Json;
    } catch {
      this.error(0, 1, 'Unable to process message');
      return;
    }
    if (typeof command !== 'object' || command === null) return this.error(0, 1, 'Unable to process message');
    const id = Number.isSafeInteger(command['id']) ? (command['id'] as number) : 0;
    const params = command['params'];
    if (!COMMANDS.includes(String(command['cmd']))) return this.error(id, 5, 'Unknown command');
    if (command['cmd'] === 'list_subscriptions') {
      const msg = this.channels.map((c) => ({ channel: c.name, sid: c.sid }));
      return this.send({ id, type: 'ok', msg });
    }
    if (typeof params !== 'object' || params === null) return this.error(id, 2, 'Params required');
    if (command['cmd'] === 'subscribe') this.subscribe(id, params as Json);
    else if (command['cmd'] === 'unsubscribe') this.unsubscribe(id, params as Json);
    else this.update(id, params as Json);
  }

  private subscribe(id: number, params: Json): void {
    const names = params['channels'];
    if (!Array.isArray(names) || names.length === 0) return this.error(id, 3, 'Channels required');
    const given = tickersOf(params);
    for (const name of names as unknown[]) {
      if (typeof name !== 'string' || !(SEQUENCED.includes(name) || PLAIN.includes(name))) {
        this.error(id, 8, 'Unknown channel name');
        continue;
      }
      if (name === 'orderbook_delta' && (given === null || given.length === 0)) {
        this.error(id, 14, 'Market ticker required');
        continue;
      }
      const share = shareOf(params);
      if (name === 'communications' && 'code' in share) {
        this.error(id, share.code, share.text);
        continue;
      }
      const existing = this.channels.find((c) => c.name === name);
      if (existing !== undefined) {
        this.addMarkets(id, existing, given ?? []);
        continue;
      }
      const tickers = given === null || !takesFilter(name) ? null : new Set(given);
      const channel: Channel = {
        name,
        sid: this.nextSid++,
        seq: 0,
        tickers,
        yesPrices: params['use_yes_price'] === true,
        share: 'code' in share ? EVERYTHING : share,
        sent: new Map(),
      };
      this.channels.push(channel);
      this.send({ id, type: 'subscribed', msg: { channel: name, sid: channel.sid } });
      if (name === 'orderbook_delta') for (const ticker of channel.tickers!) this.snapshot(channel, ticker, 0);
      if (name === 'ticker' && params['send_initial_snapshot'] === true)
        for (const ticker of channel.tickers ?? this.exchange.markets.keys()) this.quote(channel, ticker);
    }
  }

  private unsubscribe(id: number, params: Json): void {
    const sids = params['sids'];
    if (!Array.isArray(sids) || sids.length === 0) return this.error(id, 4, 'Subscription IDs required');
    for (const sid of sids as unknown[]) {
      const at = this.channels.findIndex((c) => c.sid === sid);
      if (at < 0) {
        this.error(id, 7, 'Unknown subscription ID');
        continue;
      }
      const [channel] = this.channels.splice(at, 1);
      this.send({ id, sid: channel!.sid, ...this.numbered(channel!), type: 'unsubscribed' });
    }
  }

  private update(id: number, params: Json): void {
    const sids = params['sids'] ?? (params['sid'] === undefined ? [] : [params['sid']]);
    if (!Array.isArray(sids) || sids.length !== 1) return this.error(id, 12, 'Exactly one subscription ID is required');
    const channel = this.channels.find((c) => c.sid === sids[0]);
    if (channel === undefined) return this.error(id, 7, 'Unknown subscription ID');
    const action = params['action'];
    if (action === undefined) return this.error(id, 15, 'Action required');
    const tickers = tickersOf(params);
    if (tickers === null) return this.error(id, 14, 'Market ticker required');
    if (action === 'add_markets') this.addMarkets(id, channel, tickers);
    else if (action === 'delete_markets') {
      for (const ticker of tickers) channel.tickers?.delete(ticker);
      this.ok(id, channel);
    } else if (action === 'get_snapshot' && channel.name === 'orderbook_delta') {
      for (const ticker of tickers) {
        if (channel.tickers!.has(ticker)) this.snapshot(channel, ticker, id);
        else this.error(id, 11, 'Invalid parameter', ticker);
      }
    } else this.error(id, 13, 'Unsupported action');
  }

  private addMarkets(id: number, channel: Channel, tickers: readonly string[]): void {
    const fresh = tickers.filter((t) => channel.tickers !== null && !channel.tickers.has(t));
    for (const ticker of fresh) channel.tickers!.add(ticker);
    this.ok(id, channel);
    if (channel.name === 'orderbook_delta') for (const ticker of fresh) this.snapshot(channel, ticker, 0);
  }

  private ok(id: number, channel: Channel): void {
    const msg = { market_tickers: [...(channel.tickers ?? [])] };
    this.send({ id, sid: channel.sid, ...this.numbered(channel), type: 'ok', msg });
  }

  /** The next number of a sequenced subscription; nothing for the others. */
  private numbered(channel: Channel): { seq?: number } {
    return SEQUENCED.includes(channel.name) ? { seq: ++channel.seq } : {};
  }

  private snapshot(channel: Channel, ticker: string, id: number): void {
    const market = this.exchange.markets.get(ticker);
    const yes = market === undefined ? [] : sideLevels(market, BID, 0, true);
    const no = market === undefined ? [] : sideLevels(market, ASK, 0, !channel.yesPrices);
    const msg: Record<string, unknown> = { market_ticker: ticker, market_id: marketId(ticker) };
    if (yes.length > 0) msg['yes_dollars_fp'] = yes;
    if (no.length > 0) msg['no_dollars_fp'] = no;
    const head = { type: 'orderbook_snapshot', sid: channel.sid, seq: ++channel.seq };
    this.send(id === 0 ? { ...head, msg } : { ...head, id, msg });
  }

  delta(ticker: string, side: Side, price: Price, delta: Count, order: ExchangeOrder | null): void {
    for (const channel of this.channels) {
      if (channel.name === 'ticker') this.quote(channel, ticker);
      if (channel.name !== 'orderbook_delta' || !channel.tickers!.has(ticker)) continue;
      const shown = side === ASK && !channel.yesPrices ? complement(price) : price;
      const leg = side === BID ? 'yes' : 'no';
      const time = this.exchange.now();
      const own =
        order !== null && order.userId === this.userId && order.clientOrderId !== ''
          ? `,"client_order_id":${JSON.stringify(order.clientOrderId)}`
          : '';
      this.sink.send(
        `{"type":"orderbook_delta","sid":${channel.sid},"seq":${++channel.seq},"msg":{"market_ticker":"${ticker}","market_id":"${marketId(ticker)}","price_dollars":"${formatPrice(shown)}","delta_fp":"${formatCount(delta)}","side":"${leg}","ts":"${formatRfc3339(time)}","ts_ms":${timeToMs(time)}${own}}}`,
      );
    }
  }

  trade(trade: ExchangeTrade): void {
    const times = { ts: Math.floor(trade.time / 1_000_000), ts_ms: timeToMs(trade.time) };
    this.publish('trade', trade.ticker, 'trade', () => ({
      market_ticker: trade.ticker,
      ...tradeBody(trade),
      ...times,
    }));
    for (const channel of this.channels) if (channel.name === 'ticker') this.quote(channel, trade.ticker);
  }

  /** The `ticker` frame of a market, when anything in it changed. */
  private quote(channel: Channel, ticker: string): void {
    const market = this.exchange.markets.get(ticker);
    if (market === undefined || (channel.tickers !== null && !channel.tickers.has(ticker))) return;
    const key = tickerKey(market);
    if (channel.sent.get(ticker) === key) return;
    channel.sent.set(ticker, key);
    this.send({ type: 'ticker', sid: channel.sid, msg: tickerBody(this.exchange, market) });
  }

  fill(fill: ExchangeFill): void {
    if (fill.userId === this.userId) this.publish('fill', fill.ticker, 'fill', () => fillFrameBody(fill));
  }

  order(order: ExchangeOrder): void {
    if (order.userId === this.userId)
      this.publish('user_orders', order.ticker, 'user_order', () => userOrderBody(order));
  }

  position(userId: string, ticker: string): void {
    if (userId !== this.userId) return;
    this.publish('market_positions', ticker, 'market_position', () => {
      const h = this.exchange.account(userId).holding(ticker);
      return {
        user_id: userId,
        market_ticker: ticker,
        position_fp: formatCount(h.position),
        position_cost_dollars: formatMoney(h.exposure),
        realized_pnl_dollars: formatMoney(h.realized),
        fees_paid_dollars: formatMoney(h.feesPaid),
        position_fee_cost_dollars: formatMoney(h.openFees),
        volume_fp: formatCount(h.volume),
      };
    });
  }

  group(group: OrderGroup, event: string): void {
    if (group.userId !== this.userId) return;
    this.publish('order_group_updates', '', 'order_group_updates', () => ({
      event_type: event,
      order_group_id: group.groupId,
      ...(event === 'created' || event === 'limit_updated' ? { contracts_limit_fp: formatCount(group.limit) } : {}),
      ts_ms: timeToMs(this.exchange.now()),
    }));
  }

  /** What happens at the RFQ desk; bound, so that it can be taken off the desk's listeners again. */
  readonly communicate = (event: DeskEvent): void => {
    const { ticker } = event.rfq;
    const eventTicker = this.exchange.markets.get(ticker)?.listing.eventTicker ?? '';
    const body = communicationBody(event, this.userId, eventTicker);
    if (body === null) return;
    for (const channel of this.channels)
      if (channel.name === 'communications' && gets(channel.share, event, this.userId))
        this.send({ type: event.type, sid: channel.sid, ...this.numbered(channel), msg: body });
  };

  private publish(name: string, ticker: string, type: string, body: () => Json): void {
    for (const channel of this.channels) {
      if (channel.name !== name || (channel.tickers !== null && ticker !== '' && !channel.tickers.has(ticker)))
        continue;
      this.send({ type, sid: channel.sid, ...this.numbered(channel), msg: body() });
    }
  }

  private error(id: number, code: number, text: string, ticker = ''): void {
    this.send({ id, type: 'error', msg: { code, msg: text, ...(ticker === '' ? {} : { market_ticker: ticker }) } });
  }

  private send(message: Json): void {
    this.sink.send(JSON.stringify(message));
  }
}

function takesFilter(name: string): boolean {
  return !['market_lifecycle_v2', 'order_group_updates', 'communications'].includes(name);
}

function tickersOf(params: Json): string[] | null {
  const many = params['market_tickers'];
  if (Array.isArray(many)) return many.filter((t) => typeof t === 'string');
  return typeof params['market_ticker'] === 'string' ? [params['market_ticker']] : null;
}
