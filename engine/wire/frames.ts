import type { Count, Money, Price, TimeUs } from '../units/index.ts';
import type { FillRecord, OrderRecord } from './records.ts';

/**
 * What a frame turned out to be. `Garbage`: not a JSON message of this protocol. `Malformed`: a known type with a field
 * of the wrong type or range (never applied). `Other`: a type we do not act on; counted so that drift is seen.
 */
export const Frame = {
  Garbage: 0,
  Malformed: 1,
  Delta: 2,
  Snapshot: 3,
  Trade: 4,
  Subscribed: 5,
  Unsubscribed: 6,
  Ok: 7,
  Error: 8,
  Ticker: 9,
  Fill: 10,
  UserOrder: 11,
  Position: 12,
  Group: 13,
  Lifecycle: 14,
  Other: 15,
} as const;
export type FrameKind = (typeof Frame)[keyof typeof Frame];

/** The word for a kind in reports, by number. */
export const FRAME_NAMES: readonly string[] = Object.keys(Frame).map((name) => name.toLowerCase());

/** One side of a snapshot: price, count, price, count, ... in YES space. */
export type FlatLevels = readonly number[];

/** A whole book. Both sides in YES space: `bids` from YES bids, `asks` from NO bids at the complement. */
export interface SnapshotMessage {
  readonly bids: FlatLevels;
  readonly asks: FlatLevels;
}

export interface SubscribedMessage {
  readonly channel: string;
}

export interface OkMessage {
  /** Markets now on the subscription, where the reply lists them. */
  readonly tickers: readonly string[];
}

/** An `error` reply. Codes 10 and 25 end the subscription they name. */
export interface ErrorMessage {
  readonly code: number;
  readonly text: string;
}

export interface TickerMessage {
  readonly lastPrice: Price;
}

export interface PositionMessage {
  readonly position: Count;
  readonly feesPaid: Money;
  readonly realizedPnl: Money;
}

export interface GroupMessage {
  /** `created`, `triggered`, `reset`, `deleted`, `limit_updated`, or a word we do not know. */
  readonly event: string;
  readonly groupId: string;
  readonly time: TimeUs;
}

export interface LifecycleMessage {
  /** `created`, `activated`, `deactivated`, `close_date_updated`, `determined`, `settled`, ... */
  readonly event: string;
  readonly ticker: string;
  /** New close for `close_date_updated`, else 0. */
  readonly closeTime: TimeUs;
  /** Settlement value of YES for `determined`, else 0. */
  readonly settlementPrice: Price;
}

/** The body of a frame that is not a delta or a trade. */
export type FrameDetail =
  | SnapshotMessage
  | SubscribedMessage
  | OkMessage
  | ErrorMessage
  | TickerMessage
  | PositionMessage
  | GroupMessage
  | LifecycleMessage
  | FillRecord
  | OrderRecord;
