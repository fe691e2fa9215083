import { constants, type FileHandle, open } from 'node:fs/promises';
import type { TimeUs } from '../units/index.ts';
import { DocumentFault } from './document.ts';

/** What tells one state of a file from the next, and when it was written. */
export interface FileState {
  /** Another file under the same name has another. */
  readonly identity: string;
  /** Every write changes it, as finely as the file system keeps time. */
  readonly version: string;
  readonly size: number;
  readonly writtenAt: TimeUs;
}

/** The state of an open file. @throws DocumentFault for a folder, a pipe, a device */
export async function stateOf(handle: FileHandle): Promise<FileState> {
  const stat = await handle.stat({ bigint: true });
  if (!stat.isFile()) throw new DocumentFault('is no file of values but a folder, a pipe or a device');
  const { dev, ino, birthtimeNs, size, mtimeNs, ctimeNs } = stat;
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
  // A pipe nobody writes to would keep a thread for ever.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return await act(handle);
  } finally {
    await handle.close();
  }
}

/** What is wrong with a file, in words. */
export function fileFault(error: unknown): string {
  if (error instanceof DocumentFault) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES') return 'may not be read by this user';
  return `cannot be read: ${message}`;
}
