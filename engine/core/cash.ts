import { keenestPrice, remaining, SIDES } from '../orders/index.ts';
import { CAUSES, collateral } from '../risk/index.ts';
import {
  BID,
  type Count,
  formatDollars,
  type Money,
  money,
  NO_MONEY,
  ONE_DOLLAR,
  type TimeUs,
} from '../units/index.ts';
import { type Balance, balanceBody, Paths } from '../wire/index.ts';
import type { Context } from './context.ts';
import { understood, whyNot } from './reader.ts';

/** How long a balance may lag behind fills, beyond doubt. */
const LAG_MS = 10_000;

/** What besides our own trading changes the cash of a shard. */
const OTHER_CAUSES =
  'deposits, withdrawals, transfers between shards and the trades of other programs change it too; if there were none, compare fills and fees';

/**
 * The exchange's cash against what the ledger says it should be, shard by shard. To the micro-dollar when nothing of
 * ours rests; else up to what resting orders may hold back, as the documents do not say whether the balance is told
 * with or without it, and up to what determined markets have not paid yet.
 */
export class CashCheck {
  private readonly ctx: Context;
  /** Cash by shard when the session had booked nothing. */
  private readonly opening = new Map<number, Money>();
  /** What the last reading could not explain, and what was reported of it. */
  private readonly suspected = new Map<number, { readonly difference: number; readonly since: TimeUs }>();
  /** What may be where the session starts from, since when it was told. */
  private readonly beginnings = new Map<number, { readonly cash: Money; readonly since: TimeUs }>();
  /** Orders of an earlier session were taken over. */
  private hadOrders = false;
  private readonly reported = new Map<number, number>();
  private readonly inDoubt: (market: number) => boolean;
  private fillsThen = 0;

  /** `inDoubt`: the position of this market is not known to be right, so no cash follows from it. */
  constructor(ctx: Context, inDoubt: (market: number) => boolean) {
    this.ctx = ctx;
    this.inDoubt = inDoubt;
  }

