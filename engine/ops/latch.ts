import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Why everything went off. */
export interface LatchRecord {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly cause: string;
}

/** The latch of the daemons whose status is in this folder: it lies beside it. */
export function latchPath(statusFolder: string): string {
  return join(dirname(statusFolder), 'off.json');
}

/** Set the latch: no daemon quotes from here before it is removed. The first record stays. @throws Error of the file system */
export function setLatch(statusFolder: string, record: LatchRecord): void {
  const path = latchPath(statusFolder);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The latch, null where none is set. One that cannot be read is one. */
export function readLatch(statusFolder: string): LatchRecord | null {
  let text: string;
  try {
    text = readFileSync(latchPath(statusFolder), 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : { atMs: 0, cause: message };
  }
  try {
    const { atMs, cause } = JSON.parse(text) as Partial<LatchRecord>;
    if (typeof atMs === 'number' && typeof cause === 'string') return { atMs, cause };
  } catch {
    // Whatever is in it: somebody put it there.
  }
  return { atMs: 0, cause: 'its file does not say' };
}

/** A person has acknowledged it. */
export function removeLatch(statusFolder: string): void {
  rmSync(latchPath(statusFolder), { force: true });
}
