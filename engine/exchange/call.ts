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
}

export interface ApiAnswer {
  readonly status: number;
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
): Record<string, unknown> {
  const limit = Number(call.query.get('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw badParameter(operation, 'Limit', limit > 1000 ? 'lte' : 'gte');
  const rest = Number(call.query.get('cursor') || Number.NaN);
  const from = Number.isSafeInteger(rest) && rest > 0 ? Math.max(0, items.length - rest) : 0;
  const slice = items.slice(from, from + limit);
  const after = items.length - from - slice.length;
  return { [name]: slice.map(body), cursor: after > 0 ? String(after) : '' };
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

/** Microsecond bounds from `min_ts` and `max_ts` (seconds). */
export function timeBounds(query: URLSearchParams): { readonly from: number; readonly to: number } {
  const seconds = (name: string, otherwise: number): number => {
    const value = Number(query.get(name) ?? otherwise);
    return Number.isNaN(value) ? otherwise : value;
  };
  return { from: seconds('min_ts', 0) * 1_000_000, to: seconds('max_ts', Number.POSITIVE_INFINITY) * 1_000_000 };
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
