import type { Money, TimeUs } from '../../units/index.ts';
import { Exchange } from '../exchange.ts';
import type { ExchangeOrder } from '../order.ts';

interface Change {
  readonly timeUs: number;
  readonly apply: () => void;
}

/**
 * Accounts as the exchange's query service shows them: orders, fills, cash and positions as they were `lagMs` ago. Books
 * and markets are the exchange's own. Its clock is the time it shows.
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
      rules: source.rules,
    });
    this.source = source;
    for (const order of source.orders.values()) this.orders.set(order.orderId, { ...order });
    this.fills.push(...source.fills);
    for (const userId of source.accounts.keys()) this.accountNow(userId)();
    source.listeners.push({
      delta: () => {},
      trade: () => {},
      fill: (fill) => {
        this.record(() => this.fills.push(fill));
        this.record(this.accountNow(fill.userId));
      },
      order: (order) => {
        const copy = { ...order };
        this.record(() => this.orders.set(copy.orderId, copy));
      },
      position: (userId) => this.record(this.accountNow(userId)),
      group: () => {},
    });
  }

  override restingOf(userId: string): ExchangeOrder[] {
    return [...this.orders.values()].filter((o) => o.userId === userId && o.status === 'resting');
  }

  /** Let what has come of age be seen. Call before reading. */
  catchUp(): void {
    for (const [ticker, market] of this.source.markets) this.markets.set(ticker, market);
    const now = this.now();
    let n = 0;
    while (n < this.changes.length && this.changes[n]!.timeUs <= now) this.changes[n++]!.apply();
    if (n > 0) this.changes = this.changes.slice(n);
  }

  private record(apply: () => void): void {
    this.changes.push({ timeUs: this.source.now(), apply });
    // What nobody reads must not pile up.
    if (this.changes.length % 1024 === 0) this.catchUp();
  }

  /** A user's cash and holdings as they are now, to be shown later. */
  private accountNow(userId: string): () => void {
    const { cash, holdings } = this.source.account(userId);
    const coins: readonly (readonly [number, Money])[] = [...cash];
    const held = [...holdings].map(([ticker, holding]) => [ticker, { ...holding }] as const);
    return () => {
      const shown = this.account(userId);
      for (const [shard, amount] of coins) shown.cash.set(shard, amount);
      for (const [ticker, holding] of held) shown.holdings.set(ticker, holding);
    };
  }
}
