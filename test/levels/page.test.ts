import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CAUSES } from '../../engine/risk/index.ts';
import { testsAreRows } from '../support/page.ts';

testsAreRows('levels.md', import.meta.dirname, 15);

test('docs/levels.md lists every cause with its level and how it is left', () => {
  const text = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'levels.md'), 'utf8');
  const told = [...text.matchAll(/^\| `(\w+)` \| (\d) \| (\w+) \|/gm)].map(([, code, level, leaving]) => {
    return [code, Number(level), leaving];
  });
  const table = Object.entries(CAUSES).map(([code, { level, leaving }]) => [code, level, leaving]);
  assert.deepEqual(told, table);
});

test('no cause is left by itself but at level 1, and none after a loss', () => {
  for (const [code, { level, leaving, isLoss }] of Object.entries(CAUSES)) {
    if (leaving === 'timed') assert.deepEqual([level, isLoss], [1, false], code);
    if (level === 4) assert.equal(leaving, 'latch', code);
  }
});
