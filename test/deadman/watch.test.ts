import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Beat, type Hello, readBeatLine, type Stall } from '../../engine/ops/beat.ts';
import { Watch } from '../../engine/ops/watch.ts';

const HELLO: Hello = {
  type: 'hello',
  version: 1,
  session: 's1',
  pid: 7,
  environment: 'paper',
  clientPrefix: 'hd',
  subaccount: 0,
  strategy: 'mine',
};
const TERMS = { afterMs: 5000, stallMs: 2000 };

const beat = (of: Partial<Beat> = {}): Beat => ({
  type: 'beat',
  lap: 1,
  resting: 4,
  linkUp: true,
  groups: [{ shard: 0, id: 'g1', latched: false }],
  ...of,
});

const stall = (of: Partial<Stall> = {}): Stall => ({
  type: 'stall',
  session: 's1',
  stalledMs: 2100,
  call: 'quote',
  callMs: 2100,
  ticker: 'M-1',
  ...of,
});

/** A watch that has heard one beat at 0. */
function watching(): Watch {
  const watch = new Watch(HELLO, TERMS, 0);
  watch.onBeat(beat(), 0);
  return watch;
}

describe('a daemon under watch', () => {
  test('a heart that beats is left alone, however long', () => {
    const watch = watching();
    for (let t = 0; t <= 60_000; t += 250) {
      watch.onBeat(beat(), t);
      assert.equal(watch.tick(t + 200), null);
    }
  });

  test('a connection that closes without a word is a death, found at once and once only', () => {
    const watch = watching();
    watch.onClosed();
    assert.equal(watch.tick(10)?.kind, 'killed');
    assert.equal(watch.tick(20), null);
    assert.equal(watch.state, 'fired');
  });

  test('a clean stop ends the watch; one that could not verify is finished for it', () => {
    const clean = watching();
    clean.onStopped({ type: 'stopped', clean: true, text: 'nothing rests' }, 10);
    clean.onClosed();
    assert.equal(clean.tick(60_000), null);
    assert.equal(clean.state, 'ended');
    const unclean = watching();
    unclean.onStopped({ type: 'stopped', clean: false, text: 'could not verify' }, 10);
    assert.equal(unclean.fault?.kind, 'unclean');
  });

  test('silence is a fault after its time and not before; what the second thread tells says why', () => {
    const frozen = watching();
    assert.equal(frozen.tick(4999), null);
    assert.match(frozen.tick(5000)?.text ?? '', /no beat for 5\.0 s, and nothing in the process answers/);
    const stuck = watching();
    stuck.onStall(stall({ call: '', stalledMs: 5000, ticker: '' }), 4950);
    const fault = stuck.tick(5000);
    assert.match(fault?.text ?? '', /event loop has been stuck for 5\.0 s, not in a call of the strategy/);
    assert.equal(fault?.stuckOn, null);
  });

  test('a call of the strategy that does not return is found sooner, with its market', () => {
    const watch = watching();
    watch.onStall(stall({ callMs: 1900 }), 1900);
    assert.equal(watch.tick(1950), null);
    watch.onStall(stall(), 2100);
    const fault = watch.tick(2110);
    assert.equal(fault?.kind, 'stalled');
    assert.equal(fault?.stuckOn, 'M-1');
    assert.match(fault?.text ?? '', /stalled in quote\(\) of strategy mine on market M-1 for 2\.1 s/);
  });

  test('a beat takes back what was said of a stall, and an old word of one does not count', () => {
    const watch = watching();
    watch.onStall(stall(), 2100);
    watch.onBeat(beat(), 2105);
    assert.equal(watch.tick(2110), null);
    const old = watching();
    old.onStall(stall(), 2100);
    assert.match(old.tick(6000)?.text ?? '', /nothing in the process answers/);
  });

  test('cut off from the exchange with orders resting is a fault; with none resting, or back in time, it is not', () => {
    const run = (of: (t: number) => Partial<Beat>): string | undefined => {
      const watch = watching();
      for (let t = 0; t <= 12_000; t += 250) {
        watch.onBeat(beat(of(t)), t);
        const fault = watch.tick(t);
        if (fault !== null) return `${fault.kind} ${t}`;
      }
      return undefined;
    };
    assert.equal(
      run(() => ({ linkUp: false })),
      'cut_off 5000',
    );
    assert.equal(
      run(() => ({ linkUp: false, resting: 0 })),
      undefined,
    );
    assert.equal(
      run((t) => ({ linkUp: t % 5000 === 0 })),
      undefined,
    );
  });

  test('an exchange that nobody reaches is no fault of the daemon: the time counts from when the watchdog does', () => {
    const watch = watching();
    let fault: string | undefined;
    for (let t = 0; t <= 40_000 && fault === undefined; t += 250) {
      watch.onBeat(beat({ linkUp: false }), t);
      if (watch.isCutOff && t <= 30_000) watch.excuseLink(t);
      const found = watch.tick(t);
      if (found !== null) fault = `${found.kind} ${t}`;
    }
    assert.equal(fault, 'cut_off 35000');
  });

  test('a watchdog that was frozen itself blames nobody for what it did not hear', () => {
    const watch = watching();
    watch.excuse(60_000);
    assert.equal(watch.tick(60_000), null);
    assert.equal(watch.tick(65_000)?.kind, 'silent');
  });

  test('a heart that beats again is told of; with new order groups it is watched again', () => {
    const watch = watching();
    watch.tick(5000);
    assert.equal(watch.onBeat(beat(), 20_000), true);
    assert.equal(watch.state, 'fired');
    assert.equal(watch.onBeat(beat(), 20_250), false);
    watch.onBeat(beat({ groups: [{ shard: 0, id: 'g2', latched: false }] }), 20_500);
    assert.equal(watch.state, 'watched');
    assert.equal(watch.tick(25_500)?.kind, 'silent');
  });

  test('a group that the daemon knows to be triggered and that is reset is watched again, and a latch is told of', () => {
    const watch = watching();
    assert.equal(watch.tick(5000)?.wasLatched, false);
    const group = { shard: 0, id: 'g1' };
    for (const [latched, state] of [
      [false, 'fired'],
      [true, 'fired'],
      [false, 'watched'],
    ] as const) {
      watch.onBeat(beat({ groups: [{ ...group, latched }] }), 6000);
      assert.equal(watch.state, state);
    }
    watch.onBeat(beat({ groups: [{ ...group, latched: true }] }), 7000);
    assert.equal(watch.tick(12_000)?.wasLatched, true);
  });

  test('a line that makes no sense is refused by name', () => {
    assert.throws(() => readBeatLine('x'), /not JSON/);
    assert.throws(() => readBeatLine('{"type":"beat","lap":1}'), /resting/);
    assert.throws(() => readBeatLine(JSON.stringify({ ...HELLO, clientPrefix: '' })), /clientPrefix/);
    assert.deepEqual(readBeatLine(JSON.stringify(HELLO)), HELLO);
  });
});
