import { NO_LEVEL } from '../market/index.ts';
import { type Order, reducingSide, remaining, SIDES } from '../orders/index.ts';
import {
  ActionWorth,
  BookView,
  microprice,
  type QuietReason,
  Quotes,
  reconcileSide,
  Scheduler,
  SidePlan,
  type TokenBucket,
  type WantedOrder,
} from '../quoting/index.ts';
import { actionOf, describeVerdict, RiskVerdict } from '../risk/index.ts';
import { ASK, BID, type Count, type Price, type Side, sideName } from '../units/index.ts';
import type { OrderChanger } from './changer.ts';
import type { Context } from './context.ts';
import { hold, type MarketState } from './market-state.ts';
import { narrow, toleranceOf } from './narrowing.ts';
import { isDoubtful } from './quiet.ts';
import type { StrategyHost } from './strategy-host.ts';
import type { OrderWriter } from './writer.ts';

/** A create on its way through risk and budget. */
export interface Candidate {
  readonly market: MarketState;
  readonly side: Side;
  readonly price: Price;
  readonly count: Count;
  /** Worth of sending it, the part of that which pulling the order would save (micro-dollars), and hits a second. */
  readonly value: number;
  readonly loss: number;
  readonly hitRate: number;
  readonly isStale: boolean;
  /** The order to be moved there, null for a new one; and whether it is ahead of all that is wanted. */
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
  private readonly strategy: StrategyHost;
  private readonly view: BookView;
  private readonly quotes = new Quotes();
  private readonly plan = new SidePlan();
  private readonly verdict = new RiskVerdict();
  private readonly candidates: Candidate[] = [];
  private readonly scheduler: Scheduler;
  private readonly worth: ActionWorth;
  /** Of all that waits: the least it has to leave in its bucket, besides what is kept for pulls. */
  private leastKept = Number.POSITIVE_INFINITY;
  private readonly bucket = { available: 0, forPulls: 0, refillPerSecond: 0 };

  constructor(ctx: Context, strategy: StrategyHost, writer: OrderWriter, changer: OrderChanger) {
    this.ctx = ctx;
    this.strategy = strategy;
    this.writer = writer;
    this.changer = changer;
    this.view = new BookView(ctx.books, ctx.orders, ctx.ledger);
    this.scheduler = new Scheduler(ctx.config.scheduler);
    this.worth = new ActionWorth(ctx.config.scheduler, (order) => ctx.queues.aheadOf(order));
    ctx.mayServe = () => this.mayServe;
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
    ctx.risk.look(market);
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
    if (ctx.halts.levelOf(market.ticker) >= 2) return 'halted';
    if (!ctx.linkUp) return 'link_down';
    if (ctx.phase === 'starting') return 'starting';
    if (!ctx.reconciled) return 'reconciling';
    if (ctx.paused) return 'paused';
    if (ctx.calendar.of(market)?.action === 'pull') return 'calendar';
    if (ctx.hours.isPaused(market.exchangeIndex)) return 'exchange_paused';
    if (market.status !== 'active') return 'market_not_active';
    if (market.closeTime !== 0 && ctx.now > market.closeTime - ctx.config.closeGuardMs * 1000) return 'closing_soon';
    if (market.gridChanging) return 'grid_changing';
    if (market.feesUnknown) return 'fees_unknown';
    if (!market.seen) return 'book_not_seen';
    if (market.stale !== '' || isDoubtful(ctx, market)) return 'book_stale';
    if (market.broken !== '') return 'strategy_failed';
    if (ctx.books.isCrossed(market.book)) return 'book_crossed';
    if (ctx.unfunded.has(market.exchangeIndex)) return 'no_funds';
    const life = ctx.groups.get(market.exchangeIndex)?.life ?? 'absent';
    if (life !== 'armed') return life === 'absent' || life === 'creating' ? 'starting' : 'group_triggered';
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
    view.externals = ctx.externals.for(market);
    view.queues = ctx.queues;
    view.incentive = ctx.incentives.of(market);
    view.positionLimit = ctx.risk.limitsOf(market).position as Count;
    if (!ctx.config.quoteOneSided && (view.bestLevel(BID) === NO_LEVEL || view.bestLevel(ASK) === NO_LEVEL)) {
      quotes.none(BID, 'book_one_sided');
      quotes.none(ASK, 'book_one_sided');
      return;
    }
    this.strategy.quote(market, view, quotes);
    narrow(ctx, market, quotes);
  }

