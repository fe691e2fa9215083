import { type Money, money, NO_MONEY } from '../units/index.ts';
import type { LevelTerms } from './level-terms.ts';

/** The day's result and the fall from the highest equity, against their limits. Reused between calls. */
export interface LossVerdict {
  readonly dayProfit: Money;
  /** How far the session's P&L is below its highest. */
  readonly fall: Money;
  readonly isSoft: boolean;
  readonly isHard: boolean;
  readonly isDrawdown: boolean;
}

/**
 * Judges P&L since the exchange day began and the fall from the highest equity. What it is told is realised and
 * unrealised P&L of the session together, at the conservative mark: long at the bid, short at the ask, nothing where
 * there is none.
 */
export class LossGuard {
  private readonly terms: LevelTerms;
  /** What to add to the session's P&L for the day's. */
  private dayOffset: Money;
  private highest = NO_MONEY;

  constructor(terms: LevelTerms) {
    this.terms = terms;
    this.dayOffset = terms.carriedProfit;
  }

  /** An exchange day begins with the session's P&L at this. */
  newDay(profit: Money): void {
    this.dayOffset = money(-profit);
  }

  /** The fall is measured from here on. */
  rebase(profit: Money): void {
    this.highest = profit;
  }

  /** How things stand at this P&L, without judging it. */
  seen(profit: Money): Pick<LossVerdict, 'dayProfit' | 'fall'> {
    return { dayProfit: money(profit + this.dayOffset), fall: money(Math.max(0, this.highest - profit)) };
  }

  judge(profit: Money): LossVerdict {
    const { maxDailyLoss, softLossShare, maxDrawdown } = this.terms;
    if (profit > this.highest) this.highest = profit;
    const dayProfit = money(profit + this.dayOffset);
    const fall = money(this.highest - profit);
    return {
      dayProfit,
      fall,
      isSoft: maxDailyLoss > 0 && -dayProfit >= maxDailyLoss * softLossShare,
      isHard: maxDailyLoss > 0 && -dayProfit >= maxDailyLoss,
      isDrawdown: maxDrawdown > 0 && fall >= maxDrawdown,
    };
  }
}
