import type { Count, Money, Price, TimeUs } from '../units/index.ts';
import {
  absent,
  asArray,
  asObject,
  dollarPrice,
  dollarsOrNull,
  type JsonObject,
  naturalOrNull,
  optionalText,
  priceOrNull,
  sizeOrNull,
  text,
  textTime,
  wrong,
} from './fields.ts';

/** One leg of a combination market. */
export interface ComboLeg {
  readonly eventTicker: string;
  readonly ticker: string;
  /** `yes` or `no`, '' where not said. */
  readonly side: string;
  /** What the leg's YES settled at; null while it has not. */
  readonly settledYes: Price | null;
}

/** Somebody asks for quotes, or no longer does (`rfq_created`, `rfq_deleted`). */
export interface RfqMessage {
  readonly rfqId: string;
  /** Pseudonym of who asks; may be ''. */
  readonly creatorId: string;
  readonly ticker: string;
  readonly eventTicker: string;
  /** Contracts wanted; null where the request is in dollars. */
  readonly count: Count | null;
  /** Dollars to spend; null where the request is in contracts. */
  readonly targetCost: Money | null;
  readonly collection: string;
  readonly legs: readonly ComboLeg[];
  /** When it was made (or withdrawn). */
  readonly time: TimeUs;
}

/** Somebody answered a request (`quote_created`): told to the two parties only. Bids of 0 are no bid. */
export interface QuoteCreated {
  readonly quoteId: string;
  readonly rfqId: string;
  readonly quoteCreatorId: string;
  readonly rfqCreatorId: string;
  readonly ticker: string;
  readonly eventTicker: string;
  /** Bid for YES, in YES money. */
  readonly yesBid: Price;
  /** Bid for NO, in NO money: an ask at the complement. */
  readonly noBid: Price;
  readonly yesCount: Count | null;
  readonly noCount: Count | null;
  readonly rfqTargetCost: Money | null;
  readonly subaccount: number;
  readonly time: TimeUs;
}

/** The asker took a quote (`quote_accepted`): the quoter has a short time to confirm. */
export interface QuoteAccepted extends QuoteCreated {
  /** `yes` or `no`, '' where not said. */
  readonly acceptedSide: string;
  readonly acceptedCount: Count | null;
}

/** A quote became an order of ours (`quote_executed`). */
export interface QuoteExecuted {
  readonly quoteId: string;
  readonly rfqId: string;
  readonly quoteCreatorId: string;
  readonly rfqCreatorId: string;
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly ticker: string;
  readonly subaccount: number;
  readonly time: TimeUs;
}

/** Body of `rfq_created` (`created_ts`) and `rfq_deleted` (`deleted_ts`). @throws WireError */
export function rfqMessage(o: JsonObject): RfqMessage {
  const deleted = !absent(o, 'deleted_ts');
  return {
    rfqId: text(o, 'id'),
    creatorId: optionalText(o, 'creator_id'),
    ticker: text(o, 'market_ticker'),
    eventTicker: optionalText(o, 'event_ticker'),
    count: sizeOrNull(o, 'contracts_fp'),
    targetCost: positiveOrNull(o, 'target_cost_dollars'),
    collection: optionalText(o, 'mve_collection_ticker'),
    legs: absent(o, 'mve_selected_legs') ? [] : asArray(o['mve_selected_legs'], 'mve_selected_legs').map(comboLeg),
    time: textTime(o, deleted ? 'deleted_ts' : 'created_ts'),
  };
}

function positiveOrNull(o: JsonObject, field: string): Money | null {
  const amount = dollarsOrNull(o, field);
  if (amount !== null && amount < 0) throw wrong(field, o[field], 'an amount of at least 0');
  return amount;
}

/** Decode one entry of `mve_selected_legs`. @throws WireError */
export function comboLeg(value: unknown): ComboLeg {
  const o = asObject(value, 'mve_selected_legs[]');
  return {
    eventTicker: optionalText(o, 'event_ticker'),
    ticker: optionalText(o, 'market_ticker'),
    side: legWord(o, 'side'),
    settledYes: priceOrNull(o, 'yes_settlement_value_dollars'),
  };
}

function legWord(o: JsonObject, field: string): string {
  const side = optionalText(o, field);
  if (side !== '' && side !== 'yes' && side !== 'no') throw wrong(field, side, 'yes or no');
  return side;
}

/** Body of `quote_created`. @throws WireError */
export function quoteCreated(o: JsonObject): QuoteCreated {
  return {
    ...parties(o),
    eventTicker: optionalText(o, 'event_ticker'),
    yesBid: dollarPrice(o, 'yes_bid_dollars'),
    noBid: dollarPrice(o, 'no_bid_dollars'),
    yesCount: sizeOrNull(o, 'yes_contracts_offered_fp'),
    noCount: sizeOrNull(o, 'no_contracts_offered_fp'),
    rfqTargetCost: positiveOrNull(o, 'rfq_target_cost_dollars'),
    time: textTime(o, 'created_ts'),
  };
}

/** Body of `quote_accepted`. @throws WireError */
export function quoteAccepted(o: JsonObject): QuoteAccepted {
  return {
    ...quoteCreated(o),
    acceptedSide: legWord(o, 'accepted_side'),
    acceptedCount: sizeOrNull(o, 'contracts_accepted_fp'),
  };
}

/** Body of `quote_executed`. @throws WireError */
export function quoteExecuted(o: JsonObject): QuoteExecuted {
  return {
    ...parties(o),
    orderId: text(o, 'order_id'),
    clientOrderId: optionalText(o, 'client_order_id'),
    time: textTime(o, 'executed_ts'),
  };
}

interface Parties {
  readonly quoteId: string;
  readonly rfqId: string;
  readonly quoteCreatorId: string;
  readonly rfqCreatorId: string;
  readonly ticker: string;
  readonly subaccount: number;
}

function parties(o: JsonObject): Parties {
  return {
    quoteId: text(o, 'quote_id'),
    rfqId: text(o, 'rfq_id'),
    quoteCreatorId: optionalText(o, 'quote_creator_id'),
    rfqCreatorId: optionalText(o, 'rfq_creator_id'),
    ticker: text(o, 'market_ticker'),
    subaccount: naturalOrNull(o, 'subaccount') ?? 0,
  };
}
