import type { Money } from '../units/index.ts';
import { fourDecimals } from './bodies.ts';
import { type ApiAnswer, type ApiCall, badParameter, invalidParameters, ok, paged } from './call.ts';
import type { Exchange } from './exchange.ts';
import { intField, objectOf, stringField, subaccountField } from './fields.ts';
import { Refusal } from './order.ts';
import type { ShardTransfer } from './transfers.ts';

/** Micro-dollars in a centicent, the unit of `amount`. */
const CENTICENT = 100;
const MOST_LISTED = 500;

/** Money between shards: `/portfolio/intra_exchange_instance_transfer(s)`. */
export class TransferApi {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path } = call;
    if (path[1] === 'intra_exchange_instance_transfer')
      return method === 'POST' && path.length === 2 ? this.transfer(call) : null;
    if (method !== 'GET' || path[1] !== 'intra_exchange_instance_transfers' || path.length > 3) return null;
    this.exchange.tick();
    const mine = this.exchange.transfers.betweenShards.filter((t) => t.userId === call.userId);
    if (path.length === 3) {
      const found = mine.find((t) => t.transferId === path[2]);
      if (found === undefined) throw new Refusal(404, 'not_found');
      return ok({ transfer: transferBody(found) });
    }
    const operation = 'GetIntraExchangeInstanceTransfers';
    if (Number(call.query.get('limit') ?? 0) > MOST_LISTED) throw badParameter(operation, 'Limit', 'lte');
    return ok(paged(call, operation, 'transfers', mine.reverse(), transferBody));
  }

  private transfer(call: ApiCall): ApiAnswer {
    const model = 'IntraExchangeInstanceTransferRequest';
    const o = objectOf(call.body, model);
    for (const end of ['source', 'destination'])
      if (stringField(o, end, model) !== 'event_contract')
        throw invalidParameters(`${end} must be event_contract: this exchange has no margined instance`);
    const amount = intField(o, 'amount', model) ?? 0;
    if (amount <= 0) throw invalidParameters('amount must be a positive number of centicents');
    const fromShard = intField(o, 'source_exchange_shard', model) ?? 0;
    const toShard = intField(o, 'destination_exchange_shard', model) ?? 0;
    const fromSubaccount = subaccountField(o, 'source_subaccount', model);
    const toSubaccount = subaccountField(o, 'destination_subaccount', model);
    if (fromShard === toShard && fromSubaccount === toSubaccount)
      throw invalidParameters('source and destination are the same');
    const ends = { fromShard, toShard, fromSubaccount, toSubaccount, amount: (amount * CENTICENT) as Money };
    return ok({ transfer_id: this.exchange.transfers.toShard(call.userId, ends).transferId });
  }
}

function transferBody(t: ShardTransfer): Record<string, unknown> {
  return {
    transfer_id: t.transferId,
    source: 'event_contract',
    destination: 'event_contract',
    source_exchange_shard: t.fromShard,
    destination_exchange_shard: t.toShard,
    amount: fourDecimals(t.amount),
    status: t.done ? 'complete' : 'pending',
    created_ts: Math.floor(t.createdTime / 1_000_000),
  };
}
