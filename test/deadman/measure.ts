// Drills many times over, and how long it took until the exchange held nothing of ours:
// `npm run drills -- [TIMES] [FAULT...]`, by default 20 of each but the silent network, which takes 35 s a time.
import { build } from 'hdr-histogram-js';
import { type DrillFault, DrillGround } from './drill.ts';

const FAULTS: readonly DrillFault[] = ['kill -9', 'SIGSTOP', 'busy loop', 'network cut', 'network silent'];
/** Upper ends of the histogram's bars, milliseconds; the last is the longest a drill may take. */
const EDGES_MS = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 2500, 3000, 4000, 5000, 5500, 6000, 8000, 12_000, 100_000];
const BAR = 40;
const TERMS = { after: '5s', stall: '2s' };

const [times = '20', ...named] = process.argv.slice(2);
const count = Number(times);
if (!Number.isInteger(count) || count < 1 || count > 1000) throw new Error(`${times}: expected how often, 1 to 1000`);
const chosen = named.length === 0 ? FAULTS.slice(0, 4) : FAULTS.filter((fault) => named.includes(fault));
if (chosen.length < named.length) throw new Error(`there are these drills: ${FAULTS.join(', ')}`);

const ground = new DrillGround(TERMS);
await ground.open();
try {
  console.log(
    `from the fault to an empty book, as the exchange sees it; watchdog --after ${TERMS.after} --stall ${TERMS.stall}`,
  );
  for (const fault of chosen) {
    const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 100_000_000 });
    const bars = EDGES_MS.map(() => 0);
    for (let n = 0; n < count; n++) {
      const { emptyMs } = await ground.drill(fault);
      histogram.recordValue(Math.round(emptyMs * 1000));
      const at = EDGES_MS.findIndex((edge) => emptyMs <= edge);
      bars[at] = (bars[at] ?? 0) + 1;
    }
    const ms = (us: number): string => `${(us / 1000).toFixed(1)} ms`;
    const [p50, p90, max] = [
      histogram.getValueAtPercentile(50),
      histogram.getValueAtPercentile(90),
      histogram.maxValue,
    ];
    console.log(`\n${fault}: ${count} times, p50 ${ms(p50)}, p90 ${ms(p90)}, max ${ms(max)}`);
    const first = bars.findIndex((n) => n > 0);
    const last = bars.findLastIndex((n) => n > 0);
    for (let i = first; i <= last; i++) {
      const bar = '#'.repeat(Math.round((bars[i]! / count) * BAR));
      console.log(`  up to ${String(EDGES_MS[i]).padStart(6)} ms  ${String(bars[i]).padStart(3)}  ${bar}`);
    }
  }
} finally {
  await ground.close();
}
