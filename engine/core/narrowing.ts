import { SIDES } from '../orders/index.ts';
import type { QuietReason, Quotes, SideTargets, Tolerance } from '../quoting/index.ts';
import type { KillLevel } from '../risk/index.ts';
import { BID, type Count, ONE_CONTRACT, type Side } from '../units/index.ts';
import type { Context } from './context.ts';
import type { MarketState } from './market-state.ts';

/** Under a level nothing may be larger than wanted. */
const EXACT: Tolerance = { levelsBehind: 0, countShare: 0 };

/** How far orders of a market may be from what is wanted. */
export function toleranceOf(ctx: Context, market: MarketState): Tolerance {
  const isNarrowed = ctx.halts.isHalved || ctx.halts.levelOf(market.ticker) > 0 || ctx.calendar.of(market) !== null;
  return isNarrowed ? EXACT : ctx.config.tolerance;
}

/** The level a market is quoted at: that of its causes, and at least reduce only in a window of the calendar. */
export function levelIn(ctx: Context, market: MarketState): KillLevel {
  const level = ctx.halts.levelOf(market.ticker);
  return level === 0 && ctx.calendar.of(market) !== null ? 1 : level;
}

/** Leave of a strategy's wishes what the level allows: half the size after a soft loss, and only what reduces at level 1 or in a window of the calendar. */
export function narrow(ctx: Context, market: MarketState, quotes: Quotes): void {
  const { halts } = ctx;
  const level = halts.levelOf(market.ticker);
  const isInWindow = ctx.calendar.of(market) !== null;
  if (level === 0 && !halts.isHalved && !isInWindow) return;
  const position = ctx.ledger.position(market.index);
  for (const side of SIDES) {
    const wanted = quotes.side(side);
    const room = reducible(ctx, market, side, position);
    if (halts.isHalved) halve(wanted, room);
    if (level === 1) cut(wanted, room, 'reduce_only');
    else if (isInWindow) cut(wanted, room, 'calendar');
  }
}

/** Contracts of the side that would reduce the position: those known to have filled already do not any more. */
function reducible(ctx: Context, market: MarketState, side: Side, position: Count): number {
  const held = side === BID ? -position : position;
  return Math.max(0, held - ctx.orders.unbooked(market.index, side));
}

/** Half of what goes beyond the `room` that reduces. Whole contracts stay whole, and the last one stays. */
function halve(wanted: SideTargets, room: number): void {
  let left = room;
  for (let t = 0; t < wanted.length; t++) {
    const target = wanted.targets[t]!;
    const unit = target.count % ONE_CONTRACT === 0 ? ONE_CONTRACT : 1;
    const reducing = Math.min(target.count, left);
    left -= reducing;
    const half = reducing + Math.floor((target.count - reducing) / 2);
    target.count = Math.max(unit, half - (half % unit)) as Count;
  }
}

/** Nearest first, not more than `room` together. */
function cut(wanted: SideTargets, room: number, reason: QuietReason): void {
  let left = room;
  let kept = 0;
  for (; kept < wanted.length && left > 0; kept++) {
    const target = wanted.targets[kept]!;
    target.count = Math.min(target.count, left) as Count;
    left -= target.count;
  }
  if (kept > 0) wanted.length = kept;
  else if (wanted.length > 0) wanted.clear(reason);
}
