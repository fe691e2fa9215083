/** What the hash of a ticker multiplies by, after each four bytes. */
export const HASH_FACTOR = 0x9e3779b1 | 0;

/** Returned for a ticker that is not in the table. */
export const UNKNOWN_MARKET = -1;

/**
 * Market tickers as bytes -> a small index, so that a frame's ticker becomes a number without becoming a string.
 * Open addressing over a multiplicative hash of four-byte words; an entry is only a match when every byte is.
 */
export class TickerTable {
  private readonly names: string[] = [];
  private slots = new Int32Array(64).fill(UNKNOWN_MARKET);
  private hashes = new Int32Array(16);
  private starts = new Int32Array(17);
  private text = new Uint8Array(512);
  private textView = new DataView(this.text.buffer);

  /** How many tickers there are; indices are 0 .. length - 1 in order of addition. */
  get length(): number {
    return this.names.length;
  }

  /** The ticker of an index. */
  name(index: number): string {
    return this.names[index]!;
  }

  /** Add a ticker (or find it) and return its index. Tickers are printable ASCII that JSON writes as it is. @throws RangeError otherwise */
  add(ticker: string): number {
    if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(ticker))
      throw new RangeError(`${JSON.stringify(ticker)} is not a market ticker`);
    const bytes = new Uint8Array(ticker.length);
    for (let i = 0; i < ticker.length; i++) bytes[i] = ticker.charCodeAt(i);
    const found = this.find(bytes, 0, bytes.length);
    if (found !== UNKNOWN_MARKET) return found;
    const index = this.names.length;
    this.names.push(ticker);
    if (index + 1 >= this.hashes.length) {
      this.hashes = grow(this.hashes, this.hashes.length * 2, 0);
      this.starts = grow(this.starts, this.starts.length * 2, 0);
    }
    const start = this.starts[index]!;
    if (start + bytes.length > this.text.length) {
      const bigger = new Uint8Array(this.text.length * 2 + bytes.length);
      bigger.set(this.text);
      this.text = bigger;
      this.textView = new DataView(bigger.buffer);
    }
    this.text.set(bytes, start);
    this.starts[index + 1] = start + bytes.length;
    this.hashes[index] = hashOf(new DataView(bytes.buffer), 0, bytes.length);
    if ((index + 1) * 2 > this.slots.length) this.rehash(this.slots.length * 2);
    else this.place(index);
    return index;
  }

  /** The index of the ticker in `bytes[from, to)`, or `UNKNOWN_MARKET`. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.findInView(view, from, to);
  }

  /** The same for bytes seen through a view; allocates nothing. */
  findInView(view: DataView, from: number, to: number): number {
    return this.findMixed(view, from, to, hashOf(view, from, to));
  }

  /**
   * The same where whoever looked for the ticker's end has hashed it on the way: its whole words, four bytes at a time,
   * then its last four bytes, each XORed in before a multiplication by `HASH_FACTOR`. For tickers of four bytes or more.
   */
  findHashed(view: DataView, from: number, to: number, words: number): number {
    return this.findMixed(view, from, to, mixed(words, to - from));
  }

  private findMixed(view: DataView, from: number, to: number, hash: number): number {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot]!;
      if (index === UNKNOWN_MARKET) return UNKNOWN_MARKET;
      if (this.hashes[index] === hash && this.equals(index, view, from, to)) return index;
    }
  }

  /** The index of a ticker given as text, or `UNKNOWN_MARKET`. Cold paths only. */
  indexOf(ticker: string): number {
    const bytes = new Uint8Array(ticker.length);
    for (let i = 0; i < ticker.length; i++) {
      const c = ticker.charCodeAt(i);
      if (c > 0x7e) return UNKNOWN_MARKET;
      bytes[i] = c;
    }
    return this.find(bytes, 0, bytes.length);
  }

  private equals(index: number, view: DataView, from: number, to: number): boolean {
    const start = this.starts[index]!;
    if (this.starts[index + 1]! - start !== to - from) return false;
    const text = this.textView;
    let i = from;
    let j = start;
    for (; i + 4 <= to; i += 4, j += 4) if (view.getInt32(i, true) !== text.getInt32(j, true)) return false;
    for (; i < to; i++, j++) if (view.getUint8(i) !== text.getUint8(j)) return false;
    return true;
  }

  private place(index: number): void {
    const mask = this.slots.length - 1;
    let slot = this.hashes[index]! & mask;
    while (this.slots[slot] !== UNKNOWN_MARKET) slot = (slot + 1) & mask;
    this.slots[slot] = index;
  }

  private rehash(size: number): void {
    this.slots = new Int32Array(size).fill(UNKNOWN_MARKET);
    for (let index = 0; index < this.names.length; index++) this.place(index);
  }
}

/** Words multiplied in, the last one overlapping where the length is no multiple of four. */
function hashOf(view: DataView, from: number, to: number): number {
  let hash = 0;
  if (to - from < 4) {
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ view.getUint8(i), HASH_FACTOR);
  } else {
    for (let i = from; i + 4 <= to; i += 4) hash = Math.imul(hash ^ view.getInt32(i, true), HASH_FACTOR);
    hash = Math.imul(hash ^ view.getInt32(to - 4, true), HASH_FACTOR);
  }
  return mixed(hash, to - from);
}

/** The low bits choose the slot; a product's high bits are the well-mixed ones. */
function mixed(hash: number, length: number): number {
  return hash ^ (hash >>> 15) ^ length;
}

function grow(array: Int32Array<ArrayBuffer>, size: number, fill: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(size).fill(fill);
  bigger.set(array);
  return bigger;
}
