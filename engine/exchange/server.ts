import type { HttpRequest, HttpResponse, WebSocket } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import type { TimeUs } from '../units/index.ts';
import { type ApiKey, KeyRing } from './auth.ts';
import { AccountBuckets } from './buckets.ts';
import type { Exchange } from './exchange.ts';
import { FeedClient } from './feed.ts';
import { Refusal } from './order.ts';
import { type ApiCall, RestApi, refusalBody } from './rest.ts';
import type { IncentiveProgram } from './rest-incentives.ts';
import { allowed, holds } from './scopes.ts';
import { App, type Listening, listenOn } from './uws.ts';

const ROOT = '/trade-api/v2/';
const WS_PATH = '/trade-api/ws/v2';
const MAX_BODY_BYTES = 1024 * 1024;

export interface ServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tier: string;
  readonly timestampToleranceMs: number;
  /** Bytes a client may leave unread before it is dropped with error 25. */
  readonly maxUnreadBytes: number;
  readonly pingMs: number;
  /** What `GET /incentive_programs` lists. */
  readonly incentives: readonly IncentiveProgram[];
}

export const SERVER_OPTIONS: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  tier: 'basic',
  timestampToleranceMs: 10_000,
  maxUnreadBytes: 8 * 1024 * 1024,
  pingMs: 10_000,
  incentives: [],
};

/** How often quotes are looked at that may be due. */
const DESK_MS = 100;

interface SocketData {
  readonly userId: string;
  client: FeedClient | null;
  dropped: boolean;
}

/** A port somebody else listens on. */
export class PortInUse extends Error {}

/** The protocol front: REST and WebSocket on one port, every request authenticated, charged and answered. */
export class ExchangeServer {
  readonly keys: KeyRing;
  /** Called before answers and events of a turn leave; durability hooks in here. */
  beforeSend: () => void = () => {};
  private readonly exchange: Exchange;
  private readonly options: ServerOptions;
  private readonly api: RestApi;
  private readonly sockets = new Set<WebSocket<SocketData>>();
  private readonly buckets = new Map<string, AccountBuckets>();
  private listening: Listening | null = null;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly app = App();

  constructor(exchange: Exchange, options: Partial<ServerOptions> = {}) {
    this.exchange = exchange;
    this.options = { ...SERVER_OPTIONS, ...options };
    this.keys = new KeyRing(this.options.timestampToleranceMs);
    const { tier, incentives } = this.options;
    this.api = new RestApi(exchange, tier, randomUUID, { keys: this.keys, incentives });
    this.app.ws<SocketData>(WS_PATH, {
      maxPayloadLength: 1024 * 1024,
      // The pings below keep a living client far from this; only one that stopped answering is cut off.
      idleTimeout: 32,
      sendPingsAutomatically: false,
      maxBackpressure: 0,
      upgrade: (res, req, context) => this.upgrade(res, req, context),
      open: (ws) => this.open(ws),
      message: (ws, message) => ws.getUserData().client?.command(Buffer.from(message).toString('utf8')),
      close: (ws) => this.closed(ws),
    });
    this.app.any('/*', (res, req) => this.http(res, req));
  }

  /** Start listening; the port in use. @throws PortInUse */
  async listen(): Promise<number> {
    const { host, port } = this.options;
    this.listening = await listenOn(this.app, host, port);
    if (this.listening === null) {
      throw new PortInUse(`port ${port} on ${host} is already in use: stop what listens there or pass another --port`);
    }
    const ping = (): void => {
      for (const ws of this.sockets) ws.ping('heartbeat');
    };
    this.timers.push(
      setInterval(ping, this.options.pingMs),
      setInterval(() => this.api.desk.tick(), DESK_MS),
    );
    for (const timer of this.timers) timer.unref();
    return this.listening.port;
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.listening?.close();
    this.listening = null;
    this.app.close();
  }

  /** Most bytes any feed client has not read yet. */
  get unreadBytes(): number {
    let most = 0;
    for (const ws of this.sockets) most = Math.max(most, ws.getBufferedAmount());
    return most;
  }

  private upgrade(res: HttpResponse, req: HttpRequest, context: Parameters<HttpResponse['upgrade']>[4]): void {
    let userId: string;
    try {
      const key = this.authenticate(req, 'GET', WS_PATH);
      if (!holds(key, 'read')) throw new Refusal(401, 'token_authentication_failure');
      userId = key.userId;
    } catch (error) {
      const code =
        (error as Refusal).code === 'signature_is_missing_from_headers'
          ? 'token_authentication_failure'
          : (error as Refusal).code;
      res.writeStatus('401 Unauthorized').writeHeader('Content-Type', 'application/json').end(JSON.stringify({ code }));
      return;
    }
    const key = req.getHeader('sec-websocket-key');
    const protocol = req.getHeader('sec-websocket-protocol');
    const extensions = req.getHeader('sec-websocket-extensions');
    const data: SocketData = { userId, client: null, dropped: false };
    res.upgrade(data, key, protocol, extensions, context);
  }

  private open(ws: WebSocket<SocketData>): void {
    const data = ws.getUserData();
    this.sockets.add(ws);
    const client = new FeedClient(this.exchange, data.userId, { send: (text) => this.push(ws, text) });
    data.client = client;
    this.exchange.listeners.push(client);
    this.api.desk.listeners.push(client.communicate);
  }

