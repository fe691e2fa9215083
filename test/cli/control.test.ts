import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { tellDaemon } from '../../engine/cli/control-client.ts';
import { ControlServer } from '../../engine/cli/control-server.ts';
import { dayPath, readDay, writeDay } from '../../engine/cli/day-result.ts';
import { exchangeDayStart } from '../../engine/cli/exchange-day.ts';
import { Gauges } from '../../engine/cli/gauges.ts';
import { SessionControl } from '../../engine/cli/session-control.ts';
import type { OperatorCommand } from '../../engine/core/index.ts';
import { latchPath, readLatch, removeLatch, setLatch } from '../../engine/ops/latch.ts';
import { fitsSocket, socketFolder } from '../../engine/ops/owner-socket.ts';
import type { Money, TimeUs } from '../../engine/units/index.ts';
import { BenchVenue, testConfig } from '../support/bench-venue.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'hundred-control-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let sockets = 0;

function serving(): { readonly server: ControlServer; readonly at: string; readonly heard: OperatorCommand[] } {
  const at = path.join(folder, `${++sockets}.sock`);
  const heard: OperatorCommand[] = [];
  const handle = (command: OperatorCommand): { done: boolean; text: string } => {
    heard.push(command);
    return { done: true, text: `did ${command}` };
  };
  return { server: new ControlServer(at, handle, assert.fail), at, heard };
}

test('a daemon answers what it is told, and says how it ended to who waits for it', async () => {
  const { server, at, heard } = serving();
  const first = await tellDaemon(at, 'pause', 5000);
  assert.deepEqual([first.answer, first.end], [{ done: true, text: 'did pause' }, null]);
  assert.equal(statSync(at).mode & 0o777, 0o600, 'for its owner only');
  const waiting = tellDaemon(at, 'panic', 5000, 5000);
  while (heard.length < 2) await new Promise((resolve) => setImmediate(resolve));
  server.end({ clean: true, resting: 0, text: 'nothing rests' });
  assert.deepEqual((await waiting).end, { ended: true, clean: true, text: 'nothing rests' });
  assert.equal((await tellDaemon(at, 'pause', 5000)).answer, null, 'nobody is there any more');
});

test('a latch tells a daemon that nobody reached, and does not cut short the flattening of one that was told', async () => {
  const statusFolder = mkdtempSync(path.join(folder, 'latched-'));
  const heard: OperatorCommand[] = [];
  const session = (sessionId: string): SessionControl =>
    new SessionControl(
      {
        statusFolder,
        config: { ...testConfig(['TST-A']), sessionId },
        title: 'test',
        version: '0',
        nowUs: () => 1_800_000_000_000_000 as TimeUs,
        nowNs: () => 0,
        tickMs: 10,
        clockSkewMs: () => null,
      },
      {
        command: (command) => {
          heard.push(command);
          return { done: true, text: '' };
        },
        measured: () => {},
        report: () => {},
      },
    );
  const status = new BenchVenue(testConfig(['TST-A'])).engine.status();
  const show = (of: SessionControl): void => of.show(status, { count: 0, p50Us: -1, p99Us: -1, maxUs: -1 }, []);
  const told = session('told');
  const unreached = session('unreached');
  setLatch(statusFolder, { atMs: 0, cause: 'test' });
  assert.equal((await tellDaemon(path.join(statusFolder, 'told.sock'), 'panic flatten', 5000)).answer?.done, true);
  for (let n = 0; n < 3; n++) show(told);
  assert.deepEqual(heard, ['panic flatten']);
  show(unreached);
  assert.deepEqual(heard, ['panic flatten', 'panic']);
  for (const each of [told, unreached]) each.end({ clean: true, resting: 0, text: '' });
});

test('nonsense on the control channel is refused and harms nothing', async () => {
  const { server, at, heard } = serving();
  const lines: string[] = [];
  const socket = connect(at);
  createInterface({ input: socket }).on('line', (line) => lines.push(line));
  socket.write('no json\n{"command":"rm -rf"}\n{"command":5}\nnull\n{"command":"level 9"}\n{"comm');
  socket.write('and":"level 2"}\n');
  while (lines.length < 6) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { done: boolean }).done),
    [false, false, false, false, false, true],
  );
  assert.deepEqual(heard, ['level 2']);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write('x'.repeat(10_000));
  await closed;
  server.end({ clean: true, resting: 0, text: '' });
});

test('the latch: the first cause stays, a damaged one is one, and removing it is the only way out', () => {
  const status = path.join(folder, 'state', 'status');
  assert.equal(readLatch(status), null);
  setLatch(status, { atMs: 5, cause: 'the first' });
  setLatch(status, { atMs: 6, cause: 'the second' });
  assert.deepEqual(readLatch(status), { atMs: 5, cause: 'the first' });
  assert.equal(latchPath(status), path.join(folder, 'state', 'off.json'));
  removeLatch(status);
  assert.equal(readLatch(status), null);
});

