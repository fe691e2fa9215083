import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reading } from '../../engine/external/gate.ts';
import { Intake } from '../../engine/external/intake.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const START = 1_800_000_000_000_000;
const at = (ms: number): TimeUs => (START + ms * 1000) as TimeUs;

function opened(perSecond: number) {
  const got: Reading[] = [];
  const intake = new Intake(perSecond, (reading) => got.push(reading), at(0));
  const take = (name: string, value: number, ms: number, of = ms): void =>
    intake.take({ name, value, at: at(of) }, at(ms));
  return { got, intake, take, shown: () => got.map((r) => `${r.name}=${r.value}`).join(' ') };
}

test('a source gone wild cannot flood the engine: at most so many a second, and of each name the newest', () => {
  const { got, intake, take } = opened(100);
  for (let ms = 0; ms < 2000; ms++) for (const name of ['A', 'B', 'C']) take(name, ms, ms);
  // Two seconds at 100, and what may come at once at the start.
  assert.ok(got.length <= 211 && got.length >= 190, `${got.length}`);
  for (let ms = 2000; ms < 2100; ms += 20) intake.flush(at(ms));
  const last = new Map(got.map((r) => [r.name, r.value]));
  assert.deepEqual([...last.values()], [1999, 1999, 1999]);
  assert.equal(intake.waiting, 0);
});

test('changed numbers go before those that are only newer', () => {
  const { intake, take, got, shown } = opened(10);
  for (const [n, name] of ['A', 'B', 'C'].entries()) take(name, 1, 200 * n);
  got.length = 0;
  take('D', 1, 400);
  take('A', 1, 1000);
  take('B', 1, 1000);
  take('C', 2, 1000);
  for (let ms = 1000; ms < 1500; ms += 20) intake.flush(at(ms));
  assert.equal(shown(), 'D=1 C=2 A=1 B=1');
});

test('the same number again only renews its age, four times a second; the same reading again is nothing', () => {
  const { got, take } = opened(1000);
  for (let ms = 0; ms <= 1000; ms += 10) take('A', 1, ms);
  assert.deepEqual(
    got.map((r) => (r.at - START) / 1000),
    [0, 250, 500, 750, 1000],
  );
  take('A', 1, 5000, 1000);
  assert.equal(got.length, 5);
});

test('what is older than what came before is dropped, whatever source it came from', () => {
  const { shown, take } = opened(1000);
  take('A', 2, 100, 100);
  take('A', 1, 200, 50);
  take('A', 3, 200, 150);
  assert.equal(shown(), 'A=2 A=3');
});

test('a number that goes back while it waits is not handed over as changed', () => {
  const { shown, intake, take } = opened(1);
  take('A', 1, 0);
  take('A', 2, 10);
  take('A', 1, 20);
  for (let ms = 20; ms < 3000; ms += 20) intake.flush(at(ms));
  assert.equal(shown(), 'A=1');
});

test('whatever comes in whatever order: the rate holds, times never go back, and in the end the engine has the newest', () => {
  const event = fc.record({
    name: fc.constantFrom('A', 'B', 'C', 'D'),
    value: fc.integer({ min: 0, max: 3 }),
    pauseMs: fc.integer({ min: 0, max: 60 }),
    ageMs: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), fc.integer({ min: 1, max: 50 }), (events, perSecond) => {
      const { got, intake, take } = opened(perSecond);
      const newest = new Map<string, { value: number; of: number }>();
      let ms = 0;
      for (const { name, value, pauseMs, ageMs } of events) {
        ms += pauseMs;
        take(name, value, ms, ms - ageMs);
        if (ms - ageMs >= (newest.get(name)?.of ?? -1e9)) newest.set(name, { value, of: ms - ageMs });
      }
      assert.ok(got.length <= Math.max(1, perSecond / 10) + (ms / 1000) * perSecond + 1e-6);
      for (let n = 0; n < 60_000 && intake.waiting > 0; n += 20) intake.flush(at(ms + n));
      const held = new Map<string, Reading>();
      for (const reading of got) {
        assert.ok(reading.at >= (held.get(reading.name)?.at ?? 0));
        held.set(reading.name, reading);
      }
      for (const [name, { value }] of newest) assert.equal(held.get(name)!.value, value);
    }),
    { seed: 75, numRuns: 500 },
  );
});