  private push(ws: WebSocket<SocketData>, text: string): void {
    const data = ws.getUserData();
    if (data.dropped) return;
    this.beforeSend();
    if (ws.getBufferedAmount() <= this.options.maxUnreadBytes) {
      ws.send(text);
      return;
    }
    data.dropped = true;
    ws.send(JSON.stringify({ type: 'error', msg: { code: 25, msg: 'Subscription buffer overflow' } }));
    setImmediate(() => {
      if (this.sockets.has(ws)) ws.end(1008, 'slow reader');
    });
  }

  private closed(ws: WebSocket<SocketData>): void {
    const data = ws.getUserData();
    data.dropped = true;
    this.sockets.delete(ws);
    const at = this.exchange.listeners.indexOf(data.client!);
    if (at >= 0) this.exchange.listeners.splice(at, 1);
    const heard = this.api.desk.listeners.indexOf(data.client!.communicate);
    if (heard >= 0) this.api.desk.listeners.splice(heard, 1);
  }

  private http(res: HttpResponse, req: HttpRequest): void {
    const method = req.getMethod().toUpperCase();
    const url = req.getUrl();
    const query = req.getQuery() ?? '';
    let key: ApiKey | null = null;
    let refusal: Refusal | null = null;
    const path = url.startsWith(ROOT) ? url.slice(ROOT.length).split('/').map(decode) : [];
    try {
      if (path.length > 0 && !RestApi.isPublic(method, path)) key = this.authenticate(req, method, url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error;
    }
    let aborted = false;
    let bytes = 0;
    const parts: Buffer[] = [];
    res.onAborted(() => {
      aborted = true;
    });
    res.onData((chunk, isLast) => {
      bytes += chunk.byteLength;
      if (bytes <= MAX_BODY_BYTES) parts.push(Buffer.from(chunk.slice(0)));
      if (!isLast || aborted) return;
      const answer =
        refusal !== null
          ? failure(refusal)
          : bytes > MAX_BODY_BYTES
            ? failure(new Refusal(413, 'request_too_large'))
            : this.answer(method, path, query, Buffer.concat(parts), key);
      this.beforeSend();
      if (aborted) return;
      res.cork(() => {
        res.writeStatus(`${answer.status} ${STATUS_WORDS[answer.status] ?? 'Status'}`);
        if (answer.type !== '') res.writeHeader('Content-Type', answer.type);
        res.end(answer.text);
      });
    });
  }

  private answer(method: string, path: readonly string[], query: string, raw: Buffer, key: ApiKey | null): RawAnswer {
    try {
      const params = new URLSearchParams(query);
      let call: ApiCall = { method, path, query: params, body: parseBody(raw), userId: key?.userId ?? '' };
      if (key !== null) {
        this.charge(call);
        call = allowed(key, call);
      }
      const { status, body } = this.api.answer(call);
      if (body === undefined) return { status, type: '', text: '' };
      return { status, type: 'application/json', text: JSON.stringify(body) };
    } catch (error) {
      if (error instanceof Refusal) return failure(error);
      console.error('exchange: internal error', error);
      return failure(new Refusal(500, 'internal_error'));
    }
  }

  private charge(call: ApiCall): void {
    let buckets = this.buckets.get(call.userId);
    const time = this.exchange.now();
    const tier = this.api.accounts.tierOf(call.userId);
    if (buckets?.tier !== tier) {
      // RFQs are billed to shard 1 whether or not a market trades there.
      const shards = new Set([1, ...[...this.exchange.markets.values()].map((m) => m.listing.exchangeIndex)]);
      buckets = new AccountBuckets(tier, shards, time);
      this.buckets.set(call.userId, buckets);
    }
    const cost = RestApi.cost(call, this.exchange.restingOf(call.userId).length);
    if (!buckets.take(cost, time)) throw new Refusal(429, 'too_many_requests', 'too many requests');
  }

  private authenticate(req: HttpRequest, method: string, path: string): ApiKey {
    const headers = {
      keyId: req.getHeader('kalshi-access-key'),
      timestamp: req.getHeader('kalshi-access-timestamp'),
      signature: req.getHeader('kalshi-access-signature'),
    };
    return this.keys.authenticate(headers, method, path, Math.floor(this.exchange.now() / 1000));
  }
}

interface RawAnswer {
  readonly status: number;
  /** Empty where there is no body. */
  readonly type: string;
  readonly text: string;
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  410: 'Gone',
  413: 'Payload Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};

/** A refusal in the shape the exchange uses for its kind. */
function failure(refusal: Refusal): RawAnswer {
  const { status, code } = refusal;
  if (code.startsWith('text:')) return { status, type: 'text/plain', text: code.slice(5) };
  const type = 'application/json';
  if (code.startsWith('msg:')) return { status, type, text: JSON.stringify({ msg: code.slice(4) }) };
  const body = refusalBody(refusal);
  return { status, type, text: JSON.stringify(code.startsWith('flat:') ? body : { error: body }) };
}

function parseBody(raw: Buffer): unknown {
  if (raw.length === 0) return undefined;
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch (error) {
    throw new Refusal(400, 'flat:bad_request', 'bad request', `json: ${(error as Error).message}`);
  }
}

/** A path's part as text. One that hides a slash stays as it was sent: it is no way to another path. */
function decode(part: string): string {
  try {
    const text = decodeURIComponent(part);
    return text.includes('/') ? part : text;
  } catch {
    return part;
  }
}

/** Wall clock for a running exchange: microseconds that never go back. */
export function wallClock(): () => TimeUs {
  const anchorUs = Date.now() * 1000;
  const start = process.hrtime.bigint();
  return () => (anchorUs + Number((process.hrtime.bigint() - start) / 1000n)) as TimeUs;
}
