import { createGunzip } from 'node:zlib';
import { SourceFault } from './error.ts';
import { Pump } from './pump.ts';

/** Decompress gzip of one or more members. @throws SourceFault `truncated` | `corrupt`, after the text before it */
export async function* gunzipChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const pump = new Pump(gunzip);
  let given = 0;
  try {
    for await (const chunk of chunks) {
      given += chunk.length;
      yield* pump.write(chunk);
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
  // The decompressor passes over anything that starts with a zero byte; what it did not read must not be lost silently.
  const unread = given - gunzip.bytesWritten;
  if (unread > 0) throw new SourceFault('corrupt', `${unread} bytes after the end of the gzip data are not gzip`);
}
