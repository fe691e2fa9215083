const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5 | 0;

/** Returned for a ticker that is not in the table. */
export const UNKNOWN_MARKET = -1;

/**
 * Market tickers as bytes -> a small index, so that a frame's ticker becomes a number without becoming a string.
 * Open addressing over FNV-1a; an entry is only a match when every byte is.
 */
export class TickerTable {
  private readonly names: string[] = [];
  private slots = new Int32Array(64).fill(UNKNOWN_MARKET);
  private hashes = new Int32Array(16);
  private starts = new Int32Array(17);
  private text = new Uint8Array(512);

  /** How many tickers there are; indices are 0 .. length - 1 in order of addition. */
  get length(): number {
    return this.names.length;
  }

  /** The ticker of an index. */
  name(index: number): string {
    return this.names[index]!;
  }

  /** Add a ticker (or find it) and return its index. Tickers are printable ASCII. @throws RangeError otherwise */
  add(ticker: string): number {
    if (!/^[\x21-\x7e]{1,256}$/.test(ticker)) throw new RangeError(`${JSON.stringify(ticker)} is not a market ticker`);
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
    }
    this.text.set(bytes, start);
    this.starts[index + 1] = start + bytes.length;
    this.hashes[index] = hashOf(bytes, 0, bytes.length);
    if ((index + 1) * 2 > this.slots.length) this.rehash(this.slots.length * 2);
    else this.place(index);
    return index;
  }

  /** The index of the ticker in `bytes[from, to)`, or `UNKNOWN_MARKET`. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to);
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot]!;
      if (index === UNKNOWN_MARKET) return UNKNOWN_MARKET;
      if (this.hashes[index] === hash && this.equals(index, bytes, from, to)) return index;
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

  private equals(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.starts[index]!;
    if (this.starts[index + 1]! - start !== to - from) return false;
    for (let i = from, j = start; i < to; i++, j++) if (bytes[i] !== this.text[j]) return false;
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

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = FNV_BASIS;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return hash;
}

function grow(array: Int32Array<ArrayBuffer>, size: number, fill: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(size).fill(fill);
  bigger.set(array);
  return bigger;
}
