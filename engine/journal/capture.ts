import { CaptureError, SourceFault } from './error.ts';
import { type CaptureLine, parseLine } from './line.ts';
import { LineSplitter } from './lines.ts';
import { textChunks } from './source.ts';

export { CaptureError, type CaptureFault } from './error.ts';
export type { CaptureLine } from './line.ts';

const MAX_LINE_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

const ADVICE: Readonly<Record<string, string>> = {
  truncated: 'the recorder was probably stopped while writing; take what was read, or get the whole file',
  corrupt: 'get the file again from where it came',
};

export interface ReadOptions {
  /** Bytes read from the file at a time (default 64 KiB). */
  readonly chunkBytes?: number;
  /** Longest line accepted, in bytes (default 64 MiB). */
  readonly maxLineBytes?: number;
}

/**
 * Read a capture or journal (NDJSON, plain, gzip or zstd; docs/formats.md), in batches of one read each and in bounded
 * memory. Everything before a fault is delivered before the error is thrown.
 * @throws CaptureError naming the path, the line, what is wrong and what to do
 */
export async function* readCapture(path: string, options: ReadOptions = {}): AsyncGenerator<CaptureLine[]> {
  const splitter = new LineSplitter(options.maxLineBytes ?? MAX_LINE_BYTES);
  const lines = new CaptureLines();
  try {
    for await (const chunk of textChunks(path, options.chunkBytes ?? CHUNK_BYTES)) {
      let fault: unknown = null;
      const batch: CaptureLine[] = [];
      try {
        for (const bytes of splitter.push(chunk)) lines.addEnded(bytes, batch);
      } catch (error) {
        fault = error;
      }
      if (batch.length > 0) yield batch;
      if (fault !== null) throw fault;
    }
    const rest = splitter.rest();
    const batch: CaptureLine[] = [];
    if (rest.length > 0) lines.addLast(rest, batch);
    if (batch.length > 0) yield batch;
    if (lines.delivered === 0) throw new SourceFault('empty', 'the file holds no lines; nothing was recorded');
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    throw located(error, path, lines);
  }
}

/** Counts lines and turns them into capture lines. */
class CaptureLines {
  /** Lines understood so far. */
  delivered = 0;
  /** Number of the line being read. */
  line = 1;
  private blanks = 0;

  /** Blank lines may only stand at the end: one in the middle means something is missing. */
  private add(bytes: Uint8Array, batch: CaptureLine[]): void {
    if (bytes.length === 0) {
      this.blanks++;
      return;
    }
    if (this.blanks > 0) {
      throw new SourceFault('bad_json', 'a blank line stands between lines; the file was edited or damaged');
    }
    batch.push(parseLine(bytes, this.line));
    this.delivered++;
    this.line++;
  }

  /** A line with its end: a first one that is no JSON is not cut, so the file is of another kind. */
  addEnded(bytes: Uint8Array, batch: CaptureLine[]): void {
    try {
      this.add(bytes, batch);
    } catch (error) {
      if (!(error instanceof SourceFault) || error.code !== 'bad_json' || this.line > 1) throw error;
      throw new SourceFault('not_capture', `this is not a capture, or its first line is damaged: ${error.message}`);
    }
  }

  /** The last line when nothing ends it: whole, or cut. */
  addLast(bytes: Uint8Array, batch: CaptureLine[]): void {
    try {
      this.add(bytes, batch);
    } catch (error) {
      if (!(error instanceof SourceFault) || (error.code !== 'bad_json' && error.code !== 'bad_utf8')) throw error;
      if (this.blanks > 0) throw error;
      throw new SourceFault('truncated', 'the text is cut short in the middle of this line');
    }
  }
}

function located(fault: SourceFault, path: string, lines: CaptureLines): CaptureError {
  const advice = ADVICE[fault.code];
  const after = lines.delivered === 0 ? 'before the end of line 1' : `after line ${lines.delivered}`;
  const text = advice === undefined ? fault.message : `${fault.message} ${after}; ${advice}`;
  return new CaptureError(fault.code, path, lines.line, text);
}
