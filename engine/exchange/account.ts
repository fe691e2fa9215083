import {
  BID,
  type Count,
  complement,
  type Money,
  money,
  ONE_DOLLAR,
  type Price,
  type Side,
  type TimeUs,
} from '../units/index.ts';
import type { ExchangeOrder } from './order.ts';
import type { Netted } from './record.ts';

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
  /** Of the last execution or payment. */
  updatedTime: TimeUs;
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
  updatedTime: 0 as TimeUs,
};

/** What the settlement of a market brought an account. */
export interface Payout {
  /** Contracts held, negative = NO. */
  readonly position: Count;
  /** What they had cost. */
  readonly cost: Money;
  /** Contracts x value. */
  readonly gross: Money;
  /** The part of it that the balance's precision could not take. */
  readonly residue: Money;
}

/** The name under which a user's subaccount is kept. */
export function accountKey(userId: string, subaccount: number): string {
  return subaccount === 0 ? userId : `${userId}/${subaccount}`;
}

/**
 * One subaccount of a user: cash by shard and holdings by market. Contracts are paid for in full: buying YES costs the price, selling YES that is
 * not held (buying NO) costs the complement, and every YES/NO pair that closes pays one dollar.
 */
export class Account {
  readonly userId: string;
  readonly subaccount: number;
  /** Cash by shard. A shard that is not there was never funded, and takes no order. */
  readonly cash = new Map<number, Money>();
  readonly holdings = new Map<string, Holding>();

  /** Balance precision, micro-dollars: 100 for a direct member, 10,000 at a broker. 0: as the market's schedule says. */
  precision = 0;
  /** Collateral for NO in several markets of a mutually exclusive event is returned. */
  netting = false;
  /** What was returned, by event. */
  readonly netted = new Map<string, Netted>();

  constructor(userId: string, subaccount = 0) {
    this.userId = userId;
    this.subaccount = subaccount;
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

  /** Add to the cash of a shard, or take from it. */
  credit(shard: number, amount: number): void {
    this.cash.set(shard, money(this.cashOn(shard) + amount));
  }

  /**
   * Pay out and close a position at what a YES contract is worth. The balance is cut to a whole multiple of `precision`;
   * what is cut off is a fee (API 8.6).
   */
  settle(ticker: string, shard: number, value: Price, precision: number): Payout {
    const h = this.holding(ticker);
    const { position, exposure: cost } = h;
    const gross = money(position > 0 ? position * value : -position * complement(value));
    const cash = this.cashOn(shard);
    const paid = Math.max(0, Math.floor((cash + gross) / precision) * precision - cash);
    const residue = money(gross - paid);
    h.realized = money(h.realized + gross - cost);
    h.cashFlow = money(h.cashFlow + gross);
    h.feesPaid = money(h.feesPaid + residue);
    h.exposure = 0 as Money;
    h.openFees = 0 as Money;
    h.position = 0 as Count;
    this.credit(shard, paid);
    return { position, cost, gross, residue };
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
    this.credit(shard, flow - fee);
  }
}

/**
 * Cash that an account's resting orders in one market hold back: their opening parts in full, and what `feeOf` says of
 * the fees of an order's opening part. Closing parts pay for themselves and hold back nothing, unless `closingCost` says
 * so per contract.
 */
export function reserved(
  position: Count,
  orders: Iterable<ExchangeOrder>,
  feeOf: (order: ExchangeOrder, opening: Count) => number = () => 0,
  closingCost: (order: ExchangeOrder) => number = () => 0,
): Money {
  const closable: [number, number] = [Math.max(0, -position), Math.max(0, position)];
  let sum = 0;
  for (const order of orders) {
    const closing = Math.min(order.remainingCount, closable[order.side]);
    closable[order.side] -= closing;
    if (closing > 0) sum += closing * closingCost(order);
    const opening = (order.remainingCount - closing) as Count;
    if (opening === 0) continue;
    sum += opening * (order.side === BID ? order.price : complement(order.price)) + feeOf(order, opening);
  }
  return money(sum);
}
