import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BucketTerms, TokenBucket } from '../../engine/quoting/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const START = 1_781_159_489_000_000;
const at = (ms: number): TimeUs => (START + Math.round(ms * 1000)) as TimeUs;
const TERMS: BucketTerms = { refillPerSecond: 100, capacity: 100, share: 1, jitterMs: 0 };

/** The exchange's bucket, exact in millionths of a token: debits on arrival, refuses what it cannot pay. */
class ServerBucket {
  private micro: number;
  private time = START;
  private readonly refillPerSecond: number;
  private readonly capacity: number;

  constructor(refillPerSecond: number, capacity: number) {
    this.refillPerSecond = refillPerSecond;
    this.capacity = capacity;
    this.micro = capacity * 1_000_000;
  }

  arrive(tokens: number, time: number): boolean {
    this.micro = Math.min(this.capacity * 1_000_000, this.micro + (time - this.time) * this.refillPerSecond);
    this.time = time;
    if (this.micro < tokens * 1_000_000) return false;
    this.micro -= tokens * 1_000_000;
    return true;
  }
}

const demand = fc.record({
  waitUs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1_000_000, max: 3_000_000 }) },
  ),
  tokens: fc.constantFrom(2, 10, 10, 10, 20, 50, 100),
  travel: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  neverLeft: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const rates = fc.constantFrom([100, 100], [300, 300], [300, 600], [1000, 900], [4000, 8000], [37, 101]);

test('whatever the travel times within the jitter, the exchange never has to refuse us', () => {
  let taken = 0;
  let reordered = 0;
  fc.assert(
    fc.property(
      rates,
      fc.constantFrom(0, 1, 20, 100),
      fc.constantFrom(1, 0.9, 0.333),
      fc.array(demand, { minLength: 30, maxLength: 120, size: 'max' }),
      ([refillPerSecond, capacity], jitterMs, share, demands) => {
        const bucket = new TokenBucket(
          { refillPerSecond: refillPerSecond!, capacity: capacity!, share, jitterMs },
          at(0),
        );
        const arrivals: { time: number; tokens: number }[] = [];
        let now = START;
        for (const d of demands) {
          now += d.waitUs;
          if (!bucket.take(d.tokens, 0, now as TimeUs)) continue;
          if (d.neverLeft) bucket.refund(d.tokens, (now + 500) as TimeUs);
          else arrivals.push({ time: now + 15_000 + Math.floor(d.travel * jitterMs * 1000), tokens: d.tokens });
        }
        const inOrder = arrivals.map((a) => a.time);
        arrivals.sort((a, b) => a.time - b.time);
        if (arrivals.some((a, i) => a.time !== inOrder[i])) reordered++;
        const server = new ServerBucket(refillPerSecond!, capacity!);
        for (const a of arrivals) assert.ok(server.arrive(a.tokens, a.time), `${a.tokens} tokens refused`);
        taken += arrivals.length;
      },
    ),
    { seed: 41, numRuns: 4000 },
  );
  assert.ok(taken > 50_000, `${taken} requests were sent`);
  assert.ok(reordered > 500, `in ${reordered} sequences requests overtook each other`);
});

test('without holding the jitter back the exchange would refuse: the allowance is needed', () => {
  const careless = new TokenBucket({ ...TERMS, jitterMs: 0 }, at(0));
  const server = new ServerBucket(100, 100);
  assert.ok(careless.take(90, 0, at(0)));
  assert.ok(careless.take(20, 0, at(100)));
  assert.ok(server.arrive(90, at(100)), 'the first took 100 ms');
  assert.equal(server.arrive(20, at(100)), false, 'the second none');
  const careful = new TokenBucket({ ...TERMS, jitterMs: 100 }, at(0));
  assert.ok(careful.take(90, 0, at(0)));
  assert.equal(careful.take(20, 0, at(100)), false);
});

test('the mirror is not merely cautious: under constant demand it spends what is refilled', () => {
  const bucket = new TokenBucket({ refillPerSecond: 300, capacity: 600, share: 1, jitterMs: 20 }, at(0));
  for (let ms = 0; ms <= 10_000; ms++) while (bucket.take(10, 0, at(ms)));
  assert.equal(bucket.capacity, 594);
  assert.equal(bucket.spent, 590 + 3000);
});

test('a share of the refill leaves the rest to other programs', () => {
  const bucket = new TokenBucket({ refillPerSecond: 100, capacity: 100, share: 0.5, jitterMs: 0 }, at(0));
  assert.ok(bucket.take(100, 0, at(0)));
  assert.equal(bucket.available(at(1000)), 50);
});

test('the reserve is not touched by those who must leave it', () => {
  const bucket = new TokenBucket(TERMS, at(0));
  assert.equal(bucket.take(10, 91, at(0)), false);
  assert.equal(bucket.take(10, 90, at(0)), true);
  assert.equal(bucket.take(10, 90, at(0)), false);
  assert.equal(bucket.take(90, 0, at(0)), true, 'cancels may use it');
});

test('fractions of a token are never lost nor invented, however often one looks', () => {
  const often = new TokenBucket({ ...TERMS, refillPerSecond: 37 }, at(0));
  const once = new TokenBucket({ ...TERMS, refillPerSecond: 37 }, at(0));
  often.charge(100, at(0));
  once.charge(100, at(0));
  for (let us = 0; us <= 1_000_000; us += 7) often.available((START + us) as TimeUs);
  assert.equal(often.available(at(1000)), once.available(at(1000)));
  assert.equal(once.available(at(1000)), 37);
});

