import type { Delays } from './delays.ts';
import type { FrameFate } from './injector.ts';

interface Held {
  readonly text: string;
  /** Frames still to pass before it. */
  after: number;
}

/** One connection's frames on their way out, with what befalls them. */
export class FrameLine {
  private readonly delays: Delays;
  private readonly out: (text: string) => void;
  private readonly held: Held[] = [];
  /** Delayed frames, and those that wait behind them. */
  private waiting = 0;
  /** When the last of them is due, us. */
  private lastUs = 0;

  constructor(delays: Delays, out: (text: string) => void) {
    this.delays = delays;
    this.out = out;
  }

  send(text: string, fate: FrameFate | null): void {
    if (fate?.kind === 'drop') return;
    if (fate?.kind === 'reorder') {
      this.held.push({ text, after: fate.by });
      return;
    }
    if (fate?.kind === 'delay') this.behind(text, fate.delayMs);
    else this.pass(text);
    if (fate?.kind === 'duplicate') this.pass(text);
  }

  private pass(text: string): void {
    if (this.waiting > 0) this.behind(text, 0);
    else this.leave(text);
  }

  /** A stream keeps its order: nothing overtakes what is delayed. */
  private behind(text: string, delayMs: number): void {
    this.waiting++;
    this.lastUs = this.delays.inOrder(this.lastUs, delayMs, () => {
      this.waiting--;
      this.leave(text);
    });
  }

  private leave(text: string): void {
    this.out(text);
    for (const held of [...this.held]) {
      if (--held.after > 0) continue;
      this.held.splice(this.held.indexOf(held), 1);
      this.out(held.text);
    }
  }
}
