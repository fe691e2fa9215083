import type { Context } from '../../engine/core/context.ts';
import {
  Engine,
  type EngineConfig,
  type EngineReport,
  type RequestOutcome,
  withText,
} from '../../engine/core/index.ts';
import type { EnginePort, TextRequest, VenueRequest } from '../../engine/core/port.ts';
import type { Strategy } from '../../engine/quoting/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';
import { LineWitness } from './line.ts';

/** What a life asks of the world around it. */
export interface LifeEvents {
  request(life: Life, request: TextRequest): void;
  send(life: Life, text: string): void;
  reconnect(life: Life, reason: string): void;
  report(life: Life, report: EngineReport): void;
}

/** One engine from its start to its kill or stop, and what the world knows of it. */
export class Life implements EnginePort {
  readonly engine: Engine;
  readonly config: EngineConfig;
  readonly number: number;
  readonly bornUs: number;
  /** Requests without an outcome, with when patience ends; oldest first. */
  readonly open = new Map<number, { readonly request: TextRequest; readonly until: number }>();
  /** What its frames tell of the books; a new one for every connection. */
  witness = new LineWitness();
  isDead = false;
  isStopping = false;
  /** As it was last told to. */
  isPaused = false;
  private readonly events: LifeEvents;

  constructor(number: number, config: EngineConfig, strategy: Strategy, time: TimeUs, events: LifeEvents) {
    this.number = number;
    this.config = config;
    this.bornUs = time;
    this.events = events;
    this.engine = new Engine(config, strategy, this, time);
  }

  /** The inside of the engine: invariants are about what it believes as well as what it does. */
  get inside(): Context {
    return (this.engine as unknown as { readonly ctx: Context }).ctx;
  }

  /** True for an order this life placed. */
  placed(clientOrderId: string): boolean {
    return clientOrderId.startsWith(`${this.config.clientPrefix}-${this.config.sessionId}-`);
  }

  request(asked: VenueRequest): void {
    this.events.request(this, withText(asked));
  }

  send(text: string): void {
    this.events.send(this, text);
  }

  reconnect(reason: string): void {
    this.events.reconnect(this, reason);
  }

  report(report: EngineReport): void {
    this.events.report(this, report);
  }

  /** A request's outcome, unless its patience has ended before. */
  answered(id: number, outcome: RequestOutcome, time: TimeUs): void {
    if (this.open.delete(id)) this.engine.onOutcome(id, outcome, time);
  }

  /** What is not answered in time has the outcome `unknown`. */
  expire(now: number, time: TimeUs): void {
    for (const [id, { until }] of this.open) {
      if (until > now) return;
      this.answered(id, { kind: 'unknown', reason: 'no answer' }, time);
    }
  }
}
