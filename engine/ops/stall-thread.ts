import { connect, type Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { Activity } from './activity.ts';
import type { Stall } from './beat.ts';

/** What the thread is started with. */
export interface StallThreadData {
  readonly memory: SharedArrayBuffer;
  /** Path of the watchdog's socket. */
  readonly path: string;
  readonly session: string;
  readonly tickers: readonly string[];
}

const LOOK_MS = 100;
/** The event loop comes round many times a second: not for this long is worth a word. */
const WORTH_MS = 500;

/**
 * Tells the watchdog where the main thread is stuck. It never says that all is well: only the main thread itself can.
 */
const { memory, path, session, tickers } = workerData as StallThreadData;
const activity = new Activity(memory);
let seen = activity.read();
let lapMs = performance.now();
let callMs = lapMs;
let socket: Socket | null = null;

function tell(stall: Stall): void {
  if (socket === null) {
    const opened = connect(path);
    opened.on('error', () => {});
    opened.on('close', () => {
      socket = null;
    });
    socket = opened;
  }
  socket.write(`${JSON.stringify(stall)}\n`);
}

setInterval(() => {
  const now = performance.now();
  const doing = activity.read();
  if (doing.lap !== seen.lap) lapMs = now;
  if (doing.called !== seen.called || doing.call === '') callMs = now;
  seen = doing;
  if (now - lapMs < WORTH_MS) {
    socket?.end();
    return;
  }
  const ticker = tickers[doing.market] ?? '';
  tell({ type: 'stall', session, stalledMs: now - lapMs, call: doing.call, callMs: now - callMs, ticker });
}, LOOK_MS);
