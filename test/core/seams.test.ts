import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../engine/core/context.ts';
import { OrderGroup } from '../../engine/exchange/groups.ts';
import { GROUP_DEFAULTS, RiskVerdict } from '../../engine/risk/index.ts';
import { ASK, BID, type Count, type Money, price, type Side, type TimeUs } from '../../engine/units/index.ts';
import { Scene, T } from '../order-scenarios/scenario.ts';
import { testConfig, USER } from '../support/bench-venue.ts';

const dollars = (value: number): Money => (value * 1_000_000) as Money;
const C = (contracts: number): Count => (contracts * 100) as Count;
const now = (s: Scene): TimeUs => s.venue.timeUs as TimeUs;
const codes = (s: Scene): string[] => s.venue.engine.status().halts.map((halt) => halt.code);
const sizes = (s: Scene): number[] =>
  [BID, ASK].map((side) => s.resting(side as 0 | 1).reduce((sum, o) => sum + o.remainingCount / 100, 0));

test('after a soft loss a small position does not let the side that reduces it go beyond half', () => {
  const s = new Scene({ levels: { maxDailyLoss: dollars(1), carriedProfit: dollars(-0.7) } }, {});
  s.start();
  s.run(1000);
  assert.deepEqual([codes(s), ...sizes(s)], [['soft_loss'], 5, 5]);
  s.hit(BID, 1);
  s.run(1000);
  assert.deepEqual(sizes(s), [5, 5], 'one reduces, and half of the nine that add');
});

test('half of an odd number of contracts is a whole number of contracts', () => {
  const s = new Scene({ levels: { maxDailyLoss: dollars(1), carriedProfit: dollars(-0.7) } }, {});
  s.want({ bid: [47, 3], ask: [53, 1] });
  s.start();
  s.run(1000);
  assert.deepEqual([codes(s), ...sizes(s)], [['soft_loss'], 1, 1]);
});

test('a market whose own limit is higher is within its limit when a group is to be reset', () => {
  const { risk } = testConfig([T]);
  const s = new Scene(
    {
      groupLimit: C(30),
      groups: { ...GROUP_DEFAULTS, reset: 'coolOff', coolOffMs: 15_000 },
      risk: { ...risk, maxPosition: C(20), overrides: { markets: { [T]: { maxPosition: C(200) } } } },
    },
    {},
  );
  s.start();
  for (let n = 0; n < 3; n++) {
    s.hit(BID, 10);
    s.run(200);
  }
  assert.equal(s.venue.engine.status().groups[0]!.life, 'triggered');
  s.run(30_000);
  assert.deepEqual([codes(s), s.venue.engine.status().groups[0]!.life], [[], 'armed']);
});

test('a lower limit for a group found again does not trigger it by what an earlier session filled', () => {
  const s = new Scene({ groupLimit: C(30) }, {});
  const group = new OrderGroup('old', USER, 0, C(900));
  s.venue.exchange.desk.create(group);
  s.place({ side: BID, price: price(4600), count: C(50), clientOrderId: 'hd-old-1', groupId: 'old' });
  s.venue.trade(T, BID, '0.4600', 50);
  s.venue.start();
  s.run(1000);
  assert.equal(group.triggered, false);
  s.run(20_000);
  assert.deepEqual([group.triggered, group.limit, codes(s), ...sizes(s)], [false, C(30), [], 10, 10]);
});

test('creates that meet a mass cancel of ours are no sign that we write badly', () => {
  const tickers = Array.from({ length: 24 }, (_, n) => `TST-${n}`);
  const s = new Scene({}, { tier: 'premier' }, tickers);
  s.venue.start();
  s.run(5000);
  const before = s.venue.requests.length;
  s.venue.travelUs = () => 200_000;
  for (const ticker of tickers.slice(0, 12)) s.venue.trade(ticker, BID, '0.4700', 10);
  for (let n = 0; n < 60 && s.count('createOrders', before) === 0; n++) s.run(10);
  // The trigger overtakes them.
  s.venue.travelUs = () => s.venue.latencyUs;
  s.venue.engine.onCommand('pause', now(s));
  s.run(2000);
  assert.deepEqual([s.count('triggerGroup', before), s.count('cancelOrders', before), s.ours().length], [1, 0, 0]);
  assert.equal(s.venue.engine.status().counters.rejected, 12);
  assert.deepEqual(codes(s), []);
});

