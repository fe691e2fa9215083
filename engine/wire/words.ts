/** The protocol's words the scanner compares bytes with. */
function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export const KEY_TYPE = ascii('type');
export const KEY_SID = ascii('sid');
export const KEY_SEQ = ascii('seq');
export const KEY_ID = ascii('id');
export const KEY_MSG = ascii('msg');
export const KEY_TICKER = ascii('market_ticker');
export const KEY_PRICE = ascii('price');
export const KEY_PRICE_DOLLARS = ascii('price_dollars');
export const KEY_DELTA = ascii('delta');
export const KEY_DELTA_FP = ascii('delta_fp');
export const KEY_SIDE = ascii('side');
export const KEY_TS_MS = ascii('ts_ms');
export const KEY_YES_PRICE_DOLLARS = ascii('yes_price_dollars');
export const KEY_COUNT_FP = ascii('count_fp');
export const KEY_TAKER_OUTCOME = ascii('taker_outcome_side');
export const KEY_IS_BLOCK = ascii('is_block_trade');
export const KEY_CLIENT_ORDER_ID = ascii('client_order_id');
export const WORD_DELTA = ascii('orderbook_delta');
export const WORD_TRADE = ascii('trade');
export const WORD_YES = ascii('yes');
export const WORD_TRUE = ascii('true');
export const WORD_FALSE = ascii('false');
export const WORD_NO = ascii('no');
