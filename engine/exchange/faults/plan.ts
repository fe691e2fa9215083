import { z } from 'zod';

const milliseconds = z.number().min(0).max(86_400_000);
const eventNumber = z.int().min(1).max(1_000_000_000);

/** Which events of a rule's stream it strikes. Event numbers start at 1; times are exchange time since it opened. */
const occasion = {
  /** Chance for each event, drawn from the seed. */
  probability: z.number().min(0).max(1).default(1),
  /** First and last event number. */
  from: eventNumber.default(1),
  to: eventNumber.default(1_000_000_000),
  /** Of those, each `every`-th. */
  every: eventNumber.default(1),
  /** Window of time, ms. */
  afterMs: milliseconds.default(0),
  forMs: z.number().positive().max(86_400_000).default(86_400_000),
};

const requestScope = {
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  /** Below the API's root; `*` stands for one part of the path, `**` at its end for any rest. */
  path: z.string().startsWith('/').default('/**'),
};

/** Before the exchange acts on a request, or once it has. */
const stage = z.enum(['before', 'after']).default('before');

const request = z.discriminatedUnion('fault', [
  z.strictObject({
    fault: z.literal('latency'),
    /** On the way in, on the way back, and at most this much more on each, ms. */
    beforeMs: milliseconds.default(0),
    backMs: milliseconds.default(0),
    jitterMs: milliseconds.default(0),
    ...requestScope,
    ...occasion,
  }),
  z.strictObject({ fault: z.literal('drop'), stage, ...requestScope, ...occasion }),
  z.strictObject({
    fault: z.literal('error'),
    stage,
    status: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]).default(503),
    ...requestScope,
    ...occasion,
  }),
  z.strictObject({ fault: z.literal('silence'), stage, ...requestScope, ...occasion }),
  z.strictObject({ fault: z.literal('rateLimit'), ...requestScope, ...occasion }),
  z.strictObject({ fault: z.literal('stale'), lagMs: milliseconds, ...requestScope, ...occasion }),
]);

const frameScope = { channel: z.string().min(1).optional() };

const frame = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.literal('drop'), ...frameScope, ...occasion }),
  z.strictObject({ fault: z.literal('duplicate'), ...frameScope, ...occasion }),
  /** Sent after `by` later frames of its connection. */
  z.strictObject({ fault: z.literal('reorder'), by: z.int().min(1).max(100).default(1), ...frameScope, ...occasion }),
  /** It, and what comes behind it on its connection, waits. */
  z.strictObject({
    fault: z.literal('delay'),
    delayMs: milliseconds,
    jitterMs: milliseconds.default(0),
    ...frameScope,
    ...occasion,
  }),
]);

const connection = z.strictObject({
  /**
   * `refuse` answers the upgrade with 502, `silent` never answers it; the others come after `afterFrames` frames: `close`
   * with a close frame, `cut` with a TCP reset, `mute` sends nothing more, `freeze` neither sends nor reads.
   */
  fault: z.enum(['refuse', 'silent', 'close', 'cut', 'mute', 'freeze']),
  afterFrames: z.int().min(0).max(1_000_000_000).default(0),
  ...occasion,
});

const schema = z.strictObject({
  seed: z.int().min(0).max(2_147_483_647).default(1),
  requests: z.array(request).max(100).default([]),
  frames: z.array(frame).max(100).default([]),
  connections: z.array(connection).max(100).default([]),
  /** An order group is triggered by the n-th `create` or `fill` of an order in one. */
  groups: z
    .array(z.strictObject({ on: z.enum(['create', 'fill']), ...occasion }))
    .max(100)
    .default([]),
  /** Shards that are down in a window of time. */
  shards: z
    .array(z.strictObject({ shard: z.int().min(0).max(100), afterMs: occasion.afterMs, forMs: occasion.forMs }))
    .max(100)
    .default([]),
  /** Windows of time in which nothing is served. */
  maintenance: z
    .array(z.strictObject({ afterMs: occasion.afterMs, forMs: occasion.forMs }))
    .max(100)
    .default([]),
  /** How the exchange's clock differs: at the opening, ms, and how much faster it runs, parts in a million. */
  clock: z
    .strictObject({
      offsetMs: z.number().min(-86_400_000).max(86_400_000).default(0),
      driftPpm: z.number().min(-500_000).max(500_000).default(0),
    })
    .prefault({}),
});

/** What is to go wrong: a checked fault file. */
export type FaultPlan = z.infer<typeof schema>;
export type RequestRule = FaultPlan['requests'][number];
export type FrameRule = FaultPlan['frames'][number];
export type ConnectionRule = FaultPlan['connections'][number];
/** The part of a rule that says which events it strikes. */
export type Occasion = Pick<ConnectionRule, 'probability' | 'from' | 'to' | 'every' | 'afterMs' | 'forMs'>;

/** A fault plan that cannot be used; every line of the message names a field. */
export class FaultPlanError extends Error {}

/** Check a fault plan as it was read from a file. @throws FaultPlanError */
export function faultPlan(value: unknown): FaultPlan {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  throw new FaultPlanError(result.error.issues.map(describe).join('\n'));
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.map(String).join('.') || 'top level';
  if (issue.code === 'unrecognized_keys') return `${at}: unknown field ${issue.keys.map((k) => `"${k}"`).join(', ')}`;
  return `${at}: ${issue.message.replace('Invalid input: ', '')}`;
}
