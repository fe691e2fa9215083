import { intParameter, invalidParameters, listParameter, oneOfParameter, timeBounds } from './call.ts';
import type { LiveMarket, Outcome } from './listing.ts';

const OPERATION = 'GetMarkets';

/** Words of the `status` filter and the states they stand for. */
const STATES: Readonly<Record<string, readonly string[]>> = {
  unopened: ['initialized'],
  open: ['active'],
  paused: ['inactive'],
  closed: ['closed', 'determined', 'disputed', 'amended'],
  settled: ['finalized'],
};
const WORDS = Object.keys(STATES);

/** Families of time filters, and the status words each goes together with. */
const FAMILIES: readonly (readonly [family: string, words: readonly string[]])[] = [
  ['created', ['unopened', 'open']],
  ['close', ['closed']],
  ['settled', ['settled']],
];

/** The markets that a query of `GET /markets` asks for. @throws Refusal */
export function marketFilter(query: URLSearchParams): (market: LiveMarket) => boolean {
  const status = oneOfParameter(query, OPERATION, 'status', WORDS);
  const combos = oneOfParameter(query, OPERATION, 'mve_filter', ['only', 'exclude'] as const);
  const tickers = query.get('tickers') ? listParameter(query, 'tickers') : null;
  const event = query.get('event_ticker') || null;
  const series = query.get('series_ticker') || null;
  const updated = intParameter(query, OPERATION, 'min_updated_ts');
  const given = FAMILIES.filter(([family]) => query.get(`min_${family}_ts`) || query.get(`max_${family}_ts`));
  checkFamilies(
    given,
    status,
    updated !== null,
    [tickers, event, series].some((filter) => filter !== null),
    combos,
  );
  const bounds = given.map(([family]) => ({ family, ...timeBounds(query, OPERATION, family) }));
  return ({ listing, outcome }) =>
    combos !== 'only' &&
    (tickers === null || tickers.includes(listing.ticker)) &&
    (event === null || event === listing.eventTicker) &&
    (series === null || series === listing.seriesTicker) &&
    (status === null || STATES[status]!.includes(listing.status)) &&
    (updated === null || listing.openTime > updated * 1_000_000) &&
    bounds.every(({ family, from, to }) => {
      const time = timeOf({ listing, outcome }, family);
      return time !== null && time >= from && time <= to;
    });
}

/** @throws Refusal for time filters that do not go together */
function checkFamilies(
  given: typeof FAMILIES,
  status: string | null,
  updated: boolean,
  filtered: boolean,
  combos: string | null,
): void {
  if (given.length > 1) throw invalidParameters('only one family of timestamp filters can be given');
  if (updated && (given.length > 0 || status !== null || filtered || combos === 'only'))
    throw invalidParameters('min_updated_ts goes together with mve_filter=exclude only');
  const [family, words] = given[0] ?? ['', WORDS];
  if (status !== null && !words.includes(status))
    throw invalidParameters(`${family} timestamps do not go together with status ${status}`);
}

/** A market's moment of a family, null where it has not come to it. */
function timeOf(
  { listing, outcome }: Pick<LiveMarket, 'listing'> & { outcome: Outcome | undefined },
  family: string,
): number | null {
  if (family === 'created') return listing.openTime;
  return family === 'close' ? listing.closeTime : outcome?.settledTime || null;
}
