import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type DrillFault, DrillGround, type DrillResult } from './drill.ts';

/** Of each; `npm run drills` has more, and measures. */
const TIMES = 2;

describe('the watchdog, in a process of its own', () => {
  const ground = new DrillGround({ after: '1s', stall: '800ms' });
  before(() => ground.open());
  after(() => ground.close());

  /** Daemons meet a fault: nothing rests afterwards, and the watchdog says why it pulled. */
  async function meets(fault: DrillFault, says: RegExp): Promise<DrillResult[]> {
    const results: DrillResult[] = [];
    for (let n = 0; n < TIMES; n++) {
      const result = await ground.drill(fault);
      assert.ok(result.rested > 0);
      assert.match(result.watchdog, says);
      results.push(result);
    }
    return results;
  }

  test('a daemon killed with kill -9 leaves nothing resting', async () => {
    await meets('kill -9', /connection closed without a word/);
  });

  test('a daemon frozen with SIGSTOP leaves nothing resting, and halts when it goes on', async () => {
    for (const { daemon } of await meets('SIGSTOP', /nothing in the process answers: it is frozen/))
      assert.match(daemon, /order group \S+ on shard 0 triggered/);
  });

  test('a strategy that loops for ever leaves nothing resting, and is named', async () => {
    await meets('busy loop', /stalled in quote\(\) of strategy looper on market SYN-A-T[56]0/);
  });

  test('a daemon cut off from the exchange leaves nothing resting, and halts when it is back', async () => {
    const says = /cut off from the exchange for [\d.]+ s, and [1-9]\d* of its orders may rest/;
    for (const { daemon } of await meets('network cut', says))
      assert.match(daemon, /order group \S+ on shard 0 triggered/);
  });
});
