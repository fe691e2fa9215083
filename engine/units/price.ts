import { formatDecimal, parseDecimal } from './decimal.ts';
import { UnitError } from './error.ts';

declare const priceBrand: unique symbol;

/**
 * A price in YES space: an integer number of 1e-4 dollars, 0 to 10,000. YES at 0.5600 is 5600; a NO price `q` is the
 * YES price `10,000 - q`. Valid order prices lie strictly inside (0, 10,000) and on the market's grid.
 */
export type Price = number & { readonly [priceBrand]: 'Price' };

/** One dollar, the payoff of a winning contract: YES + NO = 10,000. */
export const ONE_DOLLAR = 10_000 as Price;

/** Check that `value` is an integer in [0, 10,000]. @throws UnitError `bad_price` */
export function price(value: number): Price {
  if (!Number.isInteger(value) || value < 0 || value > ONE_DOLLAR) {
    throw new UnitError('bad_price', `price ${value} is not a whole number of 1e-4 dollars between 0 and 10000`);
  }
  return value as Price;
}

/** Parse a wire price such as `"0.56"` or `"0.560000"` (dollars). @throws UnitError */
export function parsePrice(text: string): Price {
  return price(parseDecimal(text, 4, 'price'));
}

/** Write a price as the wire wants it: dollars with four decimals, `"0.5600"`. */
export function formatPrice(value: Price): string {
  return formatDecimal(value, 4);
}

/** The other leg's price: a YES price from a NO price and back. */
export function complement(value: Price): Price {
  return (ONE_DOLLAR - value) as Price;
}

/** A price from the old wire's whole cents, 0 to 100. @throws UnitError `bad_price` */
export function priceFromCents(cents: number): Price {
  if (!Number.isInteger(cents) || cents < 0 || cents > 100) {
    throw new UnitError('bad_price', `price ${cents} is not a whole number of cents between 0 and 100`);
  }
  return (cents * 100) as Price;
}

/** A price for people, in cents with as many decimals as it has: `"56"`, `"56.5"`, `"0.01"`. */
export function priceInCents(value: Price): string {
  return String(value / 100);
}
