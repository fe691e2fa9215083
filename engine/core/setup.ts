import { Grid } from '../market/index.ts';
import { bucketTerms } from '../quoting/index.ts';
import { formatDollars, type Money, type TimeUs } from '../units/index.ts';
import {
  balanceBody,
  costsBody,
  type EventFeeMessage,
  type EventRecord,
  eventOnly,
  limitsBody,
  type MarketRecord,
  Paths,
  seriesFees,
  singleMarket,
} from '../wire/index.ts';
import type { Context } from './context.ts';
import { EventFees } from './event-fees.ts';
import type { MarketState } from './market-state.ts';
import { understood, whyNot } from './reader.ts';

/** A thing that must be known before quoting, asked for until it is. */
class Need {
  readonly name: string;
  met = false;
  asking = false;
  retryAt = 0 as TimeUs;
  complaints = 0;
  readonly ask: () => void;

  constructor(name: string, ask: (need: Need) => void) {
    this.name = name;
    this.ask = () => ask(this);
  }
}

/**
 * What has to be learnt before the first quote: the account's limits and costs, each market, and its event's series and
 * the series' fees. Each is asked for until it is known.
 */
export class Setup {
  private readonly ctx: Context;
  private readonly needs: Need[] = [];
  private readonly authRefused: (detail: string) => void;
  private readonly fees: EventFees;
  /** When the stream last told of an event's fees. */
  private readonly feesTold = new Map<string, TimeUs>();

  constructor(ctx: Context, authRefused: (detail: string) => void) {
    this.ctx = ctx;
    this.authRefused = authRefused;
    this.fees = new EventFees(ctx.config.feePrecision);
    this.needs.push(new Need('account limits', (need) => this.askLimits(need)));
    this.needs.push(new Need('request costs', (need) => this.askCosts(need)));
    this.needs.push(new Need('balance', (need) => this.askBalance(need)));
    for (const market of ctx.markets) {
      this.needs.push(new Need(`market ${market.ticker}`, (need) => this.askMarket(need, market)));
    }
  }

  /** True when everything is known. */
  get complete(): boolean {
    return this.needs.every((need) => need.met);
  }

  /** What is still missing, for status. */
  get missing(): string[] {
    return this.needs.filter((need) => !need.met).map((need) => need.name);
  }

  /** Ask for what is missing and due. */
  tick(): void {
    for (const need of this.needs) {
      if (need.met || need.asking || this.ctx.now < need.retryAt) continue;
      need.asking = true;
      need.ask();
    }
  }

  private failed(need: Need, why: string, status: number): void {
    need.asking = false;
    need.retryAt = this.ctx.after(this.ctx.config.timing.retryMs);
    if (status === 401) this.authRefused(`${need.name}: ${why}`);
    if (need.complaints++ % 10 === 0) this.ctx.report('warn', 'setup_retry', `${need.name} not available yet: ${why}`);
  }

