import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { loadStrategy } from '../../engine/cli/strategies.ts';
import { TimedStrategy } from '../../engine/cli/timed-strategy.ts';
import { UsageError } from '../../engine/cli/usage.ts';
import { apiFault, type Quotes, type Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, type Price, type TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';
import { heard } from './plugins/join.ts';
import { mood, ways } from './plugins/misbehave.ts';

const CONFIG = path.join(import.meta.dirname, 'config.yaml');
const [T, OTHER] = ['TST-A', 'TST-B'];
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-plugin-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function load(use: string, params = {}, config = CONFIG): Promise<Strategy> {
  return (await loadStrategy(use, params, config)).strategy;
}

async function refused(use: string, params: object, config: string, ...why: RegExp[]): Promise<void> {
  const error = await loadStrategy(use, params as Record<string, unknown>, config).then(
    () => assert.fail('it was taken'),
    (e: unknown) => e,
  );
  assert.ok(error instanceof UsageError, String(error));
  for (const pattern of why) assert.match(error.message, pattern);
}

function listed(strategy: Strategy, config = {}): BenchVenue {
  const venue = new BenchVenue(testConfig([T, OTHER], config), { strategy });
  for (const ticker of [T, OTHER]) {
    venue.rest(ticker, BID, '0.4500', 100);
    venue.rest(ticker, ASK, '0.5500', 100);
  }
  return venue;
}

function resting(venue: BenchVenue, ticker: string): number {
  return venue.resting(ticker, BID).length + venue.resting(ticker, ASK).length;
}

describe('a strategy is found', () => {
  test('by the name of a shipped one, by a path from the configuration, by an absolute path', async () => {
    assert.equal((await load('ladder')).name, 'ladder');
    assert.equal((await load('./plugins/join.ts')).name, 'join');
    assert.equal((await load(path.join(import.meta.dirname, 'plugins', 'join.ts'))).name, 'join');
  });

  test('as a package installed where the configuration lies, whether it may be required or only imported', async () => {
    const source =
      "({ api: '1.0', name: 'packed', about: 'a package', params: {}, create: () => ({ name: 'packed', quote() {} }) })";
    for (const [name, manifest] of [
      ['plain-maker', { main: 'x.js' }],
      ['import-maker', { exports: { '.': { import: './x.js' } } }],
    ] as const) {
      const home = path.join(folder, 'node_modules', name);
      mkdirSync(home, { recursive: true });
      writeFileSync(path.join(home, 'package.json'), JSON.stringify({ name, type: 'module', ...manifest }));
      writeFileSync(path.join(home, 'x.js'), `export default ${source};`);
      assert.equal((await load(name, {}, path.join(folder, 'config.yaml'))).name, 'packed', name);
    }
  });

  test('or refused with what was looked for, where, and what there is', async () => {
    await refused('laddder', {}, CONFIG, /config\.yaml: strategy\.use: "laddder"/, /shipped strategies \(ladder/);
    await refused('./plugins/gone.ts', {}, CONFIG, /plugins\/gone\.ts does not exist/);
    await refused('./plugins/broken.ts', {}, CONFIG, /broken\.ts\) cannot be loaded: this file cannot even be loaded/);
    await refused('./plugins/bare.ts', {}, CONFIG, /bare\.ts\) cannot be used: it has no default export/);
  });

  test('or refused because it was written for another contract', async () => {
    await refused(
      './plugins/newer.ts',
      {},
      CONFIG,
      /written for strategy API 2\.0 and this is 1\.\d+: it needs a newer/,
    );
    await refused(
      './plugins/later.ts',
      {},
      CONFIG,
      /written for strategy API 1\.9 and this is 1\.\d+: it needs a newer/,
    );
    assert.match(apiFault('0.4'), /has to be brought up to date/);
    assert.match(apiFault(undefined), /does not say which/);
    assert.equal(apiFault('1.0'), '');
  });
});

