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

/** What a running daemon writes of itself every second. */
export interface StatusRecord {
  readonly pid: number;
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

  constructor(folder: string, sessionId: string, onTrouble: (text: string) => void) {
    this.path = join(folder, `${sessionId}${SUFFIX}`);
    this.onTrouble = onTrouble;
    this.guarded(() => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    // What a dead predecessor rests is this session's to clear up now.
    for (const { pid, sessionId: dead } of readStatusFiles(folder)) {
      if (isAlive(pid)) continue;
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

/** True for a process that is there, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The status files of a folder, by session; those that cannot be read as such are left out. */
export function readStatusFiles(folder: string): StatusRecord[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const records: StatusRecord[] = [];
  for (const name of names.filter((n) => n.endsWith(SUFFIX)).sort()) {
    try {
      const read = JSON.parse(readFileSync(join(folder, name), 'utf8')) as StatusRecord;
      // One of an earlier version has neither.
      const record = { ...read, control: read.control ?? '', access: read.access ?? null };
      if (record.pid > 0 && `${record.sessionId}${SUFFIX}` === name) records.push(record);
    } catch {
      // Removed in between, or not ours.
    }
  }
  return records;
}
