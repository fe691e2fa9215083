import type { EnginePort, EngineReport, RequestOutcome, VenueRequest } from '../core/port.ts';
import type { TimeUs } from '../units/index.ts';
import type { Clock } from './clock.ts';
import { FeedSession } from './feed-session.ts';
import { UndiciGateway } from './gateway.ts';
import { type Hosts, requireSafe } from './hosts.ts';
import type { Signer } from './keys.ts';

/** What the live venue tells. */
export interface VenueListener {
  onLink(up: boolean, detail: string): void;
  onFrame(bytes: Uint8Array, time: TimeUs, receivedNs: number): void;
  onOutcome(id: number, outcome: RequestOutcome): void;
  onReport(report: EngineReport): void;
}

export interface VenueOptions {
  readonly hosts: Hosts;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The live venue: feed session and order gateway behind the core's port. */
export class LiveVenue implements EnginePort {
  private readonly feed: FeedSession;
  private readonly gateway: UndiciGateway;
  private readonly listener: VenueListener;

  /** @throws Error for hosts that would be spoken to in the clear */
  constructor(options: VenueOptions, listener: VenueListener) {
    requireSafe(options.hosts);
    const { signer, clock, random, hosts } = options;
    this.listener = listener;
    this.gateway = new UndiciGateway({ restUrl: hosts.restUrl, signer, clock });
    this.feed = new FeedSession(
      { url: hosts.wsUrl, signer, clock, random },
      {
        onLink: (up, detail) => listener.onLink(up, detail),
        onFrame: (bytes, time, receivedNs) => listener.onFrame(bytes, time, receivedNs),
        onFailedAttempt: (attempt, reason, nextMs) => this.failedAttempt(attempt, reason, nextMs),
      },
    );
  }

  start(): void {
    this.feed.start();
  }

  async close(): Promise<void> {
    this.feed.close();
    await this.gateway.close();
  }

  send(text: string): void {
    this.feed.send(text);
  }

  request(request: VenueRequest): void {
    this.gateway.request(request, (outcome) => this.listener.onOutcome(request.id, outcome));
  }

  reconnect(reason: string): void {
    this.feed.reconnect(reason);
  }

  report(report: EngineReport): void {
    this.listener.onReport(report);
  }

  private failedAttempt(attempt: number, reason: string, nextMs: number): void {
    // The first loss is told by the link going down; of a long outage one line in ten is enough.
    if (attempt > 1 && attempt % 10 !== 2) return;
    const text = `feed connection: ${reason}; attempt ${attempt + 1} in ${nextMs} ms`;
    this.listener.onReport({ level: 'warn', code: 'feed_connect', text });
  }
}
