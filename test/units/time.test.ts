import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ASK,
  BID,
  formatRfc3339,
  opposite,
  parseRfc3339,
  sideName,
  sideSign,
  type TimeUs,
  timeFromMs,
  timeFromNsDigits,
  timeToMs,
  timeUs,
  UnitError,
} from '../../engine/units/index.ts';

test('a moment survives RFC 3339 to the microsecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000_000 }), (us) => {
      assert.equal(parseRfc3339(formatRfc3339(us as TimeUs)), us);
      assert.equal(timeToMs(us as TimeUs), Math.floor(us / 1000));
    }),
    { seed: 7, numRuns: 3000 },
  );
});

test('fractions of 0 to 9 digits are read, trimmed zeros and all', () => {
  const whole = Date.UTC(2026, 5, 11, 6, 31, 29) * 1000;
  assert.equal(parseRfc3339('2026-06-11T06:31:29Z'), whole);
  assert.equal(parseRfc3339('2026-06-11T06:31:29.9Z'), whole + 900_000);
  assert.equal(parseRfc3339('2026-06-11T06:31:29.957Z'), whole + 957_000);
  assert.equal(parseRfc3339('2026-06-11T06:31:29.957081Z'), whole + 957_081);
  assert.equal(parseRfc3339('2026-06-11T06:31:29.957081999Z'), whole + 957_081);
});

test('an offset is taken off', () => {
  assert.equal(parseRfc3339('2026-06-11T06:31:29-04:00'), parseRfc3339('2026-06-11T10:31:29Z'));
  assert.equal(parseRfc3339('2026-06-11T06:31:29+05:30'), parseRfc3339('2026-06-11T01:01:29Z'));
});

test('a day that does not exist is refused, not rolled into the next month', () => {
  for (const text of [
    '2026-02-29',
    '2026-02-30',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-01-32',
  ]) {
    assert.throws(() => parseRfc3339(`${text}T00:00:00Z`), UnitError, text);
  }
  assert.equal(formatRfc3339(parseRfc3339('2028-02-29T00:00:00Z')), '2028-02-29T00:00:00Z');
});

test('what is not RFC 3339 is refused', () => {
  const bad = [
    '',
    '2026-06-11',
    '2026-06-11T06:31:29',
    '2026-06-11 06:31:29Z',
    '2026-06-11T06:31Z',
    '2026-06-11T24:00:00Z',
  ];
  for (const text of [
    ...bad,
    '2026-06-11T06:60:00Z',
    '2026-06-11T06:31:29.Z',
    '2026-06-11T06:31:29.1234567890Z',
    'x',
  ]) {
    assert.throws(() => parseRfc3339(text), { code: 'bad_time' }, text);
  }
  assert.throws(() => parseRfc3339('1969-12-31T23:59:59Z'), { code: 'bad_time' }, 'before 1970');
});

test('receive times in nanoseconds are cut to microseconds without passing through a float', () => {
  assert.equal(timeFromNsDigits('1781159489957081999'), 1_781_159_489_957_081);
  for (const text of ['', '12', '-1781159489957081999', '1781159489957081999000', '1.5e18', '1781159489.957']) {
    assert.throws(() => timeFromNsDigits(text), { code: 'bad_time' }, text);
  }
});

test('times that are negative, fractional or beyond exact are refused', () => {
  for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) assert.throws(() => timeUs(value), { code: 'bad_time' });
  assert.throws(() => timeFromMs(Number.MAX_SAFE_INTEGER), { code: 'bad_time' });
  assert.equal(timeFromMs(1_781_159_489_957), 1_781_159_489_957_000);
});

test('sides: the other side, its name and its sign', () => {
  assert.equal(opposite(BID), ASK);
  assert.equal(opposite(ASK), BID);
  assert.deepEqual([sideName(BID), sideName(ASK)], ['bid', 'ask']);
  assert.deepEqual([sideSign(BID), sideSign(ASK)], [1, -1]);
});
