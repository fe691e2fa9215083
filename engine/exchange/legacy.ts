import { BID, ONE_CONTRACT, timeToMs } from '../units/index.ts';
import { type BookChange, clientIdOf, type FeedForm, FIXED_POINT, type Json, shownPrice } from './feed-form.ts';
import type { Listing } from './listing.ts';
import { Refusal } from './order.ts';

/** Fields that came with the new form. */
const NEW_FIELDS = new Set([
  'outcome_side',
  'book_side',
  'taker_outcome_side',
  'taker_book_side',
  'market_id',
  'exchange_index',
  'subaccount',
  'subaccount_number',
  'ts_ms',
]);

/** What the old form cannot say: the exchange refuses to start where it could come up. */
function whole(value: number, what: string): number {
  if (!Number.isInteger(value)) throw new Error(`the old wire form has whole ${what} only, not ${value}`);
  return value;
}

/** Feed bodies as before March 2026: prices in cents and counts in contracts, as JSON integers. */
export const LEGACY_CENTS: FeedForm = {
  delta(c: BookChange, yesPrices) {
    const price = whole(shownPrice(c, yesPrices) / 100, 'cents');
    const change = whole(c.change / ONE_CONTRACT, 'contracts');
    const side = c.side === BID ? 'yes' : 'no';
    return `{"market_ticker":"${c.ticker}","price":${price},"delta":${change},"side":"${side}","ts":${Math.floor(timeToMs(c.time) / 1000)}`;
  },

  cause: clientIdOf,

  snapshot(ticker, market, yesPrices) {
    const now = FIXED_POINT.snapshot(ticker, market, yesPrices);
    const legs: Record<string, unknown> = {};
    for (const leg of ['yes', 'no'] as const) {
      const levels = now[`${leg}_dollars_fp`] as string[][] | undefined;
      if (levels !== undefined) legs[leg] = levels.map(pair);
    }
    return { market_ticker: ticker, ...legs };
  },

  body(type, msg) {
    // Positions told sums of money in hundredths of a cent.
    const perDollar = type === 'market_position' ? 10_000 : 100;
    const out: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(msg)) {
      if (NEW_FIELDS.has(name)) continue;
      if (name.endsWith('_dollars')) out[name.slice(0, -8)] = units(value, perDollar);
      else if (name.endsWith('_fp')) out[name.slice(0, -3)] = contractsOf(value);
      else out[name] = value;
    }
    return out;
  },
};

function pair([price, count]: string[]): number[] {
  return [whole(Math.round(Number(price) * 10_000) / 100, 'cents'), contractsOf(count)];
}

/** Dollars as an integer number of smaller units; sums that are no whole number of them (fees) are rounded. */
function units(value: unknown, perDollar: number): number {
  return Math.round(Number(value) * perDollar);
}

function contractsOf(value: unknown): number {
  return whole(Math.round(Number(value) * ONE_CONTRACT) / ONE_CONTRACT, 'contracts');
}

/**
 * A REST body as before March 2026: integers in cents and contracts beside the dollar strings, no `_fp` names. Answers of
 * the order endpoints that replaced the old ones have no old form and stay as they are.
 */
export function legacyAnswer(path: readonly string[], body: unknown): unknown {
  if (path[1] === 'events' || (path[0] === 'account' && path[1] !== 'limits')) return body;
  return path[0] === 'account' ? limits(body as Json) : legacyValue(body);
}

function limits(body: Json): unknown {
  const rate = (name: string): unknown => (body[name] as Json)['refill_rate'];
  return { usage_tier: body['usage_tier'], read_limit: rate('read'), write_limit: rate('write') };
}

function legacyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(legacyValue);
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (NEW_FIELDS.has(name)) continue;
    if (name.endsWith('_dollars') && Array.isArray(inner)) {
      out[name.slice(0, -8)] = inner.map(pair);
      out[name] = inner.map(([price, count]: string[]) => [Number(price).toFixed(2), contractsOf(count)]);
    } else if (name.endsWith('_dollars')) {
      out[name.slice(0, -8)] = inner === null ? null : units(inner, 100);
      out[name] = inner;
    } else if (name.endsWith('_fp'))
      out[name.slice(0, -3)] = typeof inner === 'string' ? contractsOf(inner) : legacyValue(inner);
    else out[name] = legacyValue(inner);
  }
  return out;
}

/** An order that the old form could not tell of. @throws Refusal */
export function refuseFractions(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  const { orders } = body as Json;
  for (const part of [body, ...(Array.isArray(orders) ? orders : [])]) {
    for (const name of ['count', 'reduce_by', 'reduce_to', 'contracts_limit_fp', 'contracts_fp']) {
      if (Number.isInteger(Number((part as Json | null)?.[name] ?? 0))) continue;
      throw new Refusal(400, 'invalid_order_size', 'invalid order size', `${name}: whole contracts only`);
    }
    for (const name of ['yes_bid', 'no_bid']) {
      if (Number.isInteger(Math.round(Number((part as Json | null)?.[name] ?? 0) * 10_000) / 100)) continue;
      throw new Refusal(400, 'invalid_price', 'invalid price', `${name}: whole cents only`);
    }
    for (const name of ['target_cost_dollars', 'target_cost_centi_cents']) {
      if (Number((part as Json | null)?.[name] ?? 0) === 0) continue;
      throw new Refusal(400, 'invalid_order_size', 'invalid order size', `${name}: name contracts`);
    }
  }
}

/** A market the old wire form has no words for. The message is complete for a person. */
export class NoLegacyForm extends Error {}

/** @throws NoLegacyForm naming a market whose prices are not all whole cents */
export function requireWholeCents(listings: Iterable<Pick<Listing, 'ticker' | 'grid'>>): void {
  for (const listing of listings) {
    if (listing.grid.bands.every(({ step }) => step % 100 === 0)) continue;
    throw new NoLegacyForm(
      `market ${listing.ticker} trades in parts of a cent, which the old wire form cannot say: leave out --legacy-cents`,
    );
  }
}
