import { Grid } from '../market/index.ts';
import { type MarketRecord, marketsPage, Paths } from '../wire/index.ts';
import type { Context, MarketState } from './context.ts';
import { readList } from './reader.ts';

/** Tickers named in one request: keeps the URL short of what servers refuse. */
const CHUNK = 100;

/**
 * Read the state of every market anew: the stream tells of changes once, and not of those that happen while we are not
 * connected. `done` gets '' or why it could not be had.
 */
export function readListings(ctx: Context, done: (why: string) => void): void {
  const known = ctx.markets.filter((m) => m.book >= 0);
  const next = (from: number): void => {
    const chunk = known.slice(from, from + CHUNK);
    if (chunk.length === 0) return done('');
    const asked = ctx.now;
    const query = `tickers=${chunk.map((m) => encodeURIComponent(m.ticker)).join(',')}&limit=1000`;
    readList(ctx, 'getMarkets', Paths.markets, query, marketsPage, (records, why) => {
      if (records === null) return done(why);
      const byTicker = new Map(records.map((r) => [r.ticker, r]));
      for (const market of chunk) {
        // Reads lag: what the stream said lately stands.
        const told = market.statusTime + 2000 * ctx.config.timing.requestTimeoutMs > asked && market.statusTime !== 0;
        if (!told) take(ctx, market, byTicker.get(market.ticker));
      }
      next(from + CHUNK);
    });
  };
  next(0);
}

function take(ctx: Context, market: MarketState, record: MarketRecord | undefined): void {
  const { status, closeTime } = market;
  if (record === undefined) market.status = 'unknown';
  else {
    market.closeTime = record.closeTime;
    market.status = record.status;
    if (!market.gridChanging && !market.gridChanged && !sameGrid(ctx, market, record)) {
      // The book is read anew once it stands on the new grid.
      market.gridChanged = true;
      market.stale = 'its price grid changed unheard';
      market.staleSince = ctx.now;
      ctx.touch(market);
    }
  }
  if (market.closeTime !== closeTime) ctx.touch(market);
  if (market.status === status) return;
  ctx.touch(market);
  ctx.report(
    'info',
    'lifecycle',
    `${market.ticker}: was ${status}, is ${record === undefined ? 'not listed' : market.status}`,
  );
}

function sameGrid(ctx: Context, market: MarketState, record: MarketRecord): boolean {
  try {
    return Grid.of(record.bands) === ctx.books.grid(market.book);
  } catch {
    return false;
  }
}
