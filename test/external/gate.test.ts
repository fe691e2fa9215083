import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate, MOST_NAMES, type Reading } from '../../engine/external/gate.ts';
import type { SourceSettings } from '../../engine/external/settings.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const NOW = 1_800_000_000_000_000 as TimeUs;
const ANY: SourceSettings = {
  name: 'model',
  from: { kind: 'file', path: 'x', format: 'json', checkMs: 100 },
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  values: null,
};

function opened(settings: Partial<SourceSettings> = {}) {
  const readings: Reading[] = [];
  const words: string[] = [];
  const gate = new Gate(
    { ...ANY, ...settings },
    (reading) => readings.push(reading),
    (text) => words.push(text),
  );
  return { gate, readings, words, offer: (name: string, given: unknown) => gate.offer(name, given, NOW, NOW) };
}

test('a model that writes rubbish is not quoted on: each kind is refused by source and name, with what to do, and counted', () => {
  const rubbish: readonly [unknown, RegExp][] = [
    [Number.NaN, /"A" is NaN: write a finite number/],
    [Number.POSITIVE_INFINITY, /"A" is Infinity: write a finite number/],
    ['0.53', /"A" is "0\.53": write a number/],
    [null, /"A" is null: write a number/],
    [[0.5], /"A" is \[0\.5\]: write a number/],
    [{ value: '0.5' }, /"A" is "0\.5": write a number/],
    [{ price: 0.5 }, /"A" is \{"price":0\.5\}: write a number/],
    [true, /"A" is true: write a number/],
    [1.01, /"A" is 1\.01, expected 0 to 1: correct it, or min and max/],
    [-0.01, /"A" is -0\.01, expected 0 to 1/],
    [{ value: 0.5, time: 'yesterday' }, /"A" has the time "yesterday": write Unix seconds/],
    [{ value: 0.5, time: 17 }, /"A" has the time 17: write Unix seconds/],
    [{ value: 0.5, time: NOW + 5_000_000 }, /"A" is of a time 5\.0 s ahead of this machine's clock: set the clocks/],
  ];
  for (const [given, why] of rubbish) {
    const { gate, readings, words, offer } = opened({ min: 0, max: 1 });
    offer('A', given);
    assert.deepEqual([readings.length, gate.refused, gate.accepted], [0, 1, 0], String(why));
    assert.match(words[0]!, why);
    assert.match(words[0]!, /^external source model: .*the value before stays and grows old$/);
    assert.match(gate.complaint, why);
  }
  const { gate, offer } = opened();
  for (const name of ['', ' A', 'A\n', 'x'.repeat(201)]) offer(name, 1);
  assert.equal(gate.refused, 4);
});

test('people are told once of a name that goes wrong, and again when it had been right in between', () => {
  const { gate, words, offer } = opened();
  for (let n = 0; n < 50; n++) offer('A', 'x');
  offer('B', 'x');
  assert.deepEqual([words.length, gate.refused], [2, 51]);
  offer('A', 1);
  offer('A', 'x');
  assert.equal(words.length, 3);
});

test('a time of its own is kept to the microsecond, in any of the units people write', () => {
  const { readings, offer } = opened();
  const at = NOW - 1_500_000;
  for (const time of [at / 1e6, at / 1e3, at, at * 1000, '2027-01-15T07:59:58.5Z']) offer('A', { value: 1, time });
  assert.deepEqual(
    readings.map((r) => r.at),
    [at, at, at, at, at],
  );
  // A clock slightly ahead of ours: of now, not of the future.
  offer('A', { value: 1, time: NOW + 1_000_000 });
  assert.equal(readings.at(-1)!.at, NOW);
});

test('values are called what the rules say, have bounds of their own, and those without a rule are passed over', () => {
  const rule = { as: 'btc', min: 10_000, max: 1_000_000 };
  const { gate, readings, words, offer } = opened({ values: new Map([['BTC-USD', rule]]), min: 0, max: 1 });
  offer('BTC-USD', 97_000);
  offer('ETH-USD', 3000);
  offer('BTC-USD', 97);
  assert.deepEqual(readings, [{ name: 'btc', value: 97_000, at: NOW }]);
  assert.equal(gate.refused, 1);
  assert.match(words[0]!, /"BTC-USD" is 97, expected 10000 to 1000000/);
});

test('a writer that makes up names without end is stopped before it fills the memory', () => {
  const { gate, readings, words, offer } = opened();
  for (let n = 0; n < MOST_NAMES + 100; n++) offer(`name ${n}`, n);
  assert.deepEqual([readings.length, gate.refused, words.length], [MOST_NAMES, 100, 1]);
  assert.match(words[0]!, /has more than 10000 names: name the ones you want under values/);
  offer('name 7', 8);
  assert.equal(readings.at(-1)!.value, 8, 'those it has go on');
});
