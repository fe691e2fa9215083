import type { HttpRequest, HttpResponse, WebSocket } from 'uWebSockets.js';
import { App, type Listening, listenOn } from '../engine/exchange/uws.ts';

/** The market of the harness: whole cents, a standing bid at 40 and ask at 60 cents. */
export const TICKER = 'KXTICK-26NOV23-T50';
const ROOT = '/trade-api/v2';

/** A write as it arrived, complete. */
export interface Arrival {
  readonly atNs: number;
  readonly method: 'POST' | 'DELETE';
  readonly body: string;
}

interface SocketData {
  readonly clientName: string;
}

interface Client {
  socket: WebSocket<SocketData> | null;
  bookSid: number;
  seq: number;
  orders: number;
  unexpected: number;
  waiting: ((arrival: Arrival) => void) | null;
}

const MARKET = {
  ticker: TICKER,
  event_ticker: 'KXTICK-26NOV23',
  status: 'active',
  exchange_index: 0,
  price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
};

/** What the engine asks before it quotes: constant answers, as Kalshi words them. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/account/limits': {
    usage_tier: 'bench',
    read: { refill_rate: 1_000_000, bucket_capacity: 1_000_000 },
    write: { refill_rate: 1_000_000, bucket_capacity: 1_000_000 },
  },
  '/account/endpoint_costs': { default_cost: 1, endpoint_costs: [] },
  [`/markets/${TICKER}`]: { market: MARKET },
  '/markets': { markets: [MARKET], cursor: '' },
  '/events/KXTICK-26NOV23': { event: { event_ticker: 'KXTICK-26NOV23', series_ticker: 'KXTICK' } },
  '/series/KXTICK': { series: { fee_type: 'quadratic', fee_multiplier: 1 } },
  '/portfolio/balance': {
    balance_dollars: '9000000.0000',
    balance_breakdown: [{ exchange_index: 0, balance: '9000000.0000' }],
  },
  '/portfolio/orders': { orders: [], cursor: '' },
  '/portfolio/fills': { fills: [], cursor: '' },
  '/portfolio/positions': { market_positions: [], cursor: '' },
  '/portfolio/order_groups/create': { order_group_id: 'bench-group' },
};

/**
 * The exchange's end of the tick-to-order measurement: just enough of the protocol to bring a client to quoting, then
 * one delta at a time, with the moment it left and the moment the complete write it caused arrived. Clients are told
 * apart by their API key id; signatures are not checked.
 */
export class TickHarness {
  private readonly app = App();
  private readonly clients = new Map<string, Client>();
  private listening: Listening | null = null;

  constructor() {
    this.app.ws<SocketData>('/trade-api/ws/v2', {
      idleTimeout: 0,
      upgrade: (res, req, context) => {
        const clientName = req.getHeader('kalshi-access-key');
        res.upgrade(
          { clientName },
          req.getHeader('sec-websocket-key'),
          req.getHeader('sec-websocket-protocol'),
          req.getHeader('sec-websocket-extensions'),
          context,
        );
      },
      open: (ws) => {
        this.client(ws.getUserData().clientName).socket = ws;
      },
      message: (ws, message) => this.command(ws, Buffer.from(message).toString('utf8')),
      close: (ws) => {
        const client = this.client(ws.getUserData().clientName);
        if (client.socket === ws) client.socket = null;
      },
    });
    this.app.any('/*', (res, req) => this.http(res, req));
  }

  /** Listen on loopback; the port. */
  async listen(): Promise<number> {
    this.listening = await listenOn(this.app, '127.0.0.1', 0);
    if (this.listening === null) throw new Error('no free port on 127.0.0.1');
    return this.listening.port;
  }

  close(): void {
    this.listening?.close();
    this.app.close();
  }

  /** Writes of a client that no tick had asked for. */
  unexpected(clientName: string): number {
    return this.client(clientName).unexpected;
  }

