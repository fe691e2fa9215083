import { meanInterval } from './interval.ts';
import type { BenchResult, Check, Row } from './result.ts';
import { compareRanking } from './scheduler/ranking.ts';
import { type Outcome, type Policy, simulate } from './scheduler/simulation.ts';

/** Ours first; the others are what it is compared with. */
const POLICIES: readonly Policy[] = [
  { name: 'by value', order: 'value', replace: 'amend' },
  { name: 'cancel-replace, arrival', order: 'arrival', replace: 'cancel_create' },
  { name: 'amend, round robin', order: 'round_robin', replace: 'amend' },
];

interface Plan {
  readonly markets: number;
  /** Simulated seconds that are measured. */
  readonly seconds: number;
  readonly seeds: number;
}

const TIERS = ['basic', 'advanced', 'premier'];
const SHORT: readonly Plan[] = [
  { markets: 1, seconds: 20, seeds: 2 },
  { markets: 40, seconds: 10, seeds: 2 },
];
const FULL: readonly Plan[] = [
  { markets: 1, seconds: 120, seeds: 10 },
  { markets: 10, seconds: 60, seeds: 10 },
  { markets: 50, seconds: 30, seeds: 7 },
  { markets: 200, seconds: 8, seeds: 7 },
];

/**
 * What write tokens earn: every policy in the same synthetic worlds, paired by seed, judged by the true fair value. And
 * what ranking costs, against sorting objects.
 */
export async function benchScheduler(short: boolean): Promise<BenchResult> {
  const rows: Row[] = [];
  const checks: Check[] = [];
  const notes = [
    'ranking: median ns a candidate of one round, both ways in turns in one process',
    'worlds: the engine against the embedded exchange in simulated time; differences are paired by seed, mean and 95 % interval',
    '$ a 1,000 tokens: contracts x (true fair value - price) at every fill; stale: dollars beyond the true fair value x seconds, from 10 ms after it moved',
  ];
  for (const candidates of [10, 100, 1000]) {
    const { oursNs, sortNs, agree } = await compareRanking(candidates, short ? 150 : 1000);
    const what = `rank and grant ${candidates} candidates: Array.sort of objects`;
    rows.push({ what, unit: 'ns', ours: oursNs, baseline: sortNs, ratio: 'speedup' });
    checks.push({ what, passed: agree, detail: 'the two ways serve other candidates' });
  }
  const data: Record<string, unknown> = {};
  notes.push(
    line('tier', 'markets', 'seeds', 'policy', '$/1,000 tokens', 'value leads by', 'stale $ s', 'value less by'),
  );
  for (const tier of TIERS) {
    for (const plan of short ? SHORT : FULL) {
      const runs = POLICIES.map((policy) =>
        Array.from({ length: plan.seeds }, (_, n) => simulate(policy, { tier, seed: n + 1, ...plan })),
      );
      data[`${tier}, ${plan.markets} markets`] = POLICIES.map(({ name }, p) => ({ name, ...plan, runs: runs[p] }));
      for (const [p, policy] of POLICIES.entries()) {
        const text = cell(tier, plan, policy.name, runs[0]!, runs[p]!);
        notes.push(text);
        if (!short) console.log(`  ${text}`);
        checks.push(...checked(`${tier}, ${plan.markets} markets, ${policy.name}`, runs[p]!));
      }
    }
  }
  return { name: 'scheduler', rows, checks, notes, data };
}

function cell(tier: string, plan: Plan, name: string, value: readonly Outcome[], runs: readonly Outcome[]): string {
  const ahead = (of: (o: Outcome) => number, sign: number, digits = 2): string => {
    if (value === runs) return '';
    const { mean, half } = meanInterval(value.map((o, n) => sign * (of(o) - of(runs[n]!))));
    return `${mean.toFixed(digits)} ± ${half.toFixed(digits)}`;
  };
  const stale = (o: Outcome): number => o.staleDollarSeconds;
  const mean = (of: (o: Outcome) => number, digits = 2): string => meanInterval(runs.map(of)).mean.toFixed(digits);
  const { markets, seeds } = plan;
  return line(tier, markets, seeds, name, mean(perToken), ahead(perToken, 1), mean(stale, 3), ahead(stale, -1, 3));
}

/** Dollars a thousand tokens. */
function perToken({ edge, tokens }: Outcome): number {
  return (1000 * edge) / Math.max(1, tokens);
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

const WIDTHS = [8, 7, 5, 23, 14, 15, 9, 14];

function line(...cells: readonly (string | number)[]): string {
  return cells
    .map((text, n) => (n === 0 || n === 3 ? `${text}`.padEnd(WIDTHS[n]!) : `${text}`.padStart(WIDTHS[n]!)))
    .join('  ')
    .trimEnd();
}
