import { type FeeSchedule, Grid, type PriceBand } from '../market/index.ts';
import { type Count, type Money, money } from '../units/index.ts';
import type { Holding } from './account.ts';
import { clientKey } from './admission.ts';
import type { Exchange } from './exchange.ts';
import type { FeeChange } from './fee-book.ts';
import { type GroupFill, OrderGroup } from './groups.ts';
import type { ExchangeListener, Listing, LiveMarket, Outcome } from './listing.ts';
import type { ExchangeFill, ExchangeOrder } from './order.ts';
import type { PauseState } from './pauses.ts';
import type { Entry, Netted } from './record.ts';
import type { Settlement } from './settlement.ts';
import type { ShardTransfer, SubaccountTransfer } from './transfers.ts';

/** Whose a row is. Logs from before there were subaccounts leave the number out. */
interface Owner {
  readonly userId: string;
  readonly subaccount?: number;
}

interface GroupRow extends Owner {
  readonly groupId: string;
  readonly exchangeIndex: number;
  readonly limit: Count;
  readonly triggered: boolean;
  readonly fills?: readonly GroupFill[];
  readonly deleted: boolean;
}

interface MarketRow {
  readonly listing: Omit<Listing, 'grid'> & { readonly fees: FeeSchedule };
  readonly bands: readonly PriceBand[];
  readonly outcome: Outcome | null;
}

/** A row of the state log: what is so from now on. */
export type StoredRow =
  | { readonly t: 'order'; readonly v: ExchangeOrder }
  | { readonly t: 'fill'; readonly v: ExchangeFill }
  | { readonly t: 'cash'; readonly v: Owner & { readonly shard: number; readonly cash: Money } }
  | { readonly t: 'holding'; readonly v: Owner & { readonly ticker: string } & Holding }
  | { readonly t: 'netting'; readonly v: Owner & { readonly enabled: boolean; readonly netted: [string, Netted][] } }
  | { readonly t: 'group'; readonly v: GroupRow }
  | { readonly t: 'market'; readonly v: MarketRow }
  | { readonly t: 'settlement'; readonly v: Settlement }
  | { readonly t: 'pauses'; readonly v: PauseState }
  | { readonly t: 'feeChange'; readonly v: FeeChange }
  | { readonly t: 'shardTransfer'; readonly v: ShardTransfer }
  | { readonly t: 'subaccountTransfer'; readonly v: SubaccountTransfer };

/** The row of a change. */
export function rowOf(entry: Entry): StoredRow {
  switch (entry.what) {
    case 'cash': {
      const { account, shard } = entry;
      const { userId, subaccount } = account;
      return { t: 'cash', v: { userId, subaccount, shard, cash: account.cashOn(shard) } };
    }
    case 'holding': {
      const { account, ticker } = entry;
      const { userId, subaccount } = account;
      return { t: 'holding', v: { userId, subaccount, ticker, ...account.holding(ticker) } };
    }
    case 'netting': {
      const { userId, subaccount, netting: enabled, netted } = entry.account;
      return { t: 'netting', v: { userId, subaccount, enabled, netted: [...netted] } };
    }
    case 'market': {
      const { listing, outcome } = entry.market;
      const { grid, ...rest } = listing;
      const v = { listing: rest, bands: grid.bands, outcome: outcome === undefined ? null : { ...outcome } };
      return { t: 'market', v };
    }
    case 'settlement':
      return { t: 'settlement', v: entry.settlement };
    case 'pauses':
      return { t: 'pauses', v: entry.pauses };
    case 'feeChange':
      return { t: 'feeChange', v: entry.change };
    case 'shardTransfer':
      return { t: 'shardTransfer', v: { ...entry.transfer } };
    case 'subaccountTransfer':
      return { t: 'subaccountTransfer', v: entry.transfer };
  }
}

/** The row of a group as it is. */
export function groupRow(group: OrderGroup, deleted: boolean): StoredRow {
  const { groupId, userId, subaccount, exchangeIndex, limit, triggered, fills } = group;
  return { t: 'group', v: { groupId, userId, subaccount, exchangeIndex, limit, triggered, fills, deleted } };
}

