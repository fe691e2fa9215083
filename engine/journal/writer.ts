import { Worker } from 'node:worker_threads';
import type { TimeUs } from '../units/index.ts';
import { RECORD_HEADER_BYTES, RecordKind, type RecordKindCode, writeRecordHeader } from './record.ts';

export interface JournalOptions {
  /** The file to create. It must not exist, its folder must. */
  readonly path: string;
  /** Bytes that may wait for the writing thread; beyond it records are dropped and counted. Default 64 MiB. */
  readonly maxQueueBytes?: number;
  /** Told once when writing fails, and each time records begin to be dropped. The session goes on either way. */
  readonly onTrouble: (text: string) => void;
  /** Bytes collected before they are handed to the thread. Default 256 KiB. */
  readonly chunkBytes?: number;
  /** Text per compressed block, about. Default 1 MiB. */
  readonly blockBytes?: number;
  /** How long text may wait in the thread for its block to fill, milliseconds. Default 1000. */
  readonly blockMs?: number;
  /** Calls `act` every `ms` milliseconds until the result is called. Default: an interval that keeps no process alive. */
  readonly every?: (act: () => void, ms: number) => () => void;
}

export interface JournalStats {
  /** Lines in the file. */
  readonly records: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Records that were offered and are not in the file. */
  readonly dropped: number;
  /** Compressed blocks in the file. */
  readonly blocks: number;
}

/** What the writing thread is started with. */
export type ThreadData = { readonly path: string; readonly blockBytes: number; readonly blockMs: number };

/** What the writing thread is told. */
export type ThreadMessage =
  | { readonly type: 'chunk'; readonly chunk: SharedArrayBuffer; readonly used: number }
  | { readonly type: 'close' };

/** What the writing thread answers. */
export type WriterMessage =
  | { readonly type: 'taken'; readonly bytes: number; readonly chunk: SharedArrayBuffer }
  | { readonly type: 'failed'; readonly text: string }
  | { readonly type: 'closed'; readonly records: number; readonly bytes: number; readonly blocks: number };

const CHUNK_BYTES = 256 * 1024;
const BLOCK_BYTES = 1024 * 1024;
const BLOCK_MS = 1000;
const FLUSH_MS = 50;
const MAX_QUEUE_BYTES = 64 * 1024 * 1024;
const SPARE_CHUNKS = 4;

/**
 * A session's journal. The engine thread only copies bytes into a chunk; a thread of its own turns them into lines,
 * compresses them in independent blocks and appends them, so that a killed process loses at most the last block. What
 * the disk does never stops the session: it is told through `onTrouble`. All records keep the order of the calls.
 */
export class JournalWriter {
  private readonly maxQueueBytes: number;
  private readonly chunkBytes: number;
  private readonly onTrouble: (text: string) => void;
  private readonly worker: Worker;
  private readonly stopTimer: () => void;
  private readonly spares: SharedArrayBuffer[] = [];
  private chunk: Buffer<SharedArrayBuffer>;
  private used = 0;
  /** Bytes handed to the thread and not yet taken by it. */
  private waiting = 0;
  private offered = 0;
  /** Records dropped since the last one that was accepted. */
  private missing = 0;
  private lastTime = 0 as TimeUs;
  private marks = 0;
  private failed = false;
  private closing: Promise<JournalStats> | null = null;
  private settle: ((stats: JournalStats) => void) | null = null;

