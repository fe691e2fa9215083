import type { Clock } from './clock.ts';
import { ClockOffset } from './clock-offset.ts';
import type { RequestSigner, SignedAnswer, SignedHeaders, Signer } from './keys.ts';
import { type RingMemory, ringMemory, SignatureRing } from './signature-ring.ts';
import type { SigningJob } from './signing-worker.ts';

/** Settings of signatures made ahead. */
export interface PreparedOptions {
  /** Between the moments for which signatures of the constant paths are made. Default 50. */
  readonly stepMs?: number;
  /** The same for the paths of single orders and groups, of which there may be many. Default 1,000. */
  readonly orderStepMs?: number;
  /** How far ahead they are made. Default 5,000. */
  readonly aheadMs?: number;
  /** How old one may be when it is used, up to 1,000. Default 1,000. */
  readonly maxAgeMs?: number;
  /** Use a signature for more than one request. Default false. */
  readonly reuse?: boolean;
  /** Paths of single orders and groups prepared at a time; further ones wait for their turn. Default 64. */
  readonly orderPaths?: number;
}

const DEFAULTS = {
  stepMs: 50,
  orderStepMs: 1_000,
  aheadMs: 5_000,
  maxAgeMs: 1_000,
  reuse: false,
  orderPaths: 64,
} as const satisfies Required<PreparedOptions>;

/** Signatures asked for in one go: short enough that an urgent path waits little. */
const ROUND = 48;
const ROUND_PER_PATH = 16;
/** After the exchange has called a signature expired, every request is signed in line this long. */
const DISTRUST_MS = 5_000;
/** A response's own time is looked at no more often than this. */
const OBSERVE_MS = 500;
const RETRY_MS = 1_000;
/** Paths that may wait until fewer are prepared for. */
const MAX_WAITING = 4_096;
const EXPIRED = 'header_timestamp_expired';

/** How requests came by their signatures. */
export interface SignatureCounters {
  /** Made ahead. */
  readonly prepared: number;
  /** Made when the request was sent, although its path is prepared: none was there. */
  readonly missed: number;
  /** Made when the request was sent, for every other path. */
  readonly inline: number;
  /** Refused by the exchange as expired. */
  readonly expired: number;
}

/** Does signing jobs elsewhere. */
export type SignElsewhere = (jobs: readonly SigningJob[]) => Promise<void>;

interface Path {
  readonly method: string;
  readonly path: string;
  readonly stepMs: number;
  readonly memory: RingMemory;
  readonly ring: SignatureRing;
  readonly isOrder: boolean;
  /** The first grid moment not used up, and the first one not asked for. */
  next: number;
  filled: number;
}

/**
 * Takes signatures off the thread that sends orders: for paths known beforehand they are made elsewhere for the moments
 * of a grid to come, and each is used from its moment on until it is `maxAgeMs` old, never before, so that it is as true
 * as one made on the spot. Where none is there the request is signed in line. All times are the exchange's, as far as
 * its answers tell.
 */
export class PreparedSigner implements RequestSigner {
  private readonly signer: Signer;
  private readonly clock: Clock;
  private readonly elsewhere: SignElsewhere;
  private readonly onTrouble: (text: string) => void;
  private readonly options: Required<PreparedOptions>;
  private readonly offset = new ClockOffset();
  private readonly paths = new Map<string, Map<string, Path>>();
  private readonly signatureChars: number;
  private readonly scratch: Buffer;
  private readonly count = { prepared: 0, missed: 0, inline: 0, expired: 0 };
  private orderPaths = 0;
  /** Expected paths that there is no room for yet, the earliest first. */
  private readonly waiting = new Map<string, { readonly method: string; readonly path: string }>();
  private filling = false;
  private failing = false;
  private cancelTimer = (): void => {};
  private closed = false;
  private distrustedUntilMs = 0;
  private nextObservationMs = 0;

