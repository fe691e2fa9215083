import { type Count, type Money, money, type TimeUs, UnitError } from '../units/index.ts';
import { WireError } from './error.ts';
import { type Failure, failureFrom, readFailure } from './failure.ts';
import {
  absent,
  asArray,
  asObject,
  dollars,
  flagOrNull,
  integer,
  type JsonObject,
  millisTime,
  optionalContracts,
  optionalInteger,
  optionalText,
  secondsTime,
  text,
  textTime,
  wrong,
} from './fields.ts';
import {
  type AccountLimits,
  accountLimits,
  type FillRecord,
  fillRecord,
  type GroupRecord,
  groupRecord,
  type MarketRecord,
  marketRecord,
  type OrderRecord,
  orderRecord,
  type PositionRecord,
  positionRecord,
} from './records.ts';

/**
 * A decoded response body, a refusal by the exchange, or a 2xx body we do not understand (`unreadable`: the write may
 * have happened all the same, so callers treat it like an unknown outcome).
 */
export type Decoded<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Apply a decoder to a response, whatever its status. Never throws. */
export function decodeBody<T>(status: number, body: string, decoder: (value: unknown) => T): Decoded<T> {
  if (status < 200 || status >= 300) return { kind: 'refused', failure: readFailure(status, body) };
  try {
    return { kind: 'ok', value: decoder(JSON.parse(body)) };
  } catch (error) {
    if (error instanceof WireError || error instanceof UnitError || error instanceof SyntaxError) {
      return { kind: 'unreadable', reason: `HTTP ${status} with a body we do not understand: ${error.message}` };
    }
    throw error;
  }
}

/** One item of a batched create or cancel response. */
export interface BatchItem {
  /** '' where the item failed. */
  readonly orderId: string;
  /** '' where the exchange left it out. */
  readonly clientOrderId: string;
  readonly fillCount: Count;
  /** What rests after a create; null where the exchange left it out: then we do not know. */
  readonly remainingCount: Count | null;
  /** Cancels: what was taken off the book; null where the exchange left it out. */
  readonly reducedBy: Count | null;
  readonly failure: Failure | null;
}

/** Response of a batched create or cancel: one item per input, matched by id rather than by place. @throws WireError */
export function batchItems(value: unknown): BatchItem[] {
  return asArray(asObject(value, 'body')['orders'], 'orders').map((entry) => {
    const o = asObject(entry, 'orders[]');
    const error = o['error'];
    return {
      orderId: optionalText(o, 'order_id'),
      clientOrderId: optionalText(o, 'client_order_id'),
      fillCount: optionalContracts(o, 'fill_count'),
      remainingCount: contractsOrNull(o, 'remaining_count'),
      reducedBy: contractsOrNull(o, 'reduced_by'),
      failure: error === undefined || error === null ? null : itemFailure(error),
    };
  });
}

/** Answer to an amend or a decrease. */
export interface ChangedOrder {
  /** '' where not said. */
  readonly orderId: string;
  /** What rests after it; null where the exchange left it out, as it does for an amend that changed nothing. */
  readonly remainingCount: Count | null;
  /** When the matching engine carried it out, 0 where not said. */
  readonly time: TimeUs;
}

/** `POST /portfolio/events/orders/{order_id}/amend` and `.../decrease`. @throws WireError */
export function changedOrder(value: unknown): ChangedOrder {
  const o = asObject(value, 'body');
  return {
    orderId: optionalText(o, 'order_id'),
    remainingCount: contractsOrNull(o, 'remaining_count'),
    time: absent(o, 'ts_ms') ? (0 as TimeUs) : millisTime(o, 'ts_ms'),
  };
}

/** One order's answer to a single create or cancel, as an item of a batch. @throws WireError */
export function singleItem(value: unknown): BatchItem[] {
  return batchItems({ orders: [asObject(value, 'body')] });
}

function contractsOrNull(o: JsonObject, field: string): Count | null {
  return o[field] === undefined || o[field] === null ? null : optionalContracts(o, field);
}

function itemFailure(error: unknown): Failure {
  return failureFrom(0, error) ?? { status: 0, code: 'http_0', message: '', details: '' };
}

