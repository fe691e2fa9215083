import type { Strategy } from '../quoting/index.ts';
import type { KillLevel } from '../risk/index.ts';
import { ASK, BID, type TimeUs } from '../units/index.ts';
import {
  type EventFeeMessage,
  type FillRecord,
  Frame,
  FrameDecoder,
  type GroupMessage,
  type LifecycleMessage,
  type OrderRecord,
} from '../wire/index.ts';
import { OrderChanger } from './changer.ts';
import type { EngineConfig } from './config.ts';
import { Context, type Phase } from './context.ts';
import { Feed } from './feed.ts';
import { GridChanges } from './grid-changes.ts';
import { GroupDesk } from './group-desk.ts';
import { type EngineInputs, type Gauge, isLimitCommand, type OperatorCommand } from './inputs.ts';
import { applyLifecycle } from './listings.ts';
import type { MarketState } from './market-state.ts';
import type { CommandAnswer } from './operator.ts';
import type { EnginePort, RequestOutcome } from './port.ts';
import { Safeguards } from './safeguards.ts';
import { Setup } from './setup.ts';
import { Shutdown, type StopResult } from './shutdown.ts';
import { type BookPicture, bookOf, type EngineStatus, statusOf } from './status.ts';
import { StrategyHost } from './strategy-host.ts';
import { Sync } from './sync.ts';
import { Trader } from './trader.ts';
import { type Vitals, vitalsOf } from './vitals.ts';
import { OrderWriter, type WriterEvents } from './writer.ts';

/**
 * The deterministic state machine of a session: inputs in, actions out through the port, nothing else. The same
 * configuration and the same inputs at the same times give the same actions.
 */
export class Engine implements EngineInputs {
  private readonly ctx: Context;
  private readonly decoder: FrameDecoder;
  private readonly feed: Feed;
  private readonly setup: Setup;
  private readonly sync: Sync;
  private readonly writer: OrderWriter;
  private readonly trader: Trader;
  private readonly grids: GridChanges;
  private readonly groups: GroupDesk;
  private readonly strategy: StrategyHost;
  private readonly guard: Safeguards;
  private shutdown: Shutdown | null = null;
  private driftTold = 0;

  constructor(config: EngineConfig, strategy: Strategy, port: EnginePort, time: TimeUs) {
    const ctx = new Context(config, port, time);
    this.ctx = ctx;
    this.strategy = new StrategyHost(ctx, strategy);
    this.decoder = new FrameDecoder(ctx.tickers, { yesPrices: true });
    this.feed = new Feed(ctx, {
      deaf: (why) => this.deaf(why),
      listingsMissed: () => this.sync.want(),
    });
    this.grids = new GridChanges(ctx);
    this.guard = new Safeguards(ctx, {
      stop: () => this.stop(),
      flatten: (...order) => this.writer.flatten(...order),
    });
    const { levels } = this.guard;
    const authRefused = (detail: string): void => levels.authRefused(detail);
    this.setup = new Setup(ctx, authRefused);
    ctx.events.onRead = (event) => this.setup.feesRead(event);
    this.sync = new Sync(ctx, {
      fill: (fill) => this.bookFill(fill),
      leftover: (order) => this.writer.cancelLeftover(order),
      mismatch: (market, text) => levels.mismatch(market, text),
      authRefused,
    });
    this.groups = new GroupDesk(ctx, {
      halt: (code, cause, clears) => levels.halt(code, cause, clears),
      permits: () => !ctx.halts.any && !ctx.paused,
      compare: () => this.sync.want(),
      compared: () => this.sync.completed,
      authRefused,
    });
    const writerEvents: WriterEvents = {
      groupRefused: (shard, detail) => this.groups.refused(shard, detail),
      sift: (queue) => this.groups.massCancel.sift(queue),
      authRefused,
    };
    this.writer = new OrderWriter(ctx, writerEvents);
    this.trader = new Trader(ctx, this.strategy, this.writer, new OrderChanger(ctx, writerEvents));
  }

  /** How stopping ended, null until then. */
  get stopResult(): StopResult | null {
    return this.shutdown?.result ?? null;
  }

  /** Requests without an outcome. */
  get inFlight(): number {
    return this.ctx.inFlight;
  }

  /** Where the session stands, without drawing a picture. */
  get phase(): Phase {
    return this.ctx.phase;
  }

  /** Nothing is quoted anywhere: level 2 or higher. */
  get halted(): boolean {
    return this.ctx.halts.any;
  }

  /** The level of the whole engine. */
  get level(): KillLevel {
    return this.ctx.halts.level;
  }

