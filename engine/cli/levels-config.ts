import { z } from 'zod';
import { LEVEL_DEFAULTS, type LevelTerms } from '../risk/index.ts';
import { DOLLAR, type Money } from '../units/index.ts';

const D = LEVEL_DEFAULTS;
const seconds = (ms: number) =>
  z
    .number()
    .min(1)
    .max(86_400)
    .default(ms / 1000);
// Anything below a cent would round to no limit at all.
const dollars = z.number().min(0.01).max(100_000_000).optional();

/** The section `levels` of a configuration file (docs/levels.md). */
export const levelsSchema = z
  .strictObject({
    /** Left out: as `risk.maxSessionLossDollars`. */
    maxDailyLossDollars: dollars,
    maxDrawdownDollars: dollars,
    softLossShare: z.number().min(0.01).max(1).default(D.softLossShare),
    fillsPerMinute: z.number().min(0.01).max(10_000).default(D.fillsPerMinute),
    fillFactor: z.number().min(1).max(1000).default(D.fillFactor),
    fillFloor: z.int().min(1).max(100_000).default(D.fillFloor),
    pickOffFills: z.int().min(2).max(1000).default(D.pickOffFills),
    pickOffTicks: z.number().min(0).max(1000).default(D.pickOffTicks),
    pickOffAfterSeconds: seconds(D.pickOffAfterMs),
    pickOffPauseSeconds: seconds(D.pickOffPauseMs),
    rejectShare: z.number().min(0.01).max(1).default(D.rejectShare),
    staleFeedSeconds: seconds(D.staleFeedMs),
    clockSkewMs: z.int().min(100).max(30_000).default(D.clockSkewMs),
    loopStallMs: z.int().min(100).max(60_000).default(D.loopStallMs),
    holdSeconds: seconds(D.holdMs),
    flattenAttempts: z.int().min(1).max(100).default(D.flattenAttempts),
    flattenBandCents: z
      .number()
      .min(0.01)
      .max(99)
      .default(D.flattenBand / 100),
  })
  .prefault({});

/** The terms of a file's section. */
export function levelTerms(file: z.infer<typeof levelsSchema>, maxSessionLossDollars: number): LevelTerms {
  const money = (value: number | undefined): Money => Math.round((value ?? maxSessionLossDollars) * DOLLAR) as Money;
  const { softLossShare, fillsPerMinute, fillFactor, fillFloor, pickOffFills, pickOffTicks, rejectShare } = file;
  return {
    maxDailyLoss: money(file.maxDailyLossDollars),
    softLossShare,
    carriedProfit: D.carriedProfit,
    maxDrawdown: money(file.maxDrawdownDollars),
    fillsPerMinute,
    fillFactor,
    fillFloor,
    pickOffFills,
    pickOffTicks,
    pickOffAfterMs: file.pickOffAfterSeconds * 1000,
    pickOffPauseMs: file.pickOffPauseSeconds * 1000,
    rejectShare,
    staleFeedMs: file.staleFeedSeconds * 1000,
    clockSkewMs: file.clockSkewMs,
    loopStallMs: file.loopStallMs,
    holdMs: file.holdSeconds * 1000,
    flattenAttempts: file.flattenAttempts,
    flattenBand: Math.round(file.flattenBandCents * 100),
  };
}
