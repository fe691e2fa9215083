import type { Policy } from './policies.ts';
import { type Outcome, type Setting, simulate } from './simulation.ts';

/** One run, in a thread of its own. */
export interface Run {
  readonly policy: Policy;
  readonly setting: Setting;
}

export default function run({ policy, setting }: Run): Outcome {
  return simulate(policy, setting);
}
