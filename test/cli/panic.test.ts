import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { makeKeyPair } from '../../engine/cli/exchange.ts';
import { OrderGroup } from '../../engine/exchange/groups.ts';
import { World } from '../../engine/exchange/index.ts';
import type { OrderRequest } from '../../engine/exchange/order.ts';
import { readStatusFiles } from '../../engine/ops/status-file.ts';
import { BID, type Count, type Money, price } from '../../engine/units/index.ts';

const MAIN = path.join(import.meta.dirname, '..', '..', 'engine', 'cli', 'main.ts');
const USER = 'user-1';
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-panic-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function hundred(cwd: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

interface Daemon {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly output: () => string;
}

/** A daemon that quotes. */
async function daemon(cwd: string): Promise<Daemon> {
  const child = spawn(process.execPath, [MAIN, 'start', '--no-journal'], { cwd });
  children.push(child);
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (/bid \d+@\d+ ask \d+@\d+/.test(output)) resolve();
    });
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('exit', () => reject(new Error(`it ended: ${output}`)));
  });
  return { child, ended, output: () => output };
}

test('from another terminal: pause, level and resume reach the daemon; panic ends it, and no start follows before a person has seen it', async () => {
  const cwd = mkdtempSync(path.join(folder, 'told-'));
  const { ended, output } = await daemon(cwd);
  const paused = await hundred(cwd, 'pause', '--json');
  assert.deepEqual([paused.code, JSON.parse(paused.out)[0].text], [0, 'paused: every quote is pulled']);
  assert.match((await hundred(cwd, 'resume')).out, /resumed/);
  assert.equal((await hundred(cwd, 'pause', '--level', '1')).code, 0);
  const status = await hundred(cwd, 'status');
  assert.equal(status.code, 1);
  assert.match(status.out, /LEVEL 1 reduce only: operator_reduce_only: an operator asked for level 1/);
  const wrong = await hundred(cwd, 'resume', '--reset', 'daily_loss');
  assert.deepEqual([wrong.code, /not in force/.test(wrong.out)], [1, true]);
  assert.equal((await hundred(cwd, 'resume', '--reset', 'operator_reduce_only')).code, 0);

  const panic = await hundred(cwd, 'panic', '--json');
  assert.equal(panic.code, 0, panic.out + panic.err);
  const [outcome] = JSON.parse(panic.out).outcomes;
  // It answered within the second it has: otherwise it would have been pulled without it.
  assert.deepEqual([outcome.by, outcome.clean], ['daemon', true]);
  assert.equal(await ended, 0, output());
  assert.match(output(), /an operator asked for level 4 \(off\)/);

  const refused = await hundred(cwd, 'start', '--no-journal', '--for', '1s');
  assert.equal(refused.code, 2);
  assert.match(refused.err, /everything went off .*hundred panic.*hundred resume --acknowledge/);
  assert.equal((await hundred(cwd, 'resume', '--acknowledge')).code, 0);
  assert.equal(existsSync(path.join(cwd, '.hundred', 'off.json')), false);
  assert.equal((await hundred(cwd, 'panic')).code, 2, 'nobody to tell');
});

test('a daemon that is frozen: panic pulls its orders without it, and it ends itself once it wakes', async () => {
  const cwd = mkdtempSync(path.join(folder, 'frozen-'));
  const { child, ended, output } = await daemon(cwd);
  child.removeAllListeners('exit');
  const over = new Promise<number | null>((resolve) => child.on('exit', resolve));
  // Its watchdog too, which would otherwise be first.
  const pid = Number(/daemon: process (\d+)/.exec(output())![1]);
  child.kill('SIGSTOP');
  process.kill(pid, 'SIGSTOP');
  const panic = await hundred(cwd, 'panic');
  assert.equal(panic.code, 0, panic.out + panic.err);
  assert.match(panic.out, /pulled without it: the exchange confirms that nothing of ours rests/);
  process.kill(pid, 'SIGCONT');
  child.kill('SIGCONT');
  assert.equal(await Promise.race([over, ended]), 0, output());
  assert.match(output(), /level 4 \(off\)/);
});

