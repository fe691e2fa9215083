import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { readScenario } from '../../engine/cli/scenario-file.ts';
import { UsageError } from '../../engine/cli/usage.ts';
import { OrderGroup } from '../../engine/exchange/groups.ts';
import { Scenario, ScenarioError } from '../../engine/exchange/scenario.ts';
import { LiveSynthetic } from '../../engine/exchange/synthetic/live.ts';
import { PRESETS } from '../../engine/exchange/synthetic/presets.ts';
import { ASK, BID } from '../../engine/units/index.ts';
import { Bench, lots, refusal } from './support/bench.ts';
import { checkBook } from './support/books.ts';

function file(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'scenario.yaml');
  writeFileSync(path, text);
  return path;
}

/** The steps of a file on a bench with markets M and N, and what was told and reached outside. */
function scripted(t: TestContext, text: string): { t: Bench; run: (seconds: number) => void; log: string[] } {
  const bench = new Bench({ markets: { M: 0, N: 2 } }).fund('a').fund('a', '10000', 2);
  const log: string[] = [];
  const scenario = new Scenario(bench.exchange, readScenario(file(t, text)), {
    world: {
      jump: (ticker, by) => log.push(`jump ${ticker} ${by}`),
      listed: (ticker) => log.push(`listed ${ticker}`),
      regridded: (ticker) => log.push(`regridded ${ticker}`),
    },
    disconnect: () => log.push('disconnected'),
    tell: (line) => log.push(line),
  });
  scenario.advance();
  bench.pass(7_000_000);
  scenario.advance();
  scenario.start();
  const run = (seconds: number): void => {
    for (let ms = 0; ms < seconds * 1000; ms += 100) {
      bench.pass(100_000);
      bench.exchange.tick();
      scenario.advance();
    }
  };
  return { t: bench, run, log };
}

