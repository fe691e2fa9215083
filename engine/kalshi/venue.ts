import type { EnginePort, EngineReport, RequestOutcome, VenueRequest } from '../core/port.ts';
import type { TimeUs } from '../units/index.ts';
import { Paths } from '../wire/index.ts';
import type { Clock } from './clock.ts';
import { type FeedCounters, FeedSession, type FeedSessionOptions } from './feed-session.ts';
import { type GatewayLoad, type GatewayOptions, type OrderGateway, PooledGateway } from './gateway.ts';
import { type Hosts, requireSafe } from './hosts.ts';
import type { RequestSigner } from './keys.ts';
import type { SignatureCounters } from './prepared-signer.ts';
import type { SigningPool } from './signing-pool.ts';

/** What the live venue tells; never from within a call to it. */
export interface VenueListener {
  onLink(up: boolean, detail: string): void;
  onFrame(bytes: Uint8Array, time: TimeUs, receivedNs: number): void;
  onOutcome(id: number, outcome: RequestOutcome): void;
  onReport(report: EngineReport): void;
}

type Shared = 'signer' | 'clock' | 'random';

/** Where the venue is, what it needs, and settings beyond the defaults. */
export interface VenueOptions {
  readonly hosts: Hosts;
  readonly signer: RequestSigner;
  readonly clock: Clock;
  readonly random: () => number;
  /** Speak unencrypted to another machine. Default false. */
  readonly allowPlaintext?: boolean;
  readonly feed?: Partial<Omit<FeedSessionOptions, Shared | 'url'>>;
  /** Opens the pool that makes signatures ahead. Absent: every request is signed when it is sent. */
  readonly openPool?: (onTrouble: (text: string) => void) => SigningPool;
  /** Requests whose signatures are made ahead besides the batched ones: `POST /portfolio/events/orders`. */
  readonly preparedPaths?: readonly string[];
  readonly gateway?: Partial<Omit<GatewayOptions, Shared | 'restUrl'>>;
}

/** Totals since the start, and what is under way now. */
export interface VenueCounters {
  readonly feed: Readonly<FeedCounters>;
  readonly reconnects: number;
  readonly requests: number;
  readonly outcomes: Readonly<Record<RequestOutcome['kind'], number>>;
  readonly inflight: number;
  readonly gateway: GatewayLoad;
  /** Null where every request is signed when it is sent. */
  readonly signatures: SignatureCounters | null;
}

/** Methods and paths of a session's every write. */
const PREPARED = [`POST ${Paths.batched}`, `DELETE ${Paths.batched}`];

/** The live venue: feed session and order gateway behind the core's port. */
export class LiveVenue implements EnginePort {
  private readonly feed: FeedSession;
  private readonly gateway: OrderGateway;
  private readonly listener: VenueListener;
  private readonly pool: SigningPool | null;
  private readonly pathPrefix: string;
  private readonly preparedPaths: readonly string[];
  private readonly outcomes = { response: 0, unsent: 0, unknown: 0 };
  private requests = 0;

  /** @throws Error for hosts that would be spoken to in the clear */
  constructor(options: VenueOptions, listener: VenueListener) {
    const { clock, random, hosts, allowPlaintext = false } = options;
    requireSafe(hosts, allowPlaintext);
    this.listener = listener;
    const onTrouble = (text: string): void =>
      listener.onReport({ level: 'warn', code: 'signing', text: `${text}; requests are signed when they are sent` });
    this.pool = options.openPool?.(onTrouble) ?? null;
    const signer = this.pool?.signer ?? options.signer;
    this.pathPrefix = new URL(hosts.restUrl).pathname.replace(/\/+$/, '');
    this.preparedPaths = [...PREPARED, ...(options.preparedPaths ?? [])];
    this.gateway = new PooledGateway({ ...options.gateway, restUrl: hosts.restUrl, signer, clock, random });
    this.feed = new FeedSession(
      { ...options.feed, url: hosts.wsUrl, signer, clock, random },
      {
        onLink: (up, detail) => listener.onLink(up, detail),
        onFrame: (bytes, time, receivedNs) => listener.onFrame(bytes, time, receivedNs),
        onFailedAttempt: (attempt, reason, nextMs, refused) => this.failedAttempt(attempt, reason, nextMs, refused),
      },
    );
  }

  /** Connect the feed and open the order connections, all in the background. */
  start(): void {
    for (const entry of this.preparedPaths) {
      const [method = '', path = ''] = entry.split(' ');
      this.pool?.signer.prepare(method, this.pathPrefix + path);
    }
    this.feed.start();
    void this.gateway.warm();
  }

  /** End everything. Requests that wait or are under way get their outcomes. */
  async close(): Promise<void> {
    await Promise.all([this.feed.close(), this.gateway.close(), this.pool?.close()]);
  }

  /** Milliseconds the exchange's clock is ahead of this machine's; null where no answers are looked at for it. */
  get clockSkewMs(): number | null {
    return this.pool?.signer.offsetMs ?? null;
  }

  counters(): VenueCounters {
    const { response, unsent, unknown } = this.outcomes;
    return {
      feed: { ...this.feed.counters },
      reconnects: this.feed.reconnects,
      requests: this.requests,
      outcomes: { response, unsent, unknown },
      inflight: this.requests - response - unsent - unknown,
      gateway: this.gateway.load(),
      signatures: this.pool?.signer.counters() ?? null,
    };
  }

  /** What a person should know of the session's requests when it is over. */
  summary(): string[] {
    const { response, unsent, unknown } = this.outcomes;
    const lines = [`  requests ${this.requests}  answered ${response}  unsent ${unsent}  unknown ${unknown}`];
    if (this.pool === null) return lines;
    const { prepared, missed, inline, expired } = this.pool.signer.counters();
    lines.push(`  signatures made ahead ${prepared}  missing ${missed}  in line ${inline}  expired ${expired}`);
    return lines;
  }

  send(text: string): void {
    this.feed.send(text);
  }

  request(request: VenueRequest): void {
    this.requests++;
    this.gateway.request(request, (outcome) => {
      this.outcomes[outcome.kind]++;
      this.listener.onOutcome(request.id, outcome);
    });
  }

  expect(method: VenueRequest['method'], path: string, likely: boolean): void {
    this.pool?.signer.expect(method, this.pathPrefix + path, likely);
  }

  reconnect(reason: string): void {
    this.feed.reconnect(reason);
  }

  report(report: EngineReport): void {
    this.listener.onReport(report);
  }

  private failedAttempt(attempt: number, reason: string, nextMs: number, refused: boolean): void {
    // Of a long outage one line in ten is enough.
    if (attempt > 2 && attempt % 10 !== 0) return;
    const data = { attempt, next_ms: nextMs };
    if (!refused) {
      const text = `feed connection: ${reason}; attempt ${attempt + 1} in ${nextMs} ms`;
      this.listener.onReport({ level: 'warn', code: 'feed_connect', text, data });
      return;
    }
    const advice = reason.includes('timestamp')
      ? "set this machine's clock"
      : 'check the key id, the key file, and that the key belongs to this environment';
    const text = `the exchange does not accept this API key: ${reason}: ${advice}; next attempt in ${nextMs} ms`;
    this.listener.onReport({ level: 'error', code: 'feed_unauthorized', text, data });
  }
}
