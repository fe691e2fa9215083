import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from '../../engine/cli/config.ts';
import { ExternalInputs } from '../../engine/cli/external.ts';
import { type ExternalSettings, externalSettings } from '../../engine/cli/external-config.ts';
import { sourceLines } from '../../engine/ops/sources.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-external-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const CONFIG = path.join(folder, 'config.yaml');

/** The paper configuration with a section `external`. */
function settings(section: string): ExternalSettings {
  const text = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
  writeFileSync(CONFIG, `${text}\n${section}\n`);
  return externalSettings(readConfig(CONFIG).external, CONFIG);
}

test('without a word there are no sources; a file and an address with their defaults', () => {
  assert.deepEqual(settings(''), { maxUpdatesPerSecond: 200, sources: [] });
  const { sources } = settings(`external:
  sources:
    model: { file: { path: values/fair.json }, min: 0, max: 1 }
    ticks: { file: { path: /tmp/ticks.jsonl } }
    index: { http: { url: "http://localhost:9000/v" }, values: { BTC-USD: { as: btc, min: 1000 } } }`);
  const [min, max] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  assert.deepEqual(sources, [
    {
      name: 'model',
      from: { kind: 'file', path: path.join(folder, 'values', 'fair.json'), format: 'json', checkMs: 100 },
      min: 0,
      max: 1,
      values: null,
    },
    {
      name: 'ticks',
      from: { kind: 'file', path: '/tmp/ticks.jsonl', format: 'ndjson', checkMs: 100 },
      min,
      max,
      values: null,
    },
    {
      name: 'index',
      from: {
        kind: 'http',
        url: 'http://localhost:9000/v',
        everyMs: 1000,
        timeoutMs: 2000,
        pointer: '',
        name: '',
        timePointer: '',
      },
      min,
      max,
      values: new Map([['BTC-USD', { as: 'btc', min: 1000, max }]]),
    },
  ]);
});

test('what cannot be is refused before anything starts, with the field and what is expected', () => {
  const bad: readonly [string, RegExp][] = [
    ['m: {}', /external\.sources\.m: expected either file or http/],
    ['m: { file: { path: x }, http: { url: "http://x/" } }', /external\.sources\.m: expected either file or http/],
    [
      'm: { file: { path: x, chekMs: 5 } }',
      /external\.sources\.m\.file: unknown field "chekMs" \(did you mean "checkMs"/,
    ],
    ['m: { fiel: { path: x } }', /external\.sources\.m: unknown field "fiel" \(did you mean "file"/],
    ['m: { file: { path: x, checkMs: 1 } }', /external\.sources\.m\.file\.checkMs/],
    ['m: { http: { url: "ftp://x/" } }', /external\.sources\.m\.http\.url: expected an address that starts with http/],
    [
      'm: { http: { url: "http://x/", pointer: data } }',
      /http\.pointer: expected a JSON pointer such as \/data\/prices/,
    ],
    ['m: { file: { path: x }, min: 2, max: 1 }', /external\.sources\.m\.min: is 2, expected at most max \(1\)/],
    ['m: { file: { path: x }, min: .inf }', /external\.sources\.m\.min/],
    ['m: { file: { path: x }, values: { a: { as: c }, b: { as: c } } }', /values\.b: two values would be called "c"/],
    ['m: { file: { path: x }, max: 1, values: { a: { min: 2 } } }', /values\.a\.min: is above max/],
    ['"a b": { file: { path: x } }', /expected letters, digits, - and _/],
  ];
  for (const [text, wanted] of bad) assert.throws(() => settings(`external: { sources: { ${text} } }`), wanted, text);
  assert.throws(() => settings('external: { maxUpdatesPerSecond: 0 }'), /external\.maxUpdatesPerSecond/);
});

test('a value reaches the engine as the input the journal writes, and the status tells of its source', async () => {
  writeFileSync(path.join(folder, 'fair.json'), '{"A \\"1\\"": 0.1, "B": "x"}');
  const inputs: [string, string, number, TimeUs][] = [];
  const words: string[] = [];
  const now = Date.now() * 1000;
  const external = new ExternalInputs(
    settings('external: { sources: { model: { file: { path: fair.json } } } }'),
    () => now as TimeUs,
    {
      onInput: (...input) => inputs.push(input),
      onReport: (_level, code) => words.push(code),
    },
  );
  await external.tick();
  await external.close();
  const [[json, ...value]] = inputs as [[string, string, number, TimeUs]];
  const [name, number, at] = value;
  assert.deepEqual(JSON.parse(json), { kind: 'value', name, value: number, at });
  assert.deepEqual([name, number, words], ['A "1"', 0.1, ['external_refused']]);
  const lines = sourceLines(external.status());
  assert.match(
    lines[0]!,
    /^external model \(.*fair\.json\): 1 names, newest \d+\.\d s old, oldest .* old; 1 taken, 1 refused, 0 failed reads$/,
  );
  assert.equal(lines[1], '  last refused: "B" is "x": write a number');
});