/** Hands over the rows of all that happens from now on. */
export function rowsOf(exchange: Exchange, push: (row: StoredRow) => void): ExchangeListener {
  const order = (o: ExchangeOrder): void => push(orderRow(o));
  return {
    delta: () => {},
    trade: () => {},
    fill: (fill) => {
      const account = exchange.account(fill.userId, fill.subaccount);
      push({ t: 'fill', v: fill });
      push(rowOf({ what: 'holding', account, ticker: fill.ticker }));
      push(rowOf({ what: 'cash', account, shard: fill.exchangeIndex }));
      // The order belongs to the same step: the fill's frame leaves before the order's own event comes.
      const filled = exchange.orders.get(fill.orderId)!;
      order(filled);
      const group = exchange.groups.get(filled.groupId);
      if (group !== undefined) push(groupRow(group, false));
    },
    order,
    position: () => {},
    group: (group, event) => push(groupRow(group, event === 'deleted')),
    record: (entry) => push(rowOf(entry)),
  };
}

/** The row of an order as it is. */
export function orderRow(order: ExchangeOrder): StoredRow {
  return { t: 'order', v: { ...order, feeCarry: { ...order.feeCarry } } };
}

/** Bring a row back into an exchange. @throws Error for a row that none wrote */
export function replayRow(exchange: Exchange, row: StoredRow): void {
  switch (row.t) {
    case 'order': {
      const { userId, orderId, clientOrderId } = row.v;
      exchange.orders.set(orderId, { ...row.v, subaccount: row.v.subaccount ?? 0 });
      if (clientOrderId !== '') exchange.usedClientIds.add(clientKey(userId, clientOrderId));
      return;
    }
    case 'fill':
      exchange.fills.push({ ...row.v, subaccount: row.v.subaccount ?? 0 });
      return;
    case 'cash':
      exchange.account(row.v.userId, row.v.subaccount).cash.set(row.v.shard, money(row.v.cash));
      return;
    case 'holding': {
      const { userId, subaccount, ticker, ...holding } = row.v;
      Object.assign(exchange.account(userId, subaccount).holding(ticker), holding);
      return;
    }
    case 'netting': {
      const account = exchange.account(row.v.userId, row.v.subaccount);
      account.netting = row.v.enabled;
      for (const [event, netted] of row.v.netted) account.netted.set(event, netted);
      return;
    }
    case 'group':
      replayGroup(exchange, row.v);
      return;
    case 'market':
      replayMarket(exchange, row.v);
      return;
    case 'settlement':
      exchange.settlements.push(row.v);
      return;
    case 'pauses':
      exchange.pauses.restore(row.v);
      return;
    case 'feeChange':
      exchange.fees.schedule(row.v);
      return;
    case 'shardTransfer':
      exchange.transfers.restore(row.v);
      return;
    case 'subaccountTransfer':
      exchange.transfers.betweenSubaccounts.push(row.v);
      return;
    default:
      throw new Error('unknown row');
  }
}

function replayGroup(exchange: Exchange, row: GroupRow): void {
  const { groupId, userId, exchangeIndex, limit, triggered, fills = [], subaccount = 0, deleted } = row;
  const group = new OrderGroup(groupId, userId, exchangeIndex, limit, subaccount);
  group.fills = fills;
  const last = fills.at(-1);
  // The process may have died between the fill and the trigger that it set off.
  group.triggered = triggered || (last !== undefined && group.over(exchange.rules, last.time));
  if (deleted) exchange.groups.delete(groupId);
  else exchange.addGroup(group);
}

/** A market that is listed again is as it was; one that is not is listed. */
function replayMarket(exchange: Exchange, { listing, bands, outcome }: MarketRow): void {
  const grid = Grid.of(bands);
  const known = exchange.markets.get(listing.ticker);
  if (known === undefined) exchange.list({ ...listing, grid });
  else {
    // What it charges is not in question: the fee changes have rows of their own.
    const { title, status, openTime, closeTime } = listing;
    Object.assign(known.listing, { title, status, openTime, closeTime });
    if (known.listing.grid !== grid && !known.listing.recorded) known.ladder.regrid(grid);
    if (!known.listing.recorded) known.listing.grid = grid;
    exchange.wake(0);
  }
  const market: LiveMarket = exchange.market(listing.ticker);
  if (outcome !== null) market.outcome = outcome;
}
