import type { Count, TimeUs } from '../units/index.ts';
import { asObject, naturalOrNull, numberOrNull, sizeOrNull, text, textTime, wrong } from './fields.ts';
import { type Page, page } from './rest.ts';

/** A reward for resting or trading in a market. */
export interface IncentiveRecord {
  readonly ticker: string;
  /** `liquidity`, `volume`, or a word we do not know. */
  readonly type: string;
  readonly from: TimeUs;
  readonly until: TimeUs;
  /** For the whole period, 1e-4 dollars. */
  readonly periodReward: number;
  /** Contracts that have to stand on a side, 1e-2; null where the program has none. */
  readonly target: Count | null;
  /** Score per tick of distance in 1/10,000, null where not said. */
  readonly discountBps: number | null;
}

/** `GET /incentive_programs`; its next page is named by `next_cursor`. @throws WireError */
export function incentivesPage(value: unknown): Page<IncentiveRecord> {
  const { next_cursor: cursor } = asObject(value, 'body') as { readonly next_cursor?: unknown };
  const { items } = page(value, 'incentive_programs', (entry): IncentiveRecord => {
    const o = asObject(entry, 'incentive_programs[]');
    const discountBps = naturalOrNull(o, 'discount_factor_bps');
    if (discountBps !== null && discountBps > 10_000) throw wrong('discount_factor_bps', discountBps, '0 to 10000');
    const periodReward = numberOrNull(o, 'period_reward') ?? Number.NaN;
    if (!(periodReward >= 0)) throw wrong('period_reward', o['period_reward'], 'an amount in centi-cents');
    return {
      ticker: text(o, 'market_ticker'),
      type: text(o, 'incentive_type'),
      from: textTime(o, 'start_date'),
      until: textTime(o, 'end_date'),
      periodReward,
      target: sizeOrNull(o, 'target_size_fp'),
      discountBps,
    };
  });
  return { items, cursor: typeof cursor === 'string' ? cursor : '' };
}
