import { type Order, remaining } from '../orders/index.ts';
import { type Count, type Price, type Side, sideName, type TimeUs } from '../units/index.ts';
import {
  type BatchItem,
  batchItems,
  type CancelOrder,
  type CreateOrder,
  cancelOrderQuery,
  cancelOrdersBody,
  describeFailure,
  type Failure,
  flattenOrderBody,
  OrderEncoder,
  type OrderRecord,
  orderPath,
  Paths,
  singleItem,
} from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import type { QueuedCancel } from './mass-cancel.ts';
import type { RequestOutcome } from './port.ts';
import { isVerdict, understood, whyNot } from './reader.ts';
import { type Candidate, describeOrder, refuseSide } from './trader.ts';

/** Refusals that mean our group is triggered or gone: nothing may be placed until a person decides. */
export const GROUP_CODES: readonly string[] = ['exceeded_order_group_risk_limit', 'order_group_not_found'];

/** Codes of what the market does, or a trigger, not we: the book moved into an order, the exchange does not trade, the cash is gone. */
const WEATHER: readonly string[] = [
  ...GROUP_CODES,
  'post_only_cross',
  'self_cross_attempt',
  'market_inactive',
  'market_already_closed',
  'insufficient_balance',
];

/** A refusal that says nothing about how we write. */
export function isWeather({ code, details }: Failure): boolean {
  const name = code.toLowerCase();
  return details === 'post only cross' || name.includes('paused') || WEATHER.includes(name);
}

/** What the writer tells the engine about. */
export interface WriterEvents {
  /** A create was refused because of its order group. */
  groupRefused(exchangeIndex: number, detail: string): void;
  /** Of the cancels queued, those to be sent one by one: the others are taken care of at once. */
  sift<T extends QueuedCancel>(queue: T[]): T[];
  /** The exchange refused our key or signature. */
  authRefused(detail: string): void;
}

/** Batches creates and cancels into requests the bucket can pay, and turns every answer into order evidence. */
export class OrderWriter {
  private readonly ctx: Context;
  private readonly events: WriterEvents;
  private readonly encoder: OrderEncoder;
  private nextOrder = 1;
  private creates: { order: Order; wire: CreateOrder }[] = [];
  private cancels: { order: Order; wire: CancelOrder; market: MarketState; loss: number }[] = [];
  /** Cancels that could not be delivered are not repeated before this. */
  private cancelsHeldUntil = 0 as TimeUs;

  constructor(ctx: Context, events: WriterEvents) {
    this.ctx = ctx;
    this.events = events;
    this.encoder = new OrderEncoder(ctx.config.subaccount);
  }

  /**
   * Queue a create if its tokens are there beyond those to be `kept`. On a shard with a bucket of its own it goes alone,
   * billed there, and in a batch only when that one is empty.
   */
  create(candidate: Candidate, count: Count, kept: number): boolean {
    const { ctx } = this;
    const { market, side, price } = candidate;
    const own = ctx.bucketOf(market.exchangeIndex);
    const alone = own !== ctx.writes && own.take(ctx.costs.singleCreateCost, kept, ctx.now);
    if (!alone && !ctx.writes.take(ctx.costs.createCost, kept, ctx.now)) return false;
    const clientOrderId = this.newId();
    const expirationSeconds = ctx.expiries.next();
    const expires = (expirationSeconds * 1_000_000) as TimeUs;
    const order = ctx.orders.sent(clientOrderId, market.index, side, price, count, ctx.now, expires);
    const group = ctx.groups.get(market.exchangeIndex)!;
    const { ticker, exchangeIndex } = market;
    const wire = { ticker, clientOrderId, side, price, count, groupId: group.id, exchangeIndex, expirationSeconds };
    if (alone) this.sendCreate(order, wire);
    else this.creates.push({ order, wire });
    if (this.creates.length >= ctx.config.budget.maxBatch) this.flushCreates();
    return true;
  }

  /** Queue a cancel of a resting order. `loss`: what it may lose where it is, for which goes first; micro-dollars. */
  cancel(market: MarketState, order: Order, loss = 0): void {
    if (order.orderId === '' || order.cancel !== 'none') return;
    if (this.ctx.now < Math.max(this.cancelsHeldUntil, order.cancelNotBefore)) {
      this.ctx.wait(market);
      return;
    }
    const wire = { orderId: order.orderId, ticker: market.ticker, exchangeIndex: market.exchangeIndex };
    this.cancels.push({ order, wire, market, loss });
  }

  /**
   * Take what there is down to `price` and no more than the position: level 3. In no group, for one that has triggered
   * would refuse it. False when its tokens are not there.
   */
  flatten(market: MarketState, side: Side, price: Price, count: Count): boolean {
    const { ctx } = this;
    const { ticker, exchangeIndex } = market;
    const bucket = ctx.bucketOf(exchangeIndex);
    const cost = ctx.costs.singleCreateCost;
    if (!bucket.take(cost, ctx.triggerReserve, ctx.now)) return false;
    const clientOrderId = this.newId();
    const order = ctx.orders.sent(clientOrderId, market.index, side, price, count, ctx.now);
    ctx.counters.created++;
    const body = flattenOrderBody({ ticker, clientOrderId, side, price, count, exchangeIndex }, ctx.config.subaccount);
    const done = (outcome: RequestOutcome): void => this.created([order], outcome, singleItem);
    ctx.write('createOrders', 'POST', Paths.create, body, cost, done, '', bucket);
    return true;
  }

