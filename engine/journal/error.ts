/** What can be wrong with a capture. Stable words for programs. */
export type CaptureFault =
  | 'not_found'
  | 'is_directory'
  | 'no_access'
  | 'unreadable'
  | 'empty'
  | 'not_capture'
  | 'bad_json'
  | 'bad_utf8'
  | 'truncated'
  | 'corrupt'
  | 'line_too_long';

/**
 * A capture or journal that cannot be read, or not further. `line` is the 1-based line of the decompressed text where
 * reading stopped (0 when the file could not be opened); every line before it was delivered. `message` is complete for
 * a person: what, where, and what to do.
 */
export class CaptureError extends Error {
  readonly code: CaptureFault;
  readonly path: string;
  readonly line: number;

  constructor(code: CaptureFault, path: string, line: number, text: string) {
    super(line > 0 ? `${path}:${line}: ${text}` : `${path}: ${text}`);
    this.name = 'CaptureError';
    this.code = code;
    this.path = path;
    this.line = line;
  }
}

/** A fault found below the level of lines; the reader adds the place and makes a `CaptureError` of it. */
export class SourceFault extends Error {
  readonly code: CaptureFault;

  constructor(code: CaptureFault, text: string) {
    super(text);
    this.name = 'SourceFault';
    this.code = code;
  }
}
