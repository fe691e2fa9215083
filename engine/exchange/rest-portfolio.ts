import { type Count, complement, formatCount, formatMoney, formatRfc3339, type Money } from '../units/index.ts';
import type { Holding } from './account.ts';
import { fillBody, fourDecimals, orderBody } from './bodies.ts';
import {
  type ApiAnswer,
  type ApiCall,
  badParameter,
  invalidParameters,
  listParameter,
  ok,
  paged,
  subaccountParameter,
  timeBounds,
} from './call.ts';
import { UUID } from './costs.ts';
import type { Exchange } from './exchange.ts';
import { collateralOn } from './funds.ts';
import { type ExchangeOrder, Refusal } from './order.ts';
import { settlementList } from './rest-settlements.ts';

/** What an account can read of itself: orders, queue places, balance, positions, fills. */
export class PortfolioApi {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path } = call;
    if (path[1] === 'orders' && method !== 'GET') {
      const link = 'https://docs.kalshi.com';
      throw new Refusal(410, 'deprecated_v1_order_endpoint', 'Please switch to the V2 endpoints', link);
    }
    if (method !== 'GET') return null;
    switch (path.slice(1).join('/')) {
      case 'orders':
        return ok(this.orderList(call));
      case 'orders/queue_positions':
        return ok({ queue_positions: this.queuePositions(call) });
      case 'balance':
        return ok(this.balance(call));
      case 'positions':
        return ok(this.positions(call));
      case 'fills':
        return ok(this.fillList(call));
      case 'settlements':
        return ok(settlementList(this.exchange, call));
      // Opening cash is given, not paid in, and nobody has a bank here.
      case 'deposits':
        return ok(paged(call, 'GetDeposits', 'deposits', [], () => ({})));
      case 'withdrawals':
        return ok(paged(call, 'GetWithdrawals', 'withdrawals', [], () => ({})));
      case 'summary/total_resting_order_value':
        return ok(restingOrderValue(this.exchange, call.userId));
    }
    return path[1] === 'orders' ? this.single(call) : null;
  }

  private single(call: ApiCall): ApiAnswer | null {
    const { path, userId, query } = call;
    if (path.length > 4 || (path.length === 4 && path[3] !== 'queue_position')) return null;
    if (!UUID.test(path[2]!)) throw new Refusal(400, 'invalid_UUID', 'invalid UUID');
    const order = this.exchange.orders.get(path[2]!);
    if (order === undefined || order.userId !== userId) throw new Refusal(404, 'not_found');
    if (path.length === 4) {
      if (order.status !== 'resting') throw new Refusal(404, 'not_found');
      return ok({ queue_position_fp: formatCount(this.ahead(order)) });
    }
    const named = this.exchange.markets.get(query.get('market_ticker') ?? '');
    const shard = Number(query.get('exchange_index') ?? named?.listing.exchangeIndex ?? 0);
    if (shard !== order.exchangeIndex && shard !== -1) throw new Refusal(404, 'not_found');
    return ok({ order: orderBody(order) });
  }

  /** Whether the call's filters let a row of this market through. */
  private filter(call: ApiCall): (ticker: string, shard: number) => boolean {
    const tickers = listParameter(call.query, 'ticker');
    const events = listParameter(call.query, 'event_ticker');
    const shard = call.query.get('exchange_index');
    return (ticker, at) =>
      (tickers === null || tickers.includes(ticker)) &&
      (events === null || events.includes(this.eventOf(ticker))) &&
      (shard === null || Number(shard) === at);
  }

  private eventOf(ticker: string): string {
    return this.exchange.markets.get(ticker)?.listing.eventTicker ?? '';
  }

  private orderList(call: ApiCall): unknown {
    // A status that is none finds nothing, as in the exchange.
    const status = call.query.get('status') || null;
    const subaccount = subaccountParameter(call.query);
    const { from, to } = timeBounds(call.query, 'GetOrders');
    const passes = this.filter(call);
    const mine = [...this.exchange.orders.values()].filter(
      (o) =>
        o.userId === call.userId &&
        (subaccount === null || o.subaccount === subaccount) &&
        (status === null || o.status === status) &&
        passes(o.ticker, o.exchangeIndex) &&
        o.createdTime >= from &&
        o.createdTime <= to,
    );
    return paged(call, 'GetOrders', 'orders', mine.reverse(), orderBody);
  }

  private queuePositions(call: ApiCall): unknown {
    const tickers = listParameter(call.query, 'market_tickers');
    const event = call.query.get('event_ticker');
    const subaccount = subaccountParameter(call.query, 0);
    if (tickers === null && event === null) throw invalidParameters('market_tickers or event_ticker is required');
    return this.exchange
      .restingOf(call.userId, subaccount)
      .filter((o) => (tickers?.includes(o.ticker) ?? true) && (event === null || this.eventOf(o.ticker) === event))
      .map((o) => ({
        order_id: o.orderId,
        market_ticker: o.ticker,
        queue_position_fp: formatCount(this.ahead(o)),
      }));
  }

  private ahead(order: ExchangeOrder): Count {
    const { ladder, listing } = this.exchange.markets.get(order.ticker)!;
    let sum = 0;
    for (const entry of ladder.queue(order.side, listing.grid.level(order.price))) {
      if (entry.order === order) break;
      sum += entry.left;
    }
    return sum as Count;
  }

  private balance(call: ApiCall): unknown {
    const only = call.query.get('exchange_index');
    const subaccount = subaccountParameter(call.query, 0);
    const account = this.exchange.account(call.userId, subaccount);
    let total = 0;
    const breakdown = [...account.cash].map(([shard, cash]) => {
      const free = (cash - this.exchange.reservedOn(call.userId, shard, null, subaccount)) as Money;
      if (only === null || Number(only) === shard) total += free;
      return { exchange_index: shard, balance: fourDecimals(free) };
    });
    const worth = [...account.holdings].reduce((sum, [ticker, h]) => sum + this.worth(ticker, h), 0);
    return {
      balance: Math.trunc(total / 10_000),
      balance_dollars: fourDecimals(total as Money),
      portfolio_value: Math.trunc(worth / 10_000),
      updated_ts: Math.floor(this.exchange.now() / 1_000_000),
      balance_breakdown: breakdown,
    };
  }

  /** A position at the market's last price, at its cost where there was no trade. */
  private worth(ticker: string, h: Holding): number {
    const last = this.exchange.markets.get(ticker)?.lastPrice ?? 0;
    if (last === 0) return h.exposure;
    return h.position > 0 ? h.position * last : -h.position * complement(last);
  }

  private positions(call: ApiCall): unknown {
    const passes = this.filter(call);
    const status = call.query.get('settlement_status') ?? 'unsettled';
    if (!['unsettled', 'settled', 'all'].includes(status))
      throw badParameter('GetPositions', 'SettlementStatus', 'oneof');
    const counts = listParameter(call.query, 'count_filter') ?? ['position', 'total_traded'];
    if (counts.some((name) => name !== 'position' && name !== 'total_traded'))
      throw badParameter('GetPositions', 'CountFilter', 'oneof');
    const account = this.exchange.account(call.userId, subaccountParameter(call.query, 0));
    const held = [...account.holdings].filter(
      ([ticker, h]) =>
        passes(ticker, this.shardOf(ticker)) &&
        ((counts.includes('position') && h.position !== 0) || (counts.includes('total_traded') && h.volume !== 0)) &&
        (status === 'all' || this.isSettled(ticker) === (status === 'settled')),
    );
    const page = paged(call, 'GetPositions', 'market_positions', held, ([ticker, h]) => ({
      ticker,
      exchange_index: this.shardOf(ticker),
      total_traded_dollars: formatMoney(h.traded),
      position_fp: formatCount(h.position),
      market_exposure_dollars: formatMoney(h.exposure),
      realized_pnl_dollars: formatMoney(h.realized),
      fees_paid_dollars: formatMoney(h.feesPaid),
      last_updated_ts: formatRfc3339(h.updatedTime),
    }));
    return { ...page, event_positions: this.eventPositions(held) };
  }

  private isSettled(ticker: string): boolean {
    return this.exchange.markets.get(ticker)?.listing.status === 'finalized';
  }

  private shardOf(ticker: string): number {
    return this.exchange.markets.get(ticker)?.listing.exchangeIndex ?? 0;
  }

  private eventPositions(held: readonly (readonly [string, Holding])[]): unknown[] {
    const events = new Map<string, Holding[]>();
    for (const [ticker, h] of held) {
      const event = this.eventOf(ticker);
      events.set(event, [...(events.get(event) ?? []), h]);
    }
    return [...events].map(([event_ticker, list]) => {
      const sum = (of: (h: Holding) => number): number => list.reduce((total, h) => total + of(h), 0);
      return {
        event_ticker,
        total_cost_dollars: formatMoney(sum((h) => h.traded) as Money),
        total_cost_shares_fp: formatCount(sum((h) => h.volume) as Count),
        event_exposure_dollars: formatMoney(sum((h) => h.exposure) as Money),
        realized_pnl_dollars: formatMoney(sum((h) => h.realized) as Money),
        fees_paid_dollars: formatMoney(sum((h) => h.feesPaid) as Money),
      };
    });
  }

  private fillList(call: ApiCall): unknown {
    const orderId = call.query.get('order_id');
    const subaccount = subaccountParameter(call.query);
    const { from, to } = timeBounds(call.query, 'GetFills');
    const passes = this.filter(call);
    const mine = this.exchange.fills.filter(
      (f) =>
        f.userId === call.userId &&
        (subaccount === null || f.subaccount === subaccount) &&
        (orderId === null || f.orderId === orderId) &&
        passes(f.ticker, f.exchangeIndex) &&
        f.time >= from &&
        f.time <= to,
    );
    return paged(call, 'GetFills', 'fills', mine.reverse(), fillBody);
  }
}

/** `GET /portfolio/summary/total_resting_order_value`: what resting orders could cost, fees left out, all subaccounts. */
function restingOrderValue(exchange: Exchange, userId: string): Record<string, unknown> {
  const byShard = new Map<number, number>();
  for (const account of exchange.accountsOf(userId))
    for (const shard of account.cash.keys())
      byShard.set(shard, (byShard.get(shard) ?? 0) + collateralOn(exchange, account, shard));
  const total = [...byShard.values()].reduce((sum, value) => sum + value, 0);
  return {
    total_resting_order_value: Math.trunc(total / 10_000),
    resting_order_value_breakdown: [...byShard].map(([shard, value]) => ({
      exchange_index: shard,
      balance: fourDecimals(value as Money),
    })),
  };
}
