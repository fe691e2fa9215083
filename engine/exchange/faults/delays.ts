import type { TimeUs } from '../../units/index.ts';

/** How often a real timer looks whether the exchange's clock has reached what is due. */
const LOOK_MS = 1;

/**
 * Acts that are due at a time of the exchange's clock. A timer merely looks at that clock: turned by hand, nothing
 * happens before its hand has come round. What is due at the same moment keeps its order.
 */
export class Delays {
  private readonly now: () => TimeUs;
  private queue: { readonly dueUs: number; readonly act: () => void }[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(now: () => TimeUs) {
    this.now = now;
  }

  /** Do it in `delayMs`; at once when that is 0. */
  after(delayMs: number, act: () => void): void {
    if (delayMs <= 0) act();
    else this.inOrder(0, delayMs, act);
  }

  /** Do it in `delayMs`, but not before `earliestUs`. When it is due, us. */
  inOrder(earliestUs: number, delayMs: number, act: () => void): number {
    const dueUs = Math.max(earliestUs, this.now() + delayMs * 1000);
    let at = this.queue.length;
    while (at > 0 && this.queue[at - 1]!.dueUs > dueUs) at--;
    this.queue.splice(at, 0, { dueUs, act });
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
    return dueUs;
  }

  /** Do what is due by now. */
  look(): void {
    const now = this.now();
    while (this.queue.length > 0 && this.queue[0]!.dueUs <= now) this.queue.shift()!.act();
    if (this.queue.length === 0) this.stop();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.queue = [];
  }
}
