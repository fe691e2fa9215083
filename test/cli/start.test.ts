import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { replayFile } from '../../engine/cli/replay.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const MAIN = path.join(ROOT, 'engine', 'cli', 'main.ts');
const RECORDINGS = path.join(ROOT, '..', 'shared', 'feeds');
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-start-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The daemon as a user runs it, its output by line. */
class Daemon {
  readonly child: ChildProcess;
  output = '';
  readonly ended: Promise<number | null>;
  private readonly waiting: { readonly pattern: RegExp; readonly done: () => void }[] = [];

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, 'start', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const hear = (chunk: Buffer): void => {
      this.output += chunk.toString('utf8');
      for (const w of this.waiting) if (w.pattern.test(this.output)) w.done();
    };
    this.child.stdout!.on('data', hear);
    this.child.stderr!.on('data', hear);
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
  }

  /** Until the output has this; fails when the process ends without it. */
  async says(pattern: RegExp): Promise<void> {
    if (pattern.test(this.output)) return;
    const heard = new Promise<'heard'>((resolve) => this.waiting.push({ pattern, done: () => resolve('heard') }));
    const first = await Promise.race([heard, this.ended]);
    assert.equal(first, 'heard', `ended without ${pattern}:\n${this.output}`);
  }
}

const CONFIRMED = /the exchange confirms that nothing of ours rests/;

test('start quotes both sides, ends by itself, and the exchange confirms that nothing rests', async () => {
  const daemon = new Daemon(['--for', '7s', '--journal', path.join(folder, 'journals')]);
  assert.equal(await daemon.ended, 0, daemon.output);
  assert.match(daemon.output, /order group \S+ armed on shard 0: 500\.00 contracts per 15 s/);
  assert.match(daemon.output, /quoting 2 market\(s\) with ladder/);
  assert.match(daemon.output, /SYN-A-T50 {2}bid \d+@\d+ ask \d+@\d+ {2}book \d+@\d+ \/ \d+x\d+/);
  assert.match(daemon.output, /session summary/);
  assert.match(daemon.output, /refused for want of tokens 0/);
  assert.match(daemon.output, CONFIRMED);
});

test('the journal of a session is whole: it replays, and holds every kind of record', async () => {
  const journals = path.join(folder, 'journals');
  const file = path.join(journals, readdirSync(journals)[0]!);
  const { report, error } = await replayFile(file, false);
  assert.equal(error, null);
  assert.equal(report.negativeLevels.count + report.crossed.count + report.undecodable.count, 0);
  assert.ok(report.frames > 20);
  const text = zstdcat(file);
  for (const part of [
    '"session":',
    '"input":{"kind":"link"',
    '"input":{"kind":"outcome"',
    '"input":{"kind":"timer"}',
    '"action":{"kind":"request"',
    '"frame":',
  ]) {
    assert.ok(text.includes(part), `no ${part}`);
  }
  assert.ok(!text.includes('PRIVATE KEY'));
});

/** All blocks of a journal, as `zstdcat` shows them. */
function zstdcat(file: string): string {
  // Node's one-call decoder reads every block of a file, its stream only the first.
  return zstdDecompressSync(readFileSync(file)).toString('utf8');
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} while quoting: groups triggered, orders cancelled, verified, summary, exit 0`, async () => {
    const daemon = new Daemon(['--no-journal']);
    await daemon.says(/bid \d+@\d+ ask \d+@\d+/);
    daemon.child.kill(signal);
    assert.equal(await daemon.ended, 0, daemon.output);
    assert.match(daemon.output, /stopping: triggering the order groups/);
    assert.match(daemon.output, CONFIRMED);
  });
}

test('npm is killed and takes its shell along: the engine notices, pulls its quotes and ends', async () => {
  const log = path.join(folder, 'orphan.log');
  const launcher = path.join(ROOT, 'scripts', 'hundred.mjs');
  // A command behind ours keeps the shell from becoming us, as npm's does.
  const script = `"${process.execPath}" "${launcher}" start --no-journal > "${log}" 2>&1; true`;
  const shell = spawn('sh', ['-c', script], { cwd: folder, env: { ...process.env, npm_lifecycle_event: 'start' } });
  const has = (pattern: RegExp): boolean => existsSync(log) && pattern.test(readFileSync(log, 'utf8'));
  const until = async (pattern: RegExp): Promise<void> => {
    const deadline = performance.now() + 30_000;
    while (!has(pattern) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(has(pattern), `no ${pattern}:\n${existsSync(log) ? readFileSync(log, 'utf8') : ''}`);
  };
  await until(/bid \d+@\d+ ask \d+@\d+/);
  shell.kill('SIGTERM');
  await until(CONFIRMED);
});

test('the exchange is killed mid-session: quotes stop, it comes back, they resume', async () => {
  const daemon = new Daemon(['--no-journal']);
  await daemon.says(/bid \d+@\d+ ask \d+@\d+/);
  process.kill(Number(/embedded exchange: process (\d+)/.exec(daemon.output)![1]), 'SIGKILL');
  await daemon.says(/feed lost, quotes are being pulled/);
  await daemon.says(/starting it again/);
  await daemon.says(/feed lost[\s\S]*feed connected/);
  await daemon.says(/feed lost[\s\S]*feed connected[\s\S]*bid \d+@\d+ ask \d+@\d+[^\n]*(p50 [^\n]*s)\n/);
  daemon.child.kill('SIGINT');
  assert.equal(await daemon.ended, 0, daemon.output);
  assert.match(daemon.output, CONFIRMED);
});

/** A small recording in one of the wire forms: a book, some removals known to be trades, an end. */
function recording(name: string, form: 'cents' | 'dollars'): string {
  const lines: string[] = [];
  let ns = 1_776_490_453_460_692_000n;
  let seq = 0;
  const level = (cents: number, contracts: number): unknown =>
    form === 'cents' ? [cents, contracts] : [(cents / 100).toFixed(4), contracts.toFixed(2)];
  const put = (type: string, msg: object, fill = false): void => {
    ns += 20_000_000n;
    const frame = JSON.stringify({ type, sid: 1, seq: ++seq, msg });
    lines.push(`{"recv_ns":${ns}${fill ? ',"fill":true' : ''},"frame":${frame}}`);
  };
  const sides = form === 'cents' ? ['yes', 'no'] : ['yes_dollars_fp', 'no_dollars_fp'];
  put('orderbook_snapshot', {
    market_ticker: 'REC-A-T1',
    [sides[0]!]: [level(40, 50), level(41, 20)],
    [sides[1]!]: [level(50, 50), level(51, 30)],
  });
  for (let n = 0; n < 150; n++) {
    const delta = n % 2 === 0 ? 5 : -5;
    const at = n % 4 < 2 ? 41 : 40;
    const change =
      form === 'cents' ? { price: at, delta } : { price_dollars: (at / 100).toFixed(4), delta_fp: delta.toFixed(2) };
    put('orderbook_delta', { market_ticker: 'REC-A-T1', ...change, side: 'yes' }, delta < 0);
  }
  const file = path.join(folder, name);
  writeFileSync(file, gzipSync(`${lines.join('\n')}\n`));
  return file;
}

for (const form of ['cents', 'dollars'] as const) {
  test(`a recording in ${form} is played to its end as the market's book, quoted, and the session ends by itself`, async () => {
    const daemon = new Daemon(['--feed', recording(`${form}.ndjson.gz`, form), '--speed', '2', '--no-journal']);
    assert.equal(await daemon.ended, 0, daemon.output);
    assert.match(daemon.output, /markets REC-A-T1/);
    assert.match(daemon.output, /the recording is through after 151 book frames/);
    assert.match(daemon.output, /orders created [1-9]/);
    assert.match(daemon.output, CONFIRMED);
  });
}