  private newId(): string {
    const { clientPrefix, sessionId } = this.ctx.config;
    return `${clientPrefix}-${sessionId}-${(this.nextOrder++).toString(36)}`;
  }

  private sendCreate(order: Order, wire: CreateOrder): void {
    const { ctx } = this;
    ctx.counters.created++;
    const done = (outcome: RequestOutcome): void => this.created([order], outcome, singleItem);
    const bucket = ctx.bucketOf(wire.exchangeIndex);
    ctx.write(
      'createOrders',
      'POST',
      Paths.create,
      this.encoder.single(wire),
      ctx.costs.singleCreateCost,
      done,
      '',
      bucket,
    );
  }

  private sendCancel(order: Order, wire: CancelOrder): void {
    const { ctx } = this;
    ctx.orders.cancelSent(order);
    const done = (outcome: RequestOutcome): void => this.canceled([order], outcome, singleItem);
    const bucket = ctx.bucketOf(wire.exchangeIndex);
    const path = orderPath(wire.orderId);
    const query = cancelOrderQuery(wire, ctx.config.subaccount);
    ctx.write('cancelOrders', 'DELETE', path, '', ctx.costs.singleCancelCost, done, query, bucket);
  }

  /** Send the queued creates as one batch. */
  flushCreates(): void {
    if (this.creates.length === 0) return;
    const { ctx } = this;
    const batch = this.creates;
    this.creates = [];
    ctx.counters.created += batch.length;
    const body = this.encoder.creates(batch.map((b) => b.wire));
    ctx.write('createOrders', 'POST', Paths.batched, body, batch.length * ctx.costs.createCost, (outcome) =>
      this.created(
        batch.map((b) => b.order),
        outcome,
      ),
    );
  }

  /** Send the queued cancels in batches; what the bucket cannot pay now stays for the next look. */
  flushCancels(): void {
    const { ctx } = this;
    const queue = this.events.sift(this.cancels);
    this.cancels = [];
    if (queue.length === 0) return;
    if (queue.length > 1) queue.sort((a, b) => b.loss - a.loss);
    let batch: { order: Order; wire: CancelOrder }[] = [];
    const reserve = ctx.triggerReserve;
    for (const [i, item] of queue.entries()) {
      const own = ctx.bucketOf(item.wire.exchangeIndex);
      if (own !== ctx.writes && own.take(ctx.costs.singleCancelCost, 0, ctx.now)) {
        this.sendCancel(item.order, item.wire);
        continue;
      }
      if (!ctx.writes.take(ctx.costs.cancelCost, reserve, ctx.now)) {
        for (const { market } of queue.slice(i)) ctx.wait(market);
        break;
      }
      batch.push(item);
      if (batch.length >= ctx.config.budget.maxBatch) {
        this.sendCancels(batch);
        batch = [];
      }
    }
    if (batch.length > 0) this.sendCancels(batch);
  }

  private sendCancels(batch: readonly { order: Order; wire: CancelOrder }[]): void {
    const { ctx } = this;
    for (const { order } of batch) ctx.orders.cancelSent(order);
    const body = this.encoder.cancels(batch.map((b) => b.wire));
    ctx.write('cancelOrders', 'DELETE', Paths.batched, body, batch.length * ctx.costs.cancelCost, (outcome) =>
      this.canceled(
        batch.map((b) => b.order),
        outcome,
      ),
    );
  }

  private created(batch: readonly Order[], outcome: RequestOutcome, decoder = batchItems): void {
    const { ctx } = this;
    for (const order of batch) this.touch(order);
    if (outcome.kind === 'unsent') {
      for (const order of batch) {
        ctx.orders.neverSent(order);
        refuseSide(ctx, ctx.markets[order.market]!, order.side, outcome.reason, ctx.config.timing.retryMs);
      }
      return;
    }
    const decoded = understood(outcome, decoder);
    if (decoded.kind === 'refused' && isVerdict(decoded.failure.status)) {
      for (const order of batch) this.refused(order, decoded.failure);
      return;
    }
    if (decoded.kind !== 'ok') {
      this.doubt(batch, whyNot(decoded));
      return;
    }
    const items = new Map(decoded.value.map((item) => [item.clientOrderId, item]));
    for (const [i, order] of batch.entries()) {
      // Items normally echo the client id; one that failed may not, then its place tells.
      const byPlace = decoded.value[i];
      const item = items.get(order.clientOrderId) ?? (byPlace?.clientOrderId === '' ? byPlace : undefined);
      if (item === undefined) this.doubt([order], 'the batch response left the order out');
      else if (item.failure !== null) this.refused(order, item.failure);
      else if (item.orderId === '' || item.remainingCount === null) {
        ctx.orders.observe({ ...item, status: 'unknown', remainingCount: order.initialCount }, ctx.now);
        this.doubt([order], 'the batch response does not say what rests');
      } else ctx.orders.accepted(order, item.orderId, item.fillCount, item.remainingCount, ctx.now);
    }
  }

