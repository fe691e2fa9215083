/**
 * Baseline: the same sockets (ws in, undici out, the gateway's settings) with nothing between them. Every frame is
 * answered with constant bytes under constant headers: a create, then a cancel, and so on.
 */
import { Pool } from 'undici';
import WebSocket from 'ws';
import { TICKER } from '../harness.ts';
import { readStart, ready } from './start.ts';

const { port, keyId } = readStart();
const path = '/trade-api/v2/portfolio/events/orders/batched';
const headers = {
  'KALSHI-ACCESS-KEY': keyId,
  'KALSHI-ACCESS-TIMESTAMP': '1795412089816',
  'KALSHI-ACCESS-SIGNATURE': 'A'.repeat(344),
  'Content-Type': 'application/json',
};
const create = JSON.stringify({
  orders: [
    {
      ticker: TICKER,
      client_order_id: 'hd-bench-1',
      side: 'bid',
      count: '1.00',
      price: '0.4500',
      time_in_force: 'good_till_canceled',
      post_only: true,
      self_trade_prevention_type: 'taker_at_cross',
      cancel_order_on_pause: true,
      order_group_id: 'bench-group',
      exchange_index: 0,
    },
  ],
});
const cancel = JSON.stringify({ orders: [{ order_id: 'bench-1', exchange_index: 0, market_ticker: TICKER }] });

const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8, pipelining: 1, keepAliveTimeout: 4000 });
const socket = new WebSocket(`ws://127.0.0.1:${port}/trade-api/ws/v2`, {
  headers: { 'KALSHI-ACCESS-KEY': keyId },
  perMessageDeflate: false,
  skipUTF8Validation: true,
});
let frames = 0;
socket.on('open', ready);
socket.on('message', () => {
  const isCreate = frames++ % 2 === 0;
  pool
    .request({ method: isCreate ? 'POST' : 'DELETE', path, headers, body: isCreate ? create : cancel })
    .then(({ body }) => body.text())
    .catch((error: Error) => {
      console.error(error.message);
      process.exit(1);
    });
});
process.on('disconnect', () => process.exit(0));
