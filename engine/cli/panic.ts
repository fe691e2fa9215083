import { connect } from 'node:net';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { StopResult } from '../core/index.ts';
import { SystemClock } from '../kalshi/clock.ts';
import { PooledGateway } from '../kalshi/gateway.ts';
import { hostsOf } from '../kalshi/hosts.ts';
import { latchPath, setLatch } from '../ops/latch.ts';
import { type DaemonAccess, isAlive, readStatusFiles, type StatusRecord } from '../ops/status-file.ts';
import { readConfig } from './config.ts';
import { tellDaemon } from './control-client.ts';
import { loadKey } from './open.ts';
import { Pull, type PullGroup } from './pull.ts';
import { STATUS_FOLDER } from './status.ts';
import { UsageError } from './usage.ts';

const HELP = `hundred panic - pull everything and end every daemon started from here

usage: hundred panic [options]

  --flatten          have the daemons close their positions first, within a band (docs/levels.md)
  --all              without a daemon: cancel whatever rests in the account, other programs' orders too
  --folder FOLDER    where the daemons write their status (default ${STATUS_FOLDER})
  --config FILE      pull the account of this configuration too, with requests of this command's own
  --key-id ID        for --config: API key id (or environment variable KALSHI_KEY_ID)
  --key FILE         for --config: private key in PEM (or environment variable KALSHI_KEY_FILE)
  --json             as JSON
  --help             this text

Every daemon is told and has a second to answer. It triggers its order groups, cancels what rests and has the exchange
confirm it. For one that does not answer, has died, or could not confirm it, this command does the same itself, with the
key that daemon used: every order group of the account is triggered, for a group does not say whose it is; orders with
the daemon's client prefix are cancelled; two readings have to show that none rests.
First of all a latch is set: no daemon starts from here before 'hundred resume --acknowledge'.

examples:
  hundred panic
  hundred panic --flatten
  hundred panic --config config/demo.yaml --key-id 1b2c... --key demo.pem --all

Exit status: 0 the exchange confirmed that nothing rests (and positions are closed, with --flatten); 1 not confirmed;
2 nobody to tell and no key to act with.`;

const OPTIONS = {
  flatten: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  folder: { type: 'string' },
  config: { type: 'string' },
  'key-id': { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** A daemon has this long to answer, and then this long to end: its own deadline, and room. */
const ANSWER_MS = 1000;
const END_MS = 25_000;
const FLATTEN_MS = 60_000;
const REQUEST_MS = 3000;
const DEADLINE_MS = 15_000;
const TICK_MS = 20;

/** What became of one daemon or account. */
interface Outcome {
  readonly who: string;
  /** `daemon` did it, or `direct`: this command. */
  readonly by: 'daemon' | 'direct';
  /** Milliseconds until the daemon had answered; null where none did. */
  readonly reachedMs: number | null;
  readonly clean: boolean;
  readonly text: string;
}

/** `hundred panic`. Resolves with the exit status. */
export async function panicCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: false });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const folder = resolve(values.folder ?? STATUS_FOLDER);
  const given = values.config === undefined ? null : accessOf(values.config, values['key-id'], values.key);
  const daemons = readStatusFiles(folder);
  if (daemons.length === 0 && given === null) {
    throw new UsageError(
      `no daemon has left a status in ${folder}: --folder names another place; --config, --key-id and --key pull without one`,
    );
  }
  latch(folder);
  const say = (outcome: Outcome): Outcome => {
    if (!values.json) console.log(lineOf(outcome));
    return outcome;
  };
  const outcomes = await Promise.all([
    ...daemons.map(async (daemon) => say(await end(daemon, values.flatten, values.all))),
    ...(given === null ? [] : [direct(`account of key ${given.keyId}`, given, [], values.all).then(say)]),
  ]);
  if (values.json) console.log(JSON.stringify({ latch: latchPath(folder), outcomes }));
  else console.log(`${latchPath(folder)} keeps daemons from starting until 'hundred resume --acknowledge'`);
  return outcomes.every(({ clean }) => clean) ? 0 : 1;
}

/** What cannot be written must not keep anything from being pulled. */
function latch(folder: string): void {
  try {
    setLatch(folder, { atMs: Date.now(), cause: 'hundred panic' });
  } catch (error) {
    console.error(`hundred: the latch cannot be set, a start will not be held up: ${(error as Error).message}`);
  }
}

