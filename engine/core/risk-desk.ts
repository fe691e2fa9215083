import type { EventGroup, EventShape } from '../market/index.ts';
import { keenestPrice, type Order, remaining } from '../orders/index.ts';
import {
  checkOrder,
  collateral,
  DayTrades,
  Exposure,
  MarketLimits,
  MessageRate,
  RiskContext,
  type RiskVerdict,
} from '../risk/index.ts';
import { ASK, BID, type Count, type Money, ONE_DOLLAR, opposite, type Price, type Side } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import { levelIn } from './narrowing.ts';

/** What is wanted of a market: a new order, or one moved there. */
export interface Wanted {
  readonly market: MarketState;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  readonly moved: Order | null;
}

/** What could be lost, for people; a limit is null where there is none. Money in micro-dollars. */
export interface RiskStatus {
  readonly worst: Money;
  readonly limit: Money | null;
  readonly contracts: Count;
  readonly capital: Money;
  readonly events: readonly { readonly ticker: string; readonly worst: Money; readonly limit: Money | null }[];
}

/** 1e-2 contracts x 1e-4 dollars x 1e-4 x 1e-9 to 1e-4 dollars a contract: what a fee rate is divided by. */
const FEE_SCALE = 1e13;

/**
 * The pre-trade check of the session: keeps the exposure in step with orders, accounts and events, and judges what is
 * wanted. What an order is judged in is read from sums; nothing here looks at every order or market.
 */
export class RiskDesk {
  readonly exposure: Exposure;
  private readonly ctx: Context;
  private readonly context = new RiskContext();
  private readonly rate: MessageRate;
  private readonly trades: DayTrades;
  private readonly limits: (MarketLimits | undefined)[] = [];
  private readonly placed: string[] = [];
  private readonly shapes = new Map<string, EventShape>();
  private readonly seriesOf = new Map<string, string>();
  private readonly mids: number[] = [];
  private readonly fills: number[] = [];
  /** Cash by shard when the session had moved none, as far as the last reading can be explained. */
  private readonly funds = new Map<number, Money>();

  constructor(ctx: Context) {
    this.ctx = ctx;
    this.exposure = new Exposure((market, side) => ctx.orders.on(market, side));
    this.rate = new MessageRate(ctx.config.risk.messagesPerSecond ?? 0);
    this.trades = new DayTrades(ctx.config.risk.maxTradesPerDay ?? Number.POSITIVE_INFINITY);
  }

  /** The limits in force for a market. */
  limitsOf(market: MarketState): MarketLimits {
    const known = this.limits[market.index];
    if (known !== undefined) return known;
    const { index, ticker, eventTicker } = market;
    const limits = new MarketLimits(this.ctx.config.risk, ticker, eventTicker, this.seriesOf.get(eventTicker));
    this.limits[index] = limits;
    return limits;
  }

  /** The series of an event was learnt. */
  series(eventTicker: string, seriesTicker: string): void {
    this.seriesOf.set(eventTicker, seriesTicker);
  }

  /** Cash a shard would have, had the session moved none. */
  funded(shard: number, cash: Money): void {
    this.funds.set(shard, cash);
  }

  /** A market's position or cash changed. */
  booked(market: number): void {
    const { ctx, exposure } = this;
    const account = ctx.ledger.account(market);
    const { position, cash, openingPosition, openingMark, openingMarked, fills } = account;
    if (fills > (this.fills[market] ?? 0)) this.trades.traded(ctx.now);
    this.fills[market] = fills;
    // Without a mark what was carried in is valued as if all of it could be lost.
    const mark = openingMarked ? openingMark : openingPosition > 0 ? ONE_DOLLAR : 0;
    exposure.holds(market, {
      position,
      cash: cash - openingPosition * mark,
      cashChange: ctx.ledger.cashChange(market),
    });
  }

  /** Bring up to date what follows from a market's description, event and book. Called whenever the market is looked at. */
  look(market: MarketState): void {
    const { ctx, exposure } = this;
    const { index, eventTicker } = market;
    // Nothing is quoted before the series is known: until then a market is an event of its own.
    const series = this.seriesOf.get(eventTicker);
    if (series !== undefined && this.placed[index] !== eventTicker) {
      exposure.place(index, eventTicker, series, market.exchangeIndex);
      this.placed[index] = eventTicker;
      this.limits[index] = undefined;
      this.shapes.delete(eventTicker);
    }
    const group = ctx.events.group(eventTicker);
    if (group !== undefined && group.shape !== this.shapes.get(eventTicker)) {
      this.shapes.set(eventTicker, group.shape);
      exposure.shape(eventTicker, this.outcomesOf(group));
    }
    const position = ctx.ledger.position(index);
    if (position === 0) return exposure.mark(index, 0, 0);
    const side = position > 0 ? BID : ASK;
    const best = ctx.books.bestPrice(market.book, side);
    const worth = collateral(side, best, Math.abs(position) as Count);
    exposure.mark(index, worth, best === 0 ? 0 : worth);
  }

