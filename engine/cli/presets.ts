import { isPresetName, PRESETS, type PresetName } from '../exchange/index.ts';
import { UsageError, wholeNumber } from './usage.ts';

const MOST_MARKETS = 100;

/** Options of a command that can run a synthetic market. */
export interface PresetValues {
  readonly feed?: string;
  readonly preset?: string;
  readonly markets?: string;
  readonly truth?: string;
}

/** The preset asked for, if one was. @throws UsageError for an unknown one, and beside a recording */
export function presetOf(values: PresetValues): PresetName | undefined {
  const { feed, preset } = values;
  for (const name of ['preset', 'markets', 'truth'] as const)
    if (feed !== undefined && values[name] !== undefined)
      throw new UsageError(`--${name} is for a synthetic market: it does not go with --feed`);
  if (preset === undefined || isPresetName(preset)) return preset;
  throw new UsageError(`--preset ${preset}: there is no such preset; there is ${Object.keys(PRESETS).join(', ')}`);
}

/** The number of markets asked for, if one was. @throws UsageError */
export function marketsOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(text, '--markets', 1, MOST_MARKETS);
}

/** The presets, a line each, for help texts. */
export function presetLines(): string {
  return Object.entries(PRESETS)
    .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
    .join('\n');
}
