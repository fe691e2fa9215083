import { Refusal } from './order.ts';
import { MOST_SUBACCOUNT } from './transfers.ts';

/** A request after routing and authentication. */
export interface ApiCall {
  readonly method: string;
  /** Path below the API root, split at the slashes. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Parsed JSON body; undefined where there was none. */
  readonly body: unknown;
  readonly userId: string;
  /** The only subaccount the caller may see and touch; absent: all of the user's. */
  readonly only?: number;
}

export interface ApiAnswer {
  readonly status: number;
  /** undefined: none. */
  readonly body: unknown;
}

/** The usual answer. */
export function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

/** A query parameter that does not fit, in the words the exchange uses. */
export function badParameter(operation: string, field: string, tag: string): Refusal {
  const text = `Key: '${operation}Params.${field}' Error:Field validation for '${field}' failed on the '${tag}' tag`;
  return new Refusal(400, `msg:Parameter validation failed for ${operation}: ${text}`);
}

/** A parameter of a call that does not fit together. */
export function invalidParameters(details: string): Refusal {
  return new Refusal(400, 'invalid_parameters', 'invalid parameters', details);
}

/** How many rows a page may have, and has where none are asked for. */
export interface PageSize {
  readonly most?: number;
  readonly usual?: number;
}

/**
 * One page of a list. `items` newest first where the list grows: the cursor then counts from its old end, so that what
 * comes in between two pages repeats nothing and hides nothing. A cursor that means nothing starts over, as the
 * exchange's does.
 */
export function paged<T>(
  call: ApiCall,
  operation: string,
  name: string,
  items: readonly T[],
  body: (item: T) => unknown,
  { most = 1000, usual = 100 }: PageSize = {},
): Record<string, unknown> {
  const asked = intParameter(call.query, operation, 'limit') ?? 0;
  if (asked < 0 || asked > most) throw badParameter(operation, 'Limit', asked > most ? 'lte' : 'gte');
  const limit = asked === 0 ? usual : asked;
  const rest = Number(call.query.get('cursor') || Number.NaN);
  const from = Number.isSafeInteger(rest) && rest > 0 ? Math.max(0, items.length - rest) : 0;
  const slice = items.slice(from, from + limit);
  const after = items.length - from - slice.length;
  return { [name]: slice.map(body), cursor: after > 0 ? String(after) : '' };
}

/** The name of a query parameter's field as the exchange's errors write it: `min_close_ts` as `MinCloseTs`. */
function goName(name: string): string {
  return name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}

/** A whole-number query parameter, null where it is absent or empty. @throws Refusal */
export function intParameter(query: URLSearchParams, operation: string, name: string): number | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw badParameter(operation, goName(name), 'number');
  return value;
}

/** A whole-number query parameter that must be there. @throws Refusal */
export function requiredInt(query: URLSearchParams, operation: string, name: string): number {
  const value = intParameter(query, operation, name);
  if (value === null) throw badParameter(operation, goName(name), 'required');
  return value;
}

/** A query parameter with few words to choose from, null where it is absent or empty. @throws Refusal */
export function oneOfParameter<T extends string>(
  query: URLSearchParams,
  operation: string,
  name: string,
  words: readonly T[],
): T | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  if ((words as readonly string[]).includes(text)) return text as T;
  throw badParameter(operation, goName(name), 'oneof');
}

/** A query parameter that is true or false, null where it is absent or empty. @throws Refusal */
export function boolParameter(query: URLSearchParams, operation: string, name: string): boolean | null {
  const word = oneOfParameter(query, operation, name, ['true', 'false'] as const);
  return word === null ? null : word === 'true';
}

/** A comma list of a query, or null where it is not given. */
export function listParameter(query: URLSearchParams, name: string): string[] | null {
  const text = query.get(name);
  return text === null ? null : text.split(',');
}

/** The subaccount that a query names; where it names none, `otherwise` (null: all of them). @throws Refusal */
export function subaccountParameter<T extends number | null>(query: URLSearchParams, otherwise: T): number | T;
export function subaccountParameter(query: URLSearchParams): number | null;
export function subaccountParameter(query: URLSearchParams, otherwise: number | null = null): number | null {
  const text = query.get('subaccount');
  if (text === null || text === '') return otherwise;
  if (!/^\d{1,2}$/.test(text) || Number(text) > MOST_SUBACCOUNT)
    throw invalidParameters(`subaccount is ${text}, expected 0 to ${MOST_SUBACCOUNT}`);
  return Number(text);
}

/** Microsecond bounds from two query parameters in seconds, `min_ts` and `max_ts` by default. @throws Refusal */
export function timeBounds(
  query: URLSearchParams,
  operation: string,
  family = '',
): { readonly from: number; readonly to: number } {
  const name = family === '' ? 'ts' : `${family}_ts`;
  const from = intParameter(query, operation, `min_${name}`) ?? 0;
  const to = intParameter(query, operation, `max_${name}`) ?? Number.POSITIVE_INFINITY;
  return { from: from * 1_000_000, to: to * 1_000_000 };
}

/** A refusal as the `error` of an answer. @throws whatever is not a refusal */
export function refusalBody(error: unknown): Record<string, unknown> {
  if (!(error instanceof Refusal)) throw error;
  return {
    code: error.code.replace(/^flat:/, ''),
    message: error.message,
    ...(error.details === '' ? {} : { details: error.details }),
  };
}
