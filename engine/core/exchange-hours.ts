import type { CalendarWindow } from '../risk/index.ts';
import type { TimeUs } from '../units/index.ts';
import { decodeBody, type ExchangeStatus, Paths, scheduleBody, statusBody } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { RequestOutcome } from './port.ts';
import { doubtResting } from './reactivation.ts';
import { understood, whyNot } from './reader.ts';

const SCHEDULE_MS = 3_600_000;

/**
 * Whether the exchange trades, as `/exchange/status` says it for each shard, and the maintenance it announces in
 * `/exchange/schedule`. Read at the start, then again and again, and at once when an order is refused for a pause. After
 * a pause what rested may be gone: orders are looked at, and the account is compared, before anything is quoted.
 */
export class ExchangeHours {
  private readonly ctx: Context;
  private status: ExchangeStatus | null = null;
  private readonly paused = new Set<number>();
  private asking = false;
  private statusAt = 0 as TimeUs;
  private scheduleAt = 0 as TimeUs;
  private complaints = 0;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** The status has been read, or nobody wants to know. */
  get isKnown(): boolean {
    return this.status !== null || this.ctx.config.calendar === undefined;
  }

  /** The exchange said that it does not trade on this shard. */
  isPaused(shard: number): boolean {
    return this.paused.has(shard);
  }

  /** Something was refused because of a pause: look now. */
  suspect(): void {
    this.statusAt = this.ctx.now;
  }

  tick(): void {
    const { ctx } = this;
    const { calendar } = ctx.config;
    if (calendar === undefined) return;
    if (!this.asking && ctx.now >= this.statusAt) this.askStatus(calendar.statusMs);
    // At the start reads are scarce, and the status tells what holds now.
    if (ctx.phase === 'running' && ctx.now >= this.scheduleAt) this.askSchedule(calendar.leadMs, calendar.lagMs);
  }

  private askStatus(everyMs: number): void {
    const { ctx } = this;
    this.asking = true;
    this.statusAt = ctx.after(everyMs);
    ctx.read('getStatus', Paths.status, '', ctx.costs.defaultCost, (outcome) => {
      this.asking = false;
      const decoded = understood(carried(outcome), statusBody);
      if (decoded.kind === 'ok') return this.take(decoded.value);
      this.statusAt = ctx.after(Math.min(everyMs, ctx.config.timing.retryMs));
      this.failed('status', whyNot(decoded));
    });
  }

  private askSchedule(leadMs: number, lagMs: number): void {
    const { ctx } = this;
    this.scheduleAt = ctx.after(SCHEDULE_MS);
    ctx.read('getSchedule', Paths.schedule, '', ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, scheduleBody);
      if (decoded.kind !== 'ok') {
        this.scheduleAt = ctx.after(30 * ctx.config.timing.retryMs);
        return this.failed('schedule', whyNot(decoded));
      }
      const windows = decoded.value.maintenance.map(({ start, end }): CalendarWindow => {
        const [from, to] = [(start - leadMs * 1000) as TimeUs, (end + lagMs * 1000) as TimeUs];
        const markets = { tickers: [], events: [], series: [] };
        return { name: 'maintenance the exchange announces', from, to, action: 'pull', markets };
      });
      ctx.calendar.announce(windows);
    });
  }

  private take(status: ExchangeStatus): void {
    const { ctx } = this;
    this.status = status;
    for (const shard of new Set(ctx.markets.map((market) => market.exchangeIndex))) {
      const its = status.shards.find(({ exchangeIndex }) => exchangeIndex === shard) ?? status;
      const isPaused = !its.exchangeActive || !its.tradingActive;
      if (isPaused === this.paused.has(shard)) continue;
      ctx.touchAll();
      if (isPaused) {
        this.paused.add(shard);
        const what = its.exchangeActive ? 'trading is paused, cancels go through' : 'the exchange takes nothing';
        ctx.report('warn', 'exchange_paused', `shard ${shard}: ${what}`, { shard, exchange: !its.exchangeActive });
        continue;
      }
      this.paused.delete(shard);
      const orders = ctx.markets
        .filter((market) => market.exchangeIndex === shard)
        .reduce((sum, market) => sum + doubtResting(ctx, market), 0);
      ctx.distrustOrders();
      const text = `shard ${shard}: trading is on again, ${orders} order(s) are looked at and the account is compared first`;
      ctx.report('info', 'exchange_resumed', text, { shard, orders });
    }
  }

  private failed(what: string, why: string): void {
    if (this.complaints++ % 10 === 0)
      this.ctx.report('warn', 'setup_retry', `exchange ${what} not available yet: ${why}`);
  }
}

/** An exchange that is away may say so with a 503 or 504 that carries the same body (API 2.5). */
function carried(outcome: RequestOutcome): RequestOutcome {
  if (outcome.kind !== 'response' || (outcome.status !== 503 && outcome.status !== 504)) return outcome;
  return decodeBody(200, outcome.body, statusBody).kind === 'ok' ? { ...outcome, status: 200 } : outcome;
}
