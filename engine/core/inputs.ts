import type { TimeUs } from '../units/index.ts';
import type { EngineConfig } from './config.ts';
import type { RequestOutcome } from './port.ts';

/** What an operator can ask for. */
export type OperatorCommand = 'stop' | 'pause' | 'resume';

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
  | { readonly kind: 'value'; readonly name: string; readonly value: number; readonly at: TimeUs };

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
  onCommand(command: OperatorCommand, time: TimeUs): void;
  /** A call into the strategy took longer than it is allowed: which market's, '' for all, and how long, microseconds. */
  onSlow(ticker: string, tookUs: number, time: TimeUs): void;
  /**
   * A number from outside, for strategies to read by its name. `at`: of what moment it is; left out, of now. One that is
   * older than the last of its name changes nothing.
   * @throws RangeError for what is not finite
   */
  onValue(name: string, value: number, time: TimeUs, at?: TimeUs): void;
}
