import { formatRfc3339, type TimeUs } from '../units/index.ts';
import { marketId } from './bodies.ts';
import { type ApiAnswer, type ApiCall, ok, oneOfParameter, paged } from './call.ts';
import type { Exchange } from './exchange.ts';

/** A reward for resting or trading in a market, as the exchange is configured with. Nothing pays it here. */
export interface IncentiveProgram {
  readonly id: string;
  readonly ticker: string;
  readonly type: 'liquidity' | 'volume';
  readonly description: string;
  readonly from: TimeUs;
  readonly until: TimeUs;
  /** Centi-cents for the whole period. */
  readonly periodReward: number;
  readonly paidOut: boolean;
  readonly discountFactorBps?: number;
  /** Contracts, as the wire writes them. */
  readonly targetSize?: string;
}

const STATUSES = ['all', 'active', 'upcoming', 'closed', 'paid_out'] as const;
const TYPES = ['all', 'liquidity', 'volume', 'margin_maker_volume', 'margin_taker_volume'] as const;
const MOST = 10_000;

/** `GET /incentive_programs`. */
export class IncentiveApi {
  private readonly exchange: Exchange;
  private readonly programs: readonly IncentiveProgram[];

  constructor(exchange: Exchange, programs: readonly IncentiveProgram[]) {
    this.exchange = exchange;
    this.programs = programs;
  }

  /** Answer a call, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path, query } = call;
    if (method !== 'GET' || path.length !== 1) return null;
    const operation = 'GetIncentivePrograms';
    const status = oneOfParameter(query, operation, 'status', STATUSES) ?? 'all';
    const type = oneOfParameter(query, operation, 'type', TYPES) ?? 'all';
    const description = query.get('incentive_description');
    const found = this.programs.filter(
      (p) =>
        (status === 'all' || this.statusOf(p) === status) &&
        (type === 'all' || p.type === type) &&
        (description === null || p.description === description),
    );
    const { cursor, ...page } = paged(call, operation, 'incentive_programs', found, programBody, { most: MOST });
    return ok({ ...page, next_cursor: cursor });
  }

  private statusOf(program: IncentiveProgram): (typeof STATUSES)[number] {
    const now = this.exchange.now();
    if (program.paidOut) return 'paid_out';
    return now < program.from ? 'upcoming' : now < program.until ? 'active' : 'closed';
  }
}

function programBody(p: IncentiveProgram): unknown {
  return {
    id: p.id,
    market_id: marketId(p.ticker),
    market_ticker: p.ticker,
    incentive_type: p.type,
    incentive_description: p.description,
    start_date: formatRfc3339(p.from),
    end_date: formatRfc3339(p.until),
    period_reward: p.periodReward,
    paid_out: p.paidOut,
    ...(p.discountFactorBps === undefined ? {} : { discount_factor_bps: p.discountFactorBps }),
    ...(p.targetSize === undefined ? {} : { target_size_fp: p.targetSize }),
  };
}
