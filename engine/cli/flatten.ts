import type { RequestOp, RequestOutcome, VenueRequest } from '../core/index.ts';
import { Grid } from '../market/index.ts';
import { flattenLimit, LEVEL_DEFAULTS } from '../risk/index.ts';
import { ASK, BID, type Count, type Price } from '../units/index.ts';
import {
  bookBody,
  decodeBody,
  describeFailure,
  flattenOrderBody,
  Paths,
  type PositionRecord,
  positionsPage,
  singleMarket,
} from '../wire/index.ts';

export interface FlattenOptions {
  /** Start of the client order ids, unique for this run. */
  readonly clientPrefix: string;
  readonly subaccount: number;
  /** Which markets; null for all of the account. */
  readonly tickers: ReadonlySet<string> | null;
  readonly request: (request: Omit<VenueRequest, 'id' | 'timeoutMs'>) => Promise<RequestOutcome>;
  /** Lets an order, its fill and the book after it arrive. */
  readonly pause: () => Promise<void>;
}

/** A position that is left. */
export interface LeftOver {
  readonly ticker: string;
  readonly position: Count;
}

/**
 * Level 3 without a daemon: positions are read and closed by orders that take or vanish and can only reduce, so that one
 * whose answer is lost cannot turn a position around; within a band around the mid of the first look, a bounded number
 * of times. Nothing of ours may rest when it begins.
 */
export class DirectFlatten {
  private readonly options: FlattenOptions;
  private readonly limits = new Map<string, Price>();
  private readonly grids = new Map<string, Grid>();
  private sent = 0;

  constructor(options: FlattenOptions) {
    this.options = options;
  }

  /** Positions as the exchange has them. @throws Error when they cannot be read */
  async held(): Promise<readonly PositionRecord[]> {
    const { subaccount, tickers } = this.options;
    const held: PositionRecord[] = [];
    for (let cursor = ''; ; ) {
      const query = `limit=1000&subaccount=${subaccount}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const page = await this.read('getPositions', Paths.positions, query, positionsPage);
      held.push(...page.items.filter((p) => p.position !== 0 && (tickers === null || tickers.has(p.ticker))));
      cursor = page.cursor;
      if (cursor === '') return held;
    }
  }

  /** Close what can be closed; what is left in the end. @throws Error when positions cannot be read */
  async run(): Promise<readonly LeftOver[]> {
    let held = await this.held();
    for (let round = 0; round < LEVEL_DEFAULTS.flattenAttempts && held.length > 0; round++) {
      for (const position of held) {
        // One market that cannot be closed must not keep the others.
        await this.close(position).catch(() => {});
      }
      await this.options.pause();
      held = await this.held();
    }
    return held;
  }

  private async close({ ticker, position, exchangeIndex }: PositionRecord): Promise<void> {
    const { clientPrefix, subaccount, request } = this.options;
    const side = position > 0 ? ASK : BID;
    const book = await this.read('getBook', `${Paths.markets}/${encodeURIComponent(ticker)}/orderbook`, '', bookBody);
    const [bid, ask] = [best(book.bids, Math.max), best(book.asks, Math.min)];
    const target = side === ASK ? bid : ask;
    if (target === 0) return;
    let price = this.limits.get(ticker);
    if (price === undefined) {
      price = flattenLimit(await this.gridOf(ticker), side, bid, ask, LEVEL_DEFAULTS.flattenBand);
      this.limits.set(ticker, price);
    }
    if (side === ASK ? target < price : target > price) return;
    const clientOrderId = `${clientPrefix}-${(this.sent++).toString(36)}`;
    const count = Math.abs(position) as Count;
    const body = flattenOrderBody({ ticker, clientOrderId, side, price, count, exchangeIndex }, subaccount);
    await request({ op: 'createOrders', method: 'POST', path: Paths.create, query: '', body });
  }

  private async gridOf(ticker: string): Promise<Grid> {
    const known = this.grids.get(ticker);
    if (known !== undefined) return known;
    const path = `${Paths.markets}/${encodeURIComponent(ticker)}`;
    const grid = Grid.of((await this.read('getMarket', path, '', singleMarket)).bands);
    this.grids.set(ticker, grid);
    return grid;
  }

  private async read<T>(op: RequestOp, path: string, query: string, decoder: (value: unknown) => T): Promise<T> {
    const outcome = await this.options.request({ op, method: 'GET', path, query, body: '' });
    if (outcome.kind !== 'response') throw new Error(`${path}: ${outcome.reason}`);
    const decoded = decodeBody(outcome.status, outcome.body, decoder);
    if (decoded.kind === 'ok') return decoded.value;
    throw new Error(`${path}: ${decoded.kind === 'refused' ? describeFailure(decoded.failure) : decoded.reason}`);
  }
}

/** The best price of flat levels (price, count, ...), 0 for none. */
function best(levels: readonly number[], better: (a: number, b: number) => number): Price {
  let found = 0;
  for (let at = 0; at + 1 < levels.length; at += 2) {
    if (levels[at + 1]! > 0) found = found === 0 ? levels[at]! : better(found, levels[at]!);
  }
  return found as Price;
}
