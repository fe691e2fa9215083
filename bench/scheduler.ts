import { Piscina } from 'piscina';
import { meanInterval } from './interval.ts';
import type { BenchResult, Check, Row } from './result.ts';
import { POLICIES } from './scheduler/policies.ts';
import { compareRanking } from './scheduler/ranking.ts';
import type { Outcome } from './scheduler/simulation.ts';
import type { Run } from './scheduler/worker.ts';

/** Worlds of one tier and number of markets. */
interface Cell {
  readonly tier: string;
  readonly markets: number;
  /** Simulated seconds that are measured. */
  readonly seconds: number;
  readonly seeds: number;
  /** Far more is wanted than tokens can pay. */
  readonly scarce?: true;
}

const SHORT: readonly Cell[] = ['basic', 'advanced', 'premier'].flatMap((tier) => [
  { tier, markets: 1, seconds: 20, seeds: 2 },
  { tier, markets: 30, seconds: 6, seeds: 2 },
]);
/** More seeds where tokens are scarce. */
const FULL: readonly Cell[] = [
  { tier: 'basic', markets: 1, seconds: 120, seeds: 8 },
  { tier: 'basic', markets: 10, seconds: 60, seeds: 8 },
  { tier: 'basic', markets: 50, seconds: 60, seeds: 8, scarce: true },
  { tier: 'basic', markets: 200, seconds: 30, seeds: 9, scarce: true },
  { tier: 'advanced', markets: 1, seconds: 120, seeds: 4 },
  { tier: 'advanced', markets: 10, seconds: 60, seeds: 4 },
  { tier: 'advanced', markets: 50, seconds: 30, seeds: 4 },
  { tier: 'advanced', markets: 200, seconds: 20, seeds: 9, scarce: true },
  { tier: 'premier', markets: 1, seconds: 120, seeds: 4 },
  { tier: 'premier', markets: 10, seconds: 60, seeds: 4 },
  { tier: 'premier', markets: 50, seconds: 30, seeds: 4 },
  { tier: 'premier', markets: 200, seconds: 10, seeds: 4 },
];
const THREADS = 2;
/** What was tuned was tuned on seeds below (docs/scheduler.md). */
const FIRST_SEED = 2001;

/**
 * What write tokens earn, and for how long stale quotes rest: every policy in the same synthetic worlds, paired by seed,
 * judged by the true fair value. And what ranking costs, against sorting objects.
 */
export async function benchScheduler(short: boolean): Promise<BenchResult> {
  const rows: Row[] = [];
  const checks: Check[] = [];
  for (const candidates of [10, 100, 1000]) {
    const { oursNs, sortNs, agree } = await compareRanking(candidates, short ? 150 : 1000);
    const what = `rank and grant ${candidates} candidates: Array.sort of objects`;
    rows.push({ what, unit: 'ns', ours: oursNs, baseline: sortNs, ratio: 'speedup' });
    checks.push({ what, passed: agree, detail: 'the two ways serve other candidates' });
  }
  const notes = [...NOTES, line(...HEAD)];
  const data: Record<string, unknown> = {};
  const scarce: Outcome[][][] = [];
  const filename = new URL('./scheduler/worker.ts', import.meta.url).href;
  const pool = new Piscina<Run, Outcome>({ filename, minThreads: THREADS, maxThreads: THREADS });
  try {
    for (const cell of short ? SHORT : FULL) {
      const runs = await runsOf(pool, cell);
      if (cell.scarce) scarce.push(runs);
      const what = `${cell.tier}, ${cell.markets} markets`;
      data[what] = POLICIES.map(({ name }, p) => ({ name, ...cell, runs: runs[p] }));
      for (const [p, { name }] of POLICIES.entries()) {
        const text = described(cell, name, runs[0]!, runs[p]!);
        notes.push(text);
        if (!short) console.log(`  ${text}`);
        checks.push(...checked(`${what}, ${name}`, runs[p]!));
      }
    }
  } finally {
    await pool.destroy();
  }
  if (scarce.length > 0) notes.push(...together(scarce));
  return { name: 'scheduler', rows, checks, notes, data };
}

/** Outcomes by policy and seed. */
function runsOf(pool: Piscina<Run, Outcome>, { tier, markets, seconds, seeds }: Cell): Promise<Outcome[][]> {
  return Promise.all(
    POLICIES.map((policy) =>
      Promise.all(
        Array.from({ length: seeds }, (_, n) =>
          pool.run({ policy, setting: { tier, markets, seconds, seed: FIRST_SEED + n } }),
        ),
      ),
    ),
  );
}

