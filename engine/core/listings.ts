import { Grid } from '../market/index.ts';
import type { Price } from '../units/index.ts';
import { type LifecycleMessage, type MarketRecord, marketsPage, Paths } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { GridChanges } from './grid-changes.ts';
import type { MarketState } from './market-state.ts';
import { doubtResting } from './reactivation.ts';
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
    if (record.settlementPrice !== null) settle(ctx, market, record.settlementPrice);
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
  if (market.status === 'active') doubtResting(ctx, market);
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

/** The exchange tells of a change in a market's life. */
export function applyLifecycle(ctx: Context, grids: GridChanges, message: LifecycleMessage): void {
  const index = ctx.tickers.indexOf(message.ticker);
  if (index < 0) return;
  const market = ctx.markets[index]!;
  ctx.touch(market);
  market.statusTime = ctx.now;
  if (message.event === 'activated') {
    // Whatever we made of the pause: who rests now has been placed since.
    doubtResting(ctx, market);
    market.status = 'active';
  } else if (message.event === 'deactivated') market.status = 'inactive';
  else if (message.event === 'close_date_updated') market.closeTime = message.closeTime;
  else if (message.event === 'determined') {
    market.status = 'determined';
    if (message.settlementPrice !== null) settle(ctx, market, message.settlementPrice);
    else {
      const text = `${market.ticker}: determined as ${message.result || 'nothing'} without a value: it stays in the accounts as it is`;
      ctx.report('warn', 'settlement_unknown', text);
    }
  } else if (message.event === 'settled') market.status = 'finalized';
  else if (message.event === 'price_level_structure_updated') {
    grids.announced(market, message.structure, message.bands);
  }
  ctx.report('info', 'lifecycle', `${market.ticker}: ${message.event}`);
}

/** What a YES contract is worth is known, from the stream or a read: the position is cash from here on. */
function settle(ctx: Context, market: MarketState, value: Price): void {
  const held = ctx.ledger.position(market.index);
  ctx.ledger.settle(market.index, value);
  if (held === 0) return;
  const text = `${market.ticker}: ${held / 100} contracts settle at ${value / 100}c`;
  ctx.report('info', 'settled', text);
}
