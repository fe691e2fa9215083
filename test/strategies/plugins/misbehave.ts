import { ASK, BID, type Count, defineStrategy, type MarketView, type Price, type Quotes } from 'hundred/strategy';

/** Every way to misbehave in `quote` that the fence has to hold. */
const WAYS: Readonly<Record<string, (view: MarketView, quotes: Quotes) => unknown>> = {
  throws: () => {
    throw new TypeError('undefined is not a function');
  },
  throwsNothing: () => {
    throw undefined;
  },
  offGrid: (_, quotes) => quotes.bid(4550 as Price, 100 as Count),
  notANumber: (_, quotes) => quotes.bid(Number.NaN as Price, 100 as Count),
  noSize: (_, quotes) => quotes.ask(5500 as Price, -100 as Count),
  fraction: (_, quotes) => quotes.ask(5500 as Price, 0.5 as Count),
  badEdge: (_, quotes) => quotes.bid(4500 as Price, 100 as Count, Number.NaN),
  badUrgency: (_, quotes) => quotes.bid(4500 as Price, 100 as Count, 1, 7),
  badReason: (_, quotes) => quotes.none(BID, 'because' as 'no_edge'),
  meetsItself: (_, quotes) => {
    quotes.bid(5000 as Price, 100 as Count);
    quotes.ask(5000 as Price, 100 as Count);
  },
  tooMany: (_, quotes) => {
    for (let n = 0; n < 17; n++) quotes.ask((5500 + n * 100) as Price, 100 as Count);
  },
  writesPast: (_, quotes) => {
    quotes.ask(5500 as Price, 100 as Count);
    quotes.side(ASK).targets[0]!.count = 1e12 as Count;
    quotes.side(ASK).targets[0]!.price = 1 as Price;
  },
  writesLength: (_, quotes) => {
    quotes.side(ASK).length = 99;
  },
  promises: async (_, quotes) => {
    quotes.bid(4500 as Price, 100 as Count);
  },
};

export const ways = Object.keys(WAYS);
/** It behaves until this is set. */
export const mood = { good: true };

export default defineStrategy({
  api: '1.0',
  name: 'misbehave',
  about: 'quotes well until told otherwise, then badly in market TST-A',
  params: { way: { type: 'choice', default: 'throws', options: ways, about: 'how' } },
  create: ({ way }) => ({
    name: 'misbehave',
    quote(view: MarketView, quotes: Quotes): void {
      if (!mood.good && view.ticker === 'TST-A') return WAYS[way]!(view, quotes) as undefined;
      quotes.bid(4500 as Price, 100 as Count);
      quotes.ask(5500 as Price, 100 as Count);
    },
  }),
});
