import { connect, createServer, type Server, type Socket } from 'node:net';
import type { RequestOutcome, VenueRequest } from '../core/index.ts';
import { BEAT_VERSION, type BeatLine, type Hello, readBeatLine, writeBeatLine } from '../ops/beat.ts';
import { listenForOwner } from '../ops/owner-socket.ts';
import { Watch, type WatchFault, type WatchTerms } from '../ops/watch.ts';
import { Paths } from '../wire/index.ts';
import { Pull } from './pull.ts';
import { UsageError } from './usage.ts';

/** A daemon whose orders were pulled, and how long that took. */
export interface Pulled {
  readonly hello: Hello;
  readonly fault: WatchFault;
  /** From the moment it was last well, milliseconds: to the fault found, to its groups triggered, to all verified. */
  readonly foundMs: number;
  readonly triggeredMs: number;
  readonly verifiedMs: number;
}

export interface WatchServerOptions {
  /** Path of the socket that daemons beat to. */
  readonly path: string;
  readonly environment: Hello['environment'];
  readonly terms: WatchTerms;
  readonly requestTimeoutMs: number;
  /** Carries a request to the exchange; `done` gets its one outcome. */
  readonly request: (request: VenueRequest, done: (outcome: RequestOutcome) => void) => void;
  /** A group may have to be triggered soon: its request can be prepared. */
  readonly expectTrigger: (groupId: string, likely: boolean) => void;
  /** Milliseconds that never go back. */
  readonly nowMs: () => number;
  readonly say: (level: 'info' | 'warn' | 'error', text: string) => void;
  readonly onPulled: (pulled: Pulled) => void;
}

interface Watched {
  watch: Watch;
  socket: Socket | null;
  prepared: string;
  pull: { readonly pull: Pull; readonly fault: WatchFault; readonly beganMs: number; toldMs: number } | null;
  isPulled: boolean;
}

const TICK_MS = 10;
/** How often the exchange is asked whether it can be reached while a daemon is cut off from it, and how long an answer holds. */
const PROBE_MS = 500;
const REACHED_MS = 1500;
/** Far from the ids of a pull. */
const PROBE_ID = 1;
/** The watchdog itself has not run for this long: it was frozen with the rest of the machine. */
const LATE_MS = 1000;
const STILL_MS = 10_000;
const MAX_LINE = 64 * 1024;
const MAX_CONNECTIONS = 256;

/**
 * Hears the heartbeats of any number of daemons, and pulls the orders of the one whose heart stops: triggers its order
 * groups, cancels what rests under its client prefix, and reads until nothing does. It never gives that up.
 */
export class WatchServer {
  private readonly options: WatchServerOptions;
  private readonly server: Server;
  private readonly sessions = new Map<string, Watched>();
  private readonly sockets = new Set<Socket>();
  private timer: NodeJS.Timeout | undefined;
  private tickedMs: number;
  private renamed = 1;
  private probedMs = Number.NEGATIVE_INFINITY;
  private reachedMs = Number.NEGATIVE_INFINITY;

