import type { FaultPlan } from './faults/plan.ts';
import type { IncentiveProgram } from './rest-incentives.ts';

/** How the server is run. Limits of 0 are none. */
export interface ServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tier: string;
  readonly timestampToleranceMs: number;
  /** Bytes a client may leave unread before it is dropped with error 25. */
  readonly maxUnreadBytes: number;
  readonly pingMs: number;
  /** A client whose last pong (or connecting) is longer ago is cut off. */
  readonly pongTimeoutMs: number;
  /** Feed commands of a connection; the next is answered with error 27. */
  readonly commandsPerSecond: number;
  /** Markets one subscription may name; more are error 26. */
  readonly marketsPerSubscription: number;
  /** Feed connections of a user; the next is refused with HTTP 429. */
  readonly connectionsPerUser: number;
  /** Unsigned public reads from one address, and how many may come at once; the next is 429. */
  readonly publicReadsPerSecond: number;
  readonly publicReadBurst: number;
  /** What `GET /incentive_programs` lists. */
  readonly incentives: readonly IncentiveProgram[];
  /** Speak the old wire form: whole cents and contracts. */
  readonly legacyCents: boolean;
  /** What is to go wrong; null: nothing. */
  readonly faults: FaultPlan | null;
  /** Hears a line for every fault injected. */
  readonly onFault: (line: string) => void;
}

export const SERVER_OPTIONS: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  tier: 'basic',
  timestampToleranceMs: 10_000,
  maxUnreadBytes: 8 * 1024 * 1024,
  pingMs: 10_000,
  pongTimeoutMs: 30_000,
  commandsPerSecond: 10_000,
  marketsPerSubscription: 500_000,
  connectionsPerUser: 200,
  publicReadsPerSecond: 0,
  publicReadBurst: 30,
  incentives: [],
  legacyCents: false,
  faults: null,
  onFault: () => {},
};
