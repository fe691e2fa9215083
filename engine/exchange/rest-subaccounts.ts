import type { Money } from '../units/index.ts';
import { fourDecimals } from './bodies.ts';
import { type ApiAnswer, type ApiCall, invalidParameters, ok, paged } from './call.ts';
import type { Exchange } from './exchange.ts';
import { boolField, intField, objectOf, stringField, subaccountField } from './fields.ts';
import { setNetting } from './netting.ts';
import { Refusal } from './order.ts';

/** Micro-dollars in a cent. */
const CENT = 10_000;

/** The calls below `/portfolio/subaccounts`. */
export class SubaccountApi {
  private readonly exchange: Exchange;
  private readonly tier: string;

  constructor(exchange: Exchange, tier: string) {
    this.exchange = exchange;
    this.tier = tier;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, userId } = call;
    const what = `${method} ${call.path.slice(2).join('/')}`;
    switch (what) {
      case 'POST ':
        return this.open(call);
      case 'GET balances':
        return ok({ subaccount_balances: this.balances(userId) });
      case 'POST transfer':
        return this.transfer(call);
      case 'GET transfers':
        return ok(this.transfers(call));
      case 'GET netting':
        return ok({ netting_configs: this.netting(userId) });
      case 'PUT netting':
        return this.setNetting(call);
    }
    return null;
  }

  private open(call: ApiCall): ApiAnswer {
    const model = 'CreateSubaccountRequest';
    const o = call.body === undefined ? {} : objectOf(call.body, model);
    if (this.tier === 'basic')
      throw new Refusal(403, 'forbidden', 'forbidden', 'subaccounts need the Advanced API usage level');
    const shard = intField(o, 'exchange_index', model) ?? 0;
    return { status: 201, body: { subaccount_number: this.exchange.transfers.openSubaccount(call.userId, shard) } };
  }

  private balances(userId: string): unknown[] {
    const updated_ts = Math.floor(this.exchange.now() / 1_000_000);
    return this.exchange.accountsOf(userId).flatMap((account) =>
      [...account.cash].map(([shard, cash]) => ({
        subaccount_number: account.subaccount,
        exchange_index: shard,
        balance: fourDecimals((cash - this.exchange.reservedOn(userId, shard, null, account.subaccount)) as Money),
        updated_ts,
      })),
    );
  }

  private transfer(call: ApiCall): ApiAnswer {
    const model = 'ApplySubaccountTransferRequest';
    const o = objectOf(call.body, model);
    const clientTransferId = stringField(o, 'client_transfer_id', model);
    if (clientTransferId === '') throw invalidParameters('client_transfer_id is required');
    const cents = intField(o, 'amount_cents', model) ?? 0;
    if (cents <= 0) throw invalidParameters('amount_cents must be positive');
    const from = subaccountField(o, 'from_subaccount', model);
    const to = subaccountField(o, 'to_subaccount', model);
    if (from === to) throw invalidParameters('from_subaccount and to_subaccount are the same');
    const exchangeIndex = intField(o, 'exchange_index', model) ?? 0;
    const amount = (cents * CENT) as Money;
    this.exchange.transfers.toSubaccount(call.userId, { clientTransferId, from, to, exchangeIndex, amount });
    return ok({});
  }

  private transfers(call: ApiCall): unknown {
    const mine = this.exchange.transfers.betweenSubaccounts.filter((t) => t.userId === call.userId);
    return paged(call, 'GetSubaccountTransfers', 'transfers', mine.reverse(), (t) => ({
      transfer_id: t.transferId,
      from_subaccount: t.from,
      to_subaccount: t.to,
      amount_cents: t.amount / CENT,
      created_ts: Math.floor(t.createdTime / 1_000_000),
      exchange_index: t.exchangeIndex,
    }));
  }

  private netting(userId: string): unknown[] {
    return this.exchange.accountsOf(userId).flatMap((account) =>
      [...account.cash.keys()].map((shard) => ({
        subaccount_number: account.subaccount,
        enabled: account.netting,
        exchange_index: shard,
      })),
    );
  }

  private setNetting(call: ApiCall): ApiAnswer {
    const model = 'UpdateSubaccountNettingRequest';
    const o = objectOf(call.body, model);
    const account = this.exchange.accountOrNone(call.userId, subaccountField(o, 'subaccount_number', model));
    if (account === undefined || account.cash.size === 0) throw new Refusal(404, 'user_not_found', 'user not found');
    setNetting(this.exchange, account, boolField(o, 'enabled', model));
    return ok({});
  }
}
