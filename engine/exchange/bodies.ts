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
  type Side,
  timeToMs,
} from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import { SETTLEMENT_SECONDS } from './lifecycle.ts';
import type { LiveMarket } from './listing.ts';
import type { ExchangeFill, ExchangeOrder, ExchangeTrade } from './order.ts';
import { gridBody } from './structures.ts';

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
    subaccount_number: o.subaccount,
    exchange_index: o.exchangeIndex,
  };
}

const NOT_IN_FRAMES = ['action', 'type', 'no_price_dollars', 'cancel_order_on_pause'];

/** Body of a `user_order` frame: what does not apply is left out, not null. */
export function userOrderBody(o: ExchangeOrder): Record<string, unknown> {
  const shown = Object.entries(orderBody(o)).filter(([name, value]) => value !== null && !NOT_IN_FRAMES.includes(name));
  return {
    ...Object.fromEntries(shown),
    ...(o.expirationSeconds > 0 ? { expiration_ts_ms: o.expirationSeconds * 1000 } : {}),
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
    subaccount_number: f.subaccount,
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
    subaccount: f.subaccount,
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

/** Best price of a side and what rests there; without any, the price that nobody offers. */
export function top(m: LiveMarket, side: Side): { readonly price: Price; readonly size: Count } {
  const level = m.ladder.best(side);
  if (level < 0) return { price: (side === BID ? 0 : ONE_DOLLAR) as Price, size: 0 as Count };
  return { price: m.listing.grid.price(level), size: m.ladder.total(side, level) as Count };
}

/** A market as `GET /markets` describes it. */
export function marketBody(m: LiveMarket, openInterest: Count): Record<string, unknown> {
  const { listing } = m;
  const bid = top(m, BID);
  const ask = top(m, ASK);
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
    settlement_timer_seconds: listing.settlementSeconds ?? SETTLEMENT_SECONDS,
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
    open_interest_fp: formatCount(openInterest),
    notional_value_dollars: '1.0000',
    previous_yes_bid_dollars: '0.0000',
    previous_yes_ask_dollars: '0.0000',
    previous_price_dollars: '0.0000',
    result: m.outcome?.result ?? '',
    ...settled(m),
    fee_waiver_expiration_time: listing.feeWaiverUntil === undefined ? null : formatRfc3339(listing.feeWaiverUntil),
    can_close_early: true,
    expiration_value: '',
    rules_primary: '',
    rules_secondary: '',
    ...gridBody(listing.grid),
    exchange_index: listing.exchangeIndex,
  };
}

/** What is known of a market's end: its value once determined, the time once its holders are paid. */
function settled({ outcome }: LiveMarket): Record<string, unknown> {
  if (outcome === undefined) return {};
  const value = { settlement_value_dollars: formatPrice(outcome.value) };
  return outcome.settledTime > 0 ? { ...value, settlement_ts: formatRfc3339(outcome.settledTime) } : value;
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
  return {
    order_id: o.orderId,
    client_order_id: o.clientOrderId,
    fill_count: formatCount(o.fillCount),
    remaining_count: formatCount(o.remainingCount),
    ...averages(o.takerCost + o.makerCost, o.takerFees + o.makerFees, o.fillCount),
    ts_ms: timeToMs(exchange.now()),
  };
}

/** What was paid per contract, absent where nothing filled. */
export function averages(cost: number, fees: number, count: Count): Record<string, string> {
  if (count <= 0) return {};
  return { average_fill_price: perContract(cost, count), average_fee_paid: perContract(fees, count) };
}

/** Dollars per contract with four decimals. */
function perContract(amount: number, count: Count): string {
  return formatPrice(Math.round(amount / count) as Price);
}

/** A stable UUID-shaped id for a ticker. */
export function marketId(ticker: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b1;
  for (let i = 0; i < ticker.length; i++) {
    a = Math.imul(a ^ ticker.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ ticker.charCodeAt(i), 0x85ebca6b);
  }
  const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
  const [x, y] = [hex(a), hex(b)];
  return `${x}-${y.slice(0, 4)}-4${y.slice(5)}-a${x.slice(1, 4)}-${x}${y.slice(0, 4)}`;
}
