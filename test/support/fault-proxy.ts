import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import WebSocket, { type RawData, WebSocketServer } from 'ws';

/** A frame on its way through the proxy, as far as it can be read. */
export interface ProxyFrame {
  readonly text: string;
  /** `type` of a frame from the exchange, `cmd` of a command; '' where it is no JSON. */
  readonly type: string;
  readonly sid: number;
  readonly seq: number;
  readonly ticker: string;
}

/** What happens to a frame: lost, sent twice, sent after `n` later frames, or sent as something else. */
export type Fate = 'drop' | 'duplicate' | { readonly holdFor: number } | { readonly as: (text: string) => string };

type Way = 'down' | 'up';

/** A fault: which frames, what becomes of them, how many of them still. */
export class Rule {
  /** Frames it met. */
  hits = 0;
  left: number;
  readonly matches: (frame: ProxyFrame) => boolean;
  readonly fate: Fate;

  constructor(matches: (frame: ProxyFrame) => boolean, fate: Fate, times: number) {
    this.matches = matches;
    this.fate = fate;
    this.left = times;
  }

  off(): void {
    this.left = 0;
  }
}

/** What a REST answer is turned into. */
export interface RestRule {
  readonly matches: (method: string, path: string) => boolean;
  readonly answer: (body: string) => { readonly status: number; readonly body: string };
  left: number;
  hits: number;
}

interface Held {
  readonly text: string;
  after: number;
}

/** One client connection and its counterpart at the exchange. */
interface Link {
  readonly client: WebSocket;
  readonly exchange: WebSocket;
  readonly early: string[];
  readonly held: Record<Way, Held[]>;
}

/**
 * Stands between a client and the exchange, on real sockets, and knows frames: loses, repeats, delays, reorders and
 * changes those that a rule names, cuts or freezes connections, refuses upgrades. REST passes through it too.
 */
