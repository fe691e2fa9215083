import type { EngineReport, TextRequest } from '../../engine/core/index.ts';
import { ASK, BID, type Side } from '../../engine/units/index.ts';
import { Account } from './books.ts';
import { Guard } from './guard.ts';
import { type Invariant, Violation } from './invariants.ts';
import type { Life } from './life.ts';
import { ordersIn, type SentOrder } from './orders-in.ts';
import { USER, type Watcher, type World } from './world.ts';

/** Differences there never are in these worlds. */
const FALSE_ALARMS: readonly string[] = ['position_mismatch', 'cash_mismatch', 'auth_refused', 'grid_changed_badly'];
/** A killed engine's requests arrive within this, and what they cost has been earned again. */
const AFTERMATH_US = 2_500_000;

/** Watches a world and throws a `Violation` at the first invariant that does not hold. */
export class Watch implements Watcher {
  private readonly tell: ((line: string) => void) | null;
  private world!: World;
  private account!: Account;
  private guard!: Guard;
  /** Orders that killed engines had on their way: they may land on top of what the next one places. */
  private readonly late: SentOrder[] = [];
  private aftermathUntilUs = 0;
  private steps = 0;
  unknown = 0;
  booksCompared = 0;

  /** @param tell hears what goes in and out of the engine */
  constructor(tell: ((line: string) => void) | null) {
    this.tell = tell;
  }

  watch(world: World): void {
    this.world = world;
    this.account = new Account(world.exchange, world.shape, USER);
    this.guard = new Guard(world, this.account, (invariant, text) => this.fail(invariant, text));
  }

  get creates(): number {
    return this.guard.creates;
  }

  get amends(): number {
    return this.guard.amends;
  }

  note(line: () => string): void {
    this.tell?.(`${this.world.elapsedMs.toFixed(1)} ms ${line()}`);
  }

  leaves(life: Life, request: TextRequest): void {
    this.guard.leaves(life, request);
  }

  overspent(request: TextRequest): void {
    if (this.world.timeUs >= this.aftermathUntilUs)
      this.fail('own_budget', `${request.op} ${request.path} refused for want of tokens`);
  }

  reported(life: Life, report: EngineReport): void {
    this.note(() => `   ${report.level} ${report.code}: ${report.text}`);
    if (report.code === 'order_unknown') this.unknown++;
    if (FALSE_ALARMS.includes(report.code)) this.fail('no_false_alarm', `life ${life.number}: ${report.text}`);
  }

  killed(life: Life): void {
    this.note(() => `   life ${life.number} killed`);
    for (const { request } of life.open.values()) this.late.push(...ordersIn(request));
    if (life.open.size > 0) this.aftermathUntilUs = this.world.timeUs + AFTERMATH_US;
  }

  /** Everything that must hold at any moment. */
  step(): void {
    const { world, account, late } = this;
    const { risk } = world.shape.config;
    this.steps++;
    const all = account.resting.length;
    if (all > risk.maxOrders + late.length)
      this.fail('resting_limits', `${all} orders rest, the limit is ${risk.maxOrders}`);
    for (const { markets } of world.shape.events) for (const ticker of markets) this.market(ticker);
    if (world.life.number === 1) this.risks();
    for (const shard of world.shape.shards) {
      const cash = world.exchange.account(USER).cashOn(shard);
      if (cash < 0) this.fail('collateral', `shard ${shard} has ${cash}`);
    }
    if (!world.life.isDead) {
      this.remembered();
      this.compareBook();
    }
  }

  private market(ticker: string): void {
    const { account } = this;
    const { risk } = this.world.shape.config;
    const position = account.position(ticker);
    for (const side of [BID, ASK] as const) {
      const reach = (side === BID ? position : -position) + account.open(ticker, side);
      const most = risk.maxPosition + this.lateOf(ticker, side);
      if (reach > most) this.fail('position_limit', `${ticker}: ${reach / 100} contracts, the limit is ${most / 100}`);
    }
    const { bid, ask } = account.touch(ticker);
    if (bid >= ask) this.fail('no_self_cross', `${ticker}: own bid ${bid} meets own ask ${ask}`);
    const orders = account.of(ticker);
    const late = this.late.filter((o) => o.ticker === ticker).length;
    if (orders.length > risk.maxOrdersPerMarket + late)
      this.fail('resting_limits', `${ticker}: ${orders.length} orders, the limit is ${risk.maxOrdersPerMarket}`);
    const resting = account.open(ticker, BID) + account.open(ticker, ASK);
    const most = (risk.maxRestingPerMarket ?? Infinity) + this.lateOf(ticker, BID) + this.lateOf(ticker, ASK);
    if (resting > most)
      this.fail('resting_limits', `${ticker}: ${resting / 100} contracts rest, the limit is ${most / 100}`);
  }

  private lateOf(ticker: string, side: Side): number {
    return this.late.reduce((sum, o) => sum + (o.ticker === ticker && o.side === side ? o.count : 0), 0);
  }

