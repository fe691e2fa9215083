import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkOrder,
  describeVerdict,
  MarketLimits,
  RiskContext,
  type RiskLimits,
  RiskVerdict,
} from '../../engine/risk/index.ts';
import {
  ASK,
  BID,
  type Count,
  count,
  DOLLAR,
  type Money,
  money,
  type Price,
  price,
  type Side,
} from '../../engine/units/index.ts';

const C = (contracts: number): Count => count(Math.round(contracts * 100));
const USD = (dollars: number): Money => money(Math.round(dollars * DOLLAR));

/** Wide enough that only what a test sets can bind. */
const WIDE: RiskLimits = {
  maxPosition: C(1000),
  maxOrderCount: C(1000),
  maxOrdersPerMarket: 8,
  maxOrders: 20,
  maxCapital: USD(100_000),
  priceBand: 9900,
};

const verdict = new RiskVerdict();

/** The verdict on an order as code, contracts, the number that bound and its limit. */
function judge(
  limits: Partial<RiskLimits>,
  state: Partial<RiskContext>,
  side: Side,
  cents: number,
  contracts: number,
  moved: readonly [cents: number, contracts: number] = [0, 0],
): [string, number, number, number] {
  const context = new RiskContext();
  Object.assign(context, state);
  context.take(side, price(cents * 100), C(contracts), (moved[0] * 100) as Price, C(moved[1]));
  checkOrder(new MarketLimits({ ...WIDE, ...limits }), context, verdict);
  return [verdict.code, verdict.count / 100, verdict.value, verdict.limit];
}

test('kill_level', () => {
  assert.deepEqual(judge({}, { killLevel: 1 }, BID, 48, 10), ['kill_level', 0, 1, 0]);
  assert.deepEqual(judge({}, { killLevel: 1, held: -600 }, BID, 48, 10), ['kill_level', 6, 1, 0], 'only what closes');
  const open = { killLevel: 1, held: -600, sideExposure: 500 };
  assert.deepEqual(judge({}, open, BID, 48, 10)[1], 1, 'five contracts are being closed already');
  assert.deepEqual(judge({}, { killLevel: 2, held: -600 }, BID, 48, 5), ['kill_level', 0, 2, 0]);
});

test('bad_order', () => {
  assert.deepEqual(judge({}, { isOnGrid: false, held: -9000 }, BID, 48, 10).slice(0, 2), ['bad_order', 0]);
});

test('order_size', () => {
  assert.deepEqual(judge({ maxOrderCount: C(50) }, {}, BID, 48, 51), ['order_size', 50, 5100, 5000]);
  assert.equal(judge({ maxOrderCount: C(50) }, {}, BID, 48, 50)[0], 'ok');
  assert.equal(judge({ maxOrderCount: C(50) }, { held: -9000 }, BID, 48, 51)[1], 50, 'closing or not');
});

test('order_value', () => {
  const limits = { maxOrderValue: USD(20) };
  assert.deepEqual(judge(limits, {}, BID, 48, 50), ['order_value', 41, USD(24), USD(20)]);
  assert.equal(judge(limits, {}, BID, 40, 50)[0], 'ok');
  assert.equal(judge(limits, {}, ASK, 60, 50)[0], 'ok', 'an ask can lose what is left to a dollar');
  assert.deepEqual(judge(limits, { held: 9000 }, ASK, 48, 50).slice(0, 2), ['order_value', 38]);
});

test('price_band', () => {
  const limits = { priceBand: 500 };
  const state = { mid: 5000, held: -9000 };
  assert.deepEqual(judge(limits, state, BID, 56, 10), ['price_band', 0, 600, 500]);
  assert.equal(judge(limits, state, BID, 55, 10)[0], 'ok');
  assert.equal(judge(limits, state, BID, 1, 10)[0], 'ok', 'to our advantage');
  assert.deepEqual(judge(limits, state, ASK, 44, 10), ['price_band', 0, 600, 500]);
  assert.equal(judge(limits, state, ASK, 99, 10)[0], 'ok');
  assert.equal(judge(limits, { mid: Number.NaN }, BID, 99, 10)[0], 'ok', 'no band without a mid');
});

test('would_cross', () => {
  const state = { bookOpposite: price(5200), held: -9000 };
  assert.deepEqual(judge({}, state, BID, 52, 10), ['would_cross', 0, 5200, 5200]);
  assert.equal(judge({}, state, BID, 51, 10)[0], 'ok');
  assert.equal(judge({}, state, ASK, 52, 10)[0], 'would_cross');
  assert.equal(judge({}, state, ASK, 53, 10)[0], 'ok');
});

