import type { Order } from '../orders/index.ts';
import type { Count, TimeUs } from '../units/index.ts';
import {
  type FillRecord,
  fillsPage,
  type OrderRecord,
  ordersPage,
  Paths,
  type PositionRecord,
  positionsPage,
} from '../wire/index.ts';
import { CashCheck } from './cash.ts';
import type { Context } from './context.ts';
import { FillFetcher } from './fill-fetcher.ts';
import { readListings } from './listings.ts';
import type { MarketState } from './market-state.ts';
import { OrderResolver } from './order-resolver.ts';
import { readList } from './reader.ts';

/** What a comparison with the exchange leads to. */
export interface SyncEvents {
  /** Book a fill learnt from a read. */
  fill(fill: FillRecord): void;
  /** An order of this engine's from an earlier session rests: it must go. */
  leftover(order: OrderRecord): void;
  /** Positions disagree after fills were backfilled, twice in a row. */
  mismatch(market: MarketState, text: string): void;
  authRefused(detail: string): void;
}

/** How far reads of fills overlap, seconds: what reads lag and clocks differ at the most. */
const FILLS_OVERLAP_S = 60;

type Step = 'idle' | 'listings' | 'orders' | 'fills' | 'positions' | 'cash';

/**
 * Compares our truth with the exchange's: after every connect, and again every so often. In order: the state of the
 * markets, resting orders, fills since the last one, positions, cash. Reads lag writes, so a read adds knowledge; only
 * repeated reads take any away.
 */
export class Sync {
  private readonly ctx: Context;
  private readonly events: SyncEvents;
  /** The exchange's cash against the ledger's. */
  readonly cash: CashCheck;
  private readonly resolver: OrderResolver;
  private readonly fetcher: FillFetcher;
  private step: Step = 'idle';
  /** The context's epoch this comparison belongs to; one of an earlier epoch is dropped. */
  private epoch = 0;
  private wanted = true;
  private retryAt = 0 as TimeUs;
  private lastDone = 0 as TimeUs;
  /** The opening positions are taken over; until then no fill can be told from them. */
  opened = false;
  private isDisturbed = false;
  /** Fills are read from here on, Unix seconds: what happened before is compared already. */
  private fillsSince: number;
  private readonly suspected = new Map<number, Count>();
  /** Fills booked in each market when the comparison began. */
  private fillsThen: readonly number[] = [];
  /** Orders of an earlier session taken over, and what the last reading with them said. */
  private readonly adopted: Order[] = [];
  private lastReading = '';
  /** Leftovers of earlier sessions seen in the last read of resting orders. */
  leftovers = 0;
  completed = 0;

  constructor(ctx: Context, events: SyncEvents) {
    this.ctx = ctx;
    this.events = events;
    const inDoubt = (market: number): boolean =>
      this.suspected.has(market) || ctx.halts.get('position_mismatch', ctx.markets[market]!.ticker) !== undefined;
    this.cash = new CashCheck(ctx, inDoubt);
    const want = (): void => this.want();
    this.resolver = new OrderResolver(ctx, { want, authRefused: (detail) => events.authRefused(detail) });
    this.fetcher = new FillFetcher(ctx, { want, fill: (fill) => events.fill(fill) });
    this.fillsSince = this.secondsBack(ctx.startTime);
  }

  /** Compare as soon as possible: something is odd. */
  want(): void {
    this.wanted = true;
  }

  /** A fill was heard of before the positions were taken over: what is being read may or may not hold it. */
  disturbed(): void {
    this.isDisturbed = true;
  }

  /** Book the fills there have been since the last comparison. `done` hears why they could not be read, '' when they could. */
  readFills(done: (why: string) => void): void {
    const { ctx } = this;
    readList(ctx, 'getFills', Paths.fills, this.fillsQuery, fillsPage, (fills, why) => {
      if (this.opened) for (const fill of fills ?? []) this.events.fill(fill);
      done(fills === null ? why : '');
    });
  }

  private get fillsQuery(): string {
    return `min_ts=${this.fillsSince}&limit=1000&${this.ctx.scope}`;
  }

