import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { refuseTwin } from '../../engine/cli/twin.ts';
import { bornOf, isAlive, readStatusFolder, StatusFile, type StatusRecord } from '../../engine/ops/status-file.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const MAIN = path.join(ROOT, 'engine', 'cli', 'main.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-status-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** `hundred status` as a user runs it. */
function status(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'status', ...args], { cwd }, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code as unknown as number), out, err });
    });
  });
}

test('none runs: exit 2 and where it was looked for', async () => {
  const { code, err } = await status(folder);
  assert.equal(code, 2);
  assert.match(err, /no daemon runs from here: .*status holds no status/);
});

test('a running daemon tells what it does; frozen it is silent; killed it has died; the next one clears up', async () => {
  // Quotes that stand around values from a file, so that a quote shows them to have come through.
  const config = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
  const section = 'external: { sources: { model: { file: { path: fair.json } } } }';
  const params = '  params:\n    fairValue: external\n    staleSeconds: 3600\n';
  writeFileSync(path.join(folder, 'config.yaml'), `${config.replace('  params:\n', params)}\n${section}\n`);
  writeFileSync(path.join(folder, 'fair.json'), '{"SYN-A-T50": 0.7, "SYN-A-T60": "unknown"}');
  const args = [MAIN, 'start', '--no-journal', '--config', 'config.yaml'];
  const daemon = spawn(process.execPath, args, { cwd: folder });
  children.push(daemon);
  let output = '';
  await new Promise<void>((resolve, reject) => {
    daemon.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (/bid \d+@\d+ ask \d+@\d+/.test(output)) resolve();
    });
    daemon.on('exit', () => reject(new Error(`it ended: ${output}`)));
  });
  const text = await status(folder);
  assert.deepEqual([text.code, text.err], [0, '']);
  const pid = Number(/daemon: process (\d+)/.exec(output)![1]);
  assert.match(text.out, new RegExp(`process ${pid}: running`));
  assert.match(text.out, /SYN-A-T60 +- +- .* no_fair_value/);
  assert.match(text.out, /external model \(.*fair\.json\): 1 names, newest .* 1 taken, 1 refused, 0 failed reads/);
  assert.match(text.out, / {2}last refused: "SYN-A-T60" is "unknown": write a number/);
  const json = await status(folder, '--json');
  const [record] = JSON.parse(json.out) as (StatusRecord & { readonly health: string })[];
  assert.deepEqual([record!.health, record!.pid, record!.status.phase], ['running', pid, 'running']);
  const { bid } = record!.status.markets[0]!;
  assert.ok('reason' in bid && 'clears' in bid && 'has' in bid);

  // The file as a process that hangs leaves it.
  const file = path.join(folder, '.hundred', 'status', `${record!.sessionId}.json`);
  daemon.removeAllListeners('exit');
  // First its watchdog, which would pull its orders and start another.
  daemon.kill('SIGSTOP');
  process.kill(pid, 'SIGSTOP');
  writeFileSync(file, JSON.stringify({ ...record, writtenMs: Date.now() - 9000 }));
  const silent = await status(folder);
  assert.equal(silent.code, 1);
  assert.match(silent.out, /SILENT for 9|SILENT for 1\d/);
  const ended = new Promise((resolve) => daemon.on('exit', resolve));
  daemon.kill('SIGKILL');
  await ended;
  process.kill(pid, 'SIGKILL');
  await gone(pid);
  const died = await status(folder);
  assert.equal(died.code, 1);
  assert.match(died.out, /DIED without a word/);

  const next = spawn(process.execPath, [MAIN, 'start', '--no-journal', '--for', '1s'], { cwd: folder });
  children.push(next);
  assert.equal(await new Promise((resolve) => next.on('exit', resolve)), 0);
  assert.deepEqual(readdirSync(path.join(folder, '.hundred', 'status')), []);
  assert.equal((await status(folder)).code, 2);
});

/** Until whoever inherits a process has taken note of its end. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a damaged status hides no daemon: it is named, and what to do about it', async () => {
  const other = path.join(folder, 'other');
  mkdirSync(other);
  writeFileSync(path.join(other, 'x.json'), '{"pid":1}');
  writeFileSync(path.join(other, 'y.json'), 'half of a fi');
  writeFileSync(path.join(other, 'z.json'), '');
  const { code, err } = await status(folder, '--folder', other);
  assert.equal(code, 2, 'none is known to run');
  for (const name of ['x', 'y', 'z'])
    assert.match(err, new RegExp(`${name}\\.json is no status of a daemon .*remove it once you know`));
  const { records, faults } = readStatusFolder(path.join(other, 'x.json'));
  assert.deepEqual([records, faults.length], [[], 1], 'what is no folder, or may not be read, is told of too');
});

test('a process that has the number of a daemon that died is not taken for it', { skip: !existsSync('/proc') }, () => {
  const born = bornOf(process.pid);
  assert.notEqual(born, '');
  assert.equal(isAlive(process.pid, born), true);
  assert.equal(isAlive(process.pid), true, 'a status of before it was written');
  assert.equal(isAlive(process.pid, 'another moment'), false);
});

test('a dead daemon of another account is not cleared away; a living one of the same account keeps a second from starting', () => {
  const statuses = path.join(folder, 'accounts');
  const access = (keyId: string) =>
    ({ restUrl: 'https://demo/v2', keyId, keyPath: '/key.pem', clientPrefix: 'hd', subaccount: 0 }) as const;
  const put = (sessionId: string, keyId: string, pid: number): void => {
    const status = { markets: [], groups: [], halts: [] };
    const record = { pid, born: bornOf(pid), sessionId, writtenMs: 1, title: '', access: access(keyId), status };
    writeFileSync(path.join(statuses, `${sessionId}.json`), JSON.stringify(record));
  };
  mkdirSync(statuses);
  put('mine', 'a', 2 ** 22 + 1);
  put('other', 'b', 2 ** 22 + 1);
  new StatusFile(statuses, 'next', access('a'), assert.fail);
  assert.deepEqual(readdirSync(statuses), ['other.json']);
  refuseTwin(statuses, access('b'));
  put('alive', 'b', process.pid);
  assert.throws(() => refuseTwin(statuses, access('b')), /session alive .* already: end it first, or .*clientPrefix/);
  refuseTwin(statuses, { ...access('b'), clientPrefix: 'x' });
});
