import type { FileHandle } from 'node:fs/promises';
import type { TimeUs } from '../units/index.ts';
import { DocumentFault, parsed } from './document.ts';
import { type FileState, fileFault, stateOf, withFile } from './file.ts';
import type { Gate } from './gate.ts';
import { shown } from './moment.ts';
import { Patience } from './patience.ts';
import type { FileSettings } from './settings.ts';
import type { Health, Source } from './source.ts';
import { Turn } from './turn.ts';

/** Most that is read at a look; of a file found for the first time no more than its end. */
const CHUNK_BYTES = 1024 * 1024;
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 10;

/**
 * A file that lines `{"name": ..., "value": ..., "time": ...}` are appended to. A line counts once its end is there.
 * Lines without a time that are there already when the file is found are passed over, as nothing says how old they are;
 * the last one is of the moment the file was written. A file that is replaced or cut is found anew.
 */
export class LineFile implements Source {
  readonly gate: Gate;
  readonly health: Health;
  private readonly path: string;
  private readonly turn: Turn;
  private readonly patience: Patience;
  private readonly nowUs: () => TimeUs;
  private identity = '';
  private offset = 0;
  /** The beginning of a line whose end has not come. */
  private rest: Buffer = Buffer.alloc(0);
  /** In the middle of a line that is not to be read. */
  private skips = false;

  constructor(settings: FileSettings, gate: Gate, health: Health, nowUs: () => TimeUs) {
    this.path = settings.path;
    this.gate = gate;
    this.health = health;
    this.nowUs = nowUs;
    this.turn = new Turn(settings.checkMs, health);
    this.patience = new Patience(health, nowUs);
  }

  tick(now: TimeUs): Promise<void> {
    return this.turn.take(now, async () => {
      const found = await this.read();
      if (found !== null) this.lines(found.chunk, found.state, found.isFirst);
    });
  }

  async close(): Promise<void> {}

  private async read(): Promise<{ chunk: Buffer; state: FileState; isFirst: boolean } | null> {
    try {
      const found = await withFile(this.path, (handle) => this.appended(handle));
      this.patience.worked();
      return found;
    } catch (error) {
      this.patience.failed(fileFault(error));
      return null;
    }
  }

  private async appended(handle: FileHandle): Promise<{ chunk: Buffer; state: FileState; isFirst: boolean } | null> {
    const state = await stateOf(handle);
    const isFirst = state.identity !== this.identity || state.size < this.offset;
    if (isFirst) {
      this.identity = state.identity;
      this.offset = Math.max(0, state.size - CHUNK_BYTES);
      this.skips = this.offset > 0;
      this.rest = Buffer.alloc(0);
    }
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, state.size - this.offset));
    if (chunk.length === 0) return null;
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, this.offset);
    this.offset += bytesRead;
    return { chunk: chunk.subarray(0, bytesRead), state, isFirst };
  }

  private lines(chunk: Buffer, state: FileState, isFirst: boolean): void {
    const bytes = Buffer.concat([this.rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      const line = bytes.subarray(from, end);
      from = end + 1;
      const isDated = !isFirst || from === bytes.length;
      if (this.skips) this.skips = false;
      else this.line(line, isDated ? state.writtenAt : null);
    }
    this.rest = bytes.subarray(from);
    if (this.rest.length <= LONGEST_LINE) return;
    if (!this.skips) this.gate.refuse('', `has a line of more than ${LONGEST_LINE} bytes`);
    this.skips = true;
    this.rest = Buffer.alloc(0);
  }

  private line(line: Buffer, writtenAt: TimeUs | null): void {
    const text = line.toString('utf8').trim();
    if (text === '') return;
    let entry: unknown;
    try {
      entry = parsed(text);
    } catch (error) {
      if (!(error instanceof DocumentFault)) throw error;
    }
    if (typeof entry !== 'object' || entry === null || !('name' in entry) || typeof entry.name !== 'string')
      return this.gate.refuse('', `has the line ${shown(text)}: write {"name": "x", "value": 0.5}`);
    const { name, value, time } = entry as { readonly name: string; readonly value?: unknown; readonly time?: unknown };
    this.gate.take(name, value, time, writtenAt, this.nowUs());
  }
}
