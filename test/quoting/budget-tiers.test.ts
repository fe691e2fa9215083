import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountBuckets, TIERS } from '../../engine/exchange/buckets.ts';
import { Random } from '../../engine/exchange/random.ts';
import { type BudgetView, bucketTerms, TokenBucket } from '../../engine/quoting/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const START = 1_800_000_000_000_000;
const MINUTES = 10;
const STEP_US = 5000;
const PATIENCE_US = 5_000_000;

interface Weather {
  /** One way, microseconds; every message draws its own, so that they overtake each other. */
  readonly travelUs: (random: Random, time: number) => number;
  /** Share of answers that never come, although the request arrived. */
  readonly lost: number;
}

const WEATHER: Readonly<Record<string, Weather>> = {
  calm: { travelUs: (random) => random.integer(500, 15_000), lost: 0 },
  gusty: { travelUs: (random) => (random.next() < 0.1 ? random.integer(50_000, 120_000) : 2000), lost: 0 },
  // Whatever is sent within 80 ms arrives at the same moment: the worst there is for a bucket.
  bunched: { travelUs: (_, time) => 80_000 - ((time - START) % 80_000), lost: 0 },
  stormy: { travelUs: (random) => random.integer(500, 900_000), lost: 0.002 },
};

/** Ten minutes of more demand than the bucket can pay, against the exchange's own buckets; every shard besides. */
function run(tier: string, weather: Weather, view: BudgetView): { refused: number; used: number; sent: number } {
  const random = new Random(7, tier);
  const { write, writeSeconds } = TIERS[tier]!;
  const server = new AccountBuckets(tier, [0, 2], START as TimeUs);
  const terms = bucketTerms(
    view,
    { refillPerSecond: write, capacity: write * writeSeconds },
    { share: 1, jitterMs: 20 },
  );
  const mirrors = [0, 2].map((shard) => ({ shard, bucket: new TokenBucket(terms, START as TimeUs, false) }));
  const events = new Map<number, (() => void)[]>();
  const at = (time: number, act: () => void): void => {
    const slot = Math.ceil(time / STEP_US);
    const list = events.get(slot);
    if (list === undefined) events.set(slot, [act]);
    else list.push(act);
  };
  let refused = 0;
  let sent = 0;
  for (let now = START; now < START + MINUTES * 60_000_000; now += STEP_US) {
    const slot = Math.ceil(now / STEP_US);
    for (const act of events.get(slot) ?? []) act();
    events.delete(slot);
    for (const { shard, bucket } of mirrors) {
      // Cancels and creates in turn, batches cut to what the bucket holds: at most 20, or 64 where there is more.
      for (let batches = 0; batches < 4; batches++) {
        let tokens = 0;
        const most = write > 1000 ? 64 : 20;
        for (let n = 0; n < most && bucket.take(n % 3 === 0 ? 2 : 10, 0, now as TimeUs); n++)
          tokens += n % 3 === 0 ? 2 : 10;
        if (tokens === 0) break;
        sent++;
        bucket.left(tokens);
        const arrival = now + weather.travelUs(random, now);
        at(arrival, () => {
          if (!server.take({ bucket: 'write', tokens, shard }, arrival as TimeUs)) refused++;
        });
        const back = arrival + weather.travelUs(random, arrival);
        if (random.next() < weather.lost) {
          const until = (now + 2 * PATIENCE_US) as TimeUs;
          at(now + PATIENCE_US, () => bucket.mayArrive(tokens, until, (now + PATIENCE_US) as TimeUs));
        } else at(back, () => bucket.answered(tokens, (Math.ceil(back / STEP_US) * STEP_US) as TimeUs));
      }
    }
  }
  const spent = mirrors.reduce((sum, { bucket }) => sum + bucket.spent, 0);
  return { refused, used: spent / (mirrors.length * write * MINUTES * 60), sent };
}

for (const tier of Object.keys(TIERS)) {
  test(`${tier}: ten minutes of demand, never a 429, and at least 95 % of the refill is used`, () => {
    for (const [name, weather] of Object.entries(WEATHER)) {
      const { refused, used, sent } = run(tier, weather, 'tokens');
      assert.ok(sent > 1000, `${name}: ${sent} requests`);
      assert.equal(refused, 0, `${name}: ${refused} of ${sent} refused`);
      assert.ok(used >= 0.95 && used <= 1, `${name}: ${(used * 100).toFixed(1)} % used`);
    }
  });
}

test('limits read as writes a second: the same bucket, a second deep, is never overdrawn either', () => {
  for (const tier of ['basic', 'premier']) {
    const { refused, used } = run(tier, WEATHER['calm']!, 'writes');
    assert.equal(refused, 0);
    assert.ok(used >= 0.95, `${(used * 100).toFixed(1)} % used`);
  }
});
