import { isDoubtful, type Order, type OrderChange, SIDES } from '../orders/index.ts';
import type { Count, TimeUs } from '../units/index.ts';
import {
  type FillRecord,
  fillsPage,
  type OrderRecord,
  ordersPage,
  Paths,
  type PositionRecord,
  positionsPage,
  singleOrder,
} from '../wire/index.ts';
import { CashCheck } from './cash.ts';
import type { Context, MarketState } from './context.ts';
import { readListings } from './listings.ts';
import { readList, understood, whyNot } from './reader.ts';
import { describeOrder } from './trader.ts';

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
/** Reads of an order's fills that may come back short before they are believed. */
const MAX_FETCHES = 10;

type Step = 'idle' | 'listings' | 'orders' | 'fills' | 'positions' | 'cash';

/**
 * Compares our truth with the exchange's: after every connect, and again every so often. In order: the state of the
 * markets, resting orders, fills since the session began, positions, cash. Also resolves orders in unknown state and fetches fills that order messages
 * told of but the stream did not bring. Reads lag writes, so a read adds knowledge; only repeated reads take any away.
 */
export class Sync {
  private readonly ctx: Context;
  private readonly events: SyncEvents;
  /** The exchange's cash against the ledger's. */
  readonly cash: CashCheck;
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
  private readonly asking = new Set<Order>();
  private readonly fetching = new Set<Order>();
  /** Fruitless fetches of an order's missing fills. */
  private readonly fetches = new Map<Order, number>();
  /** Leftovers of earlier sessions seen in the last read of resting orders. */
  leftovers = 0;
  completed = 0;

