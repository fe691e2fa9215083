// `npm test`: types, lint, then every test. Arguments pick test files by a part of their path (`npm test -- market`);
// those that start with a dash go to node's test runner (`npm test -- --test-name-pattern=gap`).

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { ensure, ROOT, run, SetupError } from './ensure.mjs';

const TEST_TIMEOUT_MS = 300_000;

await run(async () => {
  const given = process.argv.slice(2);
  const files = testFiles(given.filter((arg) => !arg.startsWith('-')));
  const node = await ensure();
  const bin = (...parts) => path.join(ROOT, 'node_modules', ...parts);
  // The tests come last: node's own summary ends the output.
  const stages = [
    ['types', [bin('typescript', 'bin', 'tsc'), '--noEmit', '--pretty', String(process.stdout.isTTY === true)]],
    ['lint', [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']],
    [
      'tests',
      [
        '--test',
        '--test-reporter=spec',
        // One more than there are processors: tests of whole processes wait most of their time.
        `--test-concurrency=${availableParallelism() + 1}`,
        `--test-timeout=${TEST_TIMEOUT_MS}`,
        ...given.filter((arg) => arg.startsWith('-')),
        ...files,
      ],
    ],
  ];
  const failed = stages.filter(([name, args]) => !passes(name, node, args));
  if (failed.length > 0) process.exitCode = 1;
});

function passes(name, node, args) {
  const start = performance.now();
  const { status } = spawnSync(node, args, { cwd: ROOT, stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (name !== 'tests') process.stdout.write(`${status === 0 ? '✔' : '✖'} ${name} (${seconds} s)\n`);
  return status === 0;
}

function testFiles(wanted) {
  const all = fs
    .readdirSync(path.join(ROOT, 'test'), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join('test', file))
    .sort();
  const files = wanted.length === 0 ? all : all.filter((file) => wanted.some((part) => file.includes(part)));
  if (files.length === 0) throw new SetupError(`no test file has ${wanted.join(' or ')} in its path`);
  return files;
}