  private reconcile(market: MarketState, side: Side): void {
    const { ctx, plan } = this;
    const wanted = this.quotes.side(side);
    const live = ctx.orders.on(market.index, side);
    const blocked = ctx.orders.isBlocked(market.index, side);
    const grid = ctx.books.grid(market.book);
    const held = ctx.now < market.holdUntil[side];
    const replace = held ? 'cancel_create' : ctx.config.replace;
    reconcileSide(side, wanted, live, blocked, (p) => grid.level(p), toleranceOf(ctx, market), replace, plan);
    ctx.expiries.renew(market, side, wanted.length, plan);
    const byValue = ctx.config.scheduler.order === 'value';
    this.worth.aim(this.view, side, wanted);
    for (const order of plan.cancels) {
      this.worth.cancel(order);
      this.writer.cancel(market, order, byValue ? this.worth.loss : 0);
    }
    for (const { order, left } of plan.decreases) {
      // What cannot be made smaller now is pulled: that is cheaper.
      if (held || !this.changer.decrease(market, order, left)) this.writer.cancel(market, order);
    }
    if (wanted.length === 0) {
      market.reasons[side] = wanted.reason;
      if (wanted.reason !== 'strategy_failed' && wanted.reason !== 'halted' && wanted.reason !== 'calendar')
        market.details[side] = '';
      market.measures[side].set(wanted.has, wanted.needs);
    } else if (blocked) market.reasons[side] = 'order_unknown';
    else if (!held) {
      market.reasons[side] = 'quoting';
      market.details[side] = '';
    }
    if (held || plan.amends.length + plan.creates.length === 0) this.scheduler.satisfied(sideNumber(market, side));
    if (held) return ctx.wait(market);
    const position = ctx.ledger.position(market.index);
    const reduces = position !== 0 && side === reducingSide(position);
    for (const wish of plan.amends) {
      this.worth.amend(wish, reduces);
      this.candidate(market, side, wish, wish.order, wish.isAhead, reduces);
    }
    for (const wish of plan.creates) {
      this.worth.create(wish, reduces);
      this.candidate(market, side, wish, null, false, reduces);
    }
  }

  private candidate(
    market: MarketState,
    side: Side,
    { price, count }: WantedOrder,
    moved: Order | null,
    isAhead: boolean,
    reduces: boolean,
  ): void {
    const { value, loss, hitRate, isStale } = this.worth;
    this.candidates.push({ market, side, price, count, value, loss, hitRate, isStale, moved, isAhead, reduces });
  }

  /** Best value a token first (quoting/scheduler.ts); risk and budget decide one by one, each seeing what the ones before it took. */
  private create(): void {
    const { ctx, candidates, writer, scheduler } = this;
    this.rank();
    for (let i = scheduler.next(); i >= 0; i = scheduler.next()) {
      const candidate = candidates[i]!;
      const { market, side, moved } = candidate;
      this.view.aim(market.index, market.book);
      ctx.risk.judge(candidate, microprice(this.view), this.verdict);
      if (this.verdict.code !== 'ok') market.details[side] = describeVerdict(this.verdict);
      if (this.verdict.count <= 0) {
        this.refused(candidate);
        continue;
      }
      const reserve = ctx.keptFor(candidate.reduces || scheduler.servesAged);
      const kept = reserve + ctx.keptForPulls(ctx.bucketOf(market.exchangeIndex));
      const grant = scheduler.decide(this.bucketFor(candidate, kept));
      if (grant === 'send' && this.send(candidate, kept)) {
        scheduler.sent();
        continue;
      }
      scheduler.waits();
      this.leastKept = Math.min(this.leastKept, reserve);
      market.reasons[side] = 'no_tokens';
      ctx.wait(market, candidate.loss === 0);
      if (grant === 'pull') writer.cancel(market, moved!, candidate.loss);
    }
    writer.flushCreates();
    writer.flushCancels();
  }

