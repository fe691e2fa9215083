import { closeSync, fdatasyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';

const PARAMS = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } as const;

/**
 * A file of independent zstd frames that is only ever appended to. Each block is readable by itself as soon as it is
 * written; one that could only be written in part is taken back, so the file stays whole up to the last good block.
 */
export class BlockFile {
  /** Blocks in the file. */
  blocks = 0;
  /** Records in those blocks. */
  records = 0;
  /** Compressed bytes in the file. */
  bytes = 0;
  private readonly file: number;
  private lines: string[] = [];
  private held = 0;

  /** Create the file, readable by its owner only. @throws the system's error, `EEXIST` when it is already there */
  constructor(path: string) {
    this.file = openSync(path, 'ax', 0o600);
  }

  /** Characters waiting for the next block. */
  get heldLength(): number {
    return this.held;
  }

  /** Add a line to the block being filled. */
  add(line: string): void {
    this.lines.push(line);
    this.held += line.length;
  }

  /** Compress and append what is waiting. @throws the system's error; the lines waiting are then lost */
  flush(): void {
    const { lines } = this;
    if (lines.length === 0) return;
    this.lines = [];
    this.held = 0;
    const block = zstdCompressSync(lines.join(''), { params: PARAMS });
    try {
      for (let at = 0; at < block.length; ) at += writeSync(this.file, block, at);
    } catch (error) {
      ftruncateSync(this.file, this.bytes);
      throw error;
    }
    this.bytes += block.length;
    this.records += lines.length;
    this.blocks++;
  }

  /** Append what is waiting and close. @throws the system's error */
  close(): void {
    try {
      this.flush();
      fdatasyncSync(this.file);
    } finally {
      closeSync(this.file);
    }
  }
}

/** What a failure to write means, for a person. */
export function diskTrouble(path: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return `${path} cannot be created: the folder ${dirname(path)} does not exist; create it`;
    case 'ENOTDIR':
      return `${path} cannot be created: ${dirname(path)} is not a folder; choose another path`;
    case 'EEXIST':
      return `${path} already exists and journals are never overwritten; move it away or choose another path`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `no permission to write ${path}; check the owner and mode of ${dirname(path)}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space left to write ${path}; free some`;
    case 'EFBIG':
      return `${path} has reached the largest size a file may have here; raise the limit (ulimit -f)`;
    default:
      return `${path} cannot be written: ${error.message}`;
  }
}
