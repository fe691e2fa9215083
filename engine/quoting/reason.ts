/**
 * Why a side of a market is not quoted. Every side of every market has one at all times; `quoting` means it is.
 * The first group comes from the engine, the last from strategies.
 */
export type QuietReason =
  | 'quoting'
  | 'starting'
  | 'paused'
  | 'halted'
  | 'stopping'
  | 'link_down'
  | 'reconciling'
  | 'book_not_seen'
  | 'book_stale'
  | 'book_one_sided'
  | 'book_crossed'
  | 'market_not_active'
  | 'grid_changing'
  | 'closing_soon'
  | 'no_funds'
  | 'order_unknown'
  | 'no_tokens'
  | 'risk_refused'
  | 'exchange_refused'
  | 'strategy_failed'
  | 'position_limit'
  | 'no_edge'
  | 'not_wanted';