  /** A round of all who wait could send something now, or would leave other claims to tokens than there are. */
  private get mayServe(): boolean {
    const { ctx } = this;
    if (!this.scheduler.isSettled(ctx.now)) return true;
    const { amendCost, createCost, singleCreateCost } = ctx.costs;
    const least = Math.min(amendCost, createCost, singleCreateCost) + this.leastKept;
    const canPay = (bucket: TokenBucket): boolean => bucket.available(ctx.now) - ctx.keptForPulls(bucket) >= least;
    return canPay(ctx.writes) || [...ctx.shardWrites.values()].some(canPay);
  }

  private rank(): void {
    const { ctx, scheduler, candidates } = this;
    const { amendCost, createCost, singleCreateCost, cancelCost, singleCancelCost } = ctx.costs;
    if (!ctx.someWait) this.leastKept = Number.POSITIVE_INFINITY;
    scheduler.begin(ctx.now, !ctx.someWait);
    for (const { market, side, moved, value, loss, hitRate, isStale } of candidates) {
      const isCommon = ctx.bucketOf(market.exchangeIndex) === ctx.writes;
      const cost = moved !== null ? amendCost : isCommon ? createCost : singleCreateCost;
      const number = sideNumber(market, side);
      const bucket = isCommon ? 0 : market.exchangeIndex;
      scheduler.add(number, bucket, cost, value, loss, hitRate, isCommon ? cancelCost : singleCancelCost, isStale);
    }
    scheduler.rank();
  }

  /** What the candidate may be paid from. A new order on a shard of its own may be paid from the common bucket instead. */
  private bucketFor({ market, moved }: Candidate, kept: number): Trader['bucket'] {
    const { ctx, bucket } = this;
    const own = ctx.bucketOf(market.exchangeIndex);
    this.look(own, kept);
    if (moved === null && own !== ctx.writes && bucket.available < ctx.costs.singleCreateCost)
      this.look(ctx.writes, kept);
    return bucket;
  }

  private look(from: TokenBucket, kept: number): void {
    const { ctx, bucket } = this;
    const all = from.available(ctx.now);
    bucket.available = all - kept;
    bucket.forPulls = all - ctx.triggerReserve;
    bucket.refillPerSecond = from.refillPerSecond;
  }

  /** A constraint lets nothing of it through: say which, and do not leave a quote where it is not wanted. */
  private refused({ market, side, moved, isAhead }: Candidate): void {
    const { ctx, verdict } = this;
    const { code } = verdict;
    this.scheduler.satisfied(sideNumber(market, side));
    market.reasons[side] = code === 'position_limit' ? 'position_limit' : 'risk_refused';
    market.measures[side].set(verdict.value / 100, verdict.limit / 100);
    const isDelayed = actionOf(code) === 'delay' || code === 'duplicate';
    if (isDelayed) ctx.wait(market);
    // Our other side is on its way out of the way: its answer has this market looked at again.
    if (moved !== null && (isAhead || !(isDelayed || code === 'self_cross'))) this.writer.cancel(market, moved);
  }

  /** Amend an order to where it is wanted, or place a new one. False when the tokens are not there. */
  private send(candidate: Candidate, kept: number): boolean {
    const { market, price, moved } = candidate;
    const { count } = this.verdict;
    const isSent =
      moved === null
        ? this.writer.create(candidate, count, kept)
        : this.changer.amend(market, moved, price, count, kept);
    if (isSent) this.ctx.risk.sent(market);
    return isSent;
  }
}

/** A number of its own for every side of every market. */
function sideNumber(market: MarketState, side: Side): number {
  return 2 * market.index + side;
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
