import type { Money } from '../units/index.ts';
import type { Account } from './account.ts';
import type { FeeChange } from './fee-book.ts';
import type { LiveMarket } from './listing.ts';
import type { PauseState } from './pauses.ts';
import type { Settlement } from './settlement.ts';
import type { ShardTransfer, SubaccountTransfer } from './transfers.ts';

/** A change that must outlive the process, told as the thing that changed. Fills and orders have events of their own. */
export type Entry =
  | { readonly what: 'cash'; readonly account: Account; readonly shard: number }
  | { readonly what: 'holding'; readonly account: Account; readonly ticker: string }
  | { readonly what: 'netting'; readonly account: Account }
  | { readonly what: 'market'; readonly market: LiveMarket }
  | { readonly what: 'settlement'; readonly settlement: Settlement }
  | { readonly what: 'pauses'; readonly pauses: PauseState }
  | { readonly what: 'feeChange'; readonly change: FeeChange }
  | { readonly what: 'shardTransfer'; readonly transfer: ShardTransfer }
  | { readonly what: 'subaccountTransfer'; readonly transfer: SubaccountTransfer };

/** What an account got back of its collateral in one event (API 6.2), and what it needs to go on. */
export interface Netted {
  /** Paid out ahead of settlement, micro-dollars. */
  returned: Money;
  /** Lost so far on NO contracts of legs that are settled. */
  lost: Money;
  /** The most any leg could have lost when the first of them was settled. */
  largest: Money;
}
