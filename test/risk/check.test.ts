import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CONSTRAINTS,
  checkOrder,
  collateral,
  collateralEach,
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

const C = (contracts: number): Count => count(contracts * 100);
const USD = (dollars: number): Money => money(Math.round(dollars * DOLLAR));

const LIMITS: RiskLimits = {
  maxPosition: C(100),
  maxOrderCount: C(50),
  maxOrderValue: USD(30),
  maxOrdersPerMarket: 8,
  maxOrders: 20,
  maxRestingPerMarket: C(150),
  maxCapital: USD(1000),
  priceBand: 500,
  maxMarketRisk: USD(60),
  maxEquityShare: 0.2,
  event: { maxRisk: USD(90), maxContracts: C(200) },
  series: { maxRisk: USD(150), maxContracts: C(300) },
  strategy: { maxRisk: USD(180), maxContracts: C(350) },
  total: { maxRisk: USD(200), maxContracts: C(400) },
  cashReserve: USD(10),
  maxTradesPerDay: 50,
  duplicateMs: 500,
};

test('an order within every limit goes, whatever the last verdict was', () => {
  const verdict = new RiskVerdict();
  verdict.set(123, 'self_cross', 1, 2);
  for (const [side, at] of [[BID, 4800] as const, [ASK, 5200] as const]) {
    const context = new RiskContext();
    context.mid = 5000;
    context.take(side, price(at), C(10));
    checkOrder(new MarketLimits(LIMITS), context, verdict);
    assert.deepEqual([verdict.code, verdict.count, verdict.value, verdict.limit], ['ok', C(10), 0, 0]);
  }
});

test('collateral: p for YES, one less p for NO', () => {
  assert.equal(collateral(BID, price(4700), C(10)), 4_700_000);
  assert.equal(collateral(ASK, price(4700), C(10)), 5_300_000);
});

test('an override counts for its market, event or series alone', () => {
  const limits: RiskLimits = {
    ...LIMITS,
    overrides: {
      markets: { M: { maxPosition: C(7), maxMarketRisk: USD(3) } },
      events: { E: { maxRisk: USD(5) } },
      series: { S: { maxContracts: C(9) } },
    },
  };
  const own = new MarketLimits(limits, 'M', 'E', 'S');
  assert.deepEqual([own.position, own.marketRisk, own.orderCount], [C(7), USD(3), C(50)]);
  assert.deepEqual([own.eventRisk, own.eventContracts], [USD(5), C(200)]);
  assert.deepEqual([own.seriesRisk, own.seriesContracts], [USD(150), C(9)]);
  assert.deepEqual(new MarketLimits(limits, 'N', 'F', 'T'), new MarketLimits(LIMITS));
});

test('what is not limited is not refused', () => {
  const { maxPosition, maxOrderCount, maxOrdersPerMarket, maxOrders, maxCapital, priceBand } = LIMITS;
  const few = { maxPosition, maxOrderCount, maxOrdersPerMarket, maxOrders, maxCapital, priceBand };
  const context = new RiskContext();
  Object.assign(context, { available: -5, equity: -5, eventWorst: -1e12, marketWorst: -1e12, tradesInDay: 1e6 });
  context.take(BID, price(4800), C(10));
  const verdict = new RiskVerdict();
  checkOrder(new MarketLimits(few), context, verdict);
  assert.equal(verdict.code, 'ok');
});

const dollars = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: least, max: most }).map((cents) => cents * 10_000);

