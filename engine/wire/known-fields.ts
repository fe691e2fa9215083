/** The fields of a message this program knows, read or not: name -> the fields of the objects inside, null for a value. */
export type KnownFields = ReadonlyMap<string, KnownFields | null>;

function fields(names: string, inner: Readonly<Record<string, KnownFields>> = {}): KnownFields {
  const plain = names.split(/\s+/).map((name): [string, KnownFields | null] => [name, null]);
  return new Map([...plain, ...Object.entries(inner)]);
}

/** What stands around a body. `code` beside `msg` is an old form of errors. */
export const ENVELOPE_FIELDS = fields('type sid seq id msg code');

const NONE: KnownFields = new Map();
const BANDS = fields('start end step');
const STRIKE = 'strike_type floor_strike cap_strike custom_strike';
const LEG = fields('event_ticker market_ticker side yes_settlement_value_dollars');
const AVERAGE = fields('value window_size window_start_ts_ms window_end_ts_exclusive');
const METADATA = fields(
  `name title yes_sub_title no_sub_title rules_primary rules_secondary can_close_early event_ticker
   expected_expiration_ts ${STRIKE}`,
);
const LIFECYCLE = fields(
  `event_type market_ticker exchange_index open_ts close_ts result determination_ts settlement_value settled_ts
   is_deactivated price_level_structure yes_sub_title ${STRIKE}`,
  { additional_metadata: METADATA, price_ranges: BANDS },
);
const RFQ = fields(
  `id creator_id market_ticker event_ticker contracts_fp target_cost_dollars created_ts deleted_ts
   mve_collection_ticker`,
  { mve_selected_legs: LEG },
);
const QUOTE = `quote_id rfq_id quote_creator_id rfq_creator_id market_ticker event_ticker yes_bid_dollars
  no_bid_dollars yes_contracts_offered_fp no_contracts_offered_fp rfq_target_cost_dollars created_ts subaccount`;

/** Every type of Kalshi's AsyncAPI description, deprecated and old-form fields included. */
export const KNOWN_TYPES: ReadonlyMap<string, KnownFields> = new Map([
  ['subscribed', fields('channel sid')],
  ['unsubscribed', NONE],
  ['ok', fields('market_tickers market_ids index_ids underlying_tickers channel sid')],
  ['error', fields('code msg market_id market_ids market_ticker market_tickers')],
  ['orderbook_snapshot', fields('market_ticker market_id yes_dollars_fp no_dollars_fp yes_dollars no_dollars yes no')],
  [
    'orderbook_delta',
    fields('market_ticker market_id price_dollars delta_fp side ts ts_ms client_order_id subaccount price delta'),
  ],
  [
    'trade',
    fields(
      `trade_id market_ticker yes_price_dollars no_price_dollars count_fp taker_side taker_outcome_side taker_book_side
       is_block_trade ts ts_ms yes_price no_price count`,
    ),
  ],
  [
    'ticker',
    fields(
      `market_id market_ticker price_dollars yes_bid_dollars yes_ask_dollars volume_fp open_interest_fp dollar_volume
       dollar_open_interest yes_bid_size_fp yes_ask_size_fp last_trade_size_fp ts ts_ms time`,
    ),
  ],
  [
    'fill',
    fields(
      `trade_id order_id client_order_id market_ticker exchange_index is_taker yes_price_dollars count_fp fee_cost
       outcome_side book_side post_position_fp subaccount ts ts_ms side action purchased_side`,
    ),
  ],
  [
    'user_order',
    fields(
      `order_id user_id ticker exchange_index status side is_yes outcome_side book_side yes_price_dollars fill_count_fp
       remaining_count_fp initial_count_fp taker_fill_cost_dollars maker_fill_cost_dollars taker_fees_dollars
       maker_fees_dollars client_order_id created_time created_ts_ms order_group_id self_trade_prevention_type
       last_update_time last_updated_ts_ms expiration_time expiration_ts_ms subaccount_number last_update_reason`,
    ),
  ],
  [
    'market_position',
    fields(
      `user_id market_ticker position_fp position_cost_dollars realized_pnl_dollars fees_paid_dollars
       position_fee_cost_dollars volume_fp subaccount`,
    ),
  ],
  ['order_group_updates', fields('event_type order_group_id contracts_limit_fp ts_ms')],
  ['market_lifecycle_v2', LIFECYCLE],
  ['multivariate_market_lifecycle', LIFECYCLE],
  [
    'event_lifecycle',
    fields('event_ticker exchange_index title subtitle collateral_return_type series_ticker strike_date strike_period'),
  ],
  ['event_fee_update', fields('event_ticker fee_type_override fee_multiplier_override')],
  ['rfq_created', RFQ],
  ['rfq_deleted', RFQ],
  ['quote_created', fields(QUOTE)],
  ['quote_accepted', fields(`${QUOTE} accepted_side contracts_accepted_fp`)],
  [
    'quote_executed',
    fields(
      `quote_id rfq_id quote_creator_id rfq_creator_id order_id client_order_id market_ticker executed_ts subaccount`,
    ),
  ],
  [
    'cfbenchmarks_value',
    fields('index_id received_at data', {
      avg_60s_data: AVERAGE,
      last_60s_windowed_average_15min: AVERAGE,
    }),
  ],
  ['cfbenchmarks_value_5hz', fields('index_id value_usd source_ts_ms received_at data')],
  ['pyth_value', fields('underlying_ticker value_usd source_ts_ms received_at')],
  ['cfbenchmarks_value_indexlist', fields('index_ids')],
  ['cfbenchmarks_value_5hz_indexlist', fields('index_ids')],
  ['pyth_value_underlying_list', fields('underlying_tickers')],
]);
