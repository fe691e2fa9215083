import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../engine/cli/usage.ts';
import { benchBooks } from './books.ts';
import { benchDecode } from './decode.ts';
import { benchExchange } from './exchange.ts';
import { benchReceive } from './receive.ts';
import { type BenchResult, tableOf } from './result.ts';
import { benchRisk } from './risk.ts';
import { benchScheduler } from './scheduler.ts';
import { benchSend } from './send.ts';
import { benchTickToOrder } from './tick-to-order.ts';

const BENCHES: Readonly<
  Record<string, { readonly about: string; readonly run: (short: boolean) => Promise<BenchResult> }>
> = {
  books: { about: 'decode and apply order book changes, against the usual ways and packages', run: benchBooks },
  decode: {
    about: 'decode deltas, against JSON.parse and, where g++ is, against simdjson and a scanner in C; bad 16 MB frames',
    run: benchDecode,
  },
  receive: { about: 'from the socket to the book, CPU per message, against ws with JSON.parse', run: benchReceive },
  send: {
    about: 'from the decision to the answer: encoding, signatures, HTTP, against the usual ways',
    run: benchSend,
  },
  'tick-to-order': {
    about: 'from a delta leaving the server to the order arriving there, against a bare echo on the same sockets',
    run: benchTickToOrder,
  },
  exchange: {
    about: 'the embedded exchange: orders over REST and deltas to 100 clients, against bare uWebSockets.js',
    run: benchExchange,
  },
  risk: {
    about: 'the pre-trade check with its worst cases kept up to date, against recomputing them; how flat it is',
    run: benchRisk,
  },
  scheduler: {
    about: 'what write tokens earn when spent by value, against arrival order and round robin; and what ranking costs',
    run: benchScheduler,
  },
};

const RESULTS = path.join(import.meta.dirname, 'results');

const HELP = `usage: hundred bench [options]

Measures the hot paths against baselines in the same interleaved run. Only the ratios are worth quoting: absolute times
move with the machine. Every candidate's results are checked.

  --short        fewer rounds
  --only NAME    one benchmark: ${Object.keys(BENCHES).join(', ')}
  --json FILE    write all figures there (default: bench/results/NAME.json for each)
  --help         this text

${Object.entries(BENCHES)
  .map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`)
  .join('\n')}

examples:
  npm run bench -- --short
  hundred bench --only books --json books.json

Exit status: 0 measured (however slow), 1 a result check failed, 2 wrong usage.`;

/** `hundred bench`. Resolves with the exit status. @throws UsageError */
export async function benchCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: false,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.only !== undefined && !Object.hasOwn(BENCHES, values.only)) {
    throw new UsageError(`--only: there is no benchmark "${values.only}"; there is ${Object.keys(BENCHES).join(', ')}`);
  }
  const results: BenchResult[] = [];
  for (const [name, { run }] of Object.entries(BENCHES)) {
    if (values.only !== undefined && values.only !== name) continue;
    const result = await run(values.short);
    results.push(result);
    print(result);
    if (values.json === undefined) save(path.join(RESULTS, `${name}.json`), [result]);
  }
  if (values.json !== undefined) save(path.resolve(values.json), results);
  const checks = results.flatMap((result) => result.checks);
  const failed = checks.filter((check) => !check.passed);
  console.log(`checks: ${checks.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

function print(result: BenchResult): void {
  console.log(`\n${result.name}`);
  for (const line of tableOf(result.rows)) console.log(`  ${line}`);
  for (const note of result.notes) console.log(`  ${note}`);
  for (const { what, passed, detail } of result.checks) if (!passed) console.log(`  FAILED ${what}: ${detail}`);
  console.log('');
}

function save(file: string, results: readonly BenchResult[]): void {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(
      `cannot write ${file} (${(error as NodeJS.ErrnoException).code}): name another file with --json`,
    );
  }
}
