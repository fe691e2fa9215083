import type { TimeUs } from '../units/index.ts';
import { CAUSES, type HaltCode, type KillLevel } from './causes.ts';

/** A cause of a level as it is entered. */
export interface RaisedHalt {
  readonly code: HaltCode;
  /** Ticker of the one market it holds for, '' for all. */
  readonly market: string;
  /** The cause with its numbers, for a person. */
  readonly cause: string;
  /** What a person has to do to clear it. */
  readonly clears: string;
  readonly since: TimeUs;
  /** When it is left by itself, 0 (or left out) for never. */
  readonly until?: TimeUs;
}

/** A cause in force. */
export interface Halt extends RaisedHalt {
  readonly level: KillLevel;
  readonly until: TimeUs;
}

/** The causes in force and the level they make. The first of each code and market is kept: what followed is consequence. */
export class Halts {
  private readonly active = new Map<string, Halt>();
  /** Level of the whole engine, and those of single markets that have a cause of their own. */
  private general: KillLevel = 0;
  private readonly markets = new Map<string, KillLevel>();

  /** Enter a cause. False when it was in force before. */
  raise(raised: RaisedHalt): boolean {
    const key = keyOf(raised.code, raised.market);
    if (this.active.has(key)) return false;
    this.active.set(key, { ...raised, until: raised.until ?? (0 as TimeUs), level: CAUSES[raised.code].level });
    this.reckon();
    return true;
  }

  /** Leave a cause. Undefined when it was not in force. */
  lower(code: HaltCode, market = ''): Halt | undefined {
    const halt = this.get(code, market);
    if (halt === undefined) return undefined;
    this.active.delete(keyOf(code, market));
    this.reckon();
    return halt;
  }

  /** A timed cause still holds: it is left later. */
  extend(code: HaltCode, market: string, until: TimeUs): void {
    const halt = this.get(code, market);
    if (halt !== undefined && halt.until !== 0 && until > halt.until)
      this.active.set(keyOf(code, market), { ...halt, until });
  }

  /** Leave the timed causes whose time has come. */
  lapse(now: TimeUs): readonly Halt[] {
    if (this.active.size === 0) return NONE;
    const over = [...this.active.values()].filter((halt) => halt.until !== 0 && now >= halt.until);
    for (const halt of over) this.active.delete(keyOf(halt.code, halt.market));
    if (over.length > 0) this.reckon();
    return over;
  }

  /** The level of the whole engine. */
  get level(): KillLevel {
    return this.general;
  }

  /** The level a market is at: its own or the engine's, whichever is higher. */
  levelOf(market: string): KillLevel {
    // Empty on a good day: this is asked on every quote.
    if (this.markets.size === 0) return this.general;
    return Math.max(this.general, this.markets.get(market) ?? 0) as KillLevel;
  }

  /** Quotes are of half the size. */
  get isHalved(): boolean {
    return this.active.size > 0 && this.get('soft_loss', '') !== undefined;
  }

  /** The whole engine quotes nothing. */
  get any(): boolean {
    return this.general >= 2;
  }

  get(code: HaltCode, market: string): Halt | undefined {
    return this.active.get(keyOf(code, market));
  }

  /** The highest cause of this one market, if there is one. */
  of(market: string): Halt | undefined {
    if (this.markets.size === 0) return undefined;
    return highest([...this.active.values()].filter((halt) => halt.market === market));
  }

  /** What stands in the way of a market's quotes: the highest of its own causes and the engine's. */
  inForceFor(market: string): Halt | undefined {
    return highest([...this.active.values()].filter((halt) => halt.market === '' || halt.market === market));
  }

  list(): readonly Halt[] {
    return [...this.active.values()];
  }

  private reckon(): void {
    this.general = 0;
    this.markets.clear();
    for (const { level, market } of this.active.values()) {
      if (market === '') this.general = Math.max(this.general, level) as KillLevel;
      else this.markets.set(market, Math.max(this.markets.get(market) ?? 0, level) as KillLevel);
    }
  }
}

const NONE: readonly Halt[] = [];

function keyOf(code: HaltCode, market: string): string {
  return `${code}/${market}`;
}

/** The first of the highest level. */
function highest(halts: readonly Halt[]): Halt | undefined {
  return halts.reduce<Halt | undefined>(
    (top, halt) => (top === undefined || halt.level > top.level ? halt : top),
    undefined,
  );
}
