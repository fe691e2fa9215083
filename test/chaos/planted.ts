import type { RequestOutcome } from '../../engine/core/index.ts';
import type { RiskLimits } from '../../engine/risk/index.ts';
import type { Count, Money, Price } from '../../engine/units/index.ts';
import type { Invariant } from './invariants.ts';
import type { Disaster, Kind } from './plan.ts';
import type { WorldShape } from './shape.ts';
import type { Planted } from './world.ts';

/** A mistake built into the engine, and the invariants one of which must notice it. */
export interface Mistake {
  readonly name: string;
  readonly noticedBy: readonly Invariant[];
  /** Anew for every seed: mistakes may count. */
  readonly plant: () => Planted;
  /** Worlds in which it can be noticed at all; left out: any. */
  readonly needs?: (shape: WorldShape, disasters: readonly Disaster[]) => boolean;
}

const befalls =
  (...kinds: readonly Kind[]): NonNullable<Mistake['needs']> =>
  (_, disasters) =>
    disasters.some(({ kind }) => kinds.includes(kind));
const limits =
  (limit: keyof RiskLimits): NonNullable<Mistake['needs']> =>
  ({ config }) =>
    config.risk[limit] !== undefined;

const NONE = 1e15;

/** The answer to a read of orders without the orders. */
function withoutOrders(outcome: RequestOutcome): RequestOutcome {
  return outcome.kind === 'response' && outcome.status === 200
    ? { ...outcome, body: '{"orders":[],"cursor":""}' }
    : outcome;
}

