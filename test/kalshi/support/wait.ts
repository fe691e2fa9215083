import { setImmediate as turn } from 'node:timers/promises';

/** A list that can be waited on: `at(n)` resolves with the n-th item once it is there. */
export class Log<T> {
  readonly items: T[] = [];
  private waiters: { readonly index: number; readonly resolve: (item: T) => void }[] = [];

  add(item: T): void {
    this.items.push(item);
    const due = this.waiters.filter((waiter) => waiter.index < this.items.length);
    this.waiters = this.waiters.filter((waiter) => waiter.index >= this.items.length);
    for (const waiter of due) waiter.resolve(this.items[waiter.index]!);
  }

  at(index: number): Promise<T> {
    const item = this.items[index];
    if (index < this.items.length) return Promise.resolve(item as T);
    return new Promise((resolve) => this.waiters.push({ index, resolve }));
  }
}

/** Let the event loop turn until `done` holds (the test runner's time limit is the only other way out). */
export async function until(done: () => boolean): Promise<void> {
  while (!done()) await turn();
}

/** Let everything that is on its way arrive. */
export async function settle(turns = 20): Promise<void> {
  for (let n = 0; n < turns; n++) await turn();
}
