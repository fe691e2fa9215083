import { NO_LEVEL } from '../market/index.ts';
import { keenestPrice, remaining, SIDES } from '../orders/index.ts';
import { BookView, pullMs, type QuietReason, staleLoss, type TokenBucket } from '../quoting/index.ts';
import type { Halt, KillLevel } from '../risk/index.ts';
import { ASK, BID, type Count, type Money, type Price, type Side, type TimeUs } from '../units/index.ts';
import type { TypeDrift } from '../wire/index.ts';
import { type Clearing, clearingOf } from './clearing.ts';
import type { Context, Phase } from './context.ts';
import type { EventStatus } from './events.ts';
import type { FlattenStatus } from './flattener.ts';
import { othersBest, profitOf } from './mark.ts';
import type { MarketState } from './market-state.ts';
import type { QueueErrors } from './queues.ts';
import type { RiskStatus } from './risk-desk.ts';

/** One side of one market as status shows it. */
export interface SideStatus extends Clearing {
  /** Our best live quote, 0 for none, and the contracts that may still fill on the side. */
  readonly ourPrice: Price;
  readonly ourCount: Count;
  /** Contracts thought to stand before it at its price, -1 where that is not known. */
  readonly ahead: Count;
  readonly bookPrice: Price;
  readonly bookCount: Count;
  /** A code of `REASONS`, and the last words about it. */
  readonly reason: QuietReason;
  readonly detail: string;
}

export interface MarketStatusView {
  readonly ticker: string;
  readonly status: string;
  readonly stale: string;
  readonly bid: SideStatus;
  readonly ask: SideStatus;
  /** Lost if the fair value jumped `stale.ticks` ticks before our cancels land, by the mid of the others' book. */
  readonly staleLoss: Money;
  readonly position: Count;
  readonly profit: Money;
  readonly fees: Money;
  readonly bought: Count;
  readonly sold: Count;
  readonly fills: number;
}

/** A picture of the session at one moment. */
export interface EngineStatus {
  readonly time: TimeUs;
  readonly startTime: TimeUs;
  readonly phase: Phase;
  readonly linkUp: boolean;
  readonly reconciled: boolean;
  readonly missing: readonly string[];
  readonly markets: readonly MarketStatusView[];
  readonly halts: readonly Halt[];
  /** The level of the whole engine, and whether an operator paused it. */
  readonly level: KillLevel;
  readonly paused: boolean;
  /** P&L since the exchange day began, and how far equity is below the session's highest. */
  readonly dayProfit: Money;
  readonly fall: Money;
  /** How positions are being closed; empty below level 3. */
  readonly flattening: readonly FlattenStatus[];
  readonly profit: Money;
  readonly fees: Money;
  /** The same over all markets, how long pulling everything takes at least, and the round trip it is reckoned with. */
  readonly stale: {
    readonly ticks: number;
    readonly loss: Money;
    readonly pullMs: number;
    readonly roundTripMs: number;
  };
  /** What the worst outcomes would cost, open orders filling as it hurts most. */
  readonly risk: RiskStatus;
  readonly liveOrders: number;
  readonly unknownOrders: number;
  /** Free cash on the shards in use, as read at the start. */
  readonly cash: Money;
  readonly tier: string;
  readonly writeTokens: number;
  readonly writeCapacity: number;
  readonly writeSpent: number;
  readonly writeRefusals: number;
  readonly groups: readonly {
    readonly shard: number;
    readonly id: string;
    readonly life: string;
    readonly filled: Count;
    readonly limit: Count;
  }[];
  /** How far queue estimates were off where the exchange told. */
  readonly queue: QueueErrors;
  readonly reconciliations: number;
  readonly recoveries: number;
  readonly events: readonly EventStatus[];
  /** What the feed sends and this program does not know. */
  readonly drift: readonly TypeDrift[];
  readonly counters: Readonly<Context['counters']>;
}

/** A market's book as we have it: price and count of every level, best first. */
export interface BookPicture {
  readonly bids: readonly (readonly [Price, Count])[];
  readonly asks: readonly (readonly [Price, Count])[];
}

/** Every level of a book; nothing for a market that is not known yet. */
export function bookOf(ctx: Context, ticker: string): BookPicture {
  const market = ctx.markets[ctx.tickers.indexOf(ticker)];
  if (market === undefined || market.book < 0) return { bids: [], asks: [] };
  const { books } = ctx;
  const side = (s: Side): [Price, Count][] => {
    const levels: [Price, Count][] = [];
    for (let at = books.bestLevel(market.book, s); at !== NO_LEVEL; at = books.nextLevel(market.book, s, at)) {
      levels.push([books.grid(market.book).price(at), books.sizeAt(market.book, s, at)]);
    }
    return levels;
  };
  return { bids: side(BID), asks: side(ASK) };
}

