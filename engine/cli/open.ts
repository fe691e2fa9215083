import { readFileSync } from 'node:fs';
import type { EngineConfig } from '../core/index.ts';
import { SystemClock } from '../kalshi/clock.ts';
import type { Transport } from '../kalshi/gateway.ts';
import type { Hosts } from '../kalshi/hosts.ts';
import { KeyError, loadSigner, type Signer } from '../kalshi/keys.ts';
import type { PreparedOptions } from '../kalshi/prepared-signer.ts';
import { openSigningPool, type SigningPool } from '../kalshi/signing-pool.ts';
import type { SocketKind } from '../kalshi/socket.ts';
import { LiveVenue, type VenueOptions } from '../kalshi/venue.ts';
import type { Strategy } from '../quoting/index.ts';
import type { ExternalSettings } from './external-config.ts';
import { Session, type SessionOptions } from './session.ts';
import { UsageError } from './usage.ts';

export interface OpenOptions {
  readonly title: string;
  readonly config: EngineConfig;
  readonly strategy: Strategy;
  /** How long one call of the strategy may take, milliseconds. Default: any time. */
  readonly allowanceMs?: number;
  readonly hosts: Hosts;
  readonly keyId: string;
  readonly keyPath: string;
  /** How the feed is read. Default `ws`. */
  readonly socket?: SocketKind;
  /** How orders are sent. Default: by undici, signed when they are sent. */
  readonly orders?: OrderSettings;
  /** Where values from outside come from. Default: nowhere. */
  readonly external?: ExternalSettings;
  readonly journalFolder: string | null;
  /** Folder for the status file; left out: none is written. */
  readonly statusFolder?: string;
  /** Where the exchange day's result is kept; left out: nowhere. */
  readonly dayPath?: string;
  readonly forMs: number;
  readonly onRunning?: () => void;
  readonly heartbeat?: SessionOptions['heartbeat'];
}

/** What orders travel by, and how they come by their signatures. */
export interface OrderSettings {
  readonly transport: Transport;
  readonly connections: number;
  readonly signatures: PreparedOptions & { readonly made: 'ahead' | 'inline'; readonly paths: readonly string[] };
}

/** The project's version, as in package.json. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** A session against a live venue. @throws UsageError for a key that cannot be used */
export function openSession(options: OpenOptions): Session {
  const { signer, warnings } = loadKey(options.keyId, options.keyPath);
  const clock = new SystemClock();
  const {
    title,
    config,
    strategy,
    allowanceMs = Number.POSITIVE_INFINITY,
    journalFolder,
    statusFolder = null,
    forMs,
    onRunning,
    heartbeat,
    hosts,
    socket = 'ws',
    orders,
  } = options;
  const venue = { hosts, signer, clock, random: Math.random, feed: { socket }, ...sending(orders, signer, clock) };
  const session = new Session({
    title,
    version: version(),
    config,
    strategy,
    allowanceMs,
    nowUs: () => clock.nowUs(),
    nowNs: () => clock.nowNs(),
    venue: (listener) => new LiveVenue(venue, listener),
    journalFolder,
    statusFolder,
    access: {
      restUrl: hosts.restUrl,
      keyId: options.keyId,
      keyPath: options.keyPath,
      clientPrefix: config.clientPrefix,
      subaccount: config.subaccount,
    },
    forMs,
    ...(options.external === undefined ? {} : { external: options.external }),
    ...(options.dayPath === undefined ? {} : { dayPath: options.dayPath }),
    ...(onRunning === undefined ? {} : { onRunning }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
  });
  for (const text of warnings) session.say('warn', 'key_file', text);
  return session;
}

/** A venue's options from a session's. */
function sending(orders: OrderSettings | undefined, signer: Signer, clock: SystemClock): Partial<VenueOptions> {
  if (orders === undefined) return {};
  const { transport, connections, signatures } = orders;
  const gateway = { transport, connections };
  if (signatures.made === 'inline') return { gateway };
  const openPool = (onTrouble: (text: string) => void): SigningPool =>
    openSigningPool(signer, clock, onTrouble, signatures);
  return { gateway, openPool, preparedPaths: signatures.paths };
}

/** A signer, and warnings about its key file. @throws UsageError for a key that cannot be used */
export function loadKey(keyId: string, path: string): ReturnType<typeof loadSigner> {
  try {
    return loadSigner(keyId, path);
  } catch (error) {
    throw error instanceof KeyError ? new UsageError(error.message) : error;
  }
}
