import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { type FaultPlan, FaultPlanError, faultPlan } from '../exchange/index.ts';
import { UsageError, wholeNumber } from './usage.ts';

/** Read and check a fault file. @throws UsageError naming file, field and what is wrong */
export function faultsOf(path: string, seed: string | undefined): FaultPlan {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--faults ${path} cannot be read: ${(error as Error).message}`);
  }
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken !== undefined) throw new UsageError(`--faults ${path} is not valid YAML: ${broken.message}`);
  try {
    const plan = faultPlan(document.toJS());
    return seed === undefined ? plan : { ...plan, seed: wholeNumber(seed, '--fault-seed', 0, 2 ** 31 - 1) };
  } catch (error) {
    if (!(error instanceof FaultPlanError)) throw error;
    throw new UsageError(`--faults ${path} has problems:\n${error.message.replace(/^/gm, '  ')}`);
  }
}
