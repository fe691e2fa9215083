import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** Longest path of a Unix socket everywhere, in bytes: a longer one is cut by the system without a word. */
const MAX_SOCKET_BYTES = 100;

/** True for a path a Unix socket can be made at. */
export function fitsSocket(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_BYTES;
}

/** Room for a folder of its own and a socket in it. */
const NAME_BYTES = 45;

/** The folder for temporary sockets: the system's, or one with a short name where a path in that would be too long. */
export function socketFolder(): string {
  return Buffer.byteLength(tmpdir()) + NAME_BYTES <= MAX_SOCKET_BYTES ? tmpdir() : '/tmp';
}

/**
 * Have a server listen on a Unix socket that only its owner can reach, in the place of one that is there. The socket
 * exists once this returns. @throws Error for a path that is too long, and of the file system
 */
export function listenForOwner(server: Server, path: string, onListening?: () => void): void {
  if (!fitsSocket(path))
    throw new Error(`the path is longer than ${MAX_SOCKET_BYTES} bytes, the socket would be made somewhere else`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  // Setting its rights afterwards would leave a gap.
  const before = process.umask(0o177);
  try {
    server.listen(path, onListening);
  } finally {
    process.umask(before);
  }
}
