import { Exchange } from '../../../engine/exchange/exchange.ts';
import type { LifecycleEvent } from '../../../engine/exchange/lifecycle-event.ts';
import type { ExchangeListener, Listing, LiveMarket } from '../../../engine/exchange/listing.ts';
import { arriveBackground } from '../../../engine/exchange/matching.ts';
import {
  type ExchangeFill,
  type ExchangeOrder,
  type ExchangeTrade,
  type OrderRequest,
  Refusal,
} from '../../../engine/exchange/order.ts';
import type { ExchangeRules } from '../../../engine/exchange/rules.ts';
import { feeSchedule, type Grid, LINEAR_CENT } from '../../../engine/market/index.ts';
import {
  type Count,
  type Money,
  ONE_CONTRACT,
  type Price,
  parseMoney,
  type Side,
  type TimeUs,
} from '../../../engine/units/index.ts';

export const START_US = 1_790_000_000_000_000;

/** Cents as a price. */
export const cents = (c: number): Price => Math.round(c * 100) as Price;
/** Contracts as a count. */
export const lots = (n: number): Count => Math.round(n * ONE_CONTRACT) as Count;
/** Dollars as money. */
export const dollars = (text: string): Money => parseMoney(text);

export interface BenchOptions {
  readonly rules?: Partial<ExchangeRules>;
  readonly grid?: Grid;
  readonly feeType?: string;
  readonly feeMultiplier?: string;
  /** Tickers and the shards they trade on. */
  readonly markets?: Readonly<Record<string, number>>;
  readonly closeTime?: number;
  /** Balance precision of all accounts, micro-dollars. */
  readonly precision?: number;
  /** Whatever else a listing says. */
  readonly listing?: Partial<Listing>;
}

/** An exchange with a clock turned by hand, and a record of all it says. */
export class Bench {
  readonly exchange: Exchange;
  readonly orders: { readonly id: string; readonly status: string; readonly reason: string }[] = [];
  readonly fills: ExchangeFill[] = [];
  readonly trades: ExchangeTrade[] = [];
  readonly groups: string[] = [];
  readonly lifecycle: LifecycleEvent[] = [];
  timeUs = START_US;
  private ids = 0;
  private clientIds = 0;

  constructor(options: BenchOptions = {}) {
    const newId = (): string => `00000000-0000-4000-8000-${String(++this.ids).padStart(12, '0')}`;
    const { rules = {}, precision = 0 } = options;
    this.exchange = new Exchange({ now: () => this.timeUs as TimeUs, newId, rules, precision });
    for (const [ticker, shard] of Object.entries(options.markets ?? { M: 0 })) this.list(ticker, shard, options);
    this.exchange.listeners.push(this.recorder());
  }

  list(ticker: string, exchangeIndex = 0, options: BenchOptions = {}): LiveMarket {
    const feeType = options.feeType ?? 'quadratic';
    return this.exchange.list({
      ticker,
      eventTicker: `${ticker}-EVENT`,
      seriesTicker: 'SERIES',
      title: ticker,
      exchangeIndex,
      grid: options.grid ?? LINEAR_CENT,
      fees: feeSchedule(feeType, options.feeMultiplier ?? '1', 100),
      feeType,
      status: 'active',
      openTime: START_US as TimeUs,
      closeTime: (options.closeTime ?? 0) as TimeUs,
      feeMultiplier: options.feeMultiplier ?? '1',
      ...options.listing,
    });
  }

  private recorder(): ExchangeListener {
    return {
      delta: () => {},
      trade: (trade) => this.trades.push(trade),
      fill: (fill) => this.fills.push(fill),
      order: (o) => this.orders.push({ id: o.clientOrderId, status: o.status, reason: o.reason }),
      position: () => {},
      group: (_, event) => this.groups.push(event),
      lifecycle: (event) => this.lifecycle.push(event),
    };
  }

  market(ticker = 'M'): LiveMarket {
    return this.exchange.markets.get(ticker)!;
  }

  fund(user: string, amount = '10000', shard = 0, subaccount = 0): this {
    this.exchange.account(user, subaccount).cash.set(shard, dollars(amount));
    return this;
  }

  cash(user: string, shard = 0, subaccount = 0): number {
    return this.exchange.account(user, subaccount).cashOn(shard) / 1_000_000;
  }

  position(user: string, ticker = 'M', subaccount = 0): number {
    return this.exchange.account(user, subaccount).holding(ticker).position / 100;
  }

  /** Place an order; by default one that rests until cancelled. @throws Refusal */
  place(user: string, side: Side, c: number, n: number, more: Partial<OrderRequest> = {}): ExchangeOrder {
    return this.exchange.create(user, {
      ticker: 'M',
      side,
      price: cents(c),
      count: lots(n),
      timeInForce: 'good_till_canceled',
      selfTrade: 'taker_at_cross',
      clientOrderId: `c${++this.clientIds}`,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: '',
      expirationSeconds: 0,
      ...more,
    });
  }

  /** Liquidity of nobody's. */
  background(side: Side, c: number, n: number, ticker = 'M'): void {
    this.exchange.onMarket(ticker, (m) => {
      arriveBackground(m.ladder, side, m.listing.grid.level(cents(c)), lots(n), this.exchange);
    });
  }

  /** Queue of a level as `name:contracts`, `-` for nobody's. */
  queue(side: Side, c: number, ticker = 'M'): string {
    const { ladder, listing } = this.market(ticker);
    return ladder
      .queue(side, listing.grid.level(cents(c)))
      .map((e) => `${e.order?.clientOrderId ?? '-'}:${e.left / 100}`)
      .join(' ');
  }

  total(side: Side, c: number, ticker = 'M'): number {
    const { ladder, listing } = this.market(ticker);
    return ladder.total(side, listing.grid.level(cents(c))) / 100;
  }

  /** What the lifecycle channel said since the last look: `event_type ticker`, or the message's own type. */
  told(): string[] {
    return this.lifecycle.splice(0).map(({ type, msg }) => String(msg['event_type'] ?? type));
  }

  pass(us: number): void {
    this.timeUs += us;
  }
}

/** The refusal an act ends in, as `status code` (details after a colon), or `accepted`. */
export function refusal(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `${error.status} ${error.code}${error.details === '' ? '' : `: ${error.details}`}`;
  }
}
