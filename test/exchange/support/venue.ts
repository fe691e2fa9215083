import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { ExchangeServer, type ServerOptions } from '../../../engine/exchange/server.ts';
import { Bench, type BenchOptions } from './bench.ts';

export const API = '/trade-api/v2';
const WS_PATH = '/trade-api/ws/v2';
/** How long anything may take that comes over a socket. */
const DEADLINE_MS = 5000;

/** A client's key pair and the id it is registered under. */
export interface TestKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicPem: string;
}

function testKey(keyId: string, pair: { publicKey: KeyObject; privateKey: KeyObject }): TestKey {
  const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { keyId, privateKey: pair.privateKey, publicPem };
}

export const ED25519 = testKey('11111111-1111-4111-8111-111111111111', generateKeyPairSync('ed25519'));
export const RSA = testKey('22222222-2222-4222-8222-222222222222', generateKeyPairSync('rsa', { modulusLength: 2048 }));

/** The three headers of a signed request, made by the exchange's published recipe. */
export function signed(key: TestKey, method: string, path: string, timeMs: number): Record<string, string> {
  const message = Buffer.from(`${timeMs}${method}${path}`);
  const signature =
    key.privateKey.asymmetricKeyType === 'ed25519'
      ? sign(null, message, key.privateKey)
      : sign('sha256', message, {
          key: key.privateKey,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        });
  return {
    'KALSHI-ACCESS-KEY': key.keyId,
    'KALSHI-ACCESS-TIMESTAMP': String(timeMs),
    'KALSHI-ACCESS-SIGNATURE': signature.toString('base64'),
  };
}

export type Json = Readonly<Record<string, unknown>>;

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly body: Json;
}

/** A signing HTTP client of one account. */
export class Client {
  readonly base: string;
  readonly key: TestKey;
  private readonly nowMs: () => number;

  constructor(port: number, key: TestKey, nowMs: () => number) {
    this.base = `http://127.0.0.1:${port}`;
    this.key = key;
    this.nowMs = nowMs;
  }

  /** `url` is below the API's root. A string body goes as it is. */
  async call(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Reply> {
    const path = `${API}${url}`;
    const auth = headers ?? signed(this.key, method, path.split('?')[0]!, this.nowMs());
    const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(this.base + path, {
      method,
      headers: { 'content-type': 'application/json', ...auth },
      ...text,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    return replyOf(response.status, response.headers.get('content-type') ?? '', await response.text());
  }

  get(url: string): Promise<Reply> {
    return this.call('GET', url);
  }

  post(url: string, body: unknown): Promise<Reply> {
    return this.call('POST', url, body);
  }

  delete(url: string, body?: unknown): Promise<Reply> {
    return this.call('DELETE', url, body);
  }

  /** Place an order, by default one contract bid at 40c that rests. */
  order(fields: Json = {}): Promise<Reply> {
    return this.post('/portfolio/events/orders', orderBody(fields));
  }

  /** Open a feed connection. */
  async feed(): Promise<Feed> {
    const feed = new Feed(this.base, signed(this.key, 'GET', WS_PATH, this.nowMs()));
    await feed.opened;
    return feed;
  }
}

export function orderBody(fields: Json = {}): Json {
  return {
    ticker: 'M',
    side: 'bid',
    count: '1.00',
    price: '0.4000',
    time_in_force: 'good_till_canceled',
    self_trade_prevention_type: 'taker_at_cross',
    ...fields,
  };
}

function replyOf(status: number, type: string, text: string): Reply {
  return { status, type, text, body: type === 'application/json' ? (JSON.parse(text) as Json) : {} };
}

/** A frame as it came. */
export interface Frame {
  readonly type: string;
  readonly id?: number;
  readonly sid?: number;
  readonly seq?: number;
  readonly msg: Json;
}

/** A feed connection that keeps all it is sent. */
export class Feed {
  readonly frames: Frame[] = [];
  readonly pings: string[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  private wake: () => void = () => {};

  constructor(base: string, headers: Record<string, string>) {
    this.socket = new WebSocket(base.replace('http', 'ws') + WS_PATH, { headers, perMessageDeflate: false });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => {});
    this.socket.on('ping', (data) => this.pings.push(String(data)));
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)) as Frame);
      this.wake();
    });
  }

  send(command: unknown): void {
    this.socket.send(typeof command === 'string' ? command : JSON.stringify(command));
  }

  /** The first frame from `from` on that fits, once it is there. */
  async next(fits: (frame: Frame) => boolean, from = 0): Promise<Frame> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    for (;;) {
      const found = this.frames.slice(from).find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve, reject) => {
        this.wake = resolve;
        deadline.onabort = () => reject(new Error(`no such frame among ${JSON.stringify(this.frames.slice(-5))}`));
      });
    }
  }

  /** Send a command and wait until the exchange has dealt with everything sent so far. Frames since. */
  async command(command: unknown): Promise<Frame[]> {
    const from = this.frames.length;
    this.send(command);
    await this.drained();
    return this.frames.slice(from).filter((f) => !isMark(f));
  }

  private marks = 900_000;

  /** Wait until all that the exchange sent before now is here: its answer to a listing comes after it. */
  async drained(): Promise<void> {
    const id = ++this.marks;
    const from = this.frames.length;
    this.send({ id, cmd: 'list_subscriptions' });
    await this.next((f) => f.id === id, from);
  }

  /** Frames of a subscription, in order. */
  of(sid: number): Frame[] {
    return this.frames.filter((f) => f.sid === sid);
  }

  async close(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}

function isMark(frame: Frame): boolean {
  return (frame.id ?? 0) > 900_000;
}

/** An exchange on a free port with two accounts, `a` (Ed25519) and `b` (RSA); its clock is turned by hand. */
export class Venue {
  readonly bench: Bench;
  readonly server: ExchangeServer;
  readonly a: Client;
  readonly b: Client;
  private readonly feeds: Feed[] = [];

  private constructor(bench: Bench, server: ExchangeServer, port: number) {
    this.bench = bench;
    this.server = server;
    this.a = new Client(port, ED25519, () => this.nowMs);
    this.b = new Client(port, RSA, () => this.nowMs);
  }

  /** Listening, and closed when the test ends. */
  static async open(
    t: TestContext,
    options: BenchOptions = {},
    serverOptions: Partial<ServerOptions> = {},
  ): Promise<Venue> {
    const bench = new Bench(options);
    for (const shard of new Set(Object.values(options.markets ?? { M: 0 })))
      bench.fund('a', '10000', shard).fund('b', '10000', shard);
    const server = new ExchangeServer(bench.exchange, { tier: 'prestige', ...serverOptions });
    server.keys.register(ED25519.keyId, 'a', ED25519.publicPem);
    server.keys.register(RSA.keyId, 'b', RSA.publicPem);
    const venue = new Venue(bench, server, await server.listen());
    t.after(() => venue.close());
    return venue;
  }

  get nowMs(): number {
    return Math.floor(this.bench.timeUs / 1000);
  }

  get port(): number {
    return Number(new URL(this.a.base).port);
  }

  async feed(client: Client = this.a): Promise<Feed> {
    const feed = await client.feed();
    this.feeds.push(feed);
    return feed;
  }

  async close(): Promise<void> {
    await Promise.all(this.feeds.map((feed) => feed.close()));
    this.server.close();
  }
}

/** Send bytes as they are and return what comes back until the connection ends. */
export function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(text);
  });
}
