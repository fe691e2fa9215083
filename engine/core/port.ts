/**
 * The one door between the deterministic core and the world: what the core asks for. A venue (live, embedded, recorded)
 * implements `EnginePort`; the core never learns which.
 */

/** What a request is for. Fixed set, so that outcomes can be routed without closures. */
export type RequestOp =
  | 'createOrders'
  | 'cancelOrders'
  | 'amendOrder'
  | 'decreaseOrder'
  | 'createGroup'
  | 'triggerGroup'
  | 'deleteGroup'
  | 'resetGroup'
  | 'limitGroup'
  | 'getGroup'
  | 'getGroups'
  | 'getOrders'
  | 'getOrder'
  | 'getFills'
  | 'getPositions'
  | 'getBalance'
  | 'getMarket'
  | 'getMarkets'
  | 'getBook'
  | 'getEvent'
  | 'getSeries'
  | 'getLimits'
  | 'getCosts'
  | 'getQueue'
  | 'getIncentives'
  | 'getStatus'
  | 'getSchedule';

/** One HTTP request, complete but for the host, the signature and the moment. */
export interface VenueRequest {
  /** Unique per session, increasing from 1; its outcome comes back under this number. */
  readonly id: number;
  readonly op: RequestOp;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the API root, without the query: `/portfolio/events/orders/batched`. This is what gets signed. */
  readonly path: string;
  /** Query string without `?`, or empty. Never signed. */
  readonly query: string;
  /** JSON body, or empty for none. Bytes are the core's: a venue that needs them beyond the call copies them. */
  readonly body: string | Uint8Array;
  /** How long the venue may take before the outcome is `unknown` (milliseconds). */
  readonly timeoutMs: number;
}

/** A request whose body can be kept and read. */
export type TextRequest = VenueRequest & { readonly body: string };

/** The same request with its body as text. */
export function withText(request: VenueRequest): TextRequest {
  const { body } = request;
  return { ...request, body: typeof body === 'string' ? body : new TextDecoder().decode(body) };
}

/**
 * What became of a request.
 * - `response`: a complete HTTP response was read.
 * - `unsent`: no byte of it left this machine (no connection, refused, cancelled in the queue): nothing happened there.
 * - `unknown`: bytes may have left and no complete response came back (timeout, reset, cut body). The exchange may or
 *   may not have acted.
 */
export type RequestOutcome =
  | { readonly kind: 'response'; readonly status: number; readonly body: string }
  | { readonly kind: 'unsent'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Something a person or a log should hear about. Never on the per-message path. */
export interface EngineReport {
  readonly level: 'info' | 'warn' | 'error';
  /** Stable code, e.g. `feed_gap`, `group_triggered`, `order_unknown`. */
  readonly code: string;
  readonly text: string;
  /** The numbers behind the text. */
  readonly data?: Readonly<Record<string, string | number | boolean | null>>;
}

/** What the core can do to the world. Calls return at once; every effect comes back as an input. */
export interface EnginePort {
  /** Send a WebSocket text command on the current feed connection. Lost silently when the link is down. */
  send(text: string): void;
  /** Hand over an HTTP request. Exactly one outcome per request comes back, never from within this call. */
  request(request: VenueRequest): void;
  /**
   * Requests on this path are likely from now on, or not any more. A hint: a venue may prepare for them, and nothing
   * depends on whether it does.
   */
  expect?(method: VenueRequest['method'], path: string, likely: boolean): void;
  /** Close the feed connection and open a new one (a link-down and a link-up input follow). */
  reconnect(reason: string): void;
  /** Tell people. */
  report(report: EngineReport): void;
}
