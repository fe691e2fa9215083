import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SystemClock } from '../kalshi/clock.ts';
import { PooledGateway, type Transport } from '../kalshi/gateway.ts';
import { type Hosts, hostsOf, requireSafe } from '../kalshi/hosts.ts';
import { openSigningPool } from '../kalshi/signing-pool.ts';
import type { Hello } from '../ops/beat.ts';
import { groupPath, Paths } from '../wire/index.ts';
import { Interruption } from './interruption.ts';
import { loadKey } from './open.ts';
import { durationMs, UsageError } from './usage.ts';
import { WatchServer, type WatchServerOptions } from './watch-server.ts';

/** Where daemons look for a watchdog unless told otherwise, below the working folder. */
export const WATCHDOG_PATH = join('.hundred', 'watchdog.sock');
/** Missed beats, and a call of a strategy, for this long are a fault. */
export const WATCH_TERMS = { afterMs: 5000, stallMs: 2000 } as const;

const HELP = `hundred watchdog - pull a daemon's orders when its heart stops beating

usage: hundred watchdog --environment demo|prod --key-id ID --key FILE [options]

  --environment E    where the daemons trade: demo, prod, or paper (then with --url)
  --url URL          API root to reach the exchange by, instead of the environment's own
  --key-id ID        a key of the same account, best one of its own (or environment variable KALSHI_WATCHDOG_KEY_ID)
  --key FILE         its private key in PEM (or environment variable KALSHI_WATCHDOG_KEY_FILE)
  --after DURATION   without a beat for so long, or cut off from the exchange with orders resting (default 5s)
  --stall DURATION   within one call of the strategy for so long (default 2s)
  --socket PATH      where daemons beat to (default ${WATCHDOG_PATH})
  --once             end with the first daemon
  --help             this text

Daemons started from the same folder find it by themselves ('hundred run' and its --socket). One whose process is killed
is noticed at once. What it does: triggers the daemon's order groups, cancels what rests under its client prefix, reads
until two reads in a row show nothing. It never gives up, also when it cannot reach the exchange itself.
'hundred run --watchdog' starts a daemon with a watchdog of its own, which also ends and restarts it.

Exit status: 0 stopped by a signal, or with --once the daemon ended well; 1 orders had to be pulled (--once), or a signal
came while they were; 2 cannot start.`;

