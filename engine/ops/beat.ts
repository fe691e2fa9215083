import { z } from 'zod';
import { CALLS } from './activity.ts';

/** Version of the lines below; a watchdog watches no daemon that speaks another. */
export const BEAT_VERSION = 1;

/** The first line of a daemon: who it is, and how its orders are told from others'. */
const hello = z.object({
  type: z.literal('hello'),
  version: z.int(),
  session: z.string().min(1).max(64),
  pid: z.int().positive(),
  environment: z.enum(['paper', 'demo', 'prod']),
  clientPrefix: z.string().min(1).max(16),
  subaccount: z.int().min(0).max(63),
  strategy: z.string().max(200),
});

/** Written by the main thread between two rounds of its event loop. */
const beat = z.object({
  type: z.literal('beat'),
  lap: z.int(),
  /** Orders that may rest, as far as the daemon knows. */
  resting: z.int().min(0),
  /** It is connected to the exchange. */
  linkUp: z.boolean(),
  /** `latched`: triggered, and not by the daemon itself to pull everything. */
  groups: z.array(z.object({ shard: z.int().min(0), id: z.string().min(1).max(200), latched: z.boolean() })).max(256),
});

/** Written by the daemon's second thread, on a connection of its own, while the main thread does not come round. */
const stall = z.object({
  type: z.literal('stall'),
  session: z.string().min(1).max(64),
  /** How long the event loop has not come round. */
  stalledMs: z.number().min(0),
  /** The call into the strategy it is in, '' for none, for how long, and about which market ('' for all). */
  call: z.enum(CALLS),
  callMs: z.number().min(0),
  ticker: z.string().max(200),
});

/** The daemon ends. `clean`: the exchange confirmed that nothing rests. */
const stopped = z.object({ type: z.literal('stopped'), clean: z.boolean(), text: z.string().max(2000) });

const line = z.discriminatedUnion('type', [hello, beat, stall, stopped]);

export type Hello = z.infer<typeof hello>;
export type Beat = z.infer<typeof beat>;
export type Stall = z.infer<typeof stall>;
export type Stopped = z.infer<typeof stopped>;
export type BeatLine = z.infer<typeof line>;

/** What a watchdog answers to `hello`. */
export type BeatReply = { readonly type: 'watching' } | { readonly type: 'refused'; readonly why: string };

/** Read one line of a daemon. @throws Error naming what is wrong with it */
export function readBeatLine(text: string): BeatLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const result = line.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new Error(`${path.join('.') || 'line'}: ${message}`);
}

/** As sent: one line of JSON. */
export function writeBeatLine(value: BeatLine | BeatReply): string {
  return `${JSON.stringify(value)}\n`;
}
