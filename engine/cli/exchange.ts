import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type ClientKey,
  IncentivePlanError,
  NoLegacyForm,
  PortInUse,
  ScenarioError,
  StateError,
  surveyFeed,
  World,
  type WorldOptions,
} from '../exchange/index.ts';
import { CaptureError } from '../journal/index.ts';
import { type Money, parseMoney } from '../units/index.ts';
import { faultsOf } from './fault-file.ts';
import { feedFrames } from './feed-file.ts';
import { incentiveLines, incentivesOf } from './incentives.ts';
import { marketsOf, presetLines, presetOf } from './presets.ts';
import { ruleLines, rulesOf } from './rules.ts';
import { readScenario } from './scenario-file.ts';
import { durationMs, speedOf, UsageError, wholeNumber } from './usage.ts';

const HELP = `hundred exchange - an exchange that speaks Kalshi's protocol, on this machine

usage: hundred exchange [options]

  --port N            port to listen on, 0 for any free one (default 8100)
  --host HOST         address to listen on (default 127.0.0.1)
  --public            allow a --host that other machines can reach
  --feed FILE         play a recording as the markets' books (.ndjson, .gz, .zst)
  --speed N|max       multiple of recorded time (default 1)
  --yes-prices        the recording was subscribed with use_yes_price
  --preset NAME       without --feed, the synthetic market to run (default lively, see below)
  --markets N         how many markets of it, 1 to 100
  --seed N            its seed (default 1)
  --truth FILE        append its true fair values to FILE, as NDJSON: time (Unix microseconds), ticker, p
  --tier NAME         rate-limit tier: basic, advanced, expert, premier, paragon, prime, prestige (default basic)
  --balance DOLLARS   opening cash on each shard (default 10000)
  --rounding NAME     what balances are rounded to: direct ($0.0001, the default) or broker (the cent)
  --maker-fees        markets charge makers too
  --key-id ID         API key to accept, with
  --public-key FILE   its public key (PEM); without both a key pair is made under .hundred/exchange
  --state FILE        keep accounts in FILE across restarts
  --faults FILE       what is to go wrong (YAML, see config/faults.yaml); each fault is told on stderr
  --fault-seed N      another seed than the file's
  --legacy-cents      speak the wire form of before March 2026: whole cents and contracts
  --unread-mb N       megabytes a feed client may leave unread before error 25 (default 8)
  --connections N     feed connections of a user (default 200)
  --commands N        feed commands a second of a connection, 0 for no limit (default 10000)
  --pong-timeout DUR  how long a feed client may owe a pong, e.g. 30s (default 30s)
  --public-reads N    unsigned public reads a second from one address, 0 for no limit (default 0)
  --scenario FILE     what happens when: pauses, closes, settlements, jumps (example: config/scenario.yaml)
  --incentive TERMS   list a liquidity program, e.g. reward=100,target=300 (see below); may be repeated
  --rule NAME=VALUE   another reading of a rule that Kalshi's documents leave open (see below); may be repeated
  --json              print one JSON line when ready
  --help              this text

presets:
${presetLines()}

terms of a program, their defaults and ranges; programs are listed, nothing pays them:
${incentiveLines()}

rules, their defaults and choices (docs/exchange.md tells what each means):
${ruleLines()}

examples:
  hundred exchange
  hundred exchange --preset event --markets 8 --seed 7 --truth truth.ndjson
  hundred exchange --feed capture.ndjson.gz --speed 10 --port 9000
  hundred exchange --faults config/faults.yaml --fault-seed 7
  hundred exchange --scenario config/scenario.yaml
  hundred exchange --incentive reward=250,target=500,discount=0.5,hours=12
  hundred exchange --rule postOnlyCross=cancel --rule transferMs=2000

exit status: 0 stopped by a signal, 2 cannot start, 1 the recording could not be played`;

