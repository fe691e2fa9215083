import type { Count, Money, Price, TimeUs } from '../units/index.ts';
import type { QuoteAccepted, QuoteCreated, QuoteExecuted, RfqMessage } from './communications.ts';
import type { EventFeeMessage, EventLifecycleMessage, LifecycleMessage } from './lifecycle.ts';
import type { FillRecord, OrderRecord } from './records.ts';
import type { IndexListMessage, IndexMessage } from './references.ts';

/**
 * What a frame turned out to be. `Garbage`: not a JSON message of this protocol. `Malformed`: a known type with a field
 * of the wrong type or range (never applied). `Other`: a type this decoder does not know; counted so that drift is seen.
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
  MultivariateLifecycle: 16,
  EventLifecycle: 17,
  EventFee: 18,
  RfqCreated: 19,
  RfqDeleted: 20,
  QuoteCreated: 21,
  QuoteAccepted: 22,
  QuoteExecuted: 23,
  CfValue: 24,
  CfValue5hz: 25,
  PythValue: 26,
  CfIndexList: 27,
  Cf5hzIndexList: 28,
  PythList: 29,
} as const;
export type FrameKind = (typeof Frame)[keyof typeof Frame];

/** The exchange's own word for each kind, by number; words of ours where it has none. */
export const FRAME_NAMES: readonly string[] = [
  'garbage',
  'malformed',
  'orderbook_delta',
  'orderbook_snapshot',
  'trade',
  'subscribed',
  'unsubscribed',
  'ok',
  'error',
  'ticker',
  'fill',
  'user_order',
  'market_position',
  'order_group_updates',
  'market_lifecycle_v2',
  'other',
  'multivariate_market_lifecycle',
  'event_lifecycle',
  'event_fee_update',
  'rfq_created',
  'rfq_deleted',
  'quote_created',
  'quote_accepted',
  'quote_executed',
  'cfbenchmarks_value',
  'cfbenchmarks_value_5hz',
  'pyth_value',
  'cfbenchmarks_value_indexlist',
  'cfbenchmarks_value_5hz_indexlist',
  'pyth_value_underlying_list',
];

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

/** An `ok` reply: what the subscription covers after an update, or the list of subscriptions. */
export interface OkMessage {
  /** Markets now on the subscription, where the reply lists them. */
  readonly tickers: readonly string[];
  readonly marketIds: readonly string[];
  readonly indexIds: readonly string[];
  readonly underlyings: readonly string[];
  /** Every subscription of the connection: the answer to `list_subscriptions`; null in other replies. */
  readonly subscriptions: readonly { readonly channel: string; readonly sid: number }[] | null;
}

/** An `error` reply. */
export interface ErrorMessage {
  readonly code: number;
  /** Our name for the code, `unknown_<code>` for one that is not documented. */
  readonly name: string;
  /** The subscription it names is dead: only a new one brings its frames back. */
  readonly terminal: boolean;
  readonly text: string;
  /** Markets it is about, where it says so. */
  readonly tickers: readonly string[];
}

/** The public top of a market. Prices and counts are null where the frame leaves them out. */
export interface TickerMessage {
  /** Last traded price; 0 where there was no trade yet. */
  readonly lastPrice: Price | null;
  /** Best prices, YES space; 0 (bid) and one dollar (ask) stand for an empty side. */
  readonly bidPrice: Price | null;
  readonly askPrice: Price | null;
  readonly bidSize: Count | null;
  readonly askSize: Count | null;
  readonly lastSize: Count | null;
  readonly volume: Count | null;
  readonly openInterest: Count | null;
  /** Whole dollars, as the exchange rounds them. */
  readonly dollarVolume: number | null;
  readonly dollarOpenInterest: number | null;
  readonly time: TimeUs;
}

export interface PositionMessage {
  readonly position: Count;
  readonly feesPaid: Money;
  readonly realizedPnl: Money;
  /** What the position cost, and its fees; null where not said. */
  readonly cost: Money | null;
  readonly feeCost: Money | null;
  /** Contracts ever traded; null where not said. */
  readonly volume: Count | null;
  readonly subaccount: number;
}

export interface GroupMessage {
  /** `created`, `triggered`, `reset`, `deleted`, `limit_updated`, or a word we do not know. */
  readonly event: string;
  readonly groupId: string;
  /** The contracts limit in force; null where the event does not tell it. */
  readonly limit: Count | null;
  readonly time: TimeUs;
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
  | EventLifecycleMessage
  | EventFeeMessage
  | RfqMessage
  | QuoteCreated
  | QuoteAccepted
  | QuoteExecuted
  | IndexMessage
  | IndexListMessage
  | FillRecord
  | OrderRecord;
