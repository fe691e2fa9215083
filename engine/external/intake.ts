import type { TimeUs } from '../units/index.ts';
import type { Reading } from './gate.ts';

/** The same number again renews its age no more often than this. */
const RENEW_US = 250_000;

/**
 * Between the sources and the engine: lets in at most so many values a second, the newest of each name. Where there are
 * more, changed numbers go before those that are only newer, and of each kind who came first goes first.
 */
export class Intake {
  /** Values handed over, and values that a newer one of their name replaced while they waited. */
  entered = 0;
  replaced = 0;
  private readonly perSecond: number;
  private readonly deliver: (reading: Reading) => void;
  /** By name: what was handed over last, and the newest moment heard of. */
  private readonly last = new Map<string, Reading>();
  private readonly newest = new Map<string, TimeUs>();
  private readonly changed = new Map<string, Reading>();
  private readonly renewed = new Map<string, Reading>();
  private credit: number;
  private creditedAt: TimeUs;

  constructor(perSecond: number, deliver: (reading: Reading) => void, now: TimeUs) {
    this.perSecond = perSecond;
    this.deliver = deliver;
    this.credit = this.burst;
    this.creditedAt = now;
  }

  /** Values that wait for their turn. */
  get waiting(): number {
    return this.changed.size + this.renewed.size;
  }

  /** Take a value; it is handed over at once if there is room. */
  take(reading: Reading, now: TimeUs): void {
    const { name, value, at } = reading;
    const last = this.last.get(name);
    const waits = this.changed.get(name) ?? this.renewed.get(name);
    if (at < (this.newest.get(name) ?? 0)) return;
    this.newest.set(name, at);
    if (waits !== undefined) this.replaced++;
    if (last === undefined || value !== last.value) {
      this.renewed.delete(name);
      // Keeps the place of the one it replaces.
      this.changed.set(name, reading);
    } else {
      this.changed.delete(name);
      if (at - last.at >= RENEW_US) this.renewed.set(name, reading);
      else this.renewed.delete(name);
    }
    this.flush(now);
  }

  /** Hand over what waits, as far as the rate allows. */
  flush(now: TimeUs): void {
    if (this.waiting === 0) return;
    const earned = (Math.max(0, now - this.creditedAt) / 1e6) * this.perSecond;
    this.credit = Math.min(this.burst, this.credit + earned);
    this.creditedAt = now;
    for (const queue of [this.changed, this.renewed]) {
      for (const [name, reading] of queue) {
        if (this.credit < 1) return;
        this.credit--;
        this.entered++;
        queue.delete(name);
        this.last.set(name, reading);
        this.deliver(reading);
      }
    }
  }

  /** A tenth of a second's worth may come at once. */
  private get burst(): number {
    return Math.max(1, this.perSecond / 10);
  }
}
