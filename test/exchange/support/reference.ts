import { HORIZONS, type Observation } from './observation.ts';
import { meanOf, Sample } from './sample.ts';

type Reference = Readonly<Record<'liquid' | 'mid' | 'thin', number>>;

/** One statistic of a synthetic market, and what an independent simulation of the same agents gave for it. */
interface Statistic {
  readonly name: string;
  readonly of: (markets: readonly Observation[]) => number;
  readonly reference: Reference;
  /** How far from the reference it may be: a share of it, or an absolute distance. */
  readonly within: { readonly share: number } | { readonly distance: number };
}

const QUARTER = { share: 0.25 };
/** Edges, cents a contract. */
const EDGE = { distance: 0.25 };
/** Shares of time that are near nothing cannot be held to a share of themselves. */
const SMALL_SHARE = 0.05;

const join = (markets: readonly Observation[], of: (m: Observation) => Sample): Sample => Sample.join(markets.map(of));
const total = (markets: readonly Observation[], of: (m: Observation) => number): number =>
  markets.reduce((sum, m) => sum + of(m), 0);
const row = (liquid: number, mid: number, thin: number): Reference => ({ liquid, mid, thin });
const bothKinds = (of: (kind: 'noise' | 'informed') => Sample): Sample => Sample.join([of('noise'), of('informed')]);
const ratio = (a: Sample, b: Sample, of: (s: Sample) => number): number => of(b) / (of(a) + of(b));

function quantile(name: string, q: number, of: (m: Observation) => Sample, reference: Reference): Statistic {
  return { name, of: (m) => join(m, of).quantile(q), reference, within: QUARTER };
}

function spreadShare(name: string, low: number, high: number, reference: Reference): Statistic {
  return { name, of: (m) => join(m, (o) => o.spread).share(low, high), reference, within: QUARTER };
}

function markout(name: string, horizon: (typeof HORIZONS)[number], reference: Reference, informed: boolean): Statistic {
  const h = HORIZONS.indexOf(horizon);
  const of = (o: Observation): Sample =>
    informed ? o.markouts.informed[h]! : bothKinds((kind) => o.markouts[kind][h]!);
  return { name, of: (m) => join(m, of).mean, reference, within: QUARTER };
}

/** The statistics a synthetic market must show. */
export const STATISTICS: readonly Statistic[] = [
  spreadShare('spread 1c, share of time', 1, 1, row(0.41, 0.1, 0.01)),
  spreadShare('spread 2c', 2, 2, row(0.55, 0.21, 0.02)),
  spreadShare('spread 3c', 3, 3, row(0.03, 0.51, 0.03)),
  spreadShare('spread 4-5c', 4, 5, row(0, 0.19, 0.07)),
  spreadShare('spread 6-10c', 6, 10, row(0, 0, 0.87)),
  {
    name: 'spread, mean c',
    of: (m) => join(m, (o) => o.spread).mean,
    reference: row(1.62, 2.78, 7.4),
    within: QUARTER,
  },
  quantile('touch size, 10%', 0.1, (o) => o.touchSize, row(236, 83, 32)),
  quantile('touch size, 50%', 0.5, (o) => o.touchSize, row(969, 191, 58)),
  quantile('touch size, 90%', 0.9, (o) => o.touchSize, row(2077, 393, 85)),
  quantile('touch dwell s, 25%', 0.25, (o) => o.dwell, row(1.8, 4.4, 16)),
  quantile('touch dwell s, 50%', 0.5, (o) => o.dwell, row(5, 10.9, 38)),
  quantile('touch dwell s, 90%', 0.9, (o) => o.dwell, row(34, 51, 149)),
  {
    name: 'trades an hour',
    of: (m) => total(m, (o) => o.takeSize.count) / total(m, (o) => o.hours),
    reference: row(125, 19, 2.9),
    within: QUARTER,
  },
  {
    name: 'contracts an hour',
    of: (m) => total(m, (o) => o.takeSize.sum) / total(m, (o) => o.hours),
    reference: row(20_300, 1360, 79),
    within: QUARTER,
  },
  quantile('taker size, 25%', 0.25, (o) => o.takeSize, row(9, 6, 4)),
  quantile('taker size, 50%', 0.5, (o) => o.takeSize, row(33, 22, 13)),
  quantile('taker size, 75%', 0.75, (o) => o.takeSize, row(138, 84, 40)),
  quantile('taker size, 95%', 0.95, (o) => o.takeSize, row(752, 302, 95)),
  {
    name: 'book events a trade',
    of: (m) => total(m, (o) => o.bookEvents) / total(m, (o) => o.takeSize.count),
    reference: row(33, 57, 55),
    within: QUARTER,
  },
  {
    name: 'informed, share of trades',
    of: (m) =>
      ratio(
        join(m, (o) => o.edge.noise),
        join(m, (o) => o.edge.informed),
        (s) => s.count,
      ),
    reference: row(0.03, 0.07, 0.11),
    within: QUARTER,
  },
  {
    name: 'informed, share of contracts',
    of: (m) =>
      ratio(
        join(m, (o) => o.edge.noise),
        join(m, (o) => o.edge.informed),
        (s) => s.weight,
      ),
    reference: row(0.04, 0.1, 0.17),
    within: QUARTER,
  },
  {
    name: 'effective half spread c',
    of: (m) => join(m, (o) => o.halfSpread).mean,
    reference: row(1, 1.67, 3.85),
    within: QUARTER,
  },
  {
    name: 'maker edge c',
    of: (m) => join(m, (o) => bothKinds((kind) => o.edge[kind])).mean,
    reference: row(0.93, 1.35, 2.84),
    within: EDGE,
  },
  {
    name: '  against noise',
    of: (m) => join(m, (o) => o.edge.noise).mean,
    reference: row(1.09, 1.84, 4.22),
    within: QUARTER,
  },
  {
    name: '  against informed',
    of: (m) => join(m, (o) => o.edge.informed).mean,
    reference: row(-2.58, -3.15, -4.03),
    within: QUARTER,
  },
  markout('mid markout c, 1 s', 1, row(-0.34, -0.53, -0.58), false),
  markout('mid markout c, 5 s', 5, row(-0.38, -0.75, -0.92), false),
  markout('mid markout c, 30 s', 30, row(-0.4, -0.92, -1.76), false),
  markout('mid markout c, 300 s', 300, row(-0.35, -0.92, -2.07), false),
  markout('  informed, 1 s', 1, row(-0.57, -0.66, -0.6), true),
  markout('  informed, 5 s', 5, row(-1, -1.57, -1.33), true),
  markout('  informed, 30 s', 30, row(-2.21, -2.58, -2.78), true),
  markout('  informed, 300 s', 300, row(-2.75, -3.2, -3.64), true),
];

/** A statistic measured beside its reference. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  /** Standard error from the differences between markets. */
  readonly error: number;
  readonly reference: number;
  /** How far from the reference it may be. */
  readonly tolerance: number;
}

/** All statistics of a preset's markets. */
export function measure(preset: keyof Reference, markets: readonly Observation[]): Measured[] {
  return STATISTICS.map(({ name, of, reference, within }) => {
    const expected = reference[preset];
    const each = markets.map((m) => of([m])).filter(Number.isFinite);
    const tolerance =
      'distance' in within
        ? within.distance
        : name.startsWith('spread') && expected < 1
          ? Math.max(SMALL_SHARE * 0.25, within.share * expected)
          : within.share * Math.abs(expected);
    return { name, value: of(markets), error: meanOf(each).error, reference: expected, tolerance };
  });
}
