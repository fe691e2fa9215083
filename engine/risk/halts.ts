import type { TimeUs } from '../units/index.ts';

/** Why quoting is off, for the whole engine or one market. Each is entered by a named cause and never left by itself. */
export type HaltCode = 'group_triggered' | 'position_mismatch' | 'cash_mismatch' | 'auth_refused' | 'session_loss';

/** A halt in force. */
export interface Halt {
  readonly code: HaltCode;
  /** Ticker of the one market it holds for, '' for all. */
  readonly market: string;
  /** The cause with its numbers, for a person. */
  readonly cause: string;
  /** What a person has to do to clear it. */
  readonly clears: string;
  readonly since: TimeUs;
}

/** The halts in force. The first cause of each code, and market, is kept: what followed is consequence. */
export class Halts {
  private readonly active = new Map<string, Halt>();
  private general = 0;

  /** Enter a halt. False when it was in force before. */
  raise(halt: Halt): boolean {
    const key = `${halt.code}/${halt.market}`;
    if (this.active.has(key)) return false;
    this.active.set(key, halt);
    if (halt.market === '') this.general++;
    return true;
  }

  /** Some halt of the whole engine is in force. */
  get any(): boolean {
    return this.general > 0;
  }

  /** The halt of this one market, if there is one. */
  of(market: string): Halt | undefined {
    // Empty on a good day: this is asked on every quote.
    if (this.active.size === 0) return undefined;
    for (const halt of this.active.values()) if (halt.market === market) return halt;
    return undefined;
  }

  list(): readonly Halt[] {
    return [...this.active.values()];
  }
}
