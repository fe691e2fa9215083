import { createLadder } from '../../strategies/ladder/index.ts';
import type { Strategy } from '../quoting/index.ts';
import { UsageError } from './usage.ts';

const STRATEGIES: Readonly<Record<string, (params: Readonly<Record<string, number>>) => Strategy>> = {
  ladder: createLadder,
};

/** A strategy by name with its parameters. @throws UsageError naming what is wrong and what there is */
export function createStrategy(name: string, params: Readonly<Record<string, number>>): Strategy {
  const create = STRATEGIES[name];
  if (create === undefined) {
    throw new UsageError(`strategy "${name}" does not exist; there is ${Object.keys(STRATEGIES).join(', ')}`);
  }
  try {
    return create(params);
  } catch (error) {
    throw new UsageError(`strategy.params: ${(error as Error).message}`);
  }
}