test('self_cross', () => {
  const state = { ownOpposite: price(5100), held: -9000 };
  assert.deepEqual(judge({}, state, BID, 51, 10), ['self_cross', 0, 5100, 5100]);
  assert.equal(judge({}, state, BID, 50, 10)[0], 'ok');
  assert.equal(judge({}, state, ASK, 51, 10)[0], 'self_cross');
  assert.equal(judge({}, state, ASK, 52, 10)[0], 'ok');
});

test('duplicate', () => {
  const limits = { duplicateMs: 500 };
  assert.deepEqual(judge(limits, { sameSentMs: 499, held: -9000 }, BID, 48, 10), ['duplicate', 0, 499, 500]);
  assert.equal(judge(limits, { sameSentMs: 500 }, BID, 48, 10)[0], 'ok');
});

test('open_orders', () => {
  assert.deepEqual(judge({}, { ordersInMarket: 8, ordersInAll: 8 }, BID, 48, 10), ['open_orders', 0, 8, 8]);
  assert.deepEqual(judge({}, { ordersInMarket: 1, ordersInAll: 20 }, BID, 48, 10), ['open_orders', 0, 20, 20]);
  assert.equal(judge({}, { ordersInMarket: 7, ordersInAll: 19 }, BID, 48, 10)[0], 'ok');
});

test('resting_contracts', () => {
  const limits = { maxRestingPerMarket: C(60) };
  assert.deepEqual(judge(limits, { resting: 5100 }, BID, 48, 10), ['resting_contracts', 0, 6100, 6000]);
  assert.equal(judge(limits, { resting: 5000 }, BID, 48, 10)[0], 'ok');
});

test('position_limit', () => {
  const limits = { maxPosition: C(100) };
  assert.deepEqual(judge(limits, { held: 9500 }, BID, 48, 10), ['position_limit', 5, 10_500, 10_000]);
  assert.deepEqual(judge(limits, { held: 6000, sideExposure: 4000 }, BID, 48, 10)[1], 0, 'open orders count as filled');
  assert.equal(judge(limits, { held: 12_000 }, BID, 48, 10)[1], 0);
  assert.equal(judge(limits, { held: -12_000 }, BID, 48, 50)[0], 'ok', 'what closes always fits');
});

test('market_risk', () => {
  const limits = { maxMarketRisk: USD(50) };
  // 100 YES at 40 cents and a bid for 10 at 38: 43.80 are lost where it settles NO.
  const state = { held: 10_000, sideExposure: 1000, marketWorst: USD(-43.8) };
  assert.deepEqual(judge(limits, state, BID, 40, 20), ['market_risk', 15, USD(51.8), USD(50)]);
  assert.equal(judge(limits, state, BID, 31, 20)[0], 'ok', '6.20 more is 50.00');
  assert.equal(judge(limits, { held: -2000, marketWorst: USD(-90) }, BID, 40, 20)[0], 'ok', 'what closes');
  assert.equal(judge(limits, { held: -500, marketWorst: USD(-90) }, BID, 40, 20)[1], 5);
  // While a bid of 20 moves from 45 to 40 it counts at 45: the sums are without it.
  assert.equal(judge(limits, { marketWorst: USD(-41) }, BID, 40, 20, [45, 20])[0], 'ok');
  assert.equal(judge(limits, { marketWorst: USD(-41.1) }, BID, 40, 20, [45, 20])[1], 0);
  assert.equal(judge(limits, { marketWorst: USD(-41) }, BID, 40, 30, [45, 20])[1], 20, 'as large as it was it may be');
});

test('event_risk', () => {
  const limits = { event: { maxRisk: USD(100) } };
  assert.deepEqual(judge(limits, { eventWorst: USD(-90) }, BID, 50, 30), ['event_risk', 20, USD(105), USD(100)]);
  assert.equal(judge(limits, { eventWorst: USD(-90), besidesEvent: USD(8) }, BID, 50, 30)[1], 4);
  assert.equal(judge(limits, { eventWorst: USD(40) }, BID, 50, 300)[1], 280, 'what is won there pays for some');
  // Too much is at stake already, in outcomes in which this order wins: it makes nothing worse.
  assert.equal(judge(limits, { eventWorst: USD(20), besidesEvent: USD(150) }, BID, 50, 40)[0], 'ok');
  assert.equal(judge(limits, { eventWorst: USD(19), besidesEvent: USD(150) }, BID, 50, 40)[1], 38);
  judge(limits, { eventWorst: USD(-90) }, BID, 50, 30);
  assert.equal(describeVerdict(verdict), 'event_risk: $105.00, at most $100.00');
});

