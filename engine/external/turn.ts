import type { TimeUs } from '../units/index.ts';
import type { Health } from './source.ts';

/** A read that takes this long is told of: a file on a network drive may hang for ever. */
const HANG_US = 10_000_000;

/** One read at a time, begun no more often than every so many milliseconds. */
export class Turn {
  private readonly everyUs: number;
  private readonly health: Health;
  private dueAt = 0;
  private beganAt = 0;
  private isBusy = false;

  constructor(everyMs: number, health: Health) {
    this.everyUs = everyMs * 1000;
    this.health = health;
  }

  /** Do it if it is due. What it throws is the caller's. */
  async take(now: TimeUs, act: () => Promise<void>): Promise<void> {
    if (this.isBusy) {
      if (now - this.beganAt >= HANG_US && this.health.trouble === '')
        this.health.failed(`has not been read for ${HANG_US / 1e6} s: whatever it is on hangs`);
      return;
    }
    if (now < this.dueAt) return;
    this.isBusy = true;
    this.beganAt = now;
    this.dueAt = now + this.everyUs;
    try {
      await act();
    } finally {
      this.isBusy = false;
    }
  }
}