  /** What somebody who has to pull our orders without us must know. */
  get vitals(): Vitals {
    return vitalsOf(this.ctx);
  }

  /** A picture of the session for people and metrics. Allocates: never on the message path. */
  status(): EngineStatus {
    const hours = this.ctx.hours.isKnown ? [] : ['exchange status'];
    const missing = [...this.setup.missing, ...hours, ...this.groups.missing];
    return statusOf(
      this.ctx,
      missing,
      this.sync.completed,
      this.feed.recoveries,
      this.decoder.drift.list(),
      this.guard.picture(),
    );
  }

  /** A market's whole book as we have it, for people and for comparisons. Allocates. */
  book(ticker: string): BookPicture {
    return bookOf(this.ctx, ticker);
  }

  onFrame(bytes: Uint8Array, time: TimeUs): void {
    this.ctx.advance(time);
    const { ctx, decoder } = this;
    ctx.counters.frames++;
    switch (decoder.decode(bytes)) {
      case Frame.Delta:
      case Frame.Snapshot: {
        const market = this.feed.apply(decoder);
        if (market !== null) {
          ctx.touch(market);
          // On a feed that loses much, the moment after a snapshot may be the only one in which the book can be trusted.
          if (decoder.kind === Frame.Snapshot) this.guard.triggers.mark(market);
        }
        break;
      }
      case Frame.Trade:
        this.onTrade();
        break;
      case Frame.Fill:
        this.bookFill(decoder.detail as FillRecord);
        break;
      case Frame.UserOrder:
        this.onOrder(decoder.detail as OrderRecord);
        break;
      case Frame.Group:
        this.feed.apply(decoder);
        this.groups.heard(decoder.detail as GroupMessage);
        break;
      case Frame.Lifecycle:
        this.feed.apply(decoder);
        applyLifecycle(ctx, this.grids, decoder.detail as LifecycleMessage);
        break;
      case Frame.EventFee:
        this.feed.apply(decoder);
        this.setup.feesChanged(decoder.detail as EventFeeMessage);
        break;
      case Frame.Garbage:
        ctx.counters.badFrames++;
        this.feed.garbage(decoder.reason);
        // It may have been a fill: what the private channels tell carries no sequence number.
        this.sync.want();
        break;
      case Frame.Malformed:
        ctx.counters.badFrames++;
        this.feed.apply(decoder);
        break;
      default:
        this.feed.apply(decoder);
    }
    this.trader.run();
  }

  onLink(up: boolean, detail: string, time: TimeUs): void {
    this.ctx.advance(time);
    const { ctx } = this;
    if (up === ctx.linkUp) return;
    ctx.linkUp = up;
    ctx.distrustOrders();
    if (up) {
      ctx.report('info', 'link_up', `feed connected: ${detail}`);
      this.feed.linkUp();
    } else {
      ctx.report('warn', 'link_down', `feed lost, quotes are being pulled: ${detail}`);
      this.feed.linkDown();
    }
    this.trader.run();
  }

  onOutcome(id: number, outcome: RequestOutcome, time: TimeUs): void {
    this.ctx.advance(time);
    this.ctx.outcome(id, outcome);
    if (this.ctx.phase === 'running') this.trader.run();
  }

  onTimer(time: TimeUs): void {
    this.ctx.advance(time);
    const { ctx } = this;
    ctx.flushReads();
    ctx.wake();
    this.feed.tick();
    this.grids.tick();
    if (this.decoder.drift.distinct !== this.driftTold) this.tellDrift();
    if (this.shutdown !== null) {
      this.shutdown.tick();
      if (this.shutdown.result !== null) ctx.phase = 'stopped';
      return;
    }
    this.setup.tick();
    this.groups.tick();
    this.sync.tick(this.feed.privateReady);
    ctx.events.tick();
    ctx.queues.tick();
    ctx.incentives.tick();
    ctx.externals.tick();
    ctx.hours.tick();
    ctx.calendar.tick();
    ctx.expiries.tick();
    if (ctx.phase === 'starting') this.advanceStart();
    else this.strategy.tick();
    this.guard.tick();
    if (ctx.phase === 'stopping') return;
    for (const market of ctx.markets) if (market.closeTime !== 0) this.watchClose(market);
    this.trader.run();
  }

  onCommand(command: OperatorCommand, time: TimeUs): CommandAnswer {
    this.ctx.advance(time);
    const answer = this.answer(command);
    if (this.shutdown === null) this.trader.run();
    return answer;
  }

  private answer(command: OperatorCommand): CommandAnswer {
    if (command === 'stop') return this.stop();
    return isLimitCommand(command) ? this.groups.setLimit(command.slice(6)) : this.guard.command(command);
  }

