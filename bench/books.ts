import type { Work } from './books/candidate.ts';
import { type CandidateName, Client } from './books/client.ts';
import { hasRecording } from './books/recorded.ts';
import type { Shape } from './books/stream.ts';
import { type BenchResult, type Check, median, type Row } from './result.ts';

interface Effort {
  /** Length of a stream of changes, and of one of frames. */
  readonly changes: number;
  readonly frames: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

const SHORT: Effort = { changes: 40_000, frames: 20_000, rounds: 5, roundMs: 12, warmUpMs: 120 };
const FULL: Effort = { changes: 200_000, frames: 100_000, rounds: 11, roundMs: 60, warmUpMs: 500 };

/** Heap bytes are counted over at least so many messages. */
const WEIGHED = 1_000_000;

/** Ratios asked for. */
type Target = Pick<Row, 'must' | 'stretch'>;

interface Rival {
  readonly name: CandidateName;
  /** By levels; nothing is asked for elsewhere. */
  readonly targets?: Readonly<Record<number, Target>>;
}

const MAP: Rival = { name: 'map', targets: { 99: { must: 3, stretch: 5 }, 9999: { must: 2.5, stretch: 5 } } };
const DECODE: Target = { must: 6, stretch: 9 };
const BOTH: Target = { must: 6, stretch: 10 };

const PEERS: readonly Rival[] = [
  { name: 'sorted array' },
  { name: 'sorted-btree' },
  { name: 'orderbooks', targets: everywhere({ must: 20, stretch: 50 }) },
  { name: 'nodejs-order-book', targets: everywhere({ must: 40, stretch: 100 }) },
];

function everywhere(target: Target): Readonly<Record<number, Target>> {
  return { 99: target, 9999: target };
}

/** What a benchmark finds while it goes on. */
interface Findings {
  readonly rows: Row[];
  readonly checks: Check[];
  readonly notes: string[];
  readonly data: Record<string, unknown>;
}

/** Times of one candidate at one work, ns a message, one figure a round. */
type Times = ReadonlyMap<CandidateName, ReadonlyMap<Work, readonly number[]>>;

/**
 * Order books and the decoder of their changes: this project's against the usual ways and against packages, each
 * candidate in a process of its own, taking turns.
 */
export async function benchBooks(short: boolean): Promise<BenchResult> {
  const effort = short ? SHORT : FULL;
  const { changes } = effort;
  const found: Findings = {
    rows: [],
    checks: [],
    notes: [
      'ns of CPU time a message, median of rounds taken in turns, each candidate in its own process; equal best prices after every change are checked',
      'generated: M markets x L price levels, markets chosen zipf; changes that lead back to where they began',
    ],
    data: { ...effort },
  };
  const shape = (markets: number, levels: number): Shape => ({ kind: 'generated', markets, levels, changes });
  const framed = (markets: number, levels: number): Shape => ({ ...shape(markets, levels), changes: effort.frames });
  for (const markets of [1, 100, 10_000]) await frames(found, effort, framed(markets, 99));
  if (!short) await frames(found, effort, framed(100, 9999));
  if (hasRecording()) await frames(found, effort, { kind: 'recorded', changes: effort.frames });
  else found.notes.push('no recorded feed beside this checkout: generated frames only');
  await books(found, effort, shape(1, 99), [MAP, { name: 'linear rescan' }]);
  await books(found, effort, shape(100, 99), [MAP, { name: 'linear rescan' }, ...PEERS]);
  await books(found, effort, shape(100, 9999), [MAP, { name: 'linear rescan' }, ...PEERS]);
  // The shapes that the targets were measured on: enough books to leave the first cache levels.
  await books(found, effort, shape(1000, 99), [MAP, { name: 'linear rescan' }]);
  await books(found, effort, shape(1000, 9999), [MAP, { name: 'linear rescan' }]);
  await books(found, effort, shape(10_000, 99), [MAP, { name: 'sorted array' }, { name: 'sorted-btree' }]);
  if (!short)
    await books(found, effort, shape(10_000, 9999), [MAP, { name: 'sorted array' }, { name: 'sorted-btree' }]);
  await worstCase(found, effort);
  return { name: 'books', ...found };
}

/** From bytes: decoded, and decoded and applied; and what that leaves on the heap. */
async function frames(found: Findings, effort: Effort, shape: Shape): Promise<void> {
  const name = nameOf(shape);
  const times = await compare(found, effort, shape, ['our frames', 'json frames'], ['decode', 'both'], async (ours) => {
    const { bytes } = await ours.ask({ kind: 'weigh', work: 'both', amount: WEIGHED });
    found.data[`heap bytes a message, ${name}`] = bytes;
    found.checks.push({
      what: `decode + apply + best, ${name}: at most 1 heap byte a message`,
      passed: bytes <= 1,
      detail: `${bytes.toFixed(2)} bytes a message over ${WEIGHED.toLocaleString('en')}`,
    });
    found.notes.push(`${name}: ${bytes.toFixed(3)} heap bytes a message, decode + apply + best`);
  });
  if (times === null) return;
  // The old form's messages are half as long, and what is asked for is asked of today's.
  const [decode, both] = shape.kind === 'recorded' ? [{}, {}] : [DECODE, BOTH];
  const against = `JSON.parse + Map, ${name}`;
  found.rows.push(row(`decode: ${against}`, times, 'json frames', 'decode', decode, 'our frames'));
  found.rows.push(row(`decode + apply + best: ${against}`, times, 'json frames', 'both', both, 'our frames'));
}

/** From numbers: applied. */
async function books(found: Findings, effort: Effort, shape: Shape, rivals: readonly Rival[]): Promise<void> {
  const times = await compare(found, effort, shape, ['ours', ...rivals.map((rival) => rival.name)], ['apply']);
  if (times === null) return;
  const levels = shape.kind === 'generated' ? shape.levels : 99;
  for (const { name, targets } of rivals) {
    found.rows.push(row(`apply + best: ${name}, ${nameOf(shape)}`, times, name, 'apply', targets?.[levels] ?? {}));
  }
}

/** A best price that comes and goes over an empty ladder. */
async function worstCase(found: Findings, effort: Effort): Promise<void> {
  const ours: number[] = [];
  for (const levels of [99, 9999]) {
    const shape: Shape = { kind: 'flicker', levels, changes: effort.changes };
    const times = await compare(found, effort, shape, ['ours', 'linear rescan'], ['apply']);
    if (times === null) return;
    ours.push(median(times.get('ours')!.get('apply')!));
    const target = levels === 99 ? {} : { must: 20, stretch: 60 };
    found.rows.push(row(`apply + best: linear rescan, ${nameOf(shape)}`, times, 'linear rescan', 'apply', target));
  }
  found.rows.push({
    what: 'apply + best: flicker over 9999 levels to over 99',
    unit: 'ns',
    ours: ours[1]!,
    baseline: ours[0]!,
    ratio: 'overhead',
    must: 6,
    stretch: 3,
  });
}

function nameOf(shape: Shape): string {
  if (shape.kind === 'recorded') return 'recorded, old cents form';
  if (shape.kind === 'flicker') return `flicker over ${shape.levels} levels`;
  return `${shape.markets.toLocaleString('en')} x ${shape.levels.toLocaleString('en')}`;
}

function row(
  what: string,
  times: Times,
  baseline: CandidateName,
  work: Work,
  target: Target,
  ours: CandidateName = 'ours',
): Row {
  const figure = (name: CandidateName): number => median(times.get(name)!.get(work)!);
  return { what, unit: 'ns', ours: figure(ours), baseline: figure(baseline), ratio: 'speedup', ...target };
}

/**
 * Start the candidates, warm them up, hold their answers against the first one's, and time them in turns, another one
 * first in every round. Null where an answer differs or a candidate fails: its times would mean nothing.
 */
async function compare(
  found: Findings,
  effort: Effort,
  shape: Shape,
  names: readonly CandidateName[],
  works: readonly Work[],
  last: (first: Client) => Promise<void> = () => Promise.resolve(),
): Promise<Times | null> {
  const clients: Client[] = [];
  try {
    for (const started of await Promise.allSettled(names.map((name) => Client.start({ name, shape })))) {
      if (started.status === 'rejected') throw started.reason;
      clients.push(started.value);
    }
    if (!(await agree(found, effort, shape, clients, works))) return null;
    const times = new Map(names.map((name) => [name, new Map(works.map((work) => [work, [] as number[]]))]));
    for (let round = 0; round < effort.rounds; round++) {
      for (let i = 0; i < clients.length; i++) {
        const client = clients[(i + round) % clients.length]!;
        for (const work of works) {
          const { ns } = await client.ask({ kind: 'time', work, amount: effort.roundMs });
          times.get(client.name)!.get(work)!.push(ns);
        }
      }
    }
    await last(clients[0]!);
    found.data[nameOf(shape)] = Object.fromEntries([...times].map(([name, t]) => [name, Object.fromEntries(t)]));
    return times;
  } catch (error) {
    found.checks.push({ what: `${nameOf(shape)}: candidates run`, passed: false, detail: (error as Error).message });
    return null;
  } finally {
    for (const client of clients) client.end();
  }
}

async function agree(
  found: Findings,
  effort: Effort,
  shape: Shape,
  clients: readonly Client[],
  works: readonly Work[],
): Promise<boolean> {
  let isEqual = true;
  for (const work of works) {
    const sums: number[] = [];
    for (const client of clients) sums.push((await client.ask({ kind: 'time', work, amount: effort.warmUpMs })).sum);
    const different = clients.filter((_, i) => sums[i] !== sums[0]).map((client) => client.name);
    if (different.length > 0) isEqual = false;
    found.checks.push({
      what: `${work}, ${nameOf(shape)}: equal results`,
      passed: different.length === 0,
      detail: `${different.join(', ')} against ${clients[0]!.name}`,
    });
  }
  return isEqual;
}
