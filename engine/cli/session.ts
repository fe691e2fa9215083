import { build } from 'hdr-histogram-js';
import {
  type CommandAnswer,
  Engine,
  type EngineConfig,
  type EnginePort,
  type EngineReport,
  type Gauge,
  type OperatorCommand,
  type RequestOutcome,
  type StopResult,
  type VenueRequest,
  withText,
} from '../core/index.ts';
import type { JournalWriter } from '../journal/index.ts';
import type { VenueListener } from '../kalshi/venue.ts';
import { type Display, openDisplay } from '../ops/display.ts';
import type { Heartbeat, HeartbeatOptions } from '../ops/heartbeat.ts';
import { type LatencyView, summaryLines } from '../ops/screen.ts';
import type { DaemonAccess } from '../ops/status-file.ts';
import type { Strategy } from '../quoting/index.ts';
import type { TimeUs } from '../units/index.ts';
import { ExternalInputs } from './external.ts';
import type { ExternalSettings } from './external-config.ts';
import { SIGNALS } from './interruption.ts';
import { Pull, type PullGroup } from './pull.ts';
import { SessionControl } from './session-control.ts';
import { openHeart } from './session-heart.ts';
import { journalPath, openJournal } from './session-journal.ts';
import { TimedStrategy, threadCpuUs } from './timed-strategy.ts';
import { within } from './within.ts';

/** The venue as a session uses it: the port out, and a start and an end. */
export interface SessionVenue extends EnginePort {
  start(): void;
  close(): Promise<void>;
  /** Lines about its requests for the session's summary. */
  summary?(): string[];
  /** How far the exchange's clock is ahead of this machine's, milliseconds; null where it is not measured. */
  readonly clockSkewMs?: number | null;
}

export interface SessionOptions {
  readonly title: string;
  readonly version: string;
  readonly config: EngineConfig;
  readonly strategy: Strategy;
  /** How long one call of the strategy may take before it counts as failed, milliseconds. Default: any time. */
  readonly allowanceMs?: number;
  /** Microseconds since the epoch that never go back, and nanoseconds for intervals. */
  readonly nowUs: () => TimeUs;
  readonly nowNs: () => number;
  readonly venue: (listener: VenueListener) => SessionVenue;
  /** Folder for the journal, null for none. */
  readonly journalFolder: string | null;
  /** Where values from outside come from. Default: nowhere. */
  readonly external?: ExternalSettings;
  /** End by itself after this long, 0 for never. */
  readonly forMs: number;
  /** Folder for the status file that `hundred status` reads, null or left out for none. */
  readonly statusFolder?: string | null;
  /** How its orders can be reached without it, for the status file. */
  readonly access?: DaemonAccess;
  /** Where the exchange day's result is kept for the next session. Default: nowhere. */
  readonly dayPath?: string;
  readonly onRunning?: () => void;
  /** The watchdog to beat to, and what is to be said of this session; left out: none. */
  readonly heartbeat?: Pick<HeartbeatOptions, 'path'> & Pick<HeartbeatOptions['hello'], 'environment'>;
}

const TIMER_MS = 20;
const STATUS_MS = 1000;
/** How long sockets and the journal may take to close. */
const CLOSE_MS = 3000;

