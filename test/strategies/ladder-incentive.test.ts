import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type IncentiveRule, type ScoredLevel, sideScore, snapshotScore } from '../../engine/quoting/index.ts';
import { ASK, BID, count, type Side } from '../../engine/units/index.ts';
import { quoted, type Scene, shown, viewOf } from './scene.ts';

/** Others' book, wide enough that the plain ladder stands behind the band: bids 48 to 40, asks 53 to 60. */
const WIDE: Scene = {
  bid: 4800,
  ask: 5300,
  bidSize: 100,
  askSize: 100,
  bidsBehind: [
    [4700, 300],
    [4600, 600],
    [4000, 900],
  ],
  asksBehind: [
    [5400, 300],
    [5500, 600],
    [6000, 900],
  ],
  incentive: { target: 1000, discount: 0.5 },
};
/** A half spread that stands well behind the band: fair 50.5, bids from 40, asks from 61. */
const FAR = { halfSpreadTicks: 10, levels: 2, contracts: 50, growth: 1 };

/** A side's score with our quotes in the others' book, by the published rules. */
function scoreOf(scene: Scene, quotes: ReturnType<typeof quoted>, side: Side, rule: IncentiveRule) {
  const view = viewOf(scene);
  const levels = new Map<number, { count: number; ours: number }>();
  for (let at = view.bestLevel(side); at >= 0; at = view.nextLevel(side, at))
    levels.set(view.grid.price(at), { count: view.sizeAt(side, at), ours: 0 });
  for (const [cents, contracts] of shown(quotes, side)) {
    const there = levels.get(cents * 100) ?? { count: 0, ours: 0 };
    const ours = count(Math.round(contracts * 100));
    levels.set(cents * 100, { count: there.count + ours, ours: there.ours + ours });
  }
  const scored = [...levels]
    .map(([p, { count: all, ours }]): ScoredLevel => ({ price: side === BID ? p : 10_000 - p, count: all, ours }))
    .sort((a, b) => b.price - a.price);
  return sideScore(rule, scored, scene.incentive!.target * 100, scene.incentive!.discount);
}

test('left off, a program changes nothing', () => {
  const { incentive: _, ...without } = WIDE;
  for (const params of [FAR, { ...FAR, halfSpreadTicks: 1 }])
    assert.deepEqual(quoted(WIDE, params), quoted(without, params));
});

test('without a program, the parameter changes nothing', () => {
  const { incentive: _, ...without } = WIDE;
  assert.deepEqual(quoted(without, { ...FAR, incentiveRule: 'best' }), quoted(without, FAR));
});

test('the nearest order of each side goes to where it scores fully; the others stay', () => {
  const plain = quoted(WIDE, FAR);
  assert.deepEqual(shown(plain, BID), [
    [40, 50],
    [39, 50],
  ]);
  assert.equal(scoreOf(WIDE, plain, BID, 'best')!.ours, 0, 'behind the band nothing scores');
  const best = quoted(WIDE, { ...FAR, incentiveRule: 'best' });
  assert.deepEqual(shown(best, BID), [
    [48, 50],
    [39, 50],
  ]);
  assert.deepEqual(shown(best, ASK), [
    [53, 50],
    [62, 50],
  ]);
  // 50 contracts at full weight, of 100 + 50, 300 a tick and 600 two ticks behind.
  assert.deepEqual(scoreOf(WIDE, best, BID, 'best'), { total: 45_000, ours: 5000, reference: 4800 });
  assert.deepEqual(scoreOf(WIDE, best, ASK, 'best'), { total: 45_000, ours: 5000, reference: 4700 });
  // By the later rules distance is counted from where a fifth of the target stands: a tick behind is full weight.
  const fifth = quoted(WIDE, { ...FAR, incentiveRule: 'oneFifth' });
  assert.deepEqual([shown(fifth, BID)[0], shown(fifth, ASK)[0]], [[47, 50] as const, [54, 50] as const]);
  assert.deepEqual(scoreOf(WIDE, fifth, BID, 'oneFifth'), { total: 75_000, ours: 5000, reference: 4700 });
});

test('no nearer to the reservation price than the edge that is asked for, and not at all where that scores nothing', () => {
  const near = (incentiveEdgeTicks: number): number[] => {
    const quotes = quoted(WIDE, { ...FAR, incentiveRule: 'best', incentiveEdgeTicks });
    return [shown(quotes, BID)[0]![0], shown(quotes, ASK)[0]![0]];
  };
  assert.deepEqual(near(2.5), [48, 53], '2.5 cents from 50.5');
  assert.deepEqual(near(3), [47, 54]);
  assert.deepEqual(near(4.5), [46, 55], 'the last level of the band');
  assert.deepEqual(near(5), [40, 61], '45 cents would score nothing: the spread is kept');
  assert.deepEqual(near(100), [40, 61]);
});

