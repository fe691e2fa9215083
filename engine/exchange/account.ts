import { BID, type Count, complement, type Money, money, ONE_DOLLAR, type Price, type Side } from '../units/index.ts';
import type { ExchangeOrder } from './order.ts';

/** What an account holds in one market. At all times cashFlow = realized - exposure. */
export interface Holding {
  /** Net contracts, negative = NO. */
  position: Count;
  feesPaid: Money;
  /** What its executions cost at their own side's price, whether they opened or closed. */
  traded: Money;
  /** Cash in and out of its trades, fees excluded. */
  cashFlow: Money;
  /** What the open position cost, at average cost. */
  exposure: Money;
  /** What closing brought beyond the average cost of what was closed, fees excluded. */
  realized: Money;
  /** The part of the fees that was paid for the open position. */
  openFees: Money;
  /** Contracts executed. */
  volume: Count;
}

const NOTHING: Holding = {
  position: 0 as Count,
  feesPaid: 0 as Money,
  traded: 0 as Money,
  cashFlow: 0 as Money,
  exposure: 0 as Money,
  realized: 0 as Money,
  openFees: 0 as Money,
  volume: 0 as Count,
};

/**
 * Cash by shard and holdings by market. Contracts are paid for in full: buying YES costs the price, selling YES that is
 * not held (buying NO) costs the complement, and every YES/NO pair that closes pays one dollar.
 */
export class Account {
  readonly userId: string;
  readonly cash = new Map<number, Money>();
  readonly holdings = new Map<string, Holding>();

  constructor(userId: string) {
    this.userId = userId;
  }

  holding(ticker: string): Holding {
    let holding = this.holdings.get(ticker);
    if (holding === undefined) {
      holding = { ...NOTHING };
      this.holdings.set(ticker, holding);
    }
    return holding;
  }

  cashOn(shard: number): Money {
    return this.cash.get(shard) ?? (0 as Money);
  }

  /** Book one execution. */
  trade(ticker: string, shard: number, side: Side, price: Price, count: Count, fee: Money): void {
    const h = this.holding(ticker);
    const own = side === BID ? price : complement(price);
    const closing = Math.min(count, Math.max(0, side === BID ? -h.position : h.position));
    const opening = count - closing;
    const flow = closing * ONE_DOLLAR - count * own;
    if (closing > 0) {
      const share = closing / Math.abs(h.position);
      const cost = Math.round(h.exposure * share);
      h.exposure = money(h.exposure - cost);
      h.realized = money(h.realized + closing * (ONE_DOLLAR - own) - cost);
      h.openFees = money(h.openFees - Math.round(h.openFees * share));
    }
    h.exposure = money(h.exposure + opening * own);
    h.openFees = money(h.openFees + Math.round((fee * opening) / count));
    h.position = (h.position + (side === BID ? count : -count)) as Count;
    h.volume = (h.volume + count) as Count;
    h.feesPaid = money(h.feesPaid + fee);
    h.traded = money(h.traded + count * own);
    h.cashFlow = money(h.cashFlow + flow);
    this.cash.set(shard, money(this.cashOn(shard) + flow - fee));
  }
}

/**
 * Cash that an account's resting orders in one market hold back: their opening parts in full, and what `feeOf` says of
 * the fees of an order's opening part. Closing parts pay for themselves and hold back nothing.
 */
export function reserved(
  position: Count,
  orders: Iterable<ExchangeOrder>,
  feeOf: (order: ExchangeOrder, opening: Count) => number = () => 0,
): Money {
  const closable: [number, number] = [Math.max(0, -position), Math.max(0, position)];
  let sum = 0;
  for (const order of orders) {
    const closing = Math.min(order.remainingCount, closable[order.side]);
    closable[order.side] -= closing;
    const opening = (order.remainingCount - closing) as Count;
    if (opening === 0) continue;
    sum += opening * (order.side === BID ? order.price : complement(order.price)) + feeOf(order, opening);
  }
  return money(sum);
}
