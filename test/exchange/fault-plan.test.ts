import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { faultsOf } from '../../engine/cli/fault-file.ts';
import { draw } from '../../engine/exchange/faults/draw.ts';
import { FaultInjector } from '../../engine/exchange/faults/injector.ts';
import { type FaultPlan, faultPlan } from '../../engine/exchange/index.ts';

const plan = (seed: number): FaultPlan =>
  faultPlan({
    seed,
    requests: [
      { fault: 'drop', probability: 0.3, method: 'POST' },
      { fault: 'latency', jitterMs: 100, probability: 0.5 },
      { fault: 'error', stage: 'after', every: 7 },
    ],
    frames: [
      { fault: 'drop', probability: 0.2, channel: 'trade' },
      { fault: 'delay', delayMs: 5, jitterMs: 10, probability: 0.3 },
    ],
    connections: [{ fault: 'cut', afterFrames: 3, probability: 0.4 }],
  });

const USERS = ['a', 'b'];
const event = fc.oneof(
  fc.record({
    kind: fc.constant('request' as const),
    user: fc.constantFrom(...USERS),
    method: fc.constantFrom('GET', 'POST'),
  }),
  fc.record({
    kind: fc.constant('frame' as const),
    user: fc.constantFrom(...USERS),
    channel: fc.constantFrom('trade', 'fill'),
  }),
  fc.record({ kind: fc.constant('connection' as const), user: fc.constantFrom(...USERS) }),
);

test('what befalls one user depends on the seed and its own events alone, however those of others fall between', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.array(event, { maxLength: 60 }),
      fc.array(fc.nat(1000), { maxLength: 60 }),
      (seed, events, times) => {
        const run = (list: typeof events): Record<string, unknown[]> => {
          const injector = new FaultInjector(plan(seed));
          const fates: Record<string, unknown[]> = { a: [], b: [] };
          list.forEach((e, i) => {
            const at = times[i] ?? 0;
            if (e.kind === 'request') fates[e.user]!.push(injector.request(e.method, '/portfolio/orders', e.user, at));
            else if (e.kind === 'frame') fates[e.user]!.push(injector.frame(e.user, 1, e.channel, at));
            else fates[e.user]!.push(injector.connection(e.user, at));
          });
          return fates;
        };
        const mixed = run(events);
        const apart = run([...events.filter((e) => e.user === 'b'), ...events.filter((e) => e.user === 'a')]);
        assert.deepEqual(mixed, apart);
        assert.deepEqual(mixed, run(events));
      },
    ),
  );
});

test('another seed makes other decisions, and a probability is what it says', () => {
  const hits = (seed: number): boolean[] =>
    Array.from({ length: 2000 }, (_, n) => draw(seed, 'requests.0/a', n + 1) < 0.3);
  const [one, two] = [hits(1), hits(2)];
  assert.ok(one.some((hit, i) => hit !== two[i]));
  for (const seed of [1, 2, 3, 77, 2_147_483_647]) {
    const share = hits(seed).filter(Boolean).length / 2000;
    assert.ok(Math.abs(share - 0.3) < 0.05, `seed ${seed}: ${share}`);
  }
});

test('numbers, steps and windows of time choose events', () => {
  const injector = new FaultInjector(
    faultPlan({
      requests: [
        { fault: 'drop', from: 3, to: 9, every: 3 },
        { fault: 'rateLimit', afterMs: 100, forMs: 50 },
      ],
    }),
  );
  const struck = Array.from({ length: 12 }, () => injector.request('GET', '/x', 'a', 0).end !== null);
  assert.deepEqual(
    struck.flatMap((hit, i) => (hit ? [i + 1] : [])),
    [3, 6, 9],
  );
  const ends = [99, 100, 149, 150].map((at) => injector.request('GET', '/x', 'a', at).end?.fault ?? 'none');
  assert.deepEqual(ends, ['none', 'rateLimit', 'rateLimit', 'none']);
});

test('a path pattern means what it says', () => {
  const strikes = (pattern: string, at: string): boolean =>
    new FaultInjector(faultPlan({ requests: [{ fault: 'drop', path: pattern }] })).request('GET', at, 'a', 0).end !==
    null;
  assert.ok(strikes('/portfolio/**', '/portfolio/events/orders/1/amend'));
  assert.ok(strikes('/portfolio/**', '/portfolio'));
  assert.ok(strikes('/portfolio/orders/*', '/portfolio/orders/1'));
  assert.ok(!strikes('/portfolio/orders/*', '/portfolio/orders'));
  assert.ok(!strikes('/portfolio/orders/*', '/portfolio/orders/1/queue_position'));
  assert.ok(!strikes('/portfolio/orders', '/portfolio/ordersX'));
});

test('a plan that cannot be used is refused by the name of its field', () => {
  const cases: readonly [unknown, RegExp][] = [
    [{ sed: 1 }, /top level: unknown field "sed"/],
    [{ requests: [{ fault: 'explode' }] }, /^requests\.0\.fault: /],
    [{ requests: [{ fault: 'drop', probability: 2 }] }, /^requests\.0\.probability: /],
    [{ requests: [{ fault: 'drop', path: 'portfolio' }] }, /^requests\.0\.path: /],
    [{ frames: [{ fault: 'delay' }] }, /^frames\.0\.delayMs: /],
    [{ frames: [{ fault: 'drop', chanel: 'trade' }] }, /^frames\.0: unknown field "chanel"/],
    [{ connections: [{ fault: 'cut', afterFrames: -1 }] }, /^connections\.0\.afterFrames: /],
    [{ shards: [{ afterMs: 1 }] }, /^shards\.0\.shard: /],
    [[], /^top level: /],
  ];
  for (const [value, message] of cases) assert.throws(() => faultPlan(value), { message }, JSON.stringify(value));
});

test('the example file is a plan', () => {
  const file = path.join(import.meta.dirname, '..', '..', 'config', 'faults.yaml');
  assert.ok(faultsOf(file, undefined).requests.length > 0);
  assert.equal(faultsOf(file, '9').seed, 9);
  assert.throws(() => faultsOf('nowhere.yaml', undefined), /--faults nowhere.yaml cannot be read/);
});
