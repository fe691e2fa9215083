import { NO_LEVEL } from '../market/index.ts';
import { BID, type Count, opposite, type Side } from '../units/index.ts';
import type { Entry, Ladder, Taken } from './ladder.ts';
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

/** What an incoming order would meet up to its limit, in the order of meeting. */
function* opposed(ladder: Ladder, side: Side, level: number): Generator<Entry> {
  const passive = opposite(side);
  for (let at = ladder.best(passive); at !== NO_LEVEL; at = ladder.next(passive, at)) {
    if (side === BID ? at > level : at < level) return;
    yield* ladder.queue(passive, at);
  }
}

/**
 * Contracts that rest up to the limit of an incoming order. Its own account's count too: a fill-or-kill order that
 * would meet them is carried out like an immediate-or-cancel one.
 */
export function available(ladder: Ladder, side: Side, level: number): number {
  let sum = 0;
  for (const entry of opposed(ladder, side, level)) sum += entry.left;
  return sum;
}

/** True when an incoming order of this size would come to a resting order of its own account. */
export function meetsOwn(ladder: Ladder, side: Side, level: number, count: Count, userId: string): boolean {
  let left: number = count;
  for (const entry of opposed(ladder, side, level)) {
    if (left <= 0) return false;
    if (entry.order?.userId === userId) return true;
    left -= entry.left;
  }
  return false;
}

/**
 * Somebody without an account buys or sells up to a limit level. Returns what is left.
 */
export function takeUnowned(ladder: Ladder, side: Side, level: number, count: number, events: MatchEvents): number {
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
  return left;
}

/**
 * Liquidity of nobody's arrives at a level: it first trades with all that stands against it. Returns what was left to
 * rest.
 */
export function arriveBackground(
  ladder: Ladder,
  side: Side,
  level: number,
  count: number,
  events: MatchEvents,
): number {
  const left = takeUnowned(ladder, side, level, count, events);
  ladder.append(side, level, left, null);
  return left;
}

/**
 * Recorded liquidity arrives at a level: it fills accounts' orders that stand against it. Recorded liquidity never
 * trades with recorded liquidity here, what it did is in the recording. Returns what was left to rest.
 */
export function arriveRecorded(ladder: Ladder, side: Side, level: number, count: number, events: MatchEvents): number {
  const passive = opposite(side);
  let left = count;
  for (const at of [...ladder.levels(passive)]) {
    if (left <= 0 || (side === BID ? at > level : at < level)) break;
    left -= fillOrders(ladder, passive, at, left, events);
  }
  ladder.append(side, level, left, null);
  return left;
}

/**
 * A trade of `volume` contracts against `side` at `level` reaches accounts' orders: those at better prices first, then
 * those in the level's own queue once the volume has eaten what stands before them. Liquidity of nobody's is eaten too,
 * front first. Returns how much of it was eaten.
 */
export function reachByTrade(ladder: Ladder, side: Side, level: number, volume: number, events: MatchEvents): number {
  return walk(ladder, side, level, volume, events, (entry, size) => ladder.reduce(side, level, entry, size)).eaten;
}

/**
 * A recorded print of `volume` contracts against `side` at `level`, told apart from the removal it belongs to: accounts'
 * orders move forward and fill as in `reachByTrade`, but the displayed recorded liquidity stays, since the recording
 * takes it off in a frame of its own. If that frame came before, `undone` names what it took off the back: the print
 * shows that it was eaten from the front.
 */
export function reachByPrint(
  ladder: Ladder,
  side: Side,
  level: number,
  volume: number,
  undone: readonly Taken[],
  events: MatchEvents,
): void {
  let hidden = 0;
  for (const { place, count } of undone) {
    ladder.restore(side, level, count, place);
    hidden += count;
  }
  const { eaten, left } = walk(ladder, side, level, volume, events, (e, size) => ladder.eat(side, level, e, size));
  // Eaten contracts that are still displayed are those which the recording has yet to remove: nobody stands behind them.
  if (eaten > hidden) ladder.restore(side, level, eaten - hidden);
  else ladder.withdraw(side, level, hidden - eaten);
  if (left > 0) events.execute(null, null, opposite(side), level, left as Count);
}

/** Volume that reaches a level through the better ones; `eat` takes liquidity of nobody's off the level's queue. */
function walk(
  ladder: Ladder,
  side: Side,
  level: number,
  volume: number,
  events: MatchEvents,
  eat: (entry: Entry, size: number) => void,
): { readonly eaten: number; readonly left: number } {
  let left = volume;
  for (const at of [...ladder.levels(side)]) {
    if (left <= 0 || !(side === BID ? at > level : at < level)) break;
    left -= fillOrders(ladder, side, at, left, events);
  }
  let eaten = 0;
  while (left > 0) {
    const entry = ladder.queue(side, level)[0];
    if (entry === undefined) break;
    const size = Math.min(left, entry.left);
    if (entry.order !== null) ladder.reduce(side, level, entry, size);
    else {
      eat(entry, size);
      eaten += size;
    }
    events.execute(entry.order, null, opposite(side), level, size as Count);
    left -= size;
  }
  return { eaten, left };
}

/** Fill accounts' orders of one level, oldest first, whatever stands between them. Returns what they took. */
function fillOrders(ladder: Ladder, side: Side, level: number, volume: number, events: MatchEvents): number {
  let left = volume;
  for (const entry of ladder.queue(side, level).filter((e) => e.order !== null)) {
    if (left <= 0) break;
    const size = Math.min(left, entry.left);
    ladder.reduce(side, level, entry, size);
    events.execute(entry.order, null, opposite(side), level, size as Count);
    left -= size;
  }
  return volume - left;
}
