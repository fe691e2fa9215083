import { ASK, BID, type Count, type Price, parseCount, parsePrice, type Side } from '../units/index.ts';
import { invalidParameters } from './call.ts';
import { type OrderRequest, Refusal } from './order.ts';
import { MOST_SUBACCOUNT } from './transfers.ts';

type Json = Readonly<Record<string, unknown>>;

function badRequest(details: string): Refusal {
  return new Refusal(400, 'flat:bad_request', 'bad request', details);
}

/** A string field, empty where it is absent. @throws Refusal */
export function stringField(o: Json, name: string, model: string): string {
  const value = o[name];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw badRequest(`json: cannot unmarshal ${typeof value} into Go struct field ${model}.${name} of type string`);
}

/** A boolean field, false where it is absent. @throws Refusal */
export function boolField(o: Json, name: string, model: string): boolean {
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
  throw invalidParameters(`${name} must be one of ${allowed.join(', ')}`);
}

/** A required price string. @throws Refusal `invalid_price` */
export function priceField(o: Json, name: string, model: string): Price {
  try {
    return parsePrice(stringField(o, name, model));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'invalid_price');
  }
}

/** Largest count of an order, so that what it costs stays an exact number: a thousand million contracts. */
const MOST = 100_000_000_000;

/** A required count string, at least `least`. @throws Refusal */
export function countField(o: Json, name: string, model: string, least = 1): Count {
  let count: Count;
  try {
    count = parseCount(stringField(o, name, model));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'invalid_order_size');
  }
  if (count < least || count > MOST) throw new Refusal(400, 'invalid_order_size');
  return count;
}

/** Which side of the YES book. @throws Refusal */
export function sideField(o: Json, model: string): Side {
  return oneOf(stringField(o, 'side', model), ['bid', 'ask'] as const, 'side') === 'bid' ? BID : ASK;
}

/** A required JSON object. @throws Refusal */
export function objectOf(value: unknown, model: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  if (value === undefined) throw badRequest('EOF');
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  throw badRequest(`json: cannot unmarshal ${kind} into Go value of type ${model}`);
}

/** A create request, checked for form. @throws Refusal */
export function orderRequest(value: unknown): OrderRequest {
  const model = 'CreateOrderV2Request';
  const o = objectOf(value, model);
  const ticker = stringField(o, 'ticker', model);
  if (ticker === '') throw invalidParameters('ticker is required');
  const shard = intField(o, 'exchange_index', model);
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
    ...(shard === null ? {} : { exchangeIndex: shard }),
    subaccount: subaccountField(o, 'subaccount', model),
  };
}

/** A subaccount's number, 0 where it is absent. @throws Refusal outside 0 to 63 */
export function subaccountField(o: Json, name: string, model: string): number {
  const subaccount = intField(o, name, model) ?? 0;
  if (subaccount < 0 || subaccount > MOST_SUBACCOUNT)
    throw invalidParameters(`${name} is ${subaccount}, expected 0 to ${MOST_SUBACCOUNT}`);
  return subaccount;
}
