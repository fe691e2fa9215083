// `npm run chaos`: seeded worlds of disasters in as many processes as there are cores; every invariant that failed, with
// the seed that shows it again. docs/chaos.md.

import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ensure, ROOT, run, SetupError } from './ensure.mjs';

const USAGE = `npm run chaos -- [options]

  --seeds N       how many worlds (20000)
  --from S        the first seed (1)
  --minutes M     as many worlds as fit into this instead
  --processes P   how many at once (one a core)
  --seed S        show one world: what befalls it, what failed, and the last that went in and out
  --only 0,3      with --seed: only these of its disasters; none: in fine weather
  --lines N       with --seed: how many lines of that (40)
`;

const STRIP = `--import=${new URL('./strip.mjs', import.meta.url).href}`;
const MAIN = path.join(ROOT, 'test', 'chaos', 'main.ts');
/** More failures than this are counted and not shown. */
const SHOWN = 10;
const PROGRESS_MS = 5000;

await run(async () => {
  const options = given();
  if (options.help) return void process.stdout.write(USAGE);
  const node = await ensure();
  if (options.seed !== undefined) {
    const only = options.only === undefined ? [] : ['--only', options.only];
    const args = ['--show', '--from', options.seed, '--lines', options.lines, ...only];
    const { status } = spawnSync(node, [STRIP, MAIN, ...args], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
    return;
  }
  await many(node, options);
});

function given() {
  const text = { type: 'string' };
  const options = { seeds: text, from: text, minutes: text, processes: text, seed: text, only: text, lines: text };
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } });
    for (const [name, value] of Object.entries(values)) {
      const isNumber = typeof value !== 'string' || name === 'only' || Number(value) > 0;
      if (!isNumber) throw new TypeError(`--${name} wants a number above 0, not "${value}"`);
    }
    return { seeds: '20000', from: '1', minutes: '0', lines: '40', ...values };
  } catch (error) {
    throw new SetupError(`${error.message}\n${USAGE}`);
  }
}

async function many(node, { seeds, from, minutes, processes, lines: _ }) {
  const start = performance.now();
  const count = Number(processes ?? availableParallelism());
  const state = { done: 0, failed: 0, seen: {}, invariants: new Set(), all: 0 };
  const timer = setInterval(() => progress(state, start), PROGRESS_MS);
  const share = Math.ceil(Number(seeds) / count);
  const codes = await Promise.all(
    Array.from({ length: count }, (_, n) => {
      const left = Math.min(share, Math.ceil((Number(seeds) - n) / count));
      const args = ['--from', Number(from) + n, '--step', count, '--seeds', Math.max(0, left), '--minutes', minutes];
      return worker(node, args.map(String), state);
    }),
  );
  clearInterval(timer);
  progress(state, start);
  const broken = codes.filter((code) => code !== 0).length;
  if (broken > 0) process.stdout.write(`${broken} process(es) ended before their last world\n`);
  // One check an invariant: it held in every world.
  const bad = state.invariants.size + broken;
  process.stdout.write(`checks: ${Math.max(0, state.all - state.invariants.size)} passed, ${bad} failed\n`);
  if (bad > 0 || state.done === 0) process.exitCode = 1;
}

function worker(node, args, state) {
  const child = spawn(node, [STRIP, MAIN, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line), state));
  return new Promise((resolve) => child.on('close', resolve));
}

function take(message, state) {
  if (message.failed !== undefined) {
    state.failed++;
    state.invariants.add(message.failed);
    if (state.failed <= SHOWN) process.stdout.write(`${message.text}\n\n`);
    return;
  }
  state.done += message.done;
  state.all = message.invariants;
  for (const [name, n] of Object.entries(message.seen)) state.seen[name] = (state.seen[name] ?? 0) + n;
}

function progress({ done, failed, seen }, start) {
  const seconds = (performance.now() - start) / 1000;
  const told = ['steps', 'creates', 'amends', 'fills', 'unknown', 'lives'].map((name) => `${name} ${seen[name] ?? 0}`);
  process.stdout.write(`${done} worlds in ${seconds.toFixed(0)} s, ${failed} failed; ${told.join(', ')}\n`);
}
