/** Signatures of the largest usual key (RSA-4096) have 684 characters. */
const TIMESTAMP_CHARS = 13;
const EMPTY = -1;
const TAGS = 2 ** 30;

/** A ring's memory, as it is shared with the thread that fills it. */
export interface RingMemory {
  readonly tags: SharedArrayBuffer;
  readonly text: SharedArrayBuffer;
  readonly slots: number;
  readonly signatureChars: number;
}

/** Memory for `slots` signatures of `signatureChars` characters each. */
export function ringMemory(slots: number, signatureChars: number): RingMemory {
  const tags = new SharedArrayBuffer(slots * 4);
  new Int32Array(tags).fill(EMPTY);
  return { tags, text: new SharedArrayBuffer(slots * (TIMESTAMP_CHARS + signatureChars)), slots, signatureChars };
}

/**
 * Signatures for the moments of a grid, one slot each, written by one thread and read by another. Grid moment `k` is
 * `k` steps after the epoch. A slot carries the tag of its moment only while its text is whole.
 */
export class SignatureRing {
  readonly signatureChars: number;
  private readonly slots: number;
  private readonly tags: Int32Array;
  private readonly times: readonly Uint8Array[];
  private readonly signatures: readonly Uint8Array[];

  constructor(memory: RingMemory) {
    const { slots, signatureChars, text } = memory;
    this.slots = slots;
    this.signatureChars = signatureChars;
    this.tags = new Int32Array(memory.tags);
    const size = TIMESTAMP_CHARS + signatureChars;
    const part = (at: number, length: number) =>
      Array.from({ length: slots }, (_, slot) => new Uint8Array(text, slot * size + at, length));
    this.times = part(0, TIMESTAMP_CHARS);
    this.signatures = part(TIMESTAMP_CHARS, signatureChars);
  }

  /** Put in the signature for grid moment `k`. @throws RangeError for texts of other lengths */
  put(k: number, timestamp: string, signature: string): void {
    if (timestamp.length !== TIMESTAMP_CHARS || signature.length !== this.signatureChars)
      throw new RangeError(`a signature of ${signature.length} characters at ${timestamp} does not fit its slot`);
    const slot = k % this.slots;
    Atomics.store(this.tags, slot, EMPTY);
    write(this.times[slot]!, timestamp);
    write(this.signatures[slot]!, signature);
    Atomics.store(this.tags, slot, k % TAGS);
  }

  /** Whether the signature for grid moment `k` is there. */
  has(k: number): boolean {
    return Atomics.load(this.tags, k % this.slots) === k % TAGS;
  }

  /** Copy time and signature for grid moment `k`; false when they are not there. */
  copy(k: number, into: Uint8Array, timestampAt: number, signatureAt: number): boolean {
    const slot = k % this.slots;
    if (Atomics.load(this.tags, slot) !== k % TAGS) return false;
    into.set(this.times[slot]!, timestampAt);
    into.set(this.signatures[slot]!, signatureAt);
    // Overwritten in between only by a filler that is whole rounds ahead: then what was copied is torn.
    return Atomics.load(this.tags, slot) === k % TAGS;
  }
}

function write(bytes: Uint8Array, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
}
