import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type DrillFault, DrillGround } from './drill.ts';

/** Of each. */
const TIMES = 2;
/** What the watchdog says of each; `npm run drills` has more of them, and measures. */
const SAYS: readonly (readonly [string, DrillFault, RegExp])[] = [
  ['a daemon killed with kill -9 leaves nothing resting', 'kill -9', /connection closed without a word/],
  [
    'a daemon frozen with SIGSTOP leaves nothing resting, and halts when it goes on',
    'SIGSTOP',
    /nothing in the process answers: it is frozen/,
  ],
  [
    'a strategy that loops for ever leaves nothing resting, and is named',
    'busy loop',
    /stalled in quote\(\) of strategy looper on market SYN-A-T[56]0/,
  ],
  [
    'a daemon cut off from the exchange leaves nothing resting, and halts when it is back',
    'network cut',
    /cut off from the exchange for [\d.]+ s, and [1-9]\d* of its orders may rest/,
  ],
];

describe('the watchdog, in a process of its own', () => {
  const ground = new DrillGround({ after: '1s', stall: '800ms' });
  before(() => ground.open());
  after(() => ground.close());

  for (const [name, fault, says] of SAYS) {
    test(name, async () => {
      for (let n = 0; n < TIMES; n++) {
        const { rested, watchdog, daemon } = await ground.drill(fault);
        assert.ok(rested > 0);
        assert.match(watchdog, says);
        if (fault === 'SIGSTOP' || fault === 'network cut')
          assert.match(daemon, /order group \S+ on shard 0 triggered/);
      }
    });
  }
});
