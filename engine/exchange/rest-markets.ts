import { type Count, formatRfc3339 } from '../units/index.ts';
import { bookBody, marketBody, tradeBody } from './bodies.ts';
import { type ApiAnswer, type ApiCall, badParameter, listParameter, ok, paged, timeBounds } from './call.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { Refusal } from './order.ts';
import { scheduleBody, statusBody } from './rest-exchange.ts';
import { eventFeeChanges, seriesFeeChanges } from './rest-fees.ts';

/** The public side of the API: markets, events, series, books, trades, the exchange's own state. */
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
    if (path.join('/') === 'events/fee_changes') return ok(eventFeeChanges(this.exchange, call));
    if (path.join('/') === 'series/fee_changes') return ok(seriesFeeChanges(this.exchange, call));
    if (path[0] === 'events' && path.length === 2) return ok(this.event(path[1]!));
    if (path[0] === 'series' && path.length === 2) return ok(this.series(path[1]!));
    if (path[0] !== 'markets') return null;
    if (path.length === 1) return ok(this.marketList(call));
    if (path[1] === 'trades' && path.length === 2) return ok(this.tradeList(call));
    if (path[1] === 'orderbooks' && path.length === 2) return ok(this.books(query.getAll('tickers')));
    if (path.length > 3 || (path.length === 3 && path[2] !== 'orderbook')) return null;
    const market = this.find(path[1]!);
    if (path.length === 2) return ok({ market: this.body(market) });
    const depth = Number(query.get('depth') ?? 0);
    if (!Number.isInteger(depth) || depth < 0 || depth > 100)
      throw badParameter('GetMarketOrderbook', 'Depth', depth > 100 ? 'lte' : 'gte');
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
    const { query } = call;
    const tickers = listParameter(query, 'tickers');
    const status = query.get('status');
    const words: Readonly<Record<string, string>> = {
      open: 'active',
      unopened: 'initialized',
      paused: 'inactive',
      settled: 'finalized',
    };
    const found = [...this.exchange.markets.values()].filter(
      ({ listing }) =>
        (tickers === null || tickers.includes(listing.ticker)) &&
        (query.get('event_ticker') ?? listing.eventTicker) === listing.eventTicker &&
        (query.get('series_ticker') ?? listing.seriesTicker) === listing.seriesTicker &&
        (status === null || (words[status] ?? status) === listing.status),
    );
    return paged(call, 'GetMarkets', 'markets', found, (m) => this.body(m));
  }

  private tradeList(call: ApiCall): unknown {
    const ticker = call.query.get('ticker');
    const { from, to } = timeBounds(call.query);
    const trades = [...this.exchange.markets.values()]
      .filter((m) => ticker === null || m.listing.ticker === ticker)
      .flatMap((m) => m.trades.filter((t) => t.time >= from && t.time <= to))
      .reverse()
      .sort((a, b) => b.time - a.time);
    return paged(call, 'GetTrades', 'trades', trades, (t) => ({
      ticker: t.ticker,
      ...tradeBody(t),
      created_time: formatRfc3339(t.time),
    }));
  }

  private event(ticker: string): unknown {
    const markets = [...this.exchange.markets.values()].filter((m) => m.listing.eventTicker === ticker);
    if (markets.length === 0) throw new Refusal(404, 'not_found');
    const { seriesTicker, title, exchangeIndex, collateralReturn } = markets[0]!.listing;
    const event = {
      event_ticker: ticker,
      series_ticker: seriesTicker,
      title,
      sub_title: '',
      mutually_exclusive: collateralReturn === 'MECNET',
      collateral_return_type: collateralReturn ?? '',
      category: '',
      exchange_index: exchangeIndex,
    };
    return { event, markets: markets.map((m) => this.body(m)) };
  }

  private series(ticker: string): unknown {
    const market = [...this.exchange.markets.values()].find((m) => m.listing.seriesTicker === ticker);
    if (market === undefined) throw new Refusal(404, 'not_found');
    return {
      series: {
        ticker,
        frequency: 'custom',
        title: ticker,
        category: '',
        tags: [],
        settlement_sources: [],
        contract_url: '',
        contract_terms_url: '',
        fee_type: market.listing.feeType,
        fee_multiplier: Number(market.listing.feeMultiplier ?? 1),
        additional_prohibitions: [],
      },
    };
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
