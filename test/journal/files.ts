import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { CaptureError, type CaptureLine, type ReadOptions, readCapture } from '../../engine/journal/capture.ts';

/** A folder that goes away with the test. */
export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hundred-journal-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file in a folder of its own. */
export function tempFile(t: TestContext, content: Uint8Array | string): string {
  const path = join(tempFolder(t), 'capture');
  writeFileSync(path, content);
  return path;
}

export function gzip(text: string | Uint8Array): Buffer {
  return gzipSync(text);
}

export function zstd(text: string | Uint8Array): Buffer {
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** A zstd frame that decoders pass over. */
export function skippable(bytes: number): Buffer {
  const frame = Buffer.alloc(8 + bytes, 0xee);
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(bytes, 4);
  return frame;
}

/** All there is to read, and how it ended. Anything but a CaptureError is a failed test. */
export async function readAll(
  path: string,
  options: ReadOptions = {},
): Promise<{ lines: CaptureLine[]; error: CaptureError | null }> {
  const lines: CaptureLine[] = [];
  try {
    for await (const batch of readCapture(path, options)) lines.push(...batch);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { lines, error };
  }
  return { lines, error: null };
}

/** The frame of a line as text. */
export function frameText(line: CaptureLine | undefined): string {
  return Buffer.from(line?.frame ?? []).toString('utf8');
}
