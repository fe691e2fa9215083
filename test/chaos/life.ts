import type { Context } from '../../engine/core/context.ts';
import {
  Engine,
  type EngineConfig,
  type EngineReport,
  type RequestOutcome,
  withText,
} from '../../engine/core/index.ts';
import type { OperatorCommand } from '../../engine/core/inputs.ts';
import type { EnginePort, TextRequest, VenueRequest } from '../../engine/core/port.ts';
import type { Strategy } from '../../engine/quoting/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';
import { LineWitness } from './line.ts';

const LEVEL_OF: Readonly<Record<string, number>> = { 'level 1': 1, 'level 2': 2, 'level 3': 3, 'panic flatten': 3 };
const RESET_OF: Readonly<Record<string, number>> = {
  'reset operator_reduce_only': 1,
  'reset operator_cancel_all': 2,
  'reset operator_flatten': 3,
};

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
  /** Levels an operator has it at. */
  private levels: ReadonlySet<number> = new Set();
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

  /** The highest level an operator has it at. */
  get told(): number {
    return Math.max(0, ...this.levels);
  }

  /** An operator's word. Call what is returned if it turns out to be refused. */
  hear(command: OperatorCommand): () => void {
    const { isPaused, isStopping, levels } = this;
    const level = LEVEL_OF[command];
    if (command === 'pause' || command === 'resume') this.isPaused = command === 'pause';
    else if (command === 'stop' || command === 'panic') this.isStopping = true;
    else if (level !== undefined) this.levels = new Set([...levels, level]);
    else {
      const left = RESET_OF[command];
      this.levels = new Set([...levels].filter((l) => l !== left));
    }
    return () => {
      this.isPaused = isPaused;
      this.isStopping = isStopping;
      this.levels = levels;
    };
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
