import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Backoff } from '../../engine/kalshi/backoff.ts';
import { SystemClock } from '../../engine/kalshi/clock.ts';

/** A computer whose two clocks are moved by hand. */
class Computer {
  ns = 5_000_000;
  ms = 1_790_000_000_000;
  wallMs = (): number => Math.floor(this.ms);
  nowNs = (): number => this.ns;

  pass(ms: number): void {
    this.ns += ms * 1e6;
    this.ms += ms;
  }
}

test('time has microsecond steps between the milliseconds of the computer clock', () => {
  const computer = new Computer();
  const clock = new SystemClock(computer);
  computer.pass(0.25);
  assert.equal(clock.nowUs(), 1_790_000_000_000_250);
});

test('a computer clock set forward is followed at once', () => {
  const computer = new Computer();
  const clock = new SystemClock(computer);
  computer.ms += 3_600_000;
  computer.pass(1_500);
  assert.equal(clock.nowUs(), computer.ms * 1000);
});

test('a computer clock set back one second: time goes on at half speed until it is caught up, then exactly', () => {
  const computer = new Computer();
  const clock = new SystemClock(computer);
  computer.ms -= 1_000;
  computer.pass(1_000);
  const start = clock.nowUs();
  computer.pass(500);
  const gained = clock.nowUs() - start;
  assert.equal(gained, 250_000);
  for (let n = 0; n < 100; n++) {
    computer.pass(100);
    clock.nowUs();
  }
  assert.ok(Math.abs(clock.aheadUs()) <= 2_000, `ahead by ${clock.aheadUs()} us`);
});

test('jitter of a few milliseconds around the computer clock does not disturb the rate', () => {
  const computer = new Computer();
  const clock = new SystemClock(computer);
  const first = clock.nowUs();
  computer.pass(1_000.4);
  computer.ms -= 0.9;
  clock.nowUs();
  computer.pass(999.6);
  assert.equal(clock.nowUs() - first, 2_000_000);
});

test('whatever the computer clock does, time never goes back and always goes on', () => {
  const step = fc.record({ pass: fc.integer({ min: 1, max: 5_000 }), jump: fc.integer({ min: -90_000, max: 90_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const computer = new Computer();
      const clock = new SystemClock(computer);
      let last: number = clock.nowUs();
      for (const { pass, jump } of steps) {
        computer.pass(pass);
        computer.ms += jump;
        const now = clock.nowUs();
        assert.ok(now >= last + pass * 500 - 1, `${last} -> ${now} in ${pass} ms`);
        last = now;
      }
    }),
  );
});

test('waits grow from the base to the cap, each uniform below its bound, and start over after a success', () => {
  const top = new Backoff({ baseMs: 250, capMs: 10_000 }, () => 0.999_999);
  const bounds = Array.from({ length: 9 }, () => Math.round(top.nextMs()));
  assert.deepEqual(bounds, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  top.reset();
  assert.equal(Math.round(top.nextMs()), 250);
  const bottom = new Backoff({ baseMs: 250, capMs: 10_000 }, () => 0);
  assert.equal(bottom.nextMs() + bottom.nextMs(), 0);
});
