import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineStatus } from '../core/index.ts';
import type { SourceStatus } from '../external/index.ts';
import type { LatencyView } from './screen.ts';

/** How a daemon's orders can be reached without it. No secrets: the key stays where it is. */
export interface DaemonAccess {
  readonly restUrl: string;
  readonly keyId: string;
  readonly keyPath: string;
  readonly clientPrefix: string;
  readonly subaccount: number;
}

/** True when two daemons could not tell each other's orders from their own. */
export function isSameAccess(a: DaemonAccess, b: DaemonAccess): boolean {
  return (['restUrl', 'keyId', 'clientPrefix', 'subaccount'] as const).every((of) => a[of] === b[of]);
}

/** An exchange on this machine, which ended with its daemon. */
function isEmbedded({ restUrl }: DaemonAccess): boolean {
  return URL.canParse(restUrl) && new URL(restUrl).hostname === '127.0.0.1';
}

/** What a running daemon writes of itself every second. */
export interface StatusRecord {
  readonly pid: number;
  /** What tells this process from a later one of the same number; '' or left out where the system does not say. */
  readonly born?: string;
  readonly sessionId: string;
  readonly version: string;
  readonly title: string;
  /** When it was written, milliseconds since the epoch. */
  readonly writtenMs: number;
  /** Its control socket, '' for none. */
  readonly control: string;
  readonly access: DaemonAccess | null;
  readonly latency: LatencyView;
  readonly status: EngineStatus;
  /** Where its values from outside come from; daemons of before there were any write nothing. */
  readonly sources?: readonly SourceStatus[];
}

const SUFFIX = '.json';
/** Of the control socket beside it. */
export const SOCKET_SUFFIX = '.sock';

/** A daemon's status file, replaced as a whole each time so that nobody reads half of one. */
export class StatusFile {
  private readonly path: string;
  private readonly onTrouble: (text: string) => void;
  private isTroubled = false;

  /** @param access how this session's orders can be reached, null where they cannot */
  constructor(folder: string, sessionId: string, access: DaemonAccess | null, onTrouble: (text: string) => void) {
    this.path = join(folder, `${sessionId}${SUFFIX}`);
    this.onTrouble = onTrouble;
    this.guarded(() => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    // What a dead predecessor rests is this session's to clear up now; of another account only its status tells.
    for (const { pid, born, sessionId: dead, access: its } of readStatusFiles(folder)) {
      if (isAlive(pid, born) || (its !== null && !isEmbedded(its) && !(access !== null && isSameAccess(its, access))))
        continue;
      for (const suffix of [SUFFIX, SOCKET_SUFFIX]) rmSync(join(folder, `${dead}${suffix}`), { force: true });
    }
  }

  write(record: StatusRecord): void {
    this.guarded(() => {
      writeFileSync(`${this.path}.new`, JSON.stringify(record), { mode: 0o600 });
      renameSync(`${this.path}.new`, this.path);
    });
  }

  /** The daemon ends. */
  remove(): void {
    rmSync(this.path, { force: true });
  }

  /** A full disk must not end a session: it is told once, until it works again. */
  private guarded(act: () => void): void {
    try {
      act();
      this.isTroubled = false;
    } catch (error) {
      if (!this.isTroubled) this.onTrouble(`status file ${this.path}: ${(error as Error).message}`);
      this.isTroubled = true;
    }
  }
}

/**
 * True for a process that is there, whoever's it is. Numbers come again, in containers nearly always the same: with
 * `born` a later process of the same number is not taken for it.
 */
export function isAlive(pid: number, born = ''): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = bornOf(pid);
  return born === '' || now === '' || born === now;
}

/** When a process began, as the kernel counts; '' where the system does not say. */
export function bornOf(pid: number): string {
  try {
    // The name before it may hold anything, a bracket too.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Ended, and only its parent has not taken note.
    if (state === 'Z') return 'ended';
    const began = rest[18] ?? '';
    return `${began} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return '';
  }
}

/** What a folder of status files holds. */
export interface StatusFolder {
  readonly records: readonly StatusRecord[];
  /** What cannot be read, in words: a damaged file may be all that a daemon left whose orders rest. */
  readonly faults: readonly string[];
}

/** The status files of a folder, by session. */
export function readStatusFolder(folder: string): StatusFolder {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { records: [], faults: code === 'ENOENT' ? [] : [`${folder} cannot be read: ${message}`] };
  }
  const records: StatusRecord[] = [];
  const faults: string[] = [];
  for (const name of names.filter((n) => n.endsWith(SUFFIX)).sort()) {
    const path = join(folder, name);
    try {
      records.push(recordOf(JSON.parse(readFileSync(path, 'utf8')), name));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Its daemon has ended in between.
      if (code === 'ENOENT') continue;
      faults.push(`${path} is no status of a daemon (${message}); remove it once you know that nothing of its rests`);
    }
  }
  return { records, faults };
}

/** The records of a folder, whatever else is in it. */
export function readStatusFiles(folder: string): readonly StatusRecord[] {
  return readStatusFolder(folder).records;
}

/** @throws Error for what no daemon wrote, or not in this place */
function recordOf(given: unknown, name: string): StatusRecord {
  const read = (given ?? {}) as Partial<StatusRecord>;
  const { pid, sessionId, writtenMs = 0, control = '', access = null } = read;
  if (!Number.isInteger(pid) || pid! <= 0) throw new Error('it names no process');
  if (`${sessionId}${SUFFIX}` !== name) throw new Error('it is of another session');
  // Of another version something may be missing; what its orders are pulled by is taken all the same.
  const status = { markets: [], groups: [], halts: [], ...read.status } as StatusRecord['status'];
  return { ...(read as StatusRecord), writtenMs, control, access, status };
}
