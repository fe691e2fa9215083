/** A process that journals numbered frames until it is killed, or (given a count) that many. Started by the tests. */
import { JournalWriter } from '../../engine/journal/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';

const path = process.argv[2]!;
const count = Number(process.argv[3] ?? Number.POSITIVE_INFINITY);
const journal = new JournalWriter({ path, onTrouble: (text) => console.log(text), blockBytes: 8192, blockMs: 20 });
let sent = 0;

function send(): void {
  for (let i = 0; i < 50 && sent < count; i++, sent++) {
    const noise = Math.imul(sent + 1, 0x9e3779b1)
      .toString(36)
      .repeat(4);
    journal.frame(Buffer.from(`{"n":${sent},"noise":"${noise}"}`), (1_776_490_453_460_692 + sent) as TimeUs);
  }
  if (sent < count) return;
  clearInterval(timer);
  journal.close().then((stats) => console.log(JSON.stringify(stats)));
}

const timer = setInterval(send, 1);
