import { type Count, formatRfc3339 } from '../units/index.ts';
import { bookBody, marketBody, tradeBody } from './bodies.ts';
import {
  type ApiAnswer,
  type ApiCall,
  badParameter,
  boolParameter,
  intParameter,
  ok,
  paged,
  timeBounds,
} from './call.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { marketFilter } from './market-filter.ts';
import { Refusal } from './order.ts';
import { scheduleBody, statusBody } from './rest-exchange.ts';

/** The public side of the API: markets, books, trades, the exchange's own state. */
export class MarketApi {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path, query } = call;
    if (method !== 'GET') return null;
    if (path[0] === 'exchange') return path.length === 2 ? this.exchangeInfo(path[1]!) : null;
    if (path.length === 1) return ok(this.marketList(call));
    if (path[1] === 'trades' && path.length === 2) return ok(this.tradeList(call));
    if (path[1] === 'orderbooks' && path.length === 2) return ok(this.books(query.getAll('tickers')));
    if (path.length > 3 || (path.length === 3 && path[2] !== 'orderbook')) return null;
    const market = this.find(path[1]!);
    if (path.length === 2) return ok({ market: this.body(market) });
    const depth = intParameter(query, 'GetMarketOrderbook', 'depth') ?? 0;
    if (depth < 0 || depth > 100) throw badParameter('GetMarketOrderbook', 'Depth', depth > 100 ? 'lte' : 'gte');
    return ok({ orderbook_fp: bookBody(market, depth) });
  }

  private exchangeInfo(what: string): ApiAnswer | null {
    if (what === 'status') return ok(statusBody(this.exchange));
    if (what === 'schedule') return ok(scheduleBody(this.exchange));
    if (what === 'user_data_timestamp') return ok({ as_of_time: formatRfc3339(this.exchange.now()) });
    return null;
  }

  private books(tickers: readonly string[]): unknown {
    if (tickers.length === 0 || tickers.length > 100)
      throw badParameter('GetMarketOrderbooks', 'Tickers', tickers.length === 0 ? 'required' : 'lte');
    return { orderbooks: tickers.map((t) => ({ ticker: t, orderbook_fp: bookBody(this.find(t), 0) })) };
  }

  /** Open interest is what the accounts hold: nobody knows who stands behind recorded or synthetic liquidity. */
  private body(market: LiveMarket): Record<string, unknown> {
    return marketBody(market, openInterest(this.exchange, market.listing.ticker));
  }

  private find(ticker: string): LiveMarket {
    const market = this.exchange.markets.get(ticker);
    if (market === undefined) throw new Refusal(404, 'not_found');
    return market;
  }

  private marketList(call: ApiCall): unknown {
    const passes = marketFilter(call.query);
    const found = [...this.exchange.markets.values()].filter(passes);
    return paged(call, 'GetMarkets', 'markets', found, (m) => this.body(m));
  }

  private tradeList(call: ApiCall): unknown {
    const ticker = call.query.get('ticker') || null;
    const block = boolParameter(call.query, 'GetTrades', 'is_block_trade');
    const { from, to } = timeBounds(call.query, 'GetTrades');
    const trades = [...this.exchange.markets.values()]
      .filter((m) => ticker === null || m.listing.ticker === ticker)
      .flatMap((m) => m.trades.filter((t) => t.time >= from && t.time <= to && (block ?? t.isBlock) === t.isBlock))
      .reverse()
      .sort((a, b) => b.time - a.time);
    return paged(call, 'GetTrades', 'trades', trades, (t) => ({
      ticker: t.ticker,
      ...tradeBody(t),
      created_time: formatRfc3339(t.time),
    }));
  }
}

/** Contracts that accounts hold in a market, the side with more of them. */
export function openInterest(exchange: Exchange, ticker: string): Count {
  let yes = 0;
  let no = 0;
  for (const account of exchange.accounts.values()) {
    const position = account.holdings.get(ticker)?.position ?? 0;
    if (position > 0) yes += position;
    else no -= position;
  }
  return Math.max(yes, no) as Count;
}
