import { readFileSync } from 'node:fs';
import type { EngineConfig } from '../core/index.ts';
import { SystemClock } from '../kalshi/clock.ts';
import type { Hosts } from '../kalshi/hosts.ts';
import { KeyError, loadSigner } from '../kalshi/keys.ts';
import type { SocketKind } from '../kalshi/socket.ts';
import { LiveVenue } from '../kalshi/venue.ts';
import type { Strategy } from '../quoting/index.ts';
import { Session } from './session.ts';
import { UsageError } from './usage.ts';

export interface OpenOptions {
  readonly title: string;
  readonly config: EngineConfig;
  readonly strategy: Strategy;
  readonly hosts: Hosts;
  readonly keyId: string;
  readonly keyPath: string;
  /** How the feed is read. Default `ws`. */
  readonly socket?: SocketKind;
  readonly journalFolder: string | null;
  readonly forMs: number;
  readonly onRunning?: () => void;
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
  const { title, config, strategy, journalFolder, forMs, onRunning, hosts, socket = 'ws' } = options;
  const venue = { hosts, signer, clock, random: Math.random, feed: { socket } };
  const session = new Session({
    title,
    version: version(),
    config,
    strategy,
    nowUs: () => clock.nowUs(),
    nowNs: () => clock.nowNs(),
    venue: (listener) => new LiveVenue(venue, listener),
    journalFolder,
    forMs,
    ...(onRunning === undefined ? {} : { onRunning }),
  });
  for (const text of warnings) session.say('warn', 'key_file', text);
  return session;
}

function loadKey(keyId: string, path: string): ReturnType<typeof loadSigner> {
  try {
    return loadSigner(keyId, path);
  } catch (error) {
    throw error instanceof KeyError ? new UsageError(error.message) : error;
  }
}
