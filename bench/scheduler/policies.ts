import type { Replace, ScheduleTerms, ValueTerms } from '../../engine/quoting/index.ts';

/** One way of spending tokens. */
export interface Policy {
  readonly name: string;
  /** What differs from the defaults of `scheduler`. */
  readonly terms: Partial<ScheduleTerms & ValueTerms>;
  readonly replace: Replace;
}

/**
 * Ours, with the defaults of the configuration; then what it is compared with. Round robin comes twice: as the name says,
 * every quote moved in its turn and none touched before; and made harder to beat, with quotes pulled as soon as they are
 * ahead of their target and cannot be moved. None of the others keeps tokens for pulls beyond `budget.reserveTokens`.
 */
export const POLICIES: readonly Policy[] = [
  { name: 'by value', terms: {}, replace: 'amend' },
  {
    name: 'arrival, cancel and replace',
    terms: { order: 'arrival', pullShare: 0, staleEdgeShare: 1 },
    replace: 'cancel_create',
  },
  { name: 'round robin, amend', terms: { order: 'round_robin', pulls: false, pullShare: 0 }, replace: 'amend' },
  {
    name: 'round robin with pulls',
    terms: { order: 'round_robin', pullShare: 0, staleEdgeShare: 1 },
    replace: 'amend',
  },
];