  private risks(): void {
    const { account, guard } = this;
    const { events, config } = this.world.shape;
    const { risk } = config;
    const judge = (
      invariant: Invariant,
      what: string,
      worst: number,
      limit: number | undefined,
      of: string[],
    ): void => {
      if (limit === undefined || worst <= limit) return;
      const most = limit + guard.passed(of);
      if (worst > most)
        this.fail(invariant, `${what} could lose ${worst}, the limit is ${limit} (${most} with closing)`);
    };
    for (const event of events) {
      for (const ticker of event.markets)
        judge('market_risk', ticker, account.marketRisk(ticker), risk.maxMarketRisk, [ticker]);
      judge('event_risk', event.ticker, account.eventRisk(event), risk.event?.maxRisk, [...event.markets]);
    }
    const all = events.flatMap((e) => [...e.markets]);
    judge('total_risk', 'everything', account.totalRisk(), risk.total?.maxRisk, all);
  }

  /** Unknown is not forgotten: what rests is alive to the engine that placed it. */
  private remembered(): void {
    const { life } = this.world;
    for (const { clientOrderId, ticker } of this.account.resting) {
      if (!life.placed(clientOrderId)) continue;
      const order = life.inside.orders.byClient(clientOrderId);
      if (order === undefined || order.life === 'done')
        this.fail(
          'nothing_forgotten',
          `${clientOrderId} rests in ${ticker}, the engine takes it for ${order === undefined ? 'unheard of' : 'done'}`,
        );
    }
  }

  /** One market a step: where the engine trusts its book and has heard everything, it is the exchange's. */
  private compareBook(): void {
    const { life, exchange } = this.world;
    const { markets, books } = life.inside;
    const market = markets[this.steps % markets.length]!;
    const isTrusted = market.book >= 0 && market.seen && market.stale === '' && !market.gridChanging;
    if (!this.world.isListening || !life.witness.isUp || !life.witness.isCaughtUp || !isTrusted) return;
    this.booksCompared++;
    const { ladder, listing } = exchange.market(market.ticker);
    for (const side of [BID, ASK] as const) {
      let level = books.bestLevel(market.book, side);
      for (const at of ladder.levels(side)) {
        const [price, count] = [listing.grid.price(at), ladder.total(side, at)];
        const [ourPrice, ourCount] =
          level < 0 ? [0, 0] : [books.grid(market.book).price(level), books.sizeAt(market.book, side, level)];
        if (price !== ourPrice || count !== ourCount)
          this.fail('books_equal', `${market.ticker}: ${count}@${price}, ours ${ourCount}@${ourPrice}`);
        level = books.nextLevel(market.book, side, level);
      }
      if (level >= 0) this.fail('books_equal', `${market.ticker}: we have a level the exchange has not`);
    }
  }

  /** It has been calm for long enough: within a few messages' time the engine's truth is the exchange's. */
  settled(): void {
    for (let n = 1; ; n++) {
      try {
        return this.compareTruths();
      } catch (error) {
        // Something may be on its way; not five times in a row.
        if (n === 5) throw error;
        this.world.run(130);
      }
    }
  }

  private compareTruths(): void {
    const { exchange, life } = this.world;
    const status = life.engine.status();
    const no = (text: string): never => this.fail('truth_equal', text);
    if (status.unknownOrders !== 0) no(`${status.unknownOrders} orders are still unknown`);
    if (!status.linkUp || !status.reconciled) no(`not compared with the exchange: ${status.missing.join(', ')}`);
    for (const [index, market] of status.markets.entries()) {
      const { ticker } = market;
      const { status: state } = exchange.market(ticker).listing;
      if ((state === 'active') !== (market.status === 'active')) no(`${ticker} is ${state}, we say ${market.status}`);
      const held = exchange.account(USER).holding(ticker);
      if (market.position !== held.position) no(`${ticker}: position ${held.position}, ours ${market.position}`);
      // What a later life took over is worth what it is marked at.
      if (life.number > 1) continue;
      const { ledger } = life.inside;
      if (market.fees !== held.feesPaid) no(`${ticker}: fees ${held.feesPaid}, ours ${market.fees}`);
      const cash = held.cashFlow - held.feesPaid;
      if (ledger.cashChange(index) !== cash) no(`${ticker}: cash moved ${cash}, ours ${ledger.cashChange(index)}`);
    }
    const resting = new Set(this.account.resting.map((o) => o.clientOrderId));
    for (const { clientOrderId, life: stage, cancel } of life.inside.orders.all()) {
      if (stage === 'resting' && cancel === 'none' && !resting.has(clientOrderId))
        no(`${clientOrderId} rests in our mind only`);
    }
  }

  /** The engine says that it has stopped. `isCalm`: nothing was in its way. */
  stopped(isCalm: boolean): void {
    const result = this.world.life.engine.stopResult;
    if (result === null) return this.fail('nothing_rests', 'stopping does not end');
    if (isCalm && !result.clean) this.fail('nothing_rests', `in calm weather: ${result.text}`);
    this.stillNothing();
  }

  stillNothing(): void {
    const { length } = this.account.resting;
    if (this.world.life.engine.stopResult?.clean === true && length > 0)
      this.fail('nothing_rests', `${length} orders rest after a stop called clean`);
  }

  fail(invariant: Invariant, text: string): never {
    throw new Violation(invariant, this.world.elapsedMs, text);
  }
}