  /** The event's outcomes in terms of our markets; null where nothing may be concluded from one about another. */
  private outcomesOf({ shape, markets, complete }: EventGroup): (readonly number[])[] | null {
    const { states } = shape;
    // A market that settled at a fair price shows that the outcomes known are not all there are.
    if (states === null || !complete || markets.some((m) => m.result === 'scalar')) return null;
    const indices = markets.map((m) => this.ctx.tickers.indexOf(m.ticker));
    return states.map((payers) => payers.map((at) => indices[at]!).filter((index) => index >= 0));
  }

  /** Worst cases of all and of each event that has one, with their limits. */
  status(): RiskStatus {
    const { exposure, ctx } = this;
    const { risk } = ctx.config;
    const events = exposure.eventTickers().flatMap((ticker) => {
      const worst = exposure.event(ticker)!.risk as Money;
      const limit = risk.overrides?.events?.[ticker]?.maxRisk ?? risk.event?.maxRisk ?? null;
      return worst === 0 ? [] : [{ ticker, worst, limit }];
    });
    const { risk: worst, contracts } = exposure.total;
    return {
      worst: worst as Money,
      limit: risk.total?.maxRisk ?? null,
      contracts: contracts as Count,
      capital: exposure.capital as Money,
      events,
    };
  }

  /** Judge what is wanted. `mid`: what others' book says the market is worth, NaN for nothing. */
  judge(wanted: Wanted, mid: number, verdict: RiskVerdict): void {
    const limits = this.limitsOf(wanted.market);
    this.describe(wanted, mid);
    checkOrder(limits, this.context, verdict);
  }

  /** A new or moved order was sent. */
  sent(market: MarketState): void {
    this.rate.spent(market.index, this.ctx.now);
  }

  private describe({ market, side, price, count, moved }: Wanted, mid: number): void {
    const { ctx, context: c, exposure } = this;
    const { index, exchangeIndex } = market;
    const figures = exposure.market(index);
    const { event } = figures;
    // An order that is moved makes way for itself; while it may be in either place the larger counts. What is known to
    // have filled of it without being booked stays in the sums: that does not move.
    const ownCount = moved === null ? (0 as Count) : remaining(moved);
    const ownLoss = moved === null ? 0 : collateral(side, keenestPrice(moved), ownCount);
    c.held = side === BID ? figures.position : -figures.position;
    c.sideExposure = figures.open[side] - ownCount;
    c.take(side, price, count, moved?.price, moved === null ? 0 : remaining(moved));
    c.feeEach = (price * (ONE_DOLLAR - price) * (market.fees?.makerRateNano ?? 0)) / FEE_SCALE;
    c.isOnGrid = ctx.books.grid(market.book).level(price) >= 0;
    c.killLevel = levelIn(ctx, market);
    c.resting = figures.open[BID] + figures.open[ASK] - ownCount;
    c.ownOpposite = exposure.best(index, opposite(side));
    c.bookOpposite = ctx.books.bestPrice(market.book, opposite(side));
    // Without two sides the last that was known is better than no band at all.
    if (!Number.isNaN(mid)) this.mids[index] = mid;
    c.mid = this.mids[index] ?? Number.NaN;
    const itself = moved === null ? 0 : 1;
    c.ordersInMarket = figures.live[BID] + figures.live[ASK] - itself;
    c.ordersInAll = ctx.orders.liveCount - itself;
    c.sameSentMs =
      moved === null ? (ctx.now - figures.recent[side].last(price, count)) / 1000 : Number.POSITIVE_INFINITY;
    c.rateWaitMs = this.rate.waitMs(index, ctx.now);
    c.tradesInDay = this.trades.reached(ctx.now) ? (ctx.config.risk.maxTradesPerDay ?? 0) : 0;
    // Bids lose where the market settles NO, asks where it settles YES.
    c.marketWorst = (side === BID ? figures.no : figures.yes) + ownLoss;
    c.eventWorst = event.worstWhere(figures, side === ASK) + ownLoss;
    c.besidesEvent = event.besides(figures);
    c.besidesSeries = event.series.risk - event.risk + c.besidesEvent;
    c.besidesStrategy = exposure.strategy.risk - event.risk + c.besidesEvent;
    c.besidesTotal = exposure.total.risk - event.risk + c.besidesEvent;
    c.othersEvent = event.contracts - figures.contracts;
    c.othersSeries = event.series.contracts - figures.contracts;
    c.othersStrategy = exposure.strategy.contracts - figures.contracts;
    c.othersTotal = exposure.total.contracts - figures.contracts;
    c.capitalUsed = exposure.capital - ownLoss;
    const funds = this.funds.get(exchangeIndex) ?? ctx.cash.get(exchangeIndex);
    const shard = exposure.shard(exchangeIndex);
    c.available = funds === undefined ? Number.POSITIVE_INFINITY : funds + shard.cashChange - shard.held + ownLoss;
    c.equity = ctx.cash.size === 0 ? Number.POSITIVE_INFINITY : this.cashNow() + exposure.liquidation;
  }

  /** Cash of all shards by our own reckoning. */
  private cashNow(): number {
    let sum = 0;
    for (const [shard, told] of this.ctx.cash) {
      sum += (this.funds.get(shard) ?? told) + this.exposure.shard(shard).cashChange;
    }
    return sum;
  }
}
