import type { TimeUs } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import type { Subscriptions } from './subscriptions.ts';

type Step = 'none' | 'snapshot' | 'resubscribe' | 'reconnect';

/**
 * The way back to true books, one step up whenever a step's deadline passes: snapshots asked for, a new subscription, a
 * new connection. A step is never gone back to before all books are in order, however often frames go missing meanwhile.
 */
export class Recovery {
  /** Resubscriptions and reconnections asked for, for status. */
  count = 0;
  private readonly ctx: Context;
  private readonly subscriptions: Subscriptions;
  private readonly distrustAll: (reason: string) => void;
  private step: Step = 'none';
  private since = 0 as TimeUs;
  private askedAt = 0 as TimeUs;
  private askAgain = false;

  constructor(ctx: Context, subscriptions: Subscriptions, distrustAll: (reason: string) => void) {
    this.ctx = ctx;
    this.subscriptions = subscriptions;
    this.distrustAll = distrustAll;
  }

  /** A connection ended or began. */
  reset(): void {
    this.step = 'none';
    this.askAgain = false;
  }

  /** A new book subscription was asked for: its snapshots are awaited. */
  subscribing(): void {
    if (this.step === 'none' || this.step === 'snapshot') this.enter('resubscribe');
  }

  /** Books lost their trust: ask for snapshots, or once more if that is being done. */
  need(): void {
    if (this.step !== 'none') {
      this.askAgain = true;
      return;
    }
    this.enter('snapshot');
    this.ask(this.broken());
  }

  /** A sign that frames may be missing, proof of nothing: a snapshot's sequence number will tell. */
  probe(): void {
    const { ctx } = this;
    const known = ctx.markets.find((m) => m.book >= 0);
    if (this.step !== 'none' || known === undefined || !ctx.passed(this.askedAt, ctx.config.timing.retryMs)) return;
    this.ask([known]);
  }

  /** A snapshot came. */
  snapshot(): void {
    if (this.step !== 'none' && this.broken().length === 0) this.step = 'none';
  }

  /** The feed of a market was found dead for the n-th time without a change of its book in between. */
  dead(times: number): void {
    // What a new connection did not cure is one market's trouble: the others are not made to suffer for it again.
    if (this.step !== 'none' || times < 2 || times > 3) this.need();
    else if (times === 2) this.resubscribe('the feed of a market died again');
    else this.reconnect('the feed of a market keeps dying');
  }

  /** No snapshots are to be had in this subscription. */
  snapshotRefused(): void {
    if (this.step === 'none' || this.step === 'snapshot') this.resubscribe('snapshots are refused');
  }

  /** Start over with another connection. */
  reconnect(why: string): void {
    this.count++;
    this.enter('reconnect');
    this.distrustAll(why);
    this.ctx.report('warn', 'feed_reconnect', `${why}: opening a new feed connection`);
    this.ctx.port.reconnect(why);
  }

  /** Deadlines. */
  tick(): void {
    const { ctx } = this;
    const { snapshotTimeoutMs, resubscribeTimeoutMs } = ctx.config.timing;
    const broken = this.broken();
    if (broken.length === 0) this.step = 'none';
    else if (this.step === 'none') this.need();
    else if (this.step === 'snapshot' && ctx.passed(this.since, snapshotTimeoutMs))
      this.resubscribe('no snapshot came in time');
    else if (this.step === 'resubscribe' && ctx.passed(this.since, resubscribeTimeoutMs))
      this.reconnect('books did not recover by resubscribing');
    else if (this.step === 'reconnect' && ctx.passed(this.since, 2 * resubscribeTimeoutMs)) this.step = 'none';
    else if (this.askAgain && ctx.passed(this.askedAt, snapshotTimeoutMs / 8)) this.ask(broken);
  }

  private resubscribe(why: string): void {
    this.count++;
    this.enter('resubscribe');
    // Between the two subscriptions no book moves.
    this.distrustAll(`${why}: subscribing anew`);
    this.ctx.report('warn', 'feed_resubscribe', `${why}: subscribing to the books anew`);
    this.subscriptions.resubscribeBooks();
  }

  private ask(markets: readonly MarketState[]): void {
    if (markets.length === 0) return;
    this.askedAt = this.ctx.now;
    this.askAgain = !this.subscriptions.askSnapshots(markets.map((m) => m.ticker));
  }

  /**
   * Markets that are waited for. One whose snapshots do not lie on the grid we know is not: it must not drag the others
   * through every step, and once its book has moved (`GridChanges`) a snapshot is asked for again.
   */
  private broken(): MarketState[] {
    return this.ctx.markets.filter((m) => m.book >= 0 && !m.gridChanged && (!m.seen || m.stale !== ''));
  }

  private enter(step: Step): void {
    this.step = step;
    this.since = this.ctx.now;
    this.askAgain = false;
  }
}
