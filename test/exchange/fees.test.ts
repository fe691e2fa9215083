import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CENTI_CENT } from '../../engine/market/index.ts';
import { ASK, BID, type TimeUs } from '../../engine/units/index.ts';
import { Bench, type BenchOptions, START_US } from './support/bench.ts';
import { type Json, Venue } from './support/venue.ts';

const BROKER = 10_000;
const DIRECT = 100;

/** Fees of `fills` fills of this size, in micro-dollars, all of one order that takes, or of one that rests. */
function charged(c: number, contracts: number, isTaker: boolean, fills: number, options: BenchOptions): number[] {
  const t = new Bench({ grid: CENTI_CENT, ...options }).fund('a').fund('b');
  const total = Math.round(contracts * fills * 100) / 100;
  if (isTaker) for (let i = 0; i < fills; i++) t.place('b', ASK, c, contracts);
  t.place('a', BID, c, total);
  if (!isTaker) for (let i = 0; i < fills; i++) t.place('b', ASK, c, contracts);
  return t.fills.filter((f) => f.userId === 'a').map((f) => f.fee);
}

/** The table of API 7 and the vectors of the paper's section 2.9: price, contracts, taker?, fills, direct, broker. */
const QUADRATIC = 'quadratic';
const MAKER = 'quadratic_with_maker_fees';
const COMBO = 'quadratic_with_combo_maker_fees';
const vectors: [string, number, number, boolean, number, number[], number[]][] = [
  [QUADRATIC, 50, 100, true, 1, [1_750_000], [1_750_000]],
  [QUADRATIC, 50, 1, true, 1, [17_500], [20_000]],
  [QUADRATIC, 10, 100, true, 1, [630_000], [630_000]],
  [QUADRATIC, 25, 100, true, 1, [1_312_500], [1_320_000]],
  [QUADRATIC, 1, 100, true, 1, [69_300], [70_000]],
  [QUADRATIC, 52, 1, true, 1, [17_500], [20_000]],
  [QUADRATIC, 50, 100, false, 1, [0], [0]],
  [MAKER, 50, 100, false, 1, [437_500], [440_000]],
  [MAKER, 10, 100, false, 1, [157_500], [160_000]],
  [MAKER, 50, 1, false, 1, [4400], [10_000]],
  [COMBO, 50, 100, false, 1, [875_000], [880_000]],
  [QUADRATIC, 5.5, 1, true, 1, [3700], [5000]],
  [QUADRATIC, 33.01, 0.03, true, 3, [497, 497, 497], [10_097, 97, 97]],
  [MAKER, 3.5, 10, false, 1, [6000], [10_000]],
];

describe('fees through the matching engine', () => {
  for (const [feeType, c, contracts, isTaker, fills, direct, broker] of vectors) {
    test(`${feeType}, ${isTaker ? 'taker' : 'maker'} of ${fills} x ${contracts} at ${c}c`, () => {
      for (const [precision, wanted] of [
        [DIRECT, direct],
        [BROKER, broker],
      ] as const)
        assert.deepEqual(charged(c, contracts, isTaker, fills, { feeType, precision }), wanted, `${precision}`);
    });
  }

  test('the accumulator spans what an order takes and what it makes, loses nothing, and keeps balances whole', () => {
    const withoutRounding = [DIRECT, BROKER].map((precision) => {
      const t = new Bench({ grid: CENTI_CENT, feeType: MAKER, precision }).fund('a').fund('b');
      t.place('b', ASK, 33.01, 0.03);
      const order = t.place('a', BID, 33.01, 3);
      for (let i = 0; i < 30; i++) t.place('b', ASK, 33.01, 0.07);
      const fees = t.fills.filter((f) => f.userId === 'a').map((f) => f.fee);
      assert.ok(fees.every((fee) => fee >= 0));
      for (const user of ['a', 'b']) assert.equal(Math.round(t.cash(user) * 1e6) % precision, 0);
      return fees.reduce((sum, fee) => sum + fee, 0) - order.feeCarry.carried;
    });
    // One fill of 0.03 that took, thirty of 0.07 that made, each rounded up to the micro-dollar.
    const exact =
      Math.ceil(0.07 * 0.3301 * 0.6699 * 0.03 * 1e6) + 30 * Math.ceil(0.0175 * 0.3301 * 0.6699 * 0.07 * 1e6);
    assert.deepEqual(withoutRounding, [exact, exact]);
  });
});