const OPTIONS = {
  port: { type: 'string', default: '8100' },
  host: { type: 'string', default: '127.0.0.1' },
  public: { type: 'boolean', default: false },
  feed: { type: 'string' },
  speed: { type: 'string', default: '1' },
  'yes-prices': { type: 'boolean', default: false },
  preset: { type: 'string' },
  markets: { type: 'string' },
  seed: { type: 'string', default: '1' },
  truth: { type: 'string' },
  tier: { type: 'string', default: 'basic' },
  balance: { type: 'string', default: '10000' },
  rounding: { type: 'string', default: 'direct' },
  'maker-fees': { type: 'boolean', default: false },
  'key-id': { type: 'string' },
  'public-key': { type: 'string' },
  state: { type: 'string' },
  faults: { type: 'string' },
  'fault-seed': { type: 'string' },
  'legacy-cents': { type: 'boolean', default: false },
  'unread-mb': { type: 'string', default: '8' },
  connections: { type: 'string', default: '200' },
  commands: { type: 'string', default: '10000' },
  'pong-timeout': { type: 'string', default: '30s' },
  'public-reads': { type: 'string', default: '0' },
  scenario: { type: 'string' },
  incentive: { type: 'string', multiple: true },
  rule: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** A thousand million dollars: far from where sums of money stop being exact. */
const MOST_BALANCE = 1_000_000_000_000_000;
const TIER_NAMES = ['basic', 'advanced', 'expert', 'premier', 'paragon', 'prime', 'prestige'];

/** What the exchange process tells the process that started it. */
export type ExchangeMessage =
  | { readonly type: 'ready'; readonly port: number; readonly markets: readonly string[]; readonly seed: number }
  | { readonly type: 'feedEnded'; readonly frames: number }
  | { readonly type: 'failed'; readonly message: string };

function tell(message: ExchangeMessage): void {
  if (process.connected) process.send?.(message);
}

/** `hundred exchange`. Resolves with the exit status. */
export async function exchangeCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: false });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seed = wholeNumber(values.seed, '--seed', 0, 2 ** 31);
  const port = wholeNumber(values.port, '--port', 0, 65_535);
  if (!TIER_NAMES.includes(values.tier))
    throw new UsageError(`--tier ${values.tier}: expected one of ${TIER_NAMES.join(', ')}`);
  const reachable = !['127.0.0.1', 'localhost', '::1'].includes(values.host);
  if (reachable && !values.public) {
    throw new UsageError(
      `--host ${values.host} can be reached from other machines: add --public if that is what you want`,
    );
  }
  if (reachable)
    console.error(`exchange: ${values.host} can be reached from other machines, over plain HTTP: keep its keys`);
  if (values['fault-seed'] !== undefined && values.faults === undefined)
    throw new UsageError('--fault-seed goes with --faults FILE');
  const preset = presetOf(values);
  const markets = marketsOf(values.markets);
  if (!['direct', 'broker'].includes(values.rounding))
    throw new UsageError(`--rounding ${values.rounding}: expected direct or broker`);
  const balance = balanceOf(values.balance);
  const { key, where } = clientKey(values['key-id'], values['public-key']);
  let finish: (status: number) => void = () => {};
  const finished = new Promise<number>((settle) => {
    finish = settle;
  });
  const fail = (message: string): void => {
    console.error(`exchange: ${message}`);
    tell({ type: 'failed', message });
    finish(1);
  };
  const options: WorldOptions = {
    server: {
      host: values.host,
      port,
      tier: values.tier,
      maxUnreadBytes: wholeNumber(values['unread-mb'], '--unread-mb', 1, 1024) * 1024 * 1024,
      connectionsPerUser: wholeNumber(values.connections, '--connections', 1, 1_000_000),
      commandsPerSecond: wholeNumber(values.commands, '--commands', 0, 1_000_000),
      pongTimeoutMs: durationMs(values['pong-timeout'], '--pong-timeout'),
      publicReadsPerSecond: wholeNumber(values['public-reads'], '--public-reads', 0, 1_000_000),
      legacyCents: values['legacy-cents'],
      faults: values.faults === undefined ? null : faultsOf(values.faults, values['fault-seed']),
      onFault: (line) => console.error(`exchange: ${line}`),
    },
    keys: [key],
    seed,
    balance,
    precision: values.rounding === 'direct' ? 100 : 10_000,
    makerFees: values['maker-fees'],
    rules: rulesOf(values.rule),
    incentives: incentivesOf(values.incentive),
    ...(preset === undefined ? {} : { preset }),
    ...(markets === undefined ? {} : { markets }),
    ...(values.truth === undefined ? {} : { onTruth: truthWriter(resolve(values.truth)) }),
    ...(values.state === undefined ? {} : { statePath: resolve(values.state) }),
    ...(values.feed === undefined ? {} : { feed: await feedOf(values.feed, values) }),
    ...(values.scenario === undefined ? {} : { scenario: readScenario(resolve(values.scenario)) }),
    onScenario: (text) => console.error(text),
    holdFeed: process.send !== undefined,
    onFeedEnd: (frames) => tell({ type: 'feedEnded', frames }),
    onFailure: fail,
  };
  const world = await openWorld(options);
  tell({ type: 'ready', port: world.port, markets: world.tickers, seed });
  if (process.send === undefined) announce(world, values.host, key.keyId, where, values.json);
  watchSignals(world, finish);
  const status = await finished;
  world.close();
  for (const [name, count] of [...world.server.faultCounts].sort()) console.error(`exchange: faults: ${count} ${name}`);
  if (process.connected) process.disconnect();
  return status;
}