describe('a scenario', () => {
  test('does each step at its time after the start, whatever order they stand in', (ctx) => {
    const { t, run, log } = scripted(
      ctx,
      `steps:
  - { atSeconds: 3, do: resume }
  - { atSeconds: 1, do: pause, shard: 0 }
  - { atSeconds: 5, do: pause, level: exchange }
  - { atSeconds: 6, do: resume, level: exchange }
  - { atSeconds: 7, do: maintenance, shard: 2, forSeconds: 1 }
`,
    );
    const orders = (): string[] => ['M', 'N'].map((ticker) => refusal(() => t.place('a', BID, 40, 1, { ticker })));
    assert.deepEqual(log, []);
    run(0.9);
    assert.deepEqual(orders(), ['accepted', 'accepted']);
    run(0.1);
    assert.deepEqual(orders(), ['400 trading_paused', 'accepted']);
    run(2);
    assert.deepEqual(orders(), ['accepted', 'accepted']);
    run(2);
    assert.deepEqual(orders(), ['400 exchange_paused', '400 exchange_paused']);
    run(2);
    assert.deepEqual(orders(), ['accepted', '400 trading_paused']);
    run(1);
    assert.deepEqual(orders(), ['accepted', 'accepted']);
    assert.deepEqual(log, [
      'scenario, 1 s: pause level trading shard 0',
      'scenario, 3 s: resume level trading shard all',
      'scenario, 5 s: pause level exchange shard all',
      'scenario, 6 s: resume level exchange shard all',
      'scenario, 7 s: maintenance shard 2 forSeconds 1',
    ]);
  });

  test('takes markets from listing to payment, and goes on after a step that cannot be done', (ctx) => {
    const { t, run, log } = scripted(
      ctx,
      `steps:
  - { atSeconds: 1, do: deactivate, market: M }
  - { atSeconds: 2, do: deactivate, market: M }
  - { atSeconds: 3, do: activate, market: M }
  - { atSeconds: 4, do: grid, market: M, structure: deci_cent }
  - { atSeconds: 5, do: fee, scope: series, ticker: SERIES, multiplier: 0.5, inSeconds: 1 }
  - { atSeconds: 7, do: close, market: M, inSeconds: 1 }
  - { atSeconds: 9, do: reopen, market: M }
  - { atSeconds: 10, do: determine, market: M, result: scalar, value: "0.3060" }
  - { atSeconds: 11, do: dispute, market: M }
  - { atSeconds: 12, do: correct, market: M, result: no }
  - { atSeconds: 13, do: settle, market: M, result: no }
  - { atSeconds: 14, do: settle, market: N, result: yes }
  - { atSeconds: 15, do: list, market: W-1-A, openInSeconds: 1, mutuallyExclusive: true, feeType: flat, multiplier: 2 }
  - { atSeconds: 16, do: jump, market: W-1-A, byLogit: -1.5 }
  - { atSeconds: 17, do: triggerGroups }
  - { atSeconds: 18, do: disconnect }
`,
    );
    const status = (ticker = 'M'): string => t.market(ticker).listing.status;
    const at: [number, () => unknown, unknown][] = [
      [1, status, 'inactive'],
      [2, () => log.at(-1)?.includes('deactivate M: not done, market M is inactive'), true],
      [3, status, 'active'],
      [4, () => t.market().listing.grid.levels, 999],
      [6, () => t.market().listing.feeMultiplier, '0.5'],
      [8, status, 'closed'],
      [9, status, 'active'],
      [10, () => t.market().outcome?.value, 3060],
      [11, status, 'disputed'],
      [12, () => t.market().outcome?.result, 'no'],
      [13, status, 'finalized'],
      [14, () => status('N'), 'finalized'],
      [15, () => status('W-1-A'), 'initialized'],
      [16, () => status('W-1-A'), 'active'],
    ];
    let now = 0;
    for (const [seconds, look, wanted] of at) {
      run(seconds - now);
      now = seconds;
      assert.equal(look(), wanted, `after ${seconds} s`);
    }
    const { eventTicker, seriesTicker, collateralReturn, feeType, feeMultiplier } = t.market('W-1-A').listing;
    assert.deepEqual(
      [eventTicker, seriesTicker, collateralReturn, feeType, feeMultiplier],
      ['W-1', 'W', 'MECNET', 'flat', '2'],
    );
    run(2);
    assert.deepEqual(
      log.filter((line) => !line.startsWith('scenario')),
      ['regridded M', 'listed W-1-A', 'jump W-1-A -1.5', 'disconnected'],
    );
  });

  test('that names a market there is not, or a jump where nothing has a value, is refused before it starts', (ctx) => {
    const make = (text: string, recorded = false): (() => Scenario) => {
      const t = new Bench({ listing: { recorded } });
      const hooks = { world: null, disconnect: () => {}, tell: () => {} };
      return () => new Scenario(t.exchange, readScenario(file(ctx, text)), hooks);
    };
    for (const [text, recorded, words] of [
      ['{ atSeconds: 1, do: close, market: X }', false, /step at 1 s \(close\): there is no market X; there are M$/],
      ['{ atSeconds: 1, do: list, market: M }', false, /\(list\): market M is there already/],
      ['{ atSeconds: 1, do: jump, market: M, byLogit: 1 }', false, /only a synthetic market has a value to move/],
      ['{ atSeconds: 1, do: grid, market: M, structure: deci_cent }', true, /market M is played from a recording/],
    ] as const)
      assert.throws(make(`steps:\n  - ${text}\n`, recorded), (error: Error) => {
        assert.ok(error instanceof ScenarioError);
        assert.match(error.message, words);
        return true;
      });
  });
});