/** Draw the picture. */
export function statusOf(
  ctx: Context,
  missing: string[],
  reconciliations: number,
  recoveries: number,
  drift: readonly TypeDrift[],
  result: Pick<EngineStatus, 'dayProfit' | 'fall' | 'flattening'>,
): EngineStatus {
  const view = new BookView(ctx.books, ctx.orders, ctx.ledger);
  view.time = ctx.now;
  const markets = ctx.markets.map((m) => marketStatus(ctx, m, missing.length, view));
  const armed = [...ctx.groups.values()].filter((group) => group.life === 'armed').length;
  return {
    time: ctx.now,
    startTime: ctx.startTime,
    phase: ctx.phase,
    linkUp: ctx.linkUp,
    reconciled: ctx.reconciled,
    missing,
    markets,
    halts: ctx.halts.list(),
    level: ctx.halts.level,
    paused: ctx.paused,
    ...result,
    profit: markets.reduce((sum, m) => sum + m.profit, 0) as Money,
    fees: markets.reduce((sum, m) => sum + m.fees, 0) as Money,
    stale: {
      ticks: ctx.config.staleTicks,
      loss: markets.reduce((sum, m) => sum + m.staleLoss, 0) as Money,
      pullMs: pullMs({
        orders: ctx.orders.liveCount,
        cancelCost: ctx.costs.cancelCost,
        triggerCost: armed === 0 ? Number.POSITIVE_INFINITY : armed * ctx.costs.defaultCost,
        tokens: ctx.writes.available(ctx.now),
        tokensPerSecond: ctx.writes.refillPerSecond,
        roundTripMs: ctx.roundTripUs / 1000,
      }),
      roundTripMs: ctx.roundTripUs / 1000,
    },
    risk: ctx.risk.status(),
    liveOrders: ctx.orders.liveCount,
    unknownOrders: ctx.orders.unknownCount,
    cash: [...ctx.groups.keys()].reduce((sum, shard) => sum + (ctx.cash.get(shard) ?? 0), 0) as Money,
    tier: ctx.tier,
    writeTokens: ctx.writes.available(ctx.now),
    writeCapacity: ctx.writes.capacity,
    writeSpent: sumOf(ctx, (bucket) => bucket.spent),
    writeRefusals: sumOf(ctx, (bucket) => bucket.refusals),
    groups: [...ctx.groups.values()].map((g) => ({
      shard: g.exchangeIndex,
      id: g.id,
      life: g.life,
      filled: g.rolling(ctx.now),
      limit: g.limit,
    })),
    queue: ctx.queues.errors,
    reconciliations,
    recoveries,
    events: ctx.events.status(),
    drift,
    counters: { ...ctx.counters },
  };
}

/** Over the common write bucket and the shards' own. */
function sumOf(ctx: Context, value: (bucket: TokenBucket) => number): number {
  let sum = value(ctx.writes);
  for (const bucket of ctx.shardWrites.values()) sum += value(bucket);
  return sum;
}

function marketStatus(ctx: Context, market: MarketState, missing: number, view: BookView): MarketStatusView {
  const account = ctx.ledger.account(market.index);
  const known = market.book >= 0;
  const bid = known ? ctx.books.bestPrice(market.book, BID) : (0 as Price);
  const ask = known ? ctx.books.bestPrice(market.book, ASK) : (0 as Price);
  return {
    ticker: market.ticker,
    status: market.status,
    stale: market.stale,
    bid: sideStatus(ctx, market, BID, bid, missing),
    ask: sideStatus(ctx, market, ASK, ask, missing),
    staleLoss: known ? staleLossOf(ctx, market, view) : (0 as Money),
    position: account.position,
    profit: profitOf(ctx, market, view),
    fees: account.fees,
    bought: account.bought,
    sold: account.sold,
    fills: account.fills,
  };
}

/**
 * By the mid of the others' book, its one best price where it is one-sided, our own orders' where there is nobody else;
 * ticks as wide as the grid has them there.
 */
function staleLossOf(ctx: Context, market: MarketState, view: BookView): Money {
  view.aim(market.index, market.book);
  const { grid } = view;
  const fair =
    middle(othersBest(view, BID), othersBest(view, ASK)) ||
    middle(ctx.books.bestPrice(market.book, BID), ctx.books.bestPrice(market.book, ASK));
  if (fair === 0) return 0 as Money;
  const at = Math.min(Math.max(0, grid.floorLevel(fair)), grid.levels - 2);
  const tick = grid.price(at + 1) - grid.price(at);
  const quotes = SIDES.flatMap((side) =>
    ctx.orders.on(market.index, side).map((o) => ({ side, price: keenestPrice(o), count: remaining(o) })),
  );
  return staleLoss(quotes, fair, ctx.config.staleTicks * tick);
}

/** Between the best prices, the only one where there is one, 0 for none. */
function middle(bid: number, ask: number): number {
  return bid === 0 || ask === 0 ? bid + ask : (bid + ask) / 2;
}

function sideStatus(ctx: Context, market: MarketState, side: Side, bookPrice: Price, missing: number): SideStatus {
  let best = 0;
  let count = 0;
  for (const o of ctx.orders.on(market.index, side)) {
    count += remaining(o);
    if (best === 0 || (side === BID ? o.price > best : o.price < best)) best = o.price;
  }
  return {
    ourPrice: best as Price,
    ourCount: count as Count,
    ahead: ctx.queues.ahead(market.index, side, best as Price),
    bookPrice,
    bookCount: market.book >= 0 ? ctx.books.bestSize(market.book, side) : (0 as Count),
    reason: market.reasons[side],
    detail: market.details[side],
    ...clearingOf(ctx, market, side, missing),
  };
}