test("the exchange's day begins at midnight in New York, on days of 23 and 25 hours too", () => {
  const at = (text: string): number => Date.parse(text) / 1000;
  const starts: readonly (readonly [string, string])[] = [
    ['2026-01-15T04:59:59Z', '2026-01-14T05:00:00Z'],
    ['2026-01-15T05:00:00Z', '2026-01-15T05:00:00Z'],
    ['2026-07-01T03:59:59Z', '2026-06-30T04:00:00Z'],
    // The clocks go forward at 2:00 on 8 March 2026, and back on 1 November.
    ['2026-03-08T06:59:59Z', '2026-03-08T05:00:00Z'],
    ['2026-03-08T07:00:00Z', '2026-03-08T05:00:00Z'],
    ['2026-03-09T03:59:59Z', '2026-03-08T05:00:00Z'],
    ['2026-03-09T04:00:00Z', '2026-03-09T04:00:00Z'],
    ['2026-11-01T05:30:00Z', '2026-11-01T04:00:00Z'],
    ['2026-11-01T06:30:00Z', '2026-11-01T04:00:00Z'],
    ['2026-11-02T04:59:59Z', '2026-11-01T04:00:00Z'],
    ['2026-11-02T05:00:00Z', '2026-11-02T05:00:00Z'],
  ];
  for (const [now, start] of starts) assert.equal(exchangeDayStart(at(now)), at(start), now);
  // Every hour of a year: a day's start is its own, and days follow one another.
  let days = 0;
  let last = exchangeDayStart(at('2026-01-01T12:00:00Z'));
  for (let hour = at('2026-01-01T12:00:00Z'); hour < at('2027-01-01T12:00:00Z'); hour += 3600) {
    const start = exchangeDayStart(hour);
    assert.equal(exchangeDayStart(start), start);
    if (start === last) continue;
    assert.ok([23, 24, 25].includes((start - last) / 3600));
    last = start;
    days++;
  }
  assert.equal(days, 365);
});

test('gauges tell of stalls, of a skew that changed and of a new day, and otherwise nothing', () => {
  let ns = 0;
  let ms = Date.parse('2026-06-01T03:59:00Z');
  let skew: number | null = null;
  const told: string[] = [];
  const gauges = new Gauges({
    everyMs: 20,
    nowNs: () => ns,
    nowMs: () => ms,
    clockSkewMs: () => skew,
    measured: (name, value) => told.push(`${name} ${value}`),
  });
  const run = (steps: number, stepMs: number): void => {
    for (let n = 0; n < steps; n++) {
      ns += stepMs * 1e6;
      ms += stepMs;
      gauges.tick();
    }
  };
  run(100, 20);
  assert.deepEqual(told.splice(0), ['dayStart 1780200000']);
  run(1, 1500);
  skew = 60;
  run(100, 20);
  skew = 2500;
  run(100, 20);
  skew = 0;
  run(100, 20);
  assert.deepEqual(told.splice(0), ['loopLagMs 1480', 'clockSkewMs 2500', 'clockSkewMs 0']);
  run(3000, 20);
  assert.deepEqual(told, ['dayStart 1780286400']);
});

test("the day's result is kept for the next session of the day, and of no other", () => {
  const access = { restUrl: '', keyId: 'a/b', keyPath: '', clientPrefix: 'hd', subaccount: 3 };
  const at = dayPath(path.join(folder, 'days', 'status'), access);
  assert.equal(at, path.join(folder, 'days', 'day', 'a%2Fb.hd.3.json'));
  assert.equal(readDay(at, 100), 0);
  writeDay(at, { dayStart: 100, profit: -5_000_000 as Money });
  assert.deepEqual([readDay(at, 100), readDay(at, 200)], [-5_000_000, 0]);
  writeFileSync(at, '{"dayStart":100}');
  for (const text of ['', '{}', 'null', '{"dayStart":100}', '{"profit":-5}']) {
    writeFileSync(at, text);
    assert.throws(() => readDay(at, 100), /cannot be read/, `no day that made nothing: ${text}`);
  }
  writeFileSync(at, 'half of a fi');
  assert.throws(() => readDay(at, 100), /the day's result cannot be read: .*remove the file if you know the loss/);
});

test('a folder whose name is short in letters and long in bytes: the socket goes elsewhere, and a path that fits nowhere ends no session', () => {
  assert.equal(fitsSocket(`/tmp/${'a'.repeat(90)}`), true);
  assert.equal(fitsSocket(`/tmp/${'é'.repeat(60)}`), false, 'the system counts bytes, and cuts what is too long');
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = `/tmp/${'t'.repeat(60)}`;
  const elsewhere = socketFolder();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  assert.equal(elsewhere, '/tmp', 'the temporary folder may have a long name too');
  const troubles: string[] = [];
  const at = path.join(folder, 'é'.repeat(60), 'x.sock');
  const server = new ControlServer(at, assert.fail, (text) => troubles.push(text));
  server.end({ clean: true, resting: 0, text: '' });
  assert.match(troubles.join(), /control channel .*x\.sock: the path is longer than 100 bytes/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('é')),
    [],
  );
});
