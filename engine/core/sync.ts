import { type Order, SIDES } from '../orders/index.ts';
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
import type { Context } from './context.ts';
import { readList, understood, whyNot } from './reader.ts';
import { describeOrder } from './trader.ts';

/** What a comparison with the exchange leads to. */
export interface SyncEvents {
  /** Book a fill learnt from a read. */
  fill(fill: FillRecord): void;
  /** An order of this engine's from an earlier session rests: it must go. */
  leftover(order: OrderRecord): void;
  /** Positions disagree after fills were backfilled, twice in a row. */
  mismatch(text: string): void;
  authRefused(detail: string): void;
}

type Step = 'idle' | 'orders' | 'fills' | 'positions';

/**
 * Compares our truth with the exchange's: after every connect, and again every so often. In order: resting orders,
 * fills since the session began, positions. Also resolves orders in unknown state and fetches fills that order messages
 * told of but the stream did not bring. Reads lag writes, so a read adds knowledge; only repeated reads take any away.
 */
export class Sync {
  private readonly ctx: Context;
  private readonly events: SyncEvents;
  private step: Step = 'idle';
  /** Counts link-ups; a comparison begun before the last one is dropped. */
  private generation = 0;
  private wanted = true;
  private retryAt = 0 as TimeUs;
  private lastDone = 0 as TimeUs;
  private opened = false;
  private readonly suspected = new Map<number, Count>();
  private readonly fetching = new Set<Order>();
  /** Leftovers of earlier sessions seen in the last read of resting orders. */
  leftovers = 0;
  completed = 0;

  constructor(ctx: Context, events: SyncEvents) {
    this.ctx = ctx;
    this.events = events;
  }

  /** Compare as soon as possible: something is odd. */
  want(): void {
    this.wanted = true;
  }

  /** The link came up: what is being read now was asked before it and proves nothing about what we missed. */
  restart(): void {
    this.generation++;
    this.step = 'idle';
    this.wanted = true;
    this.retryAt = this.ctx.now;
  }

  tick(privateReady: boolean): void {
    const { ctx } = this;
    this.resolveUnknown();
    this.fetchMissing();
    if (!ctx.linkUp || !privateReady || this.step !== 'idle' || ctx.now < this.retryAt) return;
    const due = ctx.passed(this.lastDone, ctx.config.timing.reconcileMs);
    if (this.wanted || due) this.begin();
  }

