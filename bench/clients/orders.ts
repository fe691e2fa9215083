import { createPrivateKey, sign } from 'node:crypto';
import { connect } from 'node:net';
import type { OrdersAnswer, OrdersStart } from './start.ts';

/** Clients that place orders one after the other on kept-alive connections, each request signed. */
const start = JSON.parse(process.argv[2]!) as OrdersStart;
const key = createPrivateKey(start.privatePem);
const PATH = '/trade-api/v2/portfolio/events/orders';

function request(n: number): string {
  const body = JSON.stringify({
    ticker: start.ticker,
    side: 'bid',
    count: '1.00',
    price: '0.0100',
    time_in_force: 'good_till_canceled',
    self_trade_prevention_type: 'taker_at_cross',
    client_order_id: `${start.run}-${n}`,
    exchange_index: 0,
  });
  const time = String(Date.now());
  const signature = sign(null, Buffer.from(`${time}POST${PATH}`), key).toString('base64');
  return `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nKALSHI-ACCESS-KEY: ${start.keyId}\r\nKALSHI-ACCESS-TIMESTAMP: ${time}\r\nKALSHI-ACCESS-SIGNATURE: ${signature}\r\n\r\n${body}`;
}

let next = 0;
let done = 0;
let accepted = 0;
let wrong = '';
const began = performance.now();

for (let i = 0; i < start.connections; i++) {
  const socket = connect({ host: '127.0.0.1', port: start.port, noDelay: true });
  let text = '';
  const ask = (): void => {
    if (next < start.orders) socket.write(request(next++));
    else socket.end();
  };
  socket.on('connect', ask);
  socket.on('error', (error) => {
    wrong ||= error.message;
  });
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(text)?.[1];
    if (head < 0 || length === undefined || text.length < head + 4 + Number(length)) return;
    if (text.startsWith('HTTP/1.1 201')) accepted++;
    else wrong ||= text.slice(0, 200);
    text = '';
    if (++done === start.orders) {
      process.send?.({ accepted, wrong, wallUs: (performance.now() - began) * 1000 } satisfies OrdersAnswer);
      process.disconnect();
    }
    ask();
  });
}
