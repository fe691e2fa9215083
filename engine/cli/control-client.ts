import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { CommandAnswer, OperatorCommand } from '../core/index.ts';
import type { EndNotice } from './control-server.ts';

/** What came of telling a daemon something. */
export interface Told {
  /** Its answer; null when there was none in time. */
  readonly answer: CommandAnswer | null;
  readonly tookMs: number;
  /** How it ended, if that was waited for; null when it did not, in time. */
  readonly end: EndNotice | null;
}

/**
 * Tell the daemon behind a control socket something. Never rejects: a daemon that is gone, or frozen, has no answer. What
 * was written to a frozen one is read when it goes on.
 * @param endMs how long to wait for its end after the answer; 0: not at all
 */
export function tellDaemon(path: string, command: OperatorCommand, answerMs: number, endMs = 0): Promise<Told> {
  if (path === '') return Promise.resolve({ answer: null, tookMs: 0, end: null });
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = connect(path);
    let answer: CommandAnswer | null = null;
    let tookMs = 0;
    let timer = setTimeout(() => finish(null), answerMs);
    const finish = (end: EndNotice | null): void => {
      clearTimeout(timer);
      if (answer === null) tookMs = performance.now() - began;
      resolve({ answer, tookMs, end });
      socket.end();
      socket.unref();
    };
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(null));
    socket.write(`${JSON.stringify({ command })}\n`);
    const lines = createInterface({ input: socket });
    lines.on('error', () => finish(null));
    lines.on('line', (line) => {
      const said = parsed(line);
      if (said === null) return;
      if ('ended' in said) return finish(said);
      if (answer !== null) return;
      answer = said;
      tookMs = performance.now() - began;
      clearTimeout(timer);
      if (endMs === 0 || !said.done) return finish(null);
      timer = setTimeout(() => finish(null), endMs);
    });
  });
}

function parsed(line: string): CommandAnswer | EndNotice | null {
  try {
    return JSON.parse(line) as CommandAnswer | EndNotice;
  } catch {
    return null;
  }
}