/** One run of the daemon: engine, venue, journal and display joined, from the first request to the last. */
export class Session {
  private readonly options: SessionOptions;
  private readonly engine: Engine;
  private readonly strategy: TimedStrategy;
  private readonly venue: SessionVenue;
  private readonly external: ExternalInputs;
  private readonly journal: JournalWriter | null;
  private readonly control: SessionControl;
  private readonly heart: Heartbeat | null;
  private readonly display: Display;
  private readonly latency = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000_000,
    numberOfSignificantValueDigits: 3,
  });
  private readonly timers: NodeJS.Timeout[] = [];
  /** When the frame being handled was received, 0 outside of one. */
  private frameNs = 0;
  private running = false;
  private stopping = false;
  /** Takes over once the engine has failed; the engine hears nothing more then. */
  private pull: Pull | null = null;
  private ended: ((result: StopResult) => void) | null = null;

  constructor(options: SessionOptions) {
    this.options = options;
    this.display = openDisplay(options.title);
    this.journal = openJournal(options, (report) => this.display.report(report));
    const port: EnginePort = {
      send: (text) => {
        this.record(`{"kind":"send","text":${JSON.stringify(text)}}`);
        this.venue.send(text);
      },
      request: (request) => this.request(request),
      expect: (method, path, likely) => this.venue.expect?.(method, path, likely),
      reconnect: (reason) => {
        this.record(`{"kind":"reconnect","reason":${JSON.stringify(reason)}}`);
        this.venue.reconnect(reason);
      },
      report: (report) => this.report(report),
    };
    const { allowanceMs = Number.POSITIVE_INFINITY, config } = options;
    this.heart = openHeart(options, (report) => this.report(report));
    const activity = this.heart?.activity ?? null;
    const { strategy, nowNs } = options;
    this.strategy = new TimedStrategy(strategy, nowNs, allowanceMs, threadCpuUs, activity, config.tickers);
    this.engine = new Engine(config, this.strategy, port, options.nowUs());
    this.venue = options.venue({
      onLink: (up, detail) => this.onLink(up, detail),
      onFrame: (bytes, time, receivedNs) => this.onFrame(bytes, time, receivedNs),
      onOutcome: (id, outcome) => this.onOutcome(id, outcome),
      onReport: (report) => this.report(report),
    });
    const { external = { sources: [], maxUpdatesPerSecond: 1 } } = options;
    this.external = new ExternalInputs(external, options.nowUs, {
      onInput: (json, ...value) => this.onValue(json, ...value),
      onReport: (level, code, text) => this.say(level, code, text),
    });
    this.control = new SessionControl(
      { ...options, tickMs: TIMER_MS, clockSkewMs: () => this.venue.clockSkewMs ?? null },
      {
        command: (command) => this.command(command),
        measured: (name, value) => this.measured(name, value),
        report: (report) => this.report(report),
      },
    );
  }

  /** Run until told to stop. Resolves with the exit status: 0 when the exchange confirmed that nothing rests. */
  async run(): Promise<number> {
    const finished = new Promise<StopResult>((resolve) => {
      this.ended = resolve;
    });
    this.venue.start();
    this.control.show(this.engine.status(), this.latencyView(), this.external.status());
    this.timers.push(setInterval(() => this.tick(), TIMER_MS));
    this.timers.push(setInterval(() => this.show(), STATUS_MS));
    if (this.options.forMs > 0) this.timers.push(setTimeout(() => this.stop(), this.options.forMs));
    const onSignal = (): void => this.signalled();
    const onCrash = (error: unknown): void => this.crash(error);
    for (const signal of SIGNALS) process.on(signal, onSignal);
    process.on('uncaughtException', onCrash);
    process.on('unhandledRejection', onCrash);
    try {
      return await this.windUp(await finished);
    } finally {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('uncaughtException', onCrash);
      process.off('unhandledRejection', onCrash);
    }
  }

  /** A signal came, here or to whoever supervises this process. */
  signalled(): void {
    if (this.stopping) {
      const seconds = this.options.config.timing.stopTimeoutMs / 1000;
      this.say('info', 'stopping', `already stopping: it takes ${seconds} s at the most`);
    }
    this.stop();
  }

  /**
   * Something threw where nobody expected it. What the engine believes cannot be trusted any more, so the quotes are
   * pulled without it; then the process ends.
   */
  private crash(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.say('error', 'crash', `internal error, quotes are being pulled: ${text}`);
    this.stopping = true;
    if (this.pull !== null) return;
    const { clientPrefix, subaccount, timing } = this.options.config;
    this.pull = new Pull({
      clientPrefix,
      subaccount,
      groups: this.groups(),
      requestTimeoutMs: timing.requestTimeoutMs,
      deadlineMs: timing.stopTimeoutMs,
      request: (request) => this.request(request),
      nowMs: () => this.options.nowNs() / 1e6,
    });
  }

  private groups(): readonly PullGroup[] {
    try {
      return this.engine.status().groups;
    } catch {
      return [];
    }
  }

  /** Begin the orderly end. Safe to call again. */
  stop(): void {
    if (this.stopping) return;
    this.command('stop');
  }

  /** An operator's word, from wherever. */
  private command(command: OperatorCommand): CommandAnswer {
    if (this.pull !== null) return { done: true, text: 'the engine has failed: its quotes are being pulled' };
    const time = this.options.nowUs();
    this.input(`{"kind":"command","command":${JSON.stringify(command)}}`, time);
    const answer = this.engine.onCommand(command, time);
    this.watchLevel();
    this.watchStrategy();
    // Whoever gave the command looks next whether it was carried out.
    this.control.write(this.engine.status(), this.latencyView(), this.external.status());
    return answer;
  }

  private measured(name: Gauge, value: number): void {
    const time = this.options.nowUs();
    this.input(`{"kind":"gauge","name":"${name}","value":${value}}`, time);
    this.engine.onGauge(name, value, time);
  }

  /** Whoever made the engine stop, it is stopping; and at level 4 the next start waits for a person. */
  private watchLevel(): void {
    if (this.engine.phase === 'stopping') this.stopping = true;
    if (this.engine.level < 4) return;
    this.control.off(this.engine.status().halts.find((halt) => halt.level === 4)?.cause ?? 'level 4');
  }

  /** Tell people something from outside the engine. */
  say(level: EngineReport['level'], code: string, text: string): void {
    this.report({ level, code, text });
  }

  private async windUp(result: StopResult): Promise<number> {
    for (const timer of this.timers) clearInterval(timer);
    const summary = this.summary();
    await this.heart?.stop(result.clean, result.text);
    await within(Promise.all([this.venue.close(), this.external.close()]), CLOSE_MS);
    const stats = this.journal === null ? undefined : await within(this.journal.close(), CLOSE_MS);
    this.control.end(result);
    this.display.close();
    for (const line of summary) this.display.print(line);
    if (stats !== undefined) {
      const dropped = stats.dropped > 0 ? `, ${stats.dropped} DROPPED` : '';
      this.display.print(
        `  journal ${journalPath(this.options)}: ${stats.records} records, ${stats.bytes} bytes${dropped}`,
      );
    }
    this.display.print(
      result.clean ? result.text : `WARNING: ${result.text}; ${result.resting} order(s) may still rest`,
    );
    return result.clean && this.pull === null ? 0 : 1;
  }

  /** The session in lines; none when the engine is past telling. */
  private summary(): string[] {
    try {
      const status = this.engine.status();
      const halts = status.halts.map((halt) => `  halted: ${halt.code}: ${halt.cause}`);
      return [...summaryLines(status, this.latencyView()), ...(this.venue.summary?.() ?? []), ...halts];
    } catch (error) {
      return [`no summary: ${(error as Error).message}`];
    }
  }

  private show(): void {
    if (this.pull !== null) return;
    const status = this.engine.status();
    const latency = this.latencyView();
    this.display.show(status, latency);
    this.control.show(status, latency, this.external.status());
  }

  private tick(): void {
    this.heart?.tick(this.engine.vitals);
    if (this.pull !== null) return this.pullOn(this.pull);
    // Rejected where the engine fails on a value: nobody handles that, and the session crashes as from anywhere else.
    void this.external.tick();
    this.control.tick();
    const time = this.options.nowUs();
    this.input('{"kind":"timer"}', time);
    this.strategy.tick();
    this.engine.onTimer(time);
    this.watchLevel();
    this.watchStrategy();
    if (!this.running && this.engine.phase === 'running') {
      this.running = true;
      this.options.onRunning?.();
    }
    // A key that is refused before the first quote will be refused for ever: there is nothing to wait for.
    if (!this.running && this.engine.halted) this.stop();
    const result = this.engine.stopResult;
    if (result === null || this.ended === null) return;
    if (this.engine.inFlight > 0 && result.clean && this.waitedForLast++ < 50) return;
    const end = this.ended;
    this.ended = null;
    end(result);
  }

  private pullOn(pull: Pull): void {
    pull.tick();
    if (pull.result === null || this.ended === null) return;
    const end = this.ended;
    this.ended = null;
    end(pull.result);
  }

  private waitedForLast = 0;

  private onFrame(bytes: Uint8Array, time: TimeUs, receivedNs: number): void {
    this.journal?.frame(bytes, time);
    if (this.pull !== null) return;
    this.frameNs = receivedNs;
    this.engine.onFrame(bytes, time);
    this.frameNs = 0;
    this.watchStrategy();
  }

  private onLink(up: boolean, detail: string): void {
    const time = this.options.nowUs();
    this.input(`{"kind":"link","up":${up},"detail":${JSON.stringify(detail)}}`, time);
    if (this.pull !== null) return;
    this.engine.onLink(up, detail, time);
  }

  private onOutcome(id: number, outcome: RequestOutcome): void {
    const time = this.options.nowUs();
    this.input(`{"kind":"outcome","id":${id},"outcome":${JSON.stringify(outcome)}}`, time);
    if (this.pull !== null) {
      this.pull.outcome(id, outcome);
      return;
    }
    this.engine.onOutcome(id, outcome, time);
    this.watchStrategy();
  }

  private onValue(json: string, name: string, value: number, at: TimeUs): void {
    const time = this.options.nowUs();
    this.input(json, time);
    if (this.pull !== null) return;
    this.engine.onValue(name, value, time, at);
    this.watchStrategy();
  }

  /** A call into the strategy took too long: that is an input of its own. */
  private watchStrategy(): void {
    const slow = this.strategy.takeSlow();
    if (slow === null) return;
    const time = this.options.nowUs();
    this.input(`{"kind":"slow","ticker":${JSON.stringify(slow.ticker)},"tookUs":${slow.tookUs}}`, time);
    this.engine.onSlow(slow.ticker, slow.tookUs, time);
  }

  private request(request: VenueRequest): void {
    this.venue.request(request);
    if (this.frameNs > 0 && (request.op === 'createOrders' || request.op === 'amendOrder')) {
      this.latency.recordValue(Math.max(1, Math.round(this.options.nowNs() - this.frameNs)));
    }
    this.record(`{"kind":"request","request":${JSON.stringify(withText(request))}}`);
  }

  private report(report: EngineReport): void {
    this.record(`{"kind":"report","report":${JSON.stringify(report)}}`);
    this.display.report(report);
  }

  private input(json: string, time: TimeUs = this.options.nowUs()): void {
    this.journal?.input(json, time);
  }

  private record(json: string): void {
    this.journal?.action(json, this.options.nowUs());
  }

  private latencyView(): LatencyView {
    const h = this.latency;
    if (h.totalCount === 0) return { count: 0, p50Us: -1, p99Us: -1, maxUs: -1 };
    const us = (percentile: number): number => h.getValueAtPercentile(percentile) / 1000;
    return { count: h.totalCount, p50Us: us(50), p99Us: us(99), maxUs: h.maxValue / 1000 };
  }
}
