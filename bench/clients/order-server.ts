/**
 * The server of the sending measurement: answers every batch over TLS with the same bytes, and looks at what came only
 * once the answer is on its way. It spins, so that its sleep is not measured.
 */

import { SSLApp } from 'uWebSockets.js';
import { constants, createPublicKey, verify } from 'node:crypto';
import { listenOn } from '../../engine/exchange/uws.ts';
import { type OrderServerStart, readStart } from './start.ts';

const PATH = '/trade-api/v2/portfolio/events/orders/batched';
const ANSWER = JSON.stringify({
  orders: [{ order_id: 'bench-1', client_order_id: 'hd-bench-1', fill_count: '0.00', remaining_count: '1.00' }],
});
/** Of so many requests one has its signature checked. */
const CHECKED = 50;
/** Turns without a request after which it sleeps between requests. */
const IDLE_TURNS = 20_000;

const { certPath, keyPath, publicKeys } = readStart<OrderServerStart>();
const keys = new Map(Object.entries(publicKeys).map(([id, pem]) => [id, createPublicKey(pem)]));
let requests = 0;
let error = '';
let idle = 0;
let spinning = false;

function spin(): void {
  spinning = ++idle < IDLE_TURNS;
  if (spinning) setImmediate(spin);
}

function wake(): void {
  idle = 0;
  if (!spinning) spin();
}

interface Headers {
  readonly key: string;
  readonly timestamp: string;
  readonly signature: string;
}

function check(body: string, { key, timestamp, signature }: Headers): void {
  const { orders } = JSON.parse(body) as { orders: { price: string; count: string; client_order_id: string }[] };
  const isRight = orders.every(
    (o) => o.price === '0.4500' && o.count === '10.00' && o.client_order_id.startsWith('hd-'),
  );
  if (!isRight || orders.length === 0) error ||= `wrong orders: ${body.slice(0, 200)}`;
  if (requests % CHECKED !== 1 || key === 'constant') return;
  const known = keys.get(key);
  const message = Buffer.from(`${timestamp}POST${PATH}`);
  const bytes = Buffer.from(signature, 'base64');
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const isAuthentic =
    known !== undefined &&
    Math.abs(Date.now() - Number(timestamp)) < 1_500 &&
    (known.asymmetricKeyType === 'rsa'
      ? verify('sha256', message, { key: known, ...pss }, bytes)
      : verify(null, message, known, bytes));
  if (!isAuthentic) error ||= `wrong signature of ${key} at ${timestamp}`;
}

const app = SSLApp({ cert_file_name: certPath, key_file_name: keyPath });
app.post(PATH, (res, req) => {
  const headers = {
    key: req.getHeader('kalshi-access-key'),
    timestamp: req.getHeader('kalshi-access-timestamp'),
    signature: req.getHeader('kalshi-access-signature'),
  };
  let body = '';
  res.onAborted(() => {});
  res.onData((chunk, isLast) => {
    body += Buffer.from(chunk).toString('latin1');
    if (!isLast) return;
    wake();
    requests++;
    res.cork(() => res.writeStatus('201 Created').writeHeader('Content-Type', 'application/json').end(ANSWER));
    setImmediate(() => check(body, headers));
  });
});
const listening = await listenOn(app, '127.0.0.1', 0);
if (listening === null) throw new Error('no free port on 127.0.0.1');
process.on('message', () => {
  process.send?.({ requests, error });
  requests = 0;
  error = '';
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: listening.port });
