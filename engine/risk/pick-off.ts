import { type Price, type Side, sideSign, type TimeUs } from '../units/index.ts';
import type { LevelTerms } from './level-terms.ts';

/** Fills of a side within this are one: an order taken in pieces, or a sweep through several. */
const TOGETHER_US = 1_000_000;

interface OpenFill {
  readonly market: number;
  readonly side: Side;
  readonly price: Price;
  /** A tick there, 1e-4 dollars. */
  readonly tick: number;
  readonly time: TimeUs;
}

/** A market where fill after fill turned out bad. */
export interface PickedOff {
  readonly market: number;
  readonly fills: number;
  /** Markouts of the fills in a row added up, ticks; negative. */
  readonly ticks: number;
}

/**
 * Looks at every fill again some seconds later, by the mid against the price it was made at. Several in a row that lost
 * more than so many ticks: somebody knows more than our quotes do.
 */
export class PickOff {
  private readonly terms: LevelTerms;
  private open: OpenFill[] = [];
  private readonly last = new Map<string, TimeUs>();
  private readonly runs = new Map<number, { fills: number; ticks: number }>();

  constructor(terms: LevelTerms) {
    this.terms = terms;
  }

  filled(market: number, side: Side, price: Price, tick: number, time: TimeUs): void {
    const key = `${market}/${side}`;
    const before = this.last.get(key);
    if (before !== undefined && time - before < TOGETHER_US) return;
    this.last.set(key, time);
    this.open.push({ market, side, price, tick, time });
  }

  /** Look again at the fills that are old enough. `midOf`: a market's mid now, NaN where it has none: that says nothing. */
  judge(time: TimeUs, midOf: (market: number) => number): readonly PickedOff[] {
    const { pickOffAfterMs, pickOffFills, pickOffTicks } = this.terms;
    const found: PickedOff[] = [];
    while (this.open.length > 0 && time - this.open[0]!.time >= pickOffAfterMs * 1000) {
      const { market, side, price, tick } = this.open.shift()!;
      const markout = (sideSign(side) * (midOf(market) - price)) / tick;
      if (Number.isNaN(markout)) continue;
      if (markout >= -pickOffTicks) {
        this.runs.delete(market);
        continue;
      }
      const run = this.runs.get(market) ?? { fills: 0, ticks: 0 };
      run.fills++;
      run.ticks += markout;
      this.runs.set(market, run);
      if (run.fills < pickOffFills) continue;
      this.runs.delete(market);
      found.push({ market, ...run });
    }
    return found;
  }
}
