import { type Count, formatCount, ONE_CONTRACT } from '../units/index.ts';
import { type ApiAnswer, type ApiCall, invalidParameters, ok, subaccountParameter } from './call.ts';
import type { Exchange } from './exchange.ts';
import { countField, intField, objectOf, subaccountField } from './fields.ts';
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
      const only = subaccountParameter(query);
      const mine = [...this.exchange.groups.values()].filter(
        (g) => g.userId === userId && (only === null || g.subaccount === only),
      );
      return ok({ order_groups: mine.map((g) => this.body(g)) });
    }
    if (method === 'POST' && id === 'create' && path.length === 3) return this.createGroup(call);
    if (path.length > 4 || id === undefined) return null;
    const group = this.exchange.groups.get(id);
    if (group === undefined || group.userId !== userId) throw new Refusal(404, 'not_found');
    if (method === 'GET' && path.length === 3) {
      if (subaccountParameter(query, group.subaccount) !== group.subaccount) throw new Refusal(404, 'not_found');
      const orders = this.exchange.restingOf(userId).filter((o) => o.groupId === group.groupId);
      const { id: _id, ...body } = this.body(group);
      return ok({ ...body, orders: orders.map((o) => o.orderId) });
    }
    const { desk } = this.exchange;
    const elsewhere = Number(query.get('exchange_index') ?? 0) !== group.exchangeIndex;
    if (elsewhere || subaccountParameter(query, 0) !== group.subaccount) throw new Refusal(404, 'not_found');
    if (method === 'DELETE' && path.length === 3) desk.delete(group);
    else if (method === 'PUT' && path[3] === 'reset') desk.reset(group);
    else if (method === 'PUT' && path[3] === 'trigger') desk.triggerByHand(group);
    else if (method === 'PUT' && path[3] === 'limit') desk.limit(group, groupLimit(call.body));
    else return null;
    return ok({});
  }

  private createGroup(call: ApiCall): ApiAnswer {
    const model = 'CreateOrderGroupRequest';
    const o = objectOf(call.body, model);
    const shard = intField(o, 'exchange_index', model) ?? 0;
    const subaccount = subaccountField(o, 'subaccount', model);
    const group = new OrderGroup(this.newId(), call.userId, shard, groupLimit(call.body), subaccount);
    this.exchange.desk.create(group);
    return { status: 201, body: { order_group_id: group.groupId, subaccount, exchange_index: shard } };
  }

  private body(g: OrderGroup): Record<string, unknown> {
    return {
      id: g.groupId,
      contracts_limit_fp: formatCount(g.limit),
      is_auto_cancel_enabled: this.exchange.rules.autoCancelEnabled === 'always' || !g.triggered,
      exchange_index: g.exchangeIndex,
    };
  }
}

const MOST_CONTRACTS = 1_000_000;

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