describe('a scenario file', () => {
  test('that is wrong is refused with every line, field and what is expected', (ctx) => {
    const path = file(
      ctx,
      `steps:
  - { atSeconds: 1, do: pauze }
  - { atSeconds: 1, do: pause, levle: trading }
  - atSeconds: soon
    do: pause
    shard: some
  - { do: disconnect }
  - { atSeconds: 1, do: determine, market: M, result: maybe }
  - { atSeconds: 1, do: settle, market: M, result: scalar, value: 0.3 }
  - { atSeconds: 1 }
seed: 5
`,
    );
    assert.throws(
      () => readScenario(path),
      (error: Error) => {
        assert.ok(error instanceof UsageError);
        const [head, ...lines] = error.message.split('\n');
        assert.equal(head, `scenario file ${path} has 9 problem(s):`);
        assert.deepEqual(
          lines.map((line) => line.trim()),
          [
            'line 2, steps.0.do: unknown step "pauze" (did you mean "pause"?)',
            'line 3, steps.1: unknown field "levle" (did you mean "level"?)',
            'line 4, steps.2.atSeconds: expected number, received string',
            'line 6, steps.2.shard: expected a shard number or all',
            'line 7, steps.3.atSeconds: is missing (expected number)',
            'line 8, steps.4.result: expected one of "yes"|"no"|"scalar"',
            'line 9, steps.5.value: expected string, received number',
            'line 10, steps.6.do: is missing',
            'line 1, top level: unknown field "seed" (known here: steps)',
          ],
        );
        return true;
      },
    );
    const scalar = file(ctx, 'steps:\n  - { atSeconds: 1, do: settle, market: M, result: scalar }\n');
    assert.throws(() => readScenario(scalar), /line 2, steps.0: a scalar result needs a value/);
    assert.throws(() => readScenario(file(ctx, 'steps: [')), /is not valid YAML/);
    assert.throws(() => readScenario('/nowhere/s.yaml'), /scenario file \/nowhere\/s.yaml cannot be read/);
  });

  test('that comes with the project fits the synthetic market', () => {
    const t = new Bench({ markets: { 'SYN-A-T50': 0, 'SYN-A-T60': 0 } });
    const world = new LiveSynthetic(t.exchange, ['SYN-A-T50', 'SYN-A-T60'], { preset: PRESETS.lively, seed: 1 });
    const told: string[] = [];
    const scenario = new Scenario(t.exchange, readScenario('config/scenario.yaml'), {
      world,
      disconnect: () => {},
      tell: (line) => told.push(line),
    });
    scenario.start();
    for (let ms = 0; ms < 240_000; ms += 50) {
      t.pass(50_000);
      t.exchange.tick();
      scenario.advance();
      world.advance();
      if (ms % 2000 === 0) for (const market of t.exchange.markets.values()) checkBook(t.exchange, market);
    }
    assert.equal(told.length, readScenario('config/scenario.yaml').length);
    assert.deepEqual(
      told.filter((line) => line.includes('not done')),
      [],
    );
    const fresh = t.market('SYN-B-T50');
    assert.ok(fresh.ladder.best(BID) >= 0 && fresh.ladder.best(ASK) >= 0, 'a market that was listed has liquidity');
  });
});

test('a jump leaves stale quotes behind, and a market that is paused stands still', () => {
  const t = new Bench({ markets: { M: 0 } });
  const world = new LiveSynthetic(t.exchange, ['M'], { preset: PRESETS.lively, seed: 1 });
  const pass = (seconds: number): void => {
    t.pass(seconds * 1_000_000);
    world.advance();
  };
  pass(5);
  const before = world.world.fair('M');
  world.jump('M', 2);
  assert.ok(world.world.fair('M') - before > 0.15, 'two logits are a long way');
  t.exchange.pauses.pause('trading', 0);
  const { ladder } = t.market();
  const look = (): string => [BID, ASK].map((side) => [...ladder.levels(side as 0 | 1)].join()).join('/');
  const still = look();
  pass(5);
  assert.equal(look(), still);
  t.exchange.pauses.resume('trading', 0);
  pass(10);
  assert.notEqual(look(), still);
});

test('a scenario triggers one order group of many', (ctx) => {
  const { t, run, log } = scripted(
    ctx,
    `steps:
  - { atSeconds: 1, do: triggerGroups, subaccount: 1 }
  - { atSeconds: 2, do: triggerGroups, nth: 2 }
  - { atSeconds: 3, do: triggerGroups, shard: 3, nth: 1 }
  - { atSeconds: 4, do: triggerGroups }
`,
  );
  const groups = [0, 0, 1, 0].map((subaccount, i) => new OrderGroup(`g${i}`, 'a', 0, lots(5), subaccount));
  for (const group of groups) t.exchange.addGroup(group);
  const struck = (): string => groups.map(({ triggered }) => (triggered ? 'x' : '-')).join('');
  for (const wanted of ['--x-', '-xx-', '-xx-', 'xxxx']) {
    run(1);
    assert.equal(struck(), wanted);
  }
  assert.match(log.find((line) => line.includes('not done'))!, /, 3 s: triggerGroups .*there are 0 such order groups/);
});
