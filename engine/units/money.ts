import type { Count } from './count.ts';
import { formatDecimal, parseDecimal } from './decimal.ts';
import { UnitError } from './error.ts';
import type { Price } from './price.ts';

declare const moneyBrand: unique symbol;

/** Money as an integer of 1e-6 dollars (micro-dollars), signed. `Price` x `Count` is `Money` exactly. */
export type Money = number & { readonly [moneyBrand]: 'Money' };

/** One dollar. */
export const DOLLAR = 1_000_000 as Money;

/** No money. */
export const NO_MONEY = 0 as Money;

/** Check that `value` is a safe integer of micro-dollars. @throws UnitError `bad_money` */
export function money(value: number): Money {
  if (!Number.isSafeInteger(value)) {
    throw new UnitError('bad_money', `amount ${value} is not a whole number of 1e-6 dollars`);
  }
  return value as Money;
}

/** What `count` contracts cost at `price`: 1e-4 dollars x 1e-2 contracts = 1e-6 dollars, no rounding. */
export function notional(price: Price, count: Count): Money {
  return money(price * count);
}

/** Parse a wire amount such as `"98.0186"` (dollars, at most six decimals, signed). @throws UnitError */
export function parseMoney(text: string): Money {
  return parseDecimal(text, 6, 'amount') as Money;
}

/** Write an amount in dollars with six decimals, `"0.017500"`. */
export function formatMoney(value: Money): string {
  return formatDecimal(value, 6);
}

/** Write an amount for people: dollars rounded half away from zero to `decimals`, sign always shown when negative. */
export function formatDollars(value: Money, decimals = 2): string {
  const step = 10 ** (6 - decimals);
  const rounded = Math.round(Math.abs(value) / step);
  const text = formatDecimal(rounded, decimals);
  return value < 0 && rounded !== 0 ? `-$${text}` : `$${text}`;
}