  private begin(): void {
    const { ctx, generation } = this;
    const current = <T>(act: (items: T) => void) => {
      return (items: T | null, why: string): void => {
        if (generation !== this.generation) return;
        if (items === null) this.failed(why);
        else act(items);
      };
    };
    this.wanted = false;
    this.step = 'orders';
    const since = Math.floor(ctx.startTime / 1_000_000) - 1;
    const takePositions = (fills: readonly FillRecord[]): void => {
      this.step = 'positions';
      const take = current<readonly PositionRecord[]>((positions) => this.takePositions(positions, fills));
      readList(ctx, 'getPositions', Paths.positions, 'limit=1000', positionsPage, take);
    };
    const takeFills = current<readonly FillRecord[]>((fills) => {
      if (this.opened) for (const fill of fills) this.events.fill(fill);
      takePositions(fills);
    });
    const takeOrders = current<readonly OrderRecord[]>((orders) => {
      this.takeOrders(orders);
      this.step = 'fills';
      readList(ctx, 'getFills', Paths.fills, `min_ts=${since}&limit=1000`, fillsPage, takeFills);
    });
    readList(ctx, 'getOrders', Paths.orders, 'status=resting&limit=1000', ordersPage, takeOrders);
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
      if (order !== undefined) seen.add(order);
      else if (record.clientOrderId.startsWith(`${ctx.config.clientPrefix}-`)) {
        leftovers++;
        this.events.leftover(record);
      }
    }
    this.leftovers = leftovers;
    for (const order of ctx.orders.all()) {
      const old = ctx.passed(order.sentTime, 2 * ctx.config.timing.requestTimeoutMs);
      // A read that lags cannot show a young order; an old one that is missing has gone without a word.
      if (order.life === 'resting' && !seen.has(order) && old) ctx.orders.doubt(order, ctx.now);
    }
  }

  private takePositions(positions: readonly PositionRecord[], fills: readonly FillRecord[]): void {
    const { ctx } = this;
    const theirs = new Map(positions.map((p) => [p.ticker, p.position]));
    if (!this.opened) {
      for (const fill of fills) ctx.ledger.ignore(fill);
      for (const market of ctx.markets) ctx.ledger.open(market.index, theirs.get(market.ticker) ?? (0 as Count));
      this.opened = true;
    } else for (const market of ctx.markets) this.compare(market.index, theirs.get(market.ticker) ?? (0 as Count));
    this.step = 'idle';
    this.lastDone = ctx.now;
    this.completed++;
    if (this.leftovers > 0) {
      this.wanted = true;
      this.retryAt = ctx.after(ctx.config.timing.retryMs / 2);
    } else if (!ctx.reconciled) {
      ctx.reconciled = true;
      for (const market of ctx.markets) market.dirty = true;
    }
  }

  /** A difference must show twice in a row with the same numbers: a fill on its way explains one read, not two. */
  private compare(market: number, theirs: Count): void {
    const { ctx } = this;
    const ours = ctx.ledger.position(market);
    const difference = (theirs - ours) as Count;
    if (difference === 0) {
      this.suspected.delete(market);
      return;
    }
    if (this.suspected.get(market) !== difference) {
      this.suspected.set(market, difference);
      this.wanted = true;
      this.retryAt = ctx.after(ctx.config.timing.retryMs);
      return;
    }
    const { ticker } = ctx.markets[market]!;
    this.events.mismatch(`${ticker}: the exchange says ${theirs / 100} contracts, our fills say ${ours / 100}`);
  }

  private resolveUnknown(): void {
    const { ctx } = this;
    if (ctx.orders.liveCount === 0) return;
    for (const market of ctx.markets) {
      for (const side of SIDES) {
        for (const order of ctx.orders.on(market.index, side)) {
          if (order.life !== 'unknown' && order.cancel !== 'unknown') continue;
          if (!ctx.passed(order.lastAskedTime, ctx.config.timing.unknownAskMs)) continue;
          order.lastAskedTime = ctx.now;
          if (order.orderId === '') this.askByClientId(order, market.ticker);
          else this.askById(order, market.ticker);
        }
      }
    }
  }

  private askByClientId(order: Order, ticker: string): void {
    const { ctx } = this;
    const since = Math.floor(order.sentTime / 1_000_000) - 10;
    const query = `ticker=${encodeURIComponent(ticker)}&min_ts=${since}&limit=1000`;
    readList(ctx, 'getOrders', Paths.orders, query, ordersPage, (records) => {
      if (records === null || order.life === 'done') return;
      const record = records.find((r) => r.clientOrderId === order.clientOrderId);
      if (record === undefined) this.missed(order);
      else this.resolved(order, record);
    });
  }

  private askById(order: Order, ticker: string): void {
    const { ctx } = this;
    const path = `${Paths.orders}/${encodeURIComponent(order.orderId)}`;
    ctx.read('getOrder', path, `market_ticker=${encodeURIComponent(ticker)}`, ctx.costs.defaultCost, (outcome) => {
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
    ctx.markets[order.market]!.dirty = true;
    const text = `${ctx.markets[order.market]!.ticker}: order ${order.clientOrderId} resolved: ${record.status}`;
    ctx.report('info', 'order_resolved', text);
  }

  private missed(order: Order): void {
    const { ctx } = this;
    const { absentReads, unknownMinAgeMs } = ctx.config.timing;
    const reads = ctx.orders.absentFromRead(order);
    if (reads < absentReads || !ctx.passed(order.unknownSince, unknownMinAgeMs)) return;
    ctx.orders.absent(order);
    const market = ctx.markets[order.market]!;
    market.dirty = true;
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
        else for (const fill of fills) this.events.fill(fill);
        if (order.fillsMissingSince !== 0) order.fillsMissingSince = ctx.now;
      });
    }
  }
}
