import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FeeSchedule, feeSchedule, fillFee, roundFee, tradeFee } from '../../engine/market/index.ts';
import {
  ASK,
  BID,
  count,
  formatMoney,
  type Money,
  parseCount,
  parsePrice,
  price,
  type Side,
} from '../../engine/units/index.ts';

const DIRECT = 100;
const BROKER = 10_000;

function net(schedule: FeeSchedule, contracts: string, at: string, isTaker: boolean): string {
  return formatMoney(fillFee(schedule, BID, parsePrice(at), parseCount(contracts), isTaker, { carried: 0 }));
}

test('net fee of single buys, direct member and broker account, to the last digit', () => {
  const rows: [string, string, string, boolean, string, string][] = [
    ['quadratic', '100.00', '0.50', true, '1.750000', '1.750000'],
    ['quadratic', '1.00', '0.50', true, '0.017500', '0.020000'],
    ['quadratic', '100.00', '0.10', true, '0.630000', '0.630000'],
    ['quadratic_with_maker_fees', '100.00', '0.50', false, '0.437500', '0.440000'],
    ['quadratic_with_combo_maker_fees', '100.00', '0.50', false, '0.875000', '0.880000'],
    ['quadratic', '1.00', '0.055', true, '0.003700', '0.005000'],
    ['quadratic_with_maker_fees', '10.00', '0.035', false, '0.006000', '0.010000'],
    // A fill recorded on the demo exchange: fee_cost 0.017500.
    ['quadratic', '1.00', '0.52', true, '0.017500', '0.020000'],
  ];
  for (const [type, contracts, at, isTaker, direct, broker] of rows) {
    const what = `${type} ${contracts} @ ${at}`;
    assert.equal(net(feeSchedule(type, '1', DIRECT), contracts, at, isTaker), direct, `${what} direct`);
    assert.equal(net(feeSchedule(type, '1', BROKER), contracts, at, isTaker), broker, `${what} broker`);
  }
});

test('three small fills of one order: the rounding is collected and given back', () => {
  const fills = (precision: number): string[] => {
    const order = { carried: 0 };
    const schedule = feeSchedule('quadratic', '1', precision);
    return [1, 2, 3].map(() =>
      formatMoney(fillFee(schedule, BID, parsePrice('0.3301'), parseCount('0.03'), true, order)),
    );
  };
  assert.deepEqual(fills(DIRECT), ['0.000497', '0.000497', '0.000497']);
  assert.deepEqual(fills(BROKER), ['0.010097', '0.000097', '0.000097']);
});

test('the exchange`s rounding examples: fees and balance changes fill by fill', () => {
  const examples: [revenue: number, fee: number, nets: number[]][] = [
    [-55_000, 8_500, [15_000, 5_000, 15_000]],
    [-150_000, 4_100, [10_000, 0, 10_000]],
    [-9_903, 500, [10_097, 97, 97]],
  ];
  for (const [revenue, fee, nets] of examples) {
    const order = { carried: 0 };
    assert.deepEqual(
      nets.map(() => roundFee(revenue, fee, BROKER, order)),
      nets,
    );
  }
});

test('a rounding that adds up to exactly one step is given back too', () => {
  const order = { carried: 0 };
  assert.equal(roundFee(-150_000, 5_000, BROKER, order), 10_000);
  assert.equal(roundFee(-150_000, 5_000, BROKER, order), 0);
  assert.equal(order.carried, 0);
});

test('trade fees rounded up to the hundredth of a cent and to the cent', () => {
  const rows: [string, string, number, number, number, number][] = [
    ['0.50', '1.00', 175, 2, 44, 1],
    ['0.50', '100.00', 17_500, 175, 4_375, 44],
    ['0.25', '100.00', 13_125, 132, 3_282, 33],
    ['0.10', '100.00', 6_300, 63, 1_575, 16],
    ['0.05', '10.00', 333, 4, 84, 1],
    ['0.01', '100.00', 693, 7, 174, 2],
  ];
  const schedule = feeSchedule('quadratic_with_maker_fees', '1', DIRECT);
  for (const [at, contracts, takerCc, takerCents, makerCc, makerCents] of rows) {
    const taker = tradeFee(schedule, parsePrice(at), parseCount(contracts), true);
    const maker = tradeFee(schedule, parsePrice(at), parseCount(contracts), false);
    const what = `${contracts} @ ${at}`;
    assert.deepEqual([Math.ceil(taker / 100), Math.ceil(taker / 10_000)], [takerCc, takerCents], `${what} taker`);
    assert.deepEqual([Math.ceil(maker / 100), Math.ceil(maker / 10_000)], [makerCc, makerCents], `${what} maker`);
  }
});

