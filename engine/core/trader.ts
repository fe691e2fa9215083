import { NO_LEVEL } from '../market/index.ts';
import { keenestPrice, type Order, type Orders, remaining, SIDES } from '../orders/index.ts';
import {
  BookView,
  microprice,
  type QuietReason,
  Quotes,
  reconcileSide,
  SidePlan,
  type Strategy,
} from '../quoting/index.ts';
import { checkOrder, collateral, type RiskContext, RiskVerdict } from '../risk/index.ts';
import { ASK, BID, type Count, type Money, opposite, type Price, type Side, sideName } from '../units/index.ts';
import type { OrderChanger } from './changer.ts';
import { type Context, hold, type MarketState } from './context.ts';
import type { OrderWriter } from './writer.ts';

/** A create on its way through risk and budget. */
export interface Candidate {
  readonly market: MarketState;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  readonly edge: number;
  readonly urgency: number;
  /** The order to be moved there, null for a new one; and whether it must go if it cannot be. */
  readonly moved: Order | null;
  readonly isAhead: boolean;
  /** It brings the position nearer to nothing. */
  readonly reduces: boolean;
}

/**
 * From a changed market to orders: gate, strategy, reconciliation against what is alive, risk, and the writer. A market
 * that wanted something it could not afford stays dirty and is looked at again when tokens have come in.
 */
export class Trader {
  private readonly ctx: Context;
  private readonly writer: OrderWriter;
  private readonly changer: OrderChanger;
  private readonly strategy: Strategy;
  private readonly view: BookView;
  private readonly quotes = new Quotes();
  private readonly plan = new SidePlan();
  private readonly verdict = new RiskVerdict();
  private readonly candidates: Candidate[] = [];
  private readonly risk: RiskContext = {
    position: 0 as Count,
    sideExposure: 0 as Count,
    ownOpposite: 0 as Price,
    bookOpposite: 0 as Price,
    mid: Number.NaN,
    ordersInMarket: 0,
    ordersInAll: 0,
    capitalUsed: 0 as Money,
  };
  private readonly faulted = new Set<number>();
  /** Collateral of live orders and positions by market, and of all; nothing netted across markets. */
  private readonly capital: number[] = [];
  private capitalUsed = 0;

  constructor(ctx: Context, strategy: Strategy, writer: OrderWriter, changer: OrderChanger) {
    this.ctx = ctx;
    this.strategy = strategy;
    this.writer = writer;
    this.changer = changer;
    this.view = new BookView(ctx.books, ctx.orders, ctx.ledger);
  }

  /** Look at every dirty market and send what follows, cancels first. */
  run(): void {
    const { dirtyMarkets } = this.ctx;
    if (dirtyMarkets.length === 0) return;
    this.candidates.length = 0;
    for (const market of dirtyMarkets) {
      market.dirty = false;
      if (market.book >= 0) this.evaluate(market);
    }
    dirtyMarkets.length = 0;
    this.writer.flushCancels();
    if (this.candidates.length > 0) this.create();
  }

  private evaluate(market: MarketState): void {
    const { quotes, ctx } = this;
    this.reckon(market);
    quotes.begin(ctx.books.grid(market.book));
    const gate = this.gate(market);
    if (gate === 'quoting') this.ask(market);
    else {
      quotes.none(BID, gate);
      quotes.none(ASK, gate);
    }
    // Orders taken over from an earlier session are not judged before there is something to judge them by.
    if (gate === 'starting' && ctx.phase === 'starting') return;
    for (const side of SIDES) this.reconcile(market, side);
  }

  /** The first reason why this market may not be quoted at all, or `quoting`. */
  private gate(market: MarketState): QuietReason {
    const { ctx } = this;
    if (ctx.phase === 'stopping' || ctx.phase === 'stopped') return 'stopping';
    if (ctx.halts.any || ctx.halts.of(market.ticker) !== undefined) return 'halted';
    if (!ctx.linkUp) return 'link_down';
    if (ctx.phase === 'starting') return 'starting';
    if (!ctx.reconciled) return 'reconciling';
    if (ctx.paused) return 'paused';
    if (market.status !== 'active') return 'market_not_active';
    if (market.closeTime !== 0 && ctx.now > market.closeTime - ctx.config.closeGuardMs * 1000) return 'closing_soon';
    if (market.gridChanging) return 'grid_changing';
    if (!market.seen) return 'book_not_seen';
    if (market.stale !== '') return 'book_stale';
    if (market.broken !== '') return 'strategy_failed';
    if (ctx.books.isCrossed(market.book)) return 'book_crossed';
    if (ctx.unfunded.has(market.exchangeIndex)) return 'no_funds';
    if (ctx.groups.get(market.exchangeIndex)?.life !== 'armed') return 'starting';
    return 'quoting';
  }

