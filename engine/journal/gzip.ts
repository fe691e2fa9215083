import { createGunzip } from 'node:zlib';
import { SourceFault } from './error.ts';
import { Pump } from './pump.ts';

/** Given to the decompressor at a time: what it makes of a piece is lost when the piece also holds the damage. */
const PIECE_BYTES = 16 * 1024;

/** Decompress gzip of one or more members. @throws SourceFault `truncated` | `corrupt`, after the text before it */
export async function* gunzipChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const pump = new Pump(gunzip);
  let given = 0;
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const piece = chunk.subarray(at, at + PIECE_BYTES);
        const before = given;
        given += piece.length;
        if (gunzip.bytesWritten === before) yield* pump.write(piece);
        // A zero byte behind a member ends the data for the decompressor: padding, unless something follows it.
        requirePadding(piece.subarray(Math.max(0, gunzip.bytesWritten - before)));
      }
    }
    // Ended apart from the last write, so that a cut file still delivers what its last bytes hold.
    yield* pump.end();
  } catch (error) {
    if (error instanceof SourceFault) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'Z_BUF_ERROR') throw new SourceFault('truncated', 'the gzip data is cut short');
    throw new SourceFault('corrupt', `the gzip data is damaged (${(error as Error).message})`);
  } finally {
    pump.destroy();
  }
}

function requirePadding(rest: Uint8Array): void {
  if (rest.every((byte) => byte === 0)) return;
  throw new SourceFault('corrupt', 'what stands behind the end of the gzip data is not gzip');
}
