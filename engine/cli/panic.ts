import { connect } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { StopResult } from '../core/index.ts';
import { SystemClock } from '../kalshi/clock.ts';
import { PooledGateway } from '../kalshi/gateway.ts';
import { hostsOf } from '../kalshi/hosts.ts';
import { latchPath, setLatch } from '../ops/latch.ts';
import { type DaemonAccess, isAlive, readStatusFolder, type StatusRecord } from '../ops/status-file.ts';
import { readConfig } from './config.ts';
import { tellDaemon } from './control-client.ts';
import { DirectFlatten, type LeftOver } from './flatten.ts';
import { loadKey } from './open.ts';
import { Pull, type PullGroup } from './pull.ts';
import { STATUS_FOLDER } from './status.ts';
import { UsageError } from './usage.ts';

const HELP = `hundred panic - pull everything and end every daemon started from here

usage: hundred panic [options]

  --flatten          close positions as well, within a band of ten cents (docs/levels.md)
  --all              without a daemon: whatever rests or is held in the account, other programs' too
  --folder FOLDER    where the daemons write their status (default ${STATUS_FOLDER})
  --config FILE      pull the account of this configuration too, with requests of this command's own
  --key-id ID        for --config: API key id (or environment variable KALSHI_KEY_ID)
  --key FILE         for --config: private key in PEM (or environment variable KALSHI_KEY_FILE)
  --json             as JSON
  --help             this text

Every daemon is told and has a second to answer. It triggers its order groups, cancels what rests and has the exchange
confirm it. For one that does not answer, has died, or could not confirm it, this command does the same itself, with the
key that daemon used: every order group of the account is triggered, for a group does not say whose it is; orders with
the daemon's client prefix are cancelled; two readings have to show that none rests; with --flatten its markets' positions
are closed.
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
/** An order, its fill and the book after it arrive. */
const FLATTEN_PAUSE_MS = 500;

/** An account named on the command line, and the markets its configuration quotes. */
interface Given {
  readonly access: DaemonAccess;
  readonly tickers: ReadonlySet<string>;
}

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
  const { records, faults } = readStatusFolder(folder);
  const given =
    values.config === undefined ? null : tried(() => accessOf(values.config!, values['key-id'], values.key));
  // A mistake on the command line keeps no daemon from being told.
  if (given instanceof UsageError && records.length === 0) throw given;
  if (records.length === 0 && faults.length === 0 && given === null) {
    throw new UsageError(
      `no daemon has left a status in ${folder}: --folder names another place; --config, --key-id and --key pull without one`,
    );
  }
  const isLatched = latch(folder);
  const say = (outcome: Outcome): Outcome => {
    if (!values.json) console.log(lineOf(outcome));
    return outcome;
  };
  const undone = (who: string, text: string): Outcome => ({ who, by: 'direct', reachedMs: null, clean: false, text });
  const outcomes = await Promise.all([
    ...records.map((daemon) =>
      end(daemon, values.flatten, values.all)
        // Whatever one daemon left behind, the others are ended.
        .catch((error: Error) => undone(`session ${daemon.sessionId}, process ${daemon.pid}`, error.message))
        .then(say),
    ),
    ...faults.map((fault) => say(undone('unknown daemon', fault))),
    ...(given instanceof UsageError ? [say(undone(values.config!, given.message))] : []),
    ...(given === null || given instanceof UsageError ? [] : [alone(given, values.flatten, values.all).then(say)]),
  ]);
  if (values.json) console.log(JSON.stringify({ latch: isLatched ? latchPath(folder) : null, outcomes }));
  else if (isLatched)
    console.log(`${latchPath(folder)} keeps daemons from starting until 'hundred resume --acknowledge'`);
  return outcomes.every(({ clean }) => clean) ? 0 : 1;
}

function tried<T>(act: () => T): T | UsageError {
  try {
    return act();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

/** Pull an account of which no daemon has left a status. */
async function alone(given: Given, flatten: boolean, all: boolean): Promise<Outcome> {
  const plan = {
    groups: [],
    tickers: all ? null : given.tickers,
    everyOrder: all,
    how: flatten ? 'flatten' : 'pull',
  } as const;
  const who = `account of key ${given.access.keyId}`;
  return { who, by: 'direct', reachedMs: null, ...(await direct(given.access, plan)) };
}

/** What cannot be written must not keep anything from being pulled. */
function latch(folder: string): boolean {
  try {
    setLatch(folder, { atMs: Date.now(), cause: 'hundred panic' });
    return true;
  } catch (error) {
    console.error(`hundred: the latch cannot be set, a start will not be held up: ${(error as Error).message}`);
    return false;
  }
}

/** End one daemon: by its own means, or by ours where it does not answer or could not confirm. */
async function end(daemon: StatusRecord, flatten: boolean, all: boolean): Promise<Outcome> {
  const { sessionId, pid, born, control, access } = daemon;
  const who = `session ${sessionId}, process ${pid}`;
  const told = await tellDaemon(control, flatten ? 'panic flatten' : 'panic', ANSWER_MS, flatten ? FLATTEN_MS : END_MS);
  const reachedMs = told.answer === null ? null : Math.round(told.tookMs);
  const isClean = told.end?.clean === true;
  const outcome = { who, by: isClean ? ('daemon' as const) : ('direct' as const), reachedMs };
  if (isClean && !flatten) return { ...outcome, clean: true, text: told.end.text };
  if (access === null) return { ...outcome, clean: false, text: 'no key of it is known, so nothing was confirmed' };
  if (!isAlive(pid, born) && (await isGone(access.restUrl))) {
    const text = 'it has ended and its embedded exchange with it: there is nothing to pull or to close';
    return { ...outcome, clean: true, text: isClean ? told.end.text : text };
  }
  const tickers = all ? null : new Set(daemon.status.markets.map(({ ticker }) => ticker));
  const groups = daemon.status.groups.map(({ shard, id }) => ({ shard, id }));
  const how = isClean ? 'look' : flatten ? 'flatten' : 'pull';
  return { ...outcome, ...(await direct(access, { groups, tickers, everyOrder: all, how })) };
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

interface DirectPlan {
  readonly groups: readonly PullGroup[];
  /** Markets whose positions are to be closed, null for all. */
  readonly tickers: ReadonlySet<string> | null;
  readonly everyOrder: boolean;
  /** Pull; pull and close positions; or only look whether a daemon has closed them. */
  readonly how: 'pull' | 'flatten' | 'look';
}

/** Do it with requests of our own. */
async function direct(access: DaemonAccess, plan: DirectPlan): Promise<Pick<Outcome, 'clean' | 'text'>> {
  const hands = new Hands(access);
  try {
    let text = 'the daemon had the exchange confirm that nothing rests';
    if (plan.how !== 'look') {
      const pulled = await hands.pull(plan.groups, plan.everyOrder);
      if (!pulled.clean) return { clean: false, text: `${pulled.text}; ${pulled.resting} order(s) may still rest` };
      text = pulled.text;
    }
    if (plan.how === 'pull') return { clean: true, text };
    const left = await hands.flatten(plan.tickers, plan.how === 'look');
    if (left.length === 0) return { clean: true, text: `${text}; no position is left` };
    const list = left.map(({ ticker, position }) => `${ticker} ${position / 100}`).join(', ');
    return { clean: false, text: `${text}; POSITIONS ARE LEFT: ${list} contracts` };
  } catch (error) {
    return { clean: false, text: (error as Error).message };
  } finally {
    await hands.close();
  }
}

/** This command's own requests in an account. */
class Hands {
  private readonly access: DaemonAccess;
  private readonly gateway: PooledGateway;
  private nextId = 1;

  /** @throws UsageError for a key that cannot be used */
  constructor(access: DaemonAccess) {
    const { restUrl, keyId, keyPath } = access;
    this.access = access;
    const { signer } = loadKey(keyId, keyPath);
    this.gateway = new PooledGateway({ restUrl, signer, clock: new SystemClock(), connections: 4 });
  }

  async pull(groups: readonly PullGroup[], everyOrder: boolean): Promise<StopResult> {
    const { clientPrefix, subaccount } = this.access;
    const run: Pull = new Pull({
      clientPrefix,
      subaccount,
      groups,
      findGroups: true,
      everyOrder,
      requestTimeoutMs: REQUEST_MS,
      deadlineMs: DEADLINE_MS,
      request: (request) => this.gateway.request(request, (outcome) => run.outcome(request.id, outcome)),
      nowMs: () => performance.now(),
    });
    while (run.result === null) {
      run.tick();
      await sleep(TICK_MS);
    }
    return run.result;
  }

  /** Positions that are left after closing them, or after a look only. */
  flatten(tickers: ReadonlySet<string> | null, isLook: boolean): Promise<readonly LeftOver[]> {
    const { clientPrefix, subaccount } = this.access;
    const run = new DirectFlatten({
      clientPrefix: `${clientPrefix}-panic${Date.now().toString(36)}`,
      subaccount,
      tickers,
      request: (request) =>
        new Promise((resolve) => {
          this.gateway.request({ ...request, id: this.nextId++, timeoutMs: REQUEST_MS }, resolve);
        }),
      pause: () => sleep(FLATTEN_PAUSE_MS),
    });
    return isLook ? run.held() : run.run();
  }

  close(): Promise<void> {
    return this.gateway.close();
  }
}

/** @throws UsageError, ConfigError */
function accessOf(configPath: string, id: string | undefined, key: string | undefined): Given {
  const keyId = id ?? process.env['KALSHI_KEY_ID'];
  const keyPath = key ?? process.env['KALSHI_KEY_FILE'];
  if (keyId === undefined || keyId === '' || keyPath === undefined || keyPath === '')
    throw new UsageError('--config needs the key to act with: --key-id ID and --key FILE');
  const { environment, account, markets } = readConfig(resolve(configPath));
  if (environment === 'paper')
    throw new UsageError(`${configPath} is for paper: its exchange is known by the daemon's status alone`);
  const { clientPrefix, subaccount } = account;
  const { restUrl } = hostsOf(environment);
  return { access: { restUrl, keyId, keyPath: resolve(keyPath), clientPrefix, subaccount }, tickers: new Set(markets) };
}

function lineOf({ who, by, reachedMs, clean, text }: Outcome): string {
  const how = by === 'daemon' ? `answered after ${reachedMs ?? '-'} ms` : clean ? 'pulled without it' : 'NOT CONFIRMED';
  return `${clean ? '' : 'WARNING: '}${who}: ${how}: ${text}`;
}
