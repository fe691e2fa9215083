/** What sending costs without a socket: encoding, signatures, and what the signing thread does to the engine's loop. */
import { createPrivateKey } from 'node:crypto';
import { SystemClock } from '../../engine/kalshi/clock.ts';
import { Signer } from '../../engine/kalshi/keys.ts';
import { openSigningPool } from '../../engine/kalshi/signing-pool.ts';
import { BID, type Count, type Price } from '../../engine/units/index.ts';
import { type CreateOrder, createOrdersBody, OrderEncoder } from '../../engine/wire/index.ts';
import { TICKER } from '../harness.ts';
import { median } from '../result.ts';
import { readStart, type SendCostRun, type SendCosts, type SenderStart } from './start.ts';

const PATH = '/trade-api/v2/portfolio/events/orders/batched';
const { privateKeys } = readStart<SenderStart>();
const clock = new SystemClock();
const signer = new Signer('rsa', createPrivateKey(privateKeys.rsa));
const now = (): number => Number(process.hrtime.bigint());
const out = Buffer.alloc(64 * 1024);
const encoder = new OrderEncoder();
const TICKERS = Array.from({ length: 5 }, (_, i) => `${TICKER}-${i}`);
let round = 0;

function batch(size: number): CreateOrder[] {
  return Array.from({ length: size }, (_, i) => ({
    ticker: TICKERS[i >> 2]!,
    clientOrderId: `hd-9f3a77c01b-${(5_000 + round * 20 + i).toString(36)}`,
    side: BID,
    price: (4500 + ((round + i) % 100)) as Price,
    count: (1000 + i) as Count,
    groupId: '9bb4bf9a-5b0d-4a52-a7b7-6e2f4c9a8f11',
    exchangeIndex: 0,
    expirationSeconds: 0,
  }));
}

const BATCHES = 64;

/** Nanoseconds a call of each of two, in turns over the same batches that differ: medians. */
function timed(turns: number, size: number, acts: readonly ((orders: readonly CreateOrder[]) => void)[]): number[] {
  const batches = Array.from({ length: BATCHES }, () => {
    round++;
    return batch(size);
  });
  const times = acts.map((): number[] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, act] of acts.entries()) {
      const from = now();
      for (const orders of batches) act(orders);
      times[i]!.push((now() - from) / BATCHES);
    }
  }
  return times.map(median);
}

const bytes = (orders: readonly CreateOrder[]): void => out.set(encoder.creates(orders), 0);
/** A text's length in bytes goes before it. */
const text = (orders: readonly CreateOrder[]): void => {
  const body = createOrdersBody(orders);
  out.write(body, 0, Buffer.byteLength(body), 'utf8');
};

/** The longest gaps of a loop that does nothing, ns: its 99.99th percentile. */
async function loopGap(ms: number): Promise<number> {
  const gaps = new Float64Array(2_000_000);
  let count = 0;
  const end = now() + ms * 1e6;
  let last = now();
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const at = now();
      if (count < gaps.length) gaps[count++] = at - last;
      last = at;
      if (at < end) setImmediate(turn);
      else resolve();
    };
    setImmediate(turn);
  });
  const sorted = gaps.subarray(0, count).sort();
  return sorted[Math.floor(count * 0.9999)]!;
}

/** The same while the signing thread makes 100 RSA signatures a second. */
async function loopGapSigning(ms: number): Promise<number> {
  const pool = openSigningPool(signer, clock, () => {}, { stepMs: 20, aheadMs: 500, maxAgeMs: 100 });
  for (const method of ['POST', 'DELETE']) pool.signer.prepare(method, PATH);
  // The first fill is the start's affair.
  await new Promise((resolve) => setTimeout(resolve, 250));
  const gap = await loopGap(ms);
  await pool.close();
  return gap;
}

async function run({ gapMs }: SendCostRun): Promise<SendCosts> {
  for (const size of [1, 20]) {
    const orders = batch(size);
    const ours = JSON.parse(Buffer.from(encoder.creates(orders)).toString()) as unknown;
    const plain = JSON.parse(createOrdersBody(orders)) as unknown;
    if (canonical(ours) !== canonical(plain)) throw new Error('the two encoders disagree');
  }
  const [one, plainOne] = timed(200, 1, [bytes, text]);
  const [twenty, plainTwenty] = timed(100, 20, [bytes, text]);
  const pool = openSigningPool(signer, clock, () => {}, { reuse: true, stepMs: 500, aheadMs: 30_000 });
  pool.signer.prepare('POST', PATH);
  while (!pool.signer.isReady('POST', PATH)) await new Promise((resolve) => setTimeout(resolve, 5));
  const take = (): void => {
    if (!pool.signer.copyPrepared('POST', PATH, clock.wallMs(), out, 100, 200)) throw new Error('no signature');
  };
  const [taken] = timed(200, 1, [take]);
  const [signed] = timed(2, 1, [() => void signer.sign('POST', PATH, clock.wallMs())]);
  const result = {
    encodeNs: [one!, twenty!],
    plainNs: [plainOne!, plainTwenty!],
    takeNs: taken!,
    signNs: signed!,
  };
  await pool.close();
  const gapNs: number[] = [];
  const gapSigningNs: number[] = [];
  if (gapMs > 0) {
    gapNs.push(await loopGap(gapMs));
    gapSigningNs.push(await loopGapSigning(gapMs));
  }
  return { ...result, gapNs, gapSigningNs, error: '' };
}

/** Keys in one order, whatever order they came in. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v,
  );
}

process.on('message', (ask: SendCostRun) => {
  run(ask).then(
    (costs) => process.send?.(costs),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