test('an order that stands before the reference as it is stays there: improving would only halve what all get', () => {
  const quotes = quoted(WIDE, { ...FAR, halfSpreadTicks: 1, incentiveRule: 'best' });
  assert.deepEqual(shown(quotes, BID), shown(quoted(WIDE, { ...FAR, halfSpreadTicks: 1 }), BID));
  assert.equal(shown(quotes, BID)[0]![0], 49);
});

test('inventory is skewed as ever: long, the bid is held back and the ask goes to the band', () => {
  const quotes = quoted({ ...WIDE, position: 50 }, { ...FAR, skewHalves: 0.5, incentiveRule: 'best' });
  // The reservation price is 2.5 cents lower, 48: the bid may not go above 47.5, the ask has its place at 53.
  assert.deepEqual([shown(quotes, BID)[0]![0], shown(quotes, ASK)[0]![0]], [47, 53]);
});

test('where a side cannot qualify no snapshot counts, and nothing is given up for it', () => {
  const plain = quoted(WIDE, FAR);
  const cases: readonly Partial<Scene>[] = [
    { incentive: { target: 5000, discount: 0.5 } },
    { bidsBehind: [] },
    { asksBehind: [] },
  ];
  for (const change of cases) {
    const quotes = quoted({ ...WIDE, ...change }, { ...FAR, incentiveRule: 'best' });
    assert.deepEqual(shown(quotes, BID), shown(plain, BID));
    assert.deepEqual(shown(quotes, ASK), shown(plain, ASK));
  }
  // Our own order may be what completes it.
  const short = { ...WIDE, incentive: { target: 1930, discount: 0.5 } };
  assert.equal(shown(quoted(short, { ...FAR, incentiveRule: 'best' }), BID)[0]![0], 48);
});

test('on any book: nearer only, with the edge, never through the book, and the snapshot never scores less', () => {
  const behind = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 500 })), { maxLength: 5 });
  let moved = 0;
  fc.assert(
    fc.property(
      fc.record({
        bid: fc.integer({ min: 20, max: 60 }),
        gap: fc.integer({ min: 1, max: 12 }),
        bids: behind,
        asks: behind,
        target: fc.integer({ min: 100, max: 1500 }),
        position: fc.integer({ min: -100, max: 100 }),
        rule: fc.constantFrom('best' as const, 'oneFifth' as const),
        half: fc.integer({ min: 1, max: 12 }),
        edge: fc.constantFrom(0.1, 0.5, 2, 5),
        feeType: fc.constantFrom('quadratic', 'quadratic_with_maker_fees'),
      }),
      ({ bid, gap, bids, asks, target, position, rule, half, edge, feeType }) => {
        const step = (from: number, sign: number, levels: readonly (readonly [number, number])[]) => {
          let cents = from;
          return levels
            .map(([ticks, size]) => {
              cents += sign * ticks;
              return [cents * 100, size] as const;
            })
            .filter(([p]) => p > 0 && p < 10_000);
        };
        const ask = bid + gap;
        const scene: Scene = {
          bid: bid * 100,
          ask: ask * 100,
          bidsBehind: step(bid, -1, bids),
          asksBehind: step(ask, 1, asks),
          position,
          feeType,
          incentive: { target, discount: 0.5 },
        };
        const params = { halfSpreadTicks: half, contracts: 20, levels: 1, skewHalves: 1 };
        const plain = quoted(scene, params);
        const paid = quoted(scene, { ...params, incentiveRule: rule, incentiveEdgeTicks: edge });
        for (const side of [BID, ASK]) {
          const [before, after] = [plain.side(side), paid.side(side)];
          assert.equal(after.length, before.length);
          if (after.length === 0) continue;
          const [was, is] = [before.targets[0]!, after.targets[0]!];
          assert.equal(is.count, was.count);
          if (is.price === was.price) continue;
          moved++;
          assert.ok(side === BID ? is.price > was.price : is.price < was.price, 'nearer');
          assert.ok(is.edge >= edge * 100 - 1e-9, `edge ${is.edge}`);
          assert.ok(side === BID ? is.price <= scene.bid : is.price >= scene.ask, 'never before the best');
          assert.ok(scoreOf(scene, paid, side, rule)!.ours > 0, 'what moved scores');
        }
        const [low, high] = [paid.asks, paid.bids].map((s) => (s.length === 0 ? Number.NaN : s.targets[0]!.price));
        assert.ok(!(high! >= low!), 'our own quotes do not cross');
        const snapshot = (quotes: typeof paid): number =>
          snapshotScore(scoreOf(scene, quotes, BID, rule), scoreOf(scene, quotes, ASK, rule)) ?? 0;
        assert.ok(snapshot(paid) >= snapshot(plain) - 1e-9, `${snapshot(paid)} below ${snapshot(plain)}`);
      },
    ),
    { seed: 74, numRuns: 3000 },
  );
  assert.ok(moved > 500, `${moved} orders moved`);
});
