import { Refusal } from './order.ts';

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

/** One page of a list, the cursor being the next index; a cursor that means nothing starts over, as the exchange's does. */
export function paged<T>(
  call: ApiCall,
  operation: string,
  name: string,
  items: readonly T[],
  body: (item: T) => unknown,
): Record<string, unknown> {
  const limit = Number(call.query.get('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    const tag = limit > 1000 ? 'lte' : 'gte';
    throw new Refusal(
      400,
      `msg:Parameter validation failed for ${operation}: Key: '${operation}Params.Limit' Error:Field validation for 'Limit' failed on the '${tag}' tag`,
    );
  }
  const start = Number(call.query.get('cursor') || 0);
  const from = Number.isSafeInteger(start) && start >= 0 ? start : 0;
  const slice = items.slice(from, from + limit);
  return { [name]: slice.map(body), cursor: from + limit < items.length ? String(from + limit) : '' };
}
