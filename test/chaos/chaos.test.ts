import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { INVARIANTS } from './invariants.ts';
import { describe as describeDisaster, disastersOf, KINDS } from './plan.ts';
import { MISTAKES } from './planted.ts';
import { type Outcome, runSeed, shrink } from './run.ts';
import { shapeOf, type WorldShape } from './shape.ts';

/** `npm run chaos` runs thousands. */
const SEEDS = 30;
/** Worlds within which each planted mistake must be noticed, of those in which it can be. */
const WITHIN = 40;

function told({ seed, failure }: Outcome): string {
  return `npm run chaos -- --seed ${seed}: ${failure?.invariant}: ${failure?.text}`;
}

test(`${SEEDS} worlds of disasters: every invariant holds at every step`, () => {
  const sum = { steps: 0, creates: 0, amends: 0, fills: 0, unknown: 0, booksCompared: 0, lives: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = runSeed(seed);
    assert.equal(outcome.failure, null, told(outcome));
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += outcome.seen[name];
  }
  // Worlds in which nothing happens would hold too.
  assert.ok(sum.creates > 10 * SEEDS && sum.amends > 2 * SEEDS && sum.fills > SEEDS, JSON.stringify(sum));
  assert.ok(sum.unknown > SEEDS / 4 && sum.lives > SEEDS && sum.booksCompared > 10 * SEEDS, JSON.stringify(sum));
});

test('every kind of disaster happens, and worlds differ in all that they may', () => {
  const seeds = Array.from({ length: 300 }, (_, n) => n + 1);
  const kinds = new Set<string>(seeds.flatMap((seed) => disastersOf(seed).map(({ kind }) => kind)));
  assert.deepEqual(
    KINDS.filter((kind) => !kinds.has(kind)),
    [],
  );
  const shapes = seeds.map(shapeOf);
  const values = (of: (shape: WorldShape) => unknown): number => new Set(shapes.map((s) => String(of(s)))).size;
  const varied = [
    values((s) => s.strategy),
    values((s) => s.tier),
    values((s) => s.shards),
    values((s) => s.events.map((e) => e.kind)),
    values((s) => s.config.replace),
    values((s) => s.config.leftovers),
    values((s) => s.config.risk.event === undefined),
    values((s) => s.config.groupLimit < 10_000),
  ];
  assert.ok(
    varied.every((n) => n > 1),
    varied.join(),
  );
});

test('a seed is always the same world, byte for byte', () => {
  for (const seed of [7, 23]) {
    const [once, again]: string[][] = [[], []];
    runSeed(seed, { tell: (line) => once!.push(line) });
    runSeed(seed, { tell: (line) => again!.push(line) });
    assert.ok(once!.length > 100);
    assert.deepEqual(once, again);
  }
});

describe(`a mistake in the engine is noticed within ${WITHIN} worlds`, () => {
  const noticed = new Set<string>();
  for (const { name, noticedBy, plant, needs } of MISTAKES) {
    test(name, () => {
      const others: string[] = [];
      for (let seed = 1, worlds = 0; worlds < WITHIN; seed++) {
        if (needs?.(shapeOf(seed), disastersOf(seed)) === false) continue;
        worlds++;
        const { failure } = runSeed(seed, { planted: plant() });
        if (failure === null) continue;
        if (noticedBy.includes(failure.invariant)) return void noticed.add(failure.invariant);
        others.push(`${seed} ${failure.invariant}: ${failure.text}`);
      }
      assert.fail(`not noticed by ${noticedBy.join(' or ')}; else: ${others.join('; ') || 'nothing failed'}`);
    });
  }

  test('by every invariant but one: no mistake is planted that throws', () => {
    assert.deepEqual(
      Object.keys(INVARIANTS).filter((name) => !noticed.has(name)),
      ['no_exception'],
    );
  });
});

test('a failure is shrunk to the disasters it takes, and these show it again', () => {
  const planted = MISTAKES.find((m) => m.name.startsWith('a pause'))!.plant();
  for (let seed = 1; seed < 1000; seed++) {
    if (!disastersOf(seed).some((d) => d.kind === 'operator_pause')) continue;
    const outcome = runSeed(seed, { planted });
    if (outcome.failure?.invariant !== 'no_quote_when_told' || outcome.disasters.length < 3) continue;
    const least = shrink(outcome, planted);
    assert.deepEqual(
      least.disasters.map((d) => d.kind),
      ['operator_pause'],
      least.disasters.map(describeDisaster).join('; '),
    );
    const again = runSeed(seed, { disasters: least.disasters, planted });
    assert.deepEqual(again.failure, least.failure);
    return;
  }
  assert.fail('no seed to shrink');
});
