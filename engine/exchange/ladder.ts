import { type BookId, Books, type Grid, NO_LEVEL, OFF_GRID, REFUSED } from '../market/index.ts';
import { ASK, BID, type Count, opposite, type Side } from '../units/index.ts';
import type { ExchangeOrder } from './order.ts';

/** A place in a level's queue: an account's order, or liquidity of nobody's (recorded or synthetic). */
export interface Entry {
  /** Contracts left. */
  left: number;
  readonly order: ExchangeOrder | null;
  /** Rises from the front of a queue to its back; never given twice. */
  readonly place: number;
}

/** Contracts of nobody's that left a queue, and the place they had in it. */
export interface Taken {
  readonly place: number;
  readonly count: number;
}

/** Told of every change of a level's displayed count. */
export type DeltaListener = (side: Side, level: number, delta: number, order: ExchangeOrder | null) => void;

/**
 * One market's resting liquidity: a first-in-first-out queue per price level and side, with the displayed totals in a
 * `Books` slab. Knows nothing of accounts, prices in dollars or matching rules.
 */
export class Ladder {
  private grid: Grid;
  private books = new Books();
  private book: BookId;
  private queues: Map<number, Entry[]>[] = [new Map(), new Map()];
  private readonly onDelta: DeltaListener;
  private nextPlace = 0;

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
    this.enqueue(side, level, left, order);
    this.change(side, level, left, order);
  }

  /**
   * Liquidity of nobody's joins the back of a level's queue as an entry of its own, which whoever put it there can watch
   * and `reduce`. Do not `append` liquidity of nobody's to the same ladder: it would merge with the last entry.
   */
  rest(side: Side, level: number, left: number): Entry {
    const entry = this.push(side, level, left, null);
    this.change(side, level, left, null);
    return entry;
  }

  /** Take contracts off an entry; it leaves the queue when nothing is left. */
  reduce(side: Side, level: number, entry: Entry, by: number): void {
    this.dequeue(side, level, entry, by);
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

  /** Take contracts of nobody's off a level, from the back; what was taken where, in the order of taking. */
  reduceBackground(side: Side, level: number, by: number): Taken[] {
    const taken = this.withdraw(side, level, by);
    for (const { count } of taken) this.change(side, level, -count, null);
    return taken;
  }

  /**
   * Put contracts of nobody's back at a place of a queue, or at its back without a place. Not displayed: the caller
   * moves liquidity within the queue and takes as much off elsewhere with `withdraw` or `eat` before anybody looks.
   */
  restore(side: Side, level: number, count: number, place?: number): void {
    if (count <= 0) return;
    if (place === undefined) {
      this.enqueue(side, level, count, null);
      return;
    }
    const queue = this.queues[side]!.get(level);
    const entry = { left: count, order: null, place };
    if (queue === undefined) {
      this.queues[side]!.set(level, [entry]);
      return;
    }
    const at = queue.findIndex((e) => e.place >= place);
    if (at >= 0 && queue[at]!.place === place) queue[at]!.left += count;
    else queue.splice(at < 0 ? queue.length : at, 0, entry);
  }

  /** Take contracts of nobody's off an entry; not displayed (see `restore`). */
  eat(side: Side, level: number, entry: Entry, by: number): void {
    this.dequeue(side, level, entry, by);
  }

  /** Take contracts of nobody's off the back of a queue; not displayed (see `restore`). */
  withdraw(side: Side, level: number, by: number): Taken[] {
    const taken: Taken[] = [];
    let left = by;
    const queue = this.queue(side, level);
    for (let i = queue.length - 1; i >= 0 && left > 0; i--) {
      const entry = queue[i]!;
      if (entry.order !== null) continue;
      const count = Math.min(left, entry.left);
      this.dequeue(side, level, entry, count);
      taken.push({ place: entry.place, count });
      left -= count;
    }
    return taken;
  }

  /** Move to another grid, which must have every price that something rests at. Queues and totals stay as they are. */
  regrid(grid: Grid): void {
    const from = this.grid;
    const moved = this.queues.map((queues) => {
      const levels = [...queues].map(([level, queue]): [number, Entry[]] => [grid.level(from.price(level)), queue]);
      if (levels.some(([level]) => level === OFF_GRID))
        throw new Error(`grid ${grid.key} lacks a price at which something rests`);
      return new Map(levels);
    });
    this.grid = grid;
    this.queues = moved;
    this.books = new Books();
    this.book = this.books.open(grid);
    for (const side of [BID, ASK] as const)
      for (const [level, queue] of moved[side]!)
        this.books.add(
          this.book,
          side,
          level,
          queue.reduce((sum, e) => sum + e.left, 0),
        );
  }

  private enqueue(side: Side, level: number, left: number, order: ExchangeOrder | null): void {
    const queue = this.queues[side]!.get(level);
    const last = queue?.[queue.length - 1];
    if (order === null && last !== undefined && last.order === null) {
      last.left += left;
      return;
    }
    this.push(side, level, left, order);
  }

  private push(side: Side, level: number, left: number, order: ExchangeOrder | null): Entry {
    const queue = this.queues[side]!.get(level);
    const entry = { left, order, place: this.nextPlace++ };
    if (queue === undefined) this.queues[side]!.set(level, [entry]);
    else queue.push(entry);
    return entry;
  }

  private dequeue(side: Side, level: number, entry: Entry, by: number): void {
    entry.left -= by;
    if (entry.left > 0) return;
    const queue = this.queues[side]!.get(level)!;
    queue.splice(queue.indexOf(entry), 1);
    if (queue.length === 0) this.queues[side]!.delete(level);
  }

  private change(side: Side, level: number, delta: number, order: ExchangeOrder | null): void {
    if (this.books.add(this.book, side, level, delta) === REFUSED)
      throw new Error(`level ${level} cannot change by ${delta}: the queue and its displayed total have parted`);
    this.onDelta(side, level, delta, order);
  }
}
