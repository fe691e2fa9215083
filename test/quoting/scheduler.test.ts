import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BucketView, type Grant, Scheduler, type ScheduleTerms } from '../../engine/quoting/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const TERMS: ScheduleTerms = { order: 'value', pulls: true, pullShare: 0, maxWaitMs: 3000, agedShare: 0.2 };

interface Wish {
  readonly side: number;
  readonly value: number;
  readonly loss?: number;
  readonly stale?: boolean;
  readonly bucket?: number;
}

interface Bucket {
  tokens: number;
  readonly refill: number;
}

/** One round: everything entered, ranked and paid while there are tokens. What became of each, in the order asked. */
function round(
  scheduler: Scheduler,
  atMs: number,
  wishes: readonly Wish[],
  buckets: readonly Bucket[],
  isFull = true,
): { readonly wish: number; readonly grant: Grant; readonly aged: boolean }[] {
  scheduler.begin((atMs * 1000) as TimeUs, isFull);
  for (const { side, value, loss, bucket, stale } of wishes)
    scheduler.add(side, bucket ?? 0, 10, value, loss ?? 0, 1, 2, stale ?? false);
  scheduler.rank();
  const grants = [];
  for (let i = scheduler.next(); i >= 0; i = scheduler.next()) {
    const bucket = buckets[wishes[i]!.bucket ?? 0]!;
    const view: BucketView = {
      available: bucket.tokens,
      forPulls: bucket.tokens,
      refillPerSecond: bucket.refill,
    };
    const aged = scheduler.servesAged;
    const grant = scheduler.decide(view);
    if (grant === 'send') {
      bucket.tokens -= 10;
      scheduler.sent();
    } else {
      scheduler.waits();
      if (grant === 'pull' && bucket.tokens >= 2) bucket.tokens -= 2;
    }
    grants.push({ wish: i, grant, aged });
  }
  return grants;
}

const of = (tokens: number, refill = 100): Bucket => ({ tokens, refill });
const sentOf = (grants: ReturnType<typeof round>): number[] =>
  grants.filter((g) => g.grant === 'send').map((g) => g.wish);

test('the best value a token is sent first, and ties keep their order', () => {
  const wishes = [5, 9, 9, 1].map((value, side) => ({ side, value }));
  assert.deepEqual(sentOf(round(new Scheduler(TERMS), 1, wishes, [of(100)])), [1, 2, 0, 3]);
});

test('the market jumps and tokens are short: every stale quote is pulled, none is left for a dear amend of another', () => {
  const wishes = Array.from({ length: 10 }, (_, side) => ({ side, value: 5000 + side, loss: 4000 + side }));
  const bucket = of(30);
  const grants = round(new Scheduler(TERMS), 1, wishes, [bucket]);
  assert.deepEqual(sentOf(grants), [9], '30 tokens move one and pull nine');
  assert.equal(grants.filter((g) => g.grant === 'pull').length, 9);
  assert.equal(bucket.tokens, 2);
});

test('enough tokens: stale quotes are moved, not pulled', () => {
  const wishes = Array.from({ length: 5 }, (_, side) => ({ side, value: 5000, loss: 4000 }));
  assert.equal(sentOf(round(new Scheduler(TERMS), 1, wishes, [of(50)])).length, 5);
});

test('a quote that is hardly stale waits for its amend when that is affordable in a moment', () => {
  const scheduler = new Scheduler(TERMS);
  // What tokens go for: 1,000 micro-dollars each.
  for (let n = 0; n < 200; n++) round(scheduler, n, [{ side: 0, value: 10_000 }], [of(100)]);
  const [grant] = round(scheduler, 300, [{ side: 1, value: 900, loss: 500 }], [of(9)]);
  assert.equal(grant!.grant, 'wait');
  const [stale] = round(scheduler, 301, [{ side: 1, value: 900_000, loss: 800_000 }], [of(0)]);
  assert.equal(stale!.grant, 'pull');
});

test('a stale quote is pulled at once, however little it may lose and whatever tokens are worth', () => {
  const wish = { side: 1, value: 3, loss: 1 };
  const grant = (pulls: boolean, stale: boolean): Grant => {
    const scheduler = new Scheduler({ ...TERMS, pulls });
    for (let n = 0; n < 200; n++) round(scheduler, n, [{ side: 0, value: 10_000 }], [of(100)]);
    return round(scheduler, 300, [{ ...wish, stale }], [of(9)])[0]!.grant;
  };
  assert.deepEqual([grant(true, true), grant(true, false)], ['pull', 'wait']);
  assert.deepEqual([grant(false, true), grant(false, false)], ['wait', 'wait']);
});

test('a newcomer worth less does not take the tokens that a better one waits for; a better one does', () => {
  const scheduler = new Scheduler(TERMS);
  round(scheduler, 1, [{ side: 0, value: 500 }], [of(5)]);
  assert.deepEqual(sentOf(round(scheduler, 2, [{ side: 1, value: 100 }], [of(10)], false)), []);
  assert.deepEqual(sentOf(round(scheduler, 3, [{ side: 2, value: 900 }], [of(10)], false)), [0]);
  assert.deepEqual(
    sentOf(round(scheduler, 4, [{ side: 1, value: 100 }], [of(10)], true)),
    [0],
    'nobody waits any more',
  );
});