test('a daemon that was killed while its exchange lives: its orders and groups go, other programs stay unless all is said', async () => {
  const cwd = mkdtempSync(path.join(folder, 'killed-'));
  const key = makeKeyPair(path.join(cwd, 'key'));
  const world = new World({
    server: { host: '127.0.0.1', port: 0, tier: 'basic' },
    keys: [key],
    seed: 1,
    balance: 10_000_000_000 as Money,
    makerFees: false,
    onFailure: assert.fail,
  });
  const port = await world.start();
  try {
    const [ticker, elsewhere] = world.tickers;
    const order: OrderRequest = {
      ticker: ticker!,
      side: BID,
      price: price(100),
      count: 500 as Count,
      clientOrderId: '',
      timeInForce: 'good_till_canceled',
      selfTrade: 'taker_at_cross',
      postOnly: true,
      reduceOnly: false,
      cancelOnPause: true,
      groupId: '',
      expirationSeconds: 0,
    };
    for (const clientOrderId of ['hd-dead-1', 'hd-dead-2', 'other-1'])
      world.exchange.create(USER, { ...order, clientOrderId });
    assert.equal(world.exchange.restingOf(USER).length, 3);
    world.exchange.account(USER).holding(ticker!).position = 700 as Count;
    world.exchange.account(USER).holding(elsewhere!).position = 300 as Count;
    const group = new OrderGroup('g-1', USER, 0, 1000 as Count, 0);
    world.exchange.desk.create(group);
    const folderOf = path.join(cwd, '.hundred', 'status');
    mkdirSync(folderOf, { recursive: true });
    const record = {
      // No process has it: the highest there can be.
      pid: 4_194_304,
      sessionId: 'dead',
      control: path.join(folderOf, 'dead.sock'),
      access: {
        restUrl: `http://127.0.0.1:${port}/trade-api/v2`,
        keyId: key.keyId,
        keyPath: key.privatePath,
        clientPrefix: 'hd',
        subaccount: 0,
      },
      status: { groups: [], markets: [{ ticker }] },
    };
    writeFileSync(path.join(folderOf, 'dead.json'), JSON.stringify(record));
    const first = await hundred(cwd, 'panic', '--flatten');
    assert.equal(first.code, 0, first.out + first.err);
    assert.match(first.out, /pulled without it: .*nothing of ours rests; no position is left/);
    assert.equal(group.triggered, true, 'nothing late can rest in it');
    assert.equal(world.exchange.account(USER).holding(ticker!).position, 0);
    assert.equal(world.exchange.account(USER).holding(elsewhere!).position, 300, "another program's");
    assert.deepEqual(
      world.exchange.restingOf(USER).map((o) => o.clientOrderId),
      ['other-1'],
    );
    const second = await hundred(cwd, 'panic', '--all', '--json');
    assert.equal(second.code, 0, second.out + second.err);
    assert.equal(world.exchange.restingOf(USER).length, 0);
    assert.match(readFileSync(path.join(cwd, '.hundred', 'off.json'), 'utf8'), /hundred panic/);
    assert.equal(readStatusFiles(folderOf).length, 1);
  } finally {
    world.close();
  }
});

test('a status that is damaged, and a mistake on the command line, keep no daemon from being told', async () => {
  const cwd = path.join(folder, 'damaged');
  const statuses = path.join(cwd, '.hundred', 'status');
  mkdirSync(statuses, { recursive: true });
  const status = { markets: [], groups: [], halts: [] };
  const record = { pid: 2 ** 22 + 1, sessionId: 'gone', writtenMs: 1, title: '', status };
  const access = { restUrl: 'no address', keyId: 'k', keyPath: 'none.pem', clientPrefix: 'hd', subaccount: 0 };
  writeFileSync(path.join(statuses, 'empty.json'), '');
  writeFileSync(path.join(statuses, 'gone.json'), JSON.stringify(record));
  writeFileSync(path.join(statuses, 'strange.json'), JSON.stringify({ ...record, sessionId: 'strange', access }));
  const { code, out } = await hundred(cwd, 'panic', '--config', 'none.yaml', '--key-id', 'k', '--key', 'none.pem');
  assert.equal(code, 1);
  assert.match(out, /WARNING: unknown daemon: NOT CONFIRMED: .*empty\.json is no status/);
  assert.match(out, /WARNING: session gone, .*: no key of it is known/);
  assert.match(out, /WARNING: session strange, .*: NOT CONFIRMED: Invalid URL/);
  assert.match(out, /WARNING: none\.yaml: NOT CONFIRMED: config file .*none\.yaml does not exist/);
  assert.ok(existsSync(path.join(cwd, '.hundred', 'off.json')));
  assert.match(out, /off\.json keeps daemons from starting/);
  // A file where the folder should be: no latch, and none is claimed.
  writeFileSync(path.join(folder, 'file'), '');
  const where = path.join(folder, 'file', 'status');
  const other = await hundred(cwd, 'panic', '--folder', where);
  assert.equal(other.code, 1);
  assert.match(other.err, /the latch cannot be set, a start will not be held up/);
  assert.doesNotMatch(other.out, /keeps daemons from starting/);
});
