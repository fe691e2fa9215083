import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { RequestOutcome, VenueRequest } from '../../engine/core/port.ts';
import { Exchange } from '../../engine/exchange/exchange.ts';
import { ExchangeServer } from '../../engine/exchange/server.ts';
import { SystemClock } from '../../engine/kalshi/clock.ts';
import type { Transport } from '../../engine/kalshi/gateway.ts';
import { Signer } from '../../engine/kalshi/keys.ts';
import { openSigningPool, type SigningPool } from '../../engine/kalshi/signing-pool.ts';
import { LiveVenue } from '../../engine/kalshi/venue.ts';
import { BID, type Count, type Money, type Price } from '../../engine/units/index.ts';
import { batchItems, decodeBody, OrderEncoder, Paths } from '../../engine/wire/index.ts';
import { list } from '../support/socket-bench.ts';
import { until } from './support/wait.ts';

const TICKER = 'TST-A';
const USER = 'maker';
const ROUNDS = 4;
const API = '/trade-api/v2';

/** Create and cancel over a live venue whose signatures a real thread makes; what the exchange said. */
async function trade(transport: Transport, pair: { publicKey: KeyObject; privateKey: KeyObject }) {
  const clock = new SystemClock();
  const exchange = new Exchange({ now: () => clock.nowUs(), newId: randomUUID });
  list(exchange, TICKER);
  exchange.account(USER).cash.set(0, 10_000_000_000 as Money);
  const server = new ExchangeServer(exchange, { tier: 'prestige', timestampToleranceMs: 5_000 });
  const host = `127.0.0.1:${await server.listen()}`;
  const keyId = randomUUID();
  server.keys.register(keyId, USER, pair.publicKey.export({ type: 'spki', format: 'pem' }) as string);
  const signer = new Signer(keyId, pair.privateKey);
  const outcomes = new Map<number, RequestOutcome>();
  const reports: string[] = [];
  let pool: SigningPool | null = null;
  const venue = new LiveVenue(
    {
      hosts: { restUrl: `http://${host}${API}`, wsUrl: `ws://${host}/trade-api/ws/v2` },
      signer,
      clock,
      random: () => 0.5,
      gateway: { transport, connections: 2 },
      openPool: (onTrouble) => {
        pool = openSigningPool(signer, clock, onTrouble);
        return pool;
      },
    },
    {
      onLink: () => {},
      onFrame: () => {},
      onOutcome: (id, outcome) => outcomes.set(id, outcome),
      onReport: (report) => reports.push(report.text),
    },
  );
  let nextId = 1;
  const ask = async (op: VenueRequest['op'], method: 'POST' | 'DELETE', body: Uint8Array): Promise<RequestOutcome> => {
    // Also on a machine that has little time for the thread: the newest signature is good for a second.
    await until(() => (pool as SigningPool | null)!.signer.isReady(method, API + Paths.batched));
    const id = nextId++;
    venue.request({ id, op, method, path: Paths.batched, query: '', body, timeoutMs: 5_000 });
    await until(() => outcomes.has(id));
    return outcomes.get(id)!;
  };
  const answered = (outcome: RequestOutcome) => {
    assert.ok(outcome.kind === 'response', JSON.stringify(outcome));
    const decoded = decodeBody(outcome.status, outcome.body, batchItems);
    assert.ok(decoded.kind === 'ok', outcome.body);
    return decoded.value;
  };
  try {
    venue.start();
    const encoder = new OrderEncoder();
    for (let n = 0; n < ROUNDS; n++) {
      const order = { ticker: TICKER, side: BID, price: 4000 as Price, count: 100 as Count, exchangeIndex: 0 } as const;
      const rest = { groupId: '', expirationSeconds: 0 };
      const orders = [0, 1].map((i) => ({ ...order, ...rest, clientOrderId: `hd-t-${n}-${i}` }));
      const made = answered(await ask('createOrders', 'POST', encoder.creates(orders)));
      assert.ok(made.length === 2 && made.every((item) => item.failure === null && item.orderId !== ''));
      const cancels = made.map(({ orderId }) => ({ orderId, ticker: TICKER, exchangeIndex: 0 }));
      const gone = answered(await ask('cancelOrders', 'DELETE', encoder.cancels(cancels)));
      assert.ok(gone.every((item) => item.failure === null && item.reducedBy === 100));
    }
    const secret = (pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string).split('\n')[1]!;
    assert.ok(!inspect([venue, pool], { depth: 12, showHidden: true }).includes(secret));
    return { signatures: venue.counters().signatures!, reports, summary: venue.summary() };
  } finally {
    await venue.close();
    server.close();
  }
}

for (const transport of ['raw', 'undici'] as const) {
  for (const [name, pair] of [
    ['RSA-2048', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', generateKeyPairSync('ed25519')],
  ] as const) {
    test(`${name} over ${transport}: the exchange accepts signatures made ahead, for every order, and nothing is left over`, async () => {
      const before = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length;
      const { signatures, reports, summary } = await trade(transport, pair);
      assert.equal(signatures.prepared, 2 * ROUNDS);
      assert.deepEqual([signatures.missed, signatures.expired], [0, 0]);
      // The feed's upgrade is the one request nobody prepares for.
      assert.equal(signatures.inline, 1);
      assert.deepEqual(reports, []);
      assert.match(summary[1]!, /made ahead 8 {2}missing 0 {2}in line 1 {2}expired 0/);
      await until(() => process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length <= before);
    });
  }
}
