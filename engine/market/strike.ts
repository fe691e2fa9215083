/**
 * What a market's outcome is measured against. Strikes are numbers of whatever the event is about (degrees, dollars,
 * goals), not prices of ours.
 */
export interface Strike {
  /** `greater`, `greater_or_equal`, `less`, `less_or_equal`, `between`, `functional`, `custom`, `structured`, or ''. */
  readonly type: string;
  readonly floor: number | null;
  readonly cap: number | null;
  /** Whose market it is (a player, a team, a word) as canonical text, '' where there is nobody. */
  readonly subject: string;
}

/** The values of the underlying at which a market settles YES. Infinite bounds are open. */
export interface Interval {
  readonly low: number;
  readonly lowOpen: boolean;
  readonly high: number;
  readonly highOpen: boolean;
}

/**
 * The values at which a strike pays, or null where its fields do not say. `between` includes both ends.
 * @param floorsPay take a floor alone as "above it" also where the strike's type does not say so
 */
export function intervalOf(strike: Strike, floorsPay = false): Interval | null {
  const { type, floor, cap } = strike;
  const above = (open: boolean): Interval | null =>
    floor === null ? null : { low: floor, lowOpen: open, high: Number.POSITIVE_INFINITY, highOpen: true };
  const below = (open: boolean): Interval | null =>
    cap === null ? null : { low: Number.NEGATIVE_INFINITY, lowOpen: true, high: cap, highOpen: open };
  switch (type) {
    case 'greater':
      return above(true);
    case 'greater_or_equal':
      return above(false);
    case 'less':
      return below(true);
    case 'less_or_equal':
      return below(false);
    case 'between':
      if (floor === null || cap === null || floor > cap) return null;
      return { low: floor, lowOpen: false, high: cap, highOpen: false };
    default:
      return floorsPay && cap === null ? above(true) : null;
  }
}

/** Order on the line: by lower bound, then by upper bound. */
export function compareIntervals(a: Interval, b: Interval): number {
  return (
    order(a.low, b.low) ||
    Number(a.lowOpen) - Number(b.lowOpen) ||
    order(a.high, b.high) ||
    Number(b.highOpen) - Number(a.highOpen)
  );
}

function order(a: number, b: number): number {
  return a < b ? -1 : Number(a > b);
}

/** True when a value lies in an interval. */
export function holds(interval: Interval, value: number): boolean {
  const { low, lowOpen, high, highOpen } = interval;
  return (value > low || (value === low && !lowOpen)) && (value < high || (value === high && !highOpen));
}

/** Whether intervals, in order, leave no value out and share none but boundary points. */
export interface Coverage {
  /** `gap`: some value is in none. `doubtful`: there are gaps wider than the underlying's steps need be. */
  readonly verdict: 'whole' | 'gap' | 'overlap' | 'doubtful';
  readonly why: string;
}

/**
 * Do these intervals (in order) cover the line? Buckets of an underlying that moves in steps leave a step between them
 * (78 to 79, 80 to 81): accepted where all such gaps are equal and no wider than the narrowest bucket.
 */
export function coverageOf(intervals: readonly Interval[]): Coverage {
  const first = intervals[0]!;
  const last = intervals[intervals.length - 1]!;
  if (first.low !== Number.NEGATIVE_INFINITY) return { verdict: 'gap', why: `nothing pays below ${first.low}` };
  if (last.high !== Number.POSITIVE_INFINITY) return { verdict: 'gap', why: `nothing pays above ${last.high}` };
  const gaps: number[] = [];
  for (let i = 1; i < intervals.length; i++) {
    const a = intervals[i - 1]!;
    const b = intervals[i]!;
    if (b.low < a.high) return { verdict: 'overlap', why: `two markets pay between ${b.low} and ${a.high}` };
    if (b.low === a.high) {
      if (a.highOpen && b.lowOpen) return { verdict: 'gap', why: `nothing pays at ${b.low}` };
    } else if (a.highOpen || b.lowOpen) return { verdict: 'gap', why: `nothing pays between ${a.high} and ${b.low}` };
    else gaps.push(b.low - a.high);
  }
  return evenGaps(intervals, gaps);
}

function evenGaps(intervals: readonly Interval[], gaps: readonly number[]): Coverage {
  if (gaps.length === 0) return { verdict: 'whole', why: 'the strikes leave no value out' };
  const widths = intervals.map((i) => i.high - i.low).filter(Number.isFinite);
  const step = Math.min(...gaps);
  const even = gaps.every((gap) => gap - step <= step * 1e-6);
  // Strikes such as 77499.99 are binary fractions: their differences are not exact.
  if (even && step <= Math.min(...widths) * (1 + 1e-6))
    return { verdict: 'whole', why: `the strikes leave steps of ${Number(step.toPrecision(6))} only` };
  return {
    verdict: 'doubtful',
    why: `gaps of ${Number(Math.max(...gaps).toPrecision(6))} between strikes may hold outcomes`,
  };
}
