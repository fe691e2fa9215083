import type { TimeUs } from '../units/index.ts';
import { momentOf, shown } from './moment.ts';
import type { SourceSettings } from './settings.ts';

/** A value as it may enter the engine. */
export interface Reading {
  readonly name: string;
  readonly value: number;
  /** Of what moment it is. */
  readonly at: TimeUs;
}

/** How far ahead of our clock a value's time may be before it is refused; up to there it counts as now. */
const AHEAD_US = 2_000_000;
/** Names a source may have; more are refused, so that a broken writer cannot fill the memory. */
export const MOST_NAMES = 10_000;
const NAME = /^\S(.{0,198}\S)?$/;

/**
 * The door of one source: what is no finite number, out of bounds, of no sensible time or of an impossible name is
 * refused, counted and told once, until a good value of that name has come. What is refused leaves the value before in
 * place, to grow old.
 */
export class Gate {
  /** Values let in, and refused. */
  accepted = 0;
  refused = 0;
  /** The last words about a refusal, '' while there was none. */
  complaint = '';
  private readonly settings: SourceSettings;
  private readonly pass: (reading: Reading) => void;
  private readonly tell: (text: string) => void;
  private readonly names = new Map<string, TimeUs>();
  private readonly told = new Set<string>();

  constructor(settings: SourceSettings, pass: (reading: Reading) => void, tell: (text: string) => void) {
    this.settings = settings;
    this.pass = pass;
    this.tell = tell;
  }

  /** By name here: of what moment the latest value is. */
  get times(): ReadonlyMap<string, TimeUs> {
    return this.names;
  }

  /**
   * Take a value as the source gave it: a number, or an object with `value` and perhaps `time`.
   * @param at its moment where it names none itself; null: then it has none, and is passed over
   */
  offer(name: string, given: unknown, at: TimeUs | null, now: TimeUs): void {
    const { value, time } = partsOf(given);
    this.take(name, value, time, at, now);
  }

  /** The same with the parts apart; `time` undefined where the source names none. */
  take(name: string, value: unknown, time: unknown, at: TimeUs | null, now: TimeUs): void {
    const { settings } = this;
    const rule = settings.values === null ? { ...settings, as: name } : settings.values.get(name);
    if (rule === undefined) return;
    const moment = time === undefined ? at : momentOf(time);
    if (moment === null) return;
    const fault = faultOf(rule.as, value, rule) || (typeof moment === 'string' ? moment : timeFault(moment, now));
    if (fault !== '') return this.refuse(name, fault);
    if (!this.names.has(rule.as) && this.names.size >= MOST_NAMES)
      return this.refuse('', `has more than ${MOST_NAMES} names: name the ones you want under values`);
    this.accepted++;
    this.told.delete(name);
    const known = Math.min(moment as TimeUs, now) as TimeUs;
    if (known > (this.names.get(rule.as) ?? 0)) this.names.set(rule.as, known);
    // There is no minus nothing in what people write.
    this.pass({ name: rule.as, value: (value as number) + 0, at: known });
  }

  /** Refuse a part of what the source gave. `name` '' for what has none. */
  refuse(name: string, fault: string): void {
    this.refused++;
    this.complaint = name === '' ? fault : `${shown(name)} ${fault}`;
    if (this.told.has(name) || this.told.size >= MOST_NAMES) return;
    this.told.add(name);
    this.tell(
      `external source ${this.settings.name}: ${this.complaint}. Refused; the value before stays and grows old`,
    );
  }
}

function partsOf(given: unknown): { readonly value: unknown; readonly time: unknown } {
  if (typeof given !== 'object' || given === null || !('value' in given)) return { value: given, time: undefined };
  return { value: given.value, time: 'time' in given ? given.time : undefined };
}

function faultOf(name: string, value: unknown, { min, max }: { readonly min: number; readonly max: number }): string {
  if (!NAME.test(name)) return 'is no name: write 1 to 200 characters without space around them';
  if (typeof value !== 'number') return `is ${shown(value)}: write a number`;
  if (!Number.isFinite(value)) return `is ${value}: write a finite number`;
  if (value < min || value > max) return `is ${value}, expected ${min} to ${max}: correct it, or min and max`;
  return '';
}

function timeFault(moment: TimeUs, now: TimeUs): string {
  const ahead = moment - now;
  if (ahead <= AHEAD_US) return '';
  return `is of a time ${(ahead / 1e6).toFixed(1)} s ahead of this machine's clock: set the clocks`;
}
