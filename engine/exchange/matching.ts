import { NO_LEVEL } from '../market/index.ts';
import { BID, type Count, opposite, type Side } from '../units/index.ts';
import type { Entry, Ladder } from './ladder.ts';
import type { ExchangeOrder } from './order.ts';

/** What a meeting of an incoming order with resting liquidity leads to. */
export interface MatchEvents {
  /** `count` contracts change hands at `level`. Either party may be nobody (null). */
  execute(maker: ExchangeOrder | null, taker: ExchangeOrder | null, takerSide: Side, level: number, count: Count): void;
  /** A resting order goes because it would meet its own account's. */
  selfTradeCancel(maker: ExchangeOrder): void;
}

/** How far an incoming order came. */
export interface MatchResult {
  readonly left: number;
  /** The incoming order stopped at a resting order of its own account. */
  readonly stopped: boolean;
}

/** Match an incoming order against the other side, best price first and oldest first, up to its limit level. */
export function match(
  ladder: Ladder,
  taker: ExchangeOrder,
  level: number,
  count: Count,
  events: MatchEvents,
): MatchResult {
  const side = taker.side;
  const passive = opposite(side);
  let left: number = count;
  while (left > 0 && ladder.crosses(side, level)) {
    const at = ladder.best(passive);
    const entry = ladder.queue(passive, at)[0]!;
    if (entry.order !== null && entry.order.userId === taker.userId) {
      if (taker.selfTrade === 'taker_at_cross') return { left, stopped: true };
      events.selfTradeCancel(entry.order);
      continue;
    }
    const size = Math.min(left, entry.left);
    left -= size;
    ladder.reduce(passive, at, entry, size);
    events.execute(entry.order, taker, side, at, size as Count);
  }
  return { left, stopped: false };
}

/** Contracts an incoming order could take up to its limit, its own account's left out. */
export function available(ladder: Ladder, side: Side, level: number, userId: string): number {
  const passive = opposite(side);
  let sum = 0;
  for (let at = ladder.best(passive); at !== NO_LEVEL; at = ladder.next(passive, at)) {
    if (side === BID ? at > level : at < level) break;
    for (const entry of ladder.queue(passive, at)) if (entry.order?.userId !== userId) sum += entry.left;
  }
  return sum;
}

/**
 * Liquidity of nobody's arrives at a level (recorded or synthetic): it first meets accounts' orders on the other side.
 * Returns what was left to rest.
 */
export function arriveBackground(
  ladder: Ladder,
  side: Side,
  level: number,
  count: number,
  events: MatchEvents,
): number {
  const passive = opposite(side);
  let left = count;
  while (left > 0 && ladder.crosses(side, level)) {
    const at = ladder.best(passive);
    const entry = ladder.queue(passive, at)[0]!;
    const size = Math.min(left, entry.left);
    left -= size;
    ladder.reduce(passive, at, entry, size);
    events.execute(entry.order, null, side, at, size as Count);
  }
  ladder.append(side, level, left, null);
  return left;
}

/**
 * A recorded trade of `volume` contracts against `side` at `level` reaches accounts' orders: those at better prices
 * first, then those in the level's own queue once the volume has eaten what stands before them. Recorded liquidity is
 * eaten too, front first; the caller takes the rest of the recorded volume off the back. Returns how much recorded
 * liquidity of the level was eaten.
 */
export function reachByTrade(ladder: Ladder, side: Side, level: number, volume: number, events: MatchEvents): number {
  let left = volume;
  const takerSide = opposite(side);
  for (;;) {
    const at = ladder.best(side);
    if (at === NO_LEVEL || at === level || left <= 0 || !(side === BID ? at > level : at < level)) break;
    const own = firstOrder(ladder.queue(side, at));
    if (own === undefined) break;
    left -= fillEntry(ladder, side, at, own, left, takerSide, events);
  }
  let eaten = 0;
  while (left > 0) {
    const entry = ladder.queue(side, level)[0];
    if (entry === undefined) break;
    if (entry.order !== null) {
      left -= fillEntry(ladder, side, level, entry, left, takerSide, events);
      continue;
    }
    const size = Math.min(left, entry.left);
    ladder.reduce(side, level, entry, size);
    events.execute(null, null, takerSide, level, size as Count);
    left -= size;
    eaten += size;
  }
  return eaten;
}

function fillEntry(
  ladder: Ladder,
  side: Side,
  level: number,
  entry: Entry,
  volume: number,
  takerSide: Side,
  events: MatchEvents,
): number {
  const size = Math.min(volume, entry.left);
  ladder.reduce(side, level, entry, size);
  events.execute(entry.order, null, takerSide, level, size as Count);
  return size;
}

function firstOrder(queue: readonly Entry[]): Entry | undefined {
  return queue.find((e) => e.order !== null);
}
