import { compareIntervals, coverageOf, holds, type Interval, intervalOf, type Strike } from './strike.ts';

/**
 * How the outcomes of an event's markets hang together.
 * - `single`: one market.
 * - `exclusive`: at most one settles YES.
 * - `ladder`: nested, each YES implies the easier ones' YES.
 * - `ladders`: several ladders, told apart by subject; nothing is known between them.
 * - `strikes`: ranges of one number that overlap in other ways.
 * - `unknown`: nothing may be concluded from one market about another.
 */
export type ShapeKind = 'single' | 'exclusive' | 'ladder' | 'ladders' | 'strikes' | 'unknown';

/** What is known of an event's outcomes. Markets are named by their place in the list the shape was made from. */
export interface EventShape {
  readonly kind: ShapeKind;
  /** Exactly one market settles YES: true, false, or null where it is not known. */
  readonly partition: boolean | null;
  /** Why it is what it is, for a person. */
  readonly why: string;
  /**
   * Every possible outcome as the list of markets that settle YES in it, from the lowest value of the underlying to the
   * highest where there is one. Null where it is not known. Settlement at a fair price (`scalar`) is no state.
   */
  readonly states: readonly (readonly number[])[] | null;
  /** Markets with a numeric strike, ascending. */
  readonly byStrike: readonly number[];
  /** The ladders of `ladder` and `ladders`, each ascending by strike. */
  readonly ladders: readonly (readonly number[])[];
}

/** What decides a shape beside the strikes. */
export interface ShapeFacts {
  /** At most one market settles YES; null where the exchange does not say. */
  readonly mutuallyExclusive: boolean | null;
  /** `MECNET`, `DIRECNET`, '' or a word we do not know. */
  readonly collateralReturn: string;
  /** Conclude a ladder from strikes alone, also where the exchange does not call the event directional. */
  readonly trustStrikes: boolean;
}

interface Placed {
  readonly market: number;
  readonly interval: Interval;
  readonly subject: string;
}

/** The shape of an event with these markets, all of them. */
export function shapeOf(strikes: readonly Strike[], facts: ShapeFacts): EventShape {
  const directional = facts.collateralReturn === 'DIRECNET';
  const exclusive = facts.mutuallyExclusive ?? (facts.collateralReturn === 'MECNET' ? true : null);
  const placed: Placed[] = [];
  for (const [market, strike] of strikes.entries()) {
    const interval = intervalOf(strike, directional);
    if (interval !== null) placed.push({ market, interval, subject: strike.subject });
  }
  placed.sort((a, b) => compareIntervals(a.interval, b.interval) || a.market - b.market);
  const byStrike = placed.map((p) => p.market);
  const unknown = (why: string): EventShape => shape('unknown', null, why, null, byStrike);
  if (strikes.length === 0) return unknown('no market is known');
  if (strikes.length === 1) return shape('single', false, 'there is one market', [[], [0]], byStrike);
  const contradiction = exclusive === true ? directional : exclusive === false && facts.collateralReturn === 'MECNET';
  if (contradiction)
    return unknown(`mutually_exclusive is ${exclusive} and its collateral returns by ${facts.collateralReturn}`);
  const numeric = placed.length === strikes.length;
  if (exclusive === true) return exclusiveShape(strikes.length, placed, numeric, byStrike);
  if (!numeric) return unknown('not every market has a numeric strike');
  if (!directional && !facts.trustStrikes) return unknown('the exchange does not say how the markets hang together');
  return nestedShape(placed, byStrike);
}

function shape(
  kind: ShapeKind,
  partition: boolean | null,
  why: string,
  states: EventShape['states'],
  byStrike: readonly number[],
  ladders: EventShape['ladders'] = [],
): EventShape {
  return { kind, partition, why, states, byStrike, ladders };
}

function exclusiveShape(
  count: number,
  placed: readonly Placed[],
  numeric: boolean,
  byStrike: readonly number[],
): EventShape {
  const sameSubject = numeric && placed.every((p) => p.subject === placed[0]!.subject);
  if (!sameSubject) {
    const each = Array.from({ length: count }, (_, market) => [market]);
    return shape('exclusive', null, 'nothing says that one of them must settle YES', [[], ...each], byStrike);
  }
  const coverage = coverageOf(placed.map((p) => p.interval));
  const alone = placed.map((p) => [p.market]);
  if (coverage.verdict === 'whole') return shape('exclusive', true, coverage.why, alone, byStrike);
  if (coverage.verdict === 'overlap')
    return shape('unknown', null, `mutually exclusive, but ${coverage.why}`, null, byStrike);
  return shape('exclusive', coverage.verdict === 'gap' ? false : null, coverage.why, [[], ...alone], byStrike);
}

function nestedShape(placed: readonly Placed[], byStrike: readonly number[]): EventShape {
  const subjects = new Map<string, Placed[]>();
  for (const p of placed) subjects.set(p.subject, [...(subjects.get(p.subject) ?? []), p]);
  const groups = [...subjects.values()];
  const ladders = groups.map((group) => group.map((p) => p.market));
  for (const group of groups) {
    const twin = group.find((p, i) => i > 0 && compareIntervals(group[i - 1]!.interval, p.interval) === 0);
    if (twin === undefined) continue;
    const why = 'two markets have the same strike, and nothing tells their subjects apart';
    return shape('unknown', null, why, null, byStrike);
  }
  const nested = groups.every(isLadder);
  if (groups.length > 1) {
    if (!nested)
      return shape('unknown', null, 'markets of several subjects with ranges that are not nested', null, byStrike);
    return shape('ladders', false, `${groups.length} subjects, nested within each`, null, byStrike, ladders);
  }
  const states = statesOf(placed);
  if (nested) return shape('ladder', false, 'nested by strike', states, byStrike, ladders);
  const { verdict, why } = coverageOf(placed.map((p) => p.interval));
  // Between the buckets of an underlying that moves in steps lies nothing that could happen.
  const possible = verdict === 'whole' ? states.filter((state) => state.length > 0) : states;
  const once = verdict === 'whole' && possible.every((state) => state.length === 1);
  return shape('strikes', verdict === 'doubtful' ? null : once, `ranges of one number: ${why}`, possible, byStrike);
}

/** All bounded on the same side only: each holds the next, or is held by it. */
function isLadder(group: readonly Placed[]): boolean {
  return (
    group.every((p) => p.interval.high === Number.POSITIVE_INFINITY) ||
    group.every((p) => p.interval.low === Number.NEGATIVE_INFINITY)
  );
}

/** One value from each piece the bounds cut the line into, and who pays there; each set once, ascending. */
function statesOf(placed: readonly Placed[]): number[][] {
  const ends = placed.flatMap((p) => [p.interval.low, p.interval.high]).filter(Number.isFinite);
  const bounds = [...new Set(ends)].sort((a, b) => a - b);
  const probes: number[] = [bounds[0]! - 1];
  for (const [i, bound] of bounds.entries()) {
    probes.push(bound, i + 1 < bounds.length ? bound + (bounds[i + 1]! - bound) / 2 : bound + 1);
  }
  const states = new Map<string, number[]>();
  for (const probe of probes) {
    const payers = placed.filter((p) => holds(p.interval, probe)).map((p) => p.market);
    const key = payers.join(',');
    if (!states.has(key)) states.set(key, payers);
  }
  return [...states.values()];
}
