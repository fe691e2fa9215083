import type { Incentive } from '../quoting/index.ts';
import { type IncentiveRecord, incentivesPage, Paths } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';
import { readList } from './reader.ts';

const READ_MS = 600_000;
/** What practically all programs have where they do not say. */
const USUAL_DISCOUNT = 0.5;

/**
 * Liquidity programs of this session's markets, read at the start and every ten minutes. Nothing waits for them, and
 * they leave half of the read budget to what cannot wait.
 */
export class Incentives {
  private readonly ctx: Context;
  private programs: ReadonlyMap<string, readonly Incentive[]> = new Map();
  private readAt = -READ_MS * 1000;
  private asking = false;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /** The program that pays in a market now, null for none. */
  of(market: MarketState): Incentive | null {
    const { now } = this.ctx;
    return this.programs.get(market.ticker)?.find(({ from, until }) => from <= now && now < until) ?? null;
  }

  tick(): void {
    const { ctx } = this;
    if (this.asking || !ctx.reconciled || ctx.now - this.readAt < READ_MS * 1000) return;
    const cost = ctx.costs.defaultCost;
    if (ctx.reads.available(ctx.now) - cost < ctx.reads.capacity / 2) return;
    this.readAt = ctx.now;
    this.asking = true;
    readList(
      ctx,
      'getIncentives',
      Paths.incentives,
      'status=active&type=liquidity&limit=1000',
      incentivesPage,
      (list, why) => {
        this.asking = false;
        if (list !== null) this.programs = byTicker(list);
        else if (!this.told) {
          this.told = true;
          ctx.report('warn', 'incentives_unread', `incentive programs cannot be read, strategies see none: ${why}`);
        }
      },
    );
  }

  private told = false;
}

/** Programs that can be scored, by market. */
function byTicker(list: readonly IncentiveRecord[]): Map<string, Incentive[]> {
  const programs = new Map<string, Incentive[]>();
  for (const { ticker, type, from, until, periodReward, target, discountBps } of list) {
    if (type !== 'liquidity' || target === null) continue;
    const discount = discountBps === null ? USUAL_DISCOUNT : discountBps / 10_000;
    programs.set(ticker, [...(programs.get(ticker) ?? []), { from, until, periodReward, target, discount }]);
  }
  return programs;
}
