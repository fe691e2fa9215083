import type { InformedStyle } from './informed.ts';
import type { MakerStyle } from './maker.ts';
import type { PatientStyle } from './patient.ts';
import type { NoiseStyle } from './takers.ts';
import type { Diffusion } from './truth.ts';

/** What kind of truth a market has, and who trades in it. */
export interface Preset {
  readonly about: string;
  readonly truth: 'information' | 'digital' | 'outcomes';
  /** Life of a market. */
  readonly hours: number;
  readonly diffusion: Diffusion;
  /** Where fair probabilities begin: uniform between these. An event's legs begin at random shares of one instead. */
  readonly start: readonly [number, number];
  /** How many markets by default. */
  readonly markets: number;
  readonly makers: MakerStyle;
  readonly patient: PatientStyle;
  readonly noise: NoiseStyle;
  readonly informed: InformedStyle;
}

const LIQUID: Preset = {
  about: 'a busy market: spread 1 to 2 cents, 125 trades an hour, closes after 4 hours',
  truth: 'information',
  hours: 4,
  diffusion: { volatility: 0.3, jumpsPerHour: 1, jumpSize: 0.3 },
  start: [0.05, 0.95],
  markets: 4,
  makers: {
    halfSpreads: [0.7, 0.8, 1.0, 1.3, 1.8, 2.5],
    levels: 4,
    size: 400,
    refresh: 2,
    lag: 0.7,
    noise: 0.02,
    noiseSeconds: 900,
    skew: 0.0015,
  },
  patient: { perHour: 120, depth: 0.45, offset: 0.7, lag: 8, noise: 0.03, stale: 0.5, life: 600, sizeScale: 1 },
  noise: { perHour: 120, buysYes: 0.58, sizeScale: 1 },
  informed: { perHour: 60, edge: 0.2, size: 250, racers: 3, raceSeconds: 1 },
};

/** The synthetic markets to choose from. */
export const PRESETS = {
  lively: {
    ...LIQUID,
    start: [0.25, 0.75],
    about: 'a market to watch: spread 2 to 4 cents, small trades every other second, more news, closes after 12 hours',
    hours: 12,
    diffusion: { volatility: 0.5, jumpsPerHour: 4, jumpSize: 0.25 },
    markets: 2,
    makers: { ...LIQUID.makers, halfSpreads: [1.3, 1.8, 2.5, 3.5], size: 80, levels: 3, refresh: 1, skew: 0.0075 },
    patient: { ...LIQUID.patient, perHour: 600, depth: 0.35, offset: 1.3, lag: 2, life: 60, sizeScale: 0.2 },
    noise: { perHour: 1800, buysYes: 0.52, sizeScale: 0.2 },
    informed: { ...LIQUID.informed, perHour: 240, size: 50 },
  },
  liquid: LIQUID,
  mid: {
    about: 'an ordinary market: spread 2 to 4 cents, 20 trades an hour, closes after 8 hours',
    truth: 'information',
    hours: 8,
    diffusion: { volatility: 0.25, jumpsPerHour: 0.4, jumpSize: 0.35 },
    start: [0.05, 0.95],
    markets: 4,
    makers: {
      halfSpreads: [1.4, 2.0, 3.2],
      levels: 3,
      size: 150,
      refresh: 5,
      lag: 1.5,
      noise: 0.04,
      noiseSeconds: 1800,
      skew: 0.006,
    },
    patient: { perHour: 14, depth: 0.35, offset: 1.3, lag: 20, noise: 0.05, stale: 0.4, life: 1200, sizeScale: 0.6 },
    noise: { perHour: 18, buysYes: 0.6, sizeScale: 0.6 },
    informed: { perHour: 10, edge: 0.3, size: 120, racers: 2, raceSeconds: 2 },
  },
  thin: {
    about: 'a neglected market: spread 6 to 10 cents, 3 trades an hour, closes after a day',
    truth: 'information',
    hours: 24,
    diffusion: { volatility: 0.15, jumpsPerHour: 0.12, jumpSize: 0.45 },
    start: [0.05, 0.95],
    markets: 4,
    makers: {
      halfSpreads: [4.0],
      levels: 2,
      size: 60,
      refresh: 20,
      lag: 4,
      noise: 0.1,
      noiseSeconds: 3600,
      skew: 0.03,
    },
    patient: { perHour: 1.2, depth: 0.25, offset: 2.5, lag: 60, noise: 0.1, stale: 0.3, life: 3600, sizeScale: 0.35 },
    noise: { perHour: 2.5, buysYes: 0.6, sizeScale: 0.35 },
    informed: { perHour: 2, edge: 0.5, size: 50, racers: 1.5, raceSeconds: 10 },
  },
  digital: {
    ...LIQUID,
    about: 'whether a random walk ends above its strike: calm at first, wildest before its close after an hour',
    truth: 'digital',
    hours: 1,
    diffusion: { volatility: 0, jumpsPerHour: 0, jumpSize: 0 },
    start: [0.35, 0.65],
    markets: 2,
    makers: {
      ...LIQUID.makers,
      halfSpreads: [1.0, 1.2, 1.6, 2.2, 3.0, 4.0],
      refresh: 0.7,
      lag: 0.3,
      noiseSeconds: 300,
    },
    patient: { ...LIQUID.patient, lag: 3, offset: 1.2, life: 120 },
    noise: { perHour: 360, buysYes: 0.55, sizeScale: 1 },
    informed: { ...LIQUID.informed, perHour: 240 },
  },
  event: {
    ...LIQUID,
    about: 'one event of several outcomes, a market each, of which exactly one ends YES after 4 hours',
    truth: 'outcomes',
    markets: 5,
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;

/** True for a name of `PRESETS`. */
export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}