/** What a test of the checks builds in: each is a mistake somebody could make in the engine. */
export const MISTAKES: readonly Mistake[] = [
  {
    name: 'an order with an unknown outcome is forgotten',
    noticedBy: ['nothing_forgotten'],
    needs: befalls('answers_lost', 'answers_silent', 'errors_after', 'answers_late'),
    plant: () => ({
      born: ({ inside: { orders } }) => {
        const doubt = orders.doubt.bind(orders);
        orders.doubt = (order, time) => (order.life === 'sent' ? orders.neverSent(order) : doubt(order, time));
      },
    }),
  },
  {
    name: 'the position limit is not looked at',
    noticedBy: ['position_limit'],
    plant: () => ({ config: (c) => ({ ...c, risk: { ...c.risk, maxPosition: NONE as Count } }) }),
  },
  {
    name: "an event's limit is not looked at",
    noticedBy: ['event_risk'],
    needs: limits('event'),
    plant: () => ({
      config: ({ risk: { event: _, ...risk }, ...c }) => ({ ...c, risk }),
    }),
  },
  {
    name: 'the limit on everything together is not looked at',
    noticedBy: ['total_risk'],
    needs: limits('total'),
    plant: () => ({ config: ({ risk: { total: _, ...risk }, ...c }) => ({ ...c, risk }) }),
  },
  {
    name: "a market's limit is not looked at",
    noticedBy: ['market_risk'],
    needs: limits('maxMarketRisk'),
    plant: () => ({
      config: ({ risk: { maxMarketRisk: _, ...risk }, ...c }) => ({ ...c, risk }),
    }),
  },
  {
    name: 'the cash reserve is not looked at',
    noticedBy: ['collateral'],
    // Where it is next to nothing of what there is, it does not bind.
    needs: ({ config, cash }) => (config.risk.cashReserve ?? 0) > cash / 5,
    plant: () => ({ config: (c) => ({ ...c, risk: { ...c.risk, cashReserve: -NONE as Money } }) }),
  },
  {
    name: 'orders are larger than they may be',
    noticedBy: ['order_limits'],
    plant: () => ({ config: (c) => ({ ...c, risk: { ...c.risk, maxOrderCount: NONE as Count } }) }),
  },
  {
    name: 'more orders rest than may',
    noticedBy: ['resting_limits'],
    plant: () => ({ config: (c) => ({ ...c, risk: { ...c.risk, maxOrdersPerMarket: 99, maxOrders: 999 } }) }),
  },
  {
    name: 'a gap is not minded',
    noticedBy: ['no_blind_quote', 'books_equal'],
    needs: befalls('frames_lost', 'frames_reordered'),
    plant: () => ({
      born: ({ inside: { markets } }) => {
        for (const market of markets) {
          let stale = market.stale;
          Object.defineProperty(market, 'stale', {
            get: () => stale,
            set: (why: string) => {
              if (!why.startsWith('feed gap')) stale = why;
            },
          });
        }
      },
    }),
  },
  {
    name: 'nobody tells the engine that the link is down',
    noticedBy: ['no_blind_quote'],
    needs: befalls('link_down', 'half_open', 'maintenance'),
    plant: () => ({ deaf: true }),
  },
  {
    name: 'every fiftieth change of a book is lost on its way into it',
    noticedBy: ['books_equal'],
    plant: () => ({
      born: ({ inside: { books } }) => {
        const add = books.add.bind(books);
        let n = 0;
        books.add = (...change) => (++n % 50 === 0 ? 0 : add(...change));
      },
    }),
  },
  {
    name: 'a fill costs a hundredth of a cent more than it does',
    noticedBy: ['truth_equal', 'no_false_alarm'],
    plant: () => ({
      born: ({ inside: { ledger } }) => {
        const book = ledger.book.bind(ledger);
        ledger.book = (market, fill) => book(market, { ...fill, fee: (fill.fee + 100) as Money });
      },
    }),
  },
  {
    name: 'every third fill is taken for one that was booked',
    noticedBy: ['truth_equal', 'no_false_alarm', 'position_limit'],
    plant: () => ({
      born: ({ inside: { ledger } }) => {
        const book = ledger.book.bind(ledger);
        const lost = new Set<string>();
        let n = 0;
        ledger.book = (market, fill) => {
          if (lost.has(fill.tradeId) || ++n % 3 === 0) {
            lost.add(fill.tradeId);
            return false;
          }
          return book(market, fill);
        };
      },
    }),
  },
  {
    name: 'our own other side is not looked at',
    noticedBy: ['no_self_cross'],
    needs: ({ strategy }) => strategy === 'hostile',
    plant: () => ({
      born: ({ inside: { risk } }) => {
        risk.exposure.best = () => 0 as Price;
      },
    }),
  },
  {
    name: 'the write budget is taken for endless',
    noticedBy: ['own_budget'],
    plant: () => ({
      born: ({ inside: { writes } }) => {
        writes.take = () => true;
        writes.available = () => 1e6;
      },
    }),
  },
  {
    name: 'a new engine does not look for what its predecessor left',
    noticedBy: ['learns_first'],
    needs: ({ config }, disasters) => config.leftovers === 'cancel' && befalls('killed')({} as never, disasters),
    plant: () => ({
      outcome: ({ number }, { op }, outcome) => (number > 1 && op === 'getOrders' ? withoutOrders(outcome) : outcome),
    }),
  },
  {
    name: 'a stop does not ask the exchange what rests',
    noticedBy: ['nothing_rests'],
    plant: () => ({
      // It is told that all is well, and nothing it does about it gets there.
      lost: ({ isStopping }, { method }) => isStopping && method !== 'GET',
      outcome: ({ isStopping }, { op }, outcome) => {
        if (isStopping && op === 'getOrders') return withoutOrders(outcome);
        return isStopping && op === 'triggerGroup' ? { kind: 'response', status: 200, body: '{}' } : outcome;
      },
    }),
  },
  {
    name: 'a pause is not heard',
    noticedBy: ['no_quote_when_told'],
    needs: befalls('operator_pause'),
    plant: () => ({
      born: ({ inside }) => {
        Object.defineProperty(inside, 'paused', { get: () => false, set: () => {} });
      },
    }),
  },
];
