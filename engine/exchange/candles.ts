import { ASK, BID, type Count, type Price, type Side } from '../units/index.ts';
import { top } from './bodies.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeListener } from './listing.ts';
import type { ExchangeTrade } from './order.ts';
import { openInterest } from './rest-markets.ts';

/** First, lowest, highest and last of a price within a period. */
export interface Range {
  open: Price;
  low: Price;
  high: Price;
  close: Price;
}

/** What happened to a market's best prices and trades within a period. */
export interface Candle {
  /** End of the period, unix seconds. */
  end: number;
  readonly bid: Range;
  readonly ask: Range;
  /** Prices of its trades; null where there was none. */
  price: Range | null;
  /** Price of the last trade before it, 0 where there was none. */
  readonly previous: Price;
  /** Price times count over its trades. */
  turnover: number;
  volume: Count;
  openInterest: Count;
}

/** Minutes in which something happened that a market's history holds; older ones are forgotten. */
const KEEP_MINUTES = 2880;

/** The history of every market by the minute, as far back as it is kept. Minutes in which nothing happened have none. */
export class Candles implements ExchangeListener {
  private readonly exchange: Exchange;
  private readonly minutes = new Map<string, Candle[]>();

  /** Listens to the exchange from here on. */
  constructor(exchange: Exchange) {
    this.exchange = exchange;
    exchange.listeners.push(this);
  }

  /** A market's minutes, oldest first. */
  of(ticker: string): readonly Candle[] {
    return this.minutes.get(ticker) ?? [];
  }

  delta(ticker: string, side: Side): void {
    const candle = this.current(ticker);
    const market = this.exchange.markets.get(ticker);
    if (market === undefined) return;
    widen(side === BID ? candle.bid : candle.ask, top(market, side).price);
  }

  trade(trade: ExchangeTrade): void {
    const candle = this.current(trade.ticker);
    if (candle.price === null) candle.price = flat(trade.price);
    else widen(candle.price, trade.price);
    candle.turnover += trade.price * trade.count;
    candle.volume = (candle.volume + trade.count) as Count;
  }

  position(_: string, ticker: string): void {
    this.current(ticker).openInterest = openInterest(this.exchange, ticker);
  }

  fill(): void {}
  order(): void {}
  group(): void {}

  /** The candle of the minute that is running. */
  private current(ticker: string): Candle {
    const end = (Math.floor(this.exchange.now() / 60_000_000) + 1) * 60;
    let kept = this.minutes.get(ticker);
    if (kept === undefined) {
      kept = [];
      this.minutes.set(ticker, kept);
    }
    const last = kept.at(-1);
    if (last !== undefined && last.end >= end) return last;
    const market = this.exchange.markets.get(ticker);
    const best = (side: Side): Price => (market === undefined ? (0 as Price) : top(market, side).price);
    const candle: Candle = {
      end,
      bid: flat(last?.bid.close ?? best(BID)),
      ask: flat(last?.ask.close ?? best(ASK)),
      price: null,
      previous: last === undefined ? (0 as Price) : (last.price?.close ?? last.previous),
      turnover: 0,
      volume: 0 as Count,
      openInterest: last?.openInterest ?? (0 as Count),
    };
    kept.push(candle);
    if (kept.length > KEEP_MINUTES) kept.shift();
    return candle;
  }
}

function flat(price: Price): Range {
  return { open: price, low: price, high: price, close: price };
}

function widen(range: Range, price: Price): void {
  if (price < range.low) range.low = price;
  if (price > range.high) range.high = price;
  range.close = price;
}

function join(first: Range, then: Range): Range {
  const low = Math.min(first.low, then.low) as Price;
  const high = Math.max(first.high, then.high) as Price;
  return { open: first.open, low, high, close: then.close };
}

/** Minutes put together to periods of `seconds`, which begin at multiples of that since 1970. */
export function merged(minutes: readonly Candle[], seconds: number): Candle[] {
  const out: Candle[] = [];
  for (const minute of minutes) {
    const end = Math.ceil(minute.end / seconds) * seconds;
    const last = out.at(-1);
    if (last?.end !== end) {
      out.push({ ...minute, end });
      continue;
    }
    const price =
      last.price === null ? minute.price : minute.price === null ? last.price : join(last.price, minute.price);
    out[out.length - 1] = {
      ...last,
      bid: join(last.bid, minute.bid),
      ask: join(last.ask, minute.ask),
      price,
      turnover: last.turnover + minute.turnover,
      volume: (last.volume + minute.volume) as Count,
      openInterest: minute.openInterest,
    };
  }
  return out;
}
