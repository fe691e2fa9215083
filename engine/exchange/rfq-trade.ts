import { tradeFee } from '../market/index.ts';
import { ASK, BID, type Count, complement, opposite, type Price, type Side } from '../units/index.ts';
import { clientKey } from './admission.ts';
import type { Exchange } from './exchange.ts';
import { executeTrade } from './execution.ts';
import { requireFunds } from './funds.ts';
import type { LiveMarket } from './listing.ts';
import { type ExchangeOrder, newOrder, type OrderRequest } from './order.ts';
import type { Quote, QuoteOrder, Rfq } from './rfq.ts';

/**
 * Contracts that a quote's bid is for: those asked for, or what the target cost pays for at the other side's price, with
 * the asker's fee unless it is excluded.
 */
export function contractsFor(exchange: Exchange, market: LiveMarket, rfq: Rfq, bid: Price): Count {
  if (rfq.contracts > 0) return rfq.contracts;
  const price = complement(bid);
  const most = Math.floor(rfq.targetCost / price) as Count;
  if (rfq.excludesFees) return most;
  const fees = exchange.fees.of(market.listing, exchange.account(rfq.userId, rfq.subaccount));
  const cost = (count: number): number => count * price + tradeFee(fees, price, count as Count, true);
  let [low, high] = [0, most as number];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (cost(middle) <= rfq.targetCost) low = middle;
    else high = middle - 1;
  }
  return low as Count;
}

type Party = 'quoter' | 'asker';

/** Whether a party could pay for its side of an accepted quote now. @throws Refusal `insufficient_balance` */
export function checkParty(
  exchange: Exchange,
  market: LiveMarket,
  quote: Quote,
  accepted: 'yes' | 'no',
  party: Party,
): void {
  requireFunds(exchange, market, orderOf(exchange, market, quote, accepted, party, '', ''));
}

/**
 * Trade an accepted quote between its two accounts at its price, past the book: the quoter is the maker, the asker
 * takes. @throws Refusal `insufficient_balance` where one of them cannot pay any more; then nothing has happened
 */
export function execute(
  exchange: Exchange,
  market: LiveMarket,
  quote: Quote,
  newId: () => string,
): readonly [QuoteOrder, QuoteOrder] {
  const side = quote.acceptedSide!;
  const [maker, taker] = (['quoter', 'asker'] as const).map((party) =>
    orderOf(exchange, market, quote, side, party, newId(), newId()),
  ) as [ExchangeOrder, ExchangeOrder];
  for (const order of [maker, taker]) requireFunds(exchange, market, order);
  for (const order of [maker, taker]) {
    exchange.usedClientIds.add(clientKey(order.userId, order.clientOrderId));
    exchange.orders.set(order.orderId, order);
  }
  const { quotePrintsAsBlock } = exchange.rules;
  executeTrade(exchange, market, maker, taker, taker.side, maker.price, maker.initialCount, quotePrintsAsBlock);
  return [maker, taker].map(({ orderId, clientOrderId }) => ({ orderId, clientOrderId })) as [QuoteOrder, QuoteOrder];
}

/** The order that a party's side of a quote amounts to: the quoter bids for the accepted side, the asker sells it. */
function orderOf(
  exchange: Exchange,
  market: LiveMarket,
  quote: Quote,
  accepted: 'yes' | 'no',
  party: Party,
  orderId: string,
  clientOrderId: string,
): ExchangeOrder {
  const yes = accepted === 'yes';
  const count = yes ? quote.yesContracts : quote.noContracts;
  const { userId, subaccount } = party === 'quoter' ? quote : quote.rfq;
  const makerSide: Side = yes ? BID : ASK;
  const request: OrderRequest = {
    ticker: market.listing.ticker,
    side: party === 'quoter' ? makerSide : opposite(makerSide),
    price: yes ? quote.yesBid : complement(quote.noBid),
    count,
    timeInForce: 'good_till_canceled',
    selfTrade: 'taker_at_cross',
    clientOrderId,
    postOnly: false,
    reduceOnly: false,
    cancelOnPause: false,
    groupId: '',
    expirationSeconds: 0,
    subaccount,
  };
  return newOrder(orderId, userId, request, count, market.listing, exchange.now());
}
