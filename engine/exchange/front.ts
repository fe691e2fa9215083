import type { HttpRequest } from 'uWebSockets.js';
import type { ApiKey, KeyRing } from './auth.ts';
import type { Exchange } from './exchange.ts';
import type { Delays } from './faults/delays.ts';
import type { FaultInjector } from './faults/injector.ts';
import type { RestApi } from './rest.ts';
import type { ServerOptions } from './server-options.ts';

/** What the HTTP and the feed front of a server share. */
export interface Front {
  readonly exchange: Exchange;
  readonly options: ServerOptions;
  readonly keys: KeyRing;
  readonly api: RestApi;
  /** Null: nothing is to go wrong. */
  readonly injector: FaultInjector | null;
  readonly delays: Delays;
  /** Exchange time since the server was made, ms. */
  elapsedMs(): number;
  /** Called before answers and events of a turn leave. */
  beforeSend(): void;
}

/** The key a request is signed with. @throws Refusal 401 */
export function authenticate({ keys, exchange }: Front, req: HttpRequest, method: string, path: string): ApiKey {
  const headers = {
    keyId: req.getHeader('kalshi-access-key'),
    timestamp: req.getHeader('kalshi-access-timestamp'),
    signature: req.getHeader('kalshi-access-signature'),
  };
  return keys.authenticate(headers, method, path, Math.floor(exchange.now() / 1000));
}
