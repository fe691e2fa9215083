import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkOrder, collateral, type RiskContext, type RiskLimits, RiskVerdict } from '../../engine/risk/index.ts';
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

const C = (contracts: number): Count => count(contracts * 100);
const USD = (dollars: number): Money => money(dollars * DOLLAR);
const NONE = 0 as Price;

const LIMITS: RiskLimits = {
  maxPosition: C(100),
  maxOrderCount: C(50),
  maxOrdersPerMarket: 8,
  maxOrders: 20,
  maxCapital: USD(1000),
  priceBand: 500,
};

const CALM: RiskContext = {
  position: C(0),
  sideExposure: C(0),
  ownOpposite: NONE,
  bookOpposite: NONE,
  mid: 5000,
  ordersInMarket: 0,
  ordersInAll: 0,
  capitalUsed: USD(0),
};

/** The verdict as code, contracts, the number that bound and its limit. */
function judge(
  side: Side,
  at: number,
  contracts: number,
  context: Partial<RiskContext> = {},
  limits: Partial<RiskLimits> = {},
): [string, number, number, number] {
  const verdict = new RiskVerdict();
  verdict.set(123, 'self_cross', 1, 2);
  checkOrder({ ...LIMITS, ...limits }, { ...CALM, ...context }, side, price(at), C(contracts), verdict);
  return [verdict.code, verdict.count / 100, verdict.value, verdict.limit];
}

test('an order within every limit goes, whatever the last verdict was', () => {
  assert.deepEqual(judge(BID, 4800, 10), ['ok', 10, 0, 0]);
  assert.deepEqual(judge(ASK, 5200, 10), ['ok', 10, 0, 0]);
});

test('order_size: a fat finger is cut to the largest order', () => {
  assert.deepEqual(judge(BID, 4800, 51), ['order_size', 50, 5100, 5000]);
  assert.equal(judge(BID, 4800, 50)[0], 'ok');
});

test('price_band: an order far to our disadvantage is refused, one to our advantage is not', () => {
  assert.deepEqual(judge(BID, 5501, 10), ['price_band', 0, 5501, 500]);
  assert.equal(judge(BID, 5500, 10)[0], 'ok');
  assert.equal(judge(BID, 100, 10)[0], 'ok');
  assert.deepEqual(judge(ASK, 4499, 10), ['price_band', 0, 4499, 500]);
  assert.equal(judge(ASK, 4500, 10)[0], 'ok');
  assert.equal(judge(ASK, 9900, 10)[0], 'ok');
  assert.equal(judge(BID, 9900, 10, { mid: Number.NaN })[0], 'ok', 'no band without a mid');
});

test('would_cross: neither touching nor passing the other side of the book', () => {
  assert.deepEqual(judge(BID, 5200, 10, { bookOpposite: price(5200) }), ['would_cross', 0, 5200, 5200]);
  assert.equal(judge(BID, 5300, 10, { bookOpposite: price(5200) })[0], 'would_cross');
  assert.equal(judge(BID, 5100, 10, { bookOpposite: price(5200) })[0], 'ok');
  assert.deepEqual(judge(ASK, 4800, 10, { bookOpposite: price(4800) }), ['would_cross', 0, 4800, 4800]);
  assert.equal(judge(ASK, 4900, 10, { bookOpposite: price(4800) })[0], 'ok');
});

test('self_cross: we never trade with ourselves', () => {
  assert.deepEqual(judge(BID, 5100, 10, { ownOpposite: price(5100) }), ['self_cross', 0, 5100, 5100]);
  assert.equal(judge(BID, 5000, 10, { ownOpposite: price(5100) })[0], 'ok');
  assert.deepEqual(judge(ASK, 4900, 10, { ownOpposite: price(4900) }), ['self_cross', 0, 4900, 4900]);
  assert.equal(judge(ASK, 5000, 10, { ownOpposite: price(4900) })[0], 'ok');
});

test('open_orders: in the market and over all, with the count that was too many', () => {
  assert.deepEqual(judge(BID, 4800, 10, { ordersInMarket: 8, ordersInAll: 8 }), ['open_orders', 0, 8, 8]);
  assert.deepEqual(judge(BID, 4800, 10, { ordersInMarket: 1, ordersInAll: 20 }), ['open_orders', 0, 20, 20]);
  assert.equal(judge(BID, 4800, 10, { ordersInMarket: 7, ordersInAll: 19 })[0], 'ok');
});

test('position_limit: held and open contracts count together; what fits may go', () => {
  assert.deepEqual(judge(BID, 4800, 10, { position: C(95) }), ['position_limit', 5, 10_500, 10_000]);
  assert.deepEqual(judge(BID, 4800, 10, { position: C(60), sideExposure: C(40) }), [
    'position_limit',
    0,
    11_000,
    10_000,
  ]);
  assert.deepEqual(judge(BID, 4800, 10, { position: C(120) }), ['position_limit', 0, 13_000, 10_000]);
  assert.deepEqual(judge(ASK, 5200, 10, { position: C(-95) }), ['position_limit', 5, 10_500, 10_000]);
  assert.equal(judge(ASK, 5200, 50, { position: C(120) })[0], 'ok', 'reducing is always within the limit');
  assert.equal(judge(BID, 4800, 50, { position: C(-120) })[0], 'ok');
});

