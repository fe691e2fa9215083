import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { calendarSchema, calendarTerms, HORIZON_DAYS } from '../../engine/cli/calendar-config.ts';
import { ConfigError, engineConfig, readConfig } from '../../engine/cli/config.ts';
import { type CalendarWindow, concerns, matches, nextChange, stateAt } from '../../engine/risk/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'hundred-calendar-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const PAPER = readFileSync(path.join(import.meta.dirname, '..', '..', 'config', 'demo.yaml'), 'utf8');

/** A window's begin and end as text. */
function spans(calendar: unknown, now: string, name: RegExp): string[][] {
  const { windows } = calendarTerms(calendarSchema.parse(calendar), Date.parse(now));
  const text = (time: TimeUs): string => new Date(time / 1000).toISOString().slice(0, 16);
  return windows.filter((w) => name.test(w.name)).map((w) => [text(w.from), text(w.to)]);
}

function complaint(section: string): string {
  const file = path.join(folder, 'config.yaml');
  const [head, tail] = [PAPER.slice(0, PAPER.indexOf('calendar:')), PAPER.slice(PAPER.indexOf('budget:'))];
  writeFileSync(file, `${head}calendar: ${section}\n${tail}`);
  try {
    readConfig(file);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

const AT_THREE = { maintenance: [{ day: 'thursday', from: '03:00', to: '05:00' }], leadSeconds: 0, lagSeconds: 0 };

test('the clocks change: maintenance at 03:00 Eastern Time is an hour later in UTC from November on', () => {
  const all = spans(AT_THREE, '2026-10-27T00:00:00Z', /maintenance/);
  assert.deepEqual(all[0], ['2026-10-29T07:00', '2026-10-29T09:00']);
  assert.deepEqual(all[1], ['2026-11-05T08:00', '2026-11-05T10:00']);
  assert.deepEqual(all[19], ['2027-03-11T08:00', '2027-03-11T10:00']);
  assert.deepEqual(all[20], ['2027-03-18T07:00', '2027-03-18T09:00']);
});

test('on the day the clocks go forward: a window at a time they skip is not too short', () => {
  const news = [{ name: 'n', weekly: { day: 'sunday', from: '02:15', to: '02:45' }, markets: ['*'] }];
  const all = spans({ news }, '2027-03-13T12:00:00Z', /^n$/);
  // 02:15 to 02:45 does not exist: from 01:15 EST, which is 06:15 UTC, to 03:45 EDT.
  assert.deepEqual(all[0], ['2027-03-14T06:15', '2027-03-14T07:45']);
  assert.deepEqual(all[1], ['2027-03-21T06:15', '2027-03-21T06:45']);
});

test('on the day the clocks go back: a window at a time they show twice covers both', () => {
  const news = [{ name: 'n', weekly: { day: 'sunday', from: '01:15', to: '01:45' }, markets: ['*'] }];
  assert.deepEqual(spans({ news }, '2026-10-31T12:00:00Z', /^n$/)[0], ['2026-11-01T05:15', '2026-11-01T06:45']);
});

test('a window that has begun before the start is in force, one that is over is not', () => {
  assert.deepEqual(spans(AT_THREE, '2026-10-29T08:00:00Z', /maintenance/)[0], ['2026-10-29T07:00', '2026-10-29T09:00']);
  assert.deepEqual(spans(AT_THREE, '2026-10-29T09:00:00Z', /maintenance/)[0], ['2026-11-05T08:00', '2026-11-05T10:00']);
});

test('every hour of the next year is in maintenance exactly when clocks in New York say so', () => {
  const start = Date.parse('2026-11-27T12:00:00Z');
  const { windows } = calendarTerms(calendarSchema.parse(AT_THREE), start);
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/New_York',
    weekday: 'long',
    hour: 'numeric',
    hourCycle: 'h23',
  });
  for (let hour = 0; hour < 365 * 24; hour++) {
    const at = start + hour * 3_600_000 + 60_000;
    const parts = Object.fromEntries(clock.formatToParts(at).map((p) => [p.type, p.value]));
    const isDue = parts['weekday'] === 'Thursday' && (parts['hour'] === '03' || parts['hour'] === '04');
    assert.equal(stateAt(windows, (at * 1000) as TimeUs) !== null, isDue, new Date(at).toISOString());
  }
});

test('beyond what has been worked out nothing is quoted', () => {
  const now = Date.parse('2026-11-27T00:00:00Z');
  const { windows } = calendarTerms(calendarSchema.parse(undefined), now);
  const at = ((now + (HORIZON_DAYS + 30) * 86_400_000) * 1000) as TimeUs;
  assert.match(stateAt(windows, at)!.name, /restart the daemon/);
});

test('the embedded exchange has no weekly maintenance unless the file says so', () => {
  assert.deepEqual(calendarTerms(calendarSchema.parse(undefined), Date.now(), false).windows, []);
  const file = readConfig(path.join(import.meta.dirname, '..', '..', 'config', 'paper.yaml'));
  assert.deepEqual(engineConfig(file, 's', ['X']).calendar!.windows, []);
});

