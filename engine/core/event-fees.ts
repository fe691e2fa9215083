import { type FeeSchedule, feeSchedule } from '../market/index.ts';
import type { EventFeeMessage, SeriesFees } from '../wire/index.ts';

/** What an event's own fees change of its series'; null where they change nothing. */
export interface FeeOverride {
  readonly feeType: string | null;
  readonly multiplier: string | null;
}

/**
 * The fees of each event in use: its series' rule, with what the exchange overrides for the event. An override may be
 * known before the rule is and comes and goes while the market is open.
 */
export class EventFees {
  private readonly precision: number;
  private readonly base = new Map<string, SeriesFees>();
  private readonly overrides = new Map<string, FeeOverride>();

  /** @param precision balance precision of the account's fees, micro-dollars */
  constructor(precision: number) {
    this.precision = precision;
  }

  /** The rule of the series an event belongs to. */
  series(eventTicker: string, fees: SeriesFees): void {
    this.base.set(eventTicker, fees);
  }

  /** What a read of the event tells; the stream's word, where there is one, is newer. */
  read(eventTicker: string, override: FeeOverride): void {
    if (!this.overrides.has(eventTicker)) this.overrides.set(eventTicker, override);
  }

  /** True when this is not the override in force. */
  differs(eventTicker: string, override: FeeOverride): boolean {
    const known = this.overrides.get(eventTicker);
    return known?.feeType !== override.feeType || known.multiplier !== override.multiplier;
  }

  /** The exchange changed an event's fees; nulls clear what was changed before. */
  update(message: EventFeeMessage): void {
    this.overrides.set(message.eventTicker, message);
  }

  /** True when the series' rule is known. */
  knows(eventTicker: string): boolean {
    return this.base.has(eventTicker);
  }

  /** The schedule in force, null while the series' rule is not known. @throws UnitError for a rule that makes no sense */
  of(eventTicker: string): FeeSchedule | null {
    const base = this.base.get(eventTicker);
    if (base === undefined) return null;
    const override = this.overrides.get(eventTicker);
    return feeSchedule(override?.feeType ?? base.feeType, override?.multiplier ?? base.multiplier, this.precision);
  }
}
