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
  const frame = JSON.parse(text) as Json;
  const body = frame['msg'] as Json | undefined;
  if (typeof body !== 'object' || body === null) return null;
  const ticker = String(body['market_ticker'] ?? '');
  switch (frame['type']) {
    case 'orderbook_snapshot':
      return { kind: 'snapshot', ticker, bids: levels(body, 'yes', false), asks: levels(body, 'no', !yesPrices) };
    case 'orderbook_delta': {
      const side = body['side'] === 'yes' ? BID : body['side'] === 'no' ? ASK : undefined;
      if (side === undefined) throw new Error(`side is ${JSON.stringify(body['side'])}, expected yes or no`);
      const at = priceOf(body['price_dollars'] ?? body['price']);
      const price = side === ASK && !yesPrices ? complement(at) : at;
      return { kind: 'delta', ticker, side, price, delta: countOf(body['delta_fp'] ?? body['delta']) };
    }
    case 'trade': {
      const taker = body['taker_outcome_side'] ?? body['taker_side'];
      const price = priceOf(body['yes_price_dollars'] ?? body['yes_price']);
      const count = countOf(body['count_fp'] ?? body['count']);
      return {
        kind: 'trade',
        ticker,
        takerSide: taker === 'yes' ? BID : ASK,
        price,
        count,
        isBlock: body['is_block_trade'] === true,
      };
    }
    default:
      return null;
  }
}

function levels(body: Json, leg: 'yes' | 'no', flip: boolean): number[] {
  const list = (body[`${leg}_dollars_fp`] ?? body[`${leg}_dollars`] ?? body[leg] ?? []) as unknown[];
  const flat: number[] = [];
  for (const entry of list) {
    const [rawPrice, rawCount] = entry as [unknown, unknown];
    const at = priceOf(rawPrice);
    flat.push(flip ? complement(at) : at, countOf(rawCount));
  }
  return flat;
}

function priceOf(value: unknown): Price {
  return typeof value === 'string' ? parsePrice(value) : priceFromCents(value as number);
}

function countOf(value: unknown): number {
  return typeof value === 'string' ? parseCount(value) : countFromContracts(value as number);
}
