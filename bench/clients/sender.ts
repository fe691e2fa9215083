/** A client of the sending measurement: one way to send a batch of orders and have its answer, spinning meanwhile. */
import { createPrivateKey } from 'node:crypto';
import { Configuration, OrdersApi } from 'kalshi-typescript';
import { Pool } from 'undici';
import type { RequestOutcome } from '../../engine/core/port.ts';
import { SystemClock } from '../../engine/kalshi/clock.ts';
import { PooledGateway, type Transport } from '../../engine/kalshi/gateway.ts';
import { Signer } from '../../engine/kalshi/keys.ts';
import { openSigningPool, type SigningPool } from '../../engine/kalshi/signing-pool.ts';
import { BID, type Count, type Price } from '../../engine/units/index.ts';
import { type CreateOrder, createOrdersBody, OrderEncoder, Paths } from '../../engine/wire/index.ts';
import { TICKER } from '../harness.ts';
import { median } from '../result.ts';
import { readStart, type SenderStart, type SendRun, type Sent } from './start.ts';

const { way, restUrl, ca, privateKeys } = readStart<SenderStart>();
const now = (): number => Number(process.hrtime.bigint());

/** Sends one batch; calls `handedOver` once this thread is free again. Resolves with the answer's status. */
type Send = (orders: readonly CreateOrder[], handedOver: () => void) => Promise<number>;

function batch(count: number): CreateOrder[] {
  return Array.from({ length: count }, (_, i) => ({
    ticker: TICKER,
    clientOrderId: `hd-bench-${i}`,
    side: BID,
    price: 4500 as Price,
    count: 1000 as Count,
    groupId: '9bb4bf9a-5b0d-4a52-a7b7-6e2f4c9a8f11',
    exchangeIndex: 0,
    expirationSeconds: 0,
  }));
}

async function gatewayWay(transport: Transport, made: string, key: 'rsa' | 'ed25519'): Promise<Send> {
  const clock = new SystemClock();
  const signer = new Signer(key, createPrivateKey(privateKeys[key]));
  let pool: SigningPool | null = null;
  if (made === 'ahead') {
    const complain = (text: string): void => {
      throw new Error(text);
    };
    // Thousands of requests a second: one signature has to do for those of its 50 ms.
    pool = openSigningPool(signer, clock, complain, { reuse: true });
    const path = new URL(restUrl).pathname + Paths.batched;
    pool.signer.prepare('POST', path);
    while (!pool.signer.isReady('POST', path)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const gateway = new PooledGateway({ restUrl, signer: pool?.signer ?? signer, clock, ca, transport, connections: 2 });
  await gateway.warm();
  const encoder = new OrderEncoder();
  let id = 0;
  const fixed = { op: 'createOrders', method: 'POST', path: Paths.batched, query: '', timeoutMs: 5_000 } as const;
  return (orders, handedOver) =>
    new Promise((resolve, reject) => {
      const done = (outcome: RequestOutcome): void => {
        if (outcome.kind === 'response') resolve(outcome.status);
        else reject(new Error(outcome.reason));
      };
      gateway.request({ ...fixed, id: ++id, body: encoder.creates(orders) }, done);
      handedOver();
    });
}

/** The plain use of undici, under constant headers. */
function poolWay(): Send {
  const { origin, pathname } = new URL(restUrl);
  const pool = new Pool(origin, { connections: 2, pipelining: 1, connect: { ca } });
  const headers = {
    'KALSHI-ACCESS-KEY': 'constant',
    'KALSHI-ACCESS-TIMESTAMP': '1795412089816',
    'KALSHI-ACCESS-SIGNATURE': 'A'.repeat(344),
    'Content-Type': 'application/json',
  };
  return async (orders, handedOver) => {
    const body = createOrdersBody(orders);
    const answer = pool.request({ method: 'POST', path: pathname + Paths.batched, headers, body });
    handedOver();
    const { statusCode, body: text } = await answer;
    await text.text();
    return statusCode;
  };
}

/** The exchange's own client, as its documentation uses it. */
function sdkWay(): Send {
  const config = new Configuration({ apiKey: 'rsa', privateKeyPem: privateKeys.rsa, basePath: restUrl });
  const api = new OrdersApi(config);
  return async (orders, handedOver) => {
    const { orders: list } = JSON.parse(createOrdersBody(orders)) as Parameters<typeof api.batchCreateOrdersV2>[0];
    const answer = api.batchCreateOrdersV2({ orders: list });
    handedOver();
    return (await answer).status;
  };
}

const [transport, made, key] = way.split('-') as [Transport, string, 'rsa' | 'ed25519'];
const send = way === 'pool' ? poolWay() : way === 'sdk' ? sdkWay() : await gatewayWay(transport, made, key);

/** Medians of fewer requests say nothing. */
const FEWEST = 8;

let spinning = false;
function spin(): void {
  if (spinning) setImmediate(spin);
}

async function run({ requests, budgetMs, orders }: SendRun): Promise<Sent> {
  const list = batch(orders);
  const roundTrips: number[] = [];
  const costs: number[] = [];
  spinning = true;
  spin();
  try {
    const end = now() + budgetMs * 1e6;
    for (let n = 0; n < requests && (n < FEWEST || now() < end); n++) {
      const from = now();
      let free = 0;
      const status = await send(list, () => {
        free = now();
      });
      roundTrips.push(now() - from);
      costs.push(free - from);
      if (status !== 201) throw new Error(`HTTP ${status}`);
    }
    return { requests: costs.length, roundTripNs: median(roundTrips), costNs: median(costs), error: '' };
  } catch (error) {
    return { requests: costs.length, roundTripNs: 0, costNs: 0, error: (error as Error).message };
  } finally {
    spinning = false;
  }
}

process.on('message', (ask: SendRun) => {
  void run(ask).then((sent) => process.send?.(sent));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