  private canceled(batch: readonly Order[], outcome: RequestOutcome, decoder = batchItems): void {
    const { ctx } = this;
    for (const order of batch) this.touch(order);
    if (outcome.kind === 'unsent') {
      this.cancelsHeldUntil = ctx.after(ctx.config.timing.retryMs / 4);
      for (const order of batch) ctx.orders.cancelWithdrawn(order);
      return;
    }
    const decoded = understood(outcome, decoder);
    if (decoded.kind === 'refused' && isVerdict(decoded.failure.status)) {
      // A request for one order is refused for that order's sake.
      if (decoder === singleItem && decoded.failure.status !== 401 && decoded.failure.status !== 429)
        return this.cancelRefused(batch[0]!, decoded.failure);
      this.cancelsHeldUntil = ctx.after(ctx.config.timing.retryMs / 4);
      if (decoded.failure.status === 401) this.events.authRefused(describeFailure(decoded.failure));
      for (const order of batch) ctx.orders.cancelWithdrawn(order);
      return;
    }
    if (decoded.kind !== 'ok') {
      ctx.counters.unknown += batch.length;
      for (const order of batch) ctx.orders.cancelDoubted(order, ctx.now);
      return;
    }
    const items = new Map<string, BatchItem>(decoded.value.map((item) => [item.orderId, item]));
    for (const [i, order] of batch.entries()) {
      const byPlace = decoded.value[i];
      const item = items.get(order.orderId) ?? (byPlace?.orderId === '' ? byPlace : undefined);
      if (item === undefined || (item.failure === null && item.reducedBy === null))
        ctx.orders.cancelDoubted(order, ctx.now);
      else if (item.failure === null) {
        ctx.counters.canceled++;
        ctx.orders.canceled(order, item.reducedBy!, ctx.now);
      } else this.cancelRefused(order, item.failure);
    }
  }

  private cancelRefused(order: Order, failure: Failure): void {
    const { ctx } = this;
    if (failure.code === 'not_found') ctx.orders.cancelFoundNothing(order, ctx.now);
    else ctx.orders.cancelWithdrawn(order, ctx.after(ctx.config.timing.retryMs));
  }

  private refused(order: Order, failure: Failure): void {
    const { ctx } = this;
    const detail = describeFailure(failure);
    if (failure.code === 'order_already_exists') {
      this.doubt([order], detail);
      return;
    }
    ctx.counters.rejected++;
    ctx.orders.rejected(order);
    const market = ctx.markets[order.market]!;
    if (failure.code.endsWith('_paused')) ctx.hours.suspect();
    if (GROUP_CODES.includes(failure.code)) this.events.groupRefused(market.exchangeIndex, detail);
    else if (failure.status === 401) this.events.authRefused(detail);
    const postOnly = failure.details === 'post only cross' || failure.code === 'post_only_cross';
    const transient = postOnly || failure.status === 429;
    if (!isWeather(failure)) ctx.counters.refused++;
    refuseSide(ctx, market, order.side, detail, transient ? 100 : ctx.config.timing.refusedHoldMs);
    if (!transient) {
      const text = `${market.ticker}: ${sideName(order.side)} ${order.initialCount / 100}@${order.price / 100}c refused: ${detail}`;
      ctx.report('warn', 'order_refused', text, { code: failure.code });
    }
  }

  private doubt(batch: readonly Order[], why: string): void {
    const { ctx } = this;
    ctx.counters.unknown += batch.length;
    for (const order of batch) ctx.orders.doubt(order, ctx.now);
    const list = batch.map((o) => `${ctx.markets[o.market]!.ticker} ${describeOrder(o)}`).join(', ');
    ctx.report(
      'warn',
      'order_unknown',
      `outcome of ${list} is unknown (${why}): these sides are blocked until resolved`,
    );
  }

  private touch(order: Order): void {
    this.ctx.touch(this.ctx.markets[order.market]!);
  }

  /** Cancel an order of an earlier session that still rests. Nobody waits for the answer: the next read tells. */
  cancelLeftover(order: OrderRecord): void {
    const { ctx } = this;
    if (!ctx.writes.take(ctx.costs.cancelCost, ctx.triggerReserve, ctx.now)) return;
    const text = `order ${order.clientOrderId} of an earlier session rests on ${order.ticker}: cancelling it`;
    ctx.report('warn', 'leftover_order', text);
    const { orderId, ticker, exchangeIndex } = order;
    const body = cancelOrdersBody([{ orderId, ticker, exchangeIndex }], ctx.config.subaccount);
    ctx.write('cancelOrders', 'DELETE', Paths.batched, body, ctx.costs.cancelCost, () => {});
  }

  /** Pull everything of ours that rests, whatever any strategy wants. Used when stopping. */
  cancelAll(): void {
    for (const order of this.ctx.orders.all()) {
      if (order.life === 'resting' && remaining(order) > 0) this.cancel(this.ctx.markets[order.market]!, order);
    }
    this.flushCancels();
  }
}