  /** What is being read now was asked before something may have escaped us, and proves nothing about it. */
  private restart(): void {
    this.epoch = this.ctx.epoch;
    this.step = 'idle';
    this.wanted = true;
    this.retryAt = this.ctx.now;
  }

  private secondsBack(time: number): number {
    return Math.floor(time / 1_000_000) - FILLS_OVERLAP_S;
  }

  tick(privateReady: boolean): void {
    const { ctx } = this;
    this.resolver.tick();
    // What is part of the opening positions is not booked: fetching it would only disturb their being taken over.
    if (this.opened) this.fetcher.tick();
    if (this.epoch !== ctx.epoch) this.restart();
    if (!ctx.linkUp || !privateReady || this.step !== 'idle' || ctx.now < this.retryAt) return;
    const due = ctx.passed(this.lastDone, ctx.config.timing.reconcileMs);
    if (this.wanted || due || !ctx.reconciled) this.begin();
  }

  private begin(): void {
    const { ctx, epoch } = this;
    const began = this.secondsBack(ctx.now);
    const current = <T>(act: (items: T) => void) => {
      return (items: T | null, why: string): void => {
        if (epoch !== ctx.epoch) return;
        if (items === null) this.failed(why);
        else act(items);
      };
    };
    this.wanted = false;
    this.isDisturbed = false;
    this.fillsThen = ctx.markets.map((market) => ctx.ledger.account(market.index).fills);
    this.step = 'listings';
    const takePositions = (fills: readonly FillRecord[]): void => {
      this.step = 'positions';
      const take = current<readonly PositionRecord[]>((positions) => {
        this.step = 'cash';
        this.cash.read((why) => {
          if (epoch !== ctx.epoch) return;
          if (why !== '') return this.failed(why);
          this.takePositions(positions, fills, began);
        });
      });
      readList(ctx, 'getPositions', Paths.positions, `limit=1000&${ctx.scope}`, positionsPage, take);
    };
    const takeFills = current<readonly FillRecord[]>((fills) => {
      if (this.opened) for (const fill of fills) this.events.fill(fill);
      takePositions(fills);
    });
    const takeOrders = current<readonly OrderRecord[]>((orders) => {
      this.takeOrders(orders);
      this.step = 'fills';
      readList(ctx, 'getFills', Paths.fills, this.fillsQuery, fillsPage, takeFills);
    });
    readListings(ctx, (why) => {
      if (epoch !== ctx.epoch) return;
      if (why !== '') return this.failed(why);
      this.step = 'orders';
      readList(ctx, 'getOrders', Paths.orders, `status=resting&limit=1000&${ctx.scope}`, ordersPage, takeOrders);
    });
  }

  private failed(why: string): void {
    this.step = 'idle';
    this.wanted = true;
    this.retryAt = this.ctx.after(this.ctx.config.timing.retryMs);
    if (why.startsWith('HTTP 401')) this.events.authRefused(why);
    this.ctx.report('warn', 'reconcile_retry', `comparison with the exchange failed, trying again: ${why}`);
  }

  private takeOrders(resting: readonly OrderRecord[]): void {
    const { ctx } = this;
    const seen = new Set<Order>();
    let leftovers = 0;
    for (const record of resting) {
      // Asked for by subaccount; whoever does not heed that must not have us cancel another engine's orders.
      if (record.subaccount !== ctx.config.subaccount) continue;
      const order = ctx.orders.observe(record, ctx.now);
      if (order !== undefined) {
        seen.add(order);
        ctx.touch(ctx.markets[order.market]!);
      } else if (this.mayAdopt(record)) {
        const adopted = ctx.orders.adopt(record, ctx.tickers.indexOf(record.ticker), ctx.now);
        this.adopted.push(adopted);
        seen.add(adopted);
        ctx.report(
          'info',
          'order_adopted',
          `order ${record.clientOrderId} of an earlier session rests on ${record.ticker}: taken over`,
        );
      } else if (record.clientOrderId.startsWith(`${ctx.config.clientPrefix}-`)) {
        leftovers++;
        this.events.leftover(record);
      }
    }
    this.leftovers = leftovers;
    for (const order of ctx.orders.all()) {
      const old = ctx.passed(order.sentTime, 2 * ctx.config.timing.requestTimeoutMs);
      // A read that lags cannot show a young order; an old one that is missing has gone without a word.
      if (order.life !== 'resting' || seen.has(order) || !old) continue;
      ctx.orders.doubt(order, ctx.now);
      ctx.touch(ctx.markets[order.market]!);
    }
  }

