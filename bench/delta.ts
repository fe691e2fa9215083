import { Bench } from 'tinybench';
import { type Contender, JsonAndMaps, Ours } from './contenders.ts';
import { type FrameSet, generatedFrames, recordedFrames } from './frames.ts';
import { type BenchResult, type Check, median, type Row } from './result.ts';

type Work = 'parse' | 'parseAndApply';

const WORKS: readonly {
  readonly work: Work;
  readonly text: string;
  readonly must: number;
  readonly stretch: number;
}[] = [
  { work: 'parse', text: 'parse', must: 6, stretch: 9 },
  { work: 'parseAndApply', text: 'parse + apply + best', must: 6, stretch: 10 },
];

/** Parse and apply `orderbook_delta` frames: this project's decoder and books against `JSON.parse` and `Map`s. */
export async function benchDelta(short: boolean): Promise<BenchResult> {
  const markets = 1000;
  const count = short ? 10_000 : 20_000;
  const rounds = short ? 5 : 15;
  const recorded = await recordedFrames(count);
  const sets = [generatedFrames('new', markets, count), generatedFrames('cents', markets, count)];
  if (recorded !== null) sets.push(recorded);
  const rows: Row[] = [];
  const checks: Check[] = [];
  const data: Record<string, unknown> = { markets, frames: count, rounds };
  for (const set of sets) {
    const ours = new Ours(set);
    const baseline = new JsonAndMaps(set);
    for (const { work, text, must, stretch } of WORKS) {
      const what = `${text}, ${set.name}`;
      const check = agree(what, work, ours, baseline);
      checks.push(check);
      if (!check.passed) continue;
      const times = compare(work, ours, baseline, rounds, set);
      data[what] = times;
      const targets = set.name.includes('fixed-point') ? { must, stretch } : {};
      rows.push({
        what,
        unit: 'ns',
        ours: median(times.ours),
        baseline: median(times.baseline),
        ratio: 'speedup',
        ...targets,
      });
    }
  }
  const bytes = sets.map(
    (set) => `${set.name}: ${Math.round(meanLength(set))} bytes a frame, ${set.frames.length} frames`,
  );
  const notes = [
    'ns a frame, median of interleaved rounds in one process; baseline: JSON.parse of a latin1 string, Map books with a cached best',
    ...bytes,
  ];
  if (recorded === null) notes.push('no recorded feed beside this checkout: generated frames only');
  return { name: 'delta', rows, checks, notes, data };
}

/** Both must compute the same from every frame before their times mean anything. */
function agree(what: string, work: Work, ours: Contender, baseline: Contender): Check {
  ours.reset();
  baseline.reset();
  const a = ours[work]();
  const b = baseline[work]();
  return { what: `${what}: equal results`, passed: a === b, detail: `sum ${a} against ${b}` };
}

/** One pass over the set per iteration, contenders taking turns round by round and swapping who goes first. */
function compare(
  work: Work,
  ours: Contender,
  baseline: Contender,
  rounds: number,
  set: FrameSet,
): { readonly ours: number[]; readonly baseline: number[] } {
  const times = { ours: [] as number[], baseline: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const bench = new Bench({
      time: 0,
      iterations: 3,
      warmup: round === 0,
      warmupIterations: 3,
      warmupTime: 0,
      throws: true,
    });
    const add = (name: keyof typeof times, contender: Contender): void => {
      bench.add(name, () => contender[work](), { beforeEach: () => contender.reset() });
    };
    if (round % 2 === 0) {
      add('ours', ours);
      add('baseline', baseline);
    } else {
      add('baseline', baseline);
      add('ours', ours);
    }
    bench.runSync();
    // The first round is warm-up.
    if (round === 0) continue;
    for (const task of bench.tasks) {
      const { result } = task;
      if (result.state !== 'completed') throw new Error(`${task.name} did not finish (${result.state})`);
      times[task.name as keyof typeof times].push((result.latency.p50 * 1e6) / set.frames.length);
    }
  }
  return times;
}

function meanLength(set: FrameSet): number {
  let sum = 0;
  for (const frame of set.frames) sum += frame.length;
  return sum / set.frames.length;
}