test('event_contracts', () => {
  const limits = { event: { maxContracts: C(100) } };
  const state = { othersEvent: 7000, held: 1000, sideExposure: 500 };
  assert.deepEqual(judge(limits, state, BID, 48, 20), ['event_contracts', 15, 10_500, 10_000]);
  assert.equal(judge(limits, { ...state, held: -4000 }, BID, 48, 20)[0], 'ok');
});

for (const level of ['series', 'strategy', 'total'] as const) {
  const name = `${level[0]!.toUpperCase()}${level.slice(1)}`;
  test(`${level}_risk`, () => {
    const limits = { [level]: { maxRisk: USD(100) } };
    const state = { eventWorst: USD(-50), [`besides${name}`]: USD(40) };
    assert.deepEqual(judge(limits, state, BID, 50, 30), [`${level}_risk`, 20, USD(105), USD(100)]);
    assert.equal(judge(limits, { ...state, held: -3000 }, BID, 50, 30)[0], 'ok', 'what closes');
  });
  test(`${level}_contracts`, () => {
    const limits = { [level]: { maxContracts: C(100) } };
    const state = { [`others${name}`]: 9000 };
    assert.deepEqual(judge(limits, state, BID, 50, 30), [`${level}_contracts`, 10, 12_000, 10_000]);
  });
}

test('capital_limit', () => {
  const limits = { maxCapital: USD(1000) };
  const state = { capitalUsed: USD(990) };
  assert.deepEqual(judge(limits, state, BID, 48, 50), ['capital_limit', 20, USD(1014), USD(1000)]);
  assert.equal(judge(limits, state, ASK, 80, 50)[0], 'ok', '50 NO at 20 cents are $10');
  assert.equal(judge(limits, state, ASK, 79, 50)[0], 'capital_limit');
  assert.equal(judge(limits, { ...state, held: -4000 }, BID, 48, 50)[0], 'ok', '40 close, 10 open');
  assert.equal(judge(limits, { ...state, held: -4000, sideExposure: 3000 }, BID, 50, 50)[1], 30, '30 of them already');
  assert.equal(judge(limits, { capitalUsed: USD(1500), held: -3000 }, BID, 48, 60)[1], 30, 'beyond it: what closes');
});

test('balance', () => {
  const limits = { cashReserve: USD(100) };
  assert.deepEqual(judge(limits, { available: USD(109) }, BID, 50, 20), ['balance', 0, USD(99), USD(100)]);
  assert.equal(judge(limits, { available: USD(110) }, BID, 50, 20)[0], 'ok');
  assert.equal(judge(limits, { available: USD(110), feeEach: 1 }, BID, 50, 20)[0], 'balance', 'the fee counts');
  assert.equal(judge(limits, { available: USD(50), held: -2000 }, BID, 50, 20)[0], 'ok', 'closing takes no cash');
  assert.equal(judge(limits, { available: USD(50), held: -500 }, BID, 50, 20)[1], 5);
});

test('concentration', () => {
  const limits = { maxEquityShare: 0.2 };
  const state = { equity: USD(200), marketWorst: USD(-35) };
  assert.deepEqual(judge(limits, state, BID, 50, 20), ['concentration', 10, USD(45), USD(40)]);
  assert.equal(judge(limits, { ...state, equity: USD(225) }, BID, 50, 20)[0], 'ok');
});

test('message_rate', () => {
  assert.deepEqual(judge({}, { rateWaitMs: 120, held: -9000 }, BID, 48, 10), ['message_rate', 0, 120, 0]);
});

test('trades_per_day', () => {
  const limits = { maxTradesPerDay: 50 };
  assert.deepEqual(judge(limits, { tradesInDay: 50 }, BID, 48, 10), ['trades_per_day', 0, 50, 50]);
  assert.equal(judge(limits, { tradesInDay: 49 }, BID, 48, 10)[0], 'ok');
  assert.equal(judge(limits, { tradesInDay: 50, held: -2000 }, BID, 48, 10)[0], 'ok', 'what closes');
});
