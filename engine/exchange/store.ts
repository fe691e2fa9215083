import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { type Count, type Money, money } from '../units/index.ts';
import type { Holding } from './account.ts';
import { clientKey } from './admission.ts';
import type { Exchange } from './exchange.ts';
import { OrderGroup } from './groups.ts';
import type { ExchangeFill, ExchangeOrder } from './order.ts';

type StoredRow =
  | { readonly t: 'order'; readonly v: ExchangeOrder }
  | { readonly t: 'fill'; readonly v: ExchangeFill }
  | { readonly t: 'cash'; readonly v: { userId: string; shard: number; cash: Money } }
  | { readonly t: 'holding'; readonly v: { userId: string; ticker: string } & Holding }
  | {
      readonly t: 'group';
      readonly v: {
        groupId: string;
        userId: string;
        exchangeIndex: number;
        limit: Count;
        triggered: boolean;
        deleted: boolean;
      };
    };

/** How every line begins. A last line that does not is somebody else's text, and nothing to cut off. */
const LINE_START = '[{"t":"';

/** A state log that cannot be used. The message is complete for a person. */
export class StateError extends Error {}

/**
 * What an exchange must not forget when its process is killed: cash, positions, orders, fills, groups and used client
 * ids, as an append-only log of upserts. One line holds all rows of one write, so that a line cut short by the kill takes
 * away a whole step and never half of one; what it held was not answered either.
 */
export class Store {
  private readonly exchange: Exchange;
  private readonly file: number;
  private rows: StoredRow[] = [];

  /** Open the log, restore from it when it exists, and record from here on. @throws StateError */
  constructor(path: string, exchange: Exchange) {
    this.exchange = exchange;
    try {
      if (existsSync(path)) this.restore(path);
      this.file = openSync(path, 'a', 0o600);
    } catch (error) {
      if (error instanceof StateError) throw error;
      throw new StateError(`${path} cannot be used to keep the exchange's state: ${(error as Error).message}`);
    }
    exchange.listeners.push({
      delta: () => {},
      trade: () => {},
      fill: (fill) => {
        this.rows.push({ t: 'fill', v: fill });
        this.account(fill.userId, fill.ticker, fill.exchangeIndex);
        // The order belongs in the same line: the fill's frame leaves before the order's own event comes.
        this.order(exchange.orders.get(fill.orderId)!);
      },
      order: (order) => this.order(order),
      position: () => {},
      group: (group, event) => {
        const { groupId, userId, exchangeIndex, limit, triggered } = group;
        this.rows.push({
          t: 'group',
          v: { groupId, userId, exchangeIndex, limit, triggered, deleted: event === 'deleted' },
        });
      },
    });
  }

  /** Record an account's opening cash. */
  funded(userId: string, shard: number): void {
    this.rows.push({ t: 'cash', v: { userId, shard, cash: this.exchange.account(userId).cashOn(shard) } });
  }

  /** Write what happened since the last call. */
  flush(): void {
    if (this.rows.length === 0) return;
    const text = `${JSON.stringify(this.rows)}\n`;
    this.rows = [];
    writeFileSync(this.file, text);
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private order(order: ExchangeOrder): void {
    this.rows.push({ t: 'order', v: { ...order, feeCarry: { ...order.feeCarry } } });
  }

  private account(userId: string, ticker: string, shard: number): void {
    const account = this.exchange.account(userId);
    this.rows.push({ t: 'holding', v: { userId, ticker, ...account.holding(ticker) } });
    this.rows.push({ t: 'cash', v: { userId, shard, cash: account.cashOn(shard) } });
  }

  private restore(path: string): void {
    const bytes = readFileSync(path);
    // The process was killed while writing: what stands after the last line end was never answered.
    const whole = bytes.lastIndexOf('\n') + 1;
    const rest = bytes.subarray(whole, whole + LINE_START.length).toString('utf8');
    if (!LINE_START.startsWith(rest))
      throw foreign(path, whole === 0 ? 1 : bytes.subarray(0, whole).toString('utf8').split('\n').length);
    const lines = bytes.subarray(0, whole).toString('utf8').split('\n');
    for (const [i, line] of lines.entries()) {
      if (line === '') continue;
      try {
        for (const row of JSON.parse(line) as StoredRow[]) this.replay(row);
      } catch {
        throw foreign(path, i + 1);
      }
    }
    if (whole < bytes.length) truncateSync(path, whole);
    this.dropResting();
  }

  private replay(row: StoredRow): void {
    const { exchange } = this;
    if (row.t === 'order') {
      const { userId, clientOrderId } = row.v;
      exchange.orders.set(row.v.orderId, row.v);
      if (clientOrderId !== '') exchange.usedClientIds.add(clientKey(userId, clientOrderId));
    } else if (row.t === 'fill') exchange.fills.push(row.v);
    else if (row.t === 'cash') exchange.account(row.v.userId).cash.set(row.v.shard, money(row.v.cash));
    else if (row.t === 'holding') {
      const { userId, ticker, ...holding } = row.v;
      Object.assign(exchange.account(userId).holding(ticker), holding);
    } else if (row.t === 'group') {
      const { groupId, userId, exchangeIndex, limit, triggered, deleted } = row.v;
      const group = new OrderGroup(groupId, userId, exchangeIndex, limit);
      group.triggered = triggered;
      if (deleted) exchange.groups.delete(groupId);
      else exchange.addGroup(group);
    } else throw new Error('unknown row');
  }

  /** The book died with the process: what rested is gone, as when a market is reactivated. */
  private dropResting(): void {
    for (const order of this.exchange.orders.values()) {
      if (order.status !== 'resting') continue;
      order.status = 'canceled';
      order.remainingCount = 0 as Count;
      order.reason = 'HaltCancel';
      this.order(order);
    }
  }
}

function foreign(path: string, line: number): StateError {
  return new StateError(`${path}:${line}: not a line of an exchange state log; move the file away to start afresh`);
}

/** An account is known when the log named it. */
export function isKnown(exchange: Exchange, userId: string): boolean {
  return (exchange.accounts.get(userId)?.cash.size ?? 0) > 0;
}