for (const [name, speed] of [
  ['cents_sp500range_20230410.ndjson.gz', 'max'],
  ['fp_prod_kxbtc_20260418.ndjson.gz', '30'],
] as const) {
  test(`the recording ${name} at speed ${speed}`, async (t) => {
    const file = path.join(RECORDINGS, name);
    if (!existsSync(file)) return t.skip(`recording ${name} absent`);
    const daemon = new Daemon(['--feed', file, '--speed', speed, '--no-journal']);
    assert.equal(await daemon.ended, 0, daemon.output);
    assert.match(daemon.output, /the recording is through/);
    assert.match(daemon.output, /gaps 0 {2}bad frames 0/);
    assert.match(daemon.output, CONFIRMED);
  });
}

test('faults, scenario and rules reach the exchange, and what it does is told', async () => {
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return name;
  };
  const scenario = file('scenario.yaml', 'steps: [{ atSeconds: 0, do: disconnect }]');
  const faults = file('faults.yaml', 'requests: [{ fault: latency, beforeMs: 1, backMs: 1, from: 2, to: 2 }]');
  const rule = ['--rule', 'postOnlyCross=cancel'];
  const daemon = new Daemon(['--no-journal', '--scenario', scenario, '--faults', faults, '--fault-seed', '3', ...rule]);
  await daemon.says(/scenario, 0 s: disconnect/);
  await daemon.says(/fault: request latency/);
  await daemon.says(/feed lost[\s\S]*feed connected/);
  daemon.child.kill('SIGTERM');
  assert.equal(await daemon.ended, 0, daemon.output);
  assert.match(daemon.output, CONFIRMED);
});

test('what cannot start says what, where and what to do, and exits 2', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { readonly port: number };
  const bad = path.join(folder, 'bad.yaml');
  const good = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
  writeFileSync(bad, good.replace('maxOrders:', 'maxOrderz:').replace('share: 0.9', 'share: 7'));
  const csv = path.join(folder, 'wrong.csv');
  writeFileSync(csv, 'time,price\n1,2\n');
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ['--port', String(port)],
      new RegExp(`port ${port} on 127\\.0\\.0\\.1 is already in use: stop what listens there`),
    ],
    [
      ['--config', bad],
      /maxOrders: is missing[\s\S]*unknown field "maxOrderz" \(did you mean "maxOrders"\?\)[\s\S]*budget\.share/,
    ],
    [['--config', path.join(folder, 'none.yaml')], /none\.yaml does not exist/],
    [['--feed', path.join(folder, 'none.gz')], /none\.gz.*no such file/],
    [['--feed', csv], /wrong\.csv:1/],
    [['--for', 'soon'], /--for soon: expected a duration/],
    [['--speed', '-1'], /--speed/],
    [['--nonsense'], /--nonsense/],
  ];
  try {
    for (const [args, expected] of cases) {
      const daemon = new Daemon(args);
      assert.equal(await daemon.ended, 2, daemon.output);
      assert.match(daemon.output, expected);
      assert.doesNotMatch(daemon.output, /\n {4}at /, 'no stack trace');
    }
  } finally {
    taken.close();
  }
});
