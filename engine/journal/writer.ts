import { closeSync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { TimeUs } from '../units/index.ts';

/** Kinds of records on the way to the writing thread. */
export const RecordKind = { Frame: 0, Input: 1, Action: 2, Session: 3 } as const;
export type RecordKindCode = (typeof RecordKind)[keyof typeof RecordKind];

/** kind (1 byte), time in microseconds (8 bytes), length (4 bytes). */
export const RECORD_HEADER_BYTES = 13;

export interface JournalOptions {
  readonly path: string;
  /** Bytes that may wait for the writing thread; beyond it records are dropped and counted. */
  readonly maxQueueBytes?: number;
  /** Told once when writing fails, and once when records begin to be dropped. */
  readonly onTrouble: (text: string) => void;
}

export interface JournalStats {
  readonly records: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly blocks: number;
}

/** What the writing thread answers. */
export type WriterMessage =
  | { readonly type: 'taken'; readonly bytes: number }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'closed'; readonly blocks: number; readonly bytes: number };

const CHUNK_BYTES = 256 * 1024;
const FLUSH_MS = 50;
const MAX_QUEUE_BYTES = 64 * 1024 * 1024;

/**
 * A session's journal. The engine thread only copies bytes into a chunk; a thread of its own turns them into lines,
 * compresses them in independent blocks and appends them, so that a killed process loses at most the last block.
 */
export class JournalWriter {
  private readonly options: JournalOptions;
  private readonly worker: Worker;
  private readonly timer: NodeJS.Timeout;
  private chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private used = 0;
  private waiting = 0;
  private records = 0;
  private dropped = 0;
  private bytes = 0;
  private failed = false;
  private closing: ((stats: JournalStats) => void) | null = null;

  /** Create the file and start the thread. @throws Error when the file exists or cannot be made */
  constructor(options: JournalOptions) {
    this.options = options;
    // Made here so that a wrong path is told at once and in the caller's words.
    closeSync(openSync(options.path, 'wx', 0o600));
    this.worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: { path: options.path } });
    this.worker.unref();
    this.worker.on('message', (message: WriterMessage) => this.heard(message));
    this.worker.on('error', (error) => this.fail(error.message));
    this.timer = setInterval(() => this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** A feed frame as received. */
  frame(bytes: Uint8Array, time: TimeUs): void {
    const at = this.reserve(RecordKind.Frame, bytes.length, time);
    if (at >= 0) this.chunk.set(bytes, at);
  }

  /** An input of the core that is no frame, as JSON. */
  input(json: string, time: TimeUs): void {
    this.text(RecordKind.Input, json, time);
  }

  /** An action of the core, as JSON. */
  action(json: string, time: TimeUs): void {
    this.text(RecordKind.Action, json, time);
  }

  /** What the session is: version, configuration, modes. The first record. */
  session(json: string, time: TimeUs): void {
    this.text(RecordKind.Session, json, time);
  }

  /** Write what is waiting and close the file. */
  close(): Promise<JournalStats> {
    clearInterval(this.timer);
    this.flush();
    if (this.failed) return Promise.resolve(this.stats(0));
    this.worker.ref();
    this.worker.postMessage({ close: true });
    return new Promise((resolve) => {
      this.closing = resolve;
    });
  }

  private text(kind: RecordKindCode, json: string, time: TimeUs): void {
    const length = Buffer.byteLength(json);
    const at = this.reserve(kind, length, time);
    if (at >= 0) this.chunk.write(json, at, 'utf8');
  }

  /** Make room for a record and write its header; where its bytes go, or -1 when it is dropped. */
  private reserve(kind: RecordKindCode, length: number, time: TimeUs): number {
    if (this.failed || this.waiting > (this.options.maxQueueBytes ?? MAX_QUEUE_BYTES)) {
      if (this.dropped++ === 0 && !this.failed)
        this.options.onTrouble('journal: the disk is too slow, records are being dropped');
      return -1;
    }
    const needed = RECORD_HEADER_BYTES + length;
    if (this.used + needed > this.chunk.length) {
      this.flush();
      if (needed > this.chunk.length) this.chunk = Buffer.allocUnsafeSlow(needed);
    }
    const at = this.used;
    this.chunk[at] = kind;
    this.chunk.writeDoubleLE(time, at + 1);
    this.chunk.writeUInt32LE(length, at + 9);
    this.used += needed;
    this.records++;
    return at + RECORD_HEADER_BYTES;
  }

  private flush(): void {
    if (this.used === 0 || this.failed) return;
    const full = this.chunk.buffer as ArrayBuffer;
    this.waiting += this.used;
    this.worker.postMessage({ chunk: full, used: this.used }, [full]);
    this.chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.used = 0;
  }

  private heard(message: WriterMessage): void {
    if (message.type === 'taken') this.waiting -= message.bytes;
    else if (message.type === 'error') this.fail(message.text);
    else {
      this.bytes = message.bytes;
      this.closing?.(this.stats(message.blocks));
      this.worker.unref();
    }
  }

  private fail(text: string): void {
    if (this.failed) return;
    this.failed = true;
    this.options.onTrouble(`journal: ${text}; this session is no longer recorded`);
    this.closing?.(this.stats(0));
  }

  private stats(blocks: number): JournalStats {
    return { records: this.records, bytes: this.bytes, dropped: this.dropped, blocks };
  }
}
