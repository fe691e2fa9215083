import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FrameSet, framesOf } from './books/frames.ts';
import { generatedStream, type Shape } from './books/stream.ts';
import { HOSTILE } from './decode/hostile.ts';
import { NativeBuild } from './decode/native.ts';
import { Peer } from './decode/peer.ts';
import { type BenchResult, type Check, median, type Row } from './result.ts';

const CLIENT = path.join(import.meta.dirname, 'clients', 'decode.ts');

const SHORT = { frames: 20_000, rounds: 7, roundMs: 25, warmUpMs: 300, long: 2_000_000 };
const FULL = { frames: 20_000, rounds: 21, roundMs: 60, warmUpMs: 1000, long: 10_000_000 };

const NATIVE = [
  {
    name: 'simdjson',
    row: { what: 'decode: simdjson on demand, C++', ratio: 'speedup', must: 1, stretch: 1.4 },
  },
  {
    name: 'scan',
    row: { what: 'decode: a scanner written by hand in C', ratio: 'overhead', must: 3.5, stretch: 2 },
  },
] as const;

/**
 * The decoder of deltas against `JSON.parse`, and, where a compiler is, against simdjson and a scanner in C, all on the
 * same frames and with equal sums over what they read; what a long run leaves on the heap; and the time that frames of
 * 16 MB can take, made to be bad.
 */
export async function benchDecode(short: boolean): Promise<BenchResult> {
  const effort = short ? SHORT : FULL;
  const shape: Shape = { kind: 'generated', markets: 1000, levels: 99, changes: effort.frames };
  const rows: Row[] = [];
  const checks: Check[] = [];
  const notes = [
    'CPU ns a frame, median of rounds taken in turns, each candidate in its own process; ratios are medians of the rounds',
    `${effort.frames.toLocaleString('en')} frames of today's form, 1,000 markets chosen zipf; ticker to index, sid, seq, price, change, side`,
  ];
  const data: Record<string, unknown> = { ...effort };
  const native = new NativeBuild();
  const peers: Peer[] = [];
  try {
    const start = async (name: string, command: string, args: readonly string[]): Promise<void> => {
      peers.push(await Peer.start(name, command, args));
    };
    for (const name of ['ours', 'json']) await start(name, process.execPath, [CLIENT, name, JSON.stringify(shape)]);
    const file = path.join(native.folder, 'frames');
    writeFileSync(file, fileOf(framesOf(generatedStream(shape.markets, shape.levels, shape.changes))));
    for (const { name, row } of NATIVE) {
      const built = await native.build(name);
      if ('command' in built) await start(name, built.command, [file]);
      else notes.push(`skipped, ${row.what.replace('decode: ', '')}: ${built.skipped}`);
    }
    await timed(peers, effort, rows, checks, data);
    await longRun(peers[0]!, effort.long, checks, notes, data);
    await hostile(peers[0]!, peers[1]!, short ? 1 : 3, rows, notes);
  } catch (error) {
    checks.push({ what: 'candidates run', passed: false, detail: (error as Error).message });
  } finally {
    for (const peer of peers) peer.stop();
    native.remove();
  }
  return { name: 'decode', rows, checks, notes, data };
}

async function timed(
  peers: readonly Peer[],
  effort: typeof SHORT,
  rows: Row[],
  checks: Check[],
  data: Record<string, unknown>,
): Promise<void> {
  const sums: number[] = [];
  for (const peer of peers) sums.push((await peer.time(effort.warmUpMs)).sum);
  const different = peers.filter((_, i) => sums[i] !== sums[0]).map((peer) => peer.name);
  checks.push({ what: 'decode: equal results', passed: different.length === 0, detail: different.join(', ') });
  const times = new Map(peers.map((peer) => [peer.name, [] as number[]]));
  for (let round = 0; round < effort.rounds; round++) {
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[(i + round) % peers.length]!;
      times.get(peer.name)!.push((await peer.time(effort.roundMs)).ns);
    }
  }
  data['ns a frame'] = Object.fromEntries(times);
  const ours = times.get('ours')!;
  const add = (name: string, row: Pick<Row, 'what' | 'ratio' | 'must' | 'stretch'>): void => {
    const baseline = times.get(name);
    if (baseline === undefined) return;
    // The machine's speed drifts: neighbours in time are compared, and the row is scaled to the median of their ratios.
    const ratio = median(baseline.map((ns, i) => ns / ours[i]!));
    rows.push({ ...row, unit: 'ns', ours: median(ours), baseline: median(ours) * ratio });
  };
  add('json', { what: 'decode: JSON.parse + Map, 1,000 x 99', ratio: 'speedup', must: 6, stretch: 9 });
  for (const { name, row } of NATIVE) add(name, row);
}

async function longRun(
  ours: Peer,
  messages: number,
  checks: Check[],
  notes: string[],
  data: Record<string, unknown>,
): Promise<void> {
  const [bytes, scavenges, others, done] = (await ours.ask(`long ${messages}`)).split(' ').map(Number);
  const run = `${done!.toLocaleString('en')} messages decoded and applied`;
  const detail = `${bytes!.toFixed(4)} heap bytes a message, ${scavenges} scavenges, ${others} other collections`;
  checks.push({ what: `${run}: at most 1 heap byte a message`, passed: bytes! <= 1, detail });
  notes.push(`${run}: ${detail}`);
  data['long run'] = { bytes, scavenges, others, messages: done };
}

async function hostile(ours: Peer, json: Peer, times: number, rows: Row[], notes: string[]): Promise<void> {
  for (const name of Object.keys(HOSTILE)) {
    const split = (reply: string): [number, string] => {
      const space = reply.indexOf(' ');
      return [Number(reply.slice(0, space)), reply.slice(space + 1)];
    };
    const [ns, outcome] = split(await ours.ask(`hostile ${times} ${name}`));
    const [parsed] = split(await json.ask(`hostile ${times} ${name}`));
    rows.push({ what: `16 MB, a byte: ${name}`, unit: 'ns', ours: ns, baseline: parsed, ratio: 'speedup' });
    notes.push(`16 MB, ${name}: ${outcome.slice(0, 90)}`);
  }
}

/** The frames as the C++ candidates read them (`native/driver.hpp`). */
function fileOf({ tickers, bytes, starts }: FrameSet): Uint8Array {
  const number = (n: number): Buffer => {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(n);
    return word;
  };
  const names = tickers.flatMap((ticker) => [number(ticker.length), Buffer.from(ticker)]);
  const ends = Buffer.from(Uint32Array.from(starts).buffer);
  return Buffer.concat([number(tickers.length), ...names, number(starts.length - 1), ends, bytes]);
}
