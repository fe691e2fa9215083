import { CAUSES, type HaltCode, isHaltCode, type KillLevel, LEVEL_NAMES } from '../risk/index.ts';
import type { Context } from './context.ts';
import type { LimitCommand, OperatorCommand } from './inputs.ts';
import type { Levels } from './levels.ts';
import type { Triggers } from './triggers.ts';

/** What an operator hears of a command. */
export interface CommandAnswer {
  /** False: it was refused, and nothing happened. */
  readonly done: boolean;
  readonly text: string;
}

const CODES: Readonly<Record<string, HaltCode>> = {
  'level 1': 'operator_reduce_only',
  'level 2': 'operator_cancel_all',
  'level 3': 'operator_flatten',
  'level 4': 'panic',
  panic: 'panic',
  'panic flatten': 'operator_flatten',
};

/** Carries out what operators ask for, and refuses what must not be. */
export class Operator {
  private readonly ctx: Context;
  private readonly levels: Levels;
  private readonly triggers: Triggers;
  /** Once the positions are closed, or given up, everything goes off. */
  endsFlat = false;

  constructor(ctx: Context, levels: Levels, triggers: Triggers) {
    this.ctx = ctx;
    this.levels = levels;
    this.triggers = triggers;
  }

  /** Everything but `stop`, which is the engine's. */
  command(command: Exclude<OperatorCommand, 'stop' | LimitCommand>): CommandAnswer {
    const { ctx } = this;
    if (command === 'pause' || command === 'resume') return this.pause(command === 'pause');
    if (command.startsWith('reset ')) return this.reset(command.slice(6));
    const code = CODES[command];
    if (code === undefined) return refused(`there is no command "${command}"`);
    if (command === 'panic flatten') this.endsFlat = true;
    const { level } = CAUSES[code];
    if (ctx.halts.get(code, '') !== undefined) return done(`level ${level} was entered before`);
    this.levels.halt(code, `an operator asked for level ${level} (${LEVEL_NAMES[level]})`);
    return done(`level ${level} (${LEVEL_NAMES[level]}) is entered; ${ctx.orders.liveCount} orders were live`);
  }

  private pause(isPaused: boolean): CommandAnswer {
    const { ctx } = this;
    const isNew = ctx.paused !== isPaused;
    ctx.paused = isPaused;
    ctx.touchAll();
    const { level } = ctx.halts;
    const rest = level === 0 ? '' : `; level ${level} (${LEVEL_NAMES[level]}) stays`;
    const text = `${isPaused ? 'paused: every quote is pulled' : 'resumed'}${rest}`;
    if (isNew) ctx.report('warn', isPaused ? 'paused' : 'resumed', text);
    return done(isNew ? text : `nothing changed: it was ${isPaused ? 'paused' : 'not paused'}${rest}`);
  }

  /** `CODE` or `CODE/MARKET`. */
  private reset(name: string): CommandAnswer {
    const { ctx } = this;
    const [code = '', market = ''] = name.split('/');
    if (!isHaltCode(code) || ctx.halts.get(code, market) === undefined) {
      const inForce = ctx.halts.list().map((h) => (h.market === '' ? h.code : `${h.code}/${h.market}`));
      return refused(`${name} is not in force (in force: ${inForce.join(', ') || 'nothing'})`);
    }
    const { leaving, clears } = CAUSES[code];
    if (leaving === 'restart' || leaving === 'latch') return refused(`${code} is not left by a reset: ${clears}`);
    const why = this.triggers.stillHolds(code);
    if (why !== '') return refused(`${code} still holds: ${why}`);
    this.triggers.acknowledged(code);
    if (code === 'operator_flatten') this.endsFlat = false;
    this.levels.reset(code, market);
    const level: KillLevel = market === '' ? ctx.halts.level : ctx.halts.levelOf(market);
    return done(`${name} is reset; now level ${level} (${LEVEL_NAMES[level]})`);
  }
}

function done(text: string): CommandAnswer {
  return { done: true, text };
}

function refused(text: string): CommandAnswer {
  return { done: false, text };
}
