import { type FeeSchedule, feeSchedule } from '../market/index.ts';
import type { TimeUs } from '../units/index.ts';
import type { Account } from './account.ts';
import type { Exchange } from './exchange.ts';
import type { Listing } from './listing.ts';

/** A change of what a series or an event charges. In an event, null leaves the series' own value in force. */
export interface FeeChange {
  readonly id: string;
  readonly scope: 'series' | 'event';
  /** Ticker of the series or event. */
  readonly ticker: string;
  readonly feeType: string | null;
  /** Decimal text. */
  readonly multiplier: string | null;
  readonly time: TimeUs;
}

interface Charged {
  readonly feeType: string | null;
  readonly multiplier: string | null;
}

const DIRECT = 100;
const INHERITED: Charged = { feeType: null, multiplier: null };

/** What markets charge: the listing's terms, changed by series, overridden by event, waived until a date (API 7). */
export class FeeBook {
  /** Every change ever scheduled, in the order of scheduling. */
  readonly changes: FeeChange[] = [];
  private readonly exchange: Exchange;
  private readonly done = new Set<string>();
  private readonly series = new Map<string, Charged>();
  private readonly events = new Map<string, Charged>();

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Bring a new listing under the changes that are in force. */
  list(listing: Listing): void {
    listing.listedFees ??= { feeType: listing.feeType, multiplier: listing.feeMultiplier ?? '1' };
    if (this.series.has(listing.seriesTicker) || this.events.has(listing.eventTicker)) this.apply(listing);
  }

  /** The schedule of a fill at this moment: the market's, with the account's precision, without a rate while waived. */
  of(listing: Listing, account: Account): FeeSchedule {
    const { fees, feeWaiverUntil } = listing;
    const precision = account.precision === 0 ? fees.precision : account.precision;
    if (feeWaiverUntil !== undefined && this.exchange.now() < feeWaiverUntil)
      return { takerRateNano: 0, makerRateNano: 0, precision };
    return precision === fees.precision ? fees : { ...fees, precision };
  }

  /** Change the fees of a series or event from `change.time` on. @throws UnitError for terms there cannot be */
  schedule(change: FeeChange): void {
    feeSchedule(change.feeType ?? 'quadratic', change.multiplier ?? '1', DIRECT);
    this.changes.push(change);
    this.exchange.record({ what: 'feeChange', change });
    this.exchange.wake(change.time);
  }

  /** Put into force what is due. Returns when the next change is. */
  runDue(time: TimeUs): number {
    let next = Number.POSITIVE_INFINITY;
    const due: FeeChange[] = [];
    for (const change of this.changes) {
      if (change.time > time) next = Math.min(next, change.time);
      else if (!this.done.has(change.id)) due.push(change);
    }
    for (const change of due.sort((a, b) => a.time - b.time)) this.enforce(change);
    return next;
  }

  private enforce(change: FeeChange): void {
    this.done.add(change.id);
    const { scope, ticker, feeType, multiplier } = change;
    (scope === 'series' ? this.series : this.events).set(ticker, { feeType, multiplier });
    for (const { listing } of this.exchange.markets.values())
      if ((scope === 'series' ? listing.seriesTicker : listing.eventTicker) === ticker) this.apply(listing);
    if (scope === 'series') return;
    const override = {
      fee_type_override: feeType,
      fee_multiplier_override: multiplier === null ? null : Number(multiplier),
    };
    this.exchange.announce({ type: 'event_fee_update', msg: { event_ticker: ticker, ...override } });
  }

  private apply(listing: Listing): void {
    const event = this.events.get(listing.eventTicker) ?? INHERITED;
    const series = this.series.get(listing.seriesTicker) ?? INHERITED;
    const own = listing.listedFees!;
    listing.feeType = event.feeType ?? series.feeType ?? own.feeType;
    listing.feeMultiplier = event.multiplier ?? series.multiplier ?? own.multiplier;
    listing.fees = feeSchedule(listing.feeType, listing.feeMultiplier, listing.fees.precision);
  }
}
