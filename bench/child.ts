import { type ChildProcess, fork, type Serializable, spawnSync } from 'node:child_process';
import path from 'node:path';

const PATIENCE_MS = 60_000;

let pins: boolean | null = null;

/** Whether processes can be kept on a core here: the `taskset` command is there and works. */
export function canPin(): boolean {
  pins ??= spawnSync('taskset', ['-c', '0', process.execPath, '--version']).status === 0;
  return pins;
}

/** A child process that answers each message with one. */
export class Child {
  private readonly child: ChildProcess;
  private readonly name: string;
  private complaint = '';

  /** @param core the processor core it is kept on, where that can be done; null for any */
  constructor(name: string, file: string, start: unknown, core: number | null = null, env: NodeJS.ProcessEnv = {}) {
    this.name = name;
    this.child = fork(path.join(import.meta.dirname, 'clients', file), [JSON.stringify(start)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
      ...(core === null || !canPin() ? {} : { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath] }),
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.complaint = (this.complaint + chunk.toString('utf8')).slice(-2000);
    });
  }

  /** The next thing it says, after `ask` if there is something to ask. */
  next(ask?: Serializable): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fault = (what: string): Error => new Error(`${this.name} ${what} ${this.complaint.trim()}`.trim());
      const settle = (): void => {
        clearTimeout(late);
        this.child.off('message', onMessage);
        this.child.off('exit', onExit);
      };
      const onMessage = (message: unknown): void => {
        settle();
        resolve(message);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        settle();
        reject(fault(`ended with ${signal ?? code}`));
      };
      const late = setTimeout(() => {
        settle();
        reject(fault('did not answer in time'));
      }, PATIENCE_MS);
      this.child.on('message', onMessage);
      this.child.on('exit', onExit);
      if (ask !== undefined) this.child.send(ask);
    });
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await gone;
  }
}
