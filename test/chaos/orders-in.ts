import type { TextRequest } from '../../engine/core/index.ts';
import {
  ASK,
  BID,
  type Count,
  ONE_DOLLAR,
  type Price,
  parseCount,
  parsePrice,
  type Side,
} from '../../engine/units/index.ts';

/** A new order or a moved one, as it stands in a request. */
export interface SentOrder {
  readonly ticker: string;
  readonly side: Side;
  readonly price: Price;
  /** Of an amend the total, what has filled included. */
  readonly count: Count;
  /** The order that is moved, '' for a new one. */
  readonly orderId: string;
  /** It takes or vanishes and can only make a position smaller. */
  readonly isClosing: boolean;
}

interface WireOrder {
  readonly ticker: string;
  readonly side: 'bid' | 'ask';
  readonly price: string;
  readonly count: string;
  readonly reduce_only?: boolean;
  readonly time_in_force?: string;
}

/** The orders a request places or moves; none for any other request. */
export function ordersIn({ op, path, body }: TextRequest): SentOrder[] {
  if (op !== 'createOrders' && op !== 'amendOrder') return [];
  const told = JSON.parse(body) as WireOrder & { readonly orders?: readonly WireOrder[] };
  const orderId = op === 'amendOrder' ? decodeURIComponent(path.split('/').at(-2)!) : '';
  return (told.orders ?? [told]).map(({ ticker, side, price, count, reduce_only, time_in_force }) => {
    const own = { ticker, side: side === 'bid' ? BID : ASK, price: parsePrice(price), count: parseCount(count) };
    const isClosing = reduce_only === true && time_in_force === 'immediate_or_cancel';
    return { ...own, orderId, isClosing };
  });
}

/** What a contract can lose, 1e-4 dollars. */
export function lossOf(side: Side, price: number): number {
  return side === BID ? price : ONE_DOLLAR - price;
}

export function describeSent({ ticker, side, price, count, orderId }: SentOrder): string {
  return `${orderId === '' ? 'new' : 'moved'} ${side === BID ? 'bid' : 'ask'} ${count / 100}@${price / 100}c in ${ticker}`;
}
