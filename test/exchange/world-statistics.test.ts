import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PRESETS } from '../../engine/exchange/synthetic/presets.ts';
import { observe } from './support/observation.ts';
import { type Measured, measure } from './support/reference.ts';

/** The long form, `npm run worlds`: sixty markets of each preset, their whole life. */
const FULL = process.env['HUNDRED_WORLDS'] === 'full';

/** Markets of the reference, and of the long form. */
const REFERENCE = 60;
/** Markets of the short form. Of sixteen `thin` ones, with some 160 informed trades, standard errors come out up to three times too small. */
const SHORT = { liquid: 6, mid: 8, thin: 32 } as const;

/**
 * Standard errors of the difference allowed for beyond the tolerance: the reference is a sample too, as large as the long
 * form's.
 */
const ERRORS = FULL ? 2 : 3;

function isOut({ value, error, reference, tolerance }: Measured, markets: number): boolean {
  const allowed = tolerance + ERRORS * error * Math.sqrt(1 + markets / REFERENCE);
  return !(Math.abs(value - reference) <= allowed);
}

const number = (x: number): string => x.toFixed(Math.abs(x) < 10 ? 2 : Math.abs(x) < 1000 ? 1 : 0).padStart(9);

function line({ name, value, error, reference, tolerance }: Measured): string {
  const out = Math.abs(value - reference) > tolerance ? '  out' : '';
  return `${name.padEnd(30)}${number(value)}${number(error)}${number(reference)}${number(tolerance)}${out}`;
}

describe('synthetic markets show what an independent simulation of the same agents showed', () => {
  for (const name of ['liquid', 'mid', 'thin'] as const) {
    test(name, () => {
      const markets = FULL ? REFERENCE : SHORT[name];
      const observed = observe(PRESETS[name], markets, 1);
      const statistics = measure(name, observed.markets);
      if (FULL) {
        const rate = Math.round(observed.acts / observed.cpuSeconds / 1000);
        console.log(`\n${name}: ${markets} markets, ${observed.cpuSeconds.toFixed(1)} s CPU, ${rate}k agent actions/s`);
        console.log(`${''.padEnd(30)} measured    error reference tolerance`);
        for (const each of statistics) console.log(line(each));
      }
      const out = statistics.filter((each) => isOut(each, markets));
      assert.deepEqual(out.map(line), []);
    });
  }
});