describe('fees that change', () => {
  const change = (t: Bench, more: object): void =>
    t.exchange.fees.schedule({
      id: String(t.exchange.newId()),
      scope: 'event',
      ticker: 'M-EVENT',
      feeType: null,
      multiplier: null,
      time: t.timeUs as TimeUs,
      ...more,
    });
  const feeNow = (t: Bench): number => {
    t.background(ASK, 50, 1);
    t.place('a', BID, 50, 1);
    return t.fills.at(-1)!.fee;
  };

  test('by series and by event at their time, the event before the series, and back', () => {
    const t = new Bench().fund('a');
    t.told();
    assert.equal(feeNow(t), 17_500);
    change(t, { multiplier: '0.5', time: t.timeUs + 60_000_000 });
    change(t, { scope: 'series', ticker: 'SERIES', feeType: QUADRATIC, multiplier: '2' });
    assert.equal(feeNow(t), 35_000);
    t.pass(59_999_999);
    assert.equal(feeNow(t), 35_000);
    assert.deepEqual(t.told(), [], 'a series has no message');
    t.pass(1);
    assert.equal(feeNow(t), 8800);
    assert.deepEqual(t.lifecycle.splice(0), [
      {
        type: 'event_fee_update',
        msg: { event_ticker: 'M-EVENT', fee_type_override: null, fee_multiplier_override: 0.5 },
      },
    ]);
    change(t, { feeType: 'flat' });
    assert.equal(feeNow(t), 17_500, 'half the rate of the type, twice by the series');
    change(t, {});
    assert.equal(feeNow(t), 35_000);
    assert.deepEqual(t.lifecycle.at(-1)!.msg, {
      event_ticker: 'M-EVENT',
      fee_type_override: null,
      fee_multiplier_override: null,
    });
    assert.throws(() => change(t, { multiplier: '-1' }), /fee multiplier -1/);
  });

  test('cover markets that are listed later', () => {
    const t = new Bench().fund('a');
    change(t, { scope: 'series', ticker: 'SERIES', multiplier: '3' });
    t.exchange.tick();
    t.list('N');
    assert.equal(t.market('N').listing.feeMultiplier, '3');
  });

  test('and those to come are listed', async (t) => {
    const { a, bench } = await Venue.open(t);
    change(bench, { multiplier: '0.5', time: bench.timeUs + 60_000_000 });
    change(bench, { scope: 'series', ticker: 'SERIES', feeType: MAKER, multiplier: '1' });
    change(bench, { scope: 'series', ticker: 'SERIES', feeType: QUADRATIC, multiplier: '1', time: bench.timeUs + 5e6 });
    bench.pass(1_000_000);
    bench.exchange.tick();
    const series = async (query: string): Promise<unknown[]> => {
      const { series_fee_change_arr: all } = (await a.get(`/series/fee_changes${query}`)).body;
      return (all as Json[]).map((c) => [c['series_ticker'], c['fee_type'], c['fee_multiplier']]);
    };
    assert.deepEqual(await series(''), [['SERIES', QUADRATIC, 1]]);
    assert.equal((await series('?show_historical=true')).length, 2);
    assert.equal((await series('?series_ticker=OTHER')).length, 0);
    const { event_fee_changes } = (await a.get('/events/fee_changes?event_ticker=M-EVENT')).body;
    assert.deepEqual(
      (event_fee_changes as Json[]).map(({ id: _, scheduled_ts, ...rest }) => [rest, Date.parse(String(scheduled_ts))]),
      [
        [
          {
            event_ticker: 'M-EVENT',
            series_ticker: 'SERIES',
            fee_type_override: null,
            fee_multiplier_override: 0.5,
          },
          START_US / 1000 + 60_000,
        ],
      ],
    );
    assert.equal(((await a.get('/series/SERIES')).body['series'] as Json)['fee_type'], MAKER);
  });

  test('a waived market charges nothing until the waiver ends', async (t) => {
    const until = (START_US + 60_000_000) as TimeUs;
    const { a, bench } = await Venue.open(t, { listing: { feeWaiverUntil: until } });
    assert.equal(feeNow(bench), 0);
    const { market } = (await a.get('/markets/M')).body as { market: Json };
    assert.equal(Date.parse(String(market['fee_waiver_expiration_time'])), until / 1000);
    bench.pass(60_000_000);
    assert.equal(feeNow(bench), 17_500);
  });
});
