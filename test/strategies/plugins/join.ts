import { ASK, BID, type Count, defineStrategy, type MarketView, type Quotes, type TimeUs } from 'hundred/strategy';

/** What the hooks were told, for the test that loads this file. */
export const heard: string[] = [];

export default defineStrategy({
  api: '1.0',
  name: 'join',
  about: 'stands behind the best price of each side, unless the outside value is missing or old',
  params: {
    contracts: { type: 'integer', default: 5, min: 1, max: 100, unit: 'contracts', about: 'size of each order' },
    needsValue: { type: 'boolean', default: false, about: 'quote only by a value from outside' },
    sides: { type: 'choice', default: 'both', options: ['both', 'bid'], about: 'which sides' },
    behind: { type: 'number', default: 0, min: 0, max: 2.5, unit: 'levels', about: 'distance to the best' },
  },
  create: ({ contracts, needsValue, sides }) => ({
    name: 'join',
    quote(view: MarketView, quotes: Quotes): void {
      const size = (contracts * 100) as Count;
      const value = view.external('fair');
      if (needsValue && (value === null || value.ageMs > 2000)) {
        for (const side of [BID, ASK]) quotes.none(side, 'external_stale', (value?.ageMs ?? Infinity) / 1000, 2);
        return;
      }
      quotes.bid(view.grid.price(view.bestLevel(BID)), size, 0, 0.5);
      if (sides === 'both') quotes.ask(view.grid.price(view.bestLevel(ASK)), size, 0, 0.5);
    },
    onStart: (tickers: readonly string[]) => heard.push(`start ${tickers.join(' ')}`),
    onTimer: (time: TimeUs) => heard.push(`timer ${time}`),
    onStop: () => heard.push('stop'),
  }),
});
