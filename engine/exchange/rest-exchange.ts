import { formatRfc3339 } from '../units/index.ts';
import type { Exchange } from './exchange.ts';

/** What the engine of a shard is called (API 6.9). */
const SHARD_NAMES = ['default', 'combos', 'crypto and commodities', 'tennis, baseball and basketball'];
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** `GET /exchange/status`: the whole is active when every shard is; those in `down` are not. */
export function statusBody(exchange: Exchange, down: ReadonlySet<number> = new Set()): Record<string, unknown> {
  exchange.tick();
  const all = [...new Set([...exchange.shards(), ...down])].sort((a, b) => a - b);
  const shards = all.map((shard) => {
    const paused = exchange.pauses.status(shard);
    const exchangeActive = paused.exchangeActive && !down.has(shard);
    const tradingActive = paused.tradingActive && !down.has(shard);
    return {
      exchange_index: shard,
      description: SHARD_NAMES[shard] ?? `shard ${shard}`,
      exchange_active: exchangeActive,
      trading_active: tradingActive,
      intra_exchange_transfers_active: exchangeActive,
    };
  });
  const ends = exchange.shards().map((shard) => exchange.pauses.windowOf(shard)?.end ?? 0);
  const end = exchange.pauses.windows.find((w) => w.end === Math.max(0, ...ends))?.end;
  return {
    exchange_active: shards.every((s) => s.exchange_active),
    trading_active: shards.every((s) => s.trading_active),
    intra_exchange_transfers_active: shards.every((s) => s.intra_exchange_transfers_active),
    exchange_estimated_resume_time: end === undefined ? null : formatRfc3339(end),
    exchange_index_statuses: shards,
  };
}

/** `GET /exchange/schedule`: open around the clock, but for the maintenance that was planned. */
export function scheduleBody(exchange: Exchange): Record<string, unknown> {
  const allDay = Object.fromEntries(DAYS.map((day) => [day, [{ open_time: '00:00', close_time: '24:00' }]]));
  const hours = { start_time: '1970-01-01T00:00:00Z', end_time: '9999-12-31T00:00:00Z', ...allDay };
  const maintenance_windows = exchange.pauses.windows.map(({ start, end }) => ({
    start_datetime: formatRfc3339(start),
    end_datetime: formatRfc3339(end),
  }));
  return { schedule: { standard_hours: [hours], maintenance_windows } };
}