/** A page of a list and the cursor of the next, '' on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string;
}

/** Decode a list; an absent one is empty, one bad entry spoils it. @throws WireError */
export function page<T>(value: unknown, field: string, decode: (value: unknown) => T): Page<T> {
  const o = asObject(value, 'body');
  const list = o[field];
  return {
    items: list === undefined || list === null ? [] : asArray(list, field).map(decode),
    cursor: optionalText(o, 'cursor'),
  };
}

/** `GET /portfolio/orders`. @throws WireError */
export function ordersPage(value: unknown): Page<OrderRecord> {
  return page(value, 'orders', orderRecord);
}

/** `GET /portfolio/orders/{id}`. @throws WireError */
export function singleOrder(value: unknown): OrderRecord {
  return orderRecord(asObject(value, 'body')['order']);
}

/** `GET /portfolio/fills`. @throws WireError */
export function fillsPage(value: unknown): Page<FillRecord> {
  return page(value, 'fills', fillRecord);
}

/** `GET /portfolio/positions`. @throws WireError */
export function positionsPage(value: unknown): Page<PositionRecord> {
  return page(value, 'market_positions', positionRecord);
}

/** `GET /portfolio/order_groups`; the key may be absent when there are none. @throws WireError */
export function groupsList(value: unknown): readonly GroupRecord[] {
  return page(value, 'order_groups', groupRecord).items;
}

/** An order group read by its id, and the ids of the orders in it. */
export interface SingleGroup {
  readonly limit: Count | null;
  readonly armed: boolean;
  readonly orderIds: readonly string[];
}

/** `GET /portfolio/order_groups/{id}`. @throws WireError */
export function singleGroup(value: unknown): SingleGroup {
  const o = asObject(value, 'body');
  const { limit, armed } = groupRecord({ ...o, id: '-' });
  const orderIds = asArray(o['orders'] ?? [], 'orders').map((id) => text({ id }, 'id'));
  return { limit, armed, orderIds };
}

/** `POST /portfolio/order_groups/create`. @throws WireError */
export function createdGroup(value: unknown): { readonly groupId: string } {
  return { groupId: text(asObject(value, 'body'), 'order_group_id') };
}

/** `GET /markets/{ticker}`. @throws WireError */
export function singleMarket(value: unknown): MarketRecord {
  return marketRecord(asObject(value, 'body')['market']);
}

/** Fee rule of a series as the exchange names it. */
export interface SeriesFees {
  readonly feeType: string;
  /** Multiplier as a decimal text, e.g. "1" or "0.5". */
  readonly multiplier: string;
}

/** `GET /series/{ticker}`. @throws WireError */
export function seriesFees(value: unknown): SeriesFees {
  const o = asObject(asObject(value, 'body')['series'], 'series');
  const multiplier = o['fee_multiplier'];
  if (typeof multiplier !== 'number' || !Number.isFinite(multiplier) || multiplier < 0) {
    throw wrong('fee_multiplier', multiplier, 'a number of at least 0');
  }
  return { feeType: text(o, 'fee_type'), multiplier: String(multiplier) };
}

/** `GET /account/limits`. @throws WireError */
export function limitsBody(value: unknown): AccountLimits {
  return accountLimits(value);
}

/** Token costs per (method, path): the default and the exceptions. */
export interface EndpointCosts {
  readonly defaultCost: number;
  /** One item of a batch. */
  readonly createCost: number;
  readonly cancelCost: number;
  /** A request for one order. */
  readonly singleCreateCost: number;
  readonly singleCancelCost: number;
  readonly amendCost: number;
  readonly decreaseCost: number;
}

/** The write paths we use, by the field of their cost. */
const COSTED: readonly (readonly [keyof EndpointCosts, string, RegExp])[] = [
  ['createCost', 'POST', /\/portfolio\/events\/orders\/batched$/],
  ['cancelCost', 'DELETE', /\/portfolio\/events\/orders\/batched$/],
  ['singleCreateCost', 'POST', /\/portfolio\/events\/orders$/],
  ['singleCancelCost', 'DELETE', /\/portfolio\/events\/orders\/[:{]\w+}?$/],
  ['amendCost', 'POST', /\/portfolio\/events\/orders\/[:{]\w+}?\/amend$/],
  ['decreaseCost', 'POST', /\/portfolio\/events\/orders\/[:{]\w+}?\/decrease$/],
];