  /** Read the balance and judge it. `done` hears why it could not be had, '' when it could. */
  read(done: (why: string) => void): void {
    const { ctx } = this;
    this.fillsThen = ctx.counters.fills;
    ctx.read('getBalance', Paths.balance, ctx.scope, ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, balanceBody);
      if (decoded.kind !== 'ok') return done(whyNot(decoded));
      this.take(decoded.value);
      done('');
    });
  }

  private take({ byShard, total }: Balance): void {
    const { ctx } = this;
    // Bodies without the breakdown are of the time before shards.
    ctx.cash = byShard.size > 0 ? byShard : new Map([[0, total]]);
    this.hadOrders ||= ctx.orders.liveCount > 0;
    const totals = ctx.ledger.totals((market) => ctx.markets[market]!.exchangeIndex);
    for (const shard of new Set(ctx.markets.map((m) => m.exchangeIndex))) {
      const cash = ctx.cash.get(shard) ?? NO_MONEY;
      const held = this.heldBack(shard);
      held.most += this.unpaid(shard);
      const sums = totals.get(shard);
      const change = sums?.cashChange ?? NO_MONEY;
      const isNew = this.fund(shard, cash > 0 || held.most > 0 || (sums !== undefined && sums.long + sums.short > 0));
      // Where there was no cash nothing of ours can have been.
      if (isNew && change === 0) this.opening.set(shard, cash);
      if (ctx.counters.fills === this.fillsThen) this.judge(shard, cash, held, change);
    }
  }

  /**
   * Collateral has to lie on the shard before orders go there: without any its markets are not quoted. True: there was
   * none before.
   */
  private fund(shard: number, funded: boolean): boolean {
    const { ctx } = this;
    if (funded === !ctx.unfunded.has(shard)) return false;
    if (funded) ctx.unfunded.delete(shard);
    else ctx.unfunded.add(shard);
    ctx.touchAll();
    const text = funded ? 'has cash now' : 'has no cash: its markets are not quoted before some is moved there';
    ctx.report(funded ? 'info' : 'warn', 'shard_funds', `shard ${shard} ${text}`);
    return funded;
  }

  private judge(shard: number, cash: Money, held: Range, change: Money): void {
    const { ctx } = this;
    const opening = this.opening.get(shard);
    // What cannot be explained is believed at once where it is less, and where it is more when it is told again.
    ctx.risk.funded(shard, money(Math.min(opening ?? Number.POSITIVE_INFINITY, cash - change)));
    if (opening === undefined || ctx.counters.created === 0) {
      if (held.most === 0) this.begin(shard, money(cash - change));
      return;
    }
    const difference = cash - opening - change;
    if (ctx.markets.some((m) => m.exchangeIndex === shard && this.inDoubt(m.index))) {
      this.suspected.delete(shard);
      return;
    }
    // Told without what resting orders hold back, or with it.
    const isWithout = difference <= 0 && difference >= -this.unpaid(shard);
    const isWith = difference <= -held.least && difference >= -held.most;
    if (isWithout || isWith) {
      ctx.risk.funded(shard, opening);
      this.suspected.delete(shard);
      this.reported.delete(shard);
      return;
    }
    // Reads lag: only the same difference again, and some time later where there is time, is one.
    const before = this.suspected.get(shard);
    if (before?.difference !== difference) {
      this.suspected.set(shard, { difference, since: ctx.now });
      return;
    }
    if (ctx.phase !== 'stopping' && !ctx.passed(before.since, LAG_MS)) return;
    // Nothing was traded and nothing rests: whoever did it, this is where we start from now.
    if (ctx.counters.fills === 0 && held.most === 0) {
      this.opening.set(shard, money(cash - change));
      this.suspected.delete(shard);
      return;
    }
    ctx.risk.funded(shard, money(cash - change));
    if (this.reported.get(shard) === difference) return;
    this.reported.set(shard, difference);
    const numbers = `the exchange says ${formatDollars(cash)}, ${formatDollars(opening)} at the start and our fills, fees and settlements make ${formatDollars(money(opening + change))}`;
    const text = `shard ${shard}: ${numbers} (${formatDollars(held.most as Money)} may be held back by resting orders or not be paid yet): ${OTHER_CAUSES}`;
    ctx.report('warn', 'cash_mismatch', text, { shard, difference });
    if (ctx.config.cashMismatch === 'halt') this.halt(text);
  }

  /**
   * What the session starts from. Once orders have been there a reading may be older than the last one's end, and lack
   * what that held back: then it takes the same again, beyond what reads lag.
   */
  private begin(shard: number, cash: Money): void {
    const { ctx } = this;
    const isFirst = ctx.counters.created === 0 && !this.hadOrders;
    const before = this.beginnings.get(shard);
    if (isFirst || (before?.cash === cash && ctx.passed(before.since, LAG_MS))) this.opening.set(shard, cash);
    else if (before?.cash !== cash) this.beginnings.set(shard, { cash, since: ctx.now });
  }

  private halt(cause: string): void {
    const { ctx } = this;
    ctx.halts.raise({
      code: 'cash_mismatch',
      market: '',
      cause,
      clears: CAUSES.cash_mismatch.clears,
      since: ctx.now,
    });
    ctx.touchAll();
  }

  /** Some shard's cash was not explained at the last reading. */
  get disagrees(): boolean {
    return this.suspected.size > 0;
  }

  /** What determined markets will pay us: the exchange does so at its own time, at the latest when they are final. */
  private unpaid(shard: number): number {
    const { ctx } = this;
    let sum = 0;
    for (const market of ctx.markets) {
      if (market.exchangeIndex !== shard || market.status === 'finalized') continue;
      const { settledAt, settledCount } = ctx.ledger.account(market.index);
      if (settledAt === null) continue;
      sum += settledCount > 0 ? settledAt * settledCount : (ONE_DOLLAR - settledAt) * -settledCount;
    }
    return sum;
  }

  /**
   * What orders on a shard can hold back. At the most the collateral of all and their fees; at the least that of orders
   * known to rest unchanged, less what the position may close at no cost.
   */
  private heldBack(shard: number): Range {
    const { ctx } = this;
    const sum: Range = { least: 0, most: 0 };
    for (const market of ctx.markets) {
      if (market.exchangeIndex !== shard) continue;
      const position = ctx.ledger.position(market.index);
      for (const side of SIDES) {
        let certain = 0;
        let dearest = 0;
        for (const o of ctx.orders.on(market.index, side)) {
          const left = remaining(o);
          const each = Math.max(collateral(side, o.price, ONE), collateral(side, keenestPrice(o), ONE));
          sum.most += (each + MOST_FEE) * left;
          if (o.life !== 'resting' || o.cancel !== 'none' || o.change !== null) continue;
          certain += each * left;
          dearest = Math.max(dearest, each);
        }
        const closable = Math.max(0, side === BID ? -position : position);
        sum.least += Math.max(0, certain - closable * dearest);
      }
    }
    return sum;
  }
}

interface Range {
  least: number;
  most: number;
}

const ONE = 1 as Count;
/** Highest taker fee there is on a contract, 1e-4 dollars: 7 % of a quarter dollar, rounded up with room. */
const MOST_FEE = 200;
