import type { EngineConfig } from '../../engine/core/index.ts';
import { TIERS } from '../../engine/exchange/buckets.ts';
import { Random } from '../../engine/exchange/random.ts';
import type { ExchangeRules } from '../../engine/exchange/rules.ts';
import { DECI_CENT, type Grid, LINEAR_CENT, TAPERED_DECI_CENT } from '../../engine/market/index.ts';
import { GROUP_DEFAULTS, type RiskLimits } from '../../engine/risk/index.ts';
import type { Count, Money } from '../../engine/units/index.ts';
import { testConfig } from '../support/bench-venue.ts';

/** How the markets of an event hang together. */
export type EventKind = 'exclusive' | 'unrelated';

export interface EventShape {
  readonly ticker: string;
  readonly series: string;
  readonly kind: EventKind;
  readonly shard: number;
  readonly grid: Grid;
  readonly markets: readonly string[];
}

/** What a world is made of: everything a seed decides but its weather. */
export interface WorldShape {
  readonly seed: number;
  readonly events: readonly EventShape[];
  readonly shards: readonly number[];
  readonly tier: string;
  readonly rules: Partial<ExchangeRules>;
  readonly makerFees: boolean;
  /** Cash on every shard, micro-dollars. */
  readonly cash: Money;
  readonly strategy: 'ladder' | 'hostile';
  readonly timerMs: number;
  readonly latencyUs: number;
  /** A message takes up to this much longer. */
  readonly jitterUs: number;
  readonly config: EngineConfig;
}

const TIER_NAMES = Object.keys(TIERS);

/**
 * Times of a session that lives seconds instead of days. A request may arrive 1 s after it was sent, 0.4 s after it
 * was given up; the order it makes shows in reads 0.4 s later, and the engine's clock may be set ahead by 1.4 s meanwhile.
 */
const TIMING: EngineConfig['timing'] = {
  requestTimeoutMs: 600,
  retryMs: 200,
  snapshotTimeoutMs: 400,
  resubscribeTimeoutMs: 800,
  quietCheckMs: 1000,
  unknownAskMs: 200,
  unknownMinAgeMs: 2400,
  absentReads: 3,
  missingFillMs: 300,
  reconcileMs: 1500,
  refusedHoldMs: 500,
  stopTimeoutMs: 3000,
};

