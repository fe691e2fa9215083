import { readFileSync } from 'node:fs';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { type NewMarket, type ScenarioAction, type ScenarioStep, STRUCTURES } from '../exchange/index.ts';
import { feeSchedule } from '../market/index.ts';
import { type Price, parsePrice } from '../units/index.ts';
import { hint } from './config.ts';
import { UsageError } from './usage.ts';

const DAY_SECONDS = 86_400;
const seconds = z
  .number()
  .min(0)
  .max(30 * DAY_SECONDS);
const atSeconds = seconds;
const market = z.string().min(1);
/** A shard's number, or all of them. */
const shard = z
  .union([z.literal('all'), z.int().min(0).max(63)], { error: 'expected a shard number or all' })
  .default('all')
  .transform((value) => (value === 'all' ? null : value));
const structure = z.enum(Object.keys(STRUCTURES) as [string, ...string[]]);
const feeType = z.enum(['quadratic', 'quadratic_with_maker_fees', 'quadratic_with_combo_maker_fees', 'flat']);
const multiplier = z.number().min(0).max(100);
const ending = {
  market,
  result: z.enum(['yes', 'no', 'scalar']),
  /** What a YES contract is worth in dollars, for `scalar`. */
  value: z
    .string()
    .regex(/^0\.\d{1,4}$/, 'expected dollars in quotes, such as "0.3060"')
    .optional(),
};

const step = z.discriminatedUnion('do', [
  z.strictObject({
    atSeconds,
    do: z.enum(['pause', 'resume']),
    level: z.enum(['trading', 'exchange']).default('trading'),
    shard,
  }),
  z.strictObject({ atSeconds, do: z.literal('maintenance'), shard, forSeconds: seconds }),
  z.strictObject({ atSeconds, do: z.enum(['deactivate', 'activate', 'dispute']), market }),
  z.strictObject({ atSeconds, do: z.literal('close'), market, inSeconds: seconds.default(0) }),
  z.strictObject({ atSeconds, do: z.literal('reopen'), market, forSeconds: seconds.default(DAY_SECONDS) }),
  z.strictObject({ atSeconds, do: z.enum(['determine', 'settle', 'correct']), ...ending }),
  z.strictObject({ atSeconds, do: z.literal('jump'), market, byLogit: z.number().min(-10).max(10) }),
  z.strictObject({ atSeconds, do: z.literal('grid'), market, structure }),
  z.strictObject({
    atSeconds,
    do: z.literal('fee'),
    scope: z.enum(['series', 'event']),
    ticker: z.string().min(1),
    feeType: feeType.nullable().default(null),
    multiplier: multiplier.nullable().default(null),
    inSeconds: seconds.default(0),
  }),
  z.strictObject({
    atSeconds,
    do: z.literal('list'),
    market,
    event: z.string().min(1).optional(),
    series: z.string().min(1).optional(),
    title: z.string().optional(),
    shard: z.int().min(0).max(63).default(0),
    structure: structure.default('linear_cent'),
    openInSeconds: seconds.default(0),
    closeInSeconds: seconds.default(DAY_SECONDS),
    settlementSeconds: seconds.default(60),
    feeType: feeType.default('quadratic'),
    multiplier: multiplier.default(1),
    mutuallyExclusive: z.boolean().default(false),
  }),
  z.strictObject({
    atSeconds,
    do: z.literal('triggerGroups'),
    shard,
    subaccount: z.int().min(0).max(63).nullable().default(null),
    nth: z.int().min(1).nullable().default(null),
  }),
  z.strictObject({ atSeconds, do: z.literal('disconnect') }),
]);
const schema = z.strictObject({ steps: z.array(step).min(1).max(10_000) });

type FileStep = z.infer<typeof step>;

