import type { PriceBand, Strike } from '../market/index.ts';
import { ONE_DOLLAR, type Price, type TimeUs } from '../units/index.ts';
import {
  absent,
  asObject,
  flag,
  flagOrNull,
  type JsonObject,
  naturalOrNull,
  optionalText,
  priceOrNull,
  secondsTime,
  text,
  wrong,
} from './fields.ts';
import { feeMultiplier, priceBands } from './records.ts';
import { strikeRecord } from './strike.ts';

/** What a new market is about, as its `created` message tells it. */
export interface MarketMetadata {
  readonly name: string;
  readonly title: string;
  readonly yesSubTitle: string;
  readonly noSubTitle: string;
  readonly rulesPrimary: string;
  readonly rulesSecondary: string;
  readonly canCloseEarly: boolean;
  readonly eventTicker: string;
  /** 0 where not said. */
  readonly expectedExpiration: TimeUs;
  readonly strike: Strike;
}

/**
 * Something happened to a market. `event` is `created`, `activated`, `deactivated`, `close_date_updated`, `determined`,
 * `settled`, `price_level_structure_updated`, `metadata_updated`, or a word we do not know. Fields an event does not
 * carry are 0, '' or null. There is no event for the scheduled open and close.
 */
export interface LifecycleMessage {
  readonly event: string;
  readonly ticker: string;
  /** Shard, null where not said. */
  readonly exchangeIndex: number | null;
  readonly openTime: TimeUs;
  readonly closeTime: TimeUs;
  readonly determinedTime: TimeUs;
  readonly settledTime: TimeUs;
  readonly isDeactivated: boolean | null;
  /** `yes`, `no`, `scalar`, '' where not said. */
  readonly result: string;
  /** What a YES contract is worth: as said, else from a yes or no result, else null: then it is not known. */
  readonly settlementPrice: Price | null;
  /** Name of the price structure, '' where not said. */
  readonly structure: string;
  /** The price grid; null where not said (messages before mid-2026 name the structure only). */
  readonly bands: readonly PriceBand[] | null;
  readonly metadata: MarketMetadata | null;
  /** `metadata_updated`: what changed; absent parts are unchanged. */
  readonly strike: Strike;
  readonly yesSubTitle: string;
}

/** A new event. */
export interface EventLifecycleMessage {
  readonly eventTicker: string;
  readonly seriesTicker: string;
  readonly title: string;
  readonly subtitle: string;
  /** `MECNET` (mutually exclusive), `DIRECNET` (directional), '' (none), or a word we do not know. */
  readonly collateralReturn: string;
  readonly exchangeIndex: number | null;
  readonly strikeTime: TimeUs;
  readonly strikePeriod: string;
}

/** An event's fees differ from its series' from now on, or, where null, no longer do. */
export interface EventFeeMessage {
  readonly eventTicker: string;
  readonly feeType: string | null;
  /** Decimal text. */
  readonly multiplier: string | null;
}

/** Body of `market_lifecycle_v2` and of `multivariate_market_lifecycle`. @throws WireError */
export function lifecycleMessage(o: JsonObject): LifecycleMessage {
  const result = optionalText(o, 'result');
  return {
    event: text(o, 'event_type'),
    ticker: text(o, 'market_ticker'),
    exchangeIndex: naturalOrNull(o, 'exchange_index'),
    openTime: secondsTime(o, 'open_ts'),
    closeTime: secondsTime(o, 'close_ts'),
    determinedTime: secondsTime(o, 'determination_ts'),
    settledTime: secondsTime(o, 'settled_ts'),
    isDeactivated: flagOrNull(o, 'is_deactivated'),
    result,
    settlementPrice: priceOrNull(o, 'settlement_value') ?? worthOf(result),
    structure: optionalText(o, 'price_level_structure'),
    bands: absent(o, 'price_ranges') ? null : priceBands(o['price_ranges']),
    metadata: absent(o, 'additional_metadata')
      ? null
      : metadata(asObject(o['additional_metadata'], 'additional_metadata')),
    strike: strikeRecord(o),
    yesSubTitle: optionalText(o, 'yes_sub_title'),
  };
}

function worthOf(result: string): Price | null {
  if (result === 'yes') return ONE_DOLLAR;
  return result === 'no' ? (0 as Price) : null;
}

function metadata(o: JsonObject): MarketMetadata {
  return {
    name: optionalText(o, 'name'),
    title: optionalText(o, 'title'),
    yesSubTitle: optionalText(o, 'yes_sub_title'),
    noSubTitle: optionalText(o, 'no_sub_title'),
    rulesPrimary: optionalText(o, 'rules_primary'),
    rulesSecondary: optionalText(o, 'rules_secondary'),
    canCloseEarly: flag(o, 'can_close_early'),
    eventTicker: optionalText(o, 'event_ticker'),
    expectedExpiration: secondsTime(o, 'expected_expiration_ts'),
    strike: strikeRecord(o),
  };
}

/** Body of `event_lifecycle`. @throws WireError */
export function eventLifecycleMessage(o: JsonObject): EventLifecycleMessage {
  return {
    eventTicker: text(o, 'event_ticker'),
    seriesTicker: optionalText(o, 'series_ticker'),
    title: optionalText(o, 'title'),
    subtitle: optionalText(o, 'subtitle'),
    collateralReturn: optionalText(o, 'collateral_return_type'),
    exchangeIndex: naturalOrNull(o, 'exchange_index'),
    strikeTime: secondsTime(o, 'strike_date'),
    strikePeriod: optionalText(o, 'strike_period'),
  };
}

/** Body of `event_fee_update`. Null clears an override; a key that is missing clears nothing. @throws WireError */
export function eventFeeMessage(o: JsonObject): EventFeeMessage {
  for (const field of ['fee_type_override', 'fee_multiplier_override']) {
    if (o[field] === undefined) throw wrong(field, undefined, 'a value or null');
  }
  return {
    eventTicker: text(o, 'event_ticker'),
    feeType: o['fee_type_override'] === null ? null : text(o, 'fee_type_override'),
    multiplier: feeMultiplier(o, 'fee_multiplier_override'),
  };
}
