import { isDoubtful, type Order, type OrderChange, SIDES } from '../orders/index.ts';
import { type OrderRecord, ordersPage, Paths, singleOrder } from '../wire/index.ts';
import type { Context } from './context.ts';
import { readList, understood, whyNot } from './reader.ts';
import { describeOrder } from './trader.ts';

/** From so many orders on those sent within the last while are looked for in one list. */
const LIST_FROM = 6;
const LIST_BACK_MS = 600_000;

/** What resolving orders leads to. */
export interface ResolverEvents {
  /** Something is odd: the whole account should be compared. */
  want(): void;
  authRefused(detail: string): void;
}

/**
 * Finds out what became of orders whose state is not known, and of changes whose answer was lost. Found is found at the
 * first sight; only several reads in a row, late enough for a signed request, prove an absence.
 */
export class OrderResolver {
  private readonly ctx: Context;
  private readonly events: ResolverEvents;
  private readonly asking = new Set<Order>();

  constructor(ctx: Context, events: ResolverEvents) {
    this.ctx = ctx;
    this.events = events;
  }

  /** Ask for every order in doubt: by id where there is one, all others, and many young ones, with one list. */
  tick(): void {
    const { ctx } = this;
    if (ctx.orders.liveCount === 0) return;
    const nameless: Order[] = [];
    const named: Order[] = [];
    for (const market of ctx.markets) {
      for (const side of SIDES) {
        for (const order of ctx.orders.on(market.index, side)) {
          if (!isDoubtful(order) || this.asking.has(order)) continue;
          if (!ctx.passed(order.lastAskedTime, ctx.config.timing.unknownAskMs)) continue;
          order.lastAskedTime = ctx.now;
          this.asking.add(order);
          if (order.orderId === '') nameless.push(order);
          else named.push(order);
        }
      }
    }
    // Many young ones, as after a mass cancel, are told of by a page or two of the list.
    const young = named.length < LIST_FROM ? [] : named.filter((order) => !ctx.passed(order.sentTime, LIST_BACK_MS));
    const listed = [...nameless, ...young];
    for (const order of named) if (!young.includes(order)) this.askById(order, ctx.markets[order.market]!.ticker);
    if (listed.length > 0) this.askByClientIds(listed);
  }

  private askByClientIds(orders: readonly Order[]): void {
    const { ctx } = this;
    let earliest = ctx.now;
    for (const order of orders) if (order.sentTime < earliest) earliest = order.sentTime;
    const only = orders.every((o) => o.market === orders[0]!.market) ? ctx.markets[orders[0]!.market]!.ticker : '';
    const filter = only === '' ? '' : `ticker=${encodeURIComponent(only)}&`;
    const query = `${filter}min_ts=${Math.floor(earliest / 1_000_000) - 10}&limit=1000&${ctx.scope}`;
    const ids = new Set(orders.map((order) => order.clientOrderId));
    const allFound = (records: readonly OrderRecord[]): boolean =>
      new Set(records.flatMap((r) => (ids.has(r.clientOrderId) ? [r.clientOrderId] : []))).size === ids.size;
    const take = (records: readonly OrderRecord[] | null): void => {
      const byClient = new Map(records?.map((r) => [r.clientOrderId, r]));
      for (const order of orders) {
        this.asking.delete(order);
        if (records === null || order.life === 'done') continue;
        const record = byClient.get(order.clientOrderId);
        if (record !== undefined) this.resolved(order, record);
        else if (order.orderId === '') this.missed(order);
        else {
          // Taken over from an earlier session it may be older than the list.
          this.asking.add(order);
          this.askById(order, ctx.markets[order.market]!.ticker);
        }
      }
    };
    readList(ctx, 'getOrders', Paths.orders, query, ordersPage, take, allFound);
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
    this.events.want();
  }
}
