import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { EngineConfig } from '../core/index.ts';
import { SCHEDULE_DEFAULTS } from '../quoting/index.ts';
import { GROUP_DEFAULTS } from '../risk/index.ts';
import { calendarSchema, calendarTerms } from './calendar-config.ts';
import { externalSchema } from './external-config.ts';
import { levelsSchema, levelTerms } from './levels-config.ts';
import { count, money, riskLimits, riskSection } from './risk-config.ts';
import { UsageError } from './usage.ts';

/** A configuration that cannot be used: which file, which field, what is wrong. The message is complete for a person. */
export class ConfigError extends UsageError {}

const positive = z.number().positive();

const sections = z.strictObject({
  environment: z.enum(['paper', 'demo', 'prod']),
  markets: z.array(z.string().min(1)).max(500).default([]),
  strategy: z.strictObject({
    /** A shipped strategy's name, a path from this file's folder, or an installed package. */
    use: z.string().min(1).default('ladder'),
    /** Checked against what the strategy says of itself when it is loaded. */
    params: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).default({}),
    /** How long one call may take: a market where calls take longer is given up. */
    allowanceMs: positive.max(1000).default(20),
  }),
  risk: riskSection,
  levels: levelsSchema,
  orderGroup: z.strictObject({
    contractsPer15s: z.number().min(1).max(1_000_000),
    /** Who has a triggered group reset: a person, or time under conditions (docs/groups.md). */
    reset: z.enum(['operator', 'coolOff']).default(GROUP_DEFAULTS.reset),
    coolOffSeconds: z
      .number()
      .min(15)
      .max(86_400)
      .default(GROUP_DEFAULTS.coolOffMs / 1000),
    maxResets: z.int().min(1).max(1000).default(GROUP_DEFAULTS.maxResets),
    /** Groups that no order names: only where nobody else uses the account are they ours to delete. */
    orphans: z.enum(['leave', 'delete']).default(GROUP_DEFAULTS.orphans),
    massCancel: z.boolean().default(GROUP_DEFAULTS.massCancel),
    /** The limit follows this many times what is quoted at once, up to contractsPer15s; 0: it does not. */
    scaleToQuotes: z.number().min(0).max(1000).default(GROUP_DEFAULTS.scaleToQuotes),
  }),
  quoting: z
    .strictObject({
      levelsBehind: z.int().min(0).max(100).default(1),
      countShare: z.number().min(0).max(1).default(0.5),
      /** How an order that has to move is moved: one amend, or a cancel and then a create. */
      replace: z.enum(['amend', 'cancel_create']).default('amend'),
      quoteOneSided: z.boolean().default(false),
      /** How places in queues are estimated between polls, the powers' exponent, and how often they are asked for (0: never). */
      queueModel: z.enum(['riskAverse', 'power1', 'power2', 'power3', 'log1', 'log2']).default('power3'),
      queueExponent: z.number().min(0.1).max(10).default(3),
      queuePollSeconds: z.number().min(0).max(3600).default(30),
      /** What stale quotes would lose is shown for a jump of the fair value by so many ticks. */
      staleTicks: z.int().min(1).max(100).default(3),
      closeGuardSeconds: z.number().min(0).max(86_400).default(120),
    })
    .prefault({}),
  /** Times in which markets are not quoted as usual (docs/calendar.md). */
  calendar: calendarSchema,
  budget: z
    .strictObject({
      share: positive.max(1).default(0.9),
      jitterMs: z.number().min(0).max(5000).default(200),
      reserveTokens: z.number().min(0).max(10_000).default(20),
      maxBatch: z.int().min(1).max(900).default(20),
      shardBuckets: z.boolean().default(true),
      view: z.enum(['tokens', 'writes']).default('tokens'),
    })
    .prefault({}),
  /** Which writes go first when tokens are short (docs/scheduler.md). */
  scheduler: z
    .strictObject({
      order: z.enum(['value', 'arrival', 'round_robin']).default(SCHEDULE_DEFAULTS.order),
      pulls: z.boolean().default(SCHEDULE_DEFAULTS.pulls),
      pullShare: z.number().min(0).max(0.8).default(SCHEDULE_DEFAULTS.pullShare),
      maxWaitMs: z.int().min(0).max(600_000).default(SCHEDULE_DEFAULTS.maxWaitMs),
      agedShare: z.number().min(0.01).max(1).default(SCHEDULE_DEFAULTS.agedShare),
      staleEdgeShare: z.number().min(0).max(1).default(SCHEDULE_DEFAULTS.staleEdgeShare),
      fillsPerSecond: positive.max(1000).default(SCHEDULE_DEFAULTS.fillsPerSecond),
      decayPerCent: z.number().min(0).max(100).default(SCHEDULE_DEFAULTS.decayPerCent),
      takerContracts: positive.max(1_000_000).default(SCHEDULE_DEFAULTS.takerContracts),
      staleHitsPerSecond: positive.max(1000).default(SCHEDULE_DEFAULTS.staleHitsPerSecond),
      quoteLifeSeconds: positive.max(86_400).default(SCHEDULE_DEFAULTS.quoteLifeSeconds),
      latencySeconds: z.number().min(0).max(60).default(SCHEDULE_DEFAULTS.latencySeconds),
      urgencyFactor: z.number().min(1).max(1000).default(SCHEDULE_DEFAULTS.urgencyFactor),
      reducingFactor: z.number().min(1).max(1000).default(SCHEDULE_DEFAULTS.reducingFactor),
    })
    .prefault({}),
  /** Where values from outside come from (docs/strategies.md). */
  external: externalSchema.prefault({}),
  feed: z
    .strictObject({
      /** How the feed is read: by the `ws` library, or in place from the socket's buffer. */
      socket: z.enum(['ws', 'raw']).default('ws'),
      snapshotTimeoutMs: z.int().min(100).max(60_000).default(2000),
      resubscribeTimeoutMs: z.int().min(100).max(60_000).default(5000),
      quietCheckSeconds: z.number().min(1).max(3600).default(60),
    })
    .prefault({}),
  orders: z
    .strictObject({
      /** What orders travel by: the undici package, or HTTP/1.1 written straight to the socket. */
      transport: z.enum(['undici', 'raw']).default('undici'),
      connections: z.int().min(1).max(64).default(8),
      /** The exchange cancels an order by itself after at most this long; 0: never. */
      expireSeconds: z
        .int()
        .max(86_400)
        .refine((value) => value === 0 || value >= 30, 'expected 0 (never), or at least 30')
        .default(900),
      signatures: z
        .strictObject({
          /** By a thread of their own, ahead of time, or when a request is sent. */
          made: z.enum(['ahead', 'inline']).default('ahead'),
          /** Between the moments signatures are made for: of the batched paths, and of single orders and groups. */
          stepMs: z.int().min(5).max(1000).default(50),
          orderStepMs: z.int().min(50).max(1000).default(1000),
          aheadMs: z.int().min(500).max(30_000).default(5000),
          maxAgeMs: z.int().min(50).max(1000).default(1000),
          /** Use one for several requests. */
          reuse: z.boolean().default(false),
          /** Single orders and groups prepared for at a time. */
          orderPaths: z.int().min(0).max(1000).default(64),
          /** Further requests to prepare for. */
          paths: z
            .array(z.string().regex(/^(GET|POST|PUT|DELETE) \/\S*$/, 'expected a method and a path below the API root'))
            .max(32)
            .default([]),
        })
        .prefault({}),
    })
    .prefault({}),
  timing: z
    .strictObject({
      requestTimeoutMs: z.int().min(100).max(60_000).default(5000),
      unknownMinAgeMs: z.int().min(0).max(120_000).default(10_000),
      reconcileSeconds: z.number().min(1).max(3600).default(30),
      stopTimeoutSeconds: z.number().min(1).max(300).default(15),
    })
    .prefault({}),
  /** Balance precision of the account: `direct` members round to $0.0001, `broker` accounts to the cent. */
  account: z
    .strictObject({
      rounding: z.enum(['direct', 'broker']).default('direct'),
      /** Start of every client order id: engines that share an account need one each. */
      clientPrefix: z
        .string()
        .regex(/^[a-z0-9]{1,8}$/, 'expected 1 to 8 lower-case letters and digits')
        .default('hd'),
      /** The subaccount to trade in, 0 being the main one. */
      subaccount: z.int().min(0).max(63).default(0),
      /** Orders of an earlier session that still rest at the start. */
      leftovers: z.enum(['cancel', 'adopt']).default('cancel'),
      /** Cash that is not what our trades make it: only an account that nobody else uses can halt on that. */
      cashMismatch: z.enum(['warn', 'halt']).default('warn'),
    })
    .prefault({}),
});