  private askLimits(need: Need): void {
    const { ctx } = this;
    ctx.read('getLimits', Paths.limits, '', ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, limitsBody);
      if (decoded.kind !== 'ok') return this.failed(need, whyNot(decoded), statusOf(decoded));
      const { budget } = ctx.config;
      ctx.tier = decoded.value.tier;
      ctx.retune(
        bucketTerms('tokens', decoded.value.read, budget),
        bucketTerms(budget.view, decoded.value.write, budget),
      );
      need.met = true;
    });
  }

  private askCosts(need: Need): void {
    const { ctx } = this;
    ctx.read('getCosts', Paths.costs, '', ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, costsBody);
      if (decoded.kind !== 'ok') return this.failed(need, whyNot(decoded), statusOf(decoded));
      if (ctx.config.budget.view === 'tokens') ctx.costs = decoded.value;
      need.met = true;
    });
  }

  private askBalance(need: Need): void {
    const { ctx } = this;
    ctx.read('getBalance', Paths.balance, ctx.scope, ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, balanceBody);
      if (decoded.kind !== 'ok') return this.failed(need, whyNot(decoded), statusOf(decoded));
      const { byShard, total } = decoded.value;
      // Bodies without the breakdown are of the time before shards.
      ctx.cash = byShard.size > 0 ? byShard : new Map([[0, total]]);
      need.met = true;
    });
  }

  /** Collateral must lie on the shard before orders go there: say so before the exchange refuses them one by one. */
  checkFunds(): void {
    const { ctx } = this;
    for (const shard of ctx.groups.keys()) {
      const cash = ctx.cash.get(shard) ?? (0 as Money);
      if (cash >= ctx.config.risk.maxCapital) continue;
      const text = `shard ${shard} holds ${formatDollars(cash)} and the limits allow ${formatDollars(ctx.config.risk.maxCapital)} of collateral: the exchange will refuse what goes beyond the cash`;
      ctx.report('warn', 'low_balance', text);
    }
  }

  private askMarket(need: Need, market: MarketState): void {
    const { ctx } = this;
    const path = `/markets/${encodeURIComponent(market.ticker)}`;
    ctx.read('getMarket', path, '', ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, singleMarket);
      if (decoded.kind !== 'ok') return this.failed(need, whyNot(decoded), statusOf(decoded));
      this.learn(need, market, decoded.value);
    });
  }

  private learn(need: Need, market: MarketState, record: MarketRecord): void {
    const { ctx } = this;
    if (market.book < 0) {
      try {
        market.book = ctx.books.open(Grid.of(record.bands));
      } catch (error) {
        this.failed(need, (error as Error).message, 0);
        return;
      }
    }
    market.eventTicker = record.eventTicker;
    market.exchangeIndex = record.exchangeIndex;
    market.status = record.status;
    market.closeTime = record.closeTime;
    this.askFees(need, market);
  }

  private askFees(need: Need, market: MarketState): void {
    const { ctx } = this;
    const { eventTicker } = market;
    if (this.fees.knows(eventTicker)) return this.setFees(need, market);
    const eventPath = `/events/${encodeURIComponent(eventTicker)}`;
    ctx.read('getEvent', eventPath, '', ctx.costs.defaultCost, (outcome) => {
      const event = understood(outcome, eventOnly);
      if (event.kind !== 'ok') return this.failed(need, whyNot(event), statusOf(event));
      const { seriesTicker, feeType, feeMultiplier } = event.value;
      const seriesPath = `/series/${encodeURIComponent(seriesTicker)}`;
      ctx.read('getSeries', seriesPath, '', ctx.costs.defaultCost, (answer) => {
        const series = understood(answer, seriesFees);
        if (series.kind !== 'ok') return this.failed(need, whyNot(series), statusOf(series));
        this.fees.series(eventTicker, series.value);
        ctx.risk.series(eventTicker, seriesTicker);
        this.fees.read(eventTicker, { feeType, multiplier: feeMultiplier });
        this.setFees(need, market);
      });
    });
  }

  private setFees(need: Need, market: MarketState): void {
    try {
      market.fees = this.fees.of(market.eventTicker);
    } catch (error) {
      return this.failed(need, (error as Error).message, 0);
    }
    need.met = true;
  }

  /** A later read of an event: its fees may have changed unheard. Reads lag: what the stream said lately stands. */
  feesRead({ eventTicker, feeType, feeMultiplier: multiplier }: EventRecord): void {
    const { ctx } = this;
    const told = this.feesTold.get(eventTicker);
    if (told !== undefined && !ctx.passed(told, 2 * ctx.config.timing.requestTimeoutMs)) return;
    if (!this.fees.knows(eventTicker) || !this.fees.differs(eventTicker, { feeType, multiplier })) return;
    this.takeFees({ eventTicker, feeType, multiplier });
  }

  /** The exchange changed the fees of an event. */
  feesChanged(message: EventFeeMessage): void {
    this.feesTold.set(message.eventTicker, this.ctx.now);
    this.takeFees(message);
  }

  private takeFees(message: EventFeeMessage): void {
    const { ctx } = this;
    const { eventTicker } = message;
    const ours = ctx.markets.filter((market) => market.eventTicker === eventTicker);
    // An event of ours may not be known as such yet; of the others nobody wants to know.
    if (ours.length === 0 && this.complete) return;
    this.fees.update(message);
    if (ours.length === 0 || !this.fees.knows(eventTicker)) return;
    try {
      const fees = this.fees.of(eventTicker);
      for (const market of ours) {
        market.fees = fees;
        market.feesUnknown = false;
        ctx.touch(market);
      }
    } catch (error) {
      for (const market of ours) {
        market.feesUnknown = true;
        ctx.touch(market);
      }
      ctx.report('error', 'fees_unknown', `${eventTicker}: its new fees make no sense: ${(error as Error).message}`);
      return;
    }
    const type = message.feeType ?? "its series' type";
    const multiplier = message.multiplier ?? "its series' multiplier";
    ctx.report('warn', 'fees_changed', `${eventTicker}: the exchange now charges by ${type}, times ${multiplier}`);
  }
}

function statusOf(decoded: { readonly kind: string; readonly failure?: { readonly status: number } }): number {
  return decoded.kind === 'refused' && decoded.failure !== undefined ? decoded.failure.status : 0;
}
