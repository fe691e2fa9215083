import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incentiveLines, incentivesOf } from '../../engine/cli/incentives.ts';
import { UsageError } from '../../engine/cli/usage.ts';
import { IncentivePlanError, World } from '../../engine/exchange/index.ts';
import type { Money } from '../../engine/units/index.ts';
import { incentivesPage, Paths } from '../../engine/wire/index.ts';

const usual = {
  ticker: null,
  periodReward: 1_000_000,
  targetSize: '300.00',
  discountFactorBps: 5000,
  forSeconds: 86_400,
};

test('a program from the command line, its terms as given or the usual ones', () => {
  assert.deepEqual(incentivesOf(), []);
  assert.deepEqual(incentivesOf(['market=all', 'reward=2.5,target=1000,discount=0.25,hours=0.5,market=M-1']), [
    usual,
    { ticker: 'M-1', periodReward: 25_000, targetSize: '1000.00', discountFactorBps: 2500, forSeconds: 1800 },
  ]);
  for (const term of ['market', 'reward', 'target', 'discount', 'hours'])
    assert.match(incentiveLines(), new RegExp(term));
});

test('what makes no sense is refused with the flag, the term and what is expected', () => {
  const bad: readonly [string, RegExp][] = [
    ['', /"": expected name=value, such as reward=100/],
    ['reward', /"reward": expected name=value/],
    ['reward=', /expected name=value/],
    ['rewart=5', /there is no rewart \(did you mean "reward"\?\)/],
    ['reward=5,reward=6', /reward is given twice/],
    ['reward=x', /reward: expected 0\.01 to 1000000 dollars/],
    ['reward=-5', /reward: expected/],
    ['discount=1.5', /discount: expected 0 to 1 a tick/],
    ['hours=NaN', /hours: expected/],
  ];
  for (const [flag, why] of bad)
    assert.throws(
      () => incentivesOf([flag]),
      (e) => e instanceof UsageError && why.test(e.message),
      flag,
    );
});

test('is listed by the exchange for all its markets, in the form the daemon reads; one for no market is refused', async () => {
  const options = { server: { port: 0 }, keys: [], seed: 1, balance: 0 as Money, makerFees: false };
  const world = new World({ ...options, incentives: incentivesOf(['reward=7', 'market=SYN-A-T50,target=500']) });
  try {
    const port = await world.start();
    const response = await fetch(`http://127.0.0.1:${port}/trade-api/v2${Paths.incentives}?status=active`);
    const { items } = incentivesPage(await response.json());
    const shown = items.map((p) => [p.ticker, p.type, p.periodReward, p.target, p.discountBps, p.until - p.from]);
    const day = 86_400_000_000;
    assert.deepEqual(shown, [
      ...world.tickers.map((ticker) => [ticker, 'liquidity', 70_000, 30_000, 5000, day]),
      ['SYN-A-T50', 'liquidity', 1_000_000, 50_000, 5000, day],
    ]);
  } finally {
    world.close();
  }
  assert.throws(
    () => new World({ ...options, incentives: incentivesOf(['market=NO-1']) }),
    (e) => e instanceof IncentivePlanError && /there is no market NO-1; there are SYN-A-T50/.test(e.message),
  );
});
