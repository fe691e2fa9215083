import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PRESETS } from '../../engine/exchange/synthetic/presets.ts';
import { observe } from './support/observation.ts';
import { type Measured, measure } from './support/reference.ts';

/** The long form, `npm run worlds`: sixty markets of each preset, their whole life, held to the tolerances alone. */
const FULL = process.env['HUNDRED_WORLDS'] === 'full';

/**
 * What is known to be out, and reported instead. After news the races of the informed cost the makers of a liquid market
 * more here than they did there, and random arrivals less often find something to take (docs/worlds.md).
 */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  liquid: ['  against informed', '  informed, 30 s', '  informed, 300 s'],
  thin: ['  informed, 5 s'],
};

/** Markets of the short form, which allows for its errors of sampling as well. */
const SHORT = { liquid: 6, mid: 8, thin: 16 } as const;

/** Standard errors that the short form allows for beyond the tolerance. */
const ERRORS = 3;

const number = (x: number): string => x.toFixed(Math.abs(x) < 10 ? 2 : Math.abs(x) < 1000 ? 1 : 0).padStart(9);

function line({ name, value, error, reference, tolerance }: Measured): string {
  const out = Math.abs(value - reference) > tolerance ? '  out' : '';
  return `${name.padEnd(30)}${number(value)}${number(error)}${number(reference)}${number(tolerance)}${out}`;
}

describe('synthetic markets show what an independent simulation of the same agents showed', () => {
  for (const name of ['liquid', 'mid', 'thin'] as const) {
    test(name, () => {
      const markets = FULL ? 60 : SHORT[name];
      const observed = observe(PRESETS[name], markets, 1);
      const statistics = measure(name, observed.markets);
      if (FULL) {
        const rate = Math.round(observed.acts / observed.cpuSeconds / 1000);
        console.log(`\n${name}: ${markets} markets, ${observed.cpuSeconds.toFixed(1)} s CPU, ${rate}k agent actions/s`);
        console.log(`${''.padEnd(30)} measured    error reference tolerance`);
        for (const each of statistics) console.log(line(each));
      }
      const out = statistics.filter(({ name: statistic, value, error, reference, tolerance }) => {
        if (KNOWN[name]?.includes(statistic) === true) return false;
        const allowed = FULL ? tolerance : tolerance + ERRORS * error;
        return !(Math.abs(value - reference) <= allowed);
      });
      assert.deepEqual(out.map(line), []);
    });
  }
});