  /** @param onTrouble told when signatures cannot be made elsewhere; requests are signed in line then */
  constructor(
    signer: Signer,
    clock: Clock,
    elsewhere: SignElsewhere,
    onTrouble: (text: string) => void,
    options: PreparedOptions = {},
  ) {
    this.signer = signer;
    this.clock = clock;
    this.elsewhere = elsewhere;
    this.onTrouble = onTrouble;
    this.options = { ...DEFAULTS, ...options };
    const { stepMs, orderStepMs, maxAgeMs, aheadMs } = this.options;
    if (!(stepMs >= 1 && orderStepMs >= 1 && maxAgeMs >= 1 && maxAgeMs <= 1_000 && aheadMs >= 0))
      throw new RangeError('signatures: steps and ages are 1 ms at least, and none is used after 1000 ms');
    this.signatureChars = signer.sign('GET', '/', 0).length;
    this.scratch = Buffer.alloc(13 + this.signatureChars);
  }

  /** Make signatures for a path that is used all the time, from now on. */
  prepare(method: string, path: string): void {
    this.add(method, path, false);
  }

  /** A path of a single order or group will probably be used, or will not any more. */
  expect(method: string, path: string, likely: boolean): void {
    const key = `${method} ${path}`;
    if (likely) {
      if (this.paths.get(method)?.has(path) === true) return;
      if (this.orderPaths < this.options.orderPaths) this.add(method, path, true);
      else if (this.waiting.size < MAX_WAITING) this.waiting.set(key, { method, path });
      return;
    }
    if (this.waiting.delete(key)) return;
    const paths = this.paths.get(method);
    if (paths?.get(path)?.isOrder !== true) return;
    paths.delete(path);
    this.orderPaths--;
    for (const [next, entry] of this.waiting) {
      this.waiting.delete(next);
      this.add(entry.method, entry.path, true);
      return;
    }
  }

  headers(method: string, path: string, timestampMs: number): SignedHeaders {
    const { scratch } = this;
    if (this.copyPrepared(method, path, timestampMs, scratch, 0, 13)) {
      return {
        'KALSHI-ACCESS-KEY': this.signer.keyId,
        'KALSHI-ACCESS-TIMESTAMP': scratch.toString('latin1', 0, 13),
        'KALSHI-ACCESS-SIGNATURE': scratch.toString('latin1', 13),
      };
    }
    if (this.paths.get(method)?.has(path) === true) this.count.missed++;
    else this.count.inline++;
    return this.signer.headers(method, path, Math.round(timestampMs + this.offset.ms));
  }

  copyPrepared(
    method: string,
    path: string,
    timestampMs: number,
    into: Uint8Array,
    timestampAt: number,
    signatureAt: number,
  ): boolean {
    const entry = this.paths.get(method)?.get(path);
    if (entry === undefined || timestampMs < this.distrustedUntilMs) return false;
    const { maxAgeMs, reuse } = this.options;
    const nowMs = timestampMs + this.offset.ms;
    const newest = Math.floor(nowMs / entry.stepMs);
    const oldest = Math.ceil((nowMs - maxAgeMs) / entry.stepMs);
    if (reuse) {
      for (let k = newest; k >= oldest; k--) {
        if (!entry.ring.copy(k, into, timestampAt, signatureAt)) continue;
        this.count.prepared++;
        return true;
      }
      return false;
    }
    for (let k = Math.max(entry.next, oldest); k <= newest; k++) {
      if (!entry.ring.copy(k, into, timestampAt, signatureAt)) continue;
      entry.next = k + 1;
      this.count.prepared++;
      return true;
    }
    return false;
  }

  answered(answer: SignedAnswer): void {
    const { status, body, date, sentMs, receivedMs } = answer;
    const isExpired = status === 401 && body.includes(EXPIRED);
    if (isExpired) {
      this.count.expired++;
      this.distrustedUntilMs = receivedMs + DISTRUST_MS;
      this.offset.forget();
    } else if (receivedMs < this.nextObservationMs && this.nextObservationMs - receivedMs <= OBSERVE_MS) return;
    this.nextObservationMs = receivedMs + OBSERVE_MS;
    const second = date === '' ? Number.NaN : Date.parse(date);
    // The date is cut to its second.
    if (!Number.isNaN(second)) this.offset.observe(second, second + 1_000, sentMs, receivedMs);
    const exact = status >= 200 && status < 300 ? TS_MS.exec(body) : null;
    if (exact !== null) this.offset.observe(Number(exact[1]), Number(exact[1]) + 1, sentMs, receivedMs);
  }

