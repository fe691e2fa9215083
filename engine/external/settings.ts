/** What a source's name becomes, and the least and most its value may be; both inclusive. */
export interface ValueRule {
  readonly as: string;
  readonly min: number;
  readonly max: number;
}

/** A file of values that somebody else writes. */
export interface FileSettings {
  readonly path: string;
  /** `json`: one object, replaced as a whole. `ndjson`: a line a value, appended. */
  readonly format: 'json' | 'ndjson';
  /** How often it is looked at. */
  readonly checkMs: number;
}

/** An address that answers with values. */
export interface HttpSettings {
  readonly url: string;
  /** From one request to the next; a slow answer delays the next. */
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Where in the answer the values are (JSON pointer, RFC 6901): an object of them, or with `name` a single number. */
  readonly pointer: string;
  readonly name: string;
  /** Where in the answer the time of all its values is, '' for nowhere. */
  readonly timePointer: string;
}

/** One source of values. */
export interface SourceSettings {
  readonly name: string;
  readonly from: ({ readonly kind: 'file' } & FileSettings) | ({ readonly kind: 'http' } & HttpSettings);
  /** Of every value without a rule of its own. */
  readonly min: number;
  readonly max: number;
  /** The only values that are taken, by their names there; null: all. */
  readonly values: ReadonlyMap<string, ValueRule> | null;
}

/** Where a source reads, for people; what follows an address's path may be a key and stays out. */
export function whereOf(from: SourceSettings['from']): string {
  if (from.kind === 'file') return from.path;
  const { origin, pathname } = new URL(from.url);
  return `${origin}${pathname}`;
}
