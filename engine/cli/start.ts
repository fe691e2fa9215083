import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Hosts } from '../kalshi/hosts.ts';
import { engineConfig, readConfig } from './config.ts';
import { type ExchangeMessage, makeKeyPair } from './exchange.ts';
import { externalSettings } from './external-config.ts';
import { incentivesOf } from './incentives.ts';
import { Interruption } from './interruption.ts';
import { refuseWhenOff } from './off.ts';
import { openSession } from './open.ts';
import { marketsOf, presetLines, presetOf } from './presets.ts';
import { STATUS_FOLDER } from './status.ts';
import { loadStrategy } from './strategies.ts';
import { Supervisor } from './supervise.ts';
import { obey, release, type Supervision, supervision } from './supervised.ts';
import { durationMs, speedOf, UsageError, wholeNumber } from './usage.ts';
import { WATCH_TERMS } from './watchdog.ts';

const HELP = `hundred start - quote the embedded exchange

usage: npm start -- [options]      or      npx hundred start [options]

  --feed FILE        the exchange plays this recording as the markets' books (.ndjson, .gz, .zst)
  --speed N|max      multiple of recorded time (default 1)
  --yes-prices       the recording was subscribed with use_yes_price
  --for DURATION     end by itself, e.g. 30s, 10m
  --config FILE      configuration (default config/paper.yaml)
  --preset NAME      without --feed, the synthetic market to quote (default lively, see below)
  --markets N        how many markets of it, 1 to 100
  --seed N           its seed (default 1)
  --truth FILE       append its true fair values to FILE, as NDJSON; the engine does not see them
  --tier NAME        rate-limit tier of the exchange (default basic)
  --maker-fees       the exchange charges makers too
  --faults FILE      what is to go wrong at the exchange (YAML, see config/faults.yaml)
  --fault-seed N     another seed than the file's
  --scenario FILE    what happens at the exchange and when (YAML, see config/scenario.yaml)
  --incentive TERMS  list a liquidity program there, e.g. reward=100,target=300 (see hundred exchange --help);
                     may be repeated
  --rule NAME=VALUE  another reading of one of its rules (see hundred exchange --help); may be repeated
  --port N           port of the exchange (default: any free one)
  --journal FOLDER   where session journals go (default .hundred/journals)
  --no-journal       keep no journal
  --help             this text

presets:
${presetLines()}

examples:
  npm start
  npm start -- --preset event --seed 7
  npm start -- --for 30s
  npm start -- --feed capture.ndjson.gz --speed max
  npm start -- --faults config/faults.yaml --scenario config/scenario.yaml

The exchange and the daemon are processes of their own; this one is the daemon's watchdog: when the daemon is killed,
frozen or stuck it pulls its orders, verifies that nothing rests, and starts it again, up to three times an hour.

Ctrl-C (SIGINT) or SIGTERM: triggers the order groups, cancels what rests, has the exchange confirm that nothing rests,
prints a summary. Exit status: 0 confirmed, 1 not confirmed, 2 cannot start.`;

