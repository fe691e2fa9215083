import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeKeyPair } from '../../engine/cli/exchange.ts';
import { World } from '../../engine/exchange/index.ts';
import type { Money } from '../../engine/units/index.ts';
import { Cable } from './cut.ts';

/** What happens to a daemon. */
export type DrillFault = 'kill -9' | 'SIGSTOP' | 'busy loop' | 'network cut' | 'network silent';

export interface DrillTerms {
  readonly after: string;
  readonly stall: string;
}

/** What came of a fault. */
export interface DrillResult {
  /** Orders that rested when it happened. */
  readonly rested: number;
  /** From the fault to the last of them gone, as the exchange sees it, milliseconds. */
  readonly emptyMs: number;
  /** What the watchdog said, and what the daemon reported after it was let go on ('' where it could not be). */
  readonly watchdog: string;
  readonly daemon: string;
}

const ROOT = path.join(import.meta.dirname, '..', '..');
const MAIN = path.join(ROOT, 'engine', 'cli', 'main.ts');
const DAEMON = path.join(import.meta.dirname, 'daemon.ts');
const USER = 'user-1';
const LONGEST_MS = 100_000;

/** A child's output, and a way to wait for something in it. */
export class Heard {
  text = '';
  private readonly waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.text += chunk.toString('utf8');
        for (const look of this.waiting) look();
      });
    child.on('close', () => {
      this.text += '\n(ended)';
      for (const look of this.waiting) look();
    });
  }

  async says(pattern: RegExp): Promise<void> {
    await new Promise<void>((done, failed) => {
      const look = (): void => {
        if (!pattern.test(this.text) && !this.text.endsWith('(ended)')) return;
        this.waiting.delete(look);
        if (pattern.test(this.text)) done();
        else failed(new Error(`ended without ${pattern}:\n${this.text}`));
      };
      this.waiting.add(look);
      look();
    });
  }
}

/**
 * An exchange, and a watchdog in a process of its own with a way of its own there. Daemons come and meet their fates.
 */
export class DrillGround {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'hundred-drill-'));
  private readonly key = makeKeyPair(this.folder);
  private readonly socket = path.join(this.folder, 'watchdog.sock');
  private readonly world: World;
  private readonly terms: DrillTerms;
  private watchdog: ChildProcess | null = null;
  private heard: Heard | null = null;
  private port = 0;
  private drills = 0;
  private onOrder = (): void => {};

  constructor(terms: DrillTerms) {
    this.terms = terms;
    this.world = new World({
      server: { host: '127.0.0.1', port: 0, tier: 'premier' },
      keys: [this.key],
      seed: 1,
      balance: 10_000_000_000 as Money,
      makerFees: false,
      onFailure: assert.fail,
    });
    const ignore = (): void => {};
    const order = (): void => this.onOrder();
    this.world.exchange.listeners.push({
      delta: ignore,
      trade: ignore,
      fill: ignore,
      position: ignore,
      group: ignore,
      order,
    });
  }

  async open(): Promise<void> {
    this.port = await this.world.start();
    const url = `http://127.0.0.1:${this.port}/trade-api/v2`;
    const key = ['--key-id', this.key.keyId, '--key', this.key.privatePath];
    const { after, stall } = this.terms;
    const where = ['--environment', 'paper', '--url', url, '--socket', this.socket];
    this.watchdog = spawn(process.execPath, [MAIN, 'watchdog', ...where, ...key, '--after', after, '--stall', stall], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.heard = new Heard(this.watchdog);
    await this.heard.says(/listening at/);
  }

  /** One daemon from its start to its fault, and until the watchdog has verified that nothing rests. */
  async drill(fault: DrillFault): Promise<DrillResult> {
    const session = `drill${++this.drills}`;
    const cable = await Cable.lay(this.port);
    const args = [String(cable.port), this.key.keyId, this.key.privatePath, this.socket, session];
    const child = fork(DAEMON, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const daemon = new Heard(child);
    const gone = new Promise<void>((done) => child.on('exit', () => done()));
    try {
      await daemon.says(/watched by the watchdog/);
      await this.resting((orders) => orders >= 4);
      const rested = this.world.exchange.restingOf(USER).length;
      const faultMs = performance.now();
      if (fault === 'kill -9') child.kill('SIGKILL');
      else if (fault === 'SIGSTOP') child.kill('SIGSTOP');
      else if (fault === 'busy loop') child.send('loop');
      else cable.cut(fault === 'network cut' ? 'cut' : 'silent');
      const emptied = this.resting((orders) => orders === 0).then(() => performance.now() - faultMs);
      await this.heard!.says(new RegExp(`session ${session}: the exchange confirms that nothing of ours rests`));
      const emptyMs = await emptied;
      const said = daemon.text.length;
      if (fault === 'SIGSTOP') {
        child.kill('SIGCONT');
        await daemon.says(/To clear: find out why/);
      } else if (fault === 'network cut') {
        cable.mend();
        await daemon.says(/To clear: find out why/);
      }
      assert.equal(this.world.exchange.restingOf(USER).length, 0);
      const watchdog = this.heard!.text.split('\n').filter((line) => line.includes(session));
      return { rested, emptyMs, watchdog: watchdog.join('\n'), daemon: daemon.text.slice(said) };
    } finally {
      child.kill('SIGKILL');
      await gone;
      cable.close();
    }
  }

  async close(): Promise<void> {
    if (this.watchdog !== null && this.watchdog.exitCode === null) {
      const ended = new Promise<void>((done) => this.watchdog!.on('exit', () => done()));
      this.watchdog.kill('SIGTERM');
      await ended;
    }
    this.world.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Until as many orders rest at the exchange as wanted. */
  private async resting(wanted: (orders: number) => boolean): Promise<void> {
    const isSo = (): boolean => wanted(this.world.exchange.restingOf(USER).length);
    if (isSo()) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done, failed) => {
      timer = setTimeout(
        () => failed(new Error(`${this.world.exchange.restingOf(USER).length} orders rest\n${this.heard?.text}`)),
        LONGEST_MS,
      );
      this.onOrder = () => {
        if (isSo()) done();
      };
    });
    clearTimeout(timer);
    this.onOrder = () => {};
  }
}