test('capital_limit: only contracts that open need capital, YES at p, NO at one less p', () => {
  const used = USD(990);
  assert.deepEqual(judge(BID, 4800, 50, { capitalUsed: used }), ['capital_limit', 20.83, 1_014_000_000, 1_000_000_000]);
  assert.deepEqual(judge(ASK, 8000, 50, { capitalUsed: used }), ['ok', 50, 0, 0], '50 NO at 20 cents are $10');
  assert.equal(judge(ASK, 7900, 50, { capitalUsed: used })[0], 'capital_limit');
  assert.deepEqual(judge(ASK, 5000, 50, { capitalUsed: used, position: C(40) }), ['ok', 50, 0, 0], '40 close, 10 open');
  const [code, contracts] = judge(ASK, 5000, 50, { capitalUsed: used, position: C(40), sideExposure: C(30) });
  assert.deepEqual([code, contracts], ['capital_limit', 30], 'open asks already use up 30 of the 40');
});

test('capital used up beyond its limit still lets a position be reduced, and does not claim to have bound', () => {
  const broke = { capitalUsed: USD(1500) };
  assert.deepEqual(judge(ASK, 5200, 30, { ...broke, position: C(30) }), ['ok', 30, 0, 0]);
  assert.deepEqual(judge(ASK, 5200, 60, { ...broke, position: C(30) }).slice(0, 2), ['capital_limit', 30]);
  assert.deepEqual(judge(BID, 4800, 10, broke).slice(0, 2), ['capital_limit', 0]);
  assert.equal(
    judge(BID, 4800, 10, { ...broke, position: C(100) })[0],
    'position_limit',
    'the limit that bound is named',
  );
});

test('collateral: p for YES, one less p for NO', () => {
  assert.equal(collateral(BID, price(4700), C(10)), 4_700_000);
  assert.equal(collateral(ASK, price(4700), C(10)), 5_300_000);
});

const anyContext: fc.Arbitrary<RiskContext> = fc.record({
  position: fc.integer({ min: -15_000, max: 15_000 }).map(count),
  sideExposure: fc.integer({ min: 0, max: 12_000 }).map(count),
  ownOpposite: fc.constantFrom(NONE, price(4000), price(5000), price(6000)),
  bookOpposite: fc.constantFrom(NONE, price(4000), price(5000), price(6000)),
  mid: fc.constantFrom(Number.NaN, 4000, 5050.5, 6000),
  ordersInMarket: fc.integer({ min: 0, max: 9 }),
  ordersInAll: fc.integer({ min: 0, max: 21 }),
  capitalUsed: fc.integer({ min: 0, max: 1_200_000_000 }).map(money),
});

test('whatever the state: what is let through breaks no limit, and a cut is never larger than asked', () => {
  const codes = new Map<string, number>();
  fc.assert(
    fc.property(
      anyContext,
      fc.constantFrom<Side>(BID, ASK),
      fc.integer({ min: 35, max: 65 }).map((c) => price(c * 100)),
      fc.integer({ min: 1, max: 9000 }).map(count),
      (context, side, at, asked) => {
        const verdict = new RiskVerdict();
        checkOrder(LIMITS, context, side, at, asked, verdict);
        codes.set(verdict.code, (codes.get(verdict.code) ?? 0) + 1);
        assert.ok(verdict.count >= 0 && verdict.count <= asked && Number.isSafeInteger(verdict.count));
        assert.equal(verdict.code === 'ok', verdict.count === asked, 'ok means all of it, any other code names a cut');
        if (verdict.count === 0) return;
        const sign = side === BID ? 1 : -1;
        assert.ok(verdict.count <= LIMITS.maxOrderCount);
        assert.ok(sign * context.position + context.sideExposure + verdict.count <= LIMITS.maxPosition);
        const closes = Math.max(0, -sign * context.position - context.sideExposure);
        const opens = Math.max(0, verdict.count - closes) as Count;
        if (opens > 0) assert.ok(context.capitalUsed + collateral(side, at, opens) <= LIMITS.maxCapital);
        for (const other of [context.bookOpposite, context.ownOpposite])
          if (other !== 0) assert.ok(sign * (other - at) > 0);
        assert.ok(context.ordersInMarket < LIMITS.maxOrdersPerMarket && context.ordersInAll < LIMITS.maxOrders);
        if (!Number.isNaN(context.mid)) assert.ok(sign * (at - context.mid) <= LIMITS.priceBand);
      },
    ),
    { seed: 61, numRuns: 8000 },
  );
  const all = [
    'capital_limit',
    'ok',
    'open_orders',
    'order_size',
    'position_limit',
    'price_band',
    'self_cross',
    'would_cross',
  ];
  assert.deepEqual([...codes.keys()].sort(), all, 'every check was met');
});