  counters(): SignatureCounters {
    return { ...this.count };
  }

  /** Milliseconds the exchange's clock is ahead of this machine's, as far as known. */
  get offsetMs(): number {
    return this.offset.ms;
  }

  /** Whether the newest signature of a path is there to be used: for the next `maxAgeMs` at the least. */
  isReady(method: string, path: string): boolean {
    const entry = this.paths.get(method)?.get(path);
    if (entry === undefined) return false;
    const newest = Math.floor(this.nowMs / entry.stepMs);
    return newest >= entry.next && entry.ring.has(newest);
  }

  /** No more is prepared; everything is signed in line. */
  close(): void {
    this.closed = true;
    this.cancelTimer();
    this.paths.clear();
  }

  private get nowMs(): number {
    return this.clock.wallMs() + this.offset.ms;
  }

  private oldest(entry: Path): number {
    return Math.ceil((this.nowMs - this.options.maxAgeMs) / entry.stepMs);
  }

  private add(method: string, path: string, isOrder: boolean): void {
    if (this.closed || this.paths.get(method)?.has(path) === true) return;
    const { orderStepMs, aheadMs, maxAgeMs } = this.options;
    const stepMs = isOrder ? orderStepMs : this.options.stepMs;
    // What can be used now, what is made ahead, and a step at either end.
    const slots = Math.ceil((maxAgeMs + aheadMs) / stepMs) + 3;
    const memory = ringMemory(slots, this.signatureChars);
    const ring = new SignatureRing(memory);
    const paths = this.paths.get(method) ?? new Map<string, Path>();
    this.paths.set(method, paths);
    paths.set(path, { method, path, stepMs, memory, ring, isOrder, next: 0, filled: 0 });
    if (isOrder) this.orderPaths++;
    this.fill();
  }

  /** Ask for what is missing up to the look-ahead, a little of every path at a time. */
  private fill(): void {
    if (this.filling || this.closed) return;
    this.cancelTimer();
    const jobs = this.jobs();
    if (jobs.length === 0) {
      this.cancelTimer = this.clock.after(this.restMs(), () => this.fill());
      return;
    }
    this.filling = true;
    this.elsewhere(jobs).then(
      () => {
        this.filling = false;
        this.failing = false;
        this.fill();
      },
      (error: unknown) => this.failed(error),
    );
  }

  private failed(error: unknown): void {
    this.filling = false;
    if (this.closed) return;
    if (!this.failing) this.onTrouble(`signatures cannot be made ahead: ${(error as Error).message}`);
    this.failing = true;
    for (const paths of this.paths.values()) for (const entry of paths.values()) entry.filled = 0;
    this.cancelTimer = this.clock.after(RETRY_MS, () => this.fill());
  }

  private jobs(): SigningJob[] {
    const jobs: SigningJob[] = [];
    let room = ROUND;
    for (const paths of this.paths.values()) {
      for (const entry of paths.values()) {
        if (room === 0) return jobs;
        const { method, path, stepMs, memory } = entry;
        const oldest = this.oldest(entry);
        const end = Math.floor((this.nowMs + this.options.aheadMs) / stepMs) + 1;
        // The clock was set back by a lot: what is in the ring is of a time to come, what was used is long expired.
        if (entry.filled > end + (this.options.maxAgeMs + this.options.aheadMs) / stepMs) {
          entry.filled = 0;
          entry.next = 0;
        }
        const from = Math.max(entry.filled, oldest);
        const to = Math.min(end, from + Math.min(room, ROUND_PER_PATH));
        if (to <= from) continue;
        entry.filled = to;
        room -= to - from;
        jobs.push({ ring: memory, method, path, stepMs, from, to });
      }
    }
    return jobs;
  }

  /** Until a good part of the look-ahead is used up. */
  private restMs(): number {
    return Math.max(Math.min(this.options.aheadMs / 8, 1_000), this.options.stepMs);
  }
}

const TS_MS = /"ts_ms":(\d{13})/;
