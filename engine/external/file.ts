import { type FileHandle, open } from 'node:fs/promises';
import type { TimeUs } from '../units/index.ts';

/** What tells one state of a file from the next, and when it was written. */
export interface FileState {
  /** Another file under the same name has another. */
  readonly identity: string;
  /** Every write changes it, as finely as the file system keeps time. */
  readonly version: string;
  readonly size: number;
  readonly writtenAt: TimeUs;
}

/** The state of an open file. */
export async function stateOf(handle: FileHandle): Promise<FileState> {
  const { dev, ino, birthtimeNs, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  const identity = `${dev} ${ino} ${birthtimeNs}`;
  return {
    identity,
    version: `${identity} ${size} ${mtimeNs} ${ctimeNs}`,
    size: Number(size),
    writtenAt: Number(mtimeNs / 1000n) as TimeUs,
  };
}

/** Open a file, do something with it, close it. The handle stays with the file even when its name is given to another. */
export async function withFile<T>(path: string, act: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    return await act(handle);
  } finally {
    await handle.close();
  }
}

/** What is wrong with a file, in words. */
export function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'EACCES') return 'may not be read by this user';
  return `cannot be read: ${message}`;
}
