import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CAUSES,
  FillRate,
  type HaltCode,
  Halts,
  LEVEL_DEFAULTS,
  LossGuard,
  PickOff,
  RejectRatio,
} from '../../engine/risk/index.ts';
import { ASK, BID, type Money, type Price, type TimeUs } from '../../engine/units/index.ts';

const at = (seconds: number): TimeUs => (1_781_159_489_000_000 + seconds * 1_000_000) as TimeUs;
const dollars = (value: number): Money => Math.round(value * 1_000_000) as Money;
const terms = { ...LEVEL_DEFAULTS, maxDailyLoss: dollars(500), maxDrawdown: dollars(250) };

test('the level is that of the highest cause, for all and for one market, whatever comes and goes', () => {
  const codes = Object.keys(CAUSES) as HaltCode[];
  const step = fc.tuple(fc.constantFrom(...codes), fc.constantFrom('', 'A', 'B'), fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const halts = new Halts();
      const model = new Map<string, readonly [HaltCode, string]>();
      for (const [code, market, isRaised] of steps) {
        const key = `${code}/${market}`;
        if (isRaised) halts.raise({ code, market, cause: '', clears: '', since: at(0) });
        else halts.lower(code, market);
        if (isRaised) model.set(key, [code, market]);
        else model.delete(key);
        const levelOf = (names: readonly string[]): number =>
          Math.max(0, ...[...model.values()].filter(([, m]) => names.includes(m)).map(([c]) => CAUSES[c].level));
        assert.equal(halts.level, levelOf(['']));
        for (const name of ['A', 'B', 'C']) {
          assert.equal(halts.levelOf(name), levelOf(['', name]));
          const inForce = halts.inForceFor(name);
          assert.equal(inForce?.level ?? 0, levelOf(['', name]));
        }
        assert.equal(halts.isHalved, model.has('soft_loss/'));
      }
    }),
    { numRuns: 200 },
  );
});

test('a timed cause is left when its time has come, later if it still holds, and the others never', () => {
  const halts = new Halts();
  halts.raise({ code: 'loop_stall', market: '', cause: '', clears: '', since: at(0), until: at(30) });
  halts.raise({ code: 'daily_loss', market: '', cause: '', clears: '', since: at(0) });
  halts.extend('loop_stall', '', at(40));
  halts.extend('loop_stall', '', at(35));
  halts.extend('daily_loss', '', at(35));
  assert.deepEqual(halts.lapse(at(39.9)), []);
  assert.deepEqual(
    halts.lapse(at(40)).map((h) => h.code),
    ['loop_stall'],
  );
  assert.deepEqual([halts.lapse(at(1e6)), halts.level], [[], 2]);
});

test('losses: soft at 60 % of the limit, hard at all of it, the fall from the highest by itself', () => {
  const guard = new LossGuard(terms);
  const look = (profit: number): string => {
    const { isSoft, isHard, isDrawdown } = guard.judge(dollars(profit));
    return `${isSoft ? 's' : ''}${isHard ? 'h' : ''}${isDrawdown ? 'd' : ''}`;
  };
  assert.deepEqual([look(0), look(-249.999999), look(-250), look(-299.999999)], ['', '', 'd', 'd']);
  assert.deepEqual([look(-300), look(-499.999999), look(-500)], ['sd', 'sd', 'shd']);
  guard.newDay(dollars(-500));
  guard.rebase(dollars(-500));
  assert.deepEqual([look(-500), look(-749.999999), look(-750), look(-1000)], ['', '', 'd', 'shd']);
  guard.rebase(dollars(-1000));
  assert.deepEqual([look(0), look(-250)], ['', 'd']);
  const carried = new LossGuard({ ...terms, carriedProfit: dollars(-450) });
  assert.deepEqual(carried.judge(dollars(-50)), {
    dayProfit: dollars(-500),
    fall: dollars(50),
    isSoft: true,
    isHard: true,
    isDrawdown: false,
  });
  const none = new LossGuard({ ...terms, maxDailyLoss: 0 as Money, maxDrawdown: 0 as Money });
  assert.equal(none.judge(dollars(-1e6)).isHard, false, 'no limit');
});

test('fill rate: five times the expected, the expected follows what was seen, and the floor holds', () => {
  const rate = new FillRate(terms, 2, at(0));
  assert.deepEqual(rate.judge(at(0)), { fills: 0, most: 20 }, '4 a minute in 2 markets are 2 in 15 s, times 5 are 10');
  for (let n = 0; n < 21; n++) rate.filled(at(1));
  assert.deepEqual(rate.judge(at(15.9)).fills, 21);
  assert.equal(rate.judge(at(16)).fills, 0, 'fifteen seconds later they are out of the window');
  // Two hours of one fill a second: 15 are expected, 75 are the most; four half-lives leave a sixteenth of the start.
  let time = 20;
  for (; time < 7220; time++) {
    rate.filled(at(time));
    rate.judge(at(time));
  }
  const { fills, most } = rate.judge(at(time));
  assert.equal(fills, 14, 'the one of fifteen seconds ago is out');
  assert.ok(most > 68 && most < 76, `${most}`);
  assert.ok(Math.abs(rate.judge(at(time + 86_400)).most - 20) < 1e-9, 'after a day of nothing the floor again');
});

test('pick-off: five in a row that are more than two ticks worse five seconds later', () => {
  const pick = new PickOff(terms);
  let time = 0;
  const fill = (side: 0 | 1, cents: number, midCents: number, market = 0): number => {
    time += 10;
    pick.filled(market, side, (cents * 100) as Price, 100, at(time));
    assert.deepEqual(
      pick.judge(at(time + 4.999), () => 0),
      [],
      'not before five seconds',
    );
    return pick.judge(at(time + 5), () => midCents * 100)[0]?.fills ?? 0;
  };
  assert.deepEqual(
    [1, 2, 3, 4].map(() => fill(BID, 47, 44.9)),
    [0, 0, 0, 0],
  );
  assert.equal(fill(BID, 47, 45), 0, 'exactly two ticks is not more, and ends the run');
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => fill(ASK, 50, 52.5)),
    [0, 0, 0, 0, 5],
    'sold too low counts as well',
  );
  assert.equal(fill(ASK, 50, 52.5), 0, 'the run begins anew');
  assert.equal(fill(ASK, 50, Number.NaN), 0);
  assert.deepEqual(
    [1, 2, 3].map(() => fill(ASK, 50, 55)),
    [0, 0, 0],
  );
  assert.equal(fill(BID, 50, 40, 1), 0, 'another market has a run of its own');
  assert.equal(fill(ASK, 50, 55), 5, 'what nothing can be said of neither counts nor ends it');
});

test('pick-off: an order taken in pieces is one fill', () => {
  const pick = new PickOff(terms);
  for (let n = 0; n < 10; n++) pick.filled(0, BID, 4700 as Price, 100, at(n / 20));
  assert.deepEqual(
    pick.judge(at(10), () => 4000),
    [],
  );
});

test('reject ratio: more than five of the last hundred writes', () => {
  const ratio = new RejectRatio(0.05);
  ratio.add(50, 5);
  assert.deepEqual([ratio.refused, ratio.isHigh], [5, false]);
  ratio.add(50, 0);
  ratio.add(50, 0);
  assert.deepEqual([ratio.refused, ratio.isHigh], [0, false], 'the old ones are out');
  ratio.add(6, 6);
  assert.equal(ratio.isHigh, true);
  ratio.clear();
  assert.deepEqual([ratio.refused, ratio.isHigh], [0, false]);
  ratio.add(1_000_000, 0);
  assert.equal(ratio.isHigh, false);
});
