import type { Order, OrderChange } from '../orders/index.ts';
import { type Count, type Price, sideName } from '../units/index.ts';
import {
  ChangeEncoder,
  changedOrder,
  describeFailure,
  type Failure,
  orderPath,
  subaccountQuery,
} from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import type { RequestOutcome } from './port.ts';
import { isVerdict, understood, whyNot } from './reader.ts';
import { describeOrder, refuseSide } from './trader.ts';
import { GROUP_CODES, isWeather, type WriterEvents } from './writer.ts';

/** Amends and decreases: one request an order, billed to its shard's bucket; every answer becomes order evidence. */
export class OrderChanger {
  private readonly ctx: Context;
  private readonly events: WriterEvents;
  private readonly encoder = new ChangeEncoder();

  constructor(ctx: Context, events: WriterEvents) {
    this.ctx = ctx;
    this.events = events;
  }

  /** Move a resting order so that `left` contracts rest at `price`. False when its tokens are not there beyond `kept`. */
  amend(market: MarketState, order: Order, price: Price, left: Count, kept: number): boolean {
    const { ctx } = this;
    if (!ctx.bucketOf(market.exchangeIndex).take(ctx.costs.amendCost, kept, ctx.now)) return false;
    const total = (order.fillCount + left) as Count;
    const change = ctx.orders.amendSent(order, price, total);
    ctx.counters.amended++;
    const { ticker, exchangeIndex } = market;
    const body = this.encoder.amend({ ticker, side: order.side, price, total, exchangeIndex });
    this.send(market, order, change, body, ctx.costs.amendCost);
    return true;
  }

  /** Make a resting order smaller. What is already too much may use half of what new orders must leave. */
  decrease(market: MarketState, order: Order, left: Count): boolean {
    const { ctx } = this;
    const reserve = ctx.keptFor(true);
    if (!ctx.bucketOf(market.exchangeIndex).take(ctx.costs.decreaseCost, reserve, ctx.now)) return false;
    const change = ctx.orders.decreaseSent(order, left);
    ctx.counters.decreased++;
    const { ticker, exchangeIndex } = market;
    this.send(market, order, change, this.encoder.decrease({ ticker, left, exchangeIndex }), ctx.costs.decreaseCost);
    return true;
  }

  private send(market: MarketState, order: Order, change: OrderChange, body: Uint8Array, cost: number): void {
    const { ctx } = this;
    const op = change.kind === 'amend' ? 'amendOrder' : 'decreaseOrder';
    const path = orderPath(order.orderId, change.kind);
    const done = (outcome: RequestOutcome): void => this.answered(market, order, change, outcome);
    ctx.write(
      op,
      'POST',
      path,
      body,
      cost,
      done,
      subaccountQuery(ctx.config.subaccount),
      ctx.bucketOf(market.exchangeIndex),
    );
  }

  private answered(market: MarketState, order: Order, change: OrderChange, outcome: RequestOutcome): void {
    const { ctx } = this;
    const { orders } = ctx;
    ctx.touch(market);
    if (outcome.kind === 'unsent') {
      orders.changeWithdrawn(order, change);
      return refuseSide(ctx, market, order.side, outcome.reason, ctx.config.timing.retryMs);
    }
    const decoded = understood(outcome, changedOrder);
    if (decoded.kind === 'ok') return orders.changed(order, change, decoded.value, ctx.now);
    if (decoded.kind === 'refused' && isVerdict(decoded.failure.status)) {
      return this.refused(market, order, change, decoded.failure);
    }
    if (order.change !== change) return;
    ctx.counters.unknown++;
    orders.changeDoubted(order, change, ctx.now);
    const text = `outcome of the ${change.kind} of ${market.ticker} ${describeOrder(order)} is unknown (${whyNot(decoded)}): the side is blocked until resolved`;
    ctx.report('warn', 'order_unknown', text);
  }

  private refused(market: MarketState, order: Order, change: OrderChange, failure: Failure): void {
    const { ctx } = this;
    const { orders } = ctx;
    if (failure.code === 'not_found') return orders.changeFoundNothing(order, change, ctx.now);
    orders.changeWithdrawn(order, change);
    // Less rests, or more has filled, than we know: a look at the order tells.
    if (failure.code === 'invalid_order_size') return orders.doubt(order, ctx.now);
    ctx.counters.rejected++;
    if (!isWeather(failure)) ctx.counters.refused++;
    const detail = describeFailure(failure);
    if (GROUP_CODES.includes(failure.code)) this.events.groupRefused(market.exchangeIndex, detail);
    else if (failure.status === 401) this.events.authRefused(detail);
    const postOnly = failure.details === 'post only cross' || failure.code === 'post_only_cross';
    const transient = postOnly || failure.status === 429 || failure.code === 'self_cross_attempt';
    refuseSide(ctx, market, order.side, detail, transient ? 100 : ctx.config.timing.refusedHoldMs);
    if (transient) return;
    const text = `${market.ticker}: ${change.kind} of ${sideName(order.side)} to ${change.price / 100}c refused: ${detail}`;
    ctx.report('warn', 'order_refused', text, { code: failure.code });
  }
}
