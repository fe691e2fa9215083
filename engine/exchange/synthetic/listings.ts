import { feeSchedule, LINEAR_CENT } from '../../market/index.ts';
import type { TimeUs } from '../../units/index.ts';
import type { Listing } from '../listing.ts';
import { PRESETS, type PresetName } from './presets.ts';

/**
 * The markets of a preset as the exchange lists them: `SYN-LIQUID1-YES`, `SYN-LIQUID2-YES`, ..., an event each; legs
 * `SYN-EVENT-1`, `SYN-EVENT-2`, ... of one event where exactly one ends YES; and `SYN-A-T50`, `SYN-A-T60`, ... for `lively`.
 */
export function syntheticListings(name: PresetName, markets: number, openTime: TimeUs, feeType: string): Listing[] {
  const { hours, truth } = PRESETS[name];
  const exclusive = truth === 'outcomes';
  return Array.from({ length: markets }, (_, n): Listing => {
    const { eventTicker, suffix } = namesOf(name, n, exclusive);
    const ticker = `${eventTicker}-${suffix}`;
    return {
      ticker,
      eventTicker,
      seriesTicker: 'SYN',
      title: `${name} ${n + 1}`,
      exchangeIndex: 0,
      grid: LINEAR_CENT,
      fees: feeSchedule(feeType, '1', 100),
      feeType,
      status: 'active',
      openTime,
      closeTime: (openTime + Math.round(hours * 3600) * 1_000_000) as TimeUs,
      ...(exclusive ? { collateralReturn: 'MECNET' as const } : {}),
    };
  });
}

function namesOf(name: PresetName, n: number, exclusive: boolean): { eventTicker: string; suffix: string } {
  if (name === 'lively') return { eventTicker: 'SYN-A', suffix: `T${50 + 10 * n}` };
  const upper = name.toUpperCase();
  if (exclusive) return { eventTicker: `SYN-${upper}`, suffix: `${n + 1}` };
  return { eventTicker: `SYN-${upper}${n + 1}`, suffix: 'YES' };
}
