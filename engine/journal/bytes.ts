import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip, zstdDecompressSync } from 'node:zlib';
import { CaptureError } from './error.ts';
import { NEED_MORE, NOT_ZSTD, zstdFrameLength } from './zstd-frames.ts';

/** A compressed block beyond this is refused: memory must stay bounded. */
const MAX_ZSTD_FRAME_BYTES = 256 * 1024 * 1024;
const MAX_ZSTD_OUTPUT_BYTES = 1024 * 1024 * 1024;

/** Thrown inside decompression; the reader adds path and line. */
export class StreamFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The decompressed bytes of a file: plain, gzip or zstd by its first bytes, whatever its name. @throws CaptureError */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT';
    throw new CaptureError(
      path,
      0,
      missing ? 'missing' : 'unreadable',
      missing ? 'no such file' : `cannot be read (${error.code})`,
    );
  });
  if (info.isDirectory()) throw new CaptureError(path, 0, 'directory', 'is a directory, expected a recording');
  if (info.size === 0) throw new CaptureError(path, 0, 'empty', 'is empty, expected a recording');
  const raw = rawChunks(path);
  const first = await raw.next();
  if (first.done === true) throw new CaptureError(path, 0, 'empty', 'is empty, expected a recording');
  const head = first.value;
  const chunks = prepend(head, raw);
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(chunks);
  else if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) yield* unzstded(chunks);
  else yield* chunks;
}

async function* rawChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) yield chunk as Uint8Array;
  } catch (error) {
    throw new CaptureError(path, 0, 'unreadable', `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function* prepend(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const feeding = (async () => {
    for await (const chunk of chunks) {
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once('drain', resolve));
    }
    gunzip.end();
  })();
  feeding.catch((error: Error) => gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw new StreamFault('truncated', 'the gzip data ends early: the file is cut off');
    throw new StreamFault('corrupt', `the gzip data is damaged (${message})`);
  }
}

async function* unzstded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    for (;;) {
      const length = zstdFrameLength(held, at);
      if (length === NOT_ZSTD)
        throw new StreamFault('corrupt', 'the zstd data is damaged: no block starts where one should');
      if (length === NEED_MORE) break;
      yield inflate(held.subarray(at, at + length));
      at += length;
    }
    held = held.subarray(at);
    if (held.length > MAX_ZSTD_FRAME_BYTES)
      throw new StreamFault('too_large', 'a zstd block is over 256 MiB: split the recording');
  }
  if (held.length > 0) throw new StreamFault('truncated', 'the zstd data ends inside a block: the file is cut off');
}

function inflate(frame: Uint8Array): Uint8Array {
  // A skippable frame holds no text.
  if (frame[0] !== 0x28) return new Uint8Array(0);
  try {
    return zstdDecompressSync(frame, { maxOutputLength: MAX_ZSTD_OUTPUT_BYTES });
  } catch (error) {
    throw new StreamFault('corrupt', `the zstd data is damaged (${(error as Error).message})`);
  }
}
