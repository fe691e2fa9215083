const KNOWN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the other side',
  EPIPE: 'connection closed while writing',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name lookup failed, try again',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  UND_ERR_SOCKET: 'connection closed by the other side',
  UND_ERR_HEADERS_TIMEOUT: 'no response in time',
  UND_ERR_BODY_TIMEOUT: 'response body stalled',
};

/** The machine-readable code of an error from Node, undici or ws, or empty. */
export function causeCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return '';
}

/** One line for a person about why a connection failed: what happened, where if known, the code in brackets. */
export function describeCause(error: unknown): string {
  // Node tries every address of a name and wraps the failures: the first one says it.
  if (error instanceof AggregateError && error.errors.length > 0) return describeCause(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const code = causeCode(error);
  const known = KNOWN[code];
  const where = 'address' in error && 'port' in error ? ` at ${String(error.address)}:${String(error.port)}` : '';
  if (known !== undefined) return `${known}${where} (${code})`;
  const text = error.message === '' ? error.name : error.message;
  return code === '' || text.includes(code) ? text : `${text} (${code})`;
}
