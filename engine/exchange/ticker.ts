import { ASK, BID, type Count, formatCount, formatPrice, formatRfc3339, timeToMs } from '../units/index.ts';
import { marketId, top } from './bodies.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { openInterest } from './rest-markets.ts';

/** Body of a `ticker` frame: the top of the book, the last trade and the totals of a market. */
export function tickerBody(exchange: Exchange, m: LiveMarket): Record<string, unknown> {
  const { ticker } = m.listing;
  const bid = top(m, BID);
  const ask = top(m, ASK);
  const interest = openInterest(exchange, ticker);
  const time = exchange.now();
  return {
    market_id: marketId(ticker),
    market_ticker: ticker,
    price_dollars: formatPrice(m.lastPrice),
    yes_bid_dollars: formatPrice(bid.price),
    yes_ask_dollars: formatPrice(ask.price),
    volume_fp: formatCount(m.volume),
    open_interest_fp: formatCount(interest),
    dollar_volume: Math.trunc(m.volume / 100),
    dollar_open_interest: Math.trunc(interest / 100),
    yes_bid_size_fp: formatCount(bid.size),
    yes_ask_size_fp: formatCount(ask.size),
    last_trade_size_fp: formatCount(m.trades.at(-1)?.count ?? (0 as Count)),
    ts: Math.floor(time / 1_000_000),
    ts_ms: timeToMs(time),
    time: formatRfc3339(time),
  };
}

/** What of a market a `ticker` subscriber sees: equal texts, nothing to send. */
export function tickerKey(exchange: Exchange, m: LiveMarket): string {
  const bid = top(m, BID);
  const ask = top(m, ASK);
  return `${bid.price}/${bid.size}/${ask.price}/${ask.size}/${m.lastPrice}/${m.volume}/${openInterest(exchange, m.listing.ticker)}`;
}