  constructor(options: WatchServerOptions) {
    this.options = options;
    this.tickedMs = options.nowMs();
    this.server = createServer((socket) => this.heard(socket));
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** Listen. @throws UsageError when another watchdog listens there already, or nobody can */
  async start(): Promise<void> {
    const { path } = this.options;
    if (await answers(path)) throw new UsageError(`a watchdog listens at ${path} already: one is enough`);
    try {
      await new Promise<void>((done, failed) => {
        this.server.once('error', failed);
        listenForOwner(this.server, path, done);
      });
    } catch (error) {
      throw new UsageError(`the watchdog cannot listen at ${path}: ${(error as Error).message}`);
    }
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Stop listening. Daemons go on unwatched; a pull under way is left where it is. */
  close(): void {
    clearInterval(this.timer);
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Sessions watched now. */
  get watched(): number {
    return [...this.sessions.values()].filter(({ watch }) => watch.state === 'watched').length;
  }

  /** A pull is under way. */
  get isPulling(): boolean {
    return [...this.sessions.values()].some(({ pull }) => pull !== null);
  }

  /** The process of a daemon is gone: whoever started it may know before its connection tells. */
  gone(pid: number): Watch | null {
    for (const { watch } of this.sessions.values()) {
      if (watch.hello.pid !== pid) continue;
      watch.onClosed();
      return watch;
    }
    return null;
  }

  private heard(socket: Socket): void {
    let session: Watched | null = null;
    let rest = '';
    this.sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) return this.refuse(socket, `a line is longer than ${MAX_LINE} characters`);
      for (const text of lines) {
        let line: BeatLine;
        try {
          line = readBeatLine(text);
        } catch (error) {
          return this.refuse(socket, `a line makes no sense: ${(error as Error).message}`);
        }
        if (line.type === 'hello') session = this.welcome(socket, line);
        else if (line.type === 'stall') this.sessions.get(line.session)?.watch.onStall(line, this.options.nowMs());
        else if (session === null) return this.refuse(socket, 'hello must come first');
        else this.take(session, line);
      }
    });
    socket.on('close', () => {
      this.sockets.delete(socket);
      if (session?.socket !== socket) return;
      session.socket = null;
      session.watch.onClosed();
      this.tick();
    });
  }

  private welcome(socket: Socket, hello: Hello): Watched | null {
    const { environment, terms, nowMs, say } = this.options;
    if (hello.version !== BEAT_VERSION || hello.environment !== environment) {
      const why =
        hello.version === BEAT_VERSION
          ? `session ${hello.session} trades on ${hello.environment}, this watchdog has a key of ${environment}`
          : `session ${hello.session} beats in version ${hello.version}, this watchdog knows ${BEAT_VERSION}`;
      say('error', `not watched: ${why}`);
      this.refuse(socket, why);
      return null;
    }
    const session: Watched = {
      watch: new Watch(hello, terms, nowMs()),
      socket,
      prepared: '',
      pull: null,
      isPulled: false,
    };
    // The next life clears up what is left, and quotes: its orders are not the pull's to cancel.
    for (const { watch, pull } of this.sessions.values())
      if (pull !== null && isBeside(watch.hello, hello)) pull.pull.narrow(watch.hello.session);
    const before = this.sessions.get(hello.session);
    // A pull that is under way goes on whoever calls himself what.
    if (before?.pull) this.sessions.set(`${hello.session}, ${this.renamed++}`, before);
    this.sessions.set(hello.session, session);
    socket.write(writeBeatLine({ type: 'watching' }));
    say('info', `watching session ${hello.session} (process ${hello.pid}, orders ${hello.clientPrefix}-...)`);
    return session;
  }

  private refuse(socket: Socket, why: string): void {
    socket.end(writeBeatLine({ type: 'refused', why }));
  }

  private take(session: Watched, line: Exclude<BeatLine, { type: 'hello' | 'stall' }>): void {
    const { watch } = session;
    const { say, nowMs } = this.options;
    if (line.type === 'stopped') {
      watch.onStopped(line, nowMs());
      if (watch.state === 'ended') say('info', `session ${watch.hello.session} ended: ${line.text}`);
      else if (watch.fault !== null && session.pull === null) this.begin(session, watch.fault);
      return;
    }
    const was = watch.state;
    if (watch.onBeat(line, nowMs()))
      say('warn', `session ${watch.hello.session} beats again: it finds its order groups triggered and halts`);
    if (was === 'fired' && watch.state === 'watched')
      say('info', `session ${watch.hello.session} quotes again: watched again`);
    const ids = line.groups.map(({ id }) => id).join();
    if (ids === session.prepared) return;
    session.prepared = ids;
    for (const { id } of line.groups) this.options.expectTrigger(id, true);
  }

