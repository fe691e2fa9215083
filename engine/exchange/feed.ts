import { marketId } from './bodies.ts';
import type { Bucket } from './buckets.ts';
import { type CommunicationsShare, EVERYTHING, shareOf } from './communications.ts';
import type { Exchange } from './exchange.ts';
import type { FeedForm, Json } from './feed-form.ts';

/** The way to one client. */
export interface FeedSink {
  /** `channel`: the channel it belongs to, '' for answers that belong to none. */
  send(text: string, channel: string): void;
}

/** One channel a client is subscribed to. */
export interface Channel {
  readonly client: FeedClient;
  readonly name: string;
  readonly sid: number;
  readonly sequenced: boolean;
  seq: number;
  /** Markets it is filtered to; null: all. */
  tickers: Set<string> | null;
  readonly yesPrices: boolean;
  /** Its `ok` replies leave the list of markets out. */
  readonly skipsList: boolean;
  /** Which of the RFQ messages it gets. */
  readonly share: CommunicationsShare;
  /** What was last sent of each market, where only changes are sent. */
  readonly sent: Map<string, string>;
}

/** What a client may ask for. */
export interface FeedLimits {
  /** Commands; null: as many as it likes. */
  readonly commands: Bucket | null;
  /** Markets a subscription may name. */
  readonly markets: number;
}

/** Who hears of subscriptions and knows what to send first. */
export interface FeedHost {
  readonly exchange: Exchange;
  readonly form: FeedForm;
  /** A channel has begun, or has more markets. */
  added(channel: Channel, tickers: readonly string[] | null): void;
  /** A channel has ended, or has fewer markets. */
  removed(channel: Channel, tickers: readonly string[] | null): void;
  /** Send the `ticker` frame of a market, if it differs from the last. */
  quote(channel: Channel, ticker: string): void;
}

const COMMANDS = ['subscribe', 'unsubscribe', 'update_subscription', 'list_subscriptions'];
const SEQUENCED = ['orderbook_delta', 'trade', 'market_lifecycle_v2', 'order_group_updates', 'communications'];
const PLAIN = ['ticker', 'fill', 'market_positions', 'user_orders'];

/** One client's feed connection: its commands, its subscriptions, their sids and sequence numbers. */
export class FeedClient {
  readonly userId: string;
  /** The only subaccount whose news it hears; null: all of its user's. */
  readonly subaccount: number | null;
  readonly channels: Channel[] = [];
  private readonly host: FeedHost;
  private readonly sink: FeedSink;
  private readonly limits: FeedLimits;
  private nextSid = 1;