const OPTIONS = {
  environment: { type: 'string' },
  url: { type: 'string' },
  'key-id': { type: 'string' },
  key: { type: 'string' },
  after: { type: 'string', default: '5s' },
  stall: { type: 'string', default: '2s' },
  socket: { type: 'string' },
  once: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const REQUEST_TIMEOUT_MS = 2000;
/** How often a watchdog that ends with its daemon looks whether it may. */
const LOOK_MS = 50;

export interface WatchdogOptions
  extends Pick<WatchServerOptions, 'path' | 'environment' | 'terms' | 'say' | 'onPulled'> {
  readonly hosts: Hosts;
  readonly keyId: string;
  readonly keyPath: string;
  readonly transport?: Transport;
}

/** A watchdog: its ear, and a warm way of its own to the exchange with the requests it may need signed ahead. */
export interface Watchdog {
  readonly server: WatchServer;
  close(): Promise<void>;
}

/** Open a watchdog. @throws UsageError for a key or a socket that cannot be used */
export async function openWatchdog(options: WatchdogOptions): Promise<Watchdog> {
  const { hosts, keyId, keyPath, path, environment, terms, say, onPulled, transport = 'raw' } = options;
  requireSafe(hosts);
  const { signer, warnings } = loadKey(keyId, keyPath);
  for (const text of warnings) say('warn', text);
  const clock = new SystemClock();
  const prefix = new URL(hosts.restUrl).pathname.replace(/\/+$/, '');
  // One signature a second is enough for what is sent once in a lifetime.
  const pool = openSigningPool(signer, clock, (text) => say('warn', text), { stepMs: 1000 });
  for (const [method, at] of [
    ['DELETE', Paths.batched],
    ['GET', Paths.orders],
  ] as const)
    pool.signer.prepare(method, prefix + at);
  const gateway = new PooledGateway({ restUrl: hosts.restUrl, signer: pool.signer, clock, transport, connections: 3 });
  const server = new WatchServer({
    path,
    environment,
    terms,
    say,
    onPulled,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    request: (request, done) => gateway.request(request, done),
    expectTrigger: (id, likely) => pool.signer.expect('PUT', prefix + groupPath(id, 'trigger'), likely),
    nowMs: () => clock.nowNs() / 1e6,
  });
  const close = async (): Promise<void> => {
    server.close();
    await Promise.all([gateway.close(), pool.close()]);
  };
  try {
    await server.start();
  } catch (error) {
    await close();
    throw error;
  }
  void gateway.warm();
  return { server, close };
}

/** `hundred watchdog`. Resolves with the exit status. */
export async function watchdogCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: false });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const environment = environmentOf(values.environment);
  if (environment === 'paper' && values.url === undefined)
    throw new UsageError('--environment paper needs --url, such as http://127.0.0.1:8100/trade-api/v2');
  const keyId = values['key-id'] ?? process.env['KALSHI_WATCHDOG_KEY_ID'];
  const keyPath = values.key ?? process.env['KALSHI_WATCHDOG_KEY_FILE'];
  if (!keyId) throw new UsageError('no API key: pass --key-id ID or set KALSHI_WATCHDOG_KEY_ID');
  if (!keyPath) throw new UsageError('no private key: pass --key FILE or set KALSHI_WATCHDOG_KEY_FILE');
  let pulled = 0;
  const interruption = new Interruption();
  const path = resolve(values.socket ?? WATCHDOG_PATH);
  try {
    const watchdog = await openWatchdog({
      hosts: hostsAt(values.url, environment),
      keyId,
      keyPath: resolve(keyPath),
      path,
      environment,
      terms: { afterMs: durationMs(values.after, '--after'), stallMs: durationMs(values.stall, '--stall') },
      say: print,
      onPulled: () => pulled++,
    });
    print('info', `listening at ${path}`);
    if (values.once) await Promise.race([interruption.came, firstEnds(watchdog.server)]);
    else await interruption.came;
    const left = watchdog.server.isPulling;
    if (left) print('error', 'stopped in the middle of a pull: orders may still rest');
    await watchdog.close();
    return left || (values.once && pulled > 0) ? 1 : 0;
  } finally {
    interruption.end();
  }
}

/** A watchdog's line on the terminal. */
export function print(level: 'info' | 'warn' | 'error', text: string): void {
  console.error(`watchdog: ${level === 'info' ? '' : `${level.toUpperCase()}: `}${text}`);
}

function environmentOf(text: string | undefined): Hello['environment'] {
  if (text === 'paper' || text === 'demo' || text === 'prod') return text;
  throw new UsageError(`--environment ${text ?? '(missing)'}: expected demo, prod or paper`);
}

/** @throws UsageError for a URL that cannot be used */
function hostsAt(url: string | undefined, environment: Hello['environment']): Hosts {
  if (url === undefined) return hostsOf(environment === 'prod' ? 'prod' : 'demo');
  const hosts = { restUrl: url, wsUrl: url.replace(/^http/, 'ws') };
  try {
    requireSafe(hosts);
  } catch (error) {
    throw new UsageError(`--url: ${(error as Error).message}`);
  }
  return hosts;
}

/** Until a daemon has come, and none is watched or being pulled any more. */
function firstEnds(server: WatchServer): Promise<void> {
  return new Promise((done) => {
    let came = false;
    const timer = setInterval(() => {
      const busy = server.watched > 0 || server.isPulling;
      came ||= busy;
      if (!came || busy) return;
      clearInterval(timer);
      done();
    }, LOOK_MS);
  });
}
