/** An error code of the feed. */
export interface FeedError {
  readonly code: number;
  readonly name: string;
  /** The subscription it names is dead: only a new one brings its frames back. */
  readonly terminal: boolean;
}

/** Names by code. 6, 16 and 17 are retired: servers of before 2026 may still send them. */
const NAMES: readonly (readonly [number, string])[] = [
  [1, 'cannot_process'],
  [2, 'params_required'],
  [3, 'channels_required'],
  [4, 'sids_required'],
  [5, 'unknown_command'],
  [6, 'already_subscribed'],
  [7, 'unknown_sid'],
  [8, 'unknown_channel'],
  [9, 'authentication_required'],
  [10, 'channel_error'],
  [11, 'invalid_parameter'],
  [12, 'one_sid_required'],
  [13, 'unsupported_action'],
  [14, 'ticker_required'],
  [15, 'action_required'],
  [16, 'market_not_found'],
  [17, 'internal_error'],
  [18, 'command_timeout'],
  [19, 'shard_factor_not_positive'],
  [20, 'shard_factor_required'],
  [21, 'shard_key_out_of_range'],
  [22, 'shard_factor_too_large'],
  [23, 'match_ids_required'],
  [24, 'index_ids_required'],
  [25, 'buffer_overflow'],
  [26, 'market_limit'],
  [27, 'too_many_requests'],
  [28, 'underlyings_required'],
];

const TERMINAL: ReadonlySet<number> = new Set([10, 25]);

/** Every documented code. */
export const FEED_ERRORS: ReadonlyMap<number, FeedError> = new Map(
  NAMES.map(([code, name]) => [code, { code, name, terminal: TERMINAL.has(code) }]),
);

/** What a code means. One that is not documented is taken for passing, not terminal. */
export function feedError(code: number): FeedError {
  return FEED_ERRORS.get(code) ?? { code, name: `unknown_${code}`, terminal: false };
}
