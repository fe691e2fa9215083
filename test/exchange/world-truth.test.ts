import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../engine/exchange/random.ts';
import { Digital, digitalProbability } from '../../engine/exchange/synthetic/digital.ts';
import { Information } from '../../engine/exchange/synthetic/information.ts';
import { Outcomes } from '../../engine/exchange/synthetic/outcomes.ts';
import { normalCdf, normalQuantile } from '../../engine/exchange/synthetic/probability.ts';
import type { Truth } from '../../engine/exchange/synthetic/truth.ts';
import { meanOf } from './support/sample.ts';

const PATHS = process.env['HUNDRED_WORLDS'] === 'full' ? 100_000 : 10_000;
/** Seconds a path lasts: few, and so wild that the fair value goes everywhere. */
const STEPS = 60;
const WILD = { volatility: 6, jumpsPerHour: 120, jumpSize: 0.8 };

/** The truths by name, each with where its fair values start. */
const TRUTHS: Readonly<Record<string, (random: Random) => { truth: Truth; start: readonly number[] }>> = {
  'A, information': (random) => ({ truth: new Information(random, 0.3, WILD), start: [0.3] }),
  'B, digital': (random) => ({ truth: new Digital(random, 0.3, STEPS), start: [0.3] }),
  'C, outcomes': (random) => {
    const start = [0.5, 0.3, 0.15, 0.05];
    return { truth: new Outcomes(random, start, WILD), start };
  },
};

/** Standard errors that a mean of this many may be off. */
const ERRORS = 4;

function check(values: readonly number[], expected: number, what: string): void {
  const { mean, error } = meanOf(values);
  assert.ok(Math.abs(mean - expected) <= ERRORS * error, `${what}: ${mean}, expected ${expected}, error ${error}`);
}

describe('the truth of a synthetic market', () => {
  for (const [name, make] of Object.entries(TRUTHS)) {
    test(`${name}: the fair value is a martingale, and outcomes come as often as it says`, () => {
      const random = new Random(1, name);
      const { start } = make(random);
      // By leg: the fair value half way and just before the end; outcomes by tenths of the latter.
      const half = start.map((): number[] => []);
      const late = start.map((): number[] => []);
      const buckets = Array.from({ length: 10 }, (): number[] => []);
      for (let path = 0; path < PATHS; path++) {
        const { truth } = make(random);
        for (let step = 1; step < STEPS; step++) {
          truth.step();
          if (step === STEPS / 2) truth.fair.forEach((p, leg) => void half[leg]!.push(p));
        }
        const last = Float64Array.from(truth.fair);
        const sum = last.reduce((a, b) => a + b, 0);
        if (last.length > 1) assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
        truth.step();
        truth.fair.forEach((p, leg) => void late[leg]!.push(p));
        const ended = truth.settle();
        if (last.length > 1) assert.equal(ended.filter(Boolean).length, 1);
        last.forEach((p, leg) => {
          const bucket = Math.min(9, Math.floor(10 * p));
          // Mean zero given p, whatever the other paths of the bucket have.
          buckets[bucket]!.push((ended[leg] ? 1 : 0) - p);
        });
      }
      start.forEach((p, leg) => {
        check(half[leg]!, p, `leg ${leg} half way`);
        check(late[leg]!, p, `leg ${leg} at the end`);
      });
      for (const [bucket, surprises] of buckets.entries()) {
        assert.ok(surprises.length > 20, `only ${surprises.length} in bucket ${bucket}`);
        check(surprises, 0, `outcomes in bucket ${bucket}`);
      }
    });
  }

  test('B, digital: the squares of its moves add up to p (1 - p) on average', () => {
    const random = new Random(1, 'variation');
    const sums: number[] = [];
    for (let path = 0; path < PATHS; path++) {
      const truth = new Digital(random, 0.3, STEPS);
      let sum = 0;
      for (let step = 0; step < STEPS; step++) {
        const before = truth.fair[0]!;
        truth.step();
        sum += (truth.fair[0]! - before) ** 2;
      }
      sums.push(sum);
    }
    check(sums, 0.3 * 0.7, 'quadratic variation');
  });

  test('B, digital: Phi(Z / sqrt(time left))', () => {
    assert.equal(digitalProbability(0, 1), 0.5);
    assert.equal(digitalProbability(0.5, 0.25).toFixed(5), '0.84134');
    assert.equal(digitalProbability(-0.3, 0.09).toFixed(5), '0.15866');
    assert.deepEqual([digitalProbability(0.001, 0), digitalProbability(-0.001, 0)], [1, 0]);
  });

  test('the normal distribution function to the last digits, and its inverse', () => {
    for (const [x, p] of [
      [-6, 9.865876450377e-10],
      [-3, 0.001349898031630095],
      [1.959963984540054, 0.975],
      [7, 0.9999999999987201],
      [-40, 0],
      [40, 1],
    ] as const)
      assert.ok(Math.abs(normalCdf(x) - p) < 1e-15, `${x}: ${normalCdf(x)}`);
    for (const p of [1e-6, 0.1, 0.5, 0.99]) assert.ok(Math.abs(normalCdf(normalQuantile(p)) - p) < 1e-12);
  });

  test('news by hand moves the log odds by what was asked', () => {
    const logit = (p: number): number => Math.log(p / (1 - p));
    for (const [name, make] of Object.entries(TRUTHS)) {
      const { truth } = make(new Random(1, name));
      truth.step();
      const before = logit(truth.fair[0]!);
      truth.jump(0, 0.7);
      assert.ok(Math.abs(logit(truth.fair[0]!) - before - 0.7) < 1e-9, name);
    }
  });
});