test('orders taken over that are in no group are not left to a trigger', () => {
  const tickers = Array.from({ length: 12 }, (_, n) => `TST-${n}`);
  const s = new Scene({ leftovers: 'adopt' }, { tier: 'premier' }, tickers);
  for (const [n, ticker] of tickers.entries())
    s.place({ ticker, side: BID, price: price(4700), count: C(10), clientOrderId: `hd-old-${n}` });
  s.start();
  assert.equal(s.ours().filter((order) => order.clientOrderId.startsWith('hd-old')).length, 12);
  s.venue.engine.onCommand('pause', now(s));
  s.run(300);
  assert.equal(s.ours().length, 0);
});

test('the level a market is at is seen by the check before an order', () => {
  const s = new Scene({}, {});
  s.start();
  const { ctx } = s.venue.engine as unknown as { ctx: Context };
  const verdict = new RiskVerdict();
  const judged = (side: Side): [string, number] => {
    const wanted = { market: ctx.markets[0]!, side, price: price(5000), count: C(10), moved: null };
    ctx.risk.judge(wanted, Number.NaN, verdict);
    return [verdict.code, verdict.count];
  };
  s.hit(BID, 10);
  s.want({ ask: [53, 0] });
  s.run(1000);
  s.venue.engine.onCommand('level 1', now(s));
  s.run(1000);
  assert.deepEqual(
    [judged(BID), judged(ASK)],
    [
      ['kill_level', 0],
      ['ok', 1000],
    ],
  );
  s.venue.engine.onCommand('level 2', now(s));
  assert.deepEqual(
    [judged(BID), judged(ASK)],
    [
      ['kill_level', 0],
      ['kill_level', 0],
    ],
  );
});

test('the answer to the trigger of a stop is lost: it is no trigger for a person to look into', () => {
  const s = new Scene({}, {});
  s.start();
  s.answer('triggerGroup', () => null);
  s.venue.stop();
  assert.deepEqual([s.venue.engine.stopResult?.clean, s.count('deleteGroup')], [true, 1]);
});

test('a group that fills up while its trigger for a stop is under way stays triggered for the next start', () => {
  const s = new Scene({ groupLimit: C(10) }, {});
  s.start();
  s.hit(BID, 10);
  s.venue.stop();
  assert.deepEqual([s.venue.engine.stopResult?.clean, s.count('deleteGroup')], [true, 0]);
});

test('a clock set back over midnight and forth again does not forget the loss of the day', () => {
  const s = new Scene({ levels: { maxDailyLoss: dollars(1), carriedProfit: dollars(-0.5) } }, {});
  s.start();
  for (const day of [1_800_086_400, 1_800_000_000, 1_800_086_400]) s.venue.engine.onGauge('dayStart', day, now(s));
  s.run(1500);
  assert.equal(s.venue.engine.status().dayProfit, dollars(-0.5));
});

test('a reset that a person ordered is one reset: what triggers meanwhile is decided anew', () => {
  const groups = { ...GROUP_DEFAULTS, reset: 'coolOff', maxResets: 0 } as const;
  const s = new Scene({ groupLimit: C(10), groups }, {});
  s.start();
  s.hit(BID, 10);
  s.run(3000);
  assert.deepEqual(codes(s), ['group_triggered']);
  const { id } = s.venue.engine.status().groups[0]!;
  s.answer('resetGroup', (outcome) => {
    s.venue.exchange.desk.trigger(s.venue.exchange.groups.get(id)!);
    return outcome;
  });
  s.venue.engine.onCommand('reset group_triggered', now(s));
  s.run(10_000);
  assert.deepEqual([codes(s), s.count('resetGroup'), ...sizes(s)], [['group_triggered'], 1, 0, 0]);
});
