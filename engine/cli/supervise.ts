import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { socketFolder } from '../ops/owner-socket.ts';
import { SIGNALS } from './interruption.ts';
import { type SupervisorMessage, supervisedEnvironment } from './supervised.ts';
import type { Pulled } from './watch-server.ts';
import { openWatchdog, print, type Watchdog, type WatchdogOptions } from './watchdog.ts';

export interface SuperviseOptions
  extends Pick<WatchdogOptions, 'environment' | 'terms' | 'hosts' | 'keyId' | 'keyPath'> {
  readonly args: readonly string[];
  /** The daemon ends by itself after this long, 0 for never; a later life has what is left of it. */
  readonly forMs: number;
  /** A life begins: whatever else the daemon has to be told. */
  readonly onStart?: (child: ChildProcess) => void;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Lives after the first within an hour. A daemon's limits on losses start anew with each. */
const RESTARTS = 3;
const HOUR_MS = 3_600_000;

/**
 * Runs a daemon in a process of its own and is its watchdog: pulls its orders when it dies or gets stuck, ends what is
 * stuck, and starts it again, a few times, without the market its strategy was stuck on.
 */
export class Supervisor {
  private readonly options: SuperviseOptions;
  private readonly folder = mkdtempSync(join(socketFolder(), 'hundred-watchdog-'));
  private readonly path = join(this.folder, 'watchdog.sock');
  private readonly givenUp: Record<string, string> = {};
  private readonly deaths: number[] = [];
  private resetGroups: boolean | null = null;
  private watchdog: Watchdog | null = null;
  private child: ChildProcess | null = null;
  private isStopping = false;
  private beganMs: number | null = null;
  /** A person does not want to wait for a pull any longer. */
  private abandon = (): void => {};
  private pulled = (): void => {};

  constructor(options: SuperviseOptions) {
    this.options = options;
  }

  /** Until the daemon has ended for good. Resolves with the exit status: the daemon's own, 1 when it died. */
  async run(): Promise<number> {
    const onSignal = (): void => {
      this.isStopping = true;
      if (this.child?.exitCode === null && this.child.signalCode === null) this.tell({ type: 'signal' });
      else this.abandon();
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
    try {
      const { environment, terms, hosts, keyId, keyPath } = this.options;
      this.watchdog = await openWatchdog({
        hosts,
        keyId,
        keyPath,
        environment,
        terms,
        path: this.path,
        // What is well the daemon tells by itself.
        say: (level, text) => (level === 'info' ? undefined : print(level, text)),
        onPulled: (pulled) => this.onPulled(pulled),
      });
      for (;;) {
        const status = await this.live(this.watchdog);
        if (status !== null) return status;
      }
    } finally {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      await this.watchdog?.close();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  /** Tell the daemon something, if there is one. */
  tell(message: SupervisorMessage): void {
    if (message.type === 'stop') this.isStopping = true;
    if (this.child?.connected === true) this.child.send(message, () => {});
  }

  /** One life of the daemon. Resolves with the exit status, or null when there is to be another. */
  private async live({ server }: Watchdog): Promise<number | null> {
    let isPulled = false;
    const pulled = new Promise<void>((done) => {
      this.pulled = () => {
        isPulled = true;
        done();
      };
    });
    const child = fork(MAIN, [...this.options.args, ...this.timeLeft()], {
      env: supervisedEnvironment({ path: this.path, givenUp: this.givenUp, resetGroups: this.resetGroups }),
      // A Ctrl-C at the terminal comes here alone, and is passed on once.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child = child;
    this.options.onStart?.(child);
    if (this.isStopping) this.tell({ type: 'stop' });
    const { code, signal } = await ended(child);
    const watch = server.gone(child.pid ?? 0);
    // It never beat, or has said that it is done.
    if (!isPulled && (watch === null || watch.state === 'ended')) return code ?? 1;
    if (signal !== null) print('error', `the daemon (process ${child.pid}) ended with ${signal}`);
    // It was told to end, and has said itself that it could not verify.
    if (code !== null && this.isStopping) return code;
    const abandoned = new Promise<'abandoned'>((done) => {
      this.abandon = () => done('abandoned');
    });
    if ((await Promise.race([pulled, abandoned])) === 'abandoned') {
      print('error', 'stopped in the middle of a pull: orders may still rest');
      return 1;
    }
    if (code !== null) return code === 0 ? 1 : code;
    if (this.isStopping) return 1;
    const now = performance.now();
    while (this.deaths.length > 0 && now - this.deaths[0]! > HOUR_MS) this.deaths.shift();
    if (this.deaths.push(now) > RESTARTS) {
      print('error', `it died ${this.deaths.length} times within an hour: not starting it again`);
      return 1;
    }
    print('warn', 'starting it again');
    return null;
  }

  private timeLeft(): string[] {
    const { forMs } = this.options;
    if (forMs === 0) return [];
    const now = performance.now();
    // The first life counts for itself, from when it is ready to.
    if (this.beganMs === null) {
      this.beganMs = now;
      return [];
    }
    return ['--for', `${Math.max(1, Math.round(forMs - (now - this.beganMs)))}ms`];
  }

  private onPulled({ hello, fault }: Pulled): void {
    if (hello.pid !== this.child?.pid) return;
    // A latch that was there before stays one, however often the daemon dies.
    this.resetGroups = !fault.wasLatched;
    if (fault.stuckOn !== null) this.givenUp[fault.stuckOn] = fault.text;
    if (fault.kind === 'silent' || fault.kind === 'stalled') {
      print('warn', `ending process ${hello.pid}`);
      this.child.kill('SIGKILL');
    }
    this.pulled();
  }
}

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: string | null }> {
  return new Promise((done) => {
    child.on('exit', (code, signal) => done({ code, signal }));
    child.on('error', (error) => {
      print('error', `the daemon cannot be started: ${error.message}`);
      done({ code: 2, signal: null });
    });
  });
}
