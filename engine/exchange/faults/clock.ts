import type { TimeUs } from '../../units/index.ts';
import type { FaultPlan } from './plan.ts';

/** A clock that is off by the plan's offset and runs away by its drift from the moment this is called. */
export function skewed(clock: () => TimeUs, plan: FaultPlan | null): () => TimeUs {
  if (plan === null || (plan.clock.offsetMs === 0 && plan.clock.driftPpm === 0)) return clock;
  const { offsetMs, driftPpm } = plan.clock;
  const startUs = clock();
  return () => {
    const time = clock();
    return Math.round(time + offsetMs * 1000 + ((time - startUs) * driftPpm) / 1_000_000) as TimeUs;
  };
}
