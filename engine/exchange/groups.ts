import type { Count, TimeUs } from '../units/index.ts';

const WINDOW_US = 15_000_000;

/** Points of the order-group rules that the exchange's documents leave open. */
export interface GroupRules {
  /** Trigger when the rolling total reaches the limit (true) or only when it exceeds it (false). */
  readonly triggerAtLimit: boolean;
  /** Fills in which the group's order took liquidity count too. */
  readonly countTakerFills: boolean;
  /** `is_auto_cancel_enabled`: true until the group has triggered, or always. */
  readonly autoCancelEnabled: 'armed' | 'always';
}

export const GROUP_RULES: GroupRules = { triggerAtLimit: true, countTakerFills: true, autoCancelEnabled: 'armed' };

/** Contracts that a group's order filled, and when. */
export interface GroupFill {
  readonly time: TimeUs;
  readonly count: number;
}

/** An order group: a latch over the contracts its orders fill in a rolling 15 seconds. */
export class OrderGroup {
  readonly groupId: string;
  readonly userId: string;
  readonly exchangeIndex: number;
  limit: Count;
  triggered = false;
  readonly subaccount: number;
  /** What was filled within the window, oldest first. */
  fills: readonly GroupFill[] = [];

  constructor(groupId: string, userId: string, exchangeIndex: number, limit: Count, subaccount = 0) {
    this.subaccount = subaccount;
    this.groupId = groupId;
    this.userId = userId;
    this.exchangeIndex = exchangeIndex;
    this.limit = limit;
  }

  /** Count a fill. True when it should trigger the group. */
  filled(count: Count, isTaker: boolean, rules: GroupRules, time: TimeUs): boolean {
    if (isTaker && !rules.countTakerFills) return false;
    this.fills = [...this.fills, { time, count }];
    return this.over(rules, time);
  }

  /** Whether the rolling total is at its limit now. */
  over(rules: GroupRules, time: TimeUs): boolean {
    this.fills = this.fills.filter((f) => f.time > time - WINDOW_US);
    const total = this.fills.reduce((sum, f) => sum + f.count, 0);
    return rules.triggerAtLimit ? total >= this.limit : total > this.limit;
  }

  reset(): void {
    this.triggered = false;
    this.fills = [];
  }
}
