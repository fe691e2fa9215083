import { GROUP_RULES, type GroupRules } from './groups.ts';

/**
 * Points that Kalshi's documents leave open or describe in two ways, each with the reading we take by default. A user who
 * has seen the other one on the demo exchange can switch it. `docs/exchange.md` tells how to find out.
 */
export interface ExchangeRules extends GroupRules {
  /** A post-only create that would cross: refused with 400, or accepted and cancelled (reason `PostOnlyCrossCancel`). */
  readonly postOnlyCross: 'refuse' | 'cancel';
  /** A reduce-only create with nothing to reduce: accepted and cancelled (`ReduceOnlyCancel`), or refused with 400. */
  readonly reduceOnlyEmpty: 'cancel' | 'refuse';
  /** An amend that would meet an order of its own account: refused, or carried out up to that order and cancelled. */
  readonly amendSelfCross: 'refuse' | 'cancel';
  /** An amend of a post-only order to a price that crosses: it takes, or it is refused like a post-only create. */
  readonly amendPostOnly: 'take' | 'refuse';
  /** Admission asks for the fees an order can cost besides its collateral. */
  readonly reserveFees: boolean;
  /** A create that is refused uses up its client order id all the same. */
  readonly refusedUsesClientId: boolean;
  /** A create whose `exchange_index` is not its market's shard: refused with 404, or routed by its ticker. */
  readonly wrongShardCreate: 'refuse' | 'route';
  /** HTTP status of `trading_paused` and `exchange_paused`. */
  readonly pausedStatus: 400 | 403 | 409 | 503;
  /** A decrease during a trading pause: carried out as a cancel would be, or refused like an amend. */
  readonly pausedDecrease: 'allow' | 'refuse';
  /** Cancels and decreases in a market that is deactivated: refused like everything there, or carried out. */
  readonly inactiveCancel: 'refuse' | 'allow';
  /** `cancel_order_on_pause` takes effect at pauses of the exchange and deactivations of a market, or at the former only. */
  readonly pauseFlag: 'any' | 'exchange';
  /** The code of what is refused after a market's close. */
  readonly closedCode: 'market_inactive' | 'market_already_closed';
  /** Orders at prices a coarser grid does not have: cancelled, or the change of the grid is refused. */
  readonly coarserGrid: 'cancel' | 'refuse';
  /** Seconds (0 to 60) after a cancel-all in which new orders that rest are cancelled too; 0: none. */
  readonly cancelAllSeconds: number;
  /** Milliseconds that money is under way between shards, in no balance. */
  readonly transferMs: number;
  /** A decrease that names neither shard nor market looks on shard 0 only, as a cancel does, or finds its order. */
  readonly unroutedDecrease: 'shard0' | 'route';
  /** How long a quoter may take to confirm a quote that was accepted, milliseconds. */
  readonly quoteConfirmMs: number;
  /** From the confirmation of a quote to its execution, milliseconds. */
  readonly quoteExecuteMs: number;
  /** The print of an executed quote is flagged as a block trade: it never touched the book. */
  readonly quotePrintsAsBlock: boolean;
}

/** What a rule may be set to: words, switches and statuses by name, numbers by their bounds. */
export type RuleChoice = readonly (string | number | boolean)[] | { readonly least: number; readonly most: number };

const SWITCH = [true, false];
const DAY_MS = 86_400_000;

/** The choices of every rule. */
export const RULE_CHOICES: { readonly [K in keyof ExchangeRules]: RuleChoice } = {
  triggerAtLimit: SWITCH,
  countTakerFills: SWITCH,
  autoCancelEnabled: ['armed', 'always'],
  postOnlyCross: ['refuse', 'cancel'],
  reduceOnlyEmpty: ['cancel', 'refuse'],
  amendSelfCross: ['refuse', 'cancel'],
  amendPostOnly: ['take', 'refuse'],
  reserveFees: SWITCH,
  refusedUsesClientId: SWITCH,
  wrongShardCreate: ['refuse', 'route'],
  pausedStatus: [400, 403, 409, 503],
  pausedDecrease: ['allow', 'refuse'],
  inactiveCancel: ['refuse', 'allow'],
  pauseFlag: ['any', 'exchange'],
  closedCode: ['market_inactive', 'market_already_closed'],
  coarserGrid: ['cancel', 'refuse'],
  cancelAllSeconds: { least: 0, most: 60 },
  transferMs: { least: 0, most: DAY_MS },
  unroutedDecrease: ['shard0', 'route'],
  quoteConfirmMs: { least: 0, most: DAY_MS },
  quoteExecuteMs: { least: 0, most: DAY_MS },
  quotePrintsAsBlock: SWITCH,
};

export const EXCHANGE_RULES: ExchangeRules = {
  ...GROUP_RULES,
  postOnlyCross: 'refuse',
  reduceOnlyEmpty: 'cancel',
  amendSelfCross: 'refuse',
  amendPostOnly: 'take',
  reserveFees: true,
  refusedUsesClientId: false,
  wrongShardCreate: 'refuse',
  pausedStatus: 400,
  pausedDecrease: 'allow',
  inactiveCancel: 'refuse',
  pauseFlag: 'any',
  closedCode: 'market_inactive',
  coarserGrid: 'cancel',
  cancelAllSeconds: 0,
  transferMs: 0,
  unroutedDecrease: 'shard0',
  quoteConfirmMs: 30_000,
  quoteExecuteMs: 15_000,
  quotePrintsAsBlock: true,
};
