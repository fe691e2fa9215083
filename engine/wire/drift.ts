import { ENVELOPE_FIELDS, KNOWN_TYPES, type KnownFields } from './known-fields.ts';

/** Most names kept per list, and of a name: the exchange decides what they are, so they may not fill our memory. */
const MOST_TYPES = 64;
const MOST_FIELDS = 64;
const MOST_NAME_CHARS = 64;

/** What one message type showed that this program does not know. */
export interface TypeDrift {
  readonly type: string;
  /** False: the type itself is unknown (its fields are then not looked at). */
  readonly known: boolean;
  /** Frames of an unknown type; frames with an unknown field of a known one. */
  readonly frames: number;
  /** Unknown fields in the order they were first seen, inner ones as `outer.inner`. */
  readonly fields: readonly { readonly name: string; readonly frames: number }[];
}

interface Entry {
  readonly known: boolean;
  frames: number;
  readonly fields: Map<string, number>;
}

/**
 * Counts what the exchange sends and this program does not know: types, and fields of known types. It shows that the
 * protocol has moved on before something breaks. Only frames that go through the full parser are looked at, and of the
 * frames read by layout the first of each layout: the fast path pays nothing, and its counts are lower bounds.
 */
export class DriftGauge {
  /** Distinct unknown names so far; a change means there is something new to tell. */
  distinct = 0;
  /** Names that were not kept because a list was full. */
  overflow = 0;
  private readonly entries = new Map<string, Entry>();

  /** A frame of a type nobody knows. */
  unknownType(type: string): void {
    const entry = this.entry(type, false);
    if (entry !== null) entry.frames++;
  }

  /** Look over a parsed frame of a known type: its envelope and its body. Any JSON value will do as the body. */
  look(type: string, frame: object, body: unknown): void {
    const before = this.found;
    this.names(type, '', frame, ENVELOPE_FIELDS);
    const known = KNOWN_TYPES.get(type);
    if (known !== undefined) this.value(type, '', body, known);
    if (this.found === before) return;
    const entry = this.entry(type, true);
    if (entry !== null) entry.frames++;
  }

  /** Everything found so far. Allocates. */
  list(): TypeDrift[] {
    return [...this.entries].map(([type, { known, frames, fields }]) => ({
      type,
      known,
      frames,
      fields: [...fields].map(([name, count]) => ({ name, frames: count })),
    }));
  }

  /** Unknown names met, repeated ones included. */
  private found = 0;

  private value(type: string, path: string, value: unknown, known: KnownFields): void {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) this.names(type, path, value, known);
    else
      for (const entry of value) if (typeof entry === 'object' && entry !== null) this.names(type, path, entry, known);
  }

  private names(type: string, path: string, object: object, known: KnownFields): void {
    for (const name in object) {
      const inner = known.get(name);
      if (inner === undefined) this.unknownField(type, path + name);
      else if (inner !== null) this.value(type, `${path}${name}.`, (object as Record<string, unknown>)[name], inner);
    }
  }

  private unknownField(type: string, path: string): void {
    this.found++;
    const fields = this.entry(type, true)?.fields;
    if (fields === undefined) return;
    const name = path.slice(0, MOST_NAME_CHARS);
    const count = fields.get(name);
    if (count !== undefined) fields.set(name, count + 1);
    else if (fields.size >= MOST_FIELDS) this.overflow++;
    else {
      fields.set(name, 1);
      this.distinct++;
    }
  }

  private entry(type: string, known: boolean): Entry | null {
    const key = type.slice(0, MOST_NAME_CHARS);
    const entry = this.entries.get(key);
    if (entry !== undefined) return entry;
    if (this.entries.size >= MOST_TYPES) {
      this.overflow++;
      return null;
    }
    const added: Entry = { known, frames: 0, fields: new Map() };
    this.entries.set(key, added);
    if (!known) this.distinct++;
    return added;
  }
}