  private tick(): void {
    const now = this.options.nowMs();
    const isLate = now - this.tickedMs > LATE_MS;
    this.tickedMs = now;
    for (const [id, session] of this.sessions) {
      const { watch } = session;
      if (isLate) watch.excuse(now);
      if (watch.isCutOff && !this.reaches(now)) watch.excuseLink(now);
      const fault = session.pull === null ? watch.tick(now) : null;
      if (fault !== null) this.begin(session, fault);
      if (session.pull !== null) this.pullOn(session, now);
      const isOver = watch.state === 'ended' || (watch.state === 'fired' && session.isPulled);
      if (isOver && session.socket === null && session.pull === null) this.forget(id, session);
    }
  }

  /** The exchange answers us. Asked only while somebody else does not reach it. */
  private reaches(now: number): boolean {
    const { request, nowMs, requestTimeoutMs } = this.options;
    if (now - this.probedMs >= PROBE_MS) {
      this.probedMs = now;
      const asked: VenueRequest = {
        id: PROBE_ID,
        op: 'getStatus',
        method: 'GET',
        path: Paths.status,
        query: '',
        body: '',
        timeoutMs: requestTimeoutMs,
      };
      request(asked, (outcome) => {
        if (outcome.kind === 'response' && outcome.status < 500) this.reachedMs = nowMs();
      });
    }
    return now - this.reachedMs < REACHED_MS;
  }

  private forget(id: string, { watch }: Watched): void {
    this.sessions.delete(id);
    for (const group of watch.groups) this.options.expectTrigger(group.id, false);
  }

  private begin(session: Watched, fault: WatchFault): void {
    const { requestTimeoutMs, request, nowMs, say } = this.options;
    const { hello, groups } = session.watch;
    const { clientPrefix, subaccount } = hello;
    const beganMs = nowMs();
    const pull: Pull = new Pull({
      clientPrefix,
      subaccount,
      groups,
      requestTimeoutMs,
      deadlineMs: Number.POSITIVE_INFINITY,
      request: (asked) => request(asked, (outcome) => pull.outcome(asked.id, outcome)),
      nowMs,
    });
    const beside = [...this.sessions.values()].some(
      ({ watch }) => watch.state === 'watched' && isBeside(watch.hello, hello),
    );
    if (beside) pull.narrow(hello.session);
    session.isPulled = false;
    session.pull = { pull, fault, beganMs, toldMs: beganMs };
    pull.tick();
    say('error', `session ${hello.session}: ${fault.text}. Pulling its orders: ${groups.length} order group(s)`);
  }

  private pullOn(session: Watched, now: number): void {
    const { pull, fault, beganMs } = session.pull!;
    const { say } = this.options;
    const { hello } = session.watch;
    pull.tick();
    if (pull.result === null) {
      if (now - session.pull!.toldMs < STILL_MS) return;
      session.pull!.toldMs = now;
      say('error', `session ${hello.session}: still pulling after ${ms(now - beganMs)}: ${pull.trouble}`);
      return;
    }
    session.pull = null;
    session.isPulled = true;
    const foundMs = beganMs - fault.wellMs;
    const triggeredMs = pull.triggeredMs - fault.wellMs;
    const verifiedMs = now - fault.wellMs;
    const times = `fault found ${ms(foundMs)}, groups triggered ${ms(triggeredMs)}, verified ${ms(verifiedMs)} after it was last well`;
    say('warn', `session ${hello.session}: ${pull.result.text}: ${times}`);
    this.options.onPulled({ hello, fault, foundMs, triggeredMs, verifiedMs });
  }
}

/** Another session, with orders under the same prefix of the same subaccount. */
function isBeside(a: Hello, b: Hello): boolean {
  return a.session !== b.session && a.clientPrefix === b.clientPrefix && a.subaccount === b.subaccount;
}

/** Somebody listens at the path. */
function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}

function ms(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}
