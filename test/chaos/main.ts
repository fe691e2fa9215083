// Worker of `npm run chaos`: runs seeds and tells of them, one line of JSON each, or shows one seed with its trace.

import { parseArgs } from 'node:util';
import { INVARIANTS } from './invariants.ts';
import { describe, disastersOf } from './plan.ts';
import { type Outcome, runSeed, shrink } from './run.ts';

/** Lines of what went in and out before a failure that are shown. */
const TRACE_LINES = 40;
const TELL_EVERY_MS = 500;

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    step: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '0' },
    /** Numbers of the disasters that happen, from 0; left out: all. */
    only: { type: 'string' },
    show: { type: 'boolean', default: false },
    lines: { type: 'string', default: String(TRACE_LINES) },
  },
});

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** What failed, the disasters it takes, and what went in and out just before. */
function report(outcome: Outcome, lines: number): string {
  const { seed, failure, disasters } = outcome;
  const trace: string[] = [];
  const tell = (line: string): void => {
    trace.push(line.length > 400 ? `${line.slice(0, 400)}…` : line);
    if (trace.length > lines) trace.shift();
  };
  runSeed(seed, { disasters, tell });
  const all = disastersOf(seed).map(describe);
  const numbers = disasters.map((d) => all.indexOf(describe(d)));
  const what =
    failure === null
      ? `seed ${seed} holds`
      : `seed ${seed}: ${failure.invariant} after ${failure.atMs} ms: ${failure.text}\n  (${INVARIANTS[failure.invariant]})`;
  return [
    what,
    `  disasters: ${disasters.map(describe).join('; ') || 'none'}`,
    `  again: npm run chaos -- --seed ${seed} --only ${numbers.join(',') || 'none'}`,
    ...trace.map((line) => `    ${line}`),
  ].join('\n');
}

function chosen(seed: number): Outcome {
  const all = disastersOf(seed);
  if (values.only === undefined) return runSeed(seed);
  const wanted = values.only === 'none' ? [] : values.only.split(',').map(Number);
  return runSeed(seed, { disasters: all.filter((_, i) => wanted.includes(i)) });
}

function many(from: number, step: number, seeds: number, untilMs: number): void {
  let told = performance.now();
  let done = 0;
  let seen: Record<string, number> = {};
  const flush = (): void => {
    say({ done, seen, invariants: Object.keys(INVARIANTS).length });
    [done, seen, told] = [0, {}, performance.now()];
  };
  for (let n = 0; n < seeds && performance.now() < untilMs; n++) {
    const outcome = runSeed(from + n * step);
    done++;
    for (const [name, count] of Object.entries(outcome.seen)) seen[name] = (seen[name] ?? 0) + count;
    if (outcome.failure !== null)
      say({ failed: outcome.failure.invariant, seed: outcome.seed, text: report(shrink(outcome), TRACE_LINES) });
    if (performance.now() - told > TELL_EVERY_MS) flush();
  }
  flush();
}

const from = Number(values.from);
if (values.show) {
  const outcome = chosen(from);
  process.stdout.write(`${report(outcome, Number(values.lines))}\n`);
  if (outcome.failure !== null) process.exitCode = 1;
} else {
  const minutes = Number(values.minutes);
  const until = minutes > 0 ? performance.now() + minutes * 60_000 : Number.POSITIVE_INFINITY;
  many(from, Number(values.step), minutes > 0 ? Number.POSITIVE_INFINITY : Number(values.seeds), until);
}