  private ask(market: MarketState): void {
    const { view, quotes, ctx } = this;
    view.aim(market.index, market.book);
    view.ticker = market.ticker;
    view.time = ctx.now;
    view.closeTime = market.closeTime;
    view.fees = market.fees!;
    view.event = ctx.events.of(market);
    view.positionLimit = ctx.config.risk.maxPosition;
    if (!ctx.config.quoteOneSided && (view.bestLevel(BID) === NO_LEVEL || view.bestLevel(ASK) === NO_LEVEL)) {
      quotes.none(BID, 'book_one_sided');
      quotes.none(ASK, 'book_one_sided');
      return;
    }
    try {
      this.strategy.quote(view, quotes);
    } catch (error) {
      quotes.fault = messageOf(error);
    }
    if (quotes.fault !== '') this.fault(market, quotes.fault);
  }

  /** The strategy threw while being told something: what it believes of this market is not known any more. */
  broke(market: MarketState, error: unknown): void {
    market.broken = messageOf(error);
    this.ctx.touch(market);
    const text = `strategy ${this.strategy.name} failed on ${market.ticker}, its quotes are pulled until a restart: ${market.broken}`;
    this.ctx.report('error', 'strategy_failed', text);
  }

  private fault(market: MarketState, fault: string): void {
    this.quotes.none(BID, 'strategy_failed');
    this.quotes.none(ASK, 'strategy_failed');
    market.details[BID] = fault;
    market.details[ASK] = fault;
    if (this.faulted.has(market.index)) return;
    this.faulted.add(market.index);
    const text = `strategy ${this.strategy.name} failed on ${market.ticker}, its quotes are pulled: ${fault}`;
    this.ctx.report('error', 'strategy_failed', text);
  }

  private reconcile(market: MarketState, side: Side): void {
    const { ctx, plan } = this;
    const wanted = this.quotes.side(side);
    const live = ctx.orders.on(market.index, side);
    const blocked = ctx.orders.isBlocked(market.index, side);
    const grid = ctx.books.grid(market.book);
    const held = ctx.now < market.holdUntil[side];
    const replace = held ? 'cancel_create' : ctx.config.replace;
    reconcileSide(side, wanted, live, blocked, (p) => grid.level(p), ctx.config.tolerance, replace, plan);
    for (const order of plan.cancels) this.writer.cancel(market, order);
    for (const { order, left } of plan.decreases) {
      // What cannot be made smaller now is pulled: that is cheaper.
      if (held || !this.changer.decrease(market, order, left)) this.writer.cancel(market, order);
    }
    if (wanted.length === 0) market.reasons[side] = wanted.reason;
    else if (blocked) market.reasons[side] = 'order_unknown';
    else if (!held) {
      market.reasons[side] = 'quoting';
      market.details[side] = '';
    }
    if (held) return ctx.wait(market);
    const position = ctx.ledger.position(market.index);
    const reduces = side === BID ? position < 0 : position > 0;
    for (const { order, price, count, edge, urgency, isAhead } of plan.amends) {
      this.candidates.push({ market, side, price, count, edge, urgency, moved: order, isAhead, reduces });
    }
    for (const { price, count, edge, urgency } of plan.creates) {
      this.candidates.push({ market, side, price, count, edge, urgency, moved: null, isAhead: false, reduces });
    }
  }