const OPTIONS = {
  feed: { type: 'string' },
  speed: { type: 'string', default: '1' },
  'yes-prices': { type: 'boolean', default: false },
  for: { type: 'string' },
  config: { type: 'string' },
  preset: { type: 'string' },
  markets: { type: 'string' },
  seed: { type: 'string', default: '1' },
  truth: { type: 'string' },
  tier: { type: 'string', default: 'basic' },
  'maker-fees': { type: 'boolean', default: false },
  faults: { type: 'string' },
  'fault-seed': { type: 'string' },
  scenario: { type: 'string' },
  incentive: { type: 'string', multiple: true },
  rule: { type: 'string', multiple: true },
  port: { type: 'string', default: '0' },
  journal: { type: 'string' },
  'no-journal': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const RESTART_MS = 1000;
const KILL_MS = 500;
const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** The exchange process: started with the session, started again when it dies, ended with it. */
class ExchangeProcess {
  private readonly args: readonly string[];
  private readonly onMessage: (message: ExchangeMessage) => void;
  private readonly onDeath: (text: string) => void;
  private readonly onSaid: (text: string) => void;
  private child: ChildProcess | null = null;
  private port = 0;
  private playing = false;
  private ending = false;

  /** @param heard told of its messages, its death, and what it says on its error output */
  constructor(
    args: readonly string[],
    heard: {
      readonly message: (message: ExchangeMessage) => void;
      readonly death: (text: string) => void;
      readonly said: (text: string) => void;
    },
  ) {
    this.args = args;
    this.onMessage = heard.message;
    this.onDeath = heard.death;
    this.onSaid = heard.said;
  }

  /** Start it; resolves when it listens. Rejects with its own words when it cannot. */
  start(): Promise<{ readonly port: number; readonly markets: readonly string[]; readonly pid: number }> {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const port = this.port === 0 ? [] : ['--port', String(this.port)];
    const child = fork(main, ['exchange', ...this.args, ...port], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child = child;
    let complaint = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-2000);
    });
    createInterface({ input: child.stderr! }).on('line', (line) => this.onSaid(line.replace(/^exchange: /, '')));
    return new Promise((done, failed) => {
      let ready = false;
      child.on('message', (message: ExchangeMessage) => {
        if (message.type === 'ready') {
          ready = true;
          this.port = message.port;
          done({ port: message.port, markets: message.markets, pid: child.pid! });
          if (this.playing) child.send({ type: 'play' });
        }
        this.onMessage(message);
      });
      child.on('exit', (code, signal) => {
        if (this.ending) return;
        if (!ready)
          return failed(
            new UsageError(complaint.trim().replace(/^hundred: /, '') || `the exchange ended with ${signal ?? code}`),
          );
        this.onDeath(`the exchange process ended (${signal ?? `status ${code}`}): starting it again`);
        setTimeout(() => this.restart(), RESTART_MS);
      });
    });
  }

  /** Let a held recording run, now and after every restart. */
  play(): void {
    this.playing = true;
    if (this.child?.connected === true) this.child.send({ type: 'play' });
  }

  end(): void {
    this.ending = true;
    const { child } = this;
    child?.kill('SIGTERM');
    // One that hangs would outlive us.
    setTimeout(() => child?.kill('SIGKILL'), KILL_MS).unref();
  }

  private restart(): void {
    if (this.ending) return;
    this.start().catch((error: Error) => {
      this.onDeath(`the exchange could not be started again, trying on: ${error.message}`);
      setTimeout(() => this.restart(), RESTART_MS);
    });
  }
}

