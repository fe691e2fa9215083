import { Bench } from 'tinybench';
import { Random } from '../../engine/exchange/random.ts';
import { SCHEDULE_DEFAULTS, Scheduler } from '../../engine/quoting/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';

/** Median ns a candidate of both ways, and whether they served the same candidates in the same order. */
export interface Ranking {
  readonly candidates: number;
  readonly oursNs: number;
  readonly sortNs: number;
  readonly agree: boolean;
}

interface Item {
  readonly index: number;
  readonly value: number;
  readonly cost: number;
}

const COST = 10;

/** One round of `candidates` of which the bucket can pay a fifth: the scheduler against objects in an array that is sorted. */
export async function compareRanking(candidates: number, timeMs: number): Promise<Ranking> {
  const random = new Random(candidates, 'ranking');
  const values = Float64Array.from({ length: candidates }, () => random.uniform(0, 1e6));
  const tokens = (COST * candidates) / 5;
  const scheduler = new Scheduler(SCHEDULE_DEFAULTS);
  const view = { available: 0, forPulls: 0, refillPerSecond: 100 };
  const served = new Int32Array(candidates);
  const ours = (): number => {
    let count = 0;
    view.available = tokens;
    view.forPulls = tokens;
    scheduler.begin(1 as TimeUs, true);
    for (let i = 0; i < candidates; i++) scheduler.add(i, 0, COST, values[i]!);
    scheduler.rank();
    for (let i = scheduler.next(); i >= 0; i = scheduler.next()) {
      if (scheduler.decide(view) !== 'send') continue;
      scheduler.sent();
      view.available -= COST;
      view.forPulls -= COST;
      served[count++] = i;
    }
    return count;
  };
  const servedBySort = new Int32Array(candidates);
  const sorted = (): number => {
    let count = 0;
    let left = tokens;
    const items: Item[] = [];
    for (let index = 0; index < candidates; index++) items.push({ index, value: values[index]!, cost: COST });
    items.sort((a, b) => b.value / b.cost - a.value / a.cost);
    for (const { index, cost } of items) {
      if (left < cost) continue;
      left -= cost;
      servedBySort[count++] = index;
    }
    return count;
  };
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4, throws: true });
  bench.add('ours', ours).add('sort', sorted);
  await bench.run();
  const ns = bench.tasks.map(({ result }) => {
    if (result.state !== 'completed') throw new Error(`ranking did not finish (${result.state})`);
    return (result.latency.p50 * 1e6) / candidates;
  });
  const count = ours();
  const agree = count === sorted() && served.subarray(0, count).join() === servedBySort.subarray(0, count).join();
  return { candidates, oursNs: ns[0]!, sortNs: ns[1]!, agree };
}