export class FaultProxy {
  /** Connections accepted. */
  accepted = 0;
  refused = 0;
  /** HTTP status to refuse upgrades with, 0 to accept them. */
  refuseWith = 0;
  /** Every frame the exchange sent on the last connection, whatever became of it. */
  readonly seen: ProxyFrame[] = [];
  private readonly upstream: string;
  private readonly rules: Record<Way, Rule[]> = { down: [], up: [] };
  private readonly restRules: RestRule[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly wss = new WebSocketServer({ noServer: true, autoPong: false, perMessageDeflate: false });
  private link: Link | null = null;
  private frozen = false;
  private port = 0;

  /** @param upstream the exchange's `host:port` */
  constructor(upstream: string) {
    this.upstream = upstream;
    this.server = createServer((request, response) => this.http(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.server.on('upgrade', (request, socket, head) => {
      if (this.refuseWith !== 0) {
        this.refused++;
        socket.end(`HTTP/1.1 ${this.refuseWith} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
        return;
      }
      this.wss.handleUpgrade(request, socket, head, (client) => this.open(client, request));
    });
  }

  /** @returns its `host:port` */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return `127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.kill();
    for (const socket of this.sockets) socket.destroy();
    this.wss.close();
    await closed;
  }

  /** A fault on frames from the exchange. */
  down(matches: (frame: ProxyFrame) => boolean, fate: Fate, times = 1): Rule {
    return this.add('down', new Rule(matches, fate, times));
  }

  /** A fault on commands to the exchange. */
  up(matches: (frame: ProxyFrame) => boolean, fate: Fate, times = 1): Rule {
    return this.add('up', new Rule(matches, fate, times));
  }

  /** Answer REST requests otherwise than the exchange did. */
  rest(matches: RestRule['matches'], answer: RestRule['answer'], times = 1): RestRule {
    const rule: RestRule = { matches, answer, left: times, hits: 0 };
    this.restRules.push(rule);
    return rule;
  }

  /** Put a frame into the connection as if the exchange had sent it. */
  inject(text: string): void {
    this.link?.client.send(text);
  }

  /** Send a command to the exchange behind the client's back. */
  command(text: string): void {
    this.link?.exchange.send(text);
  }

  /** Cut the feed connection without a word. */
  kill(): void {
    this.link?.client.terminate();
    this.link?.exchange.terminate();
    this.link = null;
  }

  /** From here on nothing passes on the present connection, pings neither, though it stays open. */
  freeze(): void {
    this.frozen = true;
  }

  /** The sid the exchange gave to a channel on the present connection. */
  sidOf(channel: string): number {
    const frames = this.seen.filter((f) => f.type === 'subscribed' && f.text.includes(`"channel":"${channel}"`));
    return frames.at(-1)?.sid ?? 0;
  }

  /** The last number of a sid. */
  lastSeq(sid: number): number {
    return this.seen.reduce((last, f) => (f.sid === sid ? Math.max(last, f.seq) : last), 0);
  }

  private add(way: Way, rule: Rule): Rule {
    this.rules[way].push(rule);
    return rule;
  }

  private open(client: WebSocket, request: IncomingMessage): void {
    this.accepted++;
    this.frozen = false;
    this.seen.length = 0;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (name.startsWith('kalshi-')) headers[name] = String(value);
    }
    const exchange = new WebSocket(`ws://${this.upstream}${request.url}`, { headers, perMessageDeflate: false });
    const link: Link = { client, exchange, early: [], held: { down: [], up: [] } };
    this.link = link;
    client.on('error', () => {});
    exchange.on('error', () => client.terminate());
    client.on('message', (data) => this.pass(link, 'up', asText(data)));
    exchange.on('message', (data) => this.pass(link, 'down', asText(data)));
    exchange.on('open', () => {
      for (const text of link.early.splice(0)) exchange.send(text);
    });
    exchange.on('ping', (data) => this.flows(link) && client.ping(data));
    client.on('ping', (data) => this.flows(link) && exchange.ping(data));
    exchange.on('pong', (data) => this.flows(link) && client.pong(data));
    client.on('close', () => exchange.terminate());
    exchange.on('close', (code, reason) => {
      if (!this.flows(link)) return;
      if (code === 1006 || code === 1005) client.terminate();
      else client.close(code, reason);
    });
  }

  private flows(link: Link): boolean {
    return this.link === link && !this.frozen;
  }

  private pass(link: Link, way: Way, text: string): void {
    if (!this.flows(link)) return;
    const frame = readFrame(text);
    if (way === 'down') this.seen.push(frame);
    const rule = this.rules[way].find((r) => r.left > 0 && r.matches(frame));
    if (rule === undefined) return this.deliver(link, way, [text]);
    rule.left--;
    rule.hits++;
    const { fate } = rule;
    if (fate === 'drop') return;
    if (fate === 'duplicate') return this.deliver(link, way, [text, text]);
    if ('as' in fate) return this.deliver(link, way, [fate.as(text)]);
    link.held[way].push({ text, after: fate.holdFor });
  }

  private deliver(link: Link, way: Way, texts: readonly string[]): void {
    const to = way === 'down' ? link.client : link.exchange;
    for (const text of texts) {
      if (way === 'up' && to.readyState === WebSocket.CONNECTING) link.early.push(text);
      else if (to.readyState === WebSocket.OPEN) to.send(text);
    }
    const due: string[] = [];
    for (const held of link.held[way]) if (--held.after === 0) due.push(held.text);
    link.held[way] = link.held[way].filter((h) => h.after > 0);
    if (due.length > 0) this.deliver(link, way, due);
  }

  private http(request: IncomingMessage, response: ServerResponse): void {
    const [host, port] = this.upstream.split(':');
    const { method = 'GET', url = '/', headers } = request;
    const to = { host, port, method, path: url, headers: { ...headers, connection: 'close' }, agent: false };
    const out = forward(to, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        let status = answer.statusCode ?? 502;
        let body = Buffer.concat(chunks).toString('utf8');
        const rule = this.restRules.find((r) => r.left > 0 && r.matches(method, url));
        if (rule !== undefined) {
          rule.left--;
          rule.hits++;
          ({ status, body } = rule.answer(body));
        }
        const type = answer.headers['content-type'] ?? 'application/json';
        response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
      });
    });
    out.on('error', () => response.destroy());
    request.pipe(out);
  }
}

function asText(data: RawData): string {
  return (data as Buffer).toString('utf8');
}

function readFrame(text: string): ProxyFrame {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text, type: '', sid: 0, seq: 0, ticker: '' };
  }
  const body = (value['msg'] ?? value['params'] ?? {}) as Record<string, unknown>;
  return {
    text,
    type: String(value['type'] ?? value['cmd'] ?? ''),
    sid: Number(value['sid'] ?? body['sid'] ?? 0),
    seq: Number(value['seq'] ?? 0),
    ticker: String(body['market_ticker'] ?? ''),
  };
}
