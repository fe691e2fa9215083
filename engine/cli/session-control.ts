import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandAnswer, EngineReport, EngineStatus, Gauge, OperatorCommand, StopResult } from '../core/index.ts';
import { latchPath, setLatch } from '../ops/latch.ts';
import { fitsSocket, socketFolder } from '../ops/owner-socket.ts';
import type { LatencyView } from '../ops/screen.ts';
import { bornOf, SOCKET_SUFFIX, StatusFile, type StatusRecord } from '../ops/status-file.ts';
import { ControlServer } from './control-server.ts';
import { writeDay } from './day-result.ts';
import { exchangeDayStart } from './exchange-day.ts';
import { Gauges } from './gauges.ts';
import type { SessionOptions } from './session.ts';

/** What it needs of a session's options, and how often it is called. */
export type SessionControlOptions = Pick<
  SessionOptions,
  'statusFolder' | 'config' | 'title' | 'version' | 'access' | 'dayPath' | 'nowUs' | 'nowNs'
> & { readonly tickMs: number; readonly clockSkewMs: () => number | null };

/** What the session does for it. */
export interface SessionHooks {
  command(command: OperatorCommand): CommandAnswer;
  measured(name: Gauge, value: number): void;
  report(report: EngineReport): void;
}

/** What surrounds a session: its status file, its control channel, its latch, and what it measures of itself. */
export class SessionControl {
  private readonly options: SessionControlOptions;
  private readonly hooks: SessionHooks;
  private readonly statusFile: StatusFile | null = null;
  private readonly server: ControlServer | null = null;
  private readonly socketPath: string = '';
  /** Made for a socket that has no room beside the status file. */
  private readonly socketFolder: string | null = null;
  private readonly gauges: Gauges;
  private readonly born = bornOf(process.pid);
  private isOff = false;
  private isTold = false;
  private isDayTroubled = false;

  constructor(options: SessionControlOptions, hooks: SessionHooks) {
    this.options = options;
    this.hooks = hooks;
    const { statusFolder = null, tickMs, nowNs, clockSkewMs } = options;
    const { sessionId } = options.config;
    const measured = (name: Gauge, value: number): void => hooks.measured(name, value);
    this.gauges = new Gauges({ everyMs: tickMs, nowNs, nowMs: () => this.nowMs, clockSkewMs, measured });
    if (statusFolder === null) return;
    const trouble = (code: string) => (text: string) => hooks.report({ level: 'warn', code, text });
    this.statusFile = new StatusFile(statusFolder, sessionId, options.access ?? null, trouble('status_file'));
    const beside = join(statusFolder, `${sessionId}${SOCKET_SUFFIX}`);
    this.socketPath = fitsSocket(beside) ? beside : join(socketFolder(), `hundred-${sessionId}`, 'control.sock');
    if (this.socketPath !== beside) this.socketFolder = dirname(this.socketPath);
    const hear = (command: OperatorCommand): CommandAnswer => {
      // Its own way to the end, positions closed first where that was asked for: the latch has nothing to add.
      if (command.startsWith('panic')) this.isTold = true;
      return hooks.command(command);
    };
    this.server = new ControlServer(this.socketPath, hear, trouble('control'));
  }

  /** Call every `tickMs`. */
  tick(): void {
    this.gauges.tick();
  }

  /** Say how things are; and hear, by the latch, of a panic that did not reach us otherwise. */
  show(...picture: Parameters<SessionControl['write']>): void {
    this.write(...picture);
    const { statusFolder = null } = this.options;
    if (this.isOff || this.isTold || statusFolder === null || !existsSync(latchPath(statusFolder))) return;
    this.hooks.command('panic');
  }

  /** Say how things are. */
  write(status: EngineStatus, latency: LatencyView, sources: NonNullable<StatusRecord['sources']>): void {
    const { title, version, config, access = null } = this.options;
    const { sessionId } = config;
    const writtenMs = Math.round(this.nowMs);
    const control = this.socketPath;
    this.statusFile?.write({
      pid: process.pid,
      born: this.born,
      sessionId,
      version,
      title,
      writtenMs,
      control,
      access,
      latency,
      status,
      sources,
    });
    this.keepDay(status);
  }

  private keepDay({ dayProfit }: EngineStatus): void {
    const { dayPath } = this.options;
    if (dayPath === undefined) return;
    try {
      writeDay(dayPath, { dayStart: exchangeDayStart(this.nowMs / 1000), profit: dayProfit });
      this.isDayTroubled = false;
    } catch (error) {
      const text = `${dayPath} cannot be written, a restart will not know the day's loss: ${(error as Error).message}`;
      if (!this.isDayTroubled) this.hooks.report({ level: 'warn', code: 'day_result', text });
      this.isDayTroubled = true;
    }
  }

  private get nowMs(): number {
    return this.options.nowUs() / 1000;
  }

  /** Level 4 was entered: nothing quotes from this folder before a person has acknowledged it. */
  off(cause: string): void {
    if (this.isOff) return;
    this.isOff = true;
    const { statusFolder = null } = this.options;
    if (statusFolder === null) return;
    try {
      setLatch(statusFolder, { atMs: Math.round(this.nowMs), cause });
    } catch (error) {
      const text = `${latchPath(statusFolder)} cannot be written, the next start will not be held up: ${(error as Error).message}`;
      this.hooks.report({ level: 'error', code: 'latch', text });
    }
  }

  /** The session is over. */
  end(result: StopResult): void {
    this.server?.end(result);
    if (this.socketFolder !== null) rmSync(this.socketFolder, { recursive: true, force: true });
    this.statusFile?.remove();
  }
}
