import { formatCount, formatPrice, type Price } from '../units/index.ts';
import {
  type ApiAnswer,
  type ApiCall,
  badParameter,
  boolParameter,
  invalidParameters,
  ok,
  requiredInt,
} from './call.ts';
import { type Candle, type Candles, merged, type Range } from './candles.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';

const INTERVALS = [1, 60, 1440];
const MOST_MARKETS = 100;
/** Periods that one call may span, over all its markets. */
const MOST_CANDLES = 10_000;

/** What a call asks for: periods that end within it, unix seconds. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly seconds: number;
  readonly latestBefore: boolean;
}

/** Candlesticks of a market, of several, of an event. */
export class CandleApi {
  private readonly exchange: Exchange;
  private readonly candles: Candles;

  constructor(exchange: Exchange, candles: Candles) {
    this.exchange = exchange;
    this.candles = candles;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path, query } = call;
    if (method !== 'GET') return null;
    if (path.length === 2) return ok(this.several(query));
    if (path.length !== 5 || path[4] !== 'candlesticks') return null;
    const [, series, kind, name] = path;
    return ok(kind === 'markets' ? this.single(query, series!, name!) : this.event(query, series!, name!));
  }

  private single(query: URLSearchParams, series: string, ticker: string): unknown {
    const span = spanOf(query, 'GetMarketCandlesticks', 1);
    if (this.exchange.markets.get(ticker)?.listing.seriesTicker !== series) throw new Refusal(404, 'not_found');
    return { ticker, candlesticks: this.within(ticker, span) };
  }

  private several(query: URLSearchParams): unknown {
    const operation = 'BatchGetMarketCandlesticks';
    const tickers = (query.get('market_tickers') ?? '').split(',').filter((ticker) => ticker !== '');
    if (tickers.length === 0) throw badParameter(operation, 'MarketTickers', 'required');
    if (tickers.length > MOST_MARKETS) throw badParameter(operation, 'MarketTickers', 'lte');
    const span = spanOf(query, operation, tickers.length);
    const known = tickers.filter((ticker) => this.exchange.markets.has(ticker));
    return { markets: known.map((t) => ({ market_ticker: t, candlesticks: this.within(t, span) })) };
  }

  private event(query: URLSearchParams, series: string, eventTicker: string): unknown {
    const markets = [...this.exchange.markets.values()]
      .map(({ listing }) => listing)
      .filter((l) => l.eventTicker === eventTicker && l.seriesTicker === series);
    const span = spanOf(query, 'GetMarketCandlesticksByEvent', markets.length);
    if (markets.length === 0) throw new Refusal(404, 'not_found');
    return {
      market_tickers: markets.map((l) => l.ticker),
      market_candlesticks: markets.map((l) => this.within(l.ticker, span)),
      adjusted_end_ts: span.end,
    };
  }

  private within(ticker: string, { start, end, seconds, latestBefore }: Span): unknown[] {
    const all = merged(this.candles.of(ticker), seconds);
    const found = all.filter((candle) => candle.end >= start && candle.end <= end).map(candleBody);
    const before = latestBefore ? all.findLast((candle) => candle.end < start) : undefined;
    return before === undefined ? found : [carriedBody(before, Math.ceil(start / seconds) * seconds), ...found];
  }
}

/** @throws Refusal */
function spanOf(query: URLSearchParams, operation: string, markets: number): Span {
  const start = requiredInt(query, operation, 'start_ts');
  const end = requiredInt(query, operation, 'end_ts');
  const minutes = requiredInt(query, operation, 'period_interval');
  if (!INTERVALS.includes(minutes)) throw badParameter(operation, 'PeriodInterval', 'oneof');
  if (end < start) throw invalidParameters('end_ts must not be before start_ts');
  const seconds = minutes * 60;
  if ((markets * (end - start)) / seconds > MOST_CANDLES)
    throw invalidParameters(`more than ${MOST_CANDLES} candlesticks: ask for a shorter time or a longer period`);
  const latestBefore = boolParameter(query, operation, 'include_latest_before_start') ?? false;
  return { start, end, seconds, latestBefore };
}

function rangeBody(range: Range): Record<string, string> {
  return {
    open_dollars: formatPrice(range.open),
    low_dollars: formatPrice(range.low),
    high_dollars: formatPrice(range.high),
    close_dollars: formatPrice(range.close),
  };
}

function candleBody(c: Candle): unknown {
  const mean = { mean_dollars: formatPrice(Math.round(c.turnover / Math.max(1, c.volume)) as Price) };
  return {
    end_period_ts: c.end,
    yes_bid: rangeBody(c.bid),
    yes_ask: rangeBody(c.ask),
    price: {
      ...(c.price === null ? {} : { ...rangeBody(c.price), ...mean }),
      ...(c.previous === 0 ? {} : { previous_dollars: formatPrice(c.previous) }),
    },
    volume_fp: formatCount(c.volume),
    open_interest_fp: formatCount(c.openInterest),
  };
}

/** The last candle before the asked-for time as it stands at its first period: nothing traded, prices as they were. */
function carriedBody(c: Candle, end: number): unknown {
  const still = (range: Range): Range => ({
    open: range.close,
    low: range.close,
    high: range.close,
    close: range.close,
  });
  const previous = c.price?.close ?? c.previous;
  const nothing = { price: null, turnover: 0, volume: 0 as Candle['volume'] };
  return candleBody({ ...c, ...nothing, end, bid: still(c.bid), ask: still(c.ask), previous });
}