  /** Those that reduce a position first, then the most urgent, then those with most edge; risk and budget decide one by one, each seeing what the ones before it took. */
  private create(): void {
    const { ctx, candidates, writer } = this;
    if (candidates.length > 1) {
      candidates.sort((a, b) => Number(b.reduces) - Number(a.reduces) || b.urgency - a.urgency || b.edge - a.edge);
    }
    for (const candidate of candidates) {
      const { market, side } = candidate;
      this.describe(candidate);
      checkOrder(ctx.config.risk, this.risk, side, candidate.price, candidate.count, this.verdict);
      if (this.verdict.count <= 0) {
        market.reasons[side] = this.verdict.code === 'position_limit' ? 'position_limit' : 'risk_refused';
        market.details[side] = `${this.verdict.code}: ${this.verdict.value} against ${this.verdict.limit}`;
        // Our other side is on its way out of the way: its answer has this market looked at again.
        if (candidate.moved !== null && (candidate.isAhead || this.verdict.code !== 'self_cross'))
          writer.cancel(market, candidate.moved);
        continue;
      }
      if (candidate.moved !== null) this.move(candidate, candidate.moved);
      else if (!writer.create(candidate, this.verdict.count)) {
        market.reasons[side] = 'no_tokens';
        ctx.wait(market);
      } else this.commit(market, collateral(side, candidate.price, this.verdict.count));
    }
    writer.flushCreates();
    writer.flushCancels();
  }

  /** Amend an order to where it is wanted. One that must not stay where it is is cancelled when tokens are short. */
  private move({ market, side, price, isAhead }: Candidate, order: Order): void {
    const before = collateral(side, order.price, remaining(order));
    if (this.changer.amend(market, order, price, this.verdict.count)) {
      this.commit(market, worstCollateral(order) - before);
      return;
    }
    market.reasons[side] = 'no_tokens';
    this.ctx.wait(market);
    if (isAhead) this.writer.cancel(market, order);
  }

  /** The state the candidate would be added to. */
  private describe(candidate: Candidate): void {
    const { ctx, risk } = this;
    const { market, side } = candidate;
    const { orders, books } = ctx;
    risk.position = ctx.ledger.position(market.index);
    // An order that is moved makes way for itself; while it may be in either place the larger counts.
    const own = candidate.moved === null ? 0 : remaining(candidate.moved);
    risk.sideExposure = (orders.exposure(market.index, side) + orders.unbooked(market.index, side) - own) as Count;
    risk.ownOpposite = mostAggressive(orders, market.index, opposite(side));
    risk.bookOpposite = books.bestPrice(market.book, opposite(side));
    this.view.aim(market.index, market.book);
    const fair = microprice(this.view);
    risk.mid = fair;
    const itself = candidate.moved === null ? 0 : 1;
    risk.ordersInMarket = orders.on(market.index, BID).length + orders.on(market.index, ASK).length - itself;
    risk.ordersInAll = orders.liveCount - itself;
    risk.capitalUsed = (this.capitalUsed - (candidate.moved === null ? 0 : worstCollateral(candidate.moved))) as Money;
  }

  /**
   * Bring a market's share of the collateral of all positions and live orders up to date. Whatever changes it makes the
   * market dirty, so that the sum is right whenever orders are judged, without a look at every market.
   */
  private reckon(market: MarketState): void {
    const { ledger, books, orders } = this.ctx;
    let sum = 0;
    const position = ledger.position(market.index);
    if (position !== 0) {
      const side = position > 0 ? BID : ASK;
      sum += collateral(side, books.bestPrice(market.book, side), Math.abs(position) as Count);
    }
    for (const side of SIDES) {
      for (const o of orders.on(market.index, side)) sum += worstCollateral(o);
    }
    this.commit(market, sum - (this.capital[market.index] ?? 0));
  }

  private commit(market: MarketState, change: number): void {
    this.capital[market.index] = (this.capital[market.index] ?? 0) + change;
    this.capitalUsed += change;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Our highest live bid or lowest live ask, 0 for none. */
function mostAggressive(orders: Orders, market: number, side: Side): Price {
  let best = 0;
  for (const o of orders.on(market, side)) {
    const price = keenestPrice(o);
    if (best === 0 || (side === BID ? price > best : price < best)) best = price;
  }
  return best as Price;
}

/** Collateral of a live order at the dearer of the prices it may have. */
function worstCollateral(o: Order): Money {
  const now = collateral(o.side, o.price, remaining(o));
  return o.change === null ? now : (Math.max(now, collateral(o.side, o.change.price, remaining(o))) as Money);
}

/** One side's live orders as text, for reports: `bid 3.00@45`. */
export function describeOrder(order: Order): string {
  return `${sideName(order.side)} ${remaining(order) / 100}@${order.price / 100}c`;
}

/** Note a refusal on a side and look again when the hold is over. */
export function refuseSide(ctx: Context, market: MarketState, side: Side, detail: string, holdMs: number): void {
  hold(market, side, ctx.after(holdMs), detail);
  ctx.touch(market);
}
