import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { exchangeCommand } from '../../engine/cli/exchange.ts';
import { UsageError } from '../../engine/cli/usage.ts';
import { Client, ED25519, type Json } from './support/venue.ts';

/** A command that has not ended by then is ended, and its test fails. */
const DEADLINE_MS = 20_000;
const MAIN = resolve('engine/cli/main.ts');

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A running command with its output so far. */
class Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out = '';
  err = '';
  private wake: () => void = () => {};

  constructor(t: TestContext, args: readonly string[], cwd: string, ipc = false) {
    const options = { cwd, stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc' as const] : [])] as never };
    const run = ['exchange', ...args];
    this.child = ipc ? fork(MAIN, run, options) : spawn(process.execPath, [MAIN, ...run], options);
    this.child.stdout?.on('data', (chunk) => {
      this.out += String(chunk);
      this.wake();
    });
    this.child.stderr?.on('data', (chunk) => {
      this.err += String(chunk);
      this.wake();
    });
    // Not the child's own `close`: it does not come after a disconnect from this side.
    const streams = [this.child.stdout!, this.child.stderr!].map((stream) => once(stream, 'close'));
    this.ended = Promise.all([once(this.child, 'exit'), ...streams]).then(([[status]]) => {
      this.wake();
      return { status: status as number | null, out: this.out, err: this.err };
    });
    const stop = setTimeout(() => this.child.kill('SIGKILL'), DEADLINE_MS);
    t.after(() => {
      clearTimeout(stop);
      this.child.kill('SIGKILL');
    });
  }

  /** Wait until this stands in the error output. */
  async told(text: string): Promise<void> {
    while (!this.err.includes(text)) {
      assert.equal(this.child.exitCode, null, this.err);
      await new Promise<void>((done) => {
        this.wake = done;
      });
    }
  }

  /** The first whole line of output. */
  async line(): Promise<string> {
    while (!this.out.includes('\n')) {
      assert.equal(this.child.exitCode, null, this.err);
      await new Promise<void>((done) => {
        this.wake = done;
      });
    }
    return this.out.slice(0, this.out.indexOf('\n'));
  }
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'exchange-cli-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const run = (t: TestContext, args: readonly string[], cwd = folder(t)): Promise<Ended> =>
  new Command(t, args, cwd).ended;

function recording(path: string, ...frames: readonly unknown[]): string {
  writeFileSync(path, frames.map((frame) => `${JSON.stringify({ recv_ns: null, frame })}\n`).join(''));
  return path;
}
const SNAPSHOT = { type: 'orderbook_snapshot', msg: { market_ticker: 'REC', yes_dollars_fp: [['0.4000', '10.00']] } };
const change = (delta_fp: string): unknown => ({
  type: 'orderbook_delta',
  msg: { market_ticker: 'REC', side: 'yes', price_dollars: '0.4000', delta_fp },
});

describe('hundred exchange', () => {
  test('--help tells how, with examples, and ends well', async (t) => {
    const { status, out, err } = await run(t, ['--help']);
    assert.deepEqual([status, err], [0, '']);
    for (const word of ['usage:', 'examples:', '--feed', '--state', 'exit status:'])
      assert.ok(out.includes(word), word);
  });

  test('what cannot be done is told in words that say what and what to do', async (t) => {
    const cwd = folder(t);
    const file = (name: string, text: string): string => {
      writeFileSync(join(cwd, name), text);
      return join(cwd, name);
    };
    const notes = file('notes.txt', 'my notes\n');
    const pem = file('key.pem', ED25519.publicPem);
    const empty = recording(join(cwd, 'empty.ndjson'), { type: 'ok' });
    const fine = recording(join(cwd, 'fine.ndjson'), SNAPSHOT);
    const parts = recording(join(cwd, 'parts.ndjson'), SNAPSHOT, change('0.50'));
    const bad = file('bad.yaml', 'requests: [{ fault: drop, probability: 2 }]');
    const key = ['--key-id', 'x', '--public-key', pem];
    const scenario = (name: string, step: string): string => file(name, `steps:\n  - { atSeconds: 1, do: ${step} }\n`);
    const cases: readonly [readonly string[], RegExp][] = [
      [['extra'], /extra/],
      [['--port', '70000'], /--port 70000: expected a whole number from 0 to 65535/],
      [['--seed', 'x'], /--seed x: expected/],
      [['--tier', 'gold'], /--tier gold: expected one of basic/],
      [['--rounding', 'up'], /--rounding up: expected direct or broker/],
      [['--balance=-1'], /--balance -1: expected dollars/],
      [['--balance='], /--balance : expected dollars/],
      [['--balance', '1e3'], /--balance 1e3: expected dollars/],
      [['--host', '0.0.0.0'], /--host 0.0.0.0 .*--public/],
      [['--key-id', 'x'], /--key-id and --public-key go together/],
      [['--key-id', 'x', '--public-key', 'nowhere.pem'], /--public-key nowhere.pem cannot be read/],
      [['--key-id', 'x', '--public-key', notes], /notes.txt holds no RSA or Ed25519 public key/],
      [[...key, '--feed', 'nowhere.ndjson'], /nowhere.ndjson/],
      [[...key, '--faults', 'nowhere.yaml'], /--faults nowhere.yaml cannot be read/],
      [[...key, '--faults', bad], /--faults .*bad.yaml has problems:\n {2}requests\.0\.probability: /],
      [[...key, '--fault-seed', '3'], /--fault-seed goes with --faults FILE/],
      [[...key, '--feed', parts, '--legacy-cents'], /parts.ndjson holds parts of contracts.*leave out --legacy-cents/],
      [[...key, '--feed', notes], /notes.txt/],
      [[...key, '--feed', empty], /no order book/],
      [[...key, '--feed', fine, '--speed', 'fast'], /--speed fast: expected/],
      [
        [...key, '--scenario', scenario('a.yaml', 'nap')],
        /a.yaml has 1 problem.*\n {2}line 2, steps.0.do: unknown step "nap"/,
      ],
      [
        [...key, '--scenario', scenario('b.yaml', 'close, market: X')],
        /at 1 s \(close\): there is no market X; there are SYN/,
      ],
      [[...key, '--rule', 'postOnlyCross'], /--rule postOnlyCross: expected name=value/],
      [[...key, '--rule', 'postOnlyCros=cancel'], /there is no rule postOnlyCros \(did you mean "postOnlyCross"\?\)/],
      [[...key, '--rule', 'postOnlyCross=maybe'], /--rule postOnlyCross=maybe: expected refuse, cancel/],
      [[...key, '--rule', 'transferMs=-1'], /--rule transferMs=-1: expected 0 to 86400000/],
      [[...key, '--rule', 'reserveFees=true', '--rule', 'reserveFees=false'], /reserveFees is given twice/],
      [[...key, '--state', notes], /notes.txt:1: not a line of an exchange state log/],
      [[...key, '--state', cwd], /cannot be used to keep the exchange's state/],
    ];
    for (const [args, message] of cases) {
      await assert.rejects(exchangeCommand(['--port', '0', ...args]), (error: NodeJS.ErrnoException) => {
        assert.ok(error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS'), `${args}: ${error.stack}`);
        assert.match(error.message, message);
        return true;
      });
    }
  });

  test('a mistake ends with status 2, one line and no stack trace', async (t) => {
    const { status, out, err } = await run(t, ['--tier', 'gold']);
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, /^hundred: --tier gold: [^\n]+\n$/);
  });

  test('a port in use is status 2 and named', async (t) => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    t.after(() => other.close());
    const { port } = other.address() as { port: number };
    const { status, err } = await run(t, ['--port', String(port)]);
    assert.equal(status, 2);
    assert.match(err, new RegExp(`^hundred: port ${port} on 127.0.0.1 is already in use: stop what listens there`));
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`serves with the key it made, and ${signal} ends it with status 0`, async (t) => {
      const cwd = folder(t);
      const command = new Command(t, ['--port', '0', '--json'], cwd);
      const ready = JSON.parse(await command.line()) as { port: number; keyId: string; key: string; markets: string[] };
      const path = join(cwd, ready.key);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const privateKey = createPrivateKey(readFileSync(path));
      const client = new Client(ready.port, { keyId: ready.keyId, privateKey, publicPem: '' }, Date.now);
      const balance = await client.get('/portfolio/balance');
      assert.deepEqual([balance.status, balance.body['balance_dollars']], [200, '40000.0000']);
      assert.equal(((await client.get('/markets')).body['markets'] as Json[]).length, ready.markets.length);
      command.child.kill(signal);
      assert.deepEqual(await command.ended.then(({ status, err }) => [status, err]), [0, '']);
    });
  }

  test('reads the rules as --rule says', async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, 'key.pem'), ED25519.publicPem);
    const key = ['--key-id', ED25519.keyId, '--public-key', 'key.pem'];
    const command = new Command(t, ['--port', '0', '--json', ...key, '--rule', 'postOnlyCross=cancel'], cwd);
    const { port, markets } = JSON.parse(await command.line()) as { port: number; markets: string[] };
    const client = new Client(port, ED25519, Date.now);
    assert.equal((await client.order({ ticker: markets[0]!, price: '0.9900', post_only: true })).status, 201);
  });

  test('keeps its state across a SIGKILL', async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, 'key.pem'), ED25519.publicPem);
    const args = ['--port', '0', '--json', '--state', 's.ndjson', '--key-id', ED25519.keyId, '--public-key', 'key.pem'];
    const start = async (): Promise<{ command: Command; client: Client; ticker: string }> => {
      const command = new Command(t, args, cwd);
      const { port, markets } = JSON.parse(await command.line()) as { port: number; markets: string[] };
      return { command, client: new Client(port, ED25519, Date.now), ticker: markets[0]! };
    };
    const first = await start();
    const order = { ticker: first.ticker, price: '0.0100', client_order_id: 'once' };
    assert.equal((await first.client.order(order)).status, 201);
    first.command.child.kill('SIGKILL');
    await first.command.ended;
    assert.ok(existsSync(join(cwd, 's.ndjson')));
    const second = await start();
    assert.equal((await second.client.order(order)).status, 409);
    assert.deepEqual((await second.client.get('/portfolio/orders?status=resting')).body['orders'], []);
  });

  test('carries out a scenario, and what it settled stays so across a SIGKILL', async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, 'key.pem'), ED25519.publicPem);
    const steps = ['disconnect', 'settle, market: SYN-A-T60, result: yes', 'pause, level: trading'];
    writeFileSync(join(cwd, 's.yaml'), `steps:\n${steps.map((s) => `  - { atSeconds: 0, do: ${s} }\n`).join('')}`);
    const key = ['--key-id', ED25519.keyId, '--public-key', 'key.pem'];
    const start = async (more: readonly string[]): Promise<{ command: Command; client: Client }> => {
      const command = new Command(t, ['--port', '0', '--json', '--state', 's.ndjson', ...key, ...more], cwd);
      const { port } = JSON.parse(await command.line()) as { port: number };
      return { command, client: new Client(port, ED25519, Date.now) };
    };
    const first = await start(['--scenario', 's.yaml']);
    await first.command.told('scenario, 0 s: pause level trading shard all\n');
    const state = async (client: Client): Promise<unknown[]> => {
      const market = (await client.get('/markets/SYN-A-T60')).body['market'] as Json;
      return [market['status'], market['result'], (await client.get('/exchange/status')).body['trading_active']];
    };
    assert.deepEqual(await state(first.client), ['finalized', 'yes', false]);
    first.command.child.kill('SIGKILL');
    await first.command.ended;
    assert.deepEqual(await state((await start([])).client), ['finalized', 'yes', false]);
  });

  test('a recording that contradicts itself ends it with status 1 and the line', async (t) => {
    const cwd = folder(t);
    const feed = recording(join(cwd, 'bad.ndjson'), SNAPSHOT, change('5.00'), change('-90.00'));
    const { status, err } = await run(t, ['--port', '0', '--feed', feed, '--speed', 'max'], cwd);
    assert.equal(status, 1);
    assert.match(err, /^exchange: line 3: delta for REC removes 90 contracts at 40c where the recording shows 15\n$/);
  });

  test('under a parent it holds the recording until told, reports, and goes when the parent goes', async (t) => {
    const cwd = folder(t);
    const feed = recording(join(cwd, 'r.ndjson'), SNAPSHOT, change('5.00'));
    const command = new Command(t, ['--port', '0', '--feed', feed, '--speed', 'max'], cwd, true);
    const messages: Json[] = [];
    const heard = (type: string): Promise<Json> =>
      new Promise((done) => {
        const look = (): void => {
          const found = messages.find((m) => m['type'] === type);
          if (found !== undefined) done(found);
        };
        command.child.on('message', look);
        look();
      });
    command.child.on('message', (m) => messages.push(m as Json));
    const ready = await heard('ready');
    assert.deepEqual(ready['markets'], ['REC']);
    const client = new Client(ready['port'] as number, ED25519, Date.now);
    const book = async (): Promise<string> => (await client.call('GET', '/markets/REC/orderbook', undefined, {})).text;
    assert.match(await book(), /"10\.00"/);
    command.child.kill('SIGINT');
    command.child.send({ type: 'play' });
    assert.deepEqual(await heard('feedEnded'), { type: 'feedEnded', frames: 2 });
    assert.match(await book(), /"15\.00"/);
    command.child.disconnect();
    assert.equal((await command.ended).status, 0);
  });
});