test('a charge goes into debt and the debt is paid off before anything else', () => {
  const bucket = new TokenBucket(TERMS, at(0));
  bucket.charge(150, at(0));
  assert.equal(bucket.available(at(0)), -50);
  assert.equal(bucket.take(2, 0, at(500)), false);
  assert.equal(bucket.available(at(500)), 0);
  assert.equal(bucket.take(2, 0, at(520)), true);
});

test('a refund gives back what was taken, never more than the bucket holds', () => {
  const bucket = new TokenBucket(TERMS, at(0));
  bucket.take(30, 0, at(0));
  bucket.refund(30, at(0));
  assert.deepEqual([bucket.available(at(0)), bucket.spent], [100, 0]);
  bucket.take(30, 0, at(0));
  bucket.refund(30, at(200));
  assert.equal(bucket.available(at(200)), 100);
});

test('a refusal by the exchange empties the mirror and is counted; debt stays debt', () => {
  const bucket = new TokenBucket(TERMS, at(0));
  bucket.refused(at(0));
  assert.deepEqual([bucket.available(at(0)), bucket.refusals], [0, 1]);
  bucket.charge(20, at(0));
  bucket.refused(at(0));
  assert.deepEqual([bucket.available(at(0)), bucket.refusals], [-20, 2]);
});

test('new terms: what was earned at the old rate stays, cut to the new size', () => {
  const bucket = new TokenBucket(TERMS, at(0));
  bucket.take(100, 0, at(0));
  bucket.retune({ refillPerSecond: 1000, capacity: 900, share: 1, jitterMs: 100 }, at(500));
  assert.equal(bucket.available(at(500)), 50);
  assert.equal(bucket.capacity, 800);
  assert.equal(bucket.available(at(600)), 150);
  bucket.retune({ ...TERMS, capacity: 40 }, at(600));
  assert.equal(bucket.available(at(600)), 40);
});

test('a jitter of more than half the bucket still leaves half to work with', () => {
  const bucket = new TokenBucket({ ...TERMS, jitterMs: 5000 }, at(0));
  assert.equal(bucket.capacity, 50);
});

test('time that stands still or runs backwards earns nothing', () => {
  const bucket = new TokenBucket(TERMS, at(1000));
  bucket.take(100, 0, at(1000));
  assert.equal(bucket.available(at(0)), 0);
  assert.equal(bucket.available(at(1000)), 0);
  assert.equal(bucket.available(at(1100)), 10);
});

test('a leap of the clock earns nothing, what was earned before it stays', () => {
  const bucket = new TokenBucket(TERMS, at(0), false);
  bucket.leapt(at(200), at(60_000));
  assert.equal(bucket.available(at(60_000)), 20);
  assert.equal(bucket.available(at(60_100)), 30);
  bucket.leapt(at(50_000), at(55_000));
  assert.equal(bucket.available(at(60_200)), 40, 'backwards it is none');
});

test('a lost request lowers what the mirror may hold, once, until it is too late for it', () => {
  const bucket = new TokenBucket(TERMS, at(0));
  bucket.take(60, 0, at(0));
  bucket.left(60);
  bucket.mayArrive(60, at(10_000), at(5000));
  assert.equal(bucket.available(at(5000)), 40);
  assert.equal(bucket.available(at(10_000)), 40);
  assert.equal(bucket.available(at(10_200)), 60);
  assert.equal(bucket.available(at(20_000)), 100);
});

test('told what was answered, the mirror needs no allowance for travel: any delay, any order of arrival', () => {
  let taken = 0;
  let late = 0;
  const journey = fc.record({
    waitUs: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 300_000 })),
    tokens: fc.constantFrom(2, 10, 10, 50),
    outUs: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 9_000_000 })),
    backUs: fc.integer({ min: 0, max: 50_000 }),
  });
  fc.assert(
    fc.property(
      rates,
      fc.array(journey, { minLength: 30, maxLength: 100, size: 'max' }),
      ([refill, capacity], list) => {
        const terms = { refillPerSecond: refill!, capacity: capacity!, share: 1, jitterMs: 0 };
        const bucket = new TokenBucket(terms, at(0));
        const server = new ServerBucket(refill!, capacity!);
        const patienceUs = 5_000_000;
        const events: { time: number; act: (time: number) => void }[] = [];
        const turnTo = (time: number): void => {
          events.sort((a, b) => a.time - b.time);
          while (events.length > 0 && events[0]!.time <= time) {
            const event = events.shift()!;
            event.act(event.time);
          }
        };
        let now = START;
        for (const { waitUs, tokens, outUs, backUs } of list) {
          now += waitUs;
          turnTo(now);
          if (!bucket.take(tokens, 0, now as TimeUs)) continue;
          taken++;
          bucket.left(tokens);
          events.push({
            time: now + outUs,
            act: (time) => assert.ok(server.arrive(tokens, time), `${tokens} tokens refused`),
          });
          if (outUs + backUs < patienceUs) {
            events.push({ time: now + outUs + backUs, act: (time) => bucket.answered(tokens, time as TimeUs) });
          } else {
            late++;
            const lost = (time: number): void =>
              bucket.mayArrive(tokens, (time + patienceUs) as TimeUs, time as TimeUs);
            events.push({ time: now + patienceUs, act: lost });
          }
        }
        turnTo(Number.POSITIVE_INFINITY);
      },
    ),
    { seed: 43, numRuns: 1500 },
  );
  assert.ok(taken > 10_000 && late > 500, `${taken} sent, ${late} of them late`);
});
