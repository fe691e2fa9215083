import {
  ASK,
  BID,
  type Count,
  complement,
  formatCount,
  formatMoney,
  formatPrice,
  formatRfc3339,
  type Money,
  ONE_DOLLAR,
  type Price,
  parseCount,
  parsePrice,
  type Side,
  timeToMs,
} from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { type ExchangeFill, type ExchangeOrder, type ExchangeTrade, type OrderRequest, Refusal } from './order.ts';

/** Money as the balance endpoints write it: four decimals, cut. */
function fourDecimals(amount: Money): string {
  const whole = Math.trunc(amount / 100);
  const sign = whole < 0 ? '-' : '';
  const digits = String(Math.abs(whole)).padStart(5, '0');
  return `${sign}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

export { fourDecimals };

function words(side: Side): { outcome: 'yes' | 'no'; book: 'bid' | 'ask' } {
  return side === BID ? { outcome: 'yes', book: 'bid' } : { outcome: 'no', book: 'ask' };
}

/** An order as `GET /portfolio/orders` describes it. */
export function orderBody(o: ExchangeOrder): Record<string, unknown> {
  const { outcome, book } = words(o.side);
  return {
    order_id: o.orderId,
    user_id: o.userId,
    client_order_id: o.clientOrderId,
    ticker: o.ticker,
    side: outcome,
    action: 'buy',
    outcome_side: outcome,
    book_side: book,
    type: 'limit',
    status: o.status,
    yes_price_dollars: formatPrice(o.price),
    no_price_dollars: formatPrice(complement(o.price)),
    fill_count_fp: formatCount(o.fillCount),
    remaining_count_fp: formatCount(o.remainingCount),
    initial_count_fp: formatCount(o.initialCount),
    taker_fill_cost_dollars: formatMoney(o.takerCost),
    maker_fill_cost_dollars: formatMoney(o.makerCost),
    taker_fees_dollars: formatMoney(o.takerFees),
    maker_fees_dollars: formatMoney(o.makerFees),
    created_time: formatRfc3339(o.createdTime),
    last_update_time: formatRfc3339(o.updatedTime),
    expiration_time: o.expirationSeconds > 0 ? new Date(o.expirationSeconds * 1000).toISOString() : null,
    self_trade_prevention_type: o.selfTrade,
    order_group_id: o.groupId === '' ? null : o.groupId,
    cancel_order_on_pause: o.cancelOnPause,
    subaccount_number: 0,
    exchange_index: o.exchangeIndex,
  };
}

/** Body of a `user_order` frame. */
export function userOrderBody(o: ExchangeOrder): Record<string, unknown> {
  const { action: _action, type: _type, no_price_dollars: _no, cancel_order_on_pause: _pause, ...rest } = orderBody(o);
  return {
    ...rest,
    is_yes: o.side === BID,
    created_ts_ms: timeToMs(o.createdTime),
    last_updated_ts_ms: timeToMs(o.updatedTime),
    last_update_reason: o.reason,
  };
}

/** A fill as `GET /portfolio/fills` describes it. */
export function fillBody(f: ExchangeFill): Record<string, unknown> {
  const { outcome, book } = words(f.side);
  return {
    fill_id: f.tradeId,
    trade_id: f.tradeId,
    order_id: f.orderId,
    ticker: f.ticker,
    market_ticker: f.ticker,
    exchange_index: f.exchangeIndex,
    side: outcome,
    action: 'buy',
    outcome_side: outcome,
    book_side: book,
    count_fp: formatCount(f.count),
    yes_price_dollars: formatPrice(f.price),
    no_price_dollars: formatPrice(complement(f.price)),
    is_taker: f.isTaker,
    created_time: formatRfc3339(f.time),
    fee_cost: formatMoney(f.fee),
    subaccount_number: 0,
    ts: Math.floor(f.time / 1_000_000),
  };
}

/** Body of a `fill` frame. */
export function fillFrameBody(f: ExchangeFill): Record<string, unknown> {
  const { outcome, book } = words(f.side);
  return {
    trade_id: f.tradeId,
    order_id: f.orderId,
    client_order_id: f.clientOrderId,
    market_ticker: f.ticker,
    exchange_index: f.exchangeIndex,
    is_taker: f.isTaker,
    side: outcome,
    action: 'buy',
    purchased_side: outcome,
    outcome_side: outcome,
    book_side: book,
    yes_price_dollars: formatPrice(f.price),
    count_fp: formatCount(f.count),
    fee_cost: formatMoney(f.fee),
    post_position_fp: formatCount(f.position),
    subaccount: 0,
    ts: Math.floor(f.time / 1_000_000),
    ts_ms: timeToMs(f.time),
  };
}

/** A print as REST and the `trade` channel describe it, the time fields apart. */
export function tradeBody(t: ExchangeTrade): Record<string, unknown> {
  const { outcome, book } = words(t.takerSide);
  return {
    trade_id: t.tradeId,
    yes_price_dollars: formatPrice(t.price),
    no_price_dollars: formatPrice(complement(t.price)),
    count_fp: formatCount(t.count),
    taker_side: outcome,
    taker_outcome_side: outcome,
    taker_book_side: book,
    is_block_trade: false,
  };
}

/** A market as `GET /markets` describes it. */
export function marketBody(m: LiveMarket): Record<string, unknown> {
  const { listing, ladder } = m;
  const top = (side: Side): { price: Price; size: Count } => {
    const level = ladder.best(side);
    if (level < 0) return { price: (side === BID ? 0 : ONE_DOLLAR) as Price, size: 0 as Count };
    return { price: listing.grid.price(level), size: ladder.total(side, level) as Count };
  };
  const bid = top(BID);
  const ask = top(ASK);
  const close = formatRfc3339(listing.closeTime);
  return {
    ticker: listing.ticker,
    event_ticker: listing.eventTicker,
    market_type: 'binary',
    title: listing.title,
    yes_sub_title: listing.title,
    no_sub_title: listing.title,
    created_time: formatRfc3339(listing.openTime),
    updated_time: formatRfc3339(listing.openTime),
    open_time: formatRfc3339(listing.openTime),
    close_time: close,
    expected_expiration_time: close,
    latest_expiration_time: close,
    settlement_timer_seconds: 60,
    status: listing.status,
    yes_bid_dollars: formatPrice(bid.price),
    yes_bid_size_fp: formatCount(bid.size),
    yes_ask_dollars: formatPrice(ask.price),
    yes_ask_size_fp: formatCount(ask.size),
    no_bid_dollars: formatPrice(complement(ask.price)),
    no_ask_dollars: formatPrice(complement(bid.price)),
    last_price_dollars: formatPrice(m.lastPrice),
    volume_fp: formatCount(m.volume),
    volume_24h_fp: formatCount(m.volume),
    open_interest_fp: '0.00',
    notional_value_dollars: '1.0000',
    previous_yes_bid_dollars: '0.0000',
    previous_yes_ask_dollars: '0.0000',
    previous_price_dollars: '0.0000',
    result: '',
    can_close_early: true,
    expiration_value: '',
    rules_primary: '',
    rules_secondary: '',
    price_level_structure: structureName(listing.grid.key),
    price_ranges: listing.grid.bands.map((b) => ({
      start: formatPrice(b.start),
      end: formatPrice(b.end),
      step: formatPrice(b.step as Price),
    })),
    exchange_index: listing.exchangeIndex,
  };
}

const STRUCTURES: Readonly<Record<string, string>> = {
  '0-10000:100': 'linear_cent',
  '0-10000:10': 'deci_cent',
  '0-1000:10,1000-9000:100,9000-10000:10': 'tapered_deci_cent',
  '0-10000:1': 'center_centi_edge_centi_cent',
};

function structureName(key: string): string {
  return STRUCTURES[key] ?? 'banded_centi_cent';
}

/** Both ladders as bids in their own money, best last; `depth` 0 for all. */
export function bookBody(m: LiveMarket, depth: number): { yes_dollars: string[][]; no_dollars: string[][] } {
  return { yes_dollars: sideLevels(m, BID, depth, true), no_dollars: sideLevels(m, ASK, depth, true) };
}

/** Levels of one side as the wire writes them, ascending. `flip`: the NO side in NO money. */
export function sideLevels(m: LiveMarket, side: Side, depth: number, flip: boolean): string[][] {
  const out: string[][] = [];
  for (const level of m.ladder.levels(side)) {
    if (depth > 0 && out.length === depth) break;
    const at = m.listing.grid.price(level);
    out.push([
      formatPrice(side === ASK && flip ? complement(at) : at),
      formatCount(m.ladder.total(side, level) as Count),
    ]);
  }
  return side === ASK && !flip ? out : out.reverse();
}

/** Answer to a create, single or one item of a batch. */
export function createdBody(o: ExchangeOrder, exchange: Exchange): Record<string, unknown> {
  const filled = o.fillCount > 0;
  const cost = o.takerCost + o.makerCost;
  const fees = o.takerFees + o.makerFees;
  return {
    order_id: o.orderId,
    client_order_id: o.clientOrderId,
    fill_count: formatCount(o.fillCount),
    remaining_count: formatCount(o.remainingCount),
    ...(filled
      ? { average_fill_price: perContract(cost, o.fillCount), average_fee_paid: perContract(fees, o.fillCount) }
      : {}),
    ts_ms: timeToMs(exchange.now()),
  };
}

/** Dollars per contract with four decimals. */
function perContract(amount: number, count: Count): string {
  return formatPrice(Math.round(amount / count) as Price);
}

type Json = Readonly<Record<string, unknown>>;

function badRequest(details: string): Refusal {
  return new Refusal(400, 'flat:bad_request', 'bad request', details);
}

function stringField(o: Json, name: string, model: string): string {
  const value = o[name];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw badRequest(`json: cannot unmarshal ${typeof value} into Go struct field ${model}.${name} of type string`);
}

function boolField(o: Json, name: string, model: string): boolean {
  const value = o[name];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw badRequest(`json: cannot unmarshal ${typeof value} into Go struct field ${model}.${name} of type bool`);
}

/** Integer field that may be absent. @throws Refusal */
export function intField(o: Json, name: string, model: string): number | null {
  const value = o[name];
  if (value === undefined || value === null) return null;
  if (Number.isSafeInteger(value)) return value as number;
  throw badRequest(`json: cannot unmarshal ${typeof value} into Go struct field ${model}.${name} of type int`);
}

function oneOf<T extends string>(value: string, allowed: readonly T[], name: string): T {
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new Refusal(400, 'invalid_parameters', 'invalid parameters', `${name} must be one of ${allowed.join(', ')}`);
}

/** A required price string. @throws Refusal `invalid_price` */
export function priceField(o: Json, name: string, model: string): Price {
  try {
    return parsePrice(stringField(o, name, model));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'invalid_price');
  }
}

/** A required count string, at least `least`. @throws Refusal */
export function countField(o: Json, name: string, model: string, least = 1): Count {
  let count: Count;
  try {
    count = parseCount(stringField(o, name, model));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'invalid_order_size');
  }
  if (count < least) throw new Refusal(400, 'invalid_order_size');
  return count;
}

/** Which side of the YES book. @throws Refusal */
export function sideField(o: Json, model: string): Side {
  return oneOf(stringField(o, 'side', model), ['bid', 'ask'] as const, 'side') === 'bid' ? BID : ASK;
}

/** A required JSON object. @throws Refusal */
export function objectOf(value: unknown, model: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw badRequest(
    `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type ${model}`,
  );
}

/** A create request, checked for form. @throws Refusal */
export function orderRequest(value: unknown): OrderRequest {
  const model = 'CreateOrderV2Request';
  const o = objectOf(value, model);
  const ticker = stringField(o, 'ticker', model);
  if (ticker === '') throw new Refusal(400, 'invalid_parameters', 'invalid parameters', 'ticker is required');
  const tifs = ['good_till_canceled', 'immediate_or_cancel', 'fill_or_kill'] as const;
  return {
    ticker,
    side: sideField(o, model),
    count: countField(o, 'count', model),
    price: priceField(o, 'price', model),
    timeInForce: oneOf(stringField(o, 'time_in_force', model), tifs, 'time_in_force'),
    selfTrade: oneOf(
      stringField(o, 'self_trade_prevention_type', model),
      ['taker_at_cross', 'maker'] as const,
      'self_trade_prevention_type',
    ),
    clientOrderId: stringField(o, 'client_order_id', model),
    postOnly: boolField(o, 'post_only', model),
    reduceOnly: boolField(o, 'reduce_only', model),
    cancelOnPause: boolField(o, 'cancel_order_on_pause', model),
    groupId: stringField(o, 'order_group_id', model),
    expirationSeconds: intField(o, 'expiration_time', model) ?? 0,
  };
}
