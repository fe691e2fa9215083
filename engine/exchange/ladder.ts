import { type BookId, Books, type Grid, NO_LEVEL } from '../market/index.ts';
import { BID, type Count, opposite, type Side } from '../units/index.ts';
import type { ExchangeOrder } from './order.ts';

/** A place in a level's queue: an account's order, or liquidity of nobody's (recorded or synthetic). */
export interface Entry {
  /** Contracts left. */
  left: number;
  readonly order: ExchangeOrder | null;
}

/** Told of every change of a level's displayed count. */
export type DeltaListener = (side: Side, level: number, delta: number, order: ExchangeOrder | null) => void;

/**
 * One market's resting liquidity: a first-in-first-out queue per price level and side, with the displayed totals in a
 * `Books` slab. Knows nothing of accounts, prices in dollars or matching rules.
 */
export class Ladder {
  readonly grid: Grid;
  private readonly books = new Books();
  private readonly book: BookId;
  private readonly queues: Map<number, Entry[]>[] = [new Map(), new Map()];
  private readonly onDelta: DeltaListener;

  constructor(grid: Grid, onDelta: DeltaListener) {
    this.grid = grid;
    this.book = this.books.open(grid);
    this.onDelta = onDelta;
  }

  best(side: Side): number {
    return this.books.bestLevel(this.book, side);
  }

  next(side: Side, level: number): number {
    return this.books.nextLevel(this.book, side, level);
  }

  total(side: Side, level: number): number {
    return this.books.sizeAt(this.book, side, level);
  }

  /** The queue of a level, front first. Do not change it. */
  queue(side: Side, level: number): readonly Entry[] {
    return this.queues[side]!.get(level) ?? [];
  }

  /** Levels of a side, best first. */
  *levels(side: Side): Generator<number> {
    for (let level = this.best(side); level !== NO_LEVEL; level = this.next(side, level)) yield level;
  }

  /** True when `level` on `side` would trade against the other side's best. */
  crosses(side: Side, level: number): boolean {
    const best = this.best(opposite(side));
    return best !== NO_LEVEL && (side === BID ? level >= best : level <= best);
  }

  /** Join the back of a level's queue. */
  append(side: Side, level: number, left: number, order: ExchangeOrder | null): void {
    if (left <= 0) return;
    const queue = this.queues[side]!.get(level);
    const last = queue?.[queue.length - 1];
    if (queue === undefined) this.queues[side]!.set(level, [{ left, order }]);
    else if (order === null && last !== undefined && last.order === null) last.left += left;
    else queue.push({ left, order });
    this.change(side, level, left, order);
  }

  /** Take contracts off an entry; it leaves the queue when nothing is left. */
  reduce(side: Side, level: number, entry: Entry, by: number): void {
    entry.left -= by;
    if (entry.left === 0) {
      const queue = this.queues[side]!.get(level)!;
      queue.splice(queue.indexOf(entry), 1);
      if (queue.length === 0) this.queues[side]!.delete(level);
    }
    this.change(side, level, -by, entry.order);
  }

  /** The entry of an order at its level, if it rests. */
  entryOf(side: Side, level: number, order: ExchangeOrder): Entry | undefined {
    return this.queue(side, level).find((e) => e.order === order);
  }

  /** Contracts of nobody's at a level. */
  background(side: Side, level: number): Count {
    let sum = 0;
    for (const e of this.queue(side, level)) if (e.order === null) sum += e.left;
    return sum as Count;
  }

  /** Take contracts of nobody's off a level, from the back. */
  reduceBackground(side: Side, level: number, by: number): void {
    let left = by;
    const queue = this.queue(side, level);
    for (let i = queue.length - 1; i >= 0 && left > 0; i--) {
      const entry = queue[i]!;
      if (entry.order !== null) continue;
      const take = Math.min(left, entry.left);
      this.reduce(side, level, entry, take);
      left -= take;
    }
  }

  private change(side: Side, level: number, delta: number, order: ExchangeOrder | null): void {
    this.books.add(this.book, side, level, delta);
    this.onDelta(side, level, delta, order);
  }
}
