import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { SourceSettings } from '../external/index.ts';

const name = z.string().regex(/^\S(.{0,198}\S)?$/, 'expected 1 to 200 characters without space around them');
const pointer = z.string().regex(/^(\/.*)?$/, 'expected a JSON pointer such as /data/prices');
const bounds = { min: z.number().optional(), max: z.number().optional() };

const source = z
  .strictObject({
    file: z
      .strictObject({
        /** From the configuration's folder. */
        path: z.string().min(1),
        /** One object replaced as a whole, or lines appended. Default: ndjson for .ndjson and .jsonl. */
        format: z.enum(['json', 'ndjson']).optional(),
        checkMs: z.int().min(10).max(60_000).default(100),
      })
      .optional(),
    http: z
      .strictObject({
        url: z.string().refine(isHttp, 'expected an address that starts with http:// or https://'),
        everyMs: z.int().min(50).max(3_600_000).default(1000),
        timeoutMs: z.int().min(50).max(60_000).default(2000),
        /** Where in the answer the values are: an object of them, or with `name` a single number. */
        pointer: pointer.default(''),
        name: name.optional(),
        /** Where in the answer their time is. */
        timePointer: pointer.default(''),
      })
      .optional(),
    ...bounds,
    /** The only ones that are taken, by their names there; left out: all. */
    values: z.record(z.string(), z.strictObject({ as: name.optional(), ...bounds })).optional(),
  })
  .superRefine((given, ctx) => {
    const fault = (path: string[], message: string): void => ctx.addIssue({ code: 'custom', path, message });
    if ((given.file === undefined) === (given.http === undefined))
      fault([], 'expected either file or http, and one of them');
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = given;
    if (min > max) fault(['min'], `is ${min}, expected at most max (${max})`);
    const taken = new Set<string>();
    for (const [there, rule] of Object.entries(given.values ?? {})) {
      if ((rule.min ?? min) > (rule.max ?? max)) fault(['values', there, 'min'], 'is above max');
      const as = rule.as ?? there;
      if (taken.has(as)) fault(['values', there], `two values would be called "${as}"`);
      taken.add(as);
    }
  });

/** The configuration's section `external`. */
export const externalSchema = z.strictObject({
  /** Most values that enter the engine, of all sources together. */
  maxUpdatesPerSecond: z.int().min(1).max(10_000).default(200),
  sources: z.record(z.string().regex(/^[\w-]{1,40}$/, 'expected letters, digits, - and _'), source).default({}),
});

function isHttp(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && ['http:', 'https:'].includes(url.protocol);
}

/** What a session reads values from. `configPath`: the file the section stands in. */
export interface ExternalSettings {
  readonly maxUpdatesPerSecond: number;
  readonly sources: readonly SourceSettings[];
}

/** A session's sources from a checked section. */
export function externalSettings(section: z.infer<typeof externalSchema>, configPath: string): ExternalSettings {
  const { maxUpdatesPerSecond } = section;
  const sources = Object.entries(section.sources).map(([called, given]): SourceSettings => {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, values } = given;
    const rules = Object.entries(values ?? {}).map(
      ([there, rule]) => [there, { as: rule.as ?? there, min: rule.min ?? min, max: rule.max ?? max }] as const,
    );
    return { name: called, from: originOf(given, configPath), min, max, values: values ? new Map(rules) : null };
  });
  return { maxUpdatesPerSecond, sources };
}

function originOf({ file, http }: z.infer<typeof source>, configPath: string): SourceSettings['from'] {
  if (file !== undefined) {
    const { path, checkMs, format = /\.(ndjson|jsonl)$/.test(path) ? 'ndjson' : 'json' } = file;
    return { kind: 'file', path: resolve(dirname(configPath), path), format, checkMs };
  }
  const { name: called = '', ...rest } = http!;
  return { kind: 'http', ...rest, name: called };
}
