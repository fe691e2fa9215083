import { type Count, formatCount, ONE_CONTRACT } from '../units/index.ts';
import { type ApiAnswer, type ApiCall, invalidParameters, ok } from './call.ts';
import type { Exchange } from './exchange.ts';
import { checkSubaccount, countField, intField, objectOf } from './fields.ts';
import { OrderGroup } from './groups.ts';
import { Refusal } from './order.ts';

/** The order-group calls. */
export class GroupApi {
  private readonly exchange: Exchange;
  private readonly newId: () => string;

  constructor(exchange: Exchange, newId: () => string) {
    this.exchange = exchange;
    this.newId = newId;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path, userId, query } = call;
    const id = path[2];
    if (method === 'GET' && id === undefined) {
      return ok({ order_groups: [...this.exchange.groups.values()].filter((g) => g.userId === userId).map(groupBody) });
    }
    if (method === 'POST' && id === 'create' && path.length === 3) return this.createGroup(call);
    if (path.length > 4 || id === undefined) return null;
    const group = this.exchange.groups.get(id);
    if (group === undefined || group.userId !== userId) throw new Refusal(404, 'not_found');
    if (method === 'GET' && path.length === 3) {
      const orders = this.exchange.restingOf(userId).filter((o) => o.groupId === group.groupId);
      const { id: _id, ...body } = groupBody(group);
      return ok({ ...body, orders: orders.map((o) => o.orderId) });
    }
    if (Number(query.get('exchange_index') ?? 0) !== group.exchangeIndex) throw new Refusal(404, 'not_found');
    if (method === 'DELETE' && path.length === 3) {
      this.exchange.cancelGroup(group.groupId);
      this.exchange.groups.delete(group.groupId);
      this.announce(group, 'deleted');
    } else if (method === 'PUT' && path[3] === 'reset') {
      group.reset();
      this.announce(group, 'reset');
    } else if (method === 'PUT' && path[3] === 'trigger') this.exchange.trigger(group);
    else if (method === 'PUT' && path[3] === 'limit') {
      group.limit = groupLimit(call.body);
      this.announce(group, 'limit_updated');
      if (group.over(this.exchange.rules, this.exchange.now())) this.exchange.trigger(group);
    } else return null;
    return ok({});
  }

  private createGroup(call: ApiCall): ApiAnswer {
    const model = 'CreateOrderGroupRequest';
    const o = objectOf(call.body, model);
    const shard = intField(o, 'exchange_index', model) ?? 0;
    checkSubaccount(o, model);
    if (!this.exchange.account(call.userId).cash.has(shard))
      throw new Refusal(404, 'user_not_found', 'user not found', 'Exchange Sharding: fund the shard first');
    const group = new OrderGroup(this.newId(), call.userId, shard, groupLimit(call.body));
    this.exchange.addGroup(group);
    this.announce(group, 'created');
    return { status: 201, body: { order_group_id: group.groupId, subaccount: 0, exchange_index: shard } };
  }

  private announce(group: OrderGroup, event: 'created' | 'reset' | 'deleted' | 'limit_updated'): void {
    for (const l of this.exchange.listeners) l.group(group, event);
  }
}

const MOST_CONTRACTS = 1_000_000;

function groupBody(g: OrderGroup): Record<string, unknown> {
  return {
    id: g.groupId,
    contracts_limit_fp: formatCount(g.limit),
    is_auto_cancel_enabled: !g.triggered,
    exchange_index: g.exchangeIndex,
  };
}

function groupLimit(body: unknown): Count {
  const model = 'OrderGroupLimit';
  const o = objectOf(body, model);
  const whole = intField(o, 'contracts_limit', model);
  const exact = o['contracts_limit_fp'] === undefined ? null : countField(o, 'contracts_limit_fp', model);
  if (whole === null && exact === null) throw invalidParameters('contracts_limit or contracts_limit_fp is required');
  if (whole !== null && exact !== null && exact !== whole * ONE_CONTRACT)
    throw invalidParameters('contracts_limit and contracts_limit_fp differ');
  const limit = (exact ?? (whole ?? 0) * ONE_CONTRACT) as Count;
  if (limit < ONE_CONTRACT || limit > MOST_CONTRACTS * ONE_CONTRACT)
    throw invalidParameters(`contracts_limit must be 1 to ${MOST_CONTRACTS}`);
  return limit;
}
