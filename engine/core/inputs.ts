import type { TimeUs } from '../units/index.ts';
import type { EngineConfig } from './config.ts';
import type { CommandAnswer } from './operator.ts';
import type { RequestOutcome } from './port.ts';

/**
 * What an operator can ask for. Levels are raised by number and left by resetting their causes, `CODE` or `CODE/MARKET`;
 * `panic` is level 4, `panic flatten` level 3 and then 4 (docs/levels.md).
 */
export type OperatorCommand =
  | 'stop'
  | 'pause'
  | 'resume'
  | 'panic'
  | 'panic flatten'
  | `level ${1 | 2 | 3 | 4}`
  | `reset ${string}`
  | LimitCommand;

/** Another limit for the order groups: `limit CONTRACTS`, or of one shard `limit CONTRACTS/SHARD`. */
export type LimitCommand = `limit ${string}`;

export function isLimitCommand(command: OperatorCommand): command is LimitCommand {
  return command.startsWith('limit ');
}

/**
 * What the session measures: how far the exchange's clock is ahead of this machine's, how long the event loop stood still,
 * and when the exchange's day began (Unix seconds).
 */
export type Gauge = 'clockSkewMs' | 'loopLagMs' | 'dayStart';

/**
 * Everything that can reach the core besides feed frames, as the journal writes it. Together with the frames and the
 * configuration these decide every action.
 */
export type EngineInput =
  | { readonly kind: 'link'; readonly up: boolean; readonly detail: string }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: RequestOutcome }
  | { readonly kind: 'timer' }
  | { readonly kind: 'command'; readonly command: OperatorCommand }
  | { readonly kind: 'slow'; readonly ticker: string; readonly tookUs: number }
  | { readonly kind: 'value'; readonly name: string; readonly value: number; readonly at: TimeUs }
  | { readonly kind: 'gauge'; readonly name: Gauge; readonly value: number };

/** First record of a session's journal. */
export interface SessionRecord {
  readonly version: string;
  readonly config: EngineConfig;
  /** Books are subscribed with `use_yes_price`. */
  readonly use_yes_price: boolean;
}

/** The core's inputs. Times never go back: a smaller one is taken as the last. */
export interface EngineInputs {
  /** A feed frame. The bytes are only read during the call. */
  onFrame(bytes: Uint8Array, time: TimeUs): void;
  /** The feed connection came up or went down. */
  onLink(up: boolean, detail: string, time: TimeUs): void;
  /** A request's one outcome. */
  onOutcome(id: number, outcome: RequestOutcome, time: TimeUs): void;
  /** Time passed. Expected every 10 to 50 ms. */
  onTimer(time: TimeUs): void;
  onCommand(command: OperatorCommand, time: TimeUs): CommandAnswer;
  /** A call into the strategy took longer than it is allowed: which market's, '' for all, and how long, microseconds. */
  onSlow(ticker: string, tookUs: number, time: TimeUs): void;
  /**
   * A number from outside, for strategies to read by its name. `at`: of what moment it is; left out, of now. One that is
   * older than the last of its name changes nothing.
   * @throws RangeError for what is not finite
   */
  onValue(name: string, value: number, time: TimeUs, at?: TimeUs): void;
  onGauge(name: Gauge, value: number, time: TimeUs): void;
}