  constructor(ctx: Context, events: SyncEvents) {
    this.ctx = ctx;
    this.events = events;
    const inDoubt = (market: number): boolean =>
      this.suspected.has(market) || ctx.halts.of(ctx.markets[market]!.ticker) !== undefined;
    this.cash = new CashCheck(ctx, inDoubt);
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
    this.resolveUnknown();
    this.fetchMissing();
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
      readList(ctx, 'getPositions', Paths.positions, 'limit=1000', positionsPage, take);
    };
    const takeFills = current<readonly FillRecord[]>((fills) => {
      if (this.opened) for (const fill of fills) this.events.fill(fill);
      takePositions(fills);
    });
    const takeOrders = current<readonly OrderRecord[]>((orders) => {
      this.takeOrders(orders);
      this.step = 'fills';
      readList(ctx, 'getFills', Paths.fills, `min_ts=${this.fillsSince}&limit=1000`, fillsPage, takeFills);
    });
    readListings(ctx, (why) => {
      if (epoch !== ctx.epoch) return;
      if (why !== '') return this.failed(why);
      this.step = 'orders';
      readList(ctx, 'getOrders', Paths.orders, 'status=resting&limit=1000', ordersPage, takeOrders);
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
      for (const fill of fills) ctx.ledger.ignore(fill);
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

  /** Ask for every order in doubt: by id where there is one, all others with one list. */
  private resolveUnknown(): void {
    const { ctx } = this;
    if (ctx.orders.liveCount === 0) return;
    const nameless: Order[] = [];
    for (const market of ctx.markets) {
      for (const side of SIDES) {
        for (const order of ctx.orders.on(market.index, side)) {
          if (!isDoubtful(order) || this.asking.has(order)) continue;
          if (!ctx.passed(order.lastAskedTime, ctx.config.timing.unknownAskMs)) continue;
          order.lastAskedTime = ctx.now;
          this.asking.add(order);
          if (order.orderId === '') nameless.push(order);
          else this.askById(order, market.ticker);
        }
      }
    }
    if (nameless.length > 0) this.askByClientIds(nameless);
  }

  private askByClientIds(orders: readonly Order[]): void {
    const { ctx } = this;
    let earliest = ctx.now;
    for (const order of orders) if (order.sentTime < earliest) earliest = order.sentTime;
    const only = orders.every((o) => o.market === orders[0]!.market) ? ctx.markets[orders[0]!.market]!.ticker : '';
    const filter = only === '' ? '' : `ticker=${encodeURIComponent(only)}&`;
    const query = `${filter}min_ts=${Math.floor(earliest / 1_000_000) - 10}&limit=1000`;
    readList(ctx, 'getOrders', Paths.orders, query, ordersPage, (records) => {
      const byClient = new Map(records?.map((r) => [r.clientOrderId, r]));
      for (const order of orders) {
        this.asking.delete(order);
        if (records === null || order.life === 'done') continue;
        const record = byClient.get(order.clientOrderId);
        if (record === undefined) this.missed(order);
        else this.resolved(order, record);
      }
    });
  }

  private askById(order: Order, ticker: string): void {
    const { ctx } = this;
    const path = `${Paths.orders}/${encodeURIComponent(order.orderId)}`;
    ctx.read('getOrder', path, `market_ticker=${encodeURIComponent(ticker)}`, ctx.costs.defaultCost, (outcome) => {
      this.asking.delete(order);
      if (order.life === 'done') return;
      const decoded = understood(outcome, singleOrder);
      if (decoded.kind === 'ok') this.resolved(order, decoded.value);
      else if (decoded.kind === 'refused' && decoded.failure.status === 404) this.missed(order);
      else if (whyNot(decoded).startsWith('HTTP 401')) this.events.authRefused(whyNot(decoded));
    });
  }

  private resolved(order: Order, record: OrderRecord): void {
    const { ctx } = this;
    ctx.orders.observe(record, ctx.now);
    ctx.touch(ctx.markets[order.market]!);
    if (order.change?.life === 'unknown') return this.unchanged(order, order.change);
    const text = `${ctx.markets[order.market]!.ticker}: order ${order.clientOrderId} resolved: ${record.status}`;
    ctx.report('info', 'order_resolved', text);
  }

  /** Shown as it was before the change: enough of that, late enough for a signed request, and it will not happen. */
  private unchanged(order: Order, change: OrderChange): void {
    const { ctx } = this;
    const { absentReads, unknownMinAgeMs } = ctx.config.timing;
    change.misses++;
    if (change.misses < absentReads || order.lastAskedTime - change.unknownSince < unknownMinAgeMs * 1000) return;
    ctx.orders.changeWithdrawn(order, change);
    const text = `${ctx.markets[order.market]!.ticker}: the ${change.kind} of ${order.clientOrderId} did not happen`;
    ctx.report('info', 'order_resolved', text);
  }

  private missed(order: Order): void {
    const { ctx } = this;
    const { absentReads, unknownMinAgeMs } = ctx.config.timing;
    const reads = ctx.orders.absentFromRead(order);
    // What was asked too early proves nothing, however late the answer comes.
    const ageMs = (order.lastAskedTime - order.unknownSince) / 1000;
    if (reads < absentReads || ageMs < unknownMinAgeMs) return;
    ctx.orders.absent(order);
    const market = ctx.markets[order.market]!;
    ctx.touch(market);
    const text = `${market.ticker}: ${describeOrder(order)} (${order.clientOrderId}) is not at the exchange after ${reads} reads`;
    ctx.report('info', 'order_absent', text);
    this.want();
  }

  private fetchMissing(): void {
    const { ctx } = this;
    for (const order of ctx.orders.missingFills()) {
      if (order.orderId === '' || this.fetching.has(order)) continue;
      if (!ctx.passed(order.fillsMissingSince, ctx.config.timing.missingFillMs)) continue;
      this.fetching.add(order);
      const query = `order_id=${encodeURIComponent(order.orderId)}&limit=1000`;
      readList(ctx, 'getFills', Paths.fills, query, fillsPage, (fills, why) => {
        this.fetching.delete(order);
        if (fills === null) ctx.report('warn', 'fills_retry', `fills of ${order.clientOrderId} not available: ${why}`);
        else this.fetched(order, fills);
        if (order.fillsMissingSince !== 0) order.fillsMissingSince = ctx.now;
      });
    }
  }

  /** Reads lag, but not for ever: what the exchange cannot show is left to the comparison of positions. */
  private fetched(order: Order, fills: readonly FillRecord[]): void {
    const { ctx } = this;
    for (const fill of fills) this.events.fill(fill);
    const tries = (this.fetches.get(order) ?? 0) + 1;
    if (order.fillsMissingSince === 0 || tries >= MAX_FETCHES) this.fetches.delete(order);
    else this.fetches.set(order, tries);
    if (order.fillsMissingSince === 0 || tries < MAX_FETCHES) return;
    ctx.orders.fillsComplete(order);
    ctx.touch(ctx.markets[order.market]!);
    const counts = `${order.fillCount / 100} contracts filled, the fills it shows add up to ${order.bookedCount / 100}`;
    const text = `${ctx.markets[order.market]!.ticker}: the exchange says of ${order.clientOrderId} ${counts}`;
    ctx.report('warn', 'fills_missing', text);
    this.want();
  }
}

const OVER: readonly string[] = ['closed', 'determined', 'disputed', 'amended', 'finalized'];

/** Trading is over: the position is on its way to being cash, and the two sides may be at different stages of that. */
function isOver(market: MarketState, now: TimeUs): boolean {
  return OVER.includes(market.status) || (market.closeTime !== 0 && now >= market.closeTime);
}
