import type { TimeUs } from '../../units/index.ts';
import { Exchange } from '../exchange.ts';
import type { ExchangeOrder } from '../order.ts';
import { orderRow, replayRow, rowOf, rowsOf, type StoredRow } from '../rows.ts';

interface Change {
  readonly timeUs: number;
  readonly row: StoredRow;
}

/** What is told of accounts. The rest is the exchange's own and does not lag. */
const SHOWN = ['order', 'fill', 'cash', 'holding', 'netting', 'settlement', 'shardTransfer', 'subaccountTransfer'];

/**
 * Accounts as the exchange's query service shows them: orders, fills, cash, positions, settlements and transfers as they
 * were `lagMs` ago. Books and markets are the exchange's own. Its clock is the time it shows.
 */
export class ReadReplica extends Exchange {
  private readonly source: Exchange;
  private changes: Change[] = [];

  constructor(source: Exchange, lagMs: number) {
    super({
      now: () => (source.now() - lagMs * 1000) as TimeUs,
      newId: () => {
        throw new Error('a replica places no orders');
      },
      precision: source.precision,
      rules: source.rules,
    });
    this.source = source;
    for (const row of accountsNow(source)) replayRow(this, row);
    source.listeners.push(rowsOf(source, (row) => this.later(row)));
  }

  override restingOf(userId: string, subaccount: number | null = null): ExchangeOrder[] {
    return [...this.orders.values()].filter(
      (o) => o.userId === userId && o.status === 'resting' && (subaccount === null || o.subaccount === subaccount),
    );
  }

  /** What is due falls due in the exchange, and is shown when it has come of age. */
  override tick(): void {
    this.catchUp();
  }

  /** Let what has come of age be seen. Call before reading. */
  catchUp(): void {
    for (const [ticker, market] of this.source.markets) this.markets.set(ticker, market);
    const now = this.now();
    let n = 0;
    while (n < this.changes.length && this.changes[n]!.timeUs <= now) replayRow(this, this.changes[n++]!.row);
    if (n > 0) this.changes = this.changes.slice(n);
  }

  private later(row: StoredRow): void {
    if (!SHOWN.includes(row.t)) return;
    this.changes.push({ timeUs: this.source.now(), row });
    // What nobody reads must not pile up.
    if (this.changes.length % 1024 === 0) this.catchUp();
  }
}

/** All that is known of accounts, as rows. */
function accountsNow(source: Exchange): StoredRow[] {
  const rows: StoredRow[] = [];
  for (const order of source.orders.values()) rows.push(orderRow(order));
  for (const fill of source.fills) rows.push({ t: 'fill', v: fill });
  for (const account of source.accounts.values()) {
    for (const shard of account.cash.keys()) rows.push(rowOf({ what: 'cash', account, shard }));
    for (const ticker of account.holdings.keys()) rows.push(rowOf({ what: 'holding', account, ticker }));
    rows.push(rowOf({ what: 'netting', account }));
  }
  for (const settlement of source.settlements) rows.push(rowOf({ what: 'settlement', settlement }));
  for (const transfer of source.transfers.betweenShards) rows.push(rowOf({ what: 'shardTransfer', transfer }));
  for (const transfer of source.transfers.betweenSubaccounts)
    rows.push(rowOf({ what: 'subaccountTransfer', transfer }));
  return rows;
}