describe('parameters are checked against what the strategy says of them', () => {
  test('all problems at once, each with the file, the name and the range', async () => {
    const params = { contracts: 2.5, needsValue: 'yes', sides: 'ask', behind: 3, extra: 1 };
    await refused(
      './plugins/join.ts',
      params,
      CONFIG,
      /config\.yaml: strategy\.params:/,
      /parameter contracts is 2\.5, expected 1 to 100 contracts, whole/,
      /parameter needsValue is "yes", expected true or false/,
      /parameter sides is "ask", expected one of both, bid/,
      /parameter behind is 3, expected 0 to 2\.5 levels/,
      /join has no parameter extra; it has contracts, needsValue, sides, behind/,
    );
  });

  test('and those not given take their defaults, which the journal then names', async () => {
    const { params } = await loadStrategy('./plugins/join.ts', { contracts: 7 }, CONFIG);
    assert.deepEqual(params, { contracts: 7, needsValue: false, sides: 'both', behind: 0 });
  });

  test('a description that contradicts itself is refused before anything is made', async () => {
    const spec = (text: string): string =>
      `export default { api: '1.0', name: 'x', about: 'x', params: { p: ${text} }, create: () => ({}) };`;
    for (const [n, [text, why]] of [
      ["{ type: 'number', default: 5, min: 1, max: 4, unit: 'x', about: 'x' }", /params\.p has the default 5/],
      ["{ type: 'number', default: 5, min: 9, max: 4, unit: 'x', about: 'x' }", /params\.p has no range/],
      ["{ type: 'integer', default: 5, min: 1, max: 9, about: 'x' }", /params\.p does not name its unit/],
      ["{ type: 'date', default: 5, about: 'x' }", /params\.p has a type that is none of/],
      ["{ type: 'boolean', default: false }", /params\.p does not say what it is about/],
      ["{ type: 'choice', default: 'c', options: ['a'], about: 'x' }", /not one of its options/],
      ["{ type: 'text', default: 'x', pattern: 'y+', expected: 'ys', about: 'x' }", /does not match its pattern/],
      ["{ type: 'text', default: 'x', pattern: '[', expected: 'x', about: 'x' }", /does not match its pattern/],
      ["{ type: 'text', default: 'x', pattern: 'x', about: 'x' }", /does not say what is expected/],
    ].entries() as Iterable<[number, [string, RegExp]]>) {
      const file = path.join(folder, `spec-${n}.mjs`);
      writeFileSync(file, spec(text));
      await refused(file, {}, CONFIG, why);
    }
  });
});

describe('a plugin on the exchange', () => {
  test('quotes, hears start, seconds and stop, and is asked again after each second', async () => {
    heard.length = 0;
    const venue = listed(await load('./plugins/join.ts', { contracts: 3 }));
    venue.start();
    assert.deepEqual(
      venue.resting(T, BID).map((o) => [o.price, o.count]),
      [[4500, 300]],
    );
    venue.run(3000);
    venue.stop();
    assert.equal(heard[0], `start ${T} ${OTHER}`);
    assert.equal(heard.at(-1), 'stop');
    assert.ok(heard.filter((line) => line.startsWith('timer')).length >= 3);
  });

  test('quotes by a value from outside as long as it is fresh, and says how old it is', async () => {
    const venue = listed(await load('./plugins/join.ts', { needsValue: true }));
    venue.start();
    assert.equal(resting(venue, T), 0);
    venue.engine.onValue('fair', 0.5, venue.timeUs as TimeUs);
    venue.run(1000);
    assert.equal(resting(venue, T), 2);
    venue.run(4000);
    assert.equal(resting(venue, T), 0);
    assert.equal(venue.engine.status().markets[0]!.bid.reason, 'external_stale');
    assert.throws(() => venue.engine.onValue('fair', Number.NaN, venue.timeUs as TimeUs), RangeError);
  });
});

