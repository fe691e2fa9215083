import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import type { Count } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import { orderRow, replayRow, rowOf, rowsOf, type StoredRow } from './rows.ts';

/** How every line begins. A last line that does not is somebody else's text, and nothing to cut off. */
const LINE_START = '[{"t":"';

/** A state log that cannot be used. The message is complete for a person. */
export class StateError extends Error {}

/**
 * What an exchange must not forget when its process is killed, from cash to the state of its markets, as an append-only
 * log of upserts. One line holds all rows of one write, so that a line cut short by the kill takes
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
    exchange.listeners.push(rowsOf(exchange, (row) => this.rows.push(row)));
  }

  /** Record an account's opening cash. */
  funded(userId: string, shard: number): void {
    this.rows.push(rowOf({ what: 'cash', account: this.exchange.account(userId), shard }));
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
        for (const row of JSON.parse(line) as StoredRow[]) replayRow(this.exchange, row);
      } catch {
        throw foreign(path, i + 1);
      }
    }
    if (whole < bytes.length) truncateSync(path, whole);
    this.dropResting();
  }

  /** The book died with the process: what rested is gone, as when a market is reactivated. */
  private dropResting(): void {
    for (const order of this.exchange.orders.values()) {
      if (order.status !== 'resting') continue;
      order.status = 'canceled';
      order.remainingCount = 0 as Count;
      order.reason = 'HaltCancel';
      this.rows.push(orderRow(order));
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
