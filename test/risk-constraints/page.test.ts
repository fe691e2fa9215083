import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CONSTRAINTS } from '../../engine/risk/index.ts';
import { testsAreRows } from '../support/page.ts';

testsAreRows('risk.md', import.meta.dirname, 30);

test('docs/risk.md lists every constraint in order of evaluation, and what it does', () => {
  const page = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'risk.md'), 'utf8');
  const table = page.split('\n\n').find((block) => block.startsWith('| constraint = test |'))!;
  const rows = table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim()));
  assert.deepEqual(
    rows.map(([, name, , , action, closing]) => [name, action, closing]),
    CONSTRAINTS.map(({ name, action, sparesClosing }) => [name, action, sparesClosing ? 'yes' : 'no']),
  );
});
