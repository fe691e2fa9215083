import type { Count, Money, Price, TimeUs } from '../units/index.ts';

/** A request for quotes: so many contracts, or so many that a sum pays for. */
export interface Rfq {
  readonly id: string;
  /** The user who asks. */
  readonly userId: string;
  readonly subaccount: number;
  readonly ticker: string;
  /** 0 where a sum is given. */
  readonly contracts: Count;
  /** What is to be spent, 0 where contracts are given. */
  readonly targetCost: Money;
  readonly excludesFees: boolean;
  readonly restRemainder: boolean;
  status: 'open' | 'closed';
  readonly createdTime: TimeUs;
  updatedTime: TimeUs;
  /** 0: not cancelled. */
  cancelledTime: TimeUs;
  reason: string;
}

export type QuoteStatus = 'open' | 'accepted' | 'confirmed' | 'executed' | 'cancelled';

/** A quoter's answer to a request: what it bids for YES and for NO. */
export interface Quote {
  readonly id: string;
  readonly rfq: Rfq;
  /** The quoter. */
  readonly userId: string;
  readonly subaccount: number;
  /** 0: none. */
  readonly yesBid: Price;
  readonly noBid: Price;
  /** Contracts bought where its YES bid is taken, and where its NO bid is. */
  readonly yesContracts: Count;
  readonly noContracts: Count;
  readonly restRemainder: boolean;
  readonly postOnly: boolean;
  status: QuoteStatus;
  acceptedSide: 'yes' | 'no' | null;
  readonly createdTime: TimeUs;
  updatedTime: TimeUs;
  /** These are 0 until they are reached. */
  acceptedTime: TimeUs;
  confirmedTime: TimeUs;
  executedTime: TimeUs;
  cancelledTime: TimeUs;
  reason: string;
  /** The orders it became, with their client ids: the quoter's and the asker's. */
  orders: readonly [quoter: QuoteOrder, asker: QuoteOrder] | null;
}

/** How one party knows its side of an executed quote. */
export interface QuoteOrder {
  readonly orderId: string;
  readonly clientOrderId: string;
}

/** What the two parties, or everybody, hear of. */
export type DeskEvent =
  | { readonly type: 'rfq_created' | 'rfq_deleted'; readonly rfq: Rfq }
  | { readonly type: 'quote_created' | 'quote_accepted' | 'quote_executed'; readonly rfq: Rfq; readonly quote: Quote };

/** What a request asks for. */
export type RfqTerms = Pick<
  Rfq,
  'subaccount' | 'ticker' | 'contracts' | 'targetCost' | 'excludesFees' | 'restRemainder'
>;

/** What a quote offers. */
export type QuoteTerms = Pick<Quote, 'subaccount' | 'yesBid' | 'noBid' | 'restRemainder' | 'postOnly'>;

const NEVER = 0 as TimeUs;

/** A request as it is made. */
export function newRfq(id: string, userId: string, terms: RfqTerms, time: TimeUs): Rfq {
  return {
    id,
    userId,
    ...terms,
    status: 'open',
    createdTime: time,
    updatedTime: time,
    cancelledTime: NEVER,
    reason: '',
  };
}

/** A quote as it is made. */
export function newQuote(
  id: string,
  rfq: Rfq,
  userId: string,
  terms: QuoteTerms & Pick<Quote, 'yesContracts' | 'noContracts'>,
  time: TimeUs,
): Quote {
  return {
    id,
    rfq,
    userId,
    ...terms,
    status: 'open',
    acceptedSide: null,
    createdTime: time,
    updatedTime: time,
    acceptedTime: NEVER,
    confirmedTime: NEVER,
    executedTime: NEVER,
    cancelledTime: NEVER,
    reason: '',
    orders: null,
  };
}
