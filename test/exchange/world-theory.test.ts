import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../engine/exchange/random.ts';
import { CENTI_CENT } from '../../engine/market/index.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { Bench } from './support/bench.ts';
import { Race } from './support/race.ts';
import { meanOf } from './support/sample.ts';

/** The long form, `npm run worlds`: as many restarts and trades as the tolerances alone ask for. */
const FULL = process.env['HUNDRED_WORLDS'] === 'full';

describe('Cont, Stoikov and Talreja (2010): two queues under Poisson flow, through the matching engine', () => {
  /** Table 3: the chance that the mid rises, by bids (row) and asks at a spread of one tick. */
  // biome-ignore-start lint/suspicious/noApproximativeNumericConstant: a probability near ln 2 by chance
  const RISES = [
    [0.5, 0.336, 0.259, 0.216, 0.188],
    [0.664, 0.5, 0.407, 0.348, 0.307],
    [0.741, 0.593, 0.5, 0.437, 0.391],
    [0.784, 0.652, 0.563, 0.5, 0.452],
    [0.812, 0.693, 0.609, 0.548, 0.5],
  ];
  // biome-ignore-end lint/suspicious/noApproximativeNumericConstant: a probability near ln 2 by chance
  /** Proposition 5 solved exactly: the chance that a bid, the b-th, fills before the ask queue empties. */
  const FILLS: readonly (readonly [number, readonly number[]])[] = [
    [1, [0.503, 0.698, 0.794, 0.848, 0.882]],
    [2, [0.359, 0.551, 0.664, 0.737, 0.787]],
    [3, [0.291, 0.465, 0.578, 0.656, 0.713]],
    [5, [0.224, 0.369, 0.472, 0.548, 0.607]],
  ];
  const RESTARTS = FULL ? 30_000 : 1200;

  /** Six tenths of a point of rounding and of the paper's own error, and four standard errors; .010 in the long form. */
  const tolerance = (p: number): number => (FULL ? 0.01 : 0.0006 + 4 * Math.sqrt((p * (1 - p)) / RESTARTS));

  test('the mid rises as often as table 3 says', () => {
    const race = new Race(1, 'mid');
    RISES.forEach((row, b) => {
      row.forEach((expected, a) => {
        let rises = 0;
        for (let i = 0; i < RESTARTS; i++) if (race.run(b + 1, a + 1).midRose) rises++;
        assert.ok(
          Math.abs(rises / RESTARTS - expected) <= tolerance(expected),
          `${b + 1},${a + 1}: ${rises / RESTARTS}`,
        );
      });
    });
  });

  test("an account's order fills before the mid moves as often as its place in the queue allows", () => {
    const race = new Race(1, 'fill');
    for (const [b, row] of FILLS) {
      row.forEach((expected, a) => {
        let fills = 0;
        for (let i = 0; i < RESTARTS; i++) if (race.run(b, a + 1, true).filled) fills++;
        assert.ok(Math.abs(fills / RESTARTS - expected) <= tolerance(expected), `${b},${a + 1}: ${fills / RESTARTS}`);
      });
    }
  });
});

describe('Glosten and Milgrom (1985): break-even quotes against informed takers, through the matching engine', () => {
  /** An exchange keeps every fill: a fresh one after so many. */
  const BATCH = 12_000;
  const TRADES = FULL ? 1_000_000 : BATCH;

  /** Profit a contract, in cents, of a maker who quotes `wider` cents outside the break-even prices on both sides. */
  function profits(prior: number, informed: number, wider: number, trades = BATCH): number[] {
    const random = new Random(1, `${prior}/${informed}`);
    const cents = (p: number): number => Math.round(10_000 * p) / 100;
    const ask = cents((prior * (1 + informed)) / (1 + informed * (2 * prior - 1))) + wider;
    const bid = cents((prior * (1 - informed)) / (1 - informed * (2 * prior - 1))) - wider;
    const made: number[] = [];
    for (let done = 0; done < trades; done += BATCH) {
      const bench = new Bench({ grid: CENTI_CENT }).fund('maker', '1000000').fund('taker', '1000000');
      bench.place('maker', BID, bid, 2 * BATCH, { postOnly: true });
      bench.place('maker', ASK, ask, 2 * BATCH, { postOnly: true });
      const account = bench.exchange.account('maker');
      for (let i = 0; i < BATCH; i++) {
        const yes = random.next() < prior;
        const side = (random.next() < informed ? yes : random.next() < 0.5) ? BID : ASK;
        const worth = (): number => {
          const { position } = account.holding('M');
          return account.cashOn(0) + Math.max(0, yes ? position : -position) * 10_000;
        };
        const before = worth();
        bench.place('taker', side, side === BID ? ask : bid, 1, { timeInForce: 'immediate_or_cancel' });
        made.push((worth() - before) / 10_000);
      }
    }
    return made;
  }

  for (const [prior, informed] of [
    [0.5, 0.05],
    [0.5, 0.1],
    [0.5, 0.2],
    [0.3, 0.1],
    [0.1, 0.1],
  ] as const) {
    test(`prior ${prior}, ${100 * informed}% informed: nothing is made at the break-even quotes`, () => {
      const { mean, error } = meanOf(profits(prior, informed, 0, TRADES));
      assert.ok(Math.abs(mean) <= 4 * error + 0.005, `${mean} c a contract, error ${error}`);
    });
  }

  test('a cent wider on both sides earns a cent more on every contract, a cent tighter one less', () => {
    const even = profits(0.5, 0.1, 0);
    for (const wider of [1, -1])
      profits(0.5, 0.1, wider).forEach((profit, i) => {
        assert.ok(Math.abs(profit - even[i]! - wider) < 1e-9, `trade ${i}`);
      });
  });
});