test('roles by fee type: makers pay nothing on most series; an unknown type is charged like maker-fee series', () => {
  const rates = (type: string, multiplier = '1'): number[] => {
    const s = feeSchedule(type, multiplier, DIRECT);
    return [s.takerRateNano, s.makerRateNano];
  };
  assert.deepEqual(rates('quadratic'), [70_000_000, 0]);
  assert.deepEqual(rates('quadratic_with_maker_fees'), [70_000_000, 17_500_000]);
  assert.deepEqual(rates('quadratic_with_combo_maker_fees'), [70_000_000, 35_000_000]);
  assert.deepEqual(rates('flat'), [35_000_000, 17_500_000]);
  assert.deepEqual(rates('something_new'), [70_000_000, 17_500_000]);
  assert.deepEqual(rates('quadratic_with_maker_fees', '0.5'), [35_000_000, 8_750_000]);
  assert.deepEqual(rates('quadratic', '0'), [0, 0]);
});

test('a multiplier that is missing or mistyped is refused, not read as free trading', () => {
  for (const m of ['', ' ', 'x', '-1', '-0.5', '101', 'NaN', 'Infinity', '1e1', '0x1', '1,5', ' 1', '.5']) {
    assert.throws(() => feeSchedule('quadratic', m, DIRECT), { code: 'bad_fee' }, JSON.stringify(m));
  }
  for (const precision of [0, 1, 1000, Number.NaN]) {
    assert.throws(() => feeSchedule('quadratic', '1', precision), { code: 'bad_fee' });
  }
});

const schedule = fc
  .record({
    type: fc.constantFrom('quadratic', 'quadratic_with_maker_fees', 'quadratic_with_combo_maker_fees', 'flat'),
    multiplier: fc.constantFrom('1', '0.5', '2', '0.125', '0'),
    precision: fc.constantFrom(DIRECT, BROKER),
  })
  .map((s) => feeSchedule(s.type, s.multiplier, s.precision));
const side = fc.constantFrom<Side>(BID, ASK);
const anyPrice = fc.integer({ min: 1, max: 9999 }).map(price);
const anyCount = fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 2_000_000_000 })).map(count);

test('the trade fee is the exact fee rounded up to the micro-dollar, symmetric in YES and NO', () => {
  fc.assert(
    fc.property(schedule, anyPrice, anyCount, fc.boolean(), (s, p, c, isTaker) => {
      const fee = tradeFee(s, p, c, isTaker);
      const exact = BigInt(c) * BigInt(p) * BigInt(10_000 - p) * BigInt(isTaker ? s.takerRateNano : s.makerRateNano);
      const unit = 10n ** 13n;
      assert.ok(BigInt(fee) * unit >= exact && (BigInt(fee) - 1n) * unit < exact);
      assert.equal(tradeFee(s, price(10_000 - p), c, isTaker), fee);
    }),
    { seed: 3, numRuns: 2000 },
  );
});

test('no fill is ever charged a negative fee, every balance change is whole steps, and no rounding is lost', () => {
  const fills = fc.array(fc.record({ side, p: anyPrice, c: anyCount, isTaker: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(schedule, fills, (s, list) => {
      const order = { carried: 0 };
      let charged = 0;
      let owed = 0;
      for (const f of list) {
        const fee = fillFee(s, f.side, f.p, f.c, f.isTaker, order);
        assert.ok(fee >= 0 && Number.isSafeInteger(fee));
        assert.ok(order.carried >= 0);
        const change = (f.side === BID ? -1 : 1) * f.p * f.c - fee;
        assert.equal(Math.abs(change % s.precision), 0, 'the balance moves in whole steps');
        charged += fee;
        owed += tradeFee(s, f.p, f.c, f.isTaker);
      }
      assert.equal(charged, owed + order.carried, 'what was charged is the trade fees and what is still carried');
    }),
    { seed: 4, numRuns: 1500 },
  );
});

test('an order filled in pieces of whole contracts costs what one fill costs, within one step', () => {
  const parts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40, size: 'max' });
  fc.assert(
    fc.property(
      schedule,
      side,
      fc.integer({ min: 1, max: 99 }),
      parts,
      fc.boolean(),
      (s, sd, cents, sizes, isTaker) => {
        const p = price(cents * 100);
        const order = { carried: 0 };
        let split = 0;
        for (const n of sizes) split += fillFee(s, sd, p, count(n * 100), isTaker, order);
        const whole = sizes.reduce((a, b) => a + b, 0) * 100;
        const single: Money = fillFee(s, sd, p, count(whole), isTaker, { carried: 0 });
        assert.ok(Math.abs(split - single) <= s.precision, `${split} in ${sizes.length} pieces, ${single} in one`);
        assert.ok(order.carried < s.precision, 'less than a step stays with the exchange');
      },
    ),
    { seed: 6, numRuns: 1500 },
  );
});
