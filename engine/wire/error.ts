/**
 * Something the exchange sent that we do not understand, or that we were to send and that makes no sense: a missing or
 * mistyped field, a value outside its range.
 * `field` is the path of the culprit, `code` stable, `message` complete for a person.
 */
export class WireError extends Error {
  readonly code: string;
  readonly field: string;

  constructor(code: string, field: string, message: string) {
    super(message);
    this.name = 'WireError';
    this.code = code;
    this.field = field;
  }
}