  /** Start the thread, which creates the file. */
  constructor(options: JournalOptions) {
    this.maxQueueBytes = options.maxQueueBytes ?? MAX_QUEUE_BYTES;
    this.chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
    this.onTrouble = options.onTrouble;
    this.chunk = sharedBuffer(this.chunkBytes);
    const workerData: ThreadData = {
      path: options.path,
      blockBytes: options.blockBytes ?? BLOCK_BYTES,
      blockMs: options.blockMs ?? BLOCK_MS,
    };
    this.worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData });
    this.worker.unref();
    this.worker.on('message', (message: WriterMessage) => this.heard(message));
    this.worker.on('error', (error) => this.fail(`the writing thread failed: ${error.message}`));
    this.worker.on('exit', () => this.settle?.(this.stats(0, 0, 0)));
    this.stopTimer = (options.every ?? everyUnref)(() => this.flush(), FLUSH_MS);
  }

  /** A feed frame as received. */
  frame(bytes: Uint8Array, time: TimeUs): void {
    const at = this.reserve(RecordKind.Frame, bytes.length, time);
    if (at >= 0) this.chunk.set(bytes, at);
  }

  /** An input of the core that is no frame, as a JSON object. */
  input(json: string, time: TimeUs): void {
    this.text(RecordKind.Input, json, time);
  }

  /** An action of the core, as a JSON object. */
  action(json: string, time: TimeUs): void {
    this.text(RecordKind.Action, json, time);
  }

  /** What the session is, as a JSON object: version, configuration, modes. The first record. */
  session(json: string, time: TimeUs): void {
    this.text(RecordKind.Session, json, time);
  }

  /** Write what is waiting and close the file. Records offered from now on are dropped. */
  close(): Promise<JournalStats> {
    if (this.closing !== null) return this.closing;
    this.stopTimer();
    if (this.missing > 0 && !this.failed) this.mark(this.lastTime);
    this.flush();
    this.closing = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.worker.ref();
    this.send({ type: 'close' });
    return this.closing;
  }

  private text(kind: RecordKindCode, json: string, time: TimeUs): void {
    const at = this.reserve(kind, Buffer.byteLength(json), time);
    if (at >= 0) this.chunk.write(json, at, 'utf8');
  }

  /** Make room for a record and write its header; where its bytes go, or -1 when it is dropped. */
  private reserve(kind: RecordKindCode, length: number, time: TimeUs): number {
    this.offered++;
    this.lastTime = time;
    if (this.failed || this.closing !== null || !this.hasRoom(length)) {
      if (this.missing++ === 0 && !this.failed && this.closing === null)
        this.onTrouble('journal: the disk is too slow, records are being dropped');
      return -1;
    }
    if (this.missing > 0) this.mark(time);
    return this.place(kind, length, time);
  }

  private hasRoom(length: number): boolean {
    return this.waiting + this.used + RECORD_HEADER_BYTES + length <= this.maxQueueBytes;
  }

  /** Say in the journal itself that records are missing at this point. */
  private mark(time: TimeUs): void {
    const json = JSON.stringify({ dropped: this.missing });
    this.missing = 0;
    this.marks++;
    this.chunk.write(json, this.place(RecordKind.Session, json.length, time), 'latin1');
  }

  private place(kind: RecordKindCode, length: number, time: TimeUs): number {
    const needed = RECORD_HEADER_BYTES + length;
    if (this.used + needed > this.chunk.length) {
      this.flush();
      if (needed > this.chunk.length) this.chunk = sharedBuffer(needed);
    }
    const at = this.used;
    writeRecordHeader(this.chunk, at, kind, time, length);
    this.used += needed;
    return at + RECORD_HEADER_BYTES;
  }

  private flush(): void {
    const { used } = this;
    if (used === 0 || this.failed) return;
    this.used = 0;
    this.waiting += used;
    const full = this.chunk.buffer;
    if (used <= full.byteLength / 2 && full.byteLength === this.chunkBytes) {
      // The queue then holds no unused memory.
      this.send({ type: 'chunk', chunk: full.slice(0, used), used });
      return;
    }
    this.send({ type: 'chunk', chunk: full, used });
    const spare = this.spares.pop();
    this.chunk = spare === undefined ? sharedBuffer(this.chunkBytes) : Buffer.from(spare);
  }

  private send(message: ThreadMessage): void {
    this.worker.postMessage(message);
  }

  private heard(message: WriterMessage): void {
    if (message.type === 'taken') {
      this.waiting -= message.bytes;
      if (message.chunk.byteLength === this.chunkBytes && this.spares.length < SPARE_CHUNKS)
        this.spares.push(message.chunk);
    } else if (message.type === 'failed') this.fail(message.text);
    else this.settle?.(this.stats(message.records, message.bytes, message.blocks));
  }

  private fail(text: string): void {
    if (this.failed) return;
    this.failed = true;
    this.onTrouble(`journal: ${text}; this session is no longer recorded`);
  }

  private stats(records: number, bytes: number, blocks: number): JournalStats {
    // Marks are lines of the file that nobody offered.
    return { records, bytes, dropped: Math.max(0, this.offered + this.marks - records), blocks };
  }
}

/** Memory both threads see: to transfer it would detach a buffer, and every typed array of this thread would be slower. */
function sharedBuffer(bytes: number): Buffer<SharedArrayBuffer> {
  return Buffer.from(new SharedArrayBuffer(bytes));
}

function everyUnref(act: () => void, ms: number): () => void {
  const timer = setInterval(act, ms);
  timer.unref();
  return () => clearInterval(timer);
}
