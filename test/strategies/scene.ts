import assert from 'node:assert/strict';
import { feeSchedule, type Grid, LINEAR_CENT, NO_LEVEL } from '../../engine/market/index.ts';
import { type MarketView, Quotes } from '../../engine/quoting/index.ts';
import { type Count, count, price, type Side, type TimeUs } from '../../engine/units/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';

export interface Scene {
  readonly grid?: Grid;
  /** Others' best price of each side in 1e-4 dollars and its contracts; 0 for an empty side. */
  readonly bid: number;
  readonly ask: number;
  readonly bidSize?: number;
  readonly askSize?: number;
  /** Contracts. */
  readonly position?: number;
  readonly positionLimit?: number;
  readonly feeType?: string;
  /** Others' orders behind the best of each side: price in 1e-4 dollars and contracts, best first. */
  readonly bidsBehind?: readonly (readonly [price: number, contracts: number])[];
  readonly asksBehind?: readonly (readonly [price: number, contracts: number])[];
  readonly external?: Readonly<Record<string, { readonly value: number; readonly ageMs: number }>>;
  readonly incentive?: { readonly target: number; readonly discount: number };
}

export function viewOf(scene: Scene): MarketView {
  const grid = scene.grid ?? LINEAR_CENT;
  const ladder = (best: number, size = 100, behind: Scene['bidsBehind'] = []): [level: number, count: Count][] =>
    (best === 0 ? [] : [[best, size] as const, ...behind]).map(([p, n]) => [grid.level(price(p)), count(n * 100)]);
  const ladders = [
    ladder(scene.bid, scene.bidSize, scene.bidsBehind),
    ladder(scene.ask, scene.askSize, scene.asksBehind),
  ] as const;
  const at = (side: Side, level: number): number => ladders[side].findIndex(([l]) => l === level);
  return {
    ticker: 'KXTEST-26NOV23-A',
    grid,
    time: 1 as TimeUs,
    closeTime: 0 as TimeUs,
    fees: feeSchedule(scene.feeType ?? 'quadratic', '1', 100),
    position: count(Math.round((scene.position ?? 0) * 100)),
    positionLimit: count((scene.positionLimit ?? 100) * 100),
    timeToCloseMs: Number.POSITIVE_INFINITY,
    external: (name) => {
      const found = scene.external?.[name];
      return found === undefined ? null : { ...found, time: 0 as TimeUs };
    },
    incentive:
      scene.incentive === undefined
        ? null
        : {
            from: 0 as TimeUs,
            until: 2 as TimeUs,
            periodReward: 1_000_000,
            target: count(scene.incentive.target * 100),
            discount: scene.incentive.discount,
          },
    incentiveScore: () => null,
    queueAhead: () => -1 as Count,
    bestLevel: (side) => ladders[side][0]?.[0] ?? NO_LEVEL,
    sizeAt: (side, level) => ladders[side][at(side, level)]?.[1] ?? (0 as Count),
    nextLevel: (side, level) => ladders[side][at(side, level) + 1]?.[0] ?? NO_LEVEL,
    event: null,
    depth: () => assert.fail('not asked for'),
    volumeTo: () => assert.fail('not asked for'),
    balance: () => assert.fail('not asked for'),
  };
}

export function quoted(scene: Scene, params: Readonly<Record<string, number | string>> = {}): Quotes {
  const quotes = new Quotes();
  const view = viewOf(scene);
  quotes.begin(view.grid);
  createLadder(params).quote(view, quotes);
  assert.equal(quotes.fault, '');
  return quotes;
}

/** A side's quotes as cents and contracts, nearest first. */
export function shown(quotes: Quotes, side: Side): [cents: number, contracts: number][] {
  const wishes = quotes.side(side);
  return wishes.targets.slice(0, wishes.length).map((t) => [t.price / 100, t.count / 100]);
}
