import { formatRfc3339 } from '../units/index.ts';
import { type ApiCall, paged } from './call.ts';
import type { Exchange } from './exchange.ts';

/** `GET /series/fee_changes`: what is still to come, or with `show_historical=true` what has come too. */
export function seriesFeeChanges(exchange: Exchange, call: ApiCall): Record<string, unknown> {
  const series = call.query.get('series_ticker');
  const past = call.query.get('show_historical') === 'true';
  const found = exchange.fees.changes.filter(
    (c) => c.scope === 'series' && (series === null || c.ticker === series) && (past || c.time > exchange.now()),
  );
  return {
    series_fee_change_arr: found.map((c) => ({
      id: c.id,
      series_ticker: c.ticker,
      fee_type: c.feeType ?? 'quadratic',
      fee_multiplier: Number(c.multiplier ?? 1),
      scheduled_ts: formatRfc3339(c.time),
    })),
  };
}

/** `GET /events/fee_changes`: overrides that are still to come. */
export function eventFeeChanges(exchange: Exchange, call: ApiCall): Record<string, unknown> {
  const event = call.query.get('event_ticker');
  const found = exchange.fees.changes.filter(
    (c) => c.scope === 'event' && (event === null || c.ticker === event) && c.time > exchange.now(),
  );
  const seriesOf = (ticker: string): string =>
    [...exchange.markets.values()].find((m) => m.listing.eventTicker === ticker)?.listing.seriesTicker ?? '';
  return paged(call, 'GetEventFeeChanges', 'event_fee_changes', found, (c) => ({
    id: c.id,
    event_ticker: c.ticker,
    series_ticker: seriesOf(c.ticker),
    fee_type_override: c.feeType,
    fee_multiplier_override: c.multiplier === null ? null : Number(c.multiplier),
    scheduled_ts: formatRfc3339(c.time),
  }));
}