const anyContext = fc.record({
  held: fc.integer({ min: -15_000, max: 15_000 }),
  sideExposure: fc.integer({ min: 0, max: 12_000 }),
  resting: fc.integer({ min: 0, max: 16_000 }),
  killLevel: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
  isOnGrid: fc.integer({ min: 0, max: 30 }).map((n) => n > 0),
  ownOpposite: fc.constantFrom(0, 4000, 5000, 6000),
  bookOpposite: fc.constantFrom(0, 4000, 5000, 6000),
  mid: fc.constantFrom(Number.NaN, 4000, 5050.5, 6000),
  ordersInMarket: fc.integer({ min: 0, max: 9 }),
  ordersInAll: fc.integer({ min: 0, max: 21 }),
  sameSentMs: fc.constantFrom(499, 500, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  rateWaitMs: fc.constantFrom(0, 0, 0, 0, 3),
  tradesInDay: fc.integer({ min: 0, max: 51 }),
  marketWorst: dollars(-6500, 4000),
  eventWorst: dollars(-9500, 8000),
  besidesEvent: dollars(0, 2000),
  besidesSeries: dollars(0, 15_500),
  besidesStrategy: dollars(0, 18_500),
  besidesTotal: dollars(0, 20_500),
  othersEvent: fc.integer({ min: 0, max: 20_000 }),
  othersSeries: fc.integer({ min: 0, max: 30_000 }),
  othersStrategy: fc.integer({ min: 0, max: 35_000 }),
  othersTotal: fc.integer({ min: 0, max: 40_000 }),
  capitalUsed: dollars(0, 102_000),
  available: dollars(-1000, 10_000),
  feeEach: fc.constantFrom(0, 44),
  equity: fc.constantFrom(Number.POSITIVE_INFINITY, USD(100), USD(250)),
});

test('whatever the state: what is let through breaks no limit, and a cut is never larger than asked', () => {
  const limits = new MarketLimits(LIMITS);
  const codes = new Set<string>();
  let passed = 0;
  fc.assert(
    fc.property(
      anyContext,
      fc.constantFrom<Side>(BID, ASK),
      fc.integer({ min: 35, max: 65 }).map((c) => price(c * 100)),
      fc.integer({ min: 1, max: 9000 }).map(count),
      fc.constantFrom<readonly [number, number]>([0, 0], [0, 0], [4500, 700], [5500, 2000]),
      (state, side, at, asked, [movedPrice, movedCount]) => {
        const c = new RiskContext();
        Object.assign(c, state);
        c.take(side, at, asked, movedPrice as Price, movedCount);
        const verdict = new RiskVerdict();
        checkOrder(limits, c, verdict);
        codes.add(verdict.code);
        const n = verdict.count;
        assert.ok(n >= 0 && n <= asked && Number.isSafeInteger(n));
        assert.equal(verdict.code === 'ok', n === asked, 'ok means all of it, any other code names a cut');
        if (asked % 100 === 0) assert.equal(n % 100, 0, 'whole contracts stay whole');
        if (n === 0) return;
        passed++;
        const sign = side === BID ? 1 : -1;
        assert.ok(c.isOnGrid && c.killLevel < 2 && n <= C(50) && c.sameSentMs >= 500 && c.rateWaitMs === 0);
        for (const other of [c.bookOpposite, c.ownOpposite]) if (other !== 0) assert.ok(sign * (other - at) > 0);
        if (!Number.isNaN(c.mid)) assert.ok(sign * (at - c.mid) <= 500);
        assert.ok(c.ordersInMarket < 8 && c.ordersInAll < 20 && c.resting + n <= C(150));
        const each = Math.max(collateralEach(side, at), movedCount > 0 ? collateralEach(side, movedPrice as Price) : 0);
        assert.ok(each * n <= USD(30));
        // What only closes a position passes the rest.
        const closes = Math.max(0, -c.held - c.sideExposure);
        if (n <= closes) return;
        assert.equal(c.killLevel, 0);
        const most = each * Math.max(n, movedCount);
        const adds = (worst: number, allowed: number): void =>
          assert.ok(Math.max(0, most - worst) <= Math.max(0, allowed), `${most} ${worst} ${allowed}`);
        adds(c.marketWorst, Math.min(USD(60), 0.2 * c.equity));
        adds(c.eventWorst, USD(90) - c.besidesEvent);
        adds(c.eventWorst, USD(150) - c.besidesSeries);
        adds(c.eventWorst, USD(180) - c.besidesStrategy);
        adds(c.eventWorst, USD(200) - c.besidesTotal);
        const held = c.held + c.sideExposure + n;
        assert.ok(held <= C(100) && c.othersEvent + held <= C(200) && c.othersSeries + held <= C(300));
        assert.ok(c.othersStrategy + held <= C(350) && c.othersTotal + held <= C(400));
        assert.ok(c.capitalUsed + each * (n - closes) <= USD(1000));
        assert.ok(c.available - (each + c.feeEach) * (n - closes) >= USD(10) && c.tradesInDay < 50);
      },
    ),
    { seed: 61, numRuns: 20_000 },
  );
  assert.ok(passed > 400, `${passed} orders were let through`);
  const all = ['ok', ...CONSTRAINTS.map((rule) => rule.name)].sort();
  assert.deepEqual([...codes].sort(), all, 'every check was met');
});
