import type { Beat, Hello, Stall, Stopped } from './beat.ts';

/** When a daemon counts as dead, milliseconds. */
export interface WatchTerms {
  /** Without a beat for this long while its connection lives; also: cut off from the exchange with orders resting. */
  readonly afterMs: number;
  /** Within one call of its strategy for this long. */
  readonly stallMs: number;
}

/**
 * - `killed`: its connection closed without a word.
 * - `silent`: it does not beat: frozen, or its event loop is stuck.
 * - `stalled`: the same, and its second thread tells in which call of the strategy.
 * - `cut_off`: it beats, but has had no connection to the exchange for too long, and orders may rest.
 * - `unclean`: it ended without being able to verify that nothing rests.
 */
export type FaultKind = 'killed' | 'silent' | 'stalled' | 'cut_off' | 'unclean';

/** Why a daemon's orders have to be pulled without it. */
export interface WatchFault {
  readonly kind: FaultKind;
  readonly text: string;
  /** When it was last known to be well, by the clock of the watch. */
  readonly wellMs: number;
  /** The market whose strategy call it was stuck in; '' for all of them, null where it was in none. */
  readonly stuckOn: string | null;
  /** A group had been triggered before, by the exchange or somebody else: only a person may have it reset. */
  readonly wasLatched: boolean;
}

/** `watched` until something is wrong, then `fired`: what follows is the pull's affair; `ended` after a clean stop. */
export type WatchState = 'watched' | 'fired' | 'ended';

/** What a stall line says stands for this long. */
const STALL_FRESH_MS = 1000;

/** One daemon under watch: its lines and the time go in, and at some moment a fault comes out. Reads no clock. */
export class Watch {
  readonly hello: Hello;
  state: WatchState = 'watched';
  fault: WatchFault | null = null;
  private readonly terms: WatchTerms;
  private heardMs: number;
  private beat: Beat | null = null;
  private downMs = -1;
  private closed = false;
  private stall: { readonly line: Stall; readonly atMs: number } | null = null;
  /** Ids of the groups that the pull triggers, and of those of them that the daemon knows to be triggered. */
  private readonly spent = new Set<string>();
  private readonly known = new Set<string>();

  constructor(hello: Hello, terms: WatchTerms, nowMs: number) {
    this.hello = hello;
    this.terms = terms;
    this.heardMs = nowMs;
  }

  /** Its order groups as last told. */
  get groups(): Beat['groups'] {
    return this.beat?.groups ?? [];
  }

  /** It beats. Returns true when it does so again after it had been given up. */
  onBeat(beat: Beat, nowMs: number): boolean {
    const wasGone = this.state === 'fired' && nowMs - this.heardMs >= this.terms.afterMs;
    this.beat = beat;
    this.heardMs = nowMs;
    this.stall = null;
    if (beat.linkUp) this.downMs = -1;
    else if (this.downMs < 0) this.downMs = nowMs;
    if (this.state === 'fired' && beat.groups.some((group) => this.isAnew(group))) {
      // A person has let it go on.
      this.spent.clear();
      this.known.clear();
      this.state = 'watched';
      this.fault = null;
      return false;
    }
    return wasGone;
  }

  onStall(line: Stall, nowMs: number): void {
    this.stall = { line, atMs: nowMs };
  }

  onStopped({ clean, text }: Stopped, nowMs: number): void {
    if (clean) this.state = 'ended';
    else this.fire('unclean', `it ended and ${text}`, nowMs, null);
  }

  /** Its connection closed. */
  onClosed(): void {
    this.closed = true;
  }

  /** The watchdog itself did not run for a while: what it did not hear proves nothing. */
  excuse(nowMs: number): void {
    this.heardMs = nowMs;
    if (this.downMs >= 0) this.downMs = nowMs;
  }

  /** It is not connected to the exchange, and orders of its may rest there. */
  get isCutOff(): boolean {
    return this.state === 'watched' && this.downMs >= 0 && (this.beat?.resting ?? 0) > 0;
  }

  /** The watchdog does not reach the exchange either: nobody does, and being cut off is no fault of the daemon's. */
  excuseLink(nowMs: number): void {
    if (this.downMs >= 0) this.downMs = nowMs;
  }

  /** Time has passed. Returns the fault at the moment it is found, null otherwise. */
  tick(nowMs: number): WatchFault | null {
    if (this.state !== 'watched') return null;
    const { afterMs, stallMs } = this.terms;
    if (this.closed)
      return this.fire('killed', 'its connection closed without a word: killed, or it crashed', this.heardMs, null);
    const stall = this.stall !== null && nowMs - this.stall.atMs <= STALL_FRESH_MS ? this.stall.line : null;
    if (stall !== null && stall.call !== '' && stall.callMs >= stallMs)
      return this.fire('stalled', this.stuck(stall), nowMs - stall.stalledMs, stall.ticker);
    const silentMs = nowMs - this.heardMs;
    if (silentMs >= afterMs) {
      const text =
        stall === null
          ? `no beat for ${seconds(silentMs)}, and nothing in the process answers: it is frozen`
          : stall.call === ''
            ? `its event loop has been stuck for ${seconds(stall.stalledMs)}, not in a call of the strategy`
            : this.stuck(stall);
      return this.fire('silent', text, this.heardMs, stall === null || stall.call === '' ? null : stall.ticker);
    }
    if (this.isCutOff && nowMs - this.downMs >= afterMs) {
      const text = `it has been cut off from the exchange for ${seconds(nowMs - this.downMs)}, and ${this.beat?.resting} of its orders may rest`;
      return this.fire('cut_off', text, this.downMs, null);
    }
    return null;
  }

  /** A group that was made since the pull, or that was reset. */
  private isAnew({ id, latched }: Beat['groups'][number]): boolean {
    if (latched) this.known.add(id);
    return !latched && (this.known.has(id) || !this.spent.has(id));
  }

  private stuck({ call, callMs, ticker }: Stall): string {
    const where = ticker === '' ? 'about all markets' : `on market ${ticker}`;
    return `stalled in ${call}() of strategy ${this.hello.strategy} ${where} for ${seconds(callMs)}`;
  }

  private fire(kind: FaultKind, text: string, wellMs: number, stuckOn: string | null): WatchFault {
    this.state = 'fired';
    for (const { id } of this.groups) this.spent.add(id);
    const wasLatched = this.groups.some(({ latched }) => latched);
    this.fault = { kind, text, wellMs, stuckOn, wasLatched };
    return this.fault;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