/** Read and check a scenario file. @throws UsageError naming the file, and line, field and expectation of every fault */
export function readScenario(path: string): ScenarioStep[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`scenario file ${path} cannot be read: ${(error as Error).message}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) throw new UsageError(`scenario file ${path} is not valid YAML: ${broken.message}`);
  const result = schema.safeParse(document.toJS());
  const faults = result.success
    ? result.data.steps.flatMap((s, i) =>
        fault(s) === null ? [] : [`  ${at(document, lines, ['steps', i])}${fault(s)}`],
      )
    : result.error.issues.map((issue) => `  ${at(document, lines, issue.path)}${words(issue, document)}`);
  if (!result.success || faults.length > 0)
    throw new UsageError(`scenario file ${path} has ${faults.length} problem(s):\n${faults.join('\n')}`);
  return result.data.steps.map((s) => ({ atSeconds: s.atSeconds, action: actionOf(s) }));
}

/** What a step lacks that its form alone does not show. */
function fault(s: FileStep): string | null {
  if ('result' in s && (s.result === 'scalar') !== (s.value !== undefined))
    return s.result === 'scalar' ? 'a scalar result needs a value' : `a ${s.result} result has no value of its own`;
  if ('value' in s && s.value !== undefined && Number(s.value) === 0)
    return 'a scalar value lies between 0 and 1 dollar';
  return null;
}

/** `line 7, steps.1.level: `, the nearest line there is. */
function at(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    const range = (node as { readonly range?: readonly number[] } | null | undefined)?.range;
    if (range) return `line ${lines.linePos(range[0]!).line}, ${path.join('.') || 'top level'}: `;
  }
  return `${path.join('.') || 'top level'}: `;
}

function words(issue: z.core.$ZodIssue, document: Document): string {
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'do') {
    const names = step.options.flatMap((option) => doOf(option));
    const given = document.getIn(issue.path);
    return given === undefined ? 'is missing' : `unknown step "${given}"${hint(String(given), names)}`;
  }
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(issue.path, document);
    return `unknown field ${issue.keys.map((key) => `"${key}"${hint(key, known)}`).join(', ')}`;
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return `is missing (expected ${issue.expected})`;
  return issue.message.replace(/^Invalid (input|option): /, '');
}

type StepSchema = (typeof step.options)[number];

function doOf(option: StepSchema): string[] {
  return [...option.shape.do._zod.values].map(String);
}

function fieldsAt(path: readonly PropertyKey[], document: Document): string[] {
  if (path.length === 0) return ['steps'];
  const given = String(document.getIn([...path, 'do']));
  return Object.keys(step.options.find((option) => doOf(option).includes(given))?.shape ?? {});
}

function actionOf(s: FileStep): ScenarioAction {
  switch (s.do) {
    case 'determine':
    case 'settle':
    case 'correct': {
      const { do: what, market: ticker, result, value } = s;
      return {
        do: what,
        market: ticker,
        result,
        ...(value === undefined ? {} : { value: parsePrice(value) as Price }),
      };
    }
    case 'grid':
      return { do: 'grid', market: s.market, grid: STRUCTURES[s.structure]! };
    case 'fee': {
      const { scope, ticker, inSeconds } = s;
      return { do: 'fee', scope, ticker, feeType: s.feeType, multiplier: textOf(s.multiplier), inSeconds };
    }
    case 'list':
      return { do: 'list', listing: newMarket(s) };
    default: {
      const { atSeconds: _, ...action } = s;
      return action;
    }
  }
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}

function newMarket(s: Extract<FileStep, { do: 'list' }>): NewMarket {
  const parts = s.market.split('-');
  // Fails here, not when its time comes.
  feeSchedule(s.feeType, String(s.multiplier), 100);
  return {
    ticker: s.market,
    eventTicker: s.event ?? (parts.length > 2 ? parts.slice(0, -1).join('-') : s.market),
    seriesTicker: s.series ?? parts[0]!,
    title: s.title ?? s.market,
    exchangeIndex: s.shard,
    grid: STRUCTURES[s.structure]!,
    feeType: s.feeType,
    feeMultiplier: String(s.multiplier),
    settlementSeconds: s.settlementSeconds,
    ...(s.mutuallyExclusive ? { collateralReturn: 'MECNET' as const } : {}),
    openInSeconds: s.openInSeconds,
    closeInSeconds: s.closeInSeconds,
  };
}