describe('a plugin that misbehaves costs its market its quotes and nothing else', () => {
  for (const way of ways) {
    test(`it ${way}`, async () => {
      mood.good = true;
      const venue = listed(await load('./plugins/misbehave.ts', { way }));
      venue.start();
      assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [2, 2]);
      mood.good = false;
      venue.rest(T, BID, '0.2000', 1);
      venue.run(1000);
      assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [0, 2]);
      const [market] = venue.engine.status().markets;
      assert.equal(market!.bid.reason, 'strategy_failed');
      assert.notEqual(market!.bid.detail, '');
      assert.ok(venue.reported('strategy_failed'));
      // Well again before the third failure: it is asked on.
      mood.good = true;
      venue.rest(T, BID, '0.2000', 1);
      venue.run(2000);
      const failures = venue.reports.filter((r) => r.code === 'strategy_failed').length;
      assert.equal(resting(venue, T), failures === 1 ? 2 : 0);
      // Three failures within a minute: it is not asked any more.
      mood.good = false;
      for (let n = 0; n < 3; n++) {
        venue.rest(T, BID, '0.2000', 1);
        venue.run(200);
      }
      mood.good = true;
      venue.rest(T, BID, '0.2000', 1);
      venue.run(2000);
      assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [0, 2]);
      assert.match(venue.engine.status().markets[0]!.bid.detail, /3 failures within a minute/);
    });
  }
});

describe('a plugin that is slow', () => {
  const busy = (clock: { ns: number }, tookMs: { now: number }): Strategy => ({
    name: 'busy',
    quote: (view, quotes: Quotes) => {
      if (view.ticker === T) clock.ns += tookMs.now * 1e6;
      quotes.bid(4400 as Price, 100 as Count);
    },
  });

  /** The session's loop: what was slow is handed to the engine. */
  function run(venue: BenchVenue, timed: TimedStrategy, times: number): void {
    for (let n = 0; n < times; n++) {
      venue.rest(T, BID, '0.2000', 1);
      venue.run(50);
      const slow = timed.takeSlow();
      if (slow !== null) venue.engine.onSlow(slow.ticker, slow.tookUs, venue.timeUs as TimeUs);
      venue.run(200);
    }
  }

  test('three times within a minute is not asked about that market any more; once is nothing', () => {
    const [clock, tookMs] = [{ ns: 0 }, { now: 0 }];
    const timed = new TimedStrategy(busy(clock, tookMs), () => clock.ns, 20);
    const venue = listed(timed);
    venue.start();
    tookMs.now = 20;
    run(venue, timed, 4);
    assert.equal(venue.reported('strategy_failed'), undefined);
    tookMs.now = 21;
    run(venue, timed, 1);
    tookMs.now = 0;
    timed.takeSlow();
    run(venue, timed, 3);
    assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [1, 1]);
    tookMs.now = 21;
    run(venue, timed, 3);
    assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [0, 1]);
    assert.match(venue.engine.status().markets[0]!.bid.detail, /a call took 21\.0 ms/);
  });

  test('while the machine did something else is not to blame, unless it was for a second', () => {
    const [clock, tookMs, cpu] = [{ ns: 0 }, { now: 0 }, { us: 0 }];
    const timed = new TimedStrategy(
      busy(clock, tookMs),
      () => clock.ns,
      20,
      () => cpu.us,
    );
    const venue = listed(timed);
    venue.start();
    tookMs.now = 500;
    for (let n = 0; n < 4; n++) {
      timed.tick();
      cpu.us += 20_000;
      run(venue, timed, 1);
    }
    assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [1, 1]);
    assert.equal(venue.reported('strategy_failed'), undefined);
    timed.tick();
    cpu.us += 20_001;
    run(venue, timed, 1);
    assert.notEqual(venue.reported('strategy_failed'), undefined);
    timed.tick();
    tookMs.now = 1000;
    run(venue, timed, 1);
    assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [0, 1]);
  });

  test('for a second is given up at once', () => {
    const [clock, tookMs] = [{ ns: 0 }, { now: 0 }];
    const timed = new TimedStrategy(busy(clock, tookMs), () => clock.ns, 20);
    const venue = listed(timed);
    venue.start();
    tookMs.now = 1000;
    run(venue, timed, 1);
    assert.deepEqual([resting(venue, T), resting(venue, OTHER)], [0, 1]);
  });
});
