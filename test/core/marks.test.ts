import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID, type Count, type Money } from '../../engine/units/index.ts';
import { Scene, T } from '../order-scenarios/scenario.ts';
import { USER } from '../support/bench-venue.ts';

const dollars = (value: number): Money => (value * 1_000_000) as Money;
const codes = (s: Scene): string[] => s.venue.engine.status().halts.map((halt) => halt.code);
const sizes = (s: Scene): number[] =>
  [BID, ASK].map((side) => s.resting(side as 0 | 1).reduce((sum, o) => sum + o.remainingCount / 100, 0));
const carry = (s: Scene, contracts: number): void => {
  s.venue.exchange.account(USER).holding(T).position = (contracts * 100) as Count;
};

test('a short position carried into a wide book is no loss', () => {
  const s = new Scene({ levels: { maxDailyLoss: dollars(5) } }, {});
  carry(s, -100);
  s.start();
  s.run(3000);
  assert.deepEqual([codes(s), s.venue.engine.status().dayProfit], [[], 0]);
});

for (const [held, side] of [
  [-100, ASK],
  [100, ASK],
  [100, BID],
  [-100, BID],
] as const) {
  test(`a position of ${held} carried into a book without a side (${side}) is neither gain nor loss`, () => {
    const s = new Scene({ levels: { maxDailyLoss: dollars(5), maxDrawdown: dollars(5) } }, {});
    carry(s, held);
    s.venue.unrest(T, side, side === BID ? '0.4500' : '0.5500', 100);
    s.venue.start();
    s.run(3000);
    assert.deepEqual([codes(s), s.venue.engine.status().dayProfit], [[], 0], 'one side');
    s.venue.rest(T, side, side === BID ? '0.4500' : '0.5500', 100);
    s.run(3000);
    assert.deepEqual([codes(s), s.venue.engine.status().dayProfit], [[], 0], 'both sides');
    assert.deepEqual(sizes(s), [10, 10]);
    // From here on it counts.
    s.venue.unrest(T, BID, '0.4500', 100);
    s.venue.unrest(T, ASK, '0.5500', 100);
    s.venue.rest(T, BID, '0.3000', 100);
    s.venue.rest(T, ASK, '0.7000', 100);
    s.run(2500);
    assert.deepEqual([codes(s).includes('daily_loss'), s.venue.engine.status().dayProfit], [true, dollars(-15)]);
  });
}

test('a market that stops trading and whose book empties keeps its last mark', () => {
  const s = new Scene({ levels: { maxDailyLoss: dollars(2) } }, {});
  s.start();
  s.hit(BID, 10);
  s.run(2000);
  s.venue.lifecycle(T, 'deactivated');
  s.venue.unrest(T, BID, '0.4500', 100);
  s.run(5000);
  assert.deepEqual([codes(s), s.venue.engine.status().dayProfit], [[], dollars(-0.2)]);
});

test('the P&L shown is the P&L judged: a bid of ours is nobody to sell to', () => {
  const s = new Scene({}, {});
  s.start();
  s.hit(BID, 10);
  s.run(3000);
  const { profit, dayProfit, markets } = s.venue.engine.status();
  assert.deepEqual([profit, dayProfit, markets[0]!.profit], [dollars(-0.2), dollars(-0.2), dollars(-0.2)]);
});