function truthWriter(path: string): (lines: string) => void {
  let file: number;
  try {
    file = openSync(path, 'a');
  } catch (error) {
    throw new UsageError(`--truth ${path} cannot be written: ${(error as Error).message}`);
  }
  return (lines) => writeSync(file, lines);
}

/** @throws UsageError for a port, scenario, program or state log that cannot be used, or markets the old wire form cannot tell of */
async function openWorld(options: WorldOptions): Promise<World> {
  try {
    const world = new World(options);
    await world.start();
    return world;
  } catch (error) {
    const told = [PortInUse, StateError, ScenarioError, NoLegacyForm, IncentivePlanError];
    if (told.some((kind) => error instanceof kind)) throw new UsageError((error as Error).message);
    throw error;
  }
}

interface FeedFlags {
  readonly speed: string;
  readonly 'yes-prices': boolean;
  readonly 'legacy-cents': boolean;
}

function balanceOf(text: string): Money {
  try {
    const balance = parseMoney(text);
    if (balance >= 0 && balance <= MOST_BALANCE) return balance;
  } catch {
    // The same words whatever is wrong with it.
  }
  throw new UsageError(`--balance ${text}: expected dollars from 0 to a thousand million, such as 10000 or 250.50`);
}

async function feedOf(path: string, values: FeedFlags): Promise<NonNullable<WorldOptions['feed']>> {
  const yesPrices = values['yes-prices'];
  const frames = feedFrames(resolve(path));
  const survey = await surveyFeed(frames(), yesPrices).catch((error: unknown) => {
    if (error instanceof CaptureError) throw new UsageError(error.message);
    throw new UsageError(`${path}: ${(error as Error).message}`);
  });
  if (survey.markets.size === 0)
    throw new UsageError(`${path} holds no order book (no snapshot or delta frame): nothing to play`);
  if (values['legacy-cents'] && !survey.wholeContracts)
    throw new UsageError(
      `${path} holds parts of contracts, which the old wire form cannot say: leave out --legacy-cents`,
    );
  return { survey, frames, speed: speedOf(values.speed), yesPrices };
}

function clientKey(keyId: string | undefined, publicKey: string | undefined): { key: ClientKey; where: string } {
  if ((keyId === undefined) !== (publicKey === undefined))
    throw new UsageError('--key-id and --public-key go together');
  if (keyId !== undefined && publicKey !== undefined) {
    return { key: { keyId, publicPem: publicPemOf(publicKey) }, where: publicKey };
  }
  const folder = join('.hundred', 'exchange');
  const made = makeKeyPair(folder);
  return { key: made, where: made.privatePath };
}

function publicPemOf(path: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--public-key ${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    const { asymmetricKeyType: type } = createPublicKey(pem);
    if (type === 'rsa' || type === 'ed25519') return pem;
  } catch {
    // No key at all: the same words as for one of the wrong kind.
  }
  throw new UsageError(`--public-key ${path} holds no RSA or Ed25519 public key in PEM form`);
}

/** Make an Ed25519 key pair for a paper account; the private key is readable by its owner only. */
export function makeKeyPair(folder: string): ClientKey & { readonly privatePath: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const privatePath = join(folder, 'key.pem');
  writeFileSync(privatePath, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  chmodSync(privatePath, 0o600);
  return { keyId: randomUUID(), publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privatePath };
}

function announce(world: World, host: string, keyId: string, where: string, json: boolean): void {
  const base = `${host.includes(':') ? `[${host}]` : host}:${world.port}/trade-api`;
  if (json) {
    console.log(JSON.stringify({ port: world.port, keyId, key: where, markets: world.tickers }));
    return;
  }
  console.log(`exchange listening: REST http://${base}/v2  WebSocket ws://${base}/ws/v2`);
  console.log(`key id ${keyId}, key ${where}`);
  console.log(`markets: ${world.tickers.join(', ')}`);
}

function watchSignals(world: World, finish: (status: number) => void): void {
  const parented = process.send !== undefined;
  // A Ctrl-C at the terminal reaches the whole process group; the parent still needs us to wind down its orders.
  process.on('SIGINT', () => {
    if (!parented) finish(0);
  });
  process.on('SIGTERM', () => finish(0));
  if (!parented) return;
  process.on('disconnect', () => finish(0));
  process.on('message', (message: { readonly type?: string }) => {
    if (message.type === 'play') world.play();
  });
}
