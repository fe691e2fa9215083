import { fillFee } from '../market/index.ts';
import { type Count, money, opposite, type Price, type Side } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import type { LiveMarket } from './listing.ts';
import { renet } from './netting.ts';
import type { ExchangeFill, ExchangeOrder, ExchangeTrade } from './order.ts';

/** How many public trades a market keeps for `GET /markets/trades`. */
const KEEP_TRADES = 1000;

/** Contracts change hands, in the book or (`isBlock`) past it: the print, then the fill of the maker and that of the taker (null: nobody's). */
export function executeTrade(
  exchange: Exchange,
  market: LiveMarket,
  maker: ExchangeOrder | null,
  taker: ExchangeOrder | null,
  takerSide: Side,
  price: Price,
  count: Count,
  isBlock = false,
): void {
  const tradeId = exchange.newId();
  const time = exchange.now();
  const trade: ExchangeTrade = { tradeId, ticker: market.listing.ticker, price, count, takerSide, time, isBlock };
  market.trades.push(trade);
  if (market.trades.length > KEEP_TRADES) market.trades.shift();
  market.volume = (market.volume + count) as Count;
  market.lastPrice = price;
  for (const l of exchange.listeners) l.trade(trade);
  if (maker !== null) fillOrder(exchange, market, maker, opposite(takerSide), trade, false);
  if (taker !== null) fillOrder(exchange, market, taker, takerSide, trade, true);
}

function fillOrder(
  exchange: Exchange,
  market: LiveMarket,
  order: ExchangeOrder,
  side: Side,
  trade: ExchangeTrade,
  isTaker: boolean,
): void {
  const { tradeId, ticker, price, count, time } = trade;
  const { orderId, clientOrderId, userId, subaccount } = order;
  const { exchangeIndex } = market.listing;
  const account = exchange.account(userId, subaccount);
  const fee = fillFee(exchange.fees.of(market.listing, account), side, price, count, isTaker, order.feeCarry);
  order.fillCount = (order.fillCount + count) as Count;
  order.remainingCount = (order.remainingCount - count) as Count;
  const cost = price * count;
  if (isTaker) {
    order.takerFees = money(order.takerFees + fee);
    order.takerCost = money(order.takerCost + cost);
  } else {
    order.makerFees = money(order.makerFees + fee);
    order.makerCost = money(order.makerCost + cost);
  }
  account.trade(ticker, exchangeIndex, side, price, count, fee);
  renet(exchange, account, market);
  const holding = account.holding(ticker);
  holding.updatedTime = time;
  const { position } = holding;
  const names = { tradeId, orderId, clientOrderId, userId, ticker, exchangeIndex, subaccount };
  const fill: ExchangeFill = { ...names, side, price, count, fee, isTaker, position, time };
  exchange.fills.push(fill);
  exchange.desk.filled(order, count, isTaker, time);
  for (const l of exchange.listeners) l.fill(fill);
  if (order.remainingCount === 0) exchange.finish(order, 'executed', 'Trade');
  else exchange.changed(order, 'Trade');
  for (const l of exchange.listeners) l.position(userId, ticker, subaccount);
}