/** What one request costs. */
export interface EndpointCost {
  readonly method: string;
  /** As the exchange writes it: with the API root, parameters as `:order_id`. */
  readonly path: string;
  readonly cost: number;
}

/** `GET /account/endpoint_costs`: every exception from the default. @throws WireError */
export function endpointCosts(value: unknown): {
  readonly defaultCost: number;
  readonly listed: readonly EndpointCost[];
} {
  const o = asObject(value, 'body');
  const listed = asArray(o['endpoint_costs'] ?? [], 'endpoint_costs').map((entry) => {
    const e = asObject(entry, 'endpoint_costs[]');
    return { method: text(e, 'method'), path: text(e, 'path'), cost: tokens(e, 'cost') };
  });
  return { defaultCost: absent(o, 'default_cost') ? 10 : tokens(o, 'default_cost'), listed };
}

function tokens(o: JsonObject, field: string): number {
  const value = integer(o, field);
  if (value < 0) throw wrong(field, value, 'tokens, at least 0');
  return value;
}

/** `GET /account/endpoint_costs`, reduced to what we spend on. Paths not listed cost the default. @throws WireError */
export function costsBody(value: unknown): EndpointCosts {
  const { defaultCost, listed } = endpointCosts(value);
  const at = (method: string, pattern: RegExp): number =>
    listed.findLast((e) => e.method === method && pattern.test(e.path))?.cost ?? defaultCost;
  const costs = COSTED.map(([field, method, pattern]) => [field, at(method, pattern)]);
  return { defaultCost, ...(Object.fromEntries(costs) as Omit<EndpointCosts, 'defaultCost'>) };
}

/** Cash by shard. */
export interface Balance {
  readonly total: Money;
  readonly byShard: ReadonlyMap<number, Money>;
  /** What the positions are worth, null where not said. The exchange tells whole cents. */
  readonly portfolioValue: Money | null;
  /** When it was so, 0 where not said. */
  readonly time: TimeUs;
}

/** `GET /portfolio/balance`. @throws WireError */
export function balanceBody(value: unknown): Balance {
  const o = asObject(value, 'body');
  const byShard = new Map<number, Money>();
  for (const entry of asArray(o['balance_breakdown'] ?? [], 'balance_breakdown')) {
    const e: JsonObject = asObject(entry, 'balance_breakdown[]');
    byShard.set(optionalInteger(e, 'exchange_index', 0), dollars(e, 'balance'));
  }
  const cents = absent(o, 'portfolio_value') ? null : integer(o, 'portfolio_value');
  return {
    total: dollars(o, 'balance_dollars'),
    byShard,
    portfolioValue: cents === null ? null : money(cents * 10_000),
    time: secondsTime(o, 'updated_ts'),
  };
}

/** Whether a shard trades. */
export interface ShardStatus {
  readonly exchangeIndex: number;
  readonly exchangeActive: boolean;
  readonly tradingActive: boolean;
}

/** Whether the exchange trades, per shard where it says so. */
export interface ExchangeStatus {
  readonly exchangeActive: boolean;
  readonly tradingActive: boolean;
  /** When it expects to resume, 0 where not said. */
  readonly resumeTime: TimeUs;
  readonly shards: readonly ShardStatus[];
}

/** `GET /exchange/status`. @throws WireError */
export function statusBody(value: unknown): ExchangeStatus {
  const o = asObject(value, 'body');
  return {
    exchangeActive: active(o, 'exchange_active'),
    tradingActive: active(o, 'trading_active'),
    resumeTime: textTime(o, 'exchange_estimated_resume_time'),
    shards: asArray(o['exchange_index_statuses'] ?? [], 'exchange_index_statuses').map((entry) => {
      const e = asObject(entry, 'exchange_index_statuses[]');
      const exchangeIndex = integer(e, 'exchange_index');
      return {
        exchangeIndex,
        exchangeActive: active(e, 'exchange_active'),
        tradingActive: active(e, 'trading_active'),
      };
    }),
  };
}

function active(o: JsonObject, field: string): boolean {
  const value = flagOrNull(o, field);
  if (value === null) throw wrong(field, o[field], 'true or false');
  return value;
}