  /**
   * Change the resting bid at `price` (1e-4 dollars) by `contracts` for one client and wait for the write that follows.
   * @returns nanoseconds from just before the send to the last byte of the write, and the write; null after `patienceMs`
   */
  async tick(
    clientName: string,
    price: number,
    contracts: number,
    patienceMs: number,
  ): Promise<{ readonly ns: number; readonly arrival: Arrival } | null> {
    const client = this.client(clientName);
    if (client.socket === null) return null;
    const frame = `{"type":"orderbook_delta","sid":${client.bookSid},"seq":${++client.seq},"msg":{"market_ticker":"${TICKER}","market_id":"40b92a88-8bde-4a7e-9d41-da979865ae04","price_dollars":"${(price / 10_000).toFixed(4)}","delta_fp":"${contracts.toFixed(2)}","side":"yes","ts":"2026-11-23T05:34:49.816683Z","ts_ms":1795412089816}}`;
    let arrived: Arrival | null = null;
    client.waiting = (arrival) => {
      arrived = arrival;
    };
    const sentNs = nowNs();
    client.socket.send(frame, false);
    // Spinning, so that this end's sleep is not part of what is measured.
    while (arrived === null && nowNs() - sentNs < patienceMs * 1e6)
      await new Promise((resolve) => setImmediate(resolve));
    client.waiting = null;
    const arrival = arrived as Arrival | null;
    return arrival === null ? null : { ns: arrival.atNs - sentNs, arrival };
  }

  private client(name: string): Client {
    let client = this.clients.get(name);
    if (client === undefined) {
      client = { socket: null, bookSid: 1, seq: 0, orders: 0, unexpected: 0, waiting: null };
      this.clients.set(name, client);
    }
    return client;
  }

  private command(ws: WebSocket<SocketData>, text: string): void {
    const { id, cmd, params } = JSON.parse(text) as { id: number; cmd: string; params: { channels?: string[] } };
    const channel = params.channels?.[0];
    if (cmd !== 'subscribe' || channel === undefined) return;
    const client = this.client(ws.getUserData().clientName);
    const sid = id;
    ws.send(JSON.stringify({ id, type: 'subscribed', msg: { channel, sid } }));
    if (channel !== 'orderbook_delta') return;
    client.bookSid = sid;
    client.seq = 1;
    const msg = {
      market_ticker: TICKER,
      yes_dollars_fp: [['0.4000', '100.00']],
      no_dollars_fp: [['0.6000', '100.00']],
    };
    ws.send(JSON.stringify({ type: 'orderbook_snapshot', sid, seq: 1, msg }));
  }

  private http(res: HttpResponse, req: HttpRequest): void {
    const method = req.getMethod().toUpperCase();
    const path = req.getUrl().slice(ROOT.length);
    const client = this.client(req.getHeader('kalshi-access-key'));
    let body = '';
    res.onAborted(() => {});
    res.onData((chunk, isLast) => {
      body += Buffer.from(chunk).toString('latin1');
      if (!isLast) return;
      const atNs = nowNs();
      const isWrite = path === '/portfolio/events/orders/batched';
      const answer = isWrite ? this.write(client, method as Arrival['method'], body, atNs) : (ANSWERS[path] ?? {});
      res.cork(() => {
        res.writeHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
      });
    });
  }

  private write(client: Client, method: Arrival['method'], body: string, atNs: number): unknown {
    if (client.waiting === null) client.unexpected++;
    else client.waiting({ atNs, method, body });
    client.waiting = null;
    const { orders } = JSON.parse(body) as { orders: { client_order_id?: string; order_id?: string }[] };
    return {
      orders: orders.map(({ client_order_id, order_id }) =>
        method === 'POST'
          ? { order_id: `bench-${++client.orders}`, client_order_id, fill_count: '0.00', remaining_count: '1.00' }
          : { order_id, reduced_by: '1.00' },
      ),
    };
  }
}

function nowNs(): number {
  return performance.now() * 1e6;
}
