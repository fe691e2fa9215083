import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { EngineReport, Vitals } from '../core/index.ts';
import { Activity } from './activity.ts';
import { BEAT_VERSION, type BeatReply, type Hello, writeBeatLine } from './beat.ts';
import type { StallThreadData } from './stall-thread.ts';

/** Where a daemon's heart beats to, and who it is. */
export interface HeartbeatOptions {
  /** Path of the watchdog's socket. */
  readonly path: string;
  readonly hello: Omit<Hello, 'type' | 'version'>;
  /** By market number. */
  readonly tickers: readonly string[];
  /** Milliseconds that never go back. */
  readonly nowMs: () => number;
  readonly report: (report: EngineReport) => void;
}

const BEAT_MS = 250;
const RETRY_MS = 1000;
/** How long the last word may take to be written. */
const LAST_WORD_MS = 500;

/**
 * A daemon's heartbeat to its watchdog. Beats are written by the main thread between two rounds of its event loop and by
 * nobody else: a heart that lives on while the loop is stuck would be worse than none. A watchdog that is not there is
 * looked for every second; that there is none is said once.
 */
export class Heartbeat {
  readonly activity = new Activity();
  private readonly options: HeartbeatOptions;
  private readonly thread: Worker;
  private socket: Socket | null = null;
  private isWatched = false;
  private wasTold = false;
  private lap = 0;
  private nextBeatMs = 0;
  private nextTryMs = 0;
  private groups = '';

  constructor(options: HeartbeatOptions) {
    this.options = options;
    const { path, hello, tickers } = options;
    const data: StallThreadData = { memory: this.activity.memory, path, session: hello.session, tickers };
    this.thread = new Worker(new URL('./stall-thread.ts', import.meta.url), { workerData: data });
    this.thread.unref();
    this.thread.on('error', (error) => this.warn(`the thread that tells of stalls ended: ${error.message}`));
  }

  /** Call in every round of the event loop. Beats when it is time to, and at once when the groups are others. */
  tick(vitals: Vitals): void {
    this.activity.lap();
    this.lap++;
    const now = this.options.nowMs();
    if (this.socket === null) {
      if (now >= this.nextTryMs) this.open(now);
      return;
    }
    const groups = vitals.groups.map(({ id }) => id).join();
    if (now < this.nextBeatMs && groups === this.groups) return;
    this.nextBeatMs = now + BEAT_MS;
    this.groups = groups;
    this.socket.write(writeBeatLine({ type: 'beat', lap: this.lap, ...vitals, groups: [...vitals.groups] }));
  }

  /** The last word: nobody has to watch any more, or, `clean` false, somebody has to finish what we could not. */
  async stop(clean: boolean, text: string): Promise<void> {
    await this.thread.terminate();
    const { socket } = this;
    this.socket = null;
    this.nextTryMs = Number.POSITIVE_INFINITY;
    if (socket === null) return;
    await new Promise<void>((done) => {
      setTimeout(done, LAST_WORD_MS).unref();
      socket.end(writeBeatLine({ type: 'stopped', clean, text }), done);
    });
    socket.destroy();
  }

  private open(now: number): void {
    const { path, hello } = this.options;
    this.nextTryMs = now + RETRY_MS;
    this.groups = '';
    let why = 'it closed the connection';
    const socket = connect(path);
    this.socket = socket;
    socket.write(writeBeatLine({ type: 'hello', version: BEAT_VERSION, ...hello }));
    createInterface({ input: socket }).on('line', (text) => {
      const reply = JSON.parse(text) as BeatReply;
      if (reply.type === 'refused') {
        why = reply.why;
        return;
      }
      this.isWatched = true;
      this.wasTold = false;
      this.options.report({ level: 'info', code: 'watched', text: `watched by the watchdog at ${path}` });
    });
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (this.isWatched || !this.wasTold) this.warn(`no watchdog watches this session (${path}: ${why})`);
      this.isWatched = false;
      this.wasTold = true;
    });
  }

  private warn(text: string): void {
    this.options.report({ level: 'warn', code: 'unwatched', text });
  }
}
