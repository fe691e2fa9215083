import type {
  BudgetView,
  ParamValue,
  QueueTerms,
  Replace,
  ScheduleTerms,
  Tolerance,
  ValueTerms,
} from '../quoting/index.ts';
import type { CalendarTerms, GroupPolicy, LevelTerms, RiskLimits } from '../risk/index.ts';
import type { Count, Money } from '../units/index.ts';

/** Everything that decides what the core does, apart from its inputs. Plain data: it is the journal's first record. */
export interface EngineConfig {
  /** Unique per session, lower-case letters and digits; part of every client order id. */
  readonly sessionId: string;
  /** Start of every client order id of this engine, by which leftovers are found after a crash. */
  readonly clientPrefix: string;
  /** The subaccount all of it happens in, 0 to 63; 0 is the main one. What others hold and fill is none of ours. */
  readonly subaccount: number;
  readonly tickers: readonly string[];
  /** Markets that the strategy has failed on in an earlier life of this session, and how, '' being all of them: given up from the start. */
  readonly givenUp?: Readonly<Record<string, string>>;
  /** Orders of an earlier session that still rest: cancelled before the first quote, or taken over as our own. */
  readonly leftovers: 'cancel' | 'adopt';
  readonly strategy: { readonly name: string; readonly params: Readonly<Record<string, ParamValue>> };
  readonly risk: RiskLimits;
  /** What follows when a shard's cash is not what our trades make it: a warning, or a halt. */
  readonly cashMismatch: 'warn' | 'halt';
  /** Loss since the session's start at which quoting halts. */
  readonly maxSessionLoss: Money;
  /** When the other levels are entered; what is left out is `LEVEL_DEFAULTS`. */
  readonly levels?: Partial<LevelTerms>;
  /** Contracts that may fill in a rolling 15 s before the exchange pulls everything (one group per shard). */
  readonly groupLimit: Count;
  readonly groups: GroupPolicy;
  readonly tolerance: Tolerance;
  /** How an order that has to move is moved: by one amend, or by a cancel and, once that is answered, a create. */
  readonly replace: Replace;
  /** Orders expire at the exchange after at most this long, milliseconds, and are renewed before; 0 or left out: never. */
  readonly expireMs?: number;
  /** How places in queues are estimated, and how often the exchange is asked for them (0: never). */
  readonly queue?: QueueTerms & { readonly pollMs: number };
  /** Quote a side although the other side of the book is empty. */
  readonly quoteOneSided: boolean;
  /** The jump of the fair value, in ticks, that what stale quotes would lose is reckoned for. */
  readonly staleTicks: number;
  /** Stop quoting a market this long before its scheduled close. */
  readonly closeGuardMs: number;
  /** Windows in which markets are not quoted as usual, and what is read of the exchange's own hours; none: neither. */
  readonly calendar?: CalendarTerms;
  readonly budget: {
    /** Share of the account's token refill this engine uses, 0..1. */
    readonly share: number;
    /** Difference in travel time between two requests to allow for. */
    readonly jitterMs: number;
    /** Write tokens kept back for cancels and the group trigger. */
    readonly reserve: number;
    /** Most orders in one batch. */
    readonly maxBatch: number;
    /** Requests for one order on a shard from 1 on are billed to that shard's own bucket. */
    readonly shardBuckets: boolean;
    /** How the account's write limits are read. */
    readonly view: BudgetView;
  };
  /** How write tokens are given out between everything that is wanted at once. */
  readonly scheduler: ScheduleTerms & ValueTerms;
  readonly timing: {
    /** After this a request's outcome is unknown. */
    readonly requestTimeoutMs: number;
    /** Wait before a failed read is repeated. */
    readonly retryMs: number;
    /** A gap's snapshot is awaited this long before resubscribing, and a resubscription before reconnecting. */
    readonly snapshotTimeoutMs: number;
    readonly resubscribeTimeoutMs: number;
    /** A market we quote and that is silent for this long has its book read and compared. */
    readonly quietCheckMs: number;
    /** How often an order in unknown state is asked for, and how old it must be before its absence is believed. */
    readonly unknownAskMs: number;
    readonly unknownMinAgeMs: number;
    /** Reads in a row that must miss an order before it is believed absent. */
    readonly absentReads: number;
    /** How long fills may lag behind what order messages report before they are fetched. */
    readonly missingFillMs: number;
    /** Period of the full comparison with the exchange. */
    readonly reconcileMs: number;
    /** A side whose create was refused is left alone this long. */
    readonly refusedHoldMs: number;
    /** Stopping gives up after this. */
    readonly stopTimeoutMs: number;
  };
  /** Balance precision the account's fees are rounded with, micro-dollars: 100 direct, 10,000 through a broker. */
  readonly feePrecision: number;
}