/** End one daemon: by its own means, or by ours where it does not answer or could not confirm. */
async function end(daemon: StatusRecord, flatten: boolean, all: boolean): Promise<Outcome> {
  const who = `session ${daemon.sessionId}, process ${daemon.pid}`;
  const command = flatten ? 'panic flatten' : 'panic';
  const told =
    daemon.control === '' || daemon.control === undefined
      ? { answer: null, tookMs: 0, end: null }
      : await tellDaemon(daemon.control, command, ANSWER_MS, flatten ? FLATTEN_MS : END_MS);
  const reachedMs = told.answer === null ? null : Math.round(told.tookMs);
  if (told.end?.clean === true) return { who, by: 'daemon', reachedMs, clean: true, text: told.end.text };
  if (daemon.access === null || daemon.access === undefined)
    return { who, by: 'daemon', reachedMs, clean: false, text: 'it did not confirm, and no key of it is known' };
  if (!isAlive(daemon.pid) && (await isGone(daemon.access.restUrl))) {
    const text = 'it has died and its embedded exchange with it: there is nothing to pull';
    return { who, by: 'direct', reachedMs, clean: true, text };
  }
  const groups = daemon.status.groups.map(({ shard, id }) => ({ shard, id }));
  const pulled = await direct(who, daemon.access, groups, all);
  const held = daemon.status.markets.filter(({ position }) => position !== 0);
  if (!flatten || held.length === 0) return { ...pulled, reachedMs };
  const list = held.map(({ ticker, position }) => `${ticker} ${position / 100}`).join(', ');
  const text = `${pulled.text}; POSITIONS ARE OPEN, last told: ${list} (only a daemon closes them)`;
  return { ...pulled, reachedMs, clean: false, text };
}

/** Nothing listens any more where an embedded exchange was, on this machine. */
function isGone(restUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(restUrl);
  if (hostname !== '127.0.0.1') return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on('connect', () => resolve(false));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
    socket.on('connect', () => socket.destroy());
  });
}

/** Pull everything with requests of our own. */
async function direct(
  who: string,
  access: DaemonAccess,
  groups: readonly PullGroup[],
  everyOrder: boolean,
): Promise<Outcome> {
  const outcome = (clean: boolean, text: string): Outcome => ({ who, by: 'direct', reachedMs: null, clean, text });
  try {
    const { clean, text, resting } = await pull(access, groups, everyOrder);
    return outcome(clean, clean ? text : `${text}; ${resting} order(s) may still rest`);
  } catch (error) {
    return outcome(false, (error as Error).message);
  }
}

/** @throws UsageError for a key that cannot be used */
async function pull(access: DaemonAccess, groups: readonly PullGroup[], everyOrder: boolean): Promise<StopResult> {
  const { restUrl, keyId, keyPath, clientPrefix, subaccount } = access;
  const { signer } = loadKey(keyId, keyPath);
  const gateway = new PooledGateway({ restUrl, signer, clock: new SystemClock(), connections: 4 });
  const run: Pull = new Pull({
    clientPrefix,
    subaccount,
    groups,
    findGroups: true,
    everyOrder,
    requestTimeoutMs: REQUEST_MS,
    deadlineMs: DEADLINE_MS,
    request: (request) => gateway.request(request, (outcome) => run.outcome(request.id, outcome)),
    nowMs: () => performance.now(),
  });
  try {
    while (run.result === null) {
      run.tick();
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    return run.result;
  } finally {
    await gateway.close();
  }
}

function accessOf(configPath: string, id: string | undefined, key: string | undefined): DaemonAccess {
  const keyId = id ?? process.env['KALSHI_KEY_ID'];
  const keyPath = key ?? process.env['KALSHI_KEY_FILE'];
  if (keyId === undefined || keyId === '' || keyPath === undefined || keyPath === '')
    throw new UsageError('--config needs the key to act with: --key-id ID and --key FILE');
  const { environment, account } = readConfig(resolve(configPath));
  if (environment === 'paper')
    throw new UsageError(`${configPath} is for paper: its exchange is known by the daemon's status alone`);
  const { clientPrefix, subaccount } = account;
  return { restUrl: hostsOf(environment).restUrl, keyId, keyPath: resolve(keyPath), clientPrefix, subaccount };
}

function lineOf({ who, by, reachedMs, clean, text }: Outcome): string {
  const how = by === 'daemon' ? `answered after ${reachedMs ?? '-'} ms` : 'pulled without it';
  return `${clean ? '' : 'WARNING: '}${who}: ${how}: ${text}`;
}
