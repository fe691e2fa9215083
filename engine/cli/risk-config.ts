import { z } from 'zod';
import type { MarketOverrides, RiskLimits, ScopeLimits } from '../risk/index.ts';
import { type Count, DOLLAR, type Money, ONE_CONTRACT } from '../units/index.ts';

const contracts = z.number().min(0.01).max(1_000_000);
const manyContracts = z.number().min(0.01).max(1_000_000_000);
// Anything below a cent would round to no limit at all.
const dollars = z.number().min(0.01).max(100_000_000);
const scope = z.strictObject({ maxRiskDollars: dollars.optional(), maxContracts: manyContracts.optional() });
const byTicker = <T extends z.ZodType>(of: T) => z.record(z.string().min(1), of).default({});

/** Worst cases where nothing is said, from the market up: each at most what the level above it has. */
const DEFAULT_DOLLARS = { market: 500, event: 1000, series: 2500, strategy: 10_000, total: 10_000 };
const LEVELS = ['market', 'event', 'series', 'strategy', 'total'] as const;
type Level = (typeof LEVELS)[number];

const fields = z.strictObject({
  maxPositionContracts: contracts,
  maxOrderContracts: contracts,
  maxOrderDollars: dollars.default(250),
  maxOrdersPerMarket: z.int().min(1).max(1000),
  maxOrders: z.int().min(1).max(200_000),
  maxRestingContractsPerMarket: manyContracts.optional(),
  maxCapitalDollars: dollars,
  priceBandCents: z.number().min(0.01).max(99),
  maxMarketRiskDollars: dollars.optional(),
  maxEventRiskDollars: dollars.optional(),
  maxSeriesRiskDollars: dollars.optional(),
  maxStrategyRiskDollars: dollars.optional(),
  maxTotalRiskDollars: dollars.optional(),
  maxEventContracts: manyContracts.optional(),
  maxSeriesContracts: manyContracts.optional(),
  maxStrategyContracts: manyContracts.optional(),
  maxTotalContracts: manyContracts.optional(),
  /** Share of what the account is worth that one market may lose. */
  maxEquityShare: z.number().positive().max(1).default(0.2),
  cashReserveDollars: z.number().min(0).max(100_000_000).default(100),
  messagesPerSecondPerMarket: z.number().positive().max(1000).default(5),
  maxTradesPerDay: z.int().min(1).max(1_000_000).optional(),
  duplicateMs: z.int().min(0).max(60_000).default(500),
  maxBookDoubtSeconds: z.number().min(0.1).max(600).default(3),
  maxSessionLossDollars: dollars,
  overrides: z
    .strictObject({
      markets: byTicker(
        z.strictObject({
          maxPositionContracts: contracts.optional(),
          maxOrderContracts: contracts.optional(),
          maxMarketRiskDollars: dollars.optional(),
        }),
      ),
      events: byTicker(scope),
      series: byTicker(scope),
    })
    .prefault({}),
});

type Fields = z.infer<typeof fields>;

/** The `risk` section: limits that contradict each other are refused, as one of them would never bind. */
export const riskSection = fields.superRefine((risk, ctx) => {
  const refuse = (path: string[], message: string): void => ctx.addIssue({ code: 'custom', path, message });
  if (risk.maxOrderContracts > 2 * risk.maxPositionContracts)
    refuse(
      ['maxOrderContracts'],
      `${risk.maxOrderContracts} is more than ever fits: from one end of maxPositionContracts (${risk.maxPositionContracts}) to the other are ${2 * risk.maxPositionContracts}`,
    );
  if (risk.maxOrdersPerMarket > risk.maxOrders)
    refuse(['maxOrdersPerMarket'], `${risk.maxOrdersPerMarket} is more than maxOrders (${risk.maxOrders}) for all`);
  const levels = LEVELS.filter((level) => riskOf(risk, level) !== undefined);
  for (const [at, level] of levels.entries()) {
    const above = levels[at + 1];
    if (above === undefined || riskOf(risk, level)! <= riskOf(risk, above)!) continue;
    refuse(
      [nameOf(level)],
      `${riskOf(risk, level)} is more than ${nameOf(above)} (${riskOf(risk, above)}) leaves: lower it, or raise that`,
    );
  }
  const counts = [
    ['maxEventContracts', risk.maxEventContracts],
    ['maxSeriesContracts', risk.maxSeriesContracts],
    ['maxStrategyContracts', risk.maxStrategyContracts],
    ['maxTotalContracts', risk.maxTotalContracts],
  ] as const;
  const given = counts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  for (const [at, { name, value }] of given.entries()) {
    const above = given[at + 1];
    if (above !== undefined && value > above.value)
      refuse([name], `${value} is more than ${above.name} (${above.value}) leaves: lower it, or raise that`);
  }
});

