/** What a reason means, and what ends it. */
export interface ReasonInfo {
  readonly about: string;
  /** What has to happen, in words; the numbers come with each case. */
  readonly clears: string;
  /** What its numbers count; '' where there is nothing to count. */
  readonly unit: '' | 'seconds' | 'contracts' | 'cents' | 'dollars' | 'tokens' | 'values' | 'answers';
  /** How the number has to stand to the one that clears it. */
  readonly must: '' | 'above' | 'below' | 'at least' | 'at most';
}

const plain = (about: string, clears: string): ReasonInfo => ({ about, clears, unit: '', must: '' });

/**
 * Why a side of a market is not quoted, and what would clear it. Every side of every market has one at all times;
 * `quoting` means it is. In the order in which the engine looks; strategies give the last group.
 */
export const REASONS = {
  quoting: plain('what is wanted rests or is on its way', ''),
  stopping: plain('the session is ending', 'a new session'),
  halted: plain('a limit was reached or something is wrong: level 2 or higher', 'what its cause says'),
  link_down: {
    about: 'the feed is not connected',
    clears: 'a connection; it is tried without end',
    unit: 'seconds',
    must: 'at most',
  },
  starting: {
    about: 'the exchange has not told all that must be known',
    clears: 'answers that are asked for until they come',
    unit: 'answers',
    must: 'at most',
  },
  reconciling: plain(
    "our orders are being compared with the exchange's",
    'a comparison that ends without a difference',
  ),
  paused: plain('an operator paused quoting', 'the command resume'),
  calendar: {
    about: 'a window of the calendar is open: nothing is quoted in it',
    clears: 'its end; windows are in the section calendar of the config',
    unit: 'seconds',
    must: 'at most',
  },
  exchange_paused: plain(
    'the exchange says that it, or the shard of the market, does not trade',
    'the exchange resuming; its status is read again and again',
  ),
  market_not_active: plain('the exchange does not trade this market now', 'the exchange opening it'),
  closing_soon: {
    about: 'the market closes soon',
    clears: 'a later close; the guard is quoting.closeGuardSeconds, or the strategy has one',
    unit: 'seconds',
    must: 'above',
  },
  grid_changing: plain('its price grid changed', 'the new grid read, and no level beside it'),
  fees_unknown: plain('the exchange told of fees that make no sense', 'fees that do'),
  book_not_seen: plain('no snapshot of its book has come on this connection', 'a snapshot'),
  book_stale: {
    about: 'its book cannot be trusted',
    clears: 'a snapshot; it is asked for, then the connection is renewed',
    unit: 'seconds',
    must: 'at most',
  },
  strategy_failed: plain('the strategy failed on this market', 'an answer that makes sense; once given up, a restart'),
  book_crossed: {
    about: 'its best bid does not lie below its best ask',
    clears: 'a book that is not crossed; one that stays so is replaced',
    unit: 'cents',
    must: 'below',
  },
  no_funds: {
    about: 'the shard of the market holds no cash',
    clears: 'cash on the shard',
    unit: 'dollars',
    must: 'above',
  },
  group_triggered: {
    about: 'the order group of its shard is triggered: the exchange takes no order',
    clears: 'its reset: by policy, or by the operator',
    unit: 'seconds',
    must: 'at most',
  },
  order_unknown: {
    about: 'an order of the side has no certain outcome',
    clears: 'evidence of it, or its absence from reads once it is this old',
    unit: 'seconds',
    must: 'at least',
  },
  no_tokens: {
    about: 'the write budget does not pay for it yet',
    clears: 'tokens, which come by themselves',
    unit: 'tokens',
    must: 'at least',
  },
  risk_refused: plain('a pre-trade limit refuses it', 'the limit or what it limits'),
  exchange_refused: {
    about: 'the exchange refused an order of the side',
    clears: 'time, then another try',
    unit: 'seconds',
    must: 'at most',
  },
  book_one_sided: {
    about: 'one side of the book is empty but for us',
    clears: "somebody's order there, or quoting.quoteOneSided",
    unit: 'contracts',
    must: 'above',
  },
  reduce_only: plain('level 1: only what reduces the position is quoted', 'what its cause says'),
  position_limit: {
    about: 'the position and what may still fill reach the limit',
    clears: 'a smaller position or a larger risk.maxPositionContracts',
    unit: 'contracts',
    must: 'below',
  },
  no_fair_value: {
    about: 'the strategy cannot tell what the market is worth',
    clears: 'what it computes its fair value from',
    unit: 'values',
    must: 'at least',
  },
  external_stale: {
    about: 'a value from outside is too old',
    clears: 'a newer one',
    unit: 'seconds',
    must: 'at most',
  },
  no_edge: {
    about: 'no price earns what the strategy asks for',
    clears: 'a price with more edge',
    unit: 'cents',
    must: 'at least',
  },
  not_wanted: plain('the strategy wants nothing here', 'the strategy'),
} as const satisfies Readonly<Record<string, ReasonInfo>>;

export type QuietReason = keyof typeof REASONS;

/** True for a code of the table. */
export function isReason(code: unknown): code is QuietReason {
  return typeof code === 'string' && Object.hasOwn(REASONS, code);
}

/** The number that would clear a reason, in words: `4 tokens, must be at least 30`; '' without numbers. */
export function clearingText(reason: QuietReason, has: number, needs: number): string {
  const { unit, must }: ReasonInfo = REASONS[reason];
  if (unit === '' || !Number.isFinite(has) || !Number.isFinite(needs)) return '';
  return `${tidy(has)} ${unit}, must be ${must} ${tidy(needs)}`;
}

function tidy(value: number): string {
  return String(Math.round(value * 100) / 100);
}