/** `hundred start`. Resolves with the exit status. */
export async function startCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: false });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const forMs = values.for === undefined ? 0 : durationMs(values.for, '--for');
  speedOf(values.speed);
  wholeNumber(values.seed, '--seed', 0, 2 ** 31);
  presetOf(values);
  marketsOf(values.markets);
  incentivesOf(values.incentive);
  wholeNumber(values.port, '--port', 0, 65_535);
  const configPath = values.config === undefined ? join(PROJECT, 'config', 'paper.yaml') : resolve(values.config);
  const file = readConfig(configPath);
  if (file.environment !== 'paper') {
    throw new UsageError(
      `${configPath} is for ${file.environment}: start only quotes the embedded exchange (see hundred run --help)`,
    );
  }
  refuseWhenOff(resolve(STATUS_FOLDER));
  const supervised = supervision();
  if (supervised !== null) return quote({ file, configPath, forMs, values, supervised });
  const interruption = new Interruption();
  const folder = mkdtempSync(join(tmpdir(), 'hundred-'));
  const key = makeKeyPair(folder);
  const publicPath = join(folder, 'public.pem');
  writeFileSync(publicPath, key.publicPem);
  const exchangeArgs = ['--key-id', key.keyId, '--public-key', publicPath, '--state', join(folder, 'exchange.ndjson')];
  exchangeArgs.push('--seed', values.seed, '--tier', values.tier);
  if (values.port !== '0') exchangeArgs.push('--port', values.port);
  else exchangeArgs.push('--port', '0');
  if (values['maker-fees']) exchangeArgs.push('--maker-fees');
  if (values.feed !== undefined) exchangeArgs.push('--feed', resolve(values.feed), '--speed', values.speed);
  for (const name of ['preset', 'markets'] as const) {
    const value = values[name];
    if (value !== undefined) exchangeArgs.push(`--${name}`, value);
  }
  for (const name of ['faults', 'scenario'] as const) {
    const value = values[name];
    if (value !== undefined) exchangeArgs.push(`--${name}`, resolve(value));
  }
  if (values['fault-seed'] !== undefined) exchangeArgs.push('--fault-seed', values['fault-seed']);
  for (const terms of values.incentive ?? []) exchangeArgs.push('--incentive', terms);
  for (const rule of values.rule ?? []) exchangeArgs.push('--rule', rule);
  if (values.truth !== undefined) exchangeArgs.push('--truth', resolve(values.truth));
  if (values['yes-prices']) exchangeArgs.push('--yes-prices');
  try {
    return await watchOver({ file, args, key, exchangeArgs, forMs, interruption });
  } finally {
    interruption.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Plan {
  readonly file: ReturnType<typeof readConfig>;
  readonly args: readonly string[];
  readonly key: ReturnType<typeof makeKeyPair>;
  readonly exchangeArgs: readonly string[];
  readonly forMs: number;
  readonly interruption: Interruption;
}

/** The exchange that the daemon is to quote, as it is told at the start of each of its lives. */
interface PaperVenue {
  readonly type: 'venue';
  readonly port: number;
  readonly pid: number;
  readonly markets: readonly string[];
  readonly keyId: string;
  readonly keyPath: string;
}

/** The first of three processes: starts the exchange and the daemon, and is the daemon's watchdog. */
async function watchOver(plan: Plan): Promise<number> {
  const { file, interruption, forMs, key } = plan;
  let supervisor: Supervisor | null = null;
  const say = (level: 'info' | 'warn' | 'error', code: string, text: string): void =>
    supervisor?.tell({ type: 'say', level, code, text });
  const exchange = new ExchangeProcess(plan.exchangeArgs, {
    message: (message) => {
      if (message.type === 'feedEnded') {
        say('info', 'feed_ended', `the recording is through after ${message.frames} book frames`);
        supervisor?.tell({ type: 'stop' });
      } else if (message.type === 'failed') {
        say('error', 'exchange_failed', `the exchange: ${message.message}`);
        supervisor?.tell({ type: 'stop' });
      }
    },
    death: (text) => say('warn', 'exchange_died', text),
    said: (text) => say('info', 'exchange_said', text),
  });
  try {
    const started = await Promise.race([exchange.start(), interruption.came]);
    if (started === 'interrupted') {
      console.log('stopped before anything was quoted');
      return 0;
    }
    const { port, markets, pid } = started;
    const unknown = file.markets.filter((ticker) => !markets.includes(ticker));
    if (unknown.length > 0) {
      throw new UsageError(`markets: the exchange does not list ${unknown.join(', ')}; it lists ${markets.join(', ')}`);
    }
    const venue: PaperVenue = { type: 'venue', port, pid, markets, keyId: key.keyId, keyPath: key.privatePath };
    supervisor = new Supervisor({
      environment: 'paper',
      terms: WATCH_TERMS,
      hosts: paperHosts(port),
      keyId: key.keyId,
      keyPath: key.privatePath,
      args: ['start', ...plan.args],
      forMs,
      onStart: (child) => {
        child.send(venue);
        child.on('message', (message: { readonly type?: string }) => {
          if (message.type === 'running') exchange.play();
        });
      },
    });
    const ended = supervisor.run();
    // The supervisor catches signals itself now; one that came before that stops it.
    interruption.end();
    if (interruption.isRaised) supervisor.tell({ type: 'stop' });
    return await ended;
  } finally {
    exchange.end();
  }
}

function paperHosts(port: number): Hosts {
  return { restUrl: `http://127.0.0.1:${port}/trade-api/v2`, wsUrl: `ws://127.0.0.1:${port}/trade-api/ws/v2` };
}

interface Life {
  readonly file: ReturnType<typeof readConfig>;
  readonly configPath: string;
  readonly forMs: number;
  readonly supervised: Supervision;
  readonly values: {
    readonly feed?: string;
    readonly preset?: string;
    readonly journal?: string;
    readonly 'no-journal': boolean;
  };
}

/** The daemon, a process of its own. */
async function quote({ file, configPath, forMs, supervised, values }: Life): Promise<number> {
  const ready = new Promise<PaperVenue>((done) => process.once('message', done));
  const { use, params, allowanceMs } = file.strategy;
  const { strategy, name, params: checked } = await loadStrategy(use, params, configPath);
  const { port, pid, markets, keyId, keyPath } = await ready;
  const tickers = file.markets.length > 0 ? file.markets : markets;
  const config = engineConfig(file, randomBytes(5).toString('hex'), tickers, { name, params: checked });
  const source =
    values.feed === undefined ? `synthetic market ${values.preset ?? 'lively'}` : `recording ${values.feed}`;
  const session = openSession({
    title: `hundred  paper  ${source}`,
    config: {
      ...config,
      givenUp: supervised.givenUp,
      groups: { ...config.groups, resetFound: supervised.resetGroups ?? false },
    },
    strategy,
    allowanceMs,
    hosts: paperHosts(port),
    keyId,
    keyPath,
    socket: file.feed.socket,
    orders: file.orders,
    external: externalSettings(file.external, configPath),
    journalFolder: values['no-journal'] ? null : resolve(values.journal ?? join('.hundred', 'journals')),
    statusFolder: resolve(STATUS_FOLDER),
    forMs,
    heartbeat: { path: supervised.path, environment: 'paper' },
    onRunning: () => process.send?.({ type: 'running' }),
  });
  const text = `embedded exchange: process ${pid}, port ${port}, markets ${markets.join(', ')}`;
  session.say('info', 'exchange_started', text);
  session.say('info', 'daemon_started', `daemon: process ${process.pid}, watchdog: process ${process.ppid}`);
  obey(session);
  try {
    return await session.run();
  } finally {
    release();
  }
}
