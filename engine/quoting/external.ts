import type { TimeUs } from '../units/index.ts';

/** A number from outside the exchange: a model's fair value, an index, a forecast. */
export interface ExternalValue {
  readonly value: number;
  /** Of what moment it is: its own time where its source gave one, else when it was read. */
  readonly time: TimeUs;
  /** How long ago that is, milliseconds. A strategy decides itself how old is too old. */
  readonly ageMs: number;
}

/** Named values as they were last handed in. */
export class ExternalValues {
  private readonly values = new Map<string, { readonly value: number; readonly time: TimeUs }>();

  /**
   * Take over a value that is not older than the one there is. True where the number is another than before.
   * @throws RangeError for what is not a number: nothing is quoted on that
   */
  set(name: string, value: number, time: TimeUs): boolean {
    if (name === '' || !Number.isFinite(value)) throw new RangeError(`external value "${name}" is ${value}`);
    const before = this.values.get(name);
    if (before !== undefined && time < before.time) return false;
    this.values.set(name, { value, time });
    return value !== before?.value;
  }

  /** The value of a name with its age at `now`, null where none was ever given. */
  get(name: string, now: TimeUs): ExternalValue | null {
    const found = this.values.get(name);
    return found === undefined ? null : { ...found, ageMs: (now - found.time) / 1000 };
  }
}
