import { type Grid, NO_LEVEL } from '../../market/index.ts';
import { BID, opposite, type Price, type Side } from '../../units/index.ts';
import type { Exchange } from '../exchange.ts';
import type { Entry, Ladder } from '../ladder.ts';
import type { LiveMarket } from '../listing.ts';
import { takeUnowned } from '../matching.ts';

/** An order of an agent. What is left of it is what its entry in the queue says. By price: the grid may change. */
export interface Resting {
  readonly side: Side;
  readonly price: Price;
  readonly entry: Entry;
}

/**
 * The agents' way into the matching engine: the same ladder and the same first-in-first-out matching as accounts' orders,
 * without an account. An agent's order leaves no record behind once it is gone, so a market can run for ever.
 */
export class Desk {
  readonly ladder: Ladder;
  private readonly market: LiveMarket;
  private readonly exchange: Exchange;

  constructor(exchange: Exchange, market: LiveMarket) {
    this.exchange = exchange;
    this.market = market;
    this.ladder = market.ladder;
  }

  get grid(): Grid {
    return this.market.listing.grid;
  }

  /**
   * Where a passive order wanted at `level` goes: there, or one level short of other agents' quotes, to which it leaves the
   * time to move away. An account's order at the front of the other side does not hold it off.
   */
  passive(side: Side, level: number): number {
    const { ladder } = this;
    if (!ladder.crosses(side, level)) return level;
    const other = opposite(side);
    const best = ladder.best(other);
    if (ladder.queue(other, best)[0]!.order !== null) return level;
    return side === BID ? best - 1 : best + 1;
  }

  /** Place a passive order: it takes accounts' orders that it meets, never other agents'. Null when nothing rests. */
  rest(side: Side, level: number, count: number): Resting | null {
    const { ladder } = this;
    const other = opposite(side);
    let at = this.passive(side, level);
    let left = count;
    while (left > 0 && ladder.crosses(side, at)) {
      const best = ladder.best(other);
      const size = Math.min(left, ladder.queue(other, best)[0]!.left);
      left -= size - takeUnowned(ladder, side, best, size, this.exchange);
      at = this.passive(side, level);
    }
    if (left <= 0 || at < 0 || at >= this.grid.levels) return null;
    return { side, price: this.grid.price(at), entry: ladder.rest(side, at, left) };
  }

  /** Take what is left of an order off the book. */
  cancel({ side, price, entry }: Resting): void {
    if (entry.left > 0) this.ladder.reduce(side, this.grid.level(price), entry, entry.left);
  }

  /** Buy or sell at once, up to a limit level. Returns how much. */
  take(side: Side, limit: number, count: number): number {
    return count - takeUnowned(this.ladder, side, limit, count, this.exchange);
  }

  /** Best price of a side, 1e-4 dollars, or null. */
  best(side: Side): Price | null {
    const level = this.ladder.best(side);
    return level === NO_LEVEL ? null : this.grid.price(level);
  }
}
