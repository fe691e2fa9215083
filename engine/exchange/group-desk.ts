import type { Count, TimeUs } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import type { OrderGroup } from './groups.ts';
import { type ExchangeOrder, Refusal } from './order.ts';

/** What is done to order groups (API 4), by their users and by fills. */
export class GroupDesk {
  private readonly exchange: Exchange;
  private readonly tripped = new Set<OrderGroup>();

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** @throws Refusal `user_not_found` on a shard where the subaccount was never funded */
  create(group: OrderGroup): void {
    const { userId, subaccount, exchangeIndex, groupId } = group;
    if (!this.exchange.accountOrNone(userId, subaccount)?.cash.has(exchangeIndex))
      throw new Refusal(404, 'user_not_found', 'user not found', 'Exchange Sharding: fund the shard first');
    this.exchange.pauses.requireOpen(exchangeIndex);
    this.exchange.groups.set(groupId, group);
    this.announce(group, 'created');
  }

  /** Open the latch and forget what was filled. */
  reset(group: OrderGroup): void {
    this.exchange.pauses.requireOpen(group.exchangeIndex);
    group.reset();
    this.announce(group, 'reset');
  }

  /** Cancel what the group has resting and forget the group. */
  delete(group: OrderGroup): void {
    this.exchange.pauses.requireOpen(group.exchangeIndex);
    this.cancelOrders(group.groupId);
    this.exchange.groups.delete(group.groupId);
    this.announce(group, 'deleted');
  }

  /** Set another limit; the group triggers at once where it has filled as much already. */
  limit(group: OrderGroup, limit: Count): void {
    this.exchange.pauses.requireOpen(group.exchangeIndex);
    group.limit = limit;
    this.announce(group, 'limit_updated');
    if (group.over(this.exchange.rules, this.exchange.now())) this.trigger(group);
  }

  /** Trigger a group because its user says so. @throws Refusal while its shard takes nothing */
  triggerByHand(group: OrderGroup): void {
    this.exchange.pauses.requireOpen(group.exchangeIndex);
    this.trigger(group);
  }

  /** Latch a group and cancel what it has resting. */
  trigger(group: OrderGroup): void {
    if (!group.triggered) {
      group.triggered = true;
      this.announce(group, 'triggered');
    }
    this.cancelOrders(group.groupId);
  }

  /** Count a fill of a group's order. */
  filled(order: ExchangeOrder, count: Count, isTaker: boolean, time: TimeUs): void {
    const group = this.exchange.groups.get(order.groupId);
    if (group?.filled(count, isTaker, this.exchange.rules, time)) this.tripped.add(group);
  }

  /** Trigger a group once the matching step under way is through; safe to call from a listener. */
  trip(group: OrderGroup): void {
    if (!group.triggered) this.tripped.add(group);
  }

  /** Groups trigger once the matching step is through: fills are not cut off in the middle of one. */
  check(): void {
    for (const group of this.tripped) {
      this.tripped.delete(group);
      this.trigger(group);
    }
  }

  /** True when nothing of a group may rest. */
  isTriggered(groupId: string): boolean {
    const group = this.exchange.groups.get(groupId);
    return group !== undefined && (group.triggered || this.tripped.has(group));
  }

  /** Cancel all resting orders of a group. */
  cancelOrders(groupId: string): void {
    this.exchange.removeWhere((o) => o.groupId === groupId, '');
  }

  private announce(group: OrderGroup, event: 'created' | 'triggered' | 'reset' | 'deleted' | 'limit_updated'): void {
    for (const l of this.exchange.listeners) l.group(group, event);
  }
}
