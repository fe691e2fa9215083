import { BID, type Count, complement, type Money, money, ONE_DOLLAR, type Price, type Side } from '../units/index.ts';
import type { ExchangeOrder } from './order.ts';

/** What an account holds in one market. */
export interface Holding {
  /** Net contracts, negative = NO. */
  position: Count;
  feesPaid: Money;
  /** Dollars that changed hands in its trades. */
  traded: Money;
  /** Cash in and out of its trades, fees excluded: what is left once flat is the realised P&L. */
  cashFlow: Money;
}

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
      holding = { position: 0 as Count, feesPaid: 0 as Money, traded: 0 as Money, cashFlow: 0 as Money };
      this.holdings.set(ticker, holding);
    }
    return holding;
  }

  cashOn(shard: number): Money {
    return this.cash.get(shard) ?? (0 as Money);
  }

  /** Book one execution. */
  trade(ticker: string, shard: number, side: Side, price: Price, count: Count, fee: Money): void {
    const holding = this.holding(ticker);
    const flow = cashFlow(holding.position, side, price, count);
    holding.position = (holding.position + (side === BID ? count : -count)) as Count;
    holding.feesPaid = money(holding.feesPaid + fee);
    holding.traded = money(holding.traded + price * count);
    holding.cashFlow = money(holding.cashFlow + flow);
    this.cash.set(shard, money(this.cashOn(shard) + flow - fee));
  }
}

/** Cash an execution moves: the closing part is paid out a dollar a pair, the opening part is paid in full. */
export function cashFlow(position: Count, side: Side, price: Price, count: Count): Money {
  const own = side === BID ? price : complement(price);
  const against = side === BID ? Math.max(0, -position) : Math.max(0, position);
  const closing = Math.min(count, against);
  return money(closing * ONE_DOLLAR - count * own);
}

/** Cash that an account's resting orders in one market hold back: their opening parts, in full. */
export function reserved(position: Count, orders: Iterable<ExchangeOrder>): Money {
  const closable: [number, number] = [Math.max(0, -position), Math.max(0, position)];
  let sum = 0;
  for (const order of orders) {
    const closing = Math.min(order.remainingCount, closable[order.side]);
    closable[order.side] -= closing;
    sum += (order.remainingCount - closing) * (order.side === BID ? order.price : complement(order.price));
  }
  return money(sum);
}
