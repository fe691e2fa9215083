import type { TimeUs } from '../units/index.ts';
import type { Health } from './source.ts';

/** A file that is gone, or holds half a document, may be in the middle of being written: so long nothing is said. */
const GRACE_US = 1_000_000;

/** Tells a source's health of a fault only once it has lasted. */
export class Patience {
  private readonly health: Health;
  private readonly nowUs: () => TimeUs;
  private since = 0;

  constructor(health: Health, nowUs: () => TimeUs) {
    this.health = health;
    this.nowUs = nowUs;
  }

  /** A fault was told of, and it has lasted. */
  get isOver(): boolean {
    return this.since !== 0 && this.nowUs() - this.since >= GRACE_US;
  }

  worked(): void {
    this.since = 0;
    this.health.worked();
  }

  failed(why: string): void {
    if (this.since === 0) this.since = this.nowUs();
    if (this.isOver) this.health.failed(why);
  }
}