  onGauge(name: Gauge, value: number, time: TimeUs): void {
    this.ctx.advance(time);
    this.guard.triggers.gauge(name, value);
    this.trader.run();
  }

  onSlow(ticker: string, tookUs: number, time: TimeUs): void {
    this.ctx.advance(time);
    this.strategy.slow(ticker, tookUs);
    this.trader.run();
  }

  onValue(name: string, value: number, time: TimeUs, at: TimeUs = time): void {
    this.ctx.advance(time);
    this.ctx.externals.set(name, value, at);
    this.trader.run();
  }

  private stop(): CommandAnswer {
    const { ctx } = this;
    if (this.shutdown !== null) return { done: true, text: 'it is stopping already' };
    ctx.phase = 'stopping';
    ctx.dropReads();
    ctx.report('info', 'stopping', 'stopping: triggering the order groups and cancelling what rests');
    this.shutdown = new Shutdown(ctx, this.writer, this.sync);
    this.shutdown.tick();
    this.strategy.stop();
    return { done: true, text: 'stopping' };
  }

  /** Groups are only opened once the books, the account and the old session's orders are settled. */
  private advanceStart(): void {
    const { ctx } = this;
    if (!this.setup.complete || !ctx.hours.isKnown || !ctx.reconciled) return;
    if (ctx.groups.size === 0) {
      this.groups.open();
      this.setup.checkFunds();
      return;
    }
    if (this.groups.missing.length > 0) return;
    ctx.phase = 'running';
    this.strategy.start();
    ctx.touchAll();
    ctx.report('info', 'running', `quoting ${ctx.markets.length} market(s) with ${this.strategy.name}`);
  }

  private onTrade(): void {
    const { decoder } = this;
    const market = this.feed.apply(decoder);
    if (market === null || decoder.isBlockTrade) return;
    this.ctx.queues.traded(market, decoder.side, decoder.price, decoder.count);
    this.strategy.traded(market, decoder.side, decoder.price, decoder.count);
  }

  private onOrder(record: OrderRecord): void {
    const { ctx } = this;
    const order = ctx.orders.observe(record, ctx.now);
    if (order === undefined) return;
    const market = ctx.markets[order.market]!;
    ctx.touch(market);
    this.feed.hint(market);
  }

  /** Messages about our orders went past us: nothing is quoted before the exchange's account has been compared. */
  private deaf(why: string): void {
    const { ctx } = this;
    ctx.report('warn', 'feed_deaf', `${why}: quotes are being pulled until the account has been compared`);
    ctx.distrustOrders();
    this.sync.want();
  }

  private bookFill(fill: FillRecord): void {
    const { ctx } = this;
    const index = ctx.tickers.indexOf(fill.ticker);
    // Another subaccount's fills are another account's.
    if (index < 0 || fill.subaccount !== ctx.config.subaccount) return;
    if (!this.sync.opened) {
      // Of an earlier session's order: whether the opening position holds it already, only a new read can tell.
      this.sync.disturbed();
      return;
    }
    const order = ctx.orders.byExchange(fill.orderId) ?? ctx.orders.byClient(fill.clientOrderId);
    if (!ctx.ledger.book(index, fill)) return;
    const market = ctx.markets[index]!;
    ctx.touch(market);
    ctx.counters.fills++;
    ctx.groups.get(market.exchangeIndex)?.filled(fill.count, ctx.now, index);
    if (order !== undefined) ctx.orders.booked(order, fill.count, ctx.now);
    else {
      ctx.counters.foreignFills++;
      ctx.orders.bookedEarly(fill.orderId, fill.count);
    }
    this.guard.triggers.filled(market, fill.side, fill.price);
    this.strategy.filled(market, fill.side, fill.price, fill.count);
  }

  /** The protocol has moved on: say so once for each new name, before something depends on it. */
  private tellDrift(): void {
    const { drift } = this.decoder;
    this.driftTold = drift.distinct;
    const named = drift.list().map((d) => {
      const fields = d.fields.map((f) => f.name).join(', ');
      return d.known ? `${d.type} has new fields (${fields})` : `new type ${d.type}`;
    });
    this.ctx.report('info', 'feed_drift', `the feed sends what this program does not know: ${named.join('; ')}`);
  }

  /** The exchange sends nothing when a market closes on schedule: our own clock pulls the quotes. */
  private watchClose(market: MarketState): void {
    const { ctx } = this;
    const guard = market.closeTime - ctx.config.closeGuardMs * 1000;
    const quoted = market.reasons[BID] === 'quoting' || market.reasons[ASK] === 'quoting';
    if (ctx.now > guard && quoted) ctx.touch(market);
  }
}
