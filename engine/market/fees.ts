import { type Count, type Money, ONE_DOLLAR, type Price, type Side, sideSign, UnitError } from '../units/index.ts';

/** How fills of a market are charged: rates in 1e-9 of contracts x price x (1 - price) dollars. */
export interface FeeSchedule {
  /** Multiplier x role factor x 0.07 for whoever takes liquidity. */
  readonly takerRateNano: number;
  /** The same for the maker; 0 on most series. */
  readonly makerRateNano: number;
  /** Balance precision in micro-dollars: 100 for direct members ($0.0001), 10,000 for broker accounts ($0.01). */
  readonly precision: number;
}

/** Rounding carried from fill to fill of one order, micro-dollars. Maker and taker fills of the order share it. */
export interface FeeAccumulator {
  carried: number;
}

const BASE_RATE_NANO = 70_000_000;

/** Role factors by the exchange's fee types, in 1/4: taker, maker. An unknown type is charged like maker-fee series. */
const FACTORS: Readonly<Record<string, readonly [number, number]>> = {
  quadratic: [4, 0],
  quadratic_with_maker_fees: [4, 1],
  quadratic_with_combo_maker_fees: [4, 2],
  flat: [2, 1],
};

/**
 * The schedule of a series.
 * @param multiplier decimal text, at most three decimals significant (`"1"`, `"0.5"`)
 * @throws UnitError `bad_fee` for a multiplier that is negative or not a number
 */
export function feeSchedule(feeType: string, multiplier: string, precision: number): FeeSchedule {
  const m = Number(multiplier);
  // Number('') is 0: a missing multiplier must not make trading look free.
  if (!/^\d+(\.\d+)?$/.test(multiplier) || m > 100)
    throw new UnitError('bad_fee', `fee multiplier ${multiplier} is not in 0..100`);
  if (precision !== 100 && precision !== 10_000) {
    throw new UnitError('bad_fee', `fee precision ${precision} is neither 100 nor 10000 micro-dollars`);
  }
  const [taker, maker] = FACTORS[feeType] ?? [4, 1];
  const rate = (quarters: number): number => Math.round((BASE_RATE_NANO * m * quarters) / 4);
  return { takerRateNano: rate(taker), makerRateNano: rate(maker), precision };
}

/** The trade fee before balance rounding: rate x C x P x (1 - P), rounded up to the micro-dollar. */
export function tradeFee(schedule: FeeSchedule, price: Price, count: Count, isTaker: boolean): Money {
  const rateNano = isTaker ? schedule.takerRateNano : schedule.makerRateNano;
  if (rateNano === 0) return 0 as Money;
  // 1e-2 contract x 1e-4 $ x 1e-4 x 1e-9 = 1e-19 $; a micro-dollar is 1e13 of those.
  const exact = BigInt(count) * BigInt(price * (ONE_DOLLAR - price)) * BigInt(rateNano);
  return Number((exact + 9_999_999_999_999n) / 10_000_000_000_000n) as Money;
}

/**
 * The fee the exchange takes for one fill, and the order's accumulator moved on. The balance change is floored to the
 * account's precision; what that costs beyond the trade fee is collected per order and given back in whole steps.
 */
export function fillFee(
  schedule: FeeSchedule,
  side: Side,
  price: Price,
  count: Count,
  isTaker: boolean,
  accumulator: FeeAccumulator,
): Money {
  const revenue = -sideSign(side) * price * count;
  return roundFee(revenue, tradeFee(schedule, price, count, isTaker), schedule.precision, accumulator);
}

/** The rounding step alone: `revenue` signed (a buyer's is negative), all in micro-dollars. */
export function roundFee(revenue: number, fee: number, precision: number, accumulator: FeeAccumulator): Money {
  const raw = revenue - fee;
  const aligned = Math.floor(raw / precision) * precision;
  const rounding = raw - aligned;
  accumulator.carried += rounding;
  const steps = Math.floor(accumulator.carried / precision);
  const affordable = Math.floor((fee + rounding) / precision);
  const rebate = Math.min(steps, affordable) * precision;
  accumulator.carried -= rebate;
  return (fee + rounding - rebate) as Money;
}
