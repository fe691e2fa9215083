import { quote } from '../units/index.ts';

/** A refusal in one shape, whatever shape it came in. */
export interface Failure {
  /** HTTP status. */
  readonly status: number;
  /** The exchange's code in lower snake case, or one of ours: `too_many_requests`, `not_json`, `http_<status>`. */
  readonly code: string;
  readonly message: string;
  readonly details: string;
}

/**
 * Understand an error body. The exchange answers in five shapes: `{"error":{code,message,details?}}`, the flat
 * `{"code","message","details"}`, `{"msg"}` for query validation, `{"error":"text"}` for rate limits, and plain text for
 * unknown routes. Anything else keeps its first characters as the message. Never throws.
 */
export function readFailure(status: number, body: string): Failure {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return fallback(status, 'not_json', body.trim());
  }
  if (typeof value !== 'object' || value === null) return fallback(status, 'not_json', body.trim());
  const o = value as Record<string, unknown>;
  const coded = failureFrom(status, o['error']);
  if (coded !== null) return coded;
  if (typeof o['code'] === 'string') return fromCoded(status, o);
  if (typeof o['msg'] === 'string') return { status, code: 'bad_request', message: o['msg'], details: '' };
  return fallback(status, `http_${status}`, body);
}

/** The value of an `error` key: an object with a code, or a text. Null when it is neither. */
export function failureFrom(status: number, error: unknown): Failure | null {
  if (typeof error === 'object' && error !== null) return fromCoded(status, error as Record<string, unknown>);
  if (typeof error !== 'string' || error === '') return null;
  return { status, code: status === 429 ? 'too_many_requests' : slug(error), message: error, details: '' };
}

function fromCoded(status: number, o: Record<string, unknown>): Failure {
  const code = typeof o['code'] === 'string' && o['code'] !== '' ? o['code'] : `http_${status}`;
  return {
    status,
    code,
    message: typeof o['message'] === 'string' ? o['message'] : code,
    details: typeof o['details'] === 'string' ? o['details'] : '',
  };
}

function fallback(status: number, code: string, message: string): Failure {
  if (status === 429) return { status, code: 'too_many_requests', message, details: '' };
  return {
    status,
    code: code === 'not_json' && status === 404 ? 'no_such_route' : code,
    message: quote(message),
    details: '',
  };
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
}

/** A failure as one line for a person. */
export function describeFailure(f: Failure): string {
  return `HTTP ${f.status} ${f.code}${f.message && f.message !== f.code ? `: ${f.message}` : ''}${f.details ? ` (${f.details})` : ''}`;
}
