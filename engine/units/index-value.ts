import { formatDecimal, parseDecimal } from './decimal.ts';

declare const indexValueBrand: unique symbol;

/** The value of a reference index (a crypto price, a rate) as an integer of 1e-8 dollars, signed. Exact to 2^53. */
export type IndexValue = number & { readonly [indexValueBrand]: 'IndexValue' };

/** Parse a wire value such as `"68000.12000000"` (at most eight decimals). @throws UnitError */
export function parseIndexValue(text: string): IndexValue {
  return parseDecimal(text, 8, 'index value') as IndexValue;
}

/** Write a value with eight decimals, `"68000.12000000"`. */
export function formatIndexValue(value: IndexValue): string {
  return formatDecimal(value, 8);
}
