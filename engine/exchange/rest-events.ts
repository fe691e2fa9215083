import { formatCount, formatRfc3339 } from '../units/index.ts';
import { marketBody } from './bodies.ts';
import {
  type ApiAnswer,
  type ApiCall,
  boolParameter,
  intParameter,
  invalidParameters,
  listParameter,
  ok,
  oneOfParameter,
  paged,
} from './call.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { Refusal } from './order.ts';
import { eventFeeChanges, seriesFeeChanges } from './rest-fees.ts';
import { openInterest } from './rest-markets.ts';

type Markets = readonly LiveMarket[];

const STATUSES = ['unopened', 'open', 'closed', 'settled'] as const;
const PAGE = { most: 200, usual: 200 };

/** Events and series, as their markets tell of them: neither has a life of its own here. */
export class EventApi {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Answer a call below `/events` or `/series`, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path } = call;
    if (method !== 'GET') return null;
    const [head, name] = path;
    if (path.length === 1) return ok(head === 'series' ? this.seriesList(call) : this.eventList(call));
    if (path.length === 2 && name === 'fee_changes')
      return ok(head === 'series' ? seriesFeeChanges(this.exchange, call) : eventFeeChanges(this.exchange, call));
    if (head === 'series') return path.length === 2 ? ok(this.series(call, name!)) : null;
    if (path.length === 2 && name === 'multivariate') return ok(this.multivariate(call));
    const markets = this.grouped('eventTicker').get(name!);
    if (path.length > 3 || (path.length === 3 && path[2] !== 'metadata')) return null;
    if (markets === undefined) throw new Refusal(404, 'not_found');
    if (path.length === 3) return ok(metadata(markets));
    const nested = boolParameter(call.query, 'GetEvent', 'with_nested_markets') === true;
    const event = this.eventBody(markets, nested);
    return ok(nested ? { event, markets: [] } : { event, markets: markets.map((m) => this.marketBody(m)) });
  }

  private grouped(by: 'eventTicker' | 'seriesTicker'): Map<string, LiveMarket[]> {
    return Map.groupBy(this.exchange.markets.values(), (market) => market.listing[by]);
  }

  private marketBody(market: LiveMarket): Record<string, unknown> {
    return marketBody(market, openInterest(this.exchange, market.listing.ticker));
  }

  private eventList(call: ApiCall): unknown {
    const { query } = call;
    const operation = 'GetEvents';
    const status = oneOfParameter(query, operation, 'status', STATUSES);
    const tickers = listParameter(query, 'tickers');
    const series = query.get('series_ticker') || null;
    const closes = (intParameter(query, operation, 'min_close_ts') ?? 0) * 1_000_000;
    const updated = (intParameter(query, operation, 'min_updated_ts') ?? 0) * 1_000_000;
    const nested = boolParameter(query, operation, 'with_nested_markets') === true;
    const milestones = boolParameter(query, operation, 'with_milestones') === true ? { milestones: [] } : {};
    const found = [...this.grouped('eventTicker')].filter(
      ([ticker, markets]) =>
        (status === null || statusOf(markets) === status) &&
        (tickers === null || tickers.includes(ticker)) &&
        (series === null || markets[0]!.listing.seriesTicker === series) &&
        markets.some((m) => m.listing.closeTime >= closes || closes === 0) &&
        markets.some((m) => m.listing.openTime > updated || updated === 0),
    );
    const page = paged(call, operation, 'events', found, ([, markets]) => this.eventBody(markets, nested), PAGE);
    return { ...page, ...milestones };
  }

  private eventBody(markets: Markets, nested: boolean): unknown {
    const { eventTicker, seriesTicker, title, exchangeIndex, openTime, collateralReturn } = markets[0]!.listing;
    return {
      event_ticker: eventTicker,
      series_ticker: seriesTicker,
      title: markets.length === 1 ? title : eventTicker,
      sub_title: '',
      collateral_return_type: collateralReturn ?? '',
      mutually_exclusive: collateralReturn === 'MECNET',
      category: '',
      settlement_sources: [],
      last_updated_ts: formatRfc3339(openTime),
      exchange_index: exchangeIndex,
      ...(nested ? { markets: markets.map((m) => this.marketBody(m)) } : {}),
    };
  }

  /** There are no combos here, so no event of theirs. */
  private multivariate(call: ApiCall): unknown {
    const { query } = call;
    if (query.has('collection_ticker') && query.has('series_ticker'))
      throw invalidParameters('collection_ticker cannot be used together with series_ticker');
    return paged(call, 'GetMultivariateEvents', 'events', [], (event) => event, { most: 200 });
  }

  private seriesList(call: ApiCall): unknown {
    const { query } = call;
    const operation = 'GetSeriesList';
    const volume = boolParameter(query, operation, 'include_volume') === true;
    const updated = (intParameter(query, operation, 'min_updated_ts') ?? 0) * 1_000_000;
    // No series here has a category or a tag: whoever asks for one is told of none.
    const none = (query.get('category') ?? '') !== '' || (query.get('tags') ?? '') !== '';
    const all = [...this.grouped('seriesTicker').values()];
    const found = all.filter((markets) => !none && (updated === 0 || markets[0]!.listing.openTime > updated));
    return { series: found.map((markets) => seriesBody(markets, volume)) };
  }

  private series({ query }: ApiCall, ticker: string): unknown {
    const markets = this.grouped('seriesTicker').get(ticker);
    if (markets === undefined) throw new Refusal(404, 'not_found');
    return { series: seriesBody(markets, boolParameter(query, 'GetSeries', 'include_volume') === true) };
  }
}

/** An event is as far as its least advanced market. */
function statusOf(markets: Markets): (typeof STATUSES)[number] {
  const states = new Set(markets.map((m) => m.listing.status));
  if (states.has('active') || states.has('inactive')) return 'open';
  if (states.has('initialized')) return 'unopened';
  return [...states].every((state) => state === 'finalized') ? 'settled' : 'closed';
}

function metadata(markets: Markets): unknown {
  const details = markets.map((m) => ({ market_ticker: m.listing.ticker, image_url: '', color_code: '' }));
  return { image_url: '', market_details: details, settlement_sources: [] };
}

function seriesBody(markets: Markets, volume: boolean): unknown {
  const { seriesTicker, feeType, feeMultiplier, exchangeIndex, openTime } = markets[0]!.listing;
  const traded = markets.reduce((sum, m) => sum + m.volume, 0) as LiveMarket['volume'];
  return {
    ticker: seriesTicker,
    frequency: 'custom',
    title: seriesTicker,
    category: '',
    categories: [],
    tags: [],
    settlement_sources: [],
    contract_url: '',
    contract_terms_url: '',
    fee_type: feeType,
    fee_multiplier: Number(feeMultiplier ?? 1),
    additional_prohibitions: [],
    last_updated_ts: formatRfc3339(openTime),
    exchange_index: exchangeIndex,
    ...(volume ? { volume_fp: formatCount(traded) } : {}),
  };
}
