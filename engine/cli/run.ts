import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { hostsOf } from '../kalshi/hosts.ts';
import { engineConfig, readConfig } from './config.ts';
import { dayPath, readDay } from './day-result.ts';
import { exchangeDayStart } from './exchange-day.ts';
import { externalSettings } from './external-config.ts';
import { refuseWhenOff } from './off.ts';
import { openSession } from './open.ts';
import { STATUS_FOLDER } from './status.ts';
import { loadStrategy } from './strategies.ts';
import { Supervisor } from './supervise.ts';
import { obey, release, supervision } from './supervised.ts';
import { refuseTwin } from './twin.ts';
import { durationMs, UsageError } from './usage.ts';
import { WATCH_TERMS, WATCHDOG_PATH } from './watchdog.ts';

const HELP = `hundred run - quote a real venue

usage: hundred run --config FILE --key-id ID --key FILE [options]

  --config FILE      configuration; its environment decides the hosts: demo or prod
  --key-id ID        API key id (or environment variable KALSHI_KEY_ID)
  --key FILE         private key in PEM: RSA or Ed25519 (or environment variable KALSHI_KEY_FILE)
  --for DURATION     end by itself, e.g. 30s, 10m
  --journal FOLDER   where session journals go (default .hundred/journals)
  --no-journal       keep no journal
  --reset-groups     order groups found triggered are reset: somebody has found out why they are
  --socket PATH      where a watchdog listens (default ${WATCHDOG_PATH}; see hundred watchdog --help)
  --watchdog         run the daemon as a process of its own and be its watchdog: pull its orders when it dies or gets
                     stuck, end what is stuck, start it again up to three times an hour
  --watchdog-key-id ID, --watchdog-key FILE
                     the watchdog's key (or KALSHI_WATCHDOG_KEY_ID, KALSHI_WATCHDOG_KEY_FILE; default the daemon's)
  --real-money       required with environment prod
  --help             this text

examples:
  hundred run --config config/demo.yaml --key-id 1b2c... --key demo.pem --for 10m

SIGINT or SIGTERM ends the session as 'hundred start' does.
Exit status: 0 nothing rests, confirmed; 1 not confirmed; 2 cannot start.`;

const OPTIONS = {
  config: { type: 'string' },
  'key-id': { type: 'string' },
  key: { type: 'string' },
  for: { type: 'string' },
  journal: { type: 'string' },
  'no-journal': { type: 'boolean', default: false },
  'reset-groups': { type: 'boolean', default: false },
  socket: { type: 'string' },
  watchdog: { type: 'boolean', default: false },
  'watchdog-key-id': { type: 'string' },
  'watchdog-key': { type: 'string' },
  'real-money': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** `hundred run`. Resolves with the exit status. */
export async function runCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: false });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.config === undefined) throw new UsageError('run needs --config FILE (see hundred run --help)');
  const keyId = values['key-id'] ?? process.env['KALSHI_KEY_ID'];
  const keyPath = values.key ?? process.env['KALSHI_KEY_FILE'];
  if (keyId === undefined || keyId === '') throw new UsageError('no API key: pass --key-id ID or set KALSHI_KEY_ID');
  if (keyPath === undefined || keyPath === '')
    throw new UsageError('no private key: pass --key FILE or set KALSHI_KEY_FILE');
  const file = readConfig(resolve(values.config));
  if (file.environment === 'paper') throw new UsageError(`${values.config} is for paper: use hundred start`);
  if (file.environment === 'prod' && !values['real-money']) {
    throw new UsageError(
      'environment prod trades real money: add --real-money once you have checked the limits in the config',
    );
  }
  refuseWhenOff(resolve(STATUS_FOLDER));
  if (file.markets.length === 0) throw new UsageError(`${values.config}: markets is empty; name the tickers to quote`);
  const { restUrl } = hostsOf(file.environment);
  const { clientPrefix, subaccount } = file.account;
  const access = { restUrl, keyId, keyPath: resolve(keyPath), clientPrefix, subaccount };
  refuseTwin(resolve(STATUS_FOLDER), access);
  const forMs = values.for === undefined ? 0 : durationMs(values.for, '--for');
  const supervised = supervision();
  if (values.watchdog && supervised === null) {
    const { KALSHI_WATCHDOG_KEY_ID, KALSHI_WATCHDOG_KEY_FILE } = process.env;
    return new Supervisor({
      environment: file.environment,
      terms: WATCH_TERMS,
      hosts: hostsOf(file.environment),
      keyId: values['watchdog-key-id'] ?? KALSHI_WATCHDOG_KEY_ID ?? keyId,
      keyPath: resolve(values['watchdog-key'] ?? KALSHI_WATCHDOG_KEY_FILE ?? keyPath),
      args: ['run', ...args],
      forMs,
    }).run();
  }
  const { use, params, allowanceMs } = file.strategy;
  const loaded = await loadStrategy(use, params, values.config);
  const config = engineConfig(file, randomBytes(5).toString('hex'), file.markets, loaded);
  const path = dayPath(resolve(STATUS_FOLDER), access);
  const carried = readDay(path, exchangeDayStart(Date.now() / 1000));
  const session = openSession({
    title: `hundred  ${file.environment}`,
    config: {
      ...config,
      levels: { ...config.levels, carriedProfit: carried },
      groups: { ...config.groups, resetFound: supervised?.resetGroups ?? values['reset-groups'] },
      givenUp: supervised?.givenUp ?? {},
    },
    strategy: loaded.strategy,
    allowanceMs,
    hosts: hostsOf(file.environment),
    keyId,
    keyPath: resolve(keyPath),
    socket: file.feed.socket,
    orders: file.orders,
    external: externalSettings(file.external, resolve(values.config)),
    journalFolder: values['no-journal'] ? null : resolve(values.journal ?? join('.hundred', 'journals')),
    statusFolder: resolve(STATUS_FOLDER),
    dayPath: path,
    forMs,
    heartbeat: { path: supervised?.path ?? resolve(values.socket ?? WATCHDOG_PATH), environment: file.environment },
  });
  if (supervised !== null) obey(session);
  try {
    return await session.run();
  } finally {
    if (supervised !== null) release();
  }
}
