import type { Context } from './context.ts';
import { type Closing, Flattener } from './flattener.ts';
import type { LimitCommand, OperatorCommand } from './inputs.ts';
import { Levels } from './levels.ts';
import { type CommandAnswer, Operator } from './operator.ts';
import type { EngineStatus } from './status.ts';
import { Triggers } from './triggers.ts';

/** What safeguards may do besides entering levels. */
export interface SafeguardEvents {
  /** Pull everything and end the session. */
  stop(): void;
  /** Send an order that closes a position. False when its tokens are not there. */
  flatten: Closing;
}

/** Everything that restricts quoting after the fact, joined: causes and levels, their triggers, operators, flattening. */
export class Safeguards {
  readonly levels: Levels;
  readonly triggers: Triggers;
  private readonly ctx: Context;
  private readonly operator: Operator;
  private readonly flattener: Flattener;
  private readonly events: SafeguardEvents;

  constructor(ctx: Context, events: SafeguardEvents) {
    this.ctx = ctx;
    this.events = events;
    this.levels = new Levels(ctx);
    this.triggers = new Triggers(ctx, this.levels);
    this.operator = new Operator(ctx, this.levels, this.triggers);
    this.flattener = new Flattener(ctx, events.flatten);
  }

  /** Everything but `stop`. At level 4 the session is ending when this returns. */
  command(command: Exclude<OperatorCommand, 'stop' | LimitCommand>): CommandAnswer {
    const answer = this.operator.command(command);
    if (this.ctx.halts.level === 4) this.events.stop();
    return answer;
  }

  /** Time has passed. */
  tick(): void {
    const { ctx, flattener, operator } = this;
    this.triggers.tick();
    this.levels.tick();
    if (ctx.phase === 'running') flattener.tick();
    if (!operator.endsFlat) return;
    if (ctx.phase !== 'running') this.goOff('nothing is held by a session that does not run');
    else if (flattener.isDone) this.goOff('the positions are closed or given up');
  }

  /** For the status. */
  picture(): Pick<EngineStatus, 'dayProfit' | 'fall' | 'flattening'> {
    return { ...this.triggers.result, flattening: this.flattener.status() };
  }

  private goOff(why: string): void {
    this.operator.endsFlat = false;
    this.levels.halt('panic', `an operator asked for level 4 (off) after flattening: ${why}`);
    this.events.stop();
  }
}
