/** One candidate in a process of its own, so that no other candidate's types reach its code. */
import { Bench } from 'tinybench';
import { LinearRescan, SortedArrays } from '../books/arrays.ts';
import type { Candidate, Work } from '../books/candidate.ts';
import type { CandidateName, ClientReply, ClientRequest, ClientStart } from '../books/client.ts';
import { framesOf } from '../books/frames.ts';
import { MapBooks, MapFrames } from '../books/maps.ts';
import { OurBooks, OurFrames } from '../books/ours.ts';
import { recorded } from '../books/recorded.ts';
import { flickerStream, generatedStream, type Shape } from '../books/stream.ts';
import { cpuMs } from '../cpu.ts';

const [json] = process.argv.slice(2);
if (json === undefined) throw new Error('a client under test is started by the benchmark, not by hand');
const { name, shape } = JSON.parse(json) as ClientStart;

async function create(
  name: CandidateName,
  shape: Shape,
): Promise<{ candidate: Candidate; length: number; isCycle: boolean }> {
  const { stream, frames } = await load(shape);
  const make = async (): Promise<Candidate> => {
    switch (name) {
      case 'our frames':
        return new OurFrames(stream, frames ?? framesOf(stream));
      case 'json frames':
        return new MapFrames(stream, frames ?? framesOf(stream));
      case 'ours':
        return new OurBooks(stream);
      case 'map':
        return new MapBooks(stream);
      case 'sorted array':
        return new SortedArrays(stream);
      case 'linear rescan':
        return new LinearRescan(stream);
      default: {
        const peers = await import('../books/peers.ts');
        if (name === 'sorted-btree') return new peers.SortedBTree(stream);
        return name === 'orderbooks' ? new peers.OrderBooksPackage(stream) : new peers.NodejsOrderBook(stream);
      }
    }
  };
  return { candidate: await make(), length: stream.length, isCycle: stream.isCycle };
}

async function load(
  shape: Shape,
): Promise<Partial<Awaited<ReturnType<typeof recorded>>> & Pick<Awaited<ReturnType<typeof recorded>>, 'stream'>> {
  if (shape.kind === 'recorded') return recorded(shape.changes);
  if (shape.kind === 'flicker') return { stream: flickerStream(shape.levels, shape.changes) };
  return { stream: generatedStream(shape.markets, shape.levels, shape.changes) };
}

const { candidate, length, isCycle } = await create(name, shape);

function passOf(work: Work): () => number {
  const pass = candidate.works[work];
  if (pass === undefined) throw new Error(`${name} cannot ${work}`);
  return pass;
}

function rewind(): void {
  if (!isCycle) candidate.rewind();
}

/** Median time of a pass within the time given, at least one pass. */
function time(work: Work, ms: number): ClientReply {
  const pass = passOf(work);
  let sum = 0;
  const bench = new Bench({ time: ms, now: cpuMs, iterations: 1, warmup: false, throws: true });
  bench.add(
    work,
    () => {
      sum = pass();
    },
    { beforeEach: rewind },
  );
  bench.runSync();
  const { result } = bench.tasks[0]!;
  if (result.state !== 'completed') throw new Error(`${work} did not finish (${result.state})`);
  return { sum, ns: (result.latency.p50 * 1e6) / length, bytes: 0 };
}

/** Heap bytes a message over so many, in passes; a pass in which the heap shrank was interrupted by a collection. */
function weigh(work: Work, messages: number): ClientReply {
  const pass = passOf(work);
  let sum = 0;
  let bytes = 0;
  let weighed = 0;
  for (let done = 0; done < messages; done += length) {
    rewind();
    const before = process.memoryUsage().heapUsed;
    sum = pass();
    const grown = process.memoryUsage().heapUsed - before;
    if (grown < 0) continue;
    bytes += grown;
    weighed += length;
  }
  return { sum, ns: 0, bytes: weighed === 0 ? Number.NaN : bytes / weighed };
}

process.on('message', ({ kind, work, amount }: ClientRequest) => {
  process.send?.(kind === 'time' ? time(work, amount) : weigh(work, amount));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
