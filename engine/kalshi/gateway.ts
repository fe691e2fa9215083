import { Pool } from 'undici';
import type { RequestOutcome, VenueRequest } from '../core/port.ts';
import type { Clock } from './clock.ts';
import type { Signer } from './keys.ts';

/** Sends requests and reports each one's outcome exactly once, never from within `request`. */
export interface OrderGateway {
  request(request: VenueRequest, done: (outcome: RequestOutcome) => void): void;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** API root, e.g. `https://external-api.kalshi.com/trade-api/v2`. */
  readonly restUrl: string;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Warm connections; each carries one request at a time. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Failures before a connection stood: nothing can have been sent. */
const UNSENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The gateway over undici's keep-alive connections. Nothing is ever retried here: that is the core's decision. */
export class UndiciGateway implements OrderGateway {
  private readonly pool: Pool;
  private readonly prefix: string;
  private readonly options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.options = options;
    const url = new URL(options.restUrl);
    this.prefix = url.pathname.replace(/\/$/, '');
    this.pool = new Pool(url.origin, {
      connections: options.connections ?? 8,
      pipelining: 1,
      connect: { timeout: options.connectTimeoutMs ?? 5000 },
      // Quieter than the exchange's own limit would be risky: a connection it closes under a request loses the answer.
      keepAliveTimeout: 4000,
      maxResponseSize: MAX_BODY_BYTES,
    });
  }

  request(request: VenueRequest, done: (outcome: RequestOutcome) => void): void {
    const { signer, clock } = this.options;
    const path = this.prefix + request.path;
    const headers: Record<string, string> = {
      ...signer.headers(request.method, path, Math.floor(clock.nowUs() / 1000)),
    };
    if (request.body !== '') headers['Content-Type'] = 'application/json';
    let settled = false;
    const settle = (outcome: RequestOutcome): void => {
      if (settled) return;
      settled = true;
      cancel();
      done(outcome);
    };
    const controller = new AbortController();
    const cancel = clock.after(request.timeoutMs, () => {
      settle({ kind: 'unknown', reason: `no answer within ${request.timeoutMs} ms` });
      controller.abort();
    });
    this.pool
      .request({
        method: request.method,
        path: request.query === '' ? path : `${path}?${request.query}`,
        headers,
        body: request.body === '' ? null : request.body,
        signal: controller.signal,
        idempotent: false,
      })
      .then(async ({ statusCode, body }) => {
        const text = await body.text();
        settle({ kind: 'response', status: statusCode, body: text });
      })
      .catch((error: NodeJS.ErrnoException) => settle(failure(error)));
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

function failure(error: NodeJS.ErrnoException): RequestOutcome {
  const reason = error.code === undefined ? error.message : `${error.code}: ${error.message}`;
  return UNSENT_CODES.has(error.code ?? '') ? { kind: 'unsent', reason } : { kind: 'unknown', reason };
}
