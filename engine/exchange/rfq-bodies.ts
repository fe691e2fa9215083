import { createHash } from 'node:crypto';
import { formatCount, formatPrice, formatRfc3339, type TimeUs } from '../units/index.ts';
import { fourDecimals } from './bodies.ts';
import type { DeskEvent, Quote, Rfq } from './rfq.ts';

type Json = Readonly<Record<string, unknown>>;

/** The name under which others see a user's requests and quotes. */
export function communicationsId(userId: string): string {
  return createHash('sha256').update(userId).digest('hex');
}

function moments(named: Readonly<Record<string, TimeUs>>): Json {
  return Object.fromEntries(
    Object.entries(named)
      .filter(([, time]) => time > 0)
      .map(([name, time]) => [name, formatRfc3339(time)]),
  );
}

/** A party's subaccount; quotes of the main one were recorded without a number. */
function unlessMain(name: string, { subaccount }: Rfq | Quote): Json {
  return subaccount === 0 ? {} : { [name]: subaccount };
}

/** What of a request tells how much is wanted. */
function wanted(rfq: Rfq): Json {
  if (rfq.contracts > 0) return { contracts_fp: formatCount(rfq.contracts) };
  return { target_cost_dollars: fourDecimals(rfq.targetCost) };
}

/** A request as `GET /communications/rfqs` describes it to `viewer`. */
export function rfqBody(rfq: Rfq, viewer: string): Json {
  return {
    id: rfq.id,
    creator_id: communicationsId(rfq.userId),
    market_ticker: rfq.ticker,
    contracts_fp: formatCount(rfq.contracts),
    ...wanted(rfq),
    ...(rfq.targetCost > 0 ? { target_cost_excludes_fees: rfq.excludesFees } : {}),
    status: rfq.status,
    rest_remainder: rfq.restRemainder,
    ...(rfq.reason === '' ? {} : { cancellation_reason: rfq.reason }),
    ...(rfq.userId === viewer ? { creator_user_id: rfq.userId, creator_subaccount: rfq.subaccount } : {}),
    ...moments({ created_ts: rfq.createdTime, updated_ts: rfq.updatedTime, cancelled_ts: rfq.cancelledTime }),
  };
}

/** Contracts of a quote: of the accepted side, before that of whichever bid it has. */
function contractsOf(quote: Quote): Json {
  const yes = quote.acceptedSide === null ? quote.yesBid > 0 : quote.acceptedSide === 'yes';
  return { contracts_fp: formatCount(yes ? quote.yesContracts : quote.noContracts) };
}

/** A quote as `GET /communications/quotes` describes it to `viewer`: who and which order is for its own party only. */
export function quoteBody(quote: Quote, viewer: string): Json {
  const { rfq, orders } = quote;
  const quoter = quote.userId === viewer;
  const asker = rfq.userId === viewer;
  return {
    id: quote.id,
    rfq_id: rfq.id,
    creator_id: communicationsId(quote.userId),
    rfq_creator_id: communicationsId(rfq.userId),
    market_ticker: rfq.ticker,
    ...contractsOf(quote),
    yes_bid_dollars: formatPrice(quote.yesBid),
    no_bid_dollars: formatPrice(quote.noBid),
    yes_contracts_fp: formatCount(quote.yesContracts),
    no_contracts_fp: formatCount(quote.noContracts),
    status: quote.status,
    rest_remainder: quote.restRemainder,
    ...(quote.acceptedSide === null ? {} : { accepted_side: quote.acceptedSide }),
    ...(rfq.targetCost > 0
      ? { rfq_target_cost_dollars: fourDecimals(rfq.targetCost), target_cost_excludes_fees: rfq.excludesFees }
      : {}),
    ...(quote.reason === '' ? {} : { cancellation_reason: quote.reason }),
    ...(quoter
      ? { creator_user_id: quote.userId, ...unlessMain('creator_subaccount', quote), post_only: quote.postOnly }
      : {}),
    ...(asker ? { rfq_creator_user_id: rfq.userId, ...unlessMain('rfq_creator_subaccount', rfq) } : {}),
    ...(quoter && orders !== null ? { creator_order_id: orders[0].orderId } : {}),
    ...(asker && orders !== null ? { rfq_creator_order_id: orders[1].orderId } : {}),
    ...moments({
      created_ts: quote.createdTime,
      updated_ts: quote.updatedTime,
      accepted_ts: quote.acceptedTime,
      confirmed_ts: quote.confirmedTime,
      executed_ts: quote.executedTime,
      cancelled_ts: quote.cancelledTime,
    }),
  };
}

/** Body of a frame of the `communications` channel for `viewer`; null for what is not for its eyes. */
export function communicationBody(event: DeskEvent, viewer: string, eventTicker: string): Json | null {
  const { rfq } = event;
  const market = { market_ticker: rfq.ticker, event_ticker: eventTicker };
  if (!('quote' in event)) {
    const when = event.type === 'rfq_created' ? { created_ts: rfq.createdTime } : { deleted_ts: rfq.updatedTime };
    return { id: rfq.id, creator_id: communicationsId(rfq.userId), ...market, ...wanted(rfq), ...moments(when) };
  }
  const { quote } = event;
  if (viewer !== quote.userId && viewer !== rfq.userId) return null;
  const parties = {
    quote_id: quote.id,
    rfq_id: rfq.id,
    quote_creator_id: communicationsId(quote.userId),
    rfq_creator_id: communicationsId(rfq.userId),
    ...market,
    ...unlessMain('subaccount', viewer === quote.userId ? quote : rfq),
  };
  if (event.type === 'quote_executed') {
    const own = quote.orders![viewer === quote.userId ? 0 : 1];
    const { event_ticker: _, ...named } = parties;
    const order = { order_id: own.orderId, client_order_id: own.clientOrderId };
    return { ...named, ...order, ...moments({ executed_ts: quote.executedTime }) };
  }
  const offered = {
    yes_bid_dollars: formatPrice(quote.yesBid),
    no_bid_dollars: formatPrice(quote.noBid),
    yes_contracts_offered_fp: formatCount(quote.yesContracts),
    no_contracts_offered_fp: formatCount(quote.noContracts),
    ...(rfq.targetCost > 0 ? { rfq_target_cost_dollars: fourDecimals(rfq.targetCost) } : {}),
  };
  if (event.type === 'quote_created') return { ...parties, ...offered, ...moments({ created_ts: quote.createdTime }) };
  const { contracts_fp: accepted } = contractsOf(quote);
  return { ...parties, ...offered, accepted_side: quote.acceptedSide, contracts_accepted_fp: accepted };
}
