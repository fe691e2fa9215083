import { type Count, formatCount, formatMoney, formatRfc3339, type Money } from '../units/index.ts';
import { type ApiCall, listParameter, paged, subaccountParameter, timeBounds } from './call.ts';
import type { Exchange } from './exchange.ts';
import type { Settlement } from './settlement.ts';

/** `GET /portfolio/settlements`: newest first, all subaccounts unless one is named. */
export function settlementList(exchange: Exchange, call: ApiCall): Record<string, unknown> {
  const tickers = listParameter(call.query, 'ticker');
  const events = listParameter(call.query, 'event_ticker');
  const subaccount = subaccountParameter(call.query);
  const { from, to } = timeBounds(call.query);
  const mine = exchange.settlements.filter(
    (s) =>
      s.userId === call.userId &&
      (tickers === null || tickers.includes(s.ticker)) &&
      (events === null || events.includes(s.eventTicker)) &&
      (subaccount === null || s.subaccount === subaccount) &&
      s.time >= from &&
      s.time <= to,
  );
  return paged(call, 'GetSettlements', 'settlements', mine.reverse(), settlementBody);
}

function settlementBody(s: Settlement): Record<string, unknown> {
  const yes = s.position > 0;
  const count = formatCount(Math.abs(s.position) as Count);
  const none = { count: formatCount(0 as Count), cost: formatMoney(0 as Money) };
  const held = { count, cost: formatMoney(s.cost) };
  const [ofYes, ofNo] = yes ? [held, none] : [none, held];
  return {
    ticker: s.ticker,
    exchange_index: s.exchangeIndex,
    event_ticker: s.eventTicker,
    market_result: s.result,
    yes_count_fp: ofYes.count,
    yes_total_cost_dollars: ofYes.cost,
    no_count_fp: ofNo.count,
    no_total_cost_dollars: ofNo.cost,
    revenue: Math.trunc((s.gross - s.residue) / 10_000),
    settled_time: formatRfc3339(s.time),
    fee_cost: formatMoney(s.fees),
    value: Math.trunc(s.value / 100),
  };
}
