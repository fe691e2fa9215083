import type { IncentivePlan } from '../exchange/index.ts';
import { hint } from './config.ts';
import { UsageError } from './usage.ts';

/** What `--incentive` takes: the default, the least and the most of each, and what it counts. */
const TERMS = {
  reward: { default: 100, least: 0.01, most: 1_000_000, unit: 'dollars for the whole period' },
  target: { default: 300, least: 0.01, most: 1_000_000, unit: 'contracts on a side' },
  discount: { default: 0.5, least: 0, most: 1, unit: 'a tick of distance' },
  hours: { default: 24, least: 0.01, most: 31 * 24, unit: 'from the start' },
} as const;
type Term = keyof typeof TERMS;
const NAMES = ['market', ...Object.keys(TERMS)];

/** The liquidity programs that `--incentive market=TICKER,reward=100,...` flags ask for. @throws UsageError */
export function incentivesOf(flags: readonly string[] = []): IncentivePlan[] {
  return flags.map((flag) => {
    const given = new Map<string, string>();
    for (const part of flag.split(',')) {
      const [name = '', text] = part.split(/=(.*)/s, 2);
      const bad = (why: string): UsageError => new UsageError(`--incentive ${flag}: ${why}`);
      if (text === undefined || text === '') throw bad(`"${part}": expected name=value, such as reward=100`);
      if (!NAMES.includes(name)) throw bad(`there is no ${name}${hint(name, NAMES)}`);
      if (given.has(name)) throw bad(`${name} is given twice`);
      given.set(name, text);
    }
    const number = (term: Term): number => {
      const { default: usual, least, most, unit } = TERMS[term];
      const value = given.has(term) ? Number(given.get(term)) : usual;
      if (value >= least && value <= most) return value;
      throw new UsageError(`--incentive ${flag}: ${term}: expected ${least} to ${most} ${unit}`);
    };
    const market = given.get('market') ?? 'all';
    return {
      ticker: market === 'all' ? null : market,
      periodReward: Math.round(number('reward') * 10_000),
      targetSize: number('target').toFixed(2),
      discountFactorBps: Math.round(number('discount') * 10_000),
      forSeconds: Math.round(number('hours') * 3600),
    };
  });
}

/** The terms of a program, a line each, for help texts. */
export function incentiveLines(): string {
  const lines = Object.entries(TERMS).map(
    ([name, { default: usual, least, most, unit }]) =>
      `  ${name.padEnd(10)}${String(usual).padEnd(6)}${least} to ${most} ${unit}`,
  );
  return [`  ${'market'.padEnd(10)}${'all'.padEnd(6)}or one market's ticker`, ...lines].join('\n');
}
