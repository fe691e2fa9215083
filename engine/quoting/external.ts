import type { TimeUs } from '../units/index.ts';

/** A number from outside the exchange: a model's fair value, an index, a forecast. */
export interface ExternalValue {
  readonly value: number;
  /** When it was handed to the session. */
  readonly time: TimeUs;
  /** How long ago that is, milliseconds. A strategy decides itself how old is too old. */
  readonly ageMs: number;
}

/** Named values as they were last handed in. */
export class ExternalValues {
  private readonly values = new Map<string, { readonly value: number; readonly time: TimeUs }>();

  /** @throws RangeError for what is not a number: nothing is quoted on that */
  set(name: string, value: number, time: TimeUs): void {
    if (name === '' || !Number.isFinite(value)) throw new RangeError(`external value "${name}" is ${value}`);
    this.values.set(name, { value, time });
  }

  /** The value of a name with its age at `now`, null where none was ever given. */
  get(name: string, now: TimeUs): ExternalValue | null {
    const found = this.values.get(name);
    return found === undefined ? null : { ...found, ageMs: (now - found.time) / 1000 };
  }
}