function nameOf(level: Level): keyof Fields {
  return `max${level[0]!.toUpperCase()}${level.slice(1)}RiskDollars` as keyof Fields;
}

function riskOf(risk: Fields, level: Level): number | undefined {
  return risk[nameOf(level)] as number | undefined;
}

/** A level's worst case: as given, or the default, never above the level above nor below a level below. */
function effective(risk: Fields, level: Level): number {
  const given = riskOf(risk, level);
  if (given !== undefined) return given;
  const at = LEVELS.indexOf(level);
  const above = LEVELS.slice(at + 1).flatMap((l) => riskOf(risk, l) ?? []);
  const below = LEVELS.slice(0, at).flatMap((l) => riskOf(risk, l) ?? []);
  return Math.max(Math.min(DEFAULT_DOLLARS[level], ...above), ...below);
}

/** The engine's limits from the section. */
export function riskLimits(risk: Fields): RiskLimits {
  const level = (of: Level, most: number | undefined): ScopeLimits => ({
    maxRisk: money(effective(risk, of)),
    ...(most === undefined ? {} : { maxContracts: count(most) }),
  });
  const { overrides } = risk;
  return {
    maxPosition: count(risk.maxPositionContracts),
    maxOrderCount: count(risk.maxOrderContracts),
    maxOrderValue: money(risk.maxOrderDollars),
    maxOrdersPerMarket: risk.maxOrdersPerMarket,
    maxOrders: risk.maxOrders,
    ...(risk.maxRestingContractsPerMarket === undefined
      ? {}
      : { maxRestingPerMarket: count(risk.maxRestingContractsPerMarket) }),
    maxCapital: money(risk.maxCapitalDollars),
    priceBand: Math.round(risk.priceBandCents * 100),
    maxMarketRisk: money(effective(risk, 'market')),
    maxEquityShare: risk.maxEquityShare,
    event: level('event', risk.maxEventContracts),
    series: level('series', risk.maxSeriesContracts),
    strategy: level('strategy', risk.maxStrategyContracts),
    total: level('total', risk.maxTotalContracts),
    cashReserve: money(risk.cashReserveDollars),
    messagesPerSecond: risk.messagesPerSecondPerMarket,
    ...(risk.maxTradesPerDay === undefined ? {} : { maxTradesPerDay: risk.maxTradesPerDay }),
    duplicateMs: risk.duplicateMs,
    maxBookDoubtMs: risk.maxBookDoubtSeconds * 1000,
    overrides: {
      markets: each(overrides.markets, (own) => ({
        ...(own.maxPositionContracts === undefined ? {} : { maxPosition: count(own.maxPositionContracts) }),
        ...(own.maxOrderContracts === undefined ? {} : { maxOrderCount: count(own.maxOrderContracts) }),
        ...(own.maxMarketRiskDollars === undefined ? {} : { maxMarketRisk: money(own.maxMarketRiskDollars) }),
      })) satisfies Record<string, MarketOverrides>,
      events: each(overrides.events, scopeOf),
      series: each(overrides.series, scopeOf),
    },
  };
}

function scopeOf(own: z.infer<typeof scope>): ScopeLimits {
  return {
    ...(own.maxRiskDollars === undefined ? {} : { maxRisk: money(own.maxRiskDollars) }),
    ...(own.maxContracts === undefined ? {} : { maxContracts: count(own.maxContracts) }),
  };
}

function each<A, B>(record: Readonly<Record<string, A>>, make: (own: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([ticker, own]) => [ticker, make(own)]));
}

/** Contracts of a configuration file as the engine counts them. */
export function count(value: number): Count {
  return Math.round(value * ONE_CONTRACT) as Count;
}

/** Dollars of a configuration file as the engine counts them. */
export function money(value: number): Money {
  return Math.round(value * DOLLAR) as Money;
}
