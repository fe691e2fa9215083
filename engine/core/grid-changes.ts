import { Grid, type Misfit, type PriceBand } from '../market/index.ts';
import { priceInCents, sideName, type TimeUs } from '../units/index.ts';
import { singleMarket } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import { understood, whyNot } from './reader.ts';

/** Reads of a market that may tell its old grid before the old grid is believed to be the one in force. */
const STALE_READS = 5;
/** Levels named when a book cannot move. */
const NAMED_MISFITS = 5;

interface Change {
  /** The grid to move to; null while it has to be asked for. */
  grid: Grid | null;
  /** The structure's name as announced, for people. */
  readonly structure: string;
  reads: number;
  asking: boolean;
  retryAt: TimeUs;
  complained: boolean;
}

/**
 * Price grids that change while the market is open. The book moves with its levels and quoting goes on; our own orders
 * stay as they are, the exchange keeps them. While the book cannot move (levels that do not lie on a coarser grid, or a
 * grid that was announced by name only and has to be read first) the market is not quoted.
 */
export class GridChanges {
  private readonly ctx: Context;
  private readonly changes = new Map<MarketState, Change>();

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** The exchange announced a new grid. `bands` null: it named the structure only, so the market is read. */
  announced(market: MarketState, structure: string, bands: readonly PriceBand[] | null): void {
    const change: Change = {
      grid: null,
      structure,
      reads: 0,
      asking: false,
      retryAt: 0 as TimeUs,
      complained: false,
    };
    if (bands !== null) change.grid = this.gridOf(market, bands);
    this.changes.set(market, change);
    market.gridChanging = true;
    this.ctx.touch(market);
    this.advance(market, change);
  }

  /** Try again what could not be done yet. */
  tick(): void {
    for (const market of this.ctx.markets) {
      // Prices off the grid we know, without an announcement: the market itself tells its grid.
      if (market.gridChanged && !this.changes.has(market)) this.announced(market, '', null);
    }
    for (const [market, change] of this.changes) this.advance(market, change);
  }

  private advance(market: MarketState, change: Change): void {
    if (market.book < 0) return;
    if (change.grid !== null) this.move(market, change, change.grid);
    else if (!change.asking && this.ctx.now >= change.retryAt) this.ask(market, change);
  }

  private move(market: MarketState, change: Change, grid: Grid): void {
    const { books } = this.ctx;
    // A book nobody trusts is about to be replaced by a snapshot: what it holds need not fit.
    if (!market.seen || market.stale !== '') books.clear(market.book);
    const misfits = books.regrid(market.book, grid);
    if (misfits.length > 0) {
      this.complain(market, change, misfits);
      return;
    }
    this.changes.delete(market);
    market.gridChanging = false;
    market.gridChanged = false;
    this.ctx.touch(market);
    const named = change.structure === '' ? '' : ` (${change.structure})`;
    this.ctx.report('info', 'grid_changed', `${market.ticker}: its prices now have ${grid.levels} levels${named}`);
  }

  private complain(market: MarketState, change: Change, misfits: readonly Misfit[]): void {
    if (change.complained) return;
    change.complained = true;
    const levels = misfits.slice(0, NAMED_MISFITS).map((m) => `${sideName(m.side)} at ${priceInCents(m.price)}c`);
    const more = misfits.length > levels.length ? ` and ${misfits.length - levels.length} more` : '';
    const text = `${market.ticker}: its price grid changed and the book holds levels that do not lie on it (${levels.join(', ')}${more}): not quoted until they are gone`;
    this.ctx.report('warn', 'grid_misfit', text, { levels: misfits.length });
  }

  private ask(market: MarketState, change: Change): void {
    const { ctx } = this;
    change.asking = true;
    const path = `/markets/${encodeURIComponent(market.ticker)}`;
    ctx.read('getMarket', path, '', ctx.costs.defaultCost, (outcome) => {
      if (this.changes.get(market) !== change) return;
      change.asking = false;
      change.retryAt = ctx.after(ctx.config.timing.retryMs);
      const decoded = understood(outcome, singleMarket);
      if (decoded.kind !== 'ok') {
        if (change.reads++ % 10 === 0)
          ctx.report(
            'warn',
            'grid_unknown',
            `${market.ticker}: its price grid changed and cannot be read: ${whyNot(decoded)}`,
          );
        return;
      }
      const grid = this.gridOf(market, decoded.value.bands);
      // Reads lag behind the stream: the grid we have may be told for a while although it is over.
      if (grid === ctx.books.grid(market.book) && ++change.reads < STALE_READS) return;
      change.grid = grid;
      this.advance(market, change);
    });
  }

  private gridOf(market: MarketState, bands: readonly PriceBand[]): Grid | null {
    try {
      return Grid.of(bands);
    } catch (error) {
      const text = `${market.ticker}: its price grid changed to one that makes no sense: ${(error as Error).message}`;
      this.ctx.report('warn', 'grid_unknown', text);
      return null;
    }
  }
}
