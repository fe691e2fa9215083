import type { Balance, Depth, FeeSchedule, Grid } from '../market/index.ts';
import { ASK, BID, type Count, ONE_DOLLAR, type Price, type Side, type TimeUs } from '../units/index.ts';
import type { EventView } from './event-view.ts';
import type { ExternalValue } from './external.ts';
import type { Incentive, IncentiveRule, SideScore } from './incentive.ts';
import { isReason, type QuietReason } from './reason.ts';

/**
 * What a strategy sees of one market. Read-only, reused between calls: keep no reference. All prices in YES space; the
 * book is everybody else's (our own orders are subtracted).
 */
export interface MarketView {
  readonly ticker: string;
  readonly grid: Grid;
  /** Time of the input being handled. */
  readonly time: TimeUs;
  /** Scheduled close, 0 where unknown. */
  readonly closeTime: TimeUs;
  /** Milliseconds until then, negative once it has passed, Infinity where unknown. */
  readonly timeToCloseMs: number;
  readonly fees: FeeSchedule;
  /** Net contracts held, negative = NO. */
  readonly position: Count;
  /** Most contracts that may be held either way. */
  readonly positionLimit: Count;
  /** The event it belongs to and its other markets, null while nothing is known of it. */
  readonly event: EventView | null;
  /** Others' best level of a side, -1 where empty. */
  bestLevel(side: Side): number;
  /** Others' contracts at a level. */
  sizeAt(side: Side, level: number): Count;
  /** Others' next occupied level behind `level`, -1 at the end. */
  nextLevel(side: Side, level: number): number;
  /** Read others' best levels of a side; returns how many there are. `into` is the strategy's own, made once. */
  depth(side: Side, into: Depth): number;
  /** Others' contracts at `price` (YES space) or better. */
  volumeTo(side: Side, price: Price): Count;
  /** Sizes, imbalance and microprice of others' best `levels` levels of each side. Valid until the next call. */
  balance(levels: number): Balance;
  /** Contracts thought to stand before our first order at a price, -1 where none of ours is known to rest. */
  queueAhead(side: Side, price: Price): Count;
  /** The liquidity program that pays in this market now, null for none. */
  readonly incentive: Incentive | null;
  /**
   * What a side scores for it as the book stands, all bids and ours; null without a program and where the side does not
   * qualify. Asks count as bids for NO, by their own prices. Allocates.
   */
  incentiveScore(side: Side, rule: IncentiveRule): SideScore | null;
  /** A number from outside by its name, with its age; null where none was given. */
  external(name: string): ExternalValue | null;
}

/** One order a strategy would like to have. */
export interface Target {
  level: number;
  price: Price;
  count: Count;
  /** Expected gain per contract against the strategy's fair value, 1e-4 dollars; for ranking. */
  edge: number;
  /** 0 (whenever affordable) to 1 (now). */
  urgency: number;
}

/** Most targets a side may hold. */
export const MAX_TARGETS = 16;

/** A side's wishes: targets, or a reason for wanting nothing. */
export class SideTargets {
  readonly targets: readonly Target[] = Array.from({ length: MAX_TARGETS }, () => ({
    level: 0,
    price: 0 as Price,
    count: 0 as Count,
    edge: 0,
    urgency: 0,
  }));
  length = 0;
  reason: QuietReason = 'not_wanted';
  /** The number behind the reason and the number that would clear it, in the reason's unit; NaN where there is none. */
  has = Number.NaN;
  needs = Number.NaN;

  /** Want nothing. */
  clear(reason: QuietReason, has = Number.NaN, needs = Number.NaN): void {
    this.length = 0;
    this.reason = reason;
    this.has = has;
    this.needs = needs;
  }
}

/**
 * Where a strategy writes what it wants. Reused between calls. A price off the grid, a count that is not positive, an
 * edge or urgency out of range, an unknown reason, a bid at or above an ask, or more than `MAX_TARGETS` a side is
 * nonsense: it is remembered in `fault` and the engine pulls the market's quotes.
 */
export class Quotes {
  readonly bids = new SideTargets();
  readonly asks = new SideTargets();
  /** What was wrong with the last call's output, '' when nothing was. */
  fault = '';
  private grid: Grid | null = null;

  /** Start over for a market. Called by the engine. */
  begin(grid: Grid): void {
    this.grid = grid;
    this.bids.clear('not_wanted');
    this.asks.clear('not_wanted');
    this.fault = '';
  }

  side(side: Side): SideTargets {
    return side === BID ? this.bids : this.asks;
  }