  constructor(host: FeedHost, userId: string, sink: FeedSink, limits: FeedLimits, subaccount: number | null) {
    this.host = host;
    this.userId = userId;
    this.subaccount = subaccount;
    this.sink = sink;
    this.limits = limits;
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
    if (this.limits.commands?.take(1, this.host.exchange.now()) === false)
      return this.error(id, 27, 'Too many requests');
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

  /** Whether what belongs to a subaccount of a user is for its ears. */
  hears(userId: string, subaccount: number): boolean {
    return this.userId === userId && (this.subaccount ?? subaccount) === subaccount;
  }

  /** Send a frame of a channel, under its next number. `msg` is the body as text. */
  publish(channel: Channel, type: string, msg: string): void {
    const number = channel.sequenced ? `,"seq":${++channel.seq}` : '';
    this.sink.send(`{"type":"${type}","sid":${channel.sid}${number},"msg":${msg}}`, channel.name);
  }

  private subscribe(id: number, params: Json): void {
    const names = params['channels'];
    if (!Array.isArray(names) || names.length === 0) return this.error(id, 3, 'Channels required');
    if (params['market_ticker'] !== undefined && params['market_tickers'] !== undefined)
      return this.error(id, 11, 'Invalid parameter');
    const tickers = tickersOf(params);
    const ids = tickers === null ? this.tickersOfIds(params) : null;
    if (((tickers ?? ids)?.length ?? 0) > this.limits.markets) return this.tooManyMarkets(id);
    for (const name of names as unknown[]) {
      if (typeof name !== 'string' || !(SEQUENCED.includes(name) || PLAIN.includes(name))) {
        this.error(id, 8, 'Unknown channel name');
        continue;
      }
      // Markets can be named by id on `ticker` alone.
      const given = name === 'ticker' ? (tickers ?? ids) : tickers;
      if (name === 'orderbook_delta' && (given === null || given.length === 0)) {
        this.error(id, 14, 'Market ticker required');
        continue;
      }
      const share = name === 'communications' ? shareOf(params) : EVERYTHING;
      if ('code' in share) {
        this.error(id, share.code, share.text);
        continue;
      }
      const existing = this.channels.find((c) => c.name === name);
      if (existing !== undefined) this.addMarkets(id, existing, given);
      else this.open(id, name, given, params, share);
    }
  }

  private tickersOfIds(params: Json): string[] | null {
    const { market_id: one, market_ids: many } = params;
    if (one === undefined && !Array.isArray(many)) return null;
    const ids = new Set<unknown>(Array.isArray(many) ? many : [one]);
    return [...this.host.exchange.markets.keys()].filter((ticker) => ids.has(marketId(ticker)));
  }

  private open(
    id: number,
    name: string,
    given: readonly string[] | null,
    params: Json,
    share: CommunicationsShare,
  ): void {
    const tickers = given === null || !takesFilter(name) ? null : new Set(given);
    const channel: Channel = {
      client: this,
      name,
      sid: this.nextSid++,
      sequenced: SEQUENCED.includes(name),
      seq: 0,
      tickers,
      yesPrices: params['use_yes_price'] === true,
      skipsList: params['skip_ticker_ack'] === true,
      share,
      sent: new Map(),
    };
    this.channels.push(channel);
    this.send({ id, type: 'subscribed', msg: { channel: name, sid: channel.sid } }, name);
    if (name === 'orderbook_delta') for (const ticker of tickers!) this.snapshot(channel, ticker, 0);
    this.host.added(channel, null);
    if (name === 'ticker' && params['send_initial_snapshot'] === true)
      for (const ticker of tickers ?? this.host.exchange.markets.keys()) this.host.quote(channel, ticker);
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
      const channel = this.channels.splice(at, 1)[0]!;
      this.host.removed(channel, null);
      this.send({ id, sid: channel.sid, ...this.numbered(channel), type: 'unsubscribed' }, channel.name);
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
      const gone = tickers.filter((ticker) => channel.tickers?.delete(ticker));
      this.host.removed(channel, gone);
      this.ok(id, channel);
    } else if (action === 'get_snapshot' && channel.name === 'orderbook_delta') {
      for (const ticker of tickers) {
        if (channel.tickers!.has(ticker)) this.snapshot(channel, ticker, id);
        else this.error(id, 11, 'Invalid parameter', ticker);
      }
    } else this.error(id, 13, 'Unsupported action');
  }

  /** `tickers`: null for all there are. */
  private addMarkets(id: number, channel: Channel, tickers: readonly string[] | null): void {
    if (tickers === null) channel.tickers = null;
    const known = channel.tickers;
    const fresh = known === null ? [] : [...new Set(tickers ?? [])].filter((t) => !known.has(t));
    if ((known?.size ?? 0) + fresh.length > this.limits.markets) return this.tooManyMarkets(id);
    for (const ticker of fresh) known!.add(ticker);
    this.ok(id, channel);
    if (channel.name === 'orderbook_delta') for (const ticker of fresh) this.snapshot(channel, ticker, 0);
    this.host.added(channel, fresh);
  }

  private ok(id: number, channel: Channel): void {
    const msg = channel.skipsList ? {} : { market_tickers: [...(channel.tickers ?? [])] };
    this.send({ id, sid: channel.sid, ...this.numbered(channel), type: 'ok', msg }, channel.name);
  }

  /** The next number of a sequenced subscription; nothing for the others. */
  private numbered(channel: Channel): { seq?: number } {
    return channel.sequenced ? { seq: ++channel.seq } : {};
  }

  private snapshot(channel: Channel, ticker: string, id: number): void {
    const msg = this.host.form.snapshot(ticker, this.host.exchange.markets.get(ticker), channel.yesPrices);
    const head = { type: 'orderbook_snapshot', sid: channel.sid, seq: ++channel.seq };
    this.send(id === 0 ? { ...head, msg } : { ...head, id, msg }, channel.name);
  }

  private tooManyMarkets(id: number): void {
    this.error(id, 26, 'Subscription market limit exceeded');
  }

  private error(id: number, code: number, text: string, ticker = ''): void {
    this.send({ id, type: 'error', msg: { code, msg: text, ...(ticker === '' ? {} : { market_ticker: ticker }) } });
  }

  private send(message: Json, channel = ''): void {
    this.sink.send(JSON.stringify(message), channel);
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
