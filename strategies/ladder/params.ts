import { MAX_TARGETS, type ParamsOf } from '../../engine/quoting/index.ts';

/** What can be set, with its unit, default and the range that makes sense. */
export const LADDER_PARAMS = {
  levels: {
    type: 'integer',
    default: 2,
    min: 1,
    max: MAX_TARGETS,
    unit: 'orders a side',
    about: 'how deep the ladder is',
  },
  contracts: {
    type: 'number',
    default: 10,
    min: 0.01,
    max: 1e6,
    unit: 'contracts',
    about: 'size of the order nearest to the fair value',
  },
  growth: {
    type: 'number',
    default: 1.3,
    min: 0.1,
    max: 10,
    unit: 'factor',
    about: 'each deeper order is this much larger',
  },
  halfSpreadTicks: {
    type: 'number',
    default: 1,
    min: 0.5,
    max: 100,
    unit: 'ticks',
    about: 'least distance from the reservation price',
  },
  gapTicks: {
    type: 'integer',
    default: 1,
    min: 1,
    max: 100,
    unit: 'ticks',
    about: 'distance between two orders of a side',
  },
  skewHalves: {
    type: 'number',
    default: 1.5,
    min: 0,
    max: 20,
    unit: 'half spreads',
    about: 'shift of both quotes at the position limit',
  },
  fairValue: {
    type: 'choice',
    default: 'book',
    options: ['book', 'external'],
    about: "where the fair value comes from: the book's microprice, or a value from outside, in dollars",
  },
  externalName: {
    type: 'text',
    default: '{ticker}',
    pattern: '[^{}]*\\{ticker\\}[^{}]*',
    expected: 'a name with {ticker} in it',
    about: "what a market's value from outside is called",
  },
  staleSeconds: {
    type: 'number',
    default: 5,
    min: 0.1,
    max: 86_400,
    unit: 'seconds',
    about: 'a value from outside that is older is not quoted on',
  },
  incentiveRule: {
    type: 'choice',
    default: 'off',
    options: ['off', 'best', 'oneFifth'],
    about: 'go where a liquidity program pays, by this version of its rules',
  },
  incentiveEdgeTicks: {
    type: 'number',
    default: 0.5,
    min: 0.1,
    max: 100,
    unit: 'ticks',
    about: 'least distance from the reservation price, after the maker fee, kept while doing so',
  },
} as const;

export type LadderParams = ParamsOf<typeof LADDER_PARAMS>;
