import type { TimeUs } from '../units/index.ts';

/** Why quoting is off, for the whole engine. Each is entered by a named cause and never left by itself. */
export type HaltCode = 'group_triggered' | 'position_mismatch' | 'auth_refused' | 'session_loss';

/** A halt in force. */
export interface Halt {
  readonly code: HaltCode;
  /** The cause with its numbers, for a person. */
  readonly cause: string;
  /** What a person has to do to clear it. */
  readonly clears: string;
  readonly since: TimeUs;
}

/** The halts in force. The first cause of each code is kept: what followed is consequence. */
export class Halts {
  private readonly active = new Map<HaltCode, Halt>();

  /** Enter a halt. False when it was in force before. */
  raise(halt: Halt): boolean {
    if (this.active.has(halt.code)) return false;
    this.active.set(halt.code, halt);
    return true;
  }

  get any(): boolean {
    return this.active.size > 0;
  }

  list(): readonly Halt[] {
    return [...this.active.values()];
  }
}
