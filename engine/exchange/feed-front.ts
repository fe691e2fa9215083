import type { HttpRequest, HttpResponse, WebSocket } from 'uWebSockets.js';
import { failure, tooManyRequests } from './answers.ts';
import { Bucket } from './buckets.ts';
import type { ConnectionFate } from './faults/injector.ts';
import { RELAY_HEADER, type Relay } from './faults/relay.ts';
import { FIXED_POINT } from './feed-form.ts';
import { FeedHub } from './feed-hub.ts';
import { FeedSocket, type SocketData } from './feed-socket.ts';
import { authenticate, type Front } from './front.ts';
import { LEGACY_CENTS } from './legacy.ts';
import { Refusal } from './order.ts';
import { holds } from './scopes.ts';
import type { TemplatedApp } from './uws.ts';

const WS_PATH = '/trade-api/ws/v2';
/** How long a client that was told to go may take before it is cut off. */
const GOODBYE_US = 5_000_000;

/** The feed over WebSocket: connections, their pings, what they may ask and how far they may lag. */
export class FeedFront {
  private readonly front: Front;
  private readonly relay: Relay | null;
  private readonly hub: FeedHub;
  private readonly sockets = new Set<FeedSocket>();
  /** Connections every user has had. */
  private readonly numbers = new Map<string, number>();
  private dirty: FeedSocket[] = [];
  private readonly wake = (socket: FeedSocket): void => {
    this.dirty.push(socket);
    if (this.dirty.length === 1) queueMicrotask(() => this.flush());
  };

  constructor(front: Front, relay: Relay | null) {
    this.front = front;
    this.relay = relay;
    this.hub = new FeedHub(front.exchange, front.options.legacyCents ? LEGACY_CENTS : FIXED_POINT);
    front.api.desk.listeners.push((event) => this.hub.communicate(event));
  }

  attach(app: TemplatedApp): void {
    app.ws<SocketData>(WS_PATH, {
      maxPayloadLength: 1024 * 1024,
      // Silence is judged by missing pongs, on the exchange's clock, long before this. It also decides how long a farewell
      // may take to reach a slow reader.
      idleTimeout: 960,
      sendPingsAutomatically: false,
      maxBackpressure: 0,
      upgrade: (res, req, context) => this.upgrade(res, req, context),
      open: (ws) => this.open(ws),
      message: (ws, message) => {
        const { socket } = ws.getUserData();
        if (socket?.isDeaf === false) socket.client!.command(Buffer.from(message).toString('utf8'));
      },
      pong: (ws) => {
        ws.getUserData().socket!.heardUs = this.front.exchange.now();
      },
      close: (ws) => this.closed(ws.getUserData().socket!),
    });
  }

  /** Ping everybody; cut off who has not answered for too long, and who was told to go and has not gone. */
  heartbeat(): void {
    const now = this.front.exchange.now();
    for (const socket of [...this.sockets]) {
      const silentUs = now - socket.heardUs;
      if (socket.droppedUs > 0) {
        if (now - socket.droppedUs > GOODBYE_US) socket.cut();
      } else if (silentUs > this.front.options.pongTimeoutMs * 1000) socket.cut();
      else socket.ping();
    }
  }

  /** End every connection with a close frame. */
  endAll(code: number, reason: string): void {
    for (const socket of [...this.sockets]) socket.end(code, reason);
  }

  /** Connections that were not told to go. */
  get connections(): number {
    let n = 0;
    for (const socket of this.sockets) if (socket.droppedUs === 0) n++;
    return n;
  }

  /** Most bytes any client has not read yet. */
  get unreadBytes(): number {
    let most = 0;
    for (const { ws } of this.sockets) most = Math.max(most, ws.getBufferedAmount());
    return most;
  }

  private flush(): void {
    const { dirty } = this;
    this.dirty = [];
    this.front.beforeSend();
    for (const socket of dirty) socket.flush();
  }

  private upgrade(res: HttpResponse, req: HttpRequest, context: Parameters<HttpResponse['upgrade']>[4]): void {
    const { injector, options } = this.front;
    let fate: ConnectionFate | null = null;
    let userId: string;
    let subaccount: number | null;
    try {
      const key = authenticate(this.front, req, 'GET', WS_PATH);
      if (!holds(key, 'read')) throw new Refusal(401, 'token_authentication_failure');
      ({ userId, subaccount } = key);
      if (this.countOf(userId) >= options.connectionsPerUser) throw tooManyRequests();
      if (injector?.inMaintenance(this.front.elapsedMs()) === true) throw new Refusal(503, 'service_unavailable');
      fate = injector?.connection(userId, this.front.elapsedMs()) ?? null;
      if (fate?.kind === 'refuse') throw new Refusal(502, 'text:502 Bad Gateway');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (fate !== null) injector!.note('connection refuse', req.getHeader('kalshi-access-key'));
      this.refuse(res, error);
      return;
    }
    if (fate?.kind === 'silent') {
      injector!.note('connection silent', userId);
      res.onAborted(() => {});
      return;
    }
    const key = req.getHeader('sec-websocket-key');
    const protocol = req.getHeader('sec-websocket-protocol');
    const extensions = req.getHeader('sec-websocket-extensions');
    const data: SocketData = { userId, subaccount, relayName: req.getHeader(RELAY_HEADER), fate, socket: null };
    res.upgrade(data, key, protocol, extensions, context);
  }

  private refuse(res: HttpResponse, refusal: Refusal): void {
    const { status, code } = refusal;
    const unsigned = code === 'signature_is_missing_from_headers';
    const { type, text } =
      status === 401
        ? { type: 'application/json', text: JSON.stringify({ code: unsigned ? 'token_authentication_failure' : code }) }
        : failure(refusal);
    res
      .writeStatus(status === 401 ? '401 Unauthorized' : `${status} Refused`)
      .writeHeader('Content-Type', type)
      .end(text);
  }

  private countOf(userId: string): number {
    let n = 0;
    for (const { data } of this.sockets) if (data.userId === userId) n++;
    return n;
  }

  private open(ws: WebSocket<SocketData>): void {
    const { userId, subaccount } = ws.getUserData();
    const { options, exchange } = this.front;
    const number = (this.numbers.get(userId) ?? 0) + 1;
    this.numbers.set(userId, number);
    const socket = new FeedSocket(ws, this.front, this.relay, number, this.wake);
    ws.getUserData().socket = socket;
    const rate = options.commandsPerSecond;
    const commands = rate === 0 ? null : new Bucket(rate, rate, exchange.now());
    const markets = options.marketsPerSubscription || Number.POSITIVE_INFINITY;
    socket.client = this.hub.join(userId, socket, { commands, markets }, subaccount);
    this.sockets.add(socket);
  }

  private closed(socket: FeedSocket): void {
    socket.gone();
    this.sockets.delete(socket);
    this.hub.leave(socket.client!);
  }
}
