// `npm run worlds`: the synthetic markets against their reference in full, and the market models through the matching
// engine with as many trials as their tolerances ask for. Minutes of CPU; `npm test` has the short forms.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensure, ROOT, run } from './ensure.mjs';

const FILES = ['world-statistics', 'world-theory', 'world-truth'].map((name) =>
  path.join('test', 'exchange', `${name}.test.ts`),
);

await run(async () => {
  const node = await ensure();
  const { status } = spawnSync(node, ['--test', '--test-reporter=spec', '--test-concurrency=1', ...FILES], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, HUNDRED_WORLDS: 'full' },
  });
  if (status !== 0) process.exitCode = 1;
});