test('buckets of shards are spent apart: an empty one holds nobody else up', () => {
  const wishes = [0, 1, 0, 1].map((bucket, side) => ({ side, bucket, value: 100 - side }));
  assert.deepEqual(sentOf(round(new Scheduler(TERMS), 1, wishes, [of(0), of(20)])), [1, 3]);
});

for (const order of ['arrival', 'round_robin'] as const) {
  test(`${order}: every side is served in turn, whatever it is worth`, () => {
    const scheduler = new Scheduler({ ...TERMS, order });
    const wishes = [1, 2, 3, 4, 5].map((value, side) => ({ side, value }));
    const served: number[] = [];
    for (let n = 1; n <= 10; n++) {
      for (const wish of sentOf(round(scheduler, n, wishes, [of(10)]))) {
        served.push(wish);
        if (order === 'arrival') scheduler.satisfied(wish);
      }
    }
    for (let side = 0; side < 5; side++) assert.equal(served.filter((w) => w === side).length, 2, `${served}`);
  });
}

test('tokens are never overspent, and never spent on a lesser while a better could be paid', () => {
  const wish = fc.record({ side: fc.nat(20), value: fc.nat(1000), loss: fc.constantFrom(0, 0, 10, 500) });
  let refused = 0;
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 40, size: 'max' }), fc.nat(200), (wishes, tokens) => {
      const bucket = of(tokens);
      const grants = round(new Scheduler(TERMS), 1, wishes, [bucket]);
      assert.equal(grants.length, wishes.length, 'everybody is asked once');
      assert.equal(new Set(grants.map((g) => g.wish)).size, wishes.length);
      assert.ok(bucket.tokens >= 0);
      const key = (i: number): number => Math.max(wishes[i]!.value / 10, wishes[i]!.loss / 2);
      for (let n = 1; n < grants.length; n++) assert.ok(key(grants[n - 1]!.wish) >= key(grants[n]!.wish));
      // Whoever is refused finds nobody after it served: the better claim stands.
      const firstRefused = grants.findIndex((g) => g.grant === 'wait');
      if (firstRefused < 0) return;
      refused++;
      const later = grants.slice(firstRefused + 1).filter((g) => g.grant === 'send');
      for (const g of later) assert.ok(key(g.wish) >= key(grants[firstRefused]!.wish), 'equals only');
    }),
    { seed: 61, numRuns: 1000 },
  );
  assert.ok(refused > 300, `${refused}`);
});

test('nobody starves: whoever wants something is served within the documented bound, whatever the others are worth', () => {
  let worst = 0;
  fc.assert(
    fc.property(
      fc.record({
        sides: fc.integer({ min: 2, max: 25 }),
        refill: fc.integer({ min: 60, max: 400 }),
        most: fc.integer({ min: 20, max: 200 }),
        agedShare: fc.constantFrom(0.1, 0.2, 0.5, 1),
        maxWaitMs: fc.constantFrom(100, 1000),
        values: fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 40 }),
        partial: fc.boolean(),
      }),
      ({ sides, refill, most, agedShare, maxWaitMs, values, partial }) => {
        const scheduler = new Scheduler({ ...TERMS, maxWaitMs, agedShare });
        const bucket = { tokens: 0, refill };
        const wantedSince = new Array<number>(sides).fill(0);
        const boundMs = maxWaitMs + ((sides * 10 * (1 + 1 / agedShare) + 20 + most) / refill) * 1000 + 100;
        let draw = 0;
        for (let ms = 0; ms < 4 * boundMs; ms += 10) {
          // A crowd that always wants more, and side 0, which is worth least and is in no partial round.
          const wishes = wantedSince.map((_, side) => ({
            side,
            value: side === 0 ? 0 : 1 + values[draw++ % values.length]!,
          }));
          const half = partial ? Math.max(0, bucket.tokens) : 0;
          const serve = (list: readonly Wish[], isFull: boolean): void => {
            for (const wish of sentOf(round(scheduler, ms, list, [bucket], isFull))) {
              const { side } = list[wish]!;
              worst = Math.max(worst, (ms - wantedSince[side]!) / boundMs);
              wantedSince[side] = ms;
            }
          };
          bucket.tokens = Math.min(most, bucket.tokens + refill / 200);
          if (half > 0) serve(wishes.slice(1), false);
          bucket.tokens = Math.min(most, bucket.tokens + refill / 200);
          serve(wishes, true);
          for (const since of wantedSince) assert.ok(ms - since <= boundMs, `waited ${ms - since} of ${boundMs} ms`);
        }
      },
    ),
    { seed: 62, numRuns: 25 },
  );
  assert.ok(worst > 0.3, `the bound is not idle: ${worst}`);
});