  /** One of ours in a market we quote. Once positions are taken over it is too late: its fills could not be told apart. */
  private mayAdopt(record: OrderRecord): boolean {
    const { config, tickers } = this.ctx;
    if (config.leftovers !== 'adopt' || this.opened || record.status !== 'resting') return false;
    return record.clientOrderId.startsWith(`${config.clientPrefix}-`) && tickers.indexOf(record.ticker) >= 0;
  }

  /** With adopted orders the accounts are taken over once two readings in a row agree: reads lag, orders fill. */
  private isSteady(theirs: ReadonlyMap<string, Count>, fills: number): boolean {
    if (this.adopted.length === 0) return true;
    const positions = this.ctx.markets.map((market) => theirs.get(market.ticker) ?? 0);
    const filled = this.adopted.map((order) => order.fillCount);
    const reading = [fills, ...positions, ...filled].join();
    const isSame = reading === this.lastReading;
    this.lastReading = reading;
    return isSame;
  }

  private takePositions(positions: readonly PositionRecord[], fills: readonly FillRecord[], began: number): void {
    const { ctx } = this;
    const theirs = new Map(positions.map((p) => [p.ticker, p.position]));
    this.step = 'idle';
    this.lastDone = ctx.now;
    this.completed++;
    // While an earlier session's orders rest they may fill between one read and the next: nothing to open with.
    const unsettled =
      this.leftovers > 0 || (!this.opened && (!this.isSteady(theirs, fills.length) || this.isDisturbed));
    if (this.opened) {
      for (const market of ctx.markets) this.compare(market, theirs.get(market.ticker) ?? (0 as Count));
    } else if (!unsettled) {
      for (const fill of fills) {
        ctx.ledger.ignore(fill);
        if (fill.time > ctx.earlierFillTime) ctx.earlierFillTime = fill.time;
      }
      for (const order of this.adopted) ctx.orders.countOpening(order);
      for (const market of ctx.markets) ctx.ledger.open(market.index, theirs.get(market.ticker) ?? (0 as Count));
      this.opened = true;
    }
    if (unsettled) {
      this.wanted = true;
      this.retryAt = ctx.after(ctx.config.timing.retryMs / 2);
      return;
    }
    this.fillsSince = began;
    if (ctx.reconciled) return;
    ctx.reconciled = true;
    ctx.touchAll();
  }

  /** A difference must show twice in a row with the same numbers: a fill on its way explains one read, not two. */
  private compare(market: MarketState, theirs: Count): void {
    const { ctx } = this;
    const ours = ctx.ledger.position(market.index);
    const difference = (theirs - ours) as Count;
    if (difference === 0 || isOver(market, ctx.now)) {
      this.suspected.delete(market.index);
      return;
    }
    // A fill booked since the comparison began may be newer than what was read: such a read proves nothing.
    const isOvertaken = ctx.ledger.account(market.index).fills !== this.fillsThen[market.index];
    if (isOvertaken || this.suspected.get(market.index) !== difference) {
      if (!isOvertaken) this.suspected.set(market.index, difference);
      this.wanted = true;
      this.retryAt = ctx.after(ctx.config.timing.retryMs);
      return;
    }
    this.events.mismatch(
      market,
      `${market.ticker}: the exchange says ${theirs / 100} contracts, our fills say ${ours / 100}`,
    );
  }
}

const OVER: readonly string[] = ['closed', 'determined', 'disputed', 'amended', 'finalized'];

/** Trading is over: the position is on its way to being cash, and the two sides may be at different stages of that. */
function isOver(market: MarketState, now: TimeUs): boolean {
  return OVER.includes(market.status) || (market.closeTime !== 0 && now >= market.closeTime);
}
