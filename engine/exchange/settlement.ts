import type { Count, Money, Price, TimeUs } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket, Outcome } from './listing.ts';
import { noteLoss, renet } from './netting.ts';

/** What a settled market brought one subaccount. */
export interface Settlement {
  readonly userId: string;
  readonly subaccount: number;
  readonly ticker: string;
  readonly eventTicker: string;
  readonly exchangeIndex: number;
  readonly result: Outcome['result'];
  readonly value: Price;
  /** Contracts held, negative = NO. */
  readonly position: Count;
  /** What they had cost. */
  readonly cost: Money;
  /** Contracts x value; `residue` of it did not reach the balance. */
  readonly gross: Money;
  readonly residue: Money;
  /** All fees of the position, the residue among them. */
  readonly fees: Money;
  readonly time: TimeUs;
}

/**
 * Pay all holders of a market whose outcome stands and close their positions. A YES contract brings the outcome's value,
 * a NO contract its complement; only a scalar value leaves a residue (API 6.8). Returns whom it paid.
 */
export function payHolders(exchange: Exchange, market: LiveMarket): Settlement[] {
  const { ticker, eventTicker, exchangeIndex, fees } = market.listing;
  const { result, value } = market.outcome!;
  const paid: Settlement[] = [];
  for (const account of exchange.accounts.values()) {
    const holding = account.holdings.get(ticker);
    if (holding === undefined || holding.position === 0) continue;
    noteLoss(exchange, account, market);
    const precision = result === 'scalar' ? account.precision || fees.precision : 1;
    const payout = account.settle(ticker, exchangeIndex, value, precision);
    holding.updatedTime = exchange.now();
    renet(exchange, account, market);
    const { userId, subaccount } = account;
    const names = { userId, subaccount, ticker, eventTicker, exchangeIndex, result, value };
    const settlement = { ...names, ...payout, fees: holding.feesPaid, time: exchange.now() };
    exchange.settlements.push(settlement);
    exchange.record({ what: 'settlement', settlement });
    exchange.record({ what: 'holding', account, ticker });
    exchange.record({ what: 'cash', account, shard: exchangeIndex });
    paid.push(settlement);
  }
  return paid;
}