const schema = sections.superRefine(({ markets, risk }, ctx) => {
  for (const ticker of Object.keys(risk.overrides.markets)) {
    if (markets.length === 0 || markets.includes(ticker)) continue;
    const message = `is not among the markets above (${markets.join(', ')}): no order would ever be judged by it`;
    ctx.addIssue({ code: 'custom', path: ['risk', 'overrides', 'markets', ticker], message });
  }
});

/** A checked configuration file. */
export type FileConfig = z.infer<typeof schema>;

/** Read and check a configuration file. @throws ConfigError naming file, field and expectation */
export function readConfig(path: string): FileConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a directory' : `cannot be read (${code})`;
    throw new ConfigError(`config file ${path} ${what}`);
  }
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken !== undefined) throw new ConfigError(`config file ${path} is not valid YAML: ${broken.message}`);
  const result = schema.safeParse(document.toJS());
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${describe(issue)}`);
  throw new ConfigError(`config file ${path} has ${lines.length} problem(s):\n${lines.join('\n')}`);
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.join('.');
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return `${at || 'top level'}: is missing (expected ${issue.expected})`;
  }
  if (issue.code === 'invalid_key') return `${at}: ${issue.issues[0]?.message ?? issue.message}`;
  if (issue.code !== 'unrecognized_keys')
    return `${at || 'top level'}: ${issue.message.replace('Invalid input: ', '')}`;
  const known = fieldsAt(issue.path);
  const names = issue.keys.map((key) => `"${key}"${hint(key, known)}`).join(', ');
  return `${at || 'top level'}: unknown field ${names}`;
}

/** The field names that exist where an unknown one was found. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  interface Node {
    readonly properties?: Readonly<Record<string, Node>>;
    readonly additionalProperties?: Node;
  }
  let node: Node | undefined = z.toJSONSchema(schema, { io: 'input' }) as Node;
  for (const step of path) node = node?.properties?.[String(step)] ?? node?.additionalProperties;
  return Object.keys(node?.properties ?? {});
}

/** A suggestion for an unknown name: the one it is nearly, or all there are. Starts with a space, or is empty. */
export function hint(key: string, known: readonly string[]): string {
  const near = known.find((name) => distance(name.toLowerCase(), key.toLowerCase()) <= 2);
  if (near !== undefined) return ` (did you mean "${near}"?)`;
  return known.length === 0 ? '' : ` (known here: ${known.join(', ')})`;
}

/** Levenshtein distance, for typos. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The engine's configuration from a file's, for one session. `strategy`: what was made of the file's section. */
export function engineConfig(
  file: FileConfig,
  sessionId: string,
  tickers: readonly string[],
  strategy: EngineConfig['strategy'] = { name: file.strategy.use, params: file.strategy.params },
): EngineConfig {
  return {
    sessionId,
    clientPrefix: file.account.clientPrefix,
    subaccount: file.account.subaccount,
    leftovers: file.account.leftovers,
    cashMismatch: file.account.cashMismatch,
    tickers,
    strategy: { name: strategy.name, params: strategy.params },
    risk: riskLimits(file.risk),
    maxSessionLoss: money(file.risk.maxSessionLossDollars),
    levels: levelTerms(file.levels, file.risk.maxSessionLossDollars),
    groupLimit: count(file.orderGroup.contractsPer15s),
    groups: {
      reset: file.orderGroup.reset,
      coolOffMs: file.orderGroup.coolOffSeconds * 1000,
      maxResets: file.orderGroup.maxResets,
      resetFound: false,
      orphans: file.orderGroup.orphans,
      massCancel: file.orderGroup.massCancel,
      scaleToQuotes: file.orderGroup.scaleToQuotes,
    },
    tolerance: { levelsBehind: file.quoting.levelsBehind, countShare: file.quoting.countShare },
    replace: file.quoting.replace,
    expireMs: file.orders.expireSeconds * 1000,
    quoteOneSided: file.quoting.quoteOneSided,
    staleTicks: file.quoting.staleTicks,
    queue: {
      model: file.quoting.queueModel,
      n: file.quoting.queueExponent,
      pollMs: file.quoting.queuePollSeconds * 1000,
    },
    closeGuardMs: file.quoting.closeGuardSeconds * 1000,
    calendar: calendarTerms(file.calendar, Date.now(), file.environment !== 'paper'),
    budget: {
      share: file.budget.share,
      jitterMs: file.budget.jitterMs,
      reserve: file.budget.reserveTokens,
      maxBatch: file.budget.maxBatch,
      shardBuckets: file.budget.shardBuckets,
      view: file.budget.view,
    },
    scheduler: file.scheduler,
    timing: {
      requestTimeoutMs: file.timing.requestTimeoutMs,
      retryMs: 1000,
      snapshotTimeoutMs: file.feed.snapshotTimeoutMs,
      resubscribeTimeoutMs: file.feed.resubscribeTimeoutMs,
      quietCheckMs: file.feed.quietCheckSeconds * 1000,
      unknownAskMs: 1000,
      unknownMinAgeMs: file.timing.unknownMinAgeMs,
      absentReads: 3,
      missingFillMs: 2000,
      reconcileMs: file.timing.reconcileSeconds * 1000,
      refusedHoldMs: 5000,
      stopTimeoutMs: file.timing.stopTimeoutSeconds * 1000,
    },
    feePrecision: file.account.rounding === 'direct' ? 100 : 10_000,
  };
}