/** The world of a seed. */
export function shapeOf(seed: number): WorldShape {
  const random = new Random(seed, 'shape');
  const maybe = <T>(p: number, value: () => T): T | undefined => (random.next() < p ? value() : undefined);
  const pick = <T>(...of: readonly T[]): T => of[random.integer(0, of.length - 1)]!;
  const shards = pick([0], [0], [0, 1], [1], [0, 2, 3]);
  const events = Array.from({ length: random.integer(1, 3) }, (_, n): EventShape => {
    const name = `CHS${'ABC'[n]!}`;
    const count = random.integer(1, 3);
    return {
      ticker: `${name}-E`,
      series: pick(name, 'CHS'),
      kind: pick('exclusive', 'exclusive', 'unrelated'),
      shard: pick(...shards),
      grid: pick(LINEAR_CENT, LINEAR_CENT, TAPERED_DECI_CENT, DECI_CENT),
      markets: Array.from({ length: count }, (_, m) => `${name}-E-${m + 1}`),
    };
  });
  const tickers = events.flatMap((e) => e.markets);
  const contracts = (low: number, high: number): Count => (random.integer(low, high) * 100) as Count;
  const dollars = (low: number, high: number): Money => (random.integer(low, high) * 1_000_000) as Money;
  const base = testConfig(tickers);
  const strategy = random.next() < 0.3 ? 'hostile' : 'ladder';
  const params = {
    levels: random.integer(1, 4),
    contracts: random.integer(1, 30),
    growth: pick(0.8, 1, 1.5, 2),
    halfSpreadTicks: pick(0.5, 1, 2),
    skewHalves: pick(0, 1.5, 4),
    gapTicks: random.integer(1, 3),
  };
  const maxOrderCount = contracts(5, 60);
  const perSecond = maybe(0.5, () => random.integer(2, 8));
  const ifAny = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
    (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
  const risk: RiskLimits = {
    maxPosition: contracts(10, 120),
    maxOrderCount,
    maxOrdersPerMarket: random.integer(2, 10),
    maxOrders: random.integer(4, 40),
    maxCapital: dollars(20, 400),
    priceBand: pick(300, 1000, 9999),
    ...ifAny(
      'maxOrderValue',
      maybe(0.3, () => dollars(2, 20)),
    ),
    ...ifAny(
      'maxRestingPerMarket',
      maybe(0.3, () => contracts(20, 200)),
    ),
    ...ifAny(
      'maxMarketRisk',
      maybe(0.4, () => dollars(5, 60)),
    ),
    ...ifAny(
      'event',
      maybe(0.5, () => ({ maxRisk: dollars(8, 80) })),
    ),
    ...ifAny(
      'total',
      maybe(0.4, () => ({ maxRisk: dollars(20, 150) })),
    ),
    ...ifAny(
      'cashReserve',
      maybe(0.5, () => dollars(1, 50)),
    ),
    ...ifAny('messagesPerSecond', perSecond),
    ...ifAny(
      'duplicateMs',
      maybe(0.5, () => random.integer(100, 500)),
    ),
    ...ifAny(
      'maxBookDoubtMs',
      maybe(0.5, () => random.integer(500, 3000)),
    ),
  };
  const config: EngineConfig = {
    ...base,
    strategy: { name: 'ladder', params },
    leftovers: pick('cancel', 'adopt'),
    replace: pick('amend', 'amend', 'cancel_create'),
    quoteOneSided: random.next() < 0.5,
    closeGuardMs: pick(0, 120_000),
    groupLimit: random.next() < 0.3 ? contracts(20, 80) : contracts(10_000, 20_000),
    maxSessionLoss: (random.next() < 0.2 ? dollars(2, 20) : dollars(5000, 5000)) as Money,
    risk,
    timing: TIMING,
    ...ifAny(
      'expireMs',
      maybe(0.3, () => random.integer(2, 8) * 1000),
    ),
    levels: { holdMs: 1000, staleFeedMs: random.integer(300, 3000), pickOffPauseMs: 1000 },
    groups: {
      ...GROUP_DEFAULTS,
      reset: pick('operator', 'coolOff'),
      coolOffMs: 800,
      massCancel: pick(true, false),
      scaleToQuotes: pick(0, 0, 3),
      orphans: pick('leave', 'delete'),
      resetFound: pick(true, false),
    },
    budget: { ...base.budget, jitterMs: 200, maxBatch: pick(2, 20) },
  };
  const rules: Partial<ExchangeRules> = {
    postOnlyCross: pick('refuse', 'cancel'),
    amendPostOnly: pick('take', 'refuse'),
    amendSelfCross: pick('refuse', 'cancel'),
    inactiveCancel: pick('refuse', 'allow'),
    pauseFlag: pick('any', 'exchange'),
    triggerAtLimit: pick(true, false),
    closedCode: pick('market_inactive', 'market_already_closed'),
    pausedDecrease: pick('allow', 'refuse'),
  };
  return {
    seed,
    events,
    shards,
    // A tier that lets the hostile one flicker thousands of times a second teaches nothing the lowest does not.
    tier:
      strategy === 'hostile'
        ? 'basic'
        : pick('basic', 'advanced', TIER_NAMES[random.integer(0, TIER_NAMES.length - 1)]!),
    rules,
    makerFees: random.next() < 0.5,
    cash: dollars(30, 1000),
    strategy,
    timerMs: pick(20, 50),
    latencyUs: pick(500, 2000, 20_000, 60_000),
    jitterUs: pick(0, 1000, 50_000),
    config,
  };
}