for (const [what, section, words] of [
  [
    'from is after to',
    '{ news: [{ name: x, markets: ["*"], from: "2026-12-02T00:00:00Z", to: "2026-12-01T00:00:00Z" }] }',
    /calendar\.news\.0\.from: .* is not before/,
  ],
  [
    'a weekly window over midnight',
    '{ maintenance: [{ day: monday, from: "22:00", to: "02:00" }] }',
    /over midnight is two/,
  ],
  ['an unknown zone', '{ zone: Mars/Olympus }', /calendar\.zone: is no time zone/],
  [
    'an empty pattern',
    '{ news: [{ name: x, markets: [""], weekly: { day: friday, from: "08:00", to: "09:00" } }] }',
    /calendar\.news\.0\.markets\.0: expected a ticker/,
  ],
  ['no markets at all', '{ news: [{ name: x, weekly: { day: friday, from: "08:00", to: "09:00" } }] }', /every market/],
  [
    'an unknown day',
    '{ maintenance: [{ day: thirsday, from: "03:00", to: "05:00" }] }',
    /calendar\.maintenance\.0\.day/,
  ],
  [
    'a moment without an offset',
    '{ news: [{ name: x, markets: ["*"], from: "2026-12-01T00:00:00", to: "2026-12-02T00:00:00Z" }] }',
    /with its offset/,
  ],
  [
    'a time that YAML reads as a number',
    '{ maintenance: [{ day: thursday, from: 180, to: "05:00" }] }',
    /calendar\.maintenance\.0\.from/,
  ],
  [
    'both kinds of time',
    '{ news: [{ name: x, markets: ["*"], from: "2026-12-01T00:00:00Z", to: "2026-12-02T00:00:00Z", weekly: { day: friday, from: "08:00", to: "09:00" } }] }',
    /either from and to, or weekly/,
  ],
  ['a misspelt field', '{ leadSecond: 3 }', /did you mean "leadSeconds"/],
] as const) {
  test(`a calendar that makes no sense is refused with the field: ${what}`, () => {
    assert.match(complaint(section), words);
  });
}

const ANY = { tickers: [], events: [], series: [] };
const window = (name: string, from: number, to: number, action: CalendarWindow['action'] = 'pull'): CalendarWindow => ({
  name,
  from: from as TimeUs,
  to: to as TimeUs,
  action,
  markets: ANY,
});
const at = (windows: readonly CalendarWindow[], time: number) => stateAt(windows, time as TimeUs);

test('windows overlap: they clear when the last of them ends', () => {
  const windows = [window('a', 10, 20), window('b', 15, 30), window('c', 30, 40), window('d', 50, 60)];
  assert.deepEqual(at(windows, 12), { action: 'pull', name: 'c', until: 40 });
  assert.equal(at(windows, 40), null);
  assert.equal(at(windows, 9), null);
});

test('a window that pulls lies within one that only reduces', () => {
  const windows = [window('r', 0, 100, 'reduceOnly'), window('p', 40, 60)];
  assert.equal(at(windows, 39)!.action, 'reduceOnly');
  assert.deepEqual(at(windows, 50), { action: 'pull', name: 'p', until: 60 });
  assert.equal(at(windows, 60)!.action, 'reduceOnly');
});

test('any windows: what holds is what a look at every moment says, and changes only where one begins or ends', () => {
  const any = fc.record({ from: fc.nat(30), length: fc.integer({ min: 1, max: 15 }), pulls: fc.boolean() });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), (list) => {
      const windows = list.map((w, i) => window(`w${i}`, w.from, w.from + w.length, w.pulls ? 'pull' : 'reduceOnly'));
      for (let t = 0; t < 50; t++) {
        const open = windows.filter((w) => w.from <= t && t < w.to);
        const expected = open.some((w) => w.action === 'pull') ? 'pull' : open.length > 0 ? 'reduceOnly' : null;
        const state = at(windows, t);
        assert.equal(state?.action ?? null, expected);
        if (state !== null) {
          assert.equal(at(windows, state.until - 1)?.action === state.action || expected === 'reduceOnly', true);
          assert.notEqual(at(windows, state.until)?.action, state.action === 'pull' ? 'pull' : 'none');
        }
        const next = nextChange(windows, t as TimeUs);
        for (let u = t + 1; u < Math.min(next, 50); u++) assert.equal(at(windows, u)?.action ?? null, expected);
      }
    }),
  );
});

test('patterns fit whole tickers, events and series', () => {
  assert.ok(matches('KX*-T5?'.replace('?', '0'), 'KXBTC-26-T50'));
  for (const [pattern, name, fits] of [
    ['*', '', true],
    ['A*B', 'AB', true],
    ['A*A', 'A', false],
    ['*B*', 'ABC', true],
    ['A*B*C', 'AxBxBxC', true],
    ['A*B*C', 'AxCxB', false],
    ['AB', 'ABC', false],
  ] as const)
    assert.equal(matches(pattern, name), fits, `${pattern} ${name}`);
  const about = { tickers: [], events: ['KXCPI-26*'], series: ['KXBTC*'] };
  assert.ok(concerns(about, 'KXCPI-26NOV-T3', 'KXCPI-26NOV'));
  assert.ok(concerns(about, 'KXBTCD-26-T5', 'KXBTCD-26'));
  // Before its event is known a market's series is read off its ticker.
  assert.ok(concerns(about, 'KXBTCD-26-T5', ''));
  assert.ok(!concerns(about, 'KXETH-26-T5', 'KXETH-26'));
});
