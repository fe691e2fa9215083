// `npm run drills`: kill, freeze, stall and cut off daemons, many times over, and print how long their orders outlive
// them, as histograms. Arguments: how often (default 20), and which faults. `npm test` has the short form.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensure, ROOT, run } from './ensure.mjs';

await run(async () => {
  const node = await ensure();
  const file = path.join('test', 'deadman', 'measure.ts');
  const { status } = spawnSync(node, [file, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
});