  /** Want to buy YES: a price on the grid, a positive count. */
  bid(price: Price, count: Count, edge = 0, urgency = 0.5): void {
    this.want(BID, price, count, edge, urgency);
  }

  /** Want to sell YES (buy NO at the complement). */
  ask(price: Price, count: Count, edge = 0, urgency = 0.5): void {
    this.want(ASK, price, count, edge, urgency);
  }

  /**
   * Want nothing on a side, and why. `has` and `needs`, in the unit `REASONS` names for the reason, tell people which
   * number would have to become what for the side to be quoted.
   */
  none(side: Side, reason: QuietReason, has = Number.NaN, needs = Number.NaN): void {
    if (!isReason(reason) || reason === 'quoting') this.fault ||= `"${String(reason)}" is no reason for an empty side`;
    else this.side(side).clear(reason, has, needs);
  }

  /** Look at everything once more after the call: a plugin may have written past the methods. */
  verify(): void {
    const low = this.nearest(this.asks);
    const high = this.nearest(this.bids);
    if (low !== null && high !== null && high.price >= low.price) {
      this.fault ||= `bid at ${high.price} meets the ask at ${low.price}`;
    }
  }

  /** A side's target nearest to the other side, null for none; every target of it is checked. */
  private nearest(wishes: SideTargets): Target | null {
    const { targets, length } = wishes;
    if (!Number.isSafeInteger(length) || length < 0 || length > MAX_TARGETS) {
      this.fault ||= `${length} targets on a side`;
      return null;
    }
    let nearest: Target | null = null;
    for (let i = 0; i < length; i++) {
      const target = targets[i]!;
      if (this.grid!.level(target.price) !== target.level || !isCount(target.count)) {
        this.fault ||= `target ${i + 1} is ${target.count} at ${target.price}`;
        return null;
      }
      const isNearer = nearest === null || (wishes === this.bids) === target.price > nearest.price;
      if (isNearer) nearest = target;
    }
    return nearest;
  }

  private want(side: Side, price: Price, count: Count, edge: number, urgency: number): void {
    const wishes = this.side(side);
    const level = price > 0 && price < ONE_DOLLAR && Number.isInteger(price) ? this.grid!.level(price) : -1;
    if (level < 0 || !isCount(count) || wishes.length === MAX_TARGETS) {
      this.fault ||= `${side === BID ? 'bid' : 'ask'} ${count} at ${price} (target ${wishes.length + 1} of at most ${MAX_TARGETS})`;
      return;
    }
    if (!Number.isFinite(edge) || !(urgency >= 0 && urgency <= 1)) {
      this.fault ||= `${side === BID ? 'bid' : 'ask'} at ${price} with edge ${edge}, urgency ${urgency} (0 to 1)`;
      return;
    }
    const target = wishes.targets[wishes.length++]!;
    target.level = level;
    target.price = price;
    target.count = count;
    target.edge = edge;
    target.urgency = urgency;
    wishes.reason = 'quoting';
  }
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count > 0;
}

/**
 * A quoting strategy: state in, quotes out. It never sees order ids, clocks or sockets, and must be deterministic: the
 * same calls in the same order give the same quotes. One object serves all markets of a session. Times are those of the
 * input being handled. What a call throws, and what becomes of it: docs/strategies.md.
 */
export interface Strategy {
  readonly name: string;
  /** Say what to have resting in this market now. Called whenever the book, the position or an order changed. */
  quote(view: MarketView, quotes: Quotes): void;
  /** A trade printed: the taker's side (`BID` = bought YES), price in YES space. */
  onTrade?(ticker: string, side: Side, price: Price, count: Count, time: TimeUs): void;
  /** A fill of ours. */
  onFill?(ticker: string, side: Side, price: Price, count: Count, time: TimeUs): void;
  /** A second passed. Every market is asked about afterwards. */
  onTimer?(time: TimeUs): void;
  /** Quoting begins: before the first `quote`. */
  onStart?(tickers: readonly string[], time: TimeUs): void;
  /** The session was told to stop; nothing is asked any more. */
  onStop?(time: TimeUs): void;
}

/** Others' microprice in 1e-4 dollars: the mid weighted by the opposite touch sizes. NaN when a side is empty. */
export function microprice(view: MarketView): number {
  const bid = view.bestLevel(BID);
  const ask = view.bestLevel(ASK);
  if (bid < 0 || ask < 0) return Number.NaN;
  const bidSize = view.sizeAt(BID, bid);
  const askSize = view.sizeAt(ASK, ask);
  return (bidSize * view.grid.price(ask) + askSize * view.grid.price(bid)) / (bidSize + askSize);
}
