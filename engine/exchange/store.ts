import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Count, Money } from '../units/index.ts';
import { Account } from './account.ts';
import type { Exchange } from './exchange.ts';
import { OrderGroup } from './groups.ts';
import type { ExchangeFill, ExchangeOrder } from './order.ts';

type StoredRow =
  | { readonly t: 'order'; readonly v: ExchangeOrder }
  | { readonly t: 'fill'; readonly v: ExchangeFill }
  | { readonly t: 'cash'; readonly v: { userId: string; shard: number; cash: Money } }
  | {
      readonly t: 'holding';
      readonly v: { userId: string; ticker: string; position: Count; feesPaid: Money; traded: Money; cashFlow: Money };
    }
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

/**
 * What an exchange must not forget when its process is killed: cash, positions, orders, fills, groups and used client
 * ids, as an append-only log of upserts. Rows of one event-loop turn are written together, synchronously, before the
 * turn's answers leave.
 */
export class Store {
  private readonly exchange: Exchange;
  private readonly file: number;
  private rows: StoredRow[] = [];

  /** Open the log, restore from it when it exists, and record from here on. @throws Error naming a broken line */
  constructor(path: string, exchange: Exchange) {
    this.exchange = exchange;
    if (existsSync(path)) this.restore(path);
    this.file = openSync(path, 'a', 0o600);
    exchange.listeners.push({
      delta: () => {},
      trade: () => {},
      fill: (fill) => {
        this.rows.push({ t: 'fill', v: fill });
        this.account(fill.userId, fill.ticker, fill.exchangeIndex);
      },
      order: (order) => this.rows.push({ t: 'order', v: { ...order } }),
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
    const text = this.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    this.rows = [];
    writeSync(this.file, text);
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private account(userId: string, ticker: string, shard: number): void {
    const account = this.exchange.account(userId);
    this.rows.push({ t: 'holding', v: { userId, ticker, ...account.holding(ticker) } });
    this.rows.push({ t: 'cash', v: { userId, shard, cash: account.cashOn(shard) } });
  }

  private restore(path: string): void {
    const lines = readFileSync(path, 'utf8').split('\n');
    for (const [i, line] of lines.entries()) {
      if (line === '') continue;
      let row: StoredRow;
      try {
        row = JSON.parse(line) as StoredRow;
      } catch {
        // The process was killed while writing: the last line may be cut, none before it.
        if (i >= lines.length - 2) break;
        throw new Error(`${path}:${i + 1}: not a row of an exchange state log; move the file away to start afresh`);
      }
      this.replay(row);
    }
    this.dropResting();
  }

  private replay(row: StoredRow): void {
    const { exchange } = this;
    if (row.t === 'order') {
      const { userId, clientOrderId } = row.v;
      exchange.orders.set(row.v.orderId, row.v);
      if (clientOrderId !== '') exchange.usedClientIds.add(`${userId}/${clientOrderId}`);
    } else if (row.t === 'fill') exchange.fills.push(row.v);
    else if (row.t === 'cash') exchange.account(row.v.userId).cash.set(row.v.shard, row.v.cash);
    else if (row.t === 'holding') {
      const { userId, ticker, position, feesPaid, traded, cashFlow } = row.v;
      Object.assign(exchange.account(userId).holding(ticker), { position, feesPaid, traded, cashFlow });
    } else {
      const { groupId, userId, exchangeIndex, limit, triggered, deleted } = row.v;
      const group = new OrderGroup(groupId, userId, exchangeIndex, limit);
      group.triggered = triggered;
      if (deleted) exchange.groups.delete(groupId);
      else exchange.addGroup(group);
    }
  }

  /** The book died with the process: what rested is gone, as when a market is reactivated. */
  private dropResting(): void {
    for (const order of this.exchange.orders.values()) {
      if (order.status !== 'resting') continue;
      order.status = 'canceled';
      order.remainingCount = 0 as Count;
      order.reason = 'HaltCancel';
      this.rows.push({ t: 'order', v: { ...order } });
    }
  }
}

/** An account is known when the log named it. */
export function isKnown(exchange: Exchange, userId: string): boolean {
  return exchange.accounts.get(userId) instanceof Account && exchange.account(userId).cash.size > 0;
}