const NOTES = [
  'ranking: median ns a candidate of one round, both ways in turns in one process',
  'worlds: the engine against the embedded exchange in simulated time; differences are paired by seed, mean and 95 % interval',
  '$/1,000 tokens: contracts x (true fair value - price) at every fill. Stale: a cent or more beyond the true fair value, from 10 ms after it moved;',
  '  contracts x seconds, of 1,000 contracts x seconds resting; safe after: ms from common news to nothing stale, of the markets left with something stale',
];
const HEAD = [
  'tier',
  'markets',
  'seeds',
  'policy',
  '$/1,000 tokens',
  'value leads by',
  'stale c s',
  'value less by',
  'of 1,000',
  'value less by',
  'picked off $',
  'safe after p50 / p90 / max (n)',
];

function described(
  { tier, markets, seeds }: Cell,
  name: string,
  value: readonly Outcome[],
  runs: readonly Outcome[],
): string {
  const mean = (of: (o: Outcome) => number, digits: number): string => meanInterval(runs.map(of)).mean.toFixed(digits);
  const lead = (of: (o: Outcome) => number, sign: number, digits: number): string => {
    if (value === runs) return '';
    const { mean, half } = meanInterval(value.map((o, n) => sign * (of(o) - of(runs[n]!))));
    return `${mean.toFixed(digits)} ± ${half.toFixed(digits)}`;
  };
  const stale = (o: Outcome): number => o.staleContractSeconds;
  return line(
    tier,
    markets,
    seeds,
    name,
    mean(perToken, 2),
    lead(perToken, 1, 2),
    mean(stale, 1),
    lead(stale, -1, 1),
    mean(staleShare, 3),
    lead(staleShare, -1, 3),
    mean((o) => o.pickedOff, 2),
    safety(runs.flatMap((o) => o.safeAfterMs)),
  );
}

/**
 * The leads over the cells where tokens are scarce, each cell counted alike: the mean of their means, and the root of the
 * sum of their squared half intervals through their number.
 */
function together(cells: readonly (readonly (readonly Outcome[])[])[]): string[] {
  const lead = (p: number, of: (o: Outcome) => number, sign: number): string => {
    const leads = cells.map((runs) => meanInterval(runs[0]!.map((o, n) => sign * (of(o) - of(runs[p]![n]!)))));
    const mean = leads.reduce((sum, { mean }) => sum + mean, 0) / leads.length;
    return `${mean.toFixed(2)} ± ${(Math.hypot(...leads.map(({ half }) => half)) / leads.length).toFixed(2)}`;
  };
  return POLICIES.slice(1).map(({ name }, n) => {
    const p = n + 1;
    const stale = lead(p, (o) => o.staleContractSeconds, -1);
    const share = lead(p, staleShare, -1);
    return `where tokens are scarce, against ${name}: ${lead(p, perToken, 1)} $/1,000 tokens more, ${stale} c s less stale, of 1,000 resting ${share} less`;
  });
}

/** Dollars a thousand tokens. */
function perToken({ edge, tokens }: Outcome): number {
  return (1000 * edge) / Math.max(1, tokens);
}

/** Contract-seconds stale of a thousand that rested. */
function staleShare({ staleContractSeconds, restingContractSeconds }: Outcome): number {
  return (1000 * staleContractSeconds) / Math.max(1, restingContractSeconds);
}

/** Of all seeds together. */
function safety(ms: readonly number[]): string {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number): string => `${sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? '-'}`;
  return `${at(0.5)} / ${at(0.9)} / ${at(1)} (${sorted.length})`;
}

function checked(what: string, runs: readonly Outcome[]): Check[] {
  const sum = (of: (o: Outcome) => number): number => runs.reduce((total, o) => total + of(o), 0);
  const refusals = sum((o) => o.refusals);
  const wrong = sum((o) => o.wrongBooks);
  return [
    { what: `${what}: no request is refused for want of tokens`, passed: refusals === 0, detail: `${refusals} were` },
    { what: `${what}: every book equals the exchange's`, passed: wrong === 0, detail: `${wrong} do not` },
    { what: `${what}: it trades and is not halted`, passed: sum((o) => Number(o.halted)) === 0, detail: 'halted' },
    { what: `${what}: tokens are spent`, passed: runs.every((o) => o.tokens > 0), detail: 'a run spent none' },
  ];
}

const WIDTHS = [8, 7, 5, 27, 14, 15, 9, 17, 8, 17, 12, 30];

function line(...cells: readonly (string | number)[]): string {
  return cells
    .map((text, n) => (n === 0 || n === 3 ? `${text}`.padEnd(WIDTHS[n]!) : `${text}`.padStart(WIDTHS[n]!)))
    .join('  ')
    .trimEnd();
}
