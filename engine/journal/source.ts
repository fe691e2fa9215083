import { type FileHandle, open } from 'node:fs/promises';
import { CaptureError, type CaptureFault } from './error.ts';
import { gunzipChunks } from './gzip.ts';
import { unzstdChunks } from './zstd.ts';

const OPEN_FAULTS: Readonly<Record<string, readonly [CaptureFault, string]>> = {
  ENOENT: ['not_found', 'there is no such file; check the path'],
  ENOTDIR: ['not_found', 'a part of the path is not a directory; check the path'],
  EACCES: ['no_access', 'no permission to read the file; check its owner and mode'],
  EISDIR: ['is_directory', 'this is a directory; name the capture files in it'],
};

/**
 * The text of a capture in chunks, decompressed as its first bytes say (gzip, zstd, or neither); the name plays no part.
 * @throws CaptureError when the file cannot be opened or read; SourceFault for damaged compression
 */
export async function* textChunks(path: string, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const file = await openCapture(path);
  try {
    const raw = fileChunks(file, path, chunkBytes);
    const head = await firstBytes(raw);
    const all = joined(head, raw);
    if (head[0] === 0x1f && (head.length < 2 || head[1] === 0x8b)) yield* gunzipChunks(all);
    else if (isZstd(head)) yield* unzstdChunks(all);
    else yield* all;
  } finally {
    await file.close();
  }
}

function isZstd(head: Uint8Array): boolean {
  const [a, b, c, d] = head;
  // A file cut inside the magic number is still told from text: none of ours starts with its first byte.
  if (a === 0x28 && (b ?? 0xb5) === 0xb5) return (c ?? 0x2f) === 0x2f && (d ?? 0xfd) === 0xfd;
  return a !== undefined && a >= 0x50 && a <= 0x5f && b === 0x2a && c === 0x4d && d === 0x18;
}

async function openCapture(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw openFault(path, error);
  }
  const stat = await file.stat();
  if (!stat.isDirectory()) return file;
  await file.close();
  throw openFault(path, Object.assign(new Error(), { code: 'EISDIR' }));
}

function openFault(path: string, error: unknown): CaptureError {
  const known = OPEN_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
  if (known !== undefined) return new CaptureError(known[0], path, 0, known[1]);
  return new CaptureError('unreadable', path, 0, `the file cannot be read (${(error as Error).message})`);
}

async function* fileChunks(file: FileHandle, path: string, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    // A fresh buffer each time: frames handed out are views into it.
    const buffer = new Uint8Array(chunkBytes);
    let bytesRead: number;
    try {
      ({ bytesRead } = await file.read(buffer, 0, chunkBytes, null));
    } catch (error) {
      throw openFault(path, error);
    }
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** At least four bytes, or all there are. */
async function firstBytes(chunks: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 4) {
    const { done, value } = await chunks.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return head;
}

async function* joined(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}
