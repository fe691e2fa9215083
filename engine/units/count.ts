import { formatDecimal, parseDecimal } from './decimal.ts';
import { UnitError } from './error.ts';

declare const countBrand: unique symbol;

/**
 * A number of contracts as an integer of 1e-2 contract. Signed where it is a change or a position (negative = NO),
 * otherwise >= 0. Exact up to 2^53, i.e. 9e13 contracts.
 */
export type Count = number & { readonly [countBrand]: 'Count' };

/** One whole contract. */
export const ONE_CONTRACT = 100 as Count;

/** Check that `value` is a safe integer. @throws UnitError `bad_count` */
export function count(value: number): Count {
  if (!Number.isSafeInteger(value)) {
    throw new UnitError('bad_count', `count ${value} is not a whole number of 1e-2 contracts`);
  }
  return value as Count;
}

/** Parse a wire count such as `"10.00"` or `"-54.00"` (contracts, two decimals, signed). @throws UnitError */
export function parseCount(text: string): Count {
  return parseDecimal(text, 2, 'count') as Count;
}

/** Write a count as the wire wants it: contracts with two decimals, `"10.00"`. */
export function formatCount(value: Count): string {
  return formatDecimal(value, 2);
}

/** A count from the old wire's whole contracts. @throws UnitError `bad_count` */
export function countFromContracts(contracts: number): Count {
  if (!Number.isSafeInteger(contracts)) throw new UnitError('bad_count', `count ${contracts} is not whole contracts`);
  return count(contracts * 100);
}
