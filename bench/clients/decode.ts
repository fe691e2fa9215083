/**
 * One way to decode, in a process of its own. Arguments: `ours` or `json`, then the shape of the stream as JSON.
 * Each line of standard input is answered with one: `time MS` with the sum of a pass and the CPU nanoseconds a frame,
 * `long N` with what N messages (decoded, applied, best prices read) leave on the heap, `hostile TIMES NAME`
 * with the CPU nanoseconds a byte and what came of it.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { FRAME_NAMES, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';
import { framesOf } from '../books/frames.ts';
import { MapFrames } from '../books/maps.ts';
import { OurFrames } from '../books/ours.ts';
import { generatedStream, type Shape } from '../books/stream.ts';
import { cpuMs } from '../cpu.ts';
import { HOSTILE } from '../decode/hostile.ts';
import { median } from '../result.ts';

const [name, json] = process.argv.slice(2);
if (json === undefined) throw new Error('a client under test is started by the benchmark, not by hand');
const shape = JSON.parse(json) as Extract<Shape, { kind: 'generated' }>;
const stream = generatedStream(shape.markets, shape.levels, shape.changes);
const frames = framesOf(stream);
const { works } = name === 'ours' ? new OurFrames(stream, frames) : new MapFrames(stream, frames);

function time(ms: number): string {
  const passes: number[] = [];
  let sum = 0;
  for (let spent = 0; spent < ms; ) {
    const start = cpuMs();
    sum = works.decode();
    const took = cpuMs() - start;
    spent += took;
    passes.push(took);
  }
  return `${sum} ${(median(passes) * 1e6) / stream.length}`;
}

/** Collections are counted by the runtime; the heap's growth only means something in passes without one. */
async function long(messages: number): Promise<string> {
  let [scavenges, others] = [0, 0];
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as unknown as readonly { detail: { kind: number } }[]) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) scavenges++;
      else others++;
    }
  });
  const passes = Math.ceil(messages / stream.length);
  works.both();
  observer.observe({ entryTypes: ['gc'] });
  let [grown, weighed] = [0, 0];
  for (let pass = 0; pass < passes; pass++) {
    const before = process.memoryUsage().heapUsed;
    works.both();
    const more = process.memoryUsage().heapUsed - before;
    if (more < 0) continue;
    grown += more;
    weighed++;
  }
  // The runtime tells of its collections a turn later.
  await setImmediate();
  await setImmediate();
  observer.disconnect();
  return `${grown / (weighed * stream.length)} ${scavenges} ${others} ${passes * stream.length}`;
}

function hostile(times: number, which: string): string {
  const bytes = HOSTILE[which]!();
  const tickers = new TickerTable();
  for (const ticker of frames.tickers) tickers.add(ticker);
  const decoder = new FrameDecoder(tickers, { yesPrices: false });
  const took: number[] = [];
  let outcome = '';
  for (let n = 0; n < times; n++) {
    const start = cpuMs();
    if (name === 'ours') {
      const kind = decoder.decode(bytes);
      outcome = decoder.reason === '' ? FRAME_NAMES[kind]! : decoder.reason;
    } else {
      try {
        JSON.parse(bytes.toString('utf8'));
        outcome = 'parsed';
      } catch (error) {
        outcome = (error as Error).name;
      }
    }
    took.push(cpuMs() - start);
  }
  return `${(median(took) * 1e6) / bytes.length} ${outcome}`;
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [, word, rest] = /^(\w+) (.*)$/.exec(line)!;
  if (word === 'time') console.log(time(Number(rest)));
  else console.log(word === 'long' ? await long(Number(rest)) : hostile(Number(rest![0]), rest!.slice(2)));
}
