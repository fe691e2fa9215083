import {
  ASK,
  BID,
  complement,
  countFromContracts,
  type Price,
  parseCount,
  parsePrice,
  priceFromCents,
  type Side,
} from '../units/index.ts';

/** One event of a recorded feed, both wire forms reduced to YES space. */
export type TapeEvent =
  | {
      readonly kind: 'snapshot';
      readonly ticker: string;
      /** Price and count of each level in turn. */
      readonly bids: readonly number[];
      readonly asks: readonly number[];
    }
  | {
      readonly kind: 'delta';
      readonly ticker: string;
      readonly side: Side;
      readonly price: Price;
      readonly delta: number;
    }
  | {
      readonly kind: 'trade';
      readonly ticker: string;
      readonly takerSide: Side;
      readonly price: Price;
      readonly count: number;
      readonly isBlock: boolean;
    };

type Json = Record<string, unknown>;

/**
 * Read a recorded frame. Null for types that do not touch the book.
 * @param yesPrices the recording was subscribed with `use_yes_price`
 * @throws Error naming what is wrong
 */
export function readTapeEvent(text: string, yesPrices: boolean): TapeEvent | null {
  const frame = JSON.parse(text) as Json | null;
  const body = frame?.['msg'] as Json | undefined;
  if (typeof frame !== 'object' || typeof body !== 'object' || body === null) return null;
  switch (frame?.['type']) {
    case 'orderbook_snapshot':
      return {
        kind: 'snapshot',
        ticker: tickerOf(body),
        bids: levels(body, 'yes', false),
        asks: levels(body, 'no', !yesPrices),
      };
    case 'orderbook_delta': {
      const side = sideOf(body['side'], 'side');
      const at = priceOf(body['price_dollars'] ?? body['price']);
      const price = side === ASK && !yesPrices ? complement(at) : at;
      return { kind: 'delta', ticker: tickerOf(body), side, price, delta: countOf(body['delta_fp'] ?? body['delta']) };
    }
    case 'trade': {
      const price = priceOf(body['yes_price_dollars'] ?? body['yes_price']);
      const count = countOf(body['count_fp'] ?? body['count']);
      if (count <= 0) throw new Error(`a trade of ${count / 100} contracts`);
      const takerSide = sideOf(body['taker_outcome_side'] ?? body['taker_side'], 'taker side');
      return {
        kind: 'trade',
        ticker: tickerOf(body),
        takerSide,
        price,
        count,
        isBlock: body['is_block_trade'] === true,
      };
    }
    default:
      return null;
  }
}

function tickerOf(body: Json): string {
  const ticker = body['market_ticker'];
  if (typeof ticker === 'string' && ticker !== '') return ticker;
  throw new Error(`market_ticker is ${JSON.stringify(ticker)}, expected a ticker`);
}

function sideOf(value: unknown, what: string): Side {
  if (value === 'yes') return BID;
  if (value === 'no') return ASK;
  throw new Error(`${what} is ${JSON.stringify(value)}, expected yes or no`);
}

function levels(body: Json, leg: 'yes' | 'no', flip: boolean): number[] {
  const list = body[`${leg}_dollars_fp`] ?? body[`${leg}_dollars`] ?? body[leg] ?? [];
  if (!Array.isArray(list)) throw new Error(`the ${leg} side is no list of levels`);
  const flat: number[] = [];
  for (const entry of list as unknown[]) {
    if (!Array.isArray(entry) || entry.length !== 2)
      throw new Error(`level ${JSON.stringify(entry)} of the ${leg} side is no pair of price and count`);
    const at = priceOf(entry[0]);
    const count = countOf(entry[1]);
    if (count < 0) throw new Error(`level ${JSON.stringify(entry)} of the ${leg} side is negative`);
    flat.push(flip ? complement(at) : at, count);
  }
  return flat;
}

function priceOf(value: unknown): Price {
  if (typeof value === 'string') return parsePrice(value);
  if (typeof value === 'number') return priceFromCents(value);
  throw new Error(`price is ${JSON.stringify(value)}`);
}

function countOf(value: unknown): number {
  if (typeof value === 'string') return parseCount(value);
  if (typeof value === 'number') return countFromContracts(value);
  throw new Error(`count is ${JSON.stringify(value)}`);
}
