/**
 * A value that does not fit its unit: off the scale, out of range, or not a number at all.
 * `code` is stable and machine-readable; `message` names the value and what is expected.
 */
export class UnitError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'UnitError';
    this.code = code;
  }
}
