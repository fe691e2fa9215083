import type { Money, TimeUs } from '../units/index.ts';
import type { Account } from './account.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';

/** Money moved between shards. */
export interface ShardTransfer {
  readonly transferId: string;
  readonly userId: string;
  readonly fromShard: number;
  readonly toShard: number;
  readonly fromSubaccount: number;
  readonly toSubaccount: number;
  readonly amount: Money;
  readonly createdTime: TimeUs;
  /** When it arrives; until then it is in no balance. */
  readonly arrivalTime: TimeUs;
  done: boolean;
}

/** Money moved between a user's subaccounts on one shard. */
export interface SubaccountTransfer {
  readonly transferId: string;
  readonly clientTransferId: string;
  readonly userId: string;
  readonly exchangeIndex: number;
  readonly from: number;
  readonly to: number;
  readonly amount: Money;
  readonly createdTime: TimeUs;
}

/** Highest number of a subaccount. */
export const MOST_SUBACCOUNT = 63;

/** Subaccounts and the money that moves between them and between shards (API 2.3, 6.9). */
export class Transfers {
  /** In the order they were asked for. */
  readonly betweenShards: ShardTransfer[] = [];
  readonly betweenSubaccounts: SubaccountTransfer[] = [];
  private readonly exchange: Exchange;
  private readonly newId: () => string;

  constructor(exchange: Exchange, newId: () => string) {
    this.exchange = exchange;
    this.newId = newId;
  }

  /** The lowest number from 1 to 63 that the user does not have on a shard yet, opened there. @throws Refusal */
  openSubaccount(userId: string, shard: number): number {
    if (!this.exchange.shards().includes(shard)) throw new Refusal(404, 'user_not_found', 'user not found');
    for (let n = 1; n <= MOST_SUBACCOUNT; n++) {
      const account = this.exchange.account(userId, n);
      if (account.cash.has(shard)) continue;
      account.cash.set(shard, 0 as Money);
      this.exchange.record({ what: 'cash', account, shard });
      return n;
    }
    throw new Refusal(400, 'invalid_parameters', 'invalid parameters', `all ${MOST_SUBACCOUNT} subaccounts are in use`);
  }

  /** Move money to another shard, another subaccount, or both. @throws Refusal */
  toShard(
    userId: string,
    what: Omit<ShardTransfer, 'transferId' | 'userId' | 'createdTime' | 'arrivalTime' | 'done'>,
  ): ShardTransfer {
    const { fromShard, toShard, fromSubaccount, toSubaccount, amount } = what;
    if (!this.exchange.shards().includes(toShard))
      throw new Refusal(400, 'invalid_parameters', 'invalid parameters', `there is no shard ${toShard}`);
    // Sending money to a shard is how the first subaccount comes to be there; the others are opened.
    if (toSubaccount !== 0) this.opened(userId, toSubaccount, toShard);
    this.exchange.pauses.requireOpen(toShard);
    this.withdraw(userId, fromSubaccount, fromShard, amount);
    const createdTime = this.exchange.now();
    const arrivalTime = (createdTime + this.exchange.rules.transferMs * 1000) as TimeUs;
    const transfer = { ...what, transferId: this.newId(), userId, createdTime, arrivalTime, done: false };
    this.betweenShards.push(transfer);
    if (arrivalTime <= createdTime) this.arrive(transfer);
    else {
      this.exchange.wake(arrivalTime);
      this.exchange.record({ what: 'shardTransfer', transfer });
    }
    return transfer;
  }

  /** Move money between two subaccounts of a shard. @throws Refusal; 409 for an id that was used */
  toSubaccount(userId: string, what: Omit<SubaccountTransfer, 'transferId' | 'userId' | 'createdTime'>): void {
    const { clientTransferId, from, to, exchangeIndex, amount } = what;
    if (this.betweenSubaccounts.some((t) => t.userId === userId && t.clientTransferId === clientTransferId))
      throw new Refusal(409, 'transfer_already_exists');
    const account = this.opened(userId, to, exchangeIndex);
    this.withdraw(userId, from, exchangeIndex, amount);
    account.credit(exchangeIndex, amount);
    const transfer = { ...what, transferId: this.newId(), userId, createdTime: this.exchange.now() };
    this.betweenSubaccounts.push(transfer);
    this.exchange.record({ what: 'cash', account, shard: exchangeIndex });
    this.exchange.record({ what: 'subaccountTransfer', transfer });
  }

  /** Bring back a transfer from stored state; the last that is told of it counts. */
  restore(transfer: ShardTransfer): void {
    const known = this.betweenShards.find((t) => t.transferId === transfer.transferId);
    if (known === undefined) this.betweenShards.push({ ...transfer });
    else known.done = transfer.done;
    this.exchange.wake(transfer.arrivalTime);
  }

  /** Let arrive what is due. Returns when the next transfer is. */
  runDue(time: TimeUs): number {
    let next = Number.POSITIVE_INFINITY;
    for (const transfer of this.betweenShards) {
      if (transfer.done) continue;
      if (transfer.arrivalTime <= time) this.arrive(transfer);
      else next = Math.min(next, transfer.arrivalTime);
    }
    return next;
  }

  private arrive(transfer: ShardTransfer): void {
    const account = this.exchange.account(transfer.userId, transfer.toSubaccount);
    account.credit(transfer.toShard, transfer.amount);
    transfer.done = true;
    this.exchange.record({ what: 'cash', account, shard: transfer.toShard });
    this.exchange.record({ what: 'shardTransfer', transfer });
  }

  private withdraw(userId: string, subaccount: number, shard: number, amount: Money): void {
    const account = this.opened(userId, subaccount, shard);
    this.exchange.pauses.requireOpen(shard);
    const free = account.cashOn(shard) - this.exchange.reservedOn(userId, shard, null, subaccount);
    if (amount > free) throw new Refusal(400, 'insufficient_balance');
    account.credit(shard, -amount);
    this.exchange.record({ what: 'cash', account, shard });
  }

  /** @throws Refusal `user_not_found` for a subaccount that was never opened on the shard */
  private opened(userId: string, subaccount: number, shard: number): Account {
    const account = this.exchange.accountOrNone(userId, subaccount);
    if (account?.cash.has(shard)) return account;
    throw new Refusal(404, 'user_not_found', 'user not found', 'Exchange Sharding: fund the shard first');
  }
}
