/**
 * How far quoting is restricted: 0 normal, 1 only what reduces a position, 2 nothing rests, 3 nothing rests and positions
 * are closed, 4 everything is pulled and the process ends, and no start follows before a person acknowledged it.
 */
export type KillLevel = 0 | 1 | 2 | 3 | 4;

/** The levels' names, by number. */
export const LEVEL_NAMES = ['normal', 'reduce only', 'cancel all', 'flatten', 'off'] as const;

/**
 * How a cause is left. `timed`: by itself, some time after it last held (level 1 only, never after a loss). `reset`: by an
 * operator, and only while it does not hold any more. `restart`: what is known of the session is in question, or a person
 * has to change something first. `latch`: not within the session; the next start wants a file removed.
 */
export type Leaving = 'timed' | 'reset' | 'restart' | 'latch';

export interface CauseInfo {
  readonly level: KillLevel;
  readonly leaving: Leaving;
  /** Money was lost: nothing but a person may decide to go on. */
  readonly isLoss: boolean;
  /** What has to happen, for a person. */
  readonly clears: string;
}

const cause = (level: KillLevel, leaving: Leaving, clears: string, isLoss = false): CauseInfo => ({
  level,
  leaving,
  isLoss,
  clears,
});

/** Every cause of a level: which level, how it is left, what a person has to do (docs/levels.md). */
export const CAUSES = {
  // Level 0: quoting goes on at half size.
  soft_loss: cause(0, 'reset', 'a smaller loss of the day (the next one begins at nothing), then reset it', true),
  fill_rate: cause(1, 'timed', 'fills coming in as usual'),
  pick_off: cause(1, 'timed', 'time without being picked off'),
  reject_ratio: cause(1, 'timed', 'writes that are accepted'),
  stale_feed: cause(1, 'timed', 'a feed that stays up'),
  clock_skew: cause(1, 'timed', "this machine's clock set right"),
  loop_stall: cause(1, 'timed', 'an event loop that keeps up'),
  operator_reduce_only: cause(1, 'reset', 'the operator who set it resets it'),
  daily_loss: cause(2, 'reset', 'the next exchange day, or a higher limit and a restart; then reset it', true),
  drawdown: cause(2, 'reset', 'decide about the loss, then reset it: it is measured anew from there', true),
  session_loss: cause(2, 'restart', 'decide about the loss, then restart the daemon', true),
  group_triggered: cause(2, 'reset', 'find out why, then reset it: the order group is reset with it'),
  position_mismatch: cause(2, 'restart', 'compare the fills on both sides, then restart the daemon'),
  cash_mismatch: cause(2, 'restart', 'find the cause, then restart the daemon'),
  auth_refused: cause(2, 'restart', 'check the key id, the key file and the clock, then restart the daemon'),
  operator_cancel_all: cause(2, 'reset', 'the operator who set it resets it'),
  operator_flatten: cause(3, 'reset', 'the operator who set it resets it, once the positions are closed or given up'),
  panic: cause(4, 'latch', 'find out why, then remove the latch (hundred resume --acknowledge) and start again'),
} as const satisfies Readonly<Record<string, CauseInfo>>;

export type HaltCode = keyof typeof CAUSES;

/** True for a code of the table. */
export function isHaltCode(code: string): code is HaltCode {
  return Object.hasOwn(CAUSES, code);
}
